"""Runs that differ in exactly one thing: a setting, or the protocol that they were tested by."""

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ser_core.comparison.comparability import key_of
from ser_core.comparison.runs import FinishedRun

PROTOCOL = "protocol"

_WORDS_ONLY = ("name", "title", "description", "selection", "root")
"""Parameters that say what a run is called, and change nothing."""

_PARTS = ("architecture", "features", "augmentation", "training.optimiser", "training.schedule")
"""What is chosen by a name and brings settings of its own counts as one setting."""

_FOLDS_ONLY = ("training.folds", "training.seed", "training.validation_speakers")
"""What else may change with a protocol without making it another network."""


@dataclass(frozen=True)
class Ablation:
    """Runs that are the same but for one setting.

    Attributes:
        setting: its dotted name, "architecture" for all of one, or "protocol".
        values: one for each run, as it is shown; numbers where all are.
        runs: in the order of the values.
    """

    setting: str
    values: tuple[float | str, ...]
    runs: tuple[FinishedRun, ...]

    @property
    def numeric(self) -> bool:
        """Whether the setting has an axis of numbers."""
        return all(not isinstance(value, str) for value in self.values)


def ablations(runs: Sequence[FinishedRun]) -> list[Ablation]:
    """Every setting in which some runs differ while all else is the same.

    Runs must have been tested on the same clips and labels under one protocol; where a setting has
    a value in several runs, all are told. An ensemble has no settings.

    Args:
        runs: any.

    Returns:
        The largest groups first; of one group of runs, the narrowest setting.
    """
    known = [(run, _settings(run)) for run in runs if run.parameters]
    names = sorted({name for _, settings in known for name in settings})
    found: list[Ablation] = []
    for name in names:
        found += _by_setting(known, name, lambda key: key)
    for part in _PARTS:
        found += _by_setting(known, part, partial(_part_of, part=part))
    unique: dict[frozenset[str], Ablation] = {}
    for each in found:
        unique.setdefault(frozenset(_id(run) for run in each.runs), each)
    return sorted(unique.values(), key=lambda each: (-len(each.runs), each.setting))


def by_protocol(runs: Sequence[FinishedRun]) -> list[Ablation]:
    """Runs of one network and corpus under several protocols: what a leaky split adds.

    Args:
        runs: any.

    Returns:
        The largest groups first, with `setting` "protocol". Their scores are of different tests.
    """
    homes: dict[Hashable, list[FinishedRun]] = {}
    for run in runs:
        if run.parameters:
            kept = {k: v for k, v in _settings(run).items() if k not in _FOLDS_ONLY}
            homes.setdefault((run.corpus, frozenset(kept.items())), []).append(run)
    found = []
    for home in homes.values():
        ranked = sorted(home, key=lambda run: (run.protocol, run.started or 0.0))
        protocols = tuple(run.protocol for run in ranked)
        if len(set(protocols)) > 1:
            found.append(Ablation(PROTOCOL, protocols, tuple(ranked)))
    return sorted(found, key=lambda each: -len(each.runs))


def _by_setting(
    known: Iterable[tuple[FinishedRun, dict[str, str]]], name: str, home_of: Callable[[str], str]
) -> list[Ablation]:
    """Groups of runs that have all in common but what belongs to one setting."""
    groups: dict[Hashable, list[tuple[FinishedRun, dict[str, str]]]] = {}
    for run, settings in known:
        own = {key: value for key, value in settings.items() if home_of(key) == name}
        if own:
            rest = frozenset(pair for pair in settings.items() if pair[0] not in own)
            key = key_of(run)
            same = (key.corpus, key.protocol, key.truth, key.times_tested, rest)
            groups.setdefault(same, []).append((run, own))
    found = (_told(name, group) for group in groups.values() if len(group) > 1)
    return [each for each in found if each is not None]


def _told(name: str, group: list[tuple[FinishedRun, dict[str, str]]]) -> Ablation | None:
    """The group in the order of its values; None where all have the same."""
    if len({frozenset(own.items()) for _, own in group}) < 2:
        return None
    words = [_value(name, own, [each for _, each in group]) for _, own in group]
    numbers = [_number(word) for word in words]
    values: list[Any] = words if None in numbers else numbers
    ranked = sorted(range(len(group)), key=lambda place: (values[place], group[place][0].run_id))
    return Ablation(
        name,
        tuple(values[place] for place in ranked),
        tuple(group[place][0] for place in ranked),
    )


def _value(name: str, own: dict[str, str], all_of_them: list[dict[str, str]]) -> str:
    """What a run has, in few words: of a part, its name, and what else is needed to tell it."""
    if name in own:
        return own[name]
    called = own.get(f"{name}.name", "")
    if len({each.get(f"{name}.name", "") for each in all_of_them}) == len(all_of_them):
        return called
    keys = sorted({key for each in all_of_them for key in each})
    telling = [key for key in keys if len({each.get(key, "") for each in all_of_them}) > 1]
    rest = (f"{key.rpartition('.')[2]} {own[key]}" for key in telling if key in own)
    return ", ".join([*([called] if called else []), *rest])


def _settings(run: FinishedRun) -> dict[str, str]:
    return {
        name: value
        for name, value in run.parameters.items()
        if name not in _WORDS_ONLY and not name.startswith("augmentation.title")
    }


def _part_of(key: str, part: str) -> str:
    return part if key == part or key.startswith(f"{part}.") else key


def _number(word: str) -> float | None:
    try:
        value = json.loads(word)
    except ValueError:
        return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _id(run: FinishedRun) -> str:
    return run.run_id or run.digest
