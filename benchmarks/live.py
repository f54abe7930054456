"""How soon a stream is labelled, what share of a core it takes, and whether its memory grows.

Speech at 48 kHz comes in blocks of a second. For each block: everything up to the label, against
librosa and `model.predict` of the same network in Keras on the window's three seconds.
"""

import argparse
import os
import resource
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import describe, faster, one_clip, table, take_turns
from ser_core import audio, recipes
from ser_core.inference import Predictor, Stream

RATE = 48_000
FASTER_GOAL, LATENCY_GOAL_MS, SHARE_GOAL, MODELS = 10, 50, 0.05, 3
PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=50, help="windows of each kind")
    parser.add_argument("--minutes", type=int, default=60, help="of simulated stream")
    parser.add_argument("--without-keras", action="store_true", help="ours alone")
    asked = parser.parse_args()
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="2", CUDA_VISIBLE_DEVICES="-1")
    predictor = Predictor.load()
    with TemporaryDirectory() as folder:
        talk = talk_without_end(one_clip(Path(folder)), predictor)
    show_memory(predictor, talk, asked.minutes)
    show_share(predictor, talk, asked.runs)
    show_latency(predictor, talk, asked.runs, not asked.without_keras)


def talk_without_end(clip: Path, predictor: Predictor) -> np.ndarray:
    """A minute of one sentence again and again, at 48 kHz, without the ends of the clip."""
    voice, _ = audio.prepare(*audio.load(clip), predictor.preprocessing)
    voice = audio.resample(voice, predictor.preprocessing.sampling_rate, RATE)
    return np.resize(np.clip(voice, -1, 1), 60 * RATE).astype(np.float32)


def blocks(talk: np.ndarray, count: int) -> list[np.ndarray]:
    return [talk[at % 60 * RATE : (at % 60 + 1) * RATE] for at in range(count)]


def show_latency(predictor: Predictor, talk: np.ndarray, runs: int, with_keras: bool) -> None:
    stream = Stream(predictor, RATE)
    coming = iter(blocks(talk, runs + 10))
    stream.feed(np.concatenate([next(coming) for _ in range(4)]))
    window = talk[: 3 * RATE]
    theirs = librosa_and_keras(predictor) if with_keras else lambda _: None
    pair = (lambda: theirs(window)), (lambda: stream.feed(next(coming)))
    keras_s, ours_s = take_turns(pair, runs)
    heads = ("", "librosa and Keras", "Stream", "ratio", "goal")
    if with_keras:
        table("A window", heads, [faster("to its label", keras_s, ours_s, FASTER_GOAL)])
    worst = 1000 * np.percentile(ours_s, 95)
    met = "met" if worst <= LATENCY_GOAL_MS else "missed"
    print(f"\nlatency {describe(ours_s, 'ms', 1000)}, 95 % within {worst:.1f} ms", end="")
    print(f" (goal {LATENCY_GOAL_MS} ms: {met})")


def librosa_and_keras(predictor: Predictor):
    """Label a window the way notebooks do: resample, mel spectrogram, decibels, `predict`."""
    import librosa

    rate, settings = predictor.preprocessing.sampling_rate, predictor.extractor.config
    frames = len(predictor.features(np.random.default_rng(0).random(rate, np.float32), rate)[0])
    architecture = recipes.load("studio").network()
    shapes = {"features": (frames, settings.n_mels)}
    network = architecture.build(shapes, {"emotion": len(predictor.labels)})

    def label(window: np.ndarray) -> int:
        power = librosa.feature.melspectrogram(
            y=librosa.resample(window, orig_sr=RATE, target_sr=rate),
            sr=rate,
            n_fft=settings.n_fft,
            hop_length=settings.hop_length,
            n_mels=settings.n_mels,
            fmin=settings.fmin_hz,
            fmax=settings.fmax_hz,
        )
        decibels = librosa.util.fix_length(librosa.power_to_db(power), size=frames, axis=1).T
        said = network.predict({"features": decibels[None]}, verbose=0)["emotion"]
        return int(said.argmax())

    return label


def show_share(predictor: Predictor, talk: np.ndarray, seconds: int) -> None:
    """Processor time of three models that hear the same stream, for each second of it."""
    streams = [Stream(predictor, RATE) for _ in range(MODELS)]
    shares = []
    for block in blocks(talk, seconds):
        began = time.process_time()
        for stream in streams:
            stream.feed(block)
        shares.append(time.process_time() - began)
    share = statistics.mean(shares)
    met = "met" if share <= SHARE_GOAL else "missed"
    print(f"\nreal-time factor of {MODELS} models {share:.3f} (goal {SHARE_GOAL}: {met})")


def show_memory(predictor: Predictor, talk: np.ndarray, minutes: int) -> None:
    """Resident memory after five minutes of simulated stream, and at its end."""
    stream = Stream(predictor, RATE)
    began, early = time.monotonic(), 0.0
    for second, block in enumerate(blocks(talk, 60 * minutes)):
        stream.feed(block)
        if second == 60 * min(5, minutes) - 1:
            early = resident_mb()
    took = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{minutes} min of stream in {took:.0f} s: {len(stream.segments)} segments")
    print(f"memory {early:.0f} MB after 5 min, {resident_mb():.0f} MB at the end, peak {peak:.0f}")


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


if __name__ == "__main__":
    main()
