"""`runs`: all training runs, with what each score is about."""

import argparse
import datetime as dt
import math
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import add_json, aligned, print_json

if TYPE_CHECKING:
    from ser_core.tracking import Run

Scores = dict[str, Any]

_HEADINGS = ("date", "recipe", "corpus", "protocol", "folds", "clips", "UAR", "left out", "run")
_NUMBERS = {"folds", "clips", "left out"}
_STATES = {"FAILED": "failed", "KILLED": "stopped", "RUNNING": "running", "SCHEDULED": "waiting"}
_MOST_REASONS = 3
_AT_ONCE = 8  # scores that are asked for side by side, where a server keeps them


def add(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    parser.add_argument(
        "--clear-checkpoints",
        action="store_true",
        help="remove what interrupted runs would go on from within a fold",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.tracking import open_store

    if options.clear_checkpoints:
        _clear_checkpoints()
        return
    store = open_store()
    runs = store.runs()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        scores = list(threads.map(lambda one: store.document(one, "scores.json") or {}, runs))
    if options.json:
        print_json([_document(*pair) for pair in zip(runs, scores, strict=True)])
        return
    if not runs:
        print("no runs yet; start one with: python -m ser_core train studio --corpus ravdess=DIR")
        return
    rows = [_row(*pair) for pair in zip(runs, scores, strict=True)]
    headings, *lines = aligned([_HEADINGS, *rows], _NUMBERS)
    print(headings)
    for line, found in zip(lines, scores, strict=True):
        print(line)
        print("".join(f"    {words}\n" for words in _about(found)), end="")
    print("in brackets: 95 % bootstrap over speakers; left out: clips that the score is not about")


def _clear_checkpoints() -> None:
    from ser_core import paths
    from ser_core.training.checkpoint import clear

    print(f"{clear(paths.home() / 'runs' / 'work') / 1e6:.1f} MB of checkpoints removed")


def _row(one: "Run", scores: Scores) -> tuple[str, ...]:
    left_out = scores.get("left_out")
    folds = _folds(one)
    return (
        f"{dt.datetime.fromtimestamp(one.started, dt.UTC).astimezone():%Y-%m-%d %H:%M}",
        one.recipe,
        one.tags.get("corpus", ""),
        one.protocol,
        str(folds or ""),
        f"{scores['clips']:,}" if "clips" in scores else "",
        _uar(one),
        "" if left_out is None else f"{sum(left_out.values()):,}",
        one.run_id,
    )


def _uar(one: "Run") -> str:
    """The score with its interval; else why there is none."""
    if "uar" not in one.metrics:
        return _STATES.get(one.status, "")
    value, low, high = (one.metrics.get(f"uar{end}", math.nan) for end in ("", "_low", "_high"))
    interval = "" if math.isnan(low) else f" [{low:.3f}, {high:.3f}]"
    state = f" ({_STATES[one.status]})" if one.status in _STATES else ""
    return f"{value:.3f}{interval}{state}"


def _folds(one: "Run") -> int | None:
    """How many folds were trained, by what was measured in each."""
    numbers = {match[1] for name in one.metrics if (match := re.match(r"fold(\d+)\.", name))}
    return len(numbers) or None


def _about(scores: Scores) -> Iterator[str]:
    """What is to be said below a score: which clips are not in it, and what labels count as."""
    left_out = sorted(scores.get("left_out", {}).items(), key=lambda pair: -pair[1])
    if left_out:
        parts = [f"{number:,} ({reason})" for reason, number in left_out[:_MOST_REASONS]]
        rest = sum(number for _, number in left_out[_MOST_REASONS:])
        yield f"left out: {', '.join([*parts, *([f'{rest:,} (see --json)'] if rest else [])])}"
    name = scores.get("label_map", {}).get("name", "")
    if name:
        yield f"labels: {name}"


def _document(one: "Run", scores: Scores) -> dict[str, Any]:
    keys = ("run_id", "name", "status", "recipe", "protocol", "metrics")
    return {
        **{key: _json_value(getattr(one, key)) for key in keys},
        "corpus": one.tags.get("corpus", ""),
        "started": _iso(one.started),
        "ended": None if one.ended is None else _iso(one.ended),
        "folds": _folds(one),
        "clips": scores.get("clips"),
        "speakers": scores.get("speakers"),
        "left_out": scores.get("left_out"),
        "label_map": scores.get("label_map"),
    }


def _iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")


def _json_value(value: Any) -> Any:
    """JSON has no word for a metric that is not a number: null says it."""
    if isinstance(value, dict):
        return {key: _json_value(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
