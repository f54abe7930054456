"""`runs`: all training runs, with what each score is about; hand one on, or take one in."""

import argparse
import datetime as dt
import math
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import add_json, aligned, check_out, print_json

if TYPE_CHECKING:
    from ser_core.tracking import Run

Scores = dict[str, Any]

_HEADINGS = ("date", "recipe", "corpus", "protocol", "folds", "clips", "UAR", "left out", "run")
_NUMBERS = {"folds", "clips", "left out"}
_STATES = {"FAILED": "failed", "KILLED": "stopped", "RUNNING": "running", "SCHEDULED": "waiting"}
_MOST_REASONS = 3
_MOST_CHANGES = 6
_MOST_LETTERS = 40  # of what was changed to
_AT_ONCE = 8  # scores that are asked for side by side, where a server keeps them


def add(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    parser.add_argument(
        "--clear-checkpoints",
        action="store_true",
        help="remove what interrupted runs would go on from within a fold",
    )
    what = parser.add_subparsers(dest="what")
    packed = what.add_parser("export", help="a finished run as one ZIP file, without any audio")
    packed.add_argument("run_id", metavar="RUN", help="its id or the beginning of it")
    packed.add_argument(
        "--out", type=Path, default=Path(), metavar="F", help="file or folder (default: here)"
    )
    taken = what.add_parser("import", help="a run that was exported elsewhere")
    taken.add_argument("file", type=Path, metavar="F", help="the ZIP file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.tracking import open_store

    if options.what == "export":
        _export(options.run_id, options.out)
        return
    if options.what == "import":
        _import(options.file)
        return
    if options.clear_checkpoints:
        _clear_checkpoints()
        return
    store = open_store()
    runs = store.runs()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        scores = list(threads.map(lambda one: store.document(one, "scores.json") or {}, runs))
        recipes = list(threads.map(lambda one: store.document(one, "recipe.json"), runs))
    changed = [_changes(recipe) for recipe in recipes]
    if options.json:
        print_json([_document(*facts) for facts in zip(runs, scores, changed, strict=True)])
        return
    if not runs:
        print("no runs yet; start one with: python -m ser_core train studio --corpus ravdess=DIR")
        return
    rows = [_row(*pair) for pair in zip(runs, scores, strict=True)]
    headings, *lines = aligned([_HEADINGS, *rows], _NUMBERS)
    print(headings)
    for line, one, found, changes in zip(lines, runs, scores, changed, strict=True):
        print(line)
        about = [*filter(None, [one.origin, _changes_in_words(changes)]), *_about(found)]
        print("".join(f"    {words}\n" for words in about), end="")
    print("in brackets: 95 % bootstrap over speakers; left out: clips that the score is not about")


def _export(run_id: str, out: Path) -> None:
    from ser_core.exchange.pack import export_run

    check_out(out / "run.zip" if out.is_dir() else out, "run.zip")
    packed = export_run(run_id, out)
    print(f"{packed.run.name} with {packed.files} files written to {packed.path}")
    if packed.left_out:
        print(f"left out: {', '.join(packed.left_out)}")


def _import(file: Path) -> None:
    from ser_core.exchange.unpack import import_run

    taken = import_run(file)
    print(f"{taken.name} taken in, trained on {taken.host} as {taken.origin_run}")
    for name in taken.models:
        print(f"its model: python -m ser_core promote {taken.run_id} --name {name}")
    print(taken.run_id)


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


def _changes(recipe: dict[str, Any] | None) -> dict[str, Any] | None:
    """What was set in a shipped recipe, which tells its runs apart; None where it is not known."""
    from ser_core.errors import SerError
    from ser_core.recipes import changes_in

    try:
        faithful, found = changes_in(recipe or {})
    except SerError:  # of another version, or no recipe that is shipped
        return None
    return {"faithful": True, **found} if faithful else found


def _changes_in_words(changes: dict[str, Any] | None) -> str:
    from ser_core.training.changes import text

    said = [
        f"{key.removeprefix('training.')}={_cut(text(value))}"
        for key, value in (changes or {}).items()
    ]
    more = f" and {len(said) - _MOST_CHANGES} more (see --json)" if said[_MOST_CHANGES:] else ""
    return f"changed: {', '.join(said[:_MOST_CHANGES])}{more}" if said else ""


def _cut(words: str) -> str:
    return words if len(words) <= _MOST_LETTERS else f"{words[:_MOST_LETTERS]} …"


def _about(scores: Scores) -> Iterator[str]:
    """What is to be said below a score: what leaks, which clips are not in it, what labels mean."""
    from ser_core.corpora.folds import MIXED

    if MIXED in scores.get("protocol", ""):
        yield MIXED
    if scores.get("leaks"):
        yield f"this score leaks: {'; '.join(scores['leaks'])}"
    left_out = sorted(scores.get("left_out", {}).items(), key=lambda pair: -pair[1])
    if left_out:
        parts = [f"{number:,} ({reason})" for reason, number in left_out[:_MOST_REASONS]]
        rest = sum(number for _, number in left_out[_MOST_REASONS:])
        yield f"left out: {', '.join([*parts, *([f'{rest:,} (see --json)'] if rest else [])])}"
    name = scores.get("label_map", {}).get("name", "")
    if name:
        yield f"labels: {name}"


def _document(one: "Run", scores: Scores, changed: dict[str, Any] | None) -> dict[str, Any]:
    keys = ("run_id", "name", "status", "recipe", "protocol", "metrics")
    return {
        **{key: _json_value(getattr(one, key)) for key in keys},
        "corpus": one.tags.get("corpus", ""),
        "origin": one.origin,
        "started": _iso(one.started),
        "ended": None if one.ended is None else _iso(one.ended),
        "folds": _folds(one),
        "clips": scores.get("clips"),
        "speakers": scores.get("speakers"),
        "left_out": scores.get("left_out"),
        "label_map": scores.get("label_map"),
        "leaks": scores.get("leaks"),
        "leak_check": scores.get("leak_check"),
        "changed": changed,
    }


def _iso(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")


def _json_value(value: Any) -> Any:
    """JSON has no word for a metric that is not a number: null says it."""
    if isinstance(value, dict):
        return {key: _json_value(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
