"""How long it takes to say why, and whether what is said is so.

Time: the explanation of one real clip, masks, line and parts, goal under 2 s. Faithfulness: of real
clips, how far the probability of the label heard falls when a tenth of time and frequency is made
silent: the tenth that is marked, one of the same shape at other times, and the loudest; and what
the marked parts keep of it when all else is silent (deletion and insertion, as in Petsiuk, Das &
Saenko 2018).
"""

import argparse
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import describe, one_clip, table
from ser_core import audio
from ser_core.corpora import CORPORA
from ser_core.evaluation.intervals import mean_interval
from ser_core.features.mel import hz_to_mel
from ser_core.features.stft import power_spectrogram
from ser_core.inference import Predictor
from ser_core.inference.saliency import Saliency, explain, take_apart
from ser_core.inference.time_frequency import weights

GOAL_S = 2.0
TENTH, THIRD = 0.1, 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=10, help="explanations that are timed")
    parser.add_argument("--clips", type=int, default=100, help="that faithfulness is measured on")
    parser.add_argument("--model", help="by name or path; the default model when not given")
    asked = parser.parse_args()
    predictor = Predictor.load(asked.model)
    with TemporaryDirectory() as folder:
        show_time(predictor, one_clip(Path(folder)), asked.runs)
    root = os.environ.get("SER_RAVDESS")
    if root and asked.clips:
        show_faithfulness(predictor, Path(root), asked.clips)


def show_time(predictor: Predictor, clip: Path, runs: int) -> None:
    waveform, rate = audio.load(clip)
    own_rate = predictor.preprocessing.sampling_rate
    voice, _ = audio.prepare(waveform, rate, predictor.preprocessing)
    longer = audio.resample(np.tile(voice, 3)[: 4 * own_rate], own_rate, rate)  # two windows
    for sound in (waveform, longer):
        took = []
        for _ in range(runs + 1):
            began = time.perf_counter()
            found = explain(predictor, sound, rate)
            take_apart(predictor, found, predictor.labels[0], 0.2)
            took.append(time.perf_counter() - began)
        seconds = f"{sound.size / rate:.1f} s, voice {found.sound.duration_s:.1f} s"
        met = "met" if np.median(took[1:]) <= GOAL_S else "missed"
        print(f"a clip of {seconds}: {describe(took[1:], 's')} (goal {GOAL_S:g} s: {met})")


def show_faithfulness(predictor: Predictor, root: Path, clips: int) -> None:
    speech = CORPORA.create("ravdess").index(root)
    speech = speech[(speech["channel"] == "speech") & (speech["problems"] == "")]
    chosen = speech.sample(clips, random_state=0)
    columns = defaultdict(list)
    for path in chosen["path"]:
        for name, probability in probabilities(predictor, path).items():
            columns[name].append(probability)
    speakers = chosen["speaker"].tolist()
    rows = []
    for name, values in columns.items():
        mean = mean_interval(values, speakers)
        rows.append((name, f"{mean.value:.2f} [{mean.low:.2f}, {mean.high:.2f}]"))
    title = f"{clips} clips of {len(set(speakers))} speakers, 95 % interval over speakers"
    table(title, ("probability of the label heard", "mean"), rows)
    further = np.mean(np.array(columns["marked tenth silent"]) < columns["same shape elsewhere"])
    print(f"\nthe marked tenth costs more than the same shape elsewhere in {further:.0%} of clips")


def probabilities(predictor: Predictor, path: str) -> dict[str, float]:
    found = explain(predictor, *audio.load(path))
    label = max(found.probabilities, key=lambda name: found.probabilities[name])
    tenth = take_apart(predictor, found, label, TENTH)
    third = take_apart(predictor, found, label, THIRD, elsewhere=0)
    loud = heard(predictor, found, ~loudest(found, TENTH), label)
    return {
        "everything": found.probabilities[label],
        "marked tenth silent": tenth.rest_says[label],
        "same shape elsewhere": tenth.elsewhere,
        "loudest tenth silent": loud,
        "marked tenth alone": tenth.mattered_says[label],
        "marked third alone": third.mattered_says[label],
        "loudest third alone": heard(predictor, found, loudest(found, THIRD), label),
    }


def loudest(found: Saliency, share: float) -> np.ndarray:
    """The loudest places of the plane, band by band as they are heard together."""
    sound = found.sound
    hop = round(sound.hop_s * sound.sampling_rate)
    power = power_spectrogram(sound.voice, 2 * (sound.bins_hz.size - 1), hop)
    of_bins = weights(hz_to_mel(sound.bins_hz), hz_to_mel(sound.bands_hz))
    level = power @ (of_bins / of_bins.sum(axis=0))
    return level >= np.quantile(level, 1 - share)


def heard(predictor: Predictor, found: Saliency, kept: np.ndarray, label: str) -> float:
    return predictor.predict_voice(found.sound.kept(kept)).probabilities[label]


if __name__ == "__main__":
    main()
