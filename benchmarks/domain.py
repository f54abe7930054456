"""How often recordings of known faults are told so, and how often sound ones are told the same.

What training clips measure is taken from RAVDESS actors 01 to 12; clips of the others are heard as
they are, in rooms of known reverberation time (80 m³, 1 m from the microphone: a fading noise after
the direct sound, Polack 1988), under white noise, and through a telephone's band.
"""

import argparse
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.signal import fftconvolve

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import table
from ser_core import audio
from ser_core.corpora import CORPORA
from ser_core.inference import Predictor
from ser_core.inference.domain import domain_of, measure, remarks

RATE = 16_000
ROOMS_S = (0.2, 0.3, 0.4, 0.6, 0.9, 1.5)
VOLUME_M3, DISTANCE_M = 80.0, 1.0
SNR_DB = (20, 10)
REMARKS = ("Quiet:", "Loud:", "Noisy:", "Dull:", "Much", "Unlike")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--every", type=int, default=4, help="of so many clips one is heard")
    asked = parser.parse_args()
    predictor = Predictor.load()
    takers, usual = list(predictor.extractors.values()), predictor.preprocessing
    clips = CORPORA.create("ravdess").index(Path(os.environ["SER_RAVDESS"]))
    clips = clips[clips["problems"] == ""]
    known = clips["speaker"].astype(int) <= 12
    domain = domain_of(clips.loc[known, "path"].tolist(), usual, takers)
    heard = clips[~known & (clips["channel"] == "speech")].iloc[:: asked.every]
    told, decays_s = defaultdict(Counter), defaultdict(list)
    rng = np.random.default_rng(0)
    for path in heard["path"]:
        dry = audio.resample(*audio.load(path), RATE)
        for name, sound in changed(dry, rng):
            said = remarks(sound, RATE, domain, usual, takers)
            told[name].update([one.split()[0] for one in said] + ["any"] * bool(said))
            decays_s[name].append(measure(sound, RATE).decay_s)
    rows = [
        (name, f"{np.nanmedian(decays_s[name]):.2f} s", *shares(told[name], len(heard)))
        for name in decays_s
    ]
    title = f"{len(heard)} clips of {heard['speaker'].nunique()} speakers: share told, in %"
    table(title, ("", "fades in", *(one.strip(":").lower() for one in REMARKS), "any"), rows)


def shares(counts: Counter, clips: int) -> list[str]:
    return [f"{100 * counts[name] / clips:.0f}" for name in (*REMARKS, "any")]


def changed(dry: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    yield "as it is", dry
    for seconds in ROOMS_S:
        yield f"room, {seconds} s", in_room(dry, seconds, rng)
    for snr_db in SNR_DB:
        noise = rng.standard_normal(dry.size) * np.sqrt(np.mean(dry**2) * 10 ** (-snr_db / 10))
        yield f"noise, SNR {snr_db} dB", (dry + noise).astype(np.float32)
    yield "up to 3.5 kHz", audio.resample(audio.resample(dry, RATE, 7_000), 7_000, RATE)


def in_room(dry: np.ndarray, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """As loud as before; at the critical distance, room and direct sound are equally strong."""
    times_s = np.arange(round(1.1 * seconds * RATE)) / RATE
    response = rng.standard_normal(times_s.size) * 10 ** (-3 * times_s / seconds)
    response[: round(0.002 * RATE)] = 0
    critical_m = 0.057 * np.sqrt(VOLUME_M3 / seconds)
    response *= DISTANCE_M / critical_m / np.linalg.norm(response)
    response[0] = 1
    wet = fftconvolve(dry, response)[: dry.size + round(0.2 * RATE)]
    return (wet * np.sqrt(np.mean(dry**2) / np.mean(wet**2))).astype(np.float32)


if __name__ == "__main__":
    main()
