"""How much faster eight features of one clip are in one pass than by separate calls of librosa.

Log-mel, MFCC, chroma (tuning 0), zero-crossing rate, RMS, centroid, bandwidth and roll-off, with
the same settings, from the same samples in memory, on one core. Both take turns in one process, and
what they give is compared: the script fails where it is not equal.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import librosa
import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import faster, one_clip, table, take_turns
from ser_core import audio
from ser_core.features import EXTRACTORS, extract_all

GOAL = 6
RELATIVE = 1e-3
HEADS = ("features at", "librosa", "SER Studio", "ratio", "goal")

Features = dict[str, np.ndarray]


@dataclass(frozen=True)
class Frames:
    """Settings that all features of one row share."""

    sampling_rate: int
    n_fft: int
    hop_length: int

    def __str__(self) -> str:
        return f"{self.sampling_rate} Hz, n_fft {self.n_fft}, hop {self.hop_length}"


@dataclass(frozen=True)
class Case:
    """What is compared of one extractor.

    Attributes:
        floor: absolute difference that is allowed.
        relative: difference that is allowed on top, as a part of the value.
    """

    floor: float
    relative: float = RELATIVE
    settings: tuple[tuple[str, object], ...] = ()


SETTINGS = Frames(16_000, 2048, 512), Frames(22_050, 1024, 256)
LOG_MEL = (("n_mels", 128), ("fmin_hz", 0.0), ("reference", "peak"), ("floor_db", -80.0))
CASES = {
    "log_mel": Case(1e-3, 0, LOG_MEL),  # dB
    "mfcc": Case(1e-3),
    "chroma": Case(1e-6),
    "zero_crossing_rate": Case(0),
    "rms": Case(1e-6),
    "spectral_centroid": Case(0.01),  # Hz
    "spectral_bandwidth": Case(0.01),  # Hz
    "spectral_rolloff": Case(0.01),  # Hz
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=100, help="turns of each")
    runs = parser.parse_args().runs
    with TemporaryDirectory() as folder:
        clip = one_clip(Path(folder))
        loaded = audio.load(clip)
    with threadpool_limits(1):
        ways = {frames: both_ways(loaded, frames) for frames in SETTINGS}
        rows = [faster(str(frames), *take_turns(way, runs), GOAL) for frames, way in ways.items()]
        clip_s = loaded[0].size / loaded[1]
        title = f"{clip.name} ({clip_s:.1f} s): eight features, median and range of {runs}"
        table(title, HEADS, rows)
        equal = [compare(frames, way[0](), way[1]()) for frames, way in ways.items()]
    sys.exit(0 if all(equal) else "not equal")


def both_ways(
    loaded: tuple[audio.Waveform, int], frames: Frames
) -> tuple[Callable[[], Features], Callable[[], Features]]:
    """The features of a clip, by librosa and by us."""
    waveform = audio.resample(*loaded, frames.sampling_rate)
    extractors = [
        EXTRACTORS.create(name, **asdict(frames), **dict(case.settings))
        for name, case in CASES.items()
    ]

    def one_pass() -> Features:
        features = extract_all(extractors, waveform, frames.sampling_rate)
        return dict(zip(CASES, features, strict=True))

    return lambda: separate_calls(waveform, frames), one_pass


def separate_calls(waveform: audio.Waveform, frames: Frames) -> Features:
    """Each feature by librosa from the samples, time first."""
    feature = librosa.feature
    samples = {"frame_length": frames.n_fft, "hop_length": frames.hop_length}
    spectrum = {
        "y": waveform,
        "sr": frames.sampling_rate,
        "n_fft": frames.n_fft,
        "hop_length": frames.hop_length,
    }
    bands = {"n_mels": 128, "fmax": 8000}
    features = {
        "log_mel": librosa.power_to_db(feature.melspectrogram(**spectrum, **bands), ref=np.max),
        "mfcc": feature.mfcc(**spectrum, **bands, n_mfcc=40),
        "chroma": feature.chroma_stft(**spectrum, tuning=0),
        "zero_crossing_rate": feature.zero_crossing_rate(waveform, **samples),
        "rms": feature.rms(y=waveform, **samples),
        "spectral_centroid": feature.spectral_centroid(**spectrum),
        "spectral_bandwidth": feature.spectral_bandwidth(**spectrum),
        "spectral_rolloff": feature.spectral_rolloff(**spectrum),
    }
    return {name: values.T for name, values in features.items()}


def compare(frames: Frames, theirs: Features, ours: Features) -> bool:
    """Print the largest difference of each feature; whether all are within what is allowed."""
    rows = [row(name, case, theirs[name], ours[name]) for name, case in CASES.items()]
    table(f"Largest differences at {frames}", ("feature", "difference", "allowed", "equal"), rows)
    return all(equal == "yes" for *_, equal in rows)


def row(name: str, case: Case, theirs: np.ndarray, ours: np.ndarray) -> tuple[str, ...]:
    difference = np.abs(ours - theirs)
    equal = (difference <= case.floor + case.relative * np.abs(theirs)).all()
    largest = f"{difference.max():.1e} {EXTRACTORS.get(name).unit}".rstrip()
    parts = [f"{case.floor:g}"] * (case.floor > 0)
    parts += [f"{case.relative:g} of the value"] * (case.relative > 0)
    return name, largest, " + ".join(parts), "yes" if equal else "no"


if __name__ == "__main__":
    main()
