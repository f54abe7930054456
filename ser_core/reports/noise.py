"""Figures and table of how runs hold under added noise, where they were tested so."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ser_core import figures
from ser_core.comparison.noise import NoiseScore
from ser_core.comparison.results import Results
from ser_core.reports.picture import Picture, array

NOISE = "Noise"
_MEASURES = ("uar", "war", "macro_f1")


def noise_pictures(results: Sequence[Results]) -> list[Picture]:
    """UAR against signal-to-noise ratio: one run's noises together, several runs' noise by noise.

    Runs that were not tested under a noise, or at other ratios than the first, have no curve.
    """
    there = [one for one in results if one.run.noise]
    if len(there) == 1:
        (one,) = there
        drawn = {colour: _curve(one, colour) for colour in _colours(one)}
        title = f"{one.run.title}: UAR under added noise"
        return _picture(f"noise-{one.run.slug}", title, drawn, one)
    found = []
    for colour in dict.fromkeys(colour for one in there for colour in _colours(one)):
        drawn = {one.run.title: _curve(one, colour) for one in there}
        found += _picture(f"noise-{colour}", f"UAR of all runs under {colour} noise", drawn, None)
    return found


def noise_table(results: Sequence[Results]) -> pd.DataFrame:
    """One row for each run, noise and ratio, with the ends of the 95 % intervals over speakers."""
    rows = []
    for one in results:
        for point in one.run.noise:
            row: dict[str, object] = {"run": one.run.run_id, "name": one.run.name}
            ratio = point.snr_db if math.isfinite(point.snr_db) else None
            row |= {"noise": point.colour, "snr_db": ratio, "clips": point.clips}
            for name in _MEASURES:
                score = getattr(point, name)
                row |= {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high}
            rows.append(row)
    return pd.DataFrame(rows)


def _picture(
    name: str, title: str, drawn: dict[str, list[NoiseScore]], alone: Results | None
) -> list[Picture]:
    """With the levels of no noise and of guessing where there is one run."""
    ratios = next(([p.snr_db for p in curve] for curve in drawn.values() if curve), [])
    curves = {
        title: array([point.uar for point in curve])
        for title, curve in drawn.items()
        if curve and np.array_equal([point.snr_db for point in curve], ratios)
    }
    if not curves:
        return []
    levels = (alone.run.noise[0].uar.value, 1 / len(alone.scores.classes)) if alone else ()
    return [Picture(name, NOISE, title, figures.snr_figure(ratios, curves, *levels))]


def _colours(one: Results) -> list[str]:
    return list(dict.fromkeys(p.colour for p in one.run.noise if math.isfinite(p.snr_db)))


def _curve(one: Results, colour: str) -> list[NoiseScore]:
    """From little noise to much."""
    return sorted((p for p in one.run.noise if p.colour == colour), key=lambda p: -p.snr_db)
