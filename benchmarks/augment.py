"""How much faster four augmented copies of a clip are made than by calls of librosa.effects.

Each copy has another tempo, another pitch and soft white noise, as recipe d has them; the same
draws on both sides, from the same samples in memory, on one core, in turns in one process. Where
the phase vocoder takes the same two steps as librosa, the copies are compared: the script fails
where they are not equal. In one pass, tempo and pitch are changed together.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import librosa
import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import Work, faster, one_clip, table, take_turns
from ser_core import audio
from ser_core.augment import DrawnStep, replay

GOAL = 4
RATES = 16_000, 48_000
ALLOWED = 1e-4  # of the peak
HEADS = ("copies", "librosa", "SER Studio", "ratio", "goal")
# Rate, semitones and the noise's factor of the peak, of each copy.
DRAWS = ((0.87, 1.3, 0.005), (1.13, -1.7, 0.005), (0.94, -0.6, 0.005), (1.06, 0.8, 0.005))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=100, help="turns of each")
    runs = parser.parse_args().runs
    equal = []
    with TemporaryDirectory() as folder, threadpool_limits(1):
        clip = one_clip(Path(folder))
        loaded = audio.load(clip)
        for sampling_rate in RATES:
            waveform = audio.resample(*loaded, sampling_rate)
            rows = [
                faster(name, *take_turns(pair, runs), GOAL)
                for name, pair in pairs(waveform, sampling_rate).items()
            ]
            length_s = waveform.size / sampling_rate
            title = f"{clip.name} ({length_s:.1f} s, {sampling_rate} Hz): four copies, {runs} turns"
            table(title, HEADS, rows)
            equal.append(compare(waveform, sampling_rate))
    sys.exit(0 if all(equal) else "not equal")


def pairs(waveform: audio.Waveform, sampling_rate: int) -> dict[str, tuple[Work, Work]]:
    """Librosa's way beside each of ours."""

    def theirs() -> list[np.ndarray]:
        return by_librosa(waveform, sampling_rate)

    ways = {
        "vocoder, two steps as librosa": [two_steps(*draw) for draw in DRAWS],
        "vocoder, one pass": [one_pass("vocoder", *draw) for draw in DRAWS],
        "signalsmith, one pass": [one_pass("signalsmith", *draw) for draw in DRAWS],
    }
    return {name: (theirs, our_way(waveform, sampling_rate, way)) for name, way in ways.items()}


def our_way(
    waveform: audio.Waveform, sampling_rate: int, copies: Sequence[list[DrawnStep]]
) -> Work:
    return lambda: [replay(waveform, sampling_rate, drawn) for drawn in copies]


def by_librosa(waveform: np.ndarray, sampling_rate: int) -> list[np.ndarray]:
    """Stretched, shifted, with noise: what is usually written."""
    copies = []
    for rate, semitones, factor in DRAWS:
        stretched = librosa.effects.time_stretch(waveform, rate=rate)
        shifted = librosa.effects.pitch_shift(stretched, sr=sampling_rate, n_steps=semitones)
        noise = np.random.default_rng(0).standard_normal(shifted.size, np.float32)
        copies.append(shifted + np.float32(factor * np.abs(shifted).max()) * noise)
    return copies


def two_steps(rate: float, semitones: float, factor: float) -> list[DrawnStep]:
    """A copy by the steps of the preset `d-faithful`."""
    engine = {"engine": "vocoder"}
    return [
        DrawnStep(0, "time_stretch", engine, {"rate": rate}),
        DrawnStep(1, "pitch_shift", engine, {"semitones": semitones}),
        noise(2, factor),
    ]


def one_pass(engine: str, rate: float, semitones: float, factor: float) -> list[DrawnStep]:
    """A copy by the steps of the preset `d`, or with the other engine."""
    draw = {"rate": rate, "semitones": semitones}
    return [DrawnStep(0, "pitch_and_tempo", {"engine": engine}, draw), noise(1, factor)]


def noise(place: int, factor: float) -> DrawnStep:
    return DrawnStep(place, "amplitude_noise", {}, {"factor": factor, "seed": 0})


def compare(waveform: audio.Waveform, sampling_rate: int) -> bool:
    """Print how far copies made in the same two steps lie from librosa's.

    Librosa's are made in double precision here: it keeps phases in that of the samples and adds
    them up, so that in single precision its own copies lie further off.
    """
    ours = [replay(waveform, sampling_rate, two_steps(*draw)) for draw in DRAWS]
    theirs = by_librosa(waveform.astype(np.float64), sampling_rate)
    furthest = max(
        float(np.abs(mine - other).max() / np.abs(other).max())
        for mine, other in zip(ours, theirs, strict=True)
    )
    print(f"\nLargest difference of the first row: {furthest:.1e} of the peak, {ALLOWED:g} allowed")
    return furthest <= ALLOWED


if __name__ == "__main__":
    main()
