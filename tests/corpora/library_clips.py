"""Clips that a list of corpora is tried on."""

from pathlib import Path

import numpy as np
import soundfile

NAMES = ("03-01-05-01-01-01-01", "03-01-03-01-02-01-02", "03-02-04-02-01-02-02")


def write_clip(path: Path, duration_s: float = 0.5) -> None:
    time_s = np.arange(int(duration_s * 16_000)) / 16_000
    soundfile.write(path, 0.1 * np.sin(2 * np.pi * 220 * time_s), 16_000)
