"""How a run's folds were scored under noise, read back from what it kept."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_core.evaluation.intervals import Interval

NOISE = "noise.json"
"""File of a run; written by `evaluate RUN --snr` and `train --snr`."""


@dataclass(frozen=True)
class NoiseScore:
    """Scores of all folds together under one noise.

    Attributes:
        colour: "none" for clips as they are.
        snr_db: infinite for clips as they are.
    """

    colour: str
    snr_db: float
    clips: int
    uar: Interval
    war: Interval
    macro_f1: Interval


def read_noise(folder: Path) -> list[NoiseScore]:
    """Clips as they are first; empty where nothing was kept, or what was kept cannot be read."""
    try:
        document = json.loads((folder / NOISE).read_text(encoding="utf-8"))
        return [_score(point) for point in document["points"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _score(point: dict[str, Any]) -> NoiseScore:
    ratio = point["snr_db"]
    uar, war, macro_f1 = (_interval(point[name]) for name in ("uar", "war", "macro_f1"))
    snr_db = math.inf if ratio is None else float(ratio)
    return NoiseScore(str(point["noise"]), snr_db, int(point["clips"]), uar, war, macro_f1)


def _interval(kept: dict[str, float | None]) -> Interval:
    value, low, high = (kept[name] for name in ("value", "low", "high"))
    return Interval(*(math.nan if end is None else float(end) for end in (value, low, high)))
