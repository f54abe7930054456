"""How a training job stands, in words and signs; the same in the queue and on its own."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pages.components.live_input import plain
from pages.components.tasks import duration
from ser_core.errors import SerError
from ser_core.training.events import DRAWING

if TYPE_CHECKING:
    from ser_core.jobs.book import Job

OVER = ("finished", "failed", "stopped", "interrupted")
"""What a job can be that is over, in the order of filters."""

_LOOKS = {
    "waiting": ("gray", ":material/hourglass_empty:", "…"),
    "running": ("blue", ":material/play_circle:", "▶"),
    "stopping": ("orange", ":material/pending:", "…"),
    "finished": ("green", ":material/check_circle:", "✓"),
    "failed": ("red", ":material/error:", "✗"),
    "stopped": ("gray", ":material/stop_circle:", "■"),
    "interrupted": ("orange", ":material/power_off:", "⏻"),
}
_LONG_S = 600.0
_MOST_CHANGES = 3
_MOST_LETTERS = 24  # of a value


def icon(word: str) -> str:
    """The sign of a state, for Markdown."""
    return _LOOKS[word][1]


def signed(word: str) -> str:
    """A state as a table shows it: a sign and the word.

    >>> signed("finished")
    '✓ finished'
    """
    return f"{_LOOKS[word][2]} {word}"


def badge(job: "Job") -> str:
    """Markdown of how a job stands; its place where it waits."""
    colour, sign, _ = _LOOKS[job.word]
    place = f", {ordinal(job.place)} in line" if job.place else ""
    return f":{colour}-badge[{sign} {job.word}{place}]"


def ordinal(number: int) -> str:
    """A place in line.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 21, 112)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '21st', '112th']
    """
    teens = number % 100 in (11, 12, 13)
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def title(job: "Job", changed: str = "") -> str:
    """Markdown of what a job trains: recipe, what was changed in it, corpus and protocol."""
    recipe = f"**{plain(job.recipe or 'order not readable')}**"
    parts = [recipe, plain(changed), plain(job.corpus), plain(job.protocol)]
    return " · ".join(part for part in parts if part)


def progress_words(job: "Job") -> str:
    """How far a job is, in one line: fold, epoch, batch and how much longer at most.

    What it reads and prepares before its first fold is told in the worker's words.
    """
    now = job.progress
    if now.words == DRAWING:
        return DRAWING
    if not now.folds:
        return now.words or "starting its process"
    parts = ["final model on every clip" if now.final else f"fold {now.fold} of {now.folds}"]
    if now.fold_name:
        parts[0] += f" ({now.fold_name})"
    if job.epochs:
        parts.append(f"epoch {min(now.epoch + 1, job.epochs)} of {job.epochs}")
    if now.batch:
        parts.append(f"batch {now.batch} of {now.batches}")
    if job.share == 1.0:
        parts.append("writing what came of it")
    elif job.eta_s and not job.stopping:
        parts.append(f"at most {_rounded(job.eta_s)} left")
    return " · ".join(parts)


def _rounded(seconds: float) -> str:
    """A length of time; of a long one no seconds, which would only flicker."""
    return duration(seconds if seconds < _LONG_S else 60 * round(seconds / 60))


def where(job: "Job") -> str:
    """Where a job ended that did not get through, such as " in fold 2 of 5, after epoch 7"."""
    now = job.progress
    if not now.folds:
        return "" if job.state.attempt else " before it began"
    place = "the final model" if now.final else f"fold {now.fold} of {now.folds}"
    return f" in {place}{f', after epoch {now.epoch}' if now.epoch else ''}"


def end_words(job: "Job") -> str:
    """What became of a job that is over, in one short line; empty for a finished one."""
    if job.status == "FINISHED":
        return ""
    place = where(job).strip()
    reason = job.state.reason
    return f"{reason} ({place})" if reason and place else reason or place


def when(unix_s: float) -> str:
    """A time of this machine's clock; the day only where it is not today."""
    then = dt.datetime.fromtimestamp(unix_s, dt.UTC).astimezone()
    today = dt.datetime.now(dt.UTC).astimezone().date()
    return f"{then:%H:%M}" if then.date() == today else f"{then:%d %b %Y, %H:%M}"


def changes(job: "Job") -> Mapping[str, str]:
    """What was set in the recipe: values, cut short, by the last words of their settings."""
    return _changes(job.path)


def apart(jobs: Sequence["Job"]) -> dict[str, str]:
    """What tells jobs apart that train one recipe, by their ids.

    Changes of the recipe that all of them have are left out, where there are several.
    """
    said = {}
    for recipe in {job.recipe for job in jobs}:
        same = [job for job in jobs if job.recipe == recipe]
        sets = [set(changes(job).items()) for job in same]
        common = set.intersection(*sets) if len(sets) > 1 else set()
        for job in same:
            pairs = [pair for pair in changes(job).items() if pair not in common]
            said[job.job_id] = in_short(pairs)
    return said


def in_short(pairs: Iterable[tuple[str, str]]) -> str:
    """Some settings and their values in a line.

    >>> in_short([("copies", "2"), ("faithful", ""), ("folds", "3"), ("seed", "1")])
    'copies 2, faithful, folds 3 and 1 more'
    """
    said = [f"{key} {value}".strip() for key, value in pairs]
    more = f" and {len(said) - _MOST_CHANGES} more" if len(said) > _MOST_CHANGES else ""
    return ", ".join(said[:_MOST_CHANGES]) + more


@lru_cache(maxsize=2000)
def _changes(job: Path) -> Mapping[str, str]:
    """Read once: an order is never changed."""
    from ser_core import recipes
    from ser_core.jobs.folder import JobFolder
    from ser_core.training import changes as compared

    try:
        order = JobFolder(job).order()
        faithful, found = recipes.changes_in(order["recipe"])
    except (SerError, KeyError, TypeError):  # of another version, or no recipe that we ship
        return {}
    said = {"faithful": ""} if faithful else {}
    said |= {_short(key): _cut(compared.text(value)) for key, value in found.items()}
    return said | _choices(order.get("choices") or [])


def _choices(choices: Sequence[Mapping[str, object]]) -> dict[str, str]:
    """What folds choose among: "0.2 or 0.4" by the last words of the settings."""
    from ser_core.training import changes as compared

    found: dict[str, list[str]] = {}
    for choice in choices:
        for key, value in choice.items():
            several = found.setdefault(_short(key), [])
            text = compared.text(value)
            several += [text] if text not in several else []
    return {key: _cut(" or ".join(several)) for key, several in found.items()}


def settings(chosen: Mapping[str, object]) -> str:
    """Settings and their values in a line, as `in_short` has them.

    >>> settings({"architecture.settings.dropout": 0.2, "training.batch_size": 8})
    'dropout 0.2, batch_size 8'
    """
    return in_short((_short(key), str(value)) for key, value in chosen.items())


def _short(key: str) -> str:
    return key.rpartition(".")[2]


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"
