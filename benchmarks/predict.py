"""How much faster a prediction is than `model.predict` of the same network in Keras, on one clip.

Both take turns in one process, on a clip that fits one window. The Keras network has the shipped
model's architecture and input shape, and random weights: how long it takes does not depend on them.
"""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import Work, faster, one_clip, table, take_turns
from ser_core import audio, recipes
from ser_core.inference import Predictor

GOAL = 8
HEADS = ("", "Keras", "Predictor", "ratio", "goal")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=50, help="predictions of each kind")
    runs = parser.parse_args().runs
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="2", CUDA_VISIBLE_DEVICES="-1")
    with TemporaryDirectory() as folder:
        clip = one_clip(Path(folder))
        measured = {name: take_turns(pair, runs) for name, pair in pairs(clip).items()}
    title = f"{clip.name}: one prediction, median and range of {runs}"
    table(title, HEADS, [faster(name, *times, GOAL) for name, times in measured.items()])


def pairs(clip: Path) -> dict[str, tuple[Work, Work]]:
    """What is compared: Keras's way and ours, from the same start to class scores."""
    predictor = Predictor.load()
    waveform, rate = audio.load(clip)
    features = own_features(predictor, waveform, rate)
    architecture = recipes.load("studio").network()
    network = architecture.build({"features": features.shape}, {"emotion": len(predictor.labels)})

    def keras_from_features(ready: np.ndarray) -> np.ndarray:
        return network.predict({"features": ready[None]}, verbose=0)["emotion"]

    def ours() -> object:
        return predictor.predict(waveform, rate)

    return {
        "from a file, librosa features": (
            lambda: keras_from_features(notebook_features(clip, predictor, len(features))),
            lambda: predictor.predict_file(clip),
        ),
        "from samples, our features": (
            lambda: keras_from_features(own_features(predictor, waveform, rate)),
            ours,
        ),
        "network alone / all of ours": (lambda: keras_from_features(features), ours),
    }


def own_features(predictor: Predictor, waveform: audio.Waveform, rate: int) -> np.ndarray:
    """Features (num_frames, n_mels) as the predictor takes them, of a clip's first window."""
    preprocessing = predictor.preprocessing
    voice, _ = audio.prepare(waveform, rate, preprocessing)
    window = audio.windows(voice, preprocessing)[0][0]
    return predictor.extractor.extract(window, preprocessing.sampling_rate)


def notebook_features(clip: Path, predictor: Predictor, num_frames: int) -> np.ndarray:
    """The same kind of features as notebooks take them: librosa from file to decibels."""
    import librosa

    rate, settings = predictor.preprocessing.sampling_rate, predictor.extractor.config
    waveform, _ = librosa.load(clip, sr=rate)
    power = librosa.feature.melspectrogram(
        y=waveform,
        sr=rate,
        n_fft=settings.n_fft,
        hop_length=settings.hop_length,
        n_mels=settings.n_mels,
        fmin=settings.fmin_hz,
        fmax=settings.fmax_hz,
    )
    return librosa.util.fix_length(librosa.power_to_db(power), size=num_frames, axis=1).T


if __name__ == "__main__":
    main()
