"""What was measured, as it is kept in `docs/results/*.json`, and how figures are written."""

import json
import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ser_core.comparison.reported import Reported

FOLDER = Path(__file__).with_name("results")
Measured = Mapping[str, Any]


@cache
def kept(kind: str) -> tuple[Measured, ...]:
    """All documents of a kind ("run", "leaks"), by the names of their files."""
    files = sorted(FOLDER.glob("*.json"))
    documents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return tuple(each for each in documents if each["kind"] == kind)


def ends(score: Measured) -> str:
    """A score and its interval.

    >>> ends({"value": 0.5, "low": 0.41, "high": 0.6})
    '0.500 [0.410, 0.600]'
    """
    return f"{score['value']:.3f} [{score['low']:.3f}, {score['high']:.3f}]"


def set_words(changes: Mapping[str, str]) -> str:
    """Changed settings as they are typed.

    >>> set_words({"epochs": "60", "seed": "[0, 1]"})
    " --set epochs=60 --set 'seed=[0, 1]'"
    """
    return "".join(f" --set {shlex.quote(f'{key}={value}')}" for key, value in changes.items())


def reported_row(one: Reported) -> str:
    """A published result: whose, which scores, how tested, and why it is kinder than it looks."""
    names = {"war": "WAR", "uar": "UAR", "macro_f1": "macro F1", "top_3": "top-3"}
    scores = ", ".join(
        f"{names[name]} {value:.3f}" for name, value in one.scores.items() if name in names
    )
    return " | ".join([one.title, scores, f"{one.protocol}; {one.test}", one.fault])


def table(heads: str, rows: list[str]) -> str:
    """A table of Markdown; the first column is words, all others are figures."""
    return _table(heads, "--:", rows)


def words_table(heads: str, rows: list[str]) -> str:
    """A table of Markdown of words."""
    return _table(heads, ":--", rows)


def _table(heads: str, side: str, rows: list[str]) -> str:
    marks = "|:--" + f"|{side}" * heads.count(" | ") + "|"
    return "\n".join([f"| {heads} |", marks, *(f"| {row} |" for row in rows)]) + "\n"
