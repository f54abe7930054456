"""What the names of columns tell: which belong together, and what to print beside them."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_LINES = 6  # columns that are drawn as lines; more become a heatmap
_MOST_PANELS = 10
ROW_PX = 14  # that a row needs for its name
# What tells a column from the others of its family: "MFCC 12", "440 Hz", "chroma C♯ mean".
_PLACE = re.compile(
    r"(?:^|(?<= ))(?:(?P<hz>[\d.,]+(?:–[\d.,]+)?) ?Hz|(?P<number>[\d.,]+)"
    r"|(?P<pitch>[A-G][#♯]?(?: \+\d+ cents)?))(?= |$)"
)
_THOUSANDS = re.compile(r"\d{4,}")
_NAMELESS = {"hz": "frequency bands", "pitch": "pitch classes", "number": ""}


def families(names: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Columns that belong together by their names."""
    found: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        found.setdefault(_family(name), []).append(column)
    return list(found.items())


def _family(name: str) -> str:
    """A column's name without its place: "MFCC 12 mean" → "MFCC mean"."""
    match = _PLACE.search(name)
    if match is None:
        return name
    rest = " ".join((name[: match.start()] + name[match.end() :]).split())
    return rest or _NAMELESS[match.lastgroup or "number"]


def few(families: list[tuple[str, list[int]]]) -> list[tuple[str, list[int]]]:
    """The families, or everything together where there are too many to draw apart."""
    if len(families) <= _MOST_PANELS:
        return families
    return [("", sorted(column for _, run in families for column in run))]


def pairs(names: Sequence[str]) -> tuple[list[str], list[str], NDArray[np.int64]] | None:
    """Rows, columns and where each cell is, if the names are "feature statistic" for all pairs.

    A statistic is what many features have: the longest end that all of them share.
    """
    if len(names) < 2 * MOST_LINES:
        return None
    first = names[0].split(" ")
    for cut in range(1, len(first)):
        head = " ".join(first[:cut]) + " "
        ends = [name.removeprefix(head) for name in names if name.startswith(head)]
        if len(ends) < 2 or len(names) % len(ends) or len(ends) == len(names):
            continue
        heads = list(dict.fromkeys(_head(name, ends) for name in names))
        place = {name: i for i, name in enumerate(names)}
        cells = [[place.get(f"{head} {end}", -1) for end in ends] for head in heads]
        if len(heads) * len(ends) == len(names) and min(min(row) for row in cells) >= 0:
            return heads, ends, np.array(cells)
    return None


def _head(name: str, ends: Sequence[str]) -> str:
    """A name without its end; the longest of several that fit."""
    fits = [end for end in ends if name.endswith(f" {end}")]
    return name.removesuffix(f" {max(fits, key=len)}") if fits else name


def bands_hz(names: Sequence[str]) -> NDArray[np.float64] | None:
    """Frequency of each row where all names end in one, and they rise."""
    found = [re.fullmatch(r"(?:.* )?([\d.]+) ?Hz", name) for name in names]
    hz = np.array([float(match[1]) for match in found if match is not None])
    rising = hz.size == len(names) > 1 and bool((np.diff(hz) >= 0).all()) and hz[-1] > hz[0]
    return hz if rising else None


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with nothing to see added where two are the same: rows must not fall together."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        distinct.append(name + "\u200b" * seen[name])
        seen[name] += 1
    return distinct


def named_ticks(names: Sequence[str], height_px: int) -> dict[str, Any]:
    """As many rows named as there is room for; numbers at round places."""
    places = [_place(name) for name in names]
    room = max(2, height_px // ROW_PX)
    if all(place.isdigit() for place in places):
        least = len(names) / room
        every = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**6) if step >= least)
        chosen = [i for i, place in enumerate(places) if i == 0 or int(place) % every == 0]
        if len(chosen) > 1 and chosen[1] < every / 2:
            del chosen[1]
    elif all(places):
        chosen = list(range(0, len(names), -(-len(names) // room)))
    else:
        chosen = []
    return {
        "tickvals": chosen,
        "ticktext": [_THOUSANDS.sub(_in_thousands, places[i]) for i in chosen],
        "tickfont": {"size": 11},
    }


def _in_thousands(match: re.Match[str]) -> str:
    return f"{float(match[0]) / 1000:.3g}k"


def _place(name: str) -> str:
    match = _PLACE.search(name)
    return "" if match is None else match["number"] or match["hz"] or match["pitch"]
