"""What knowing a voice is worth: a run's fold networks, with and without, on identical clips.

Every test speaker enrols with a few ordinary clips that are tested in neither arm. The fold's
network never heard her or him, the stage is fitted to the other folds' speakers, and its settings
are chosen among these alone.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ser_core import audio
from ser_core.errors import CorpusError
from ser_core.evaluation.comparison import Comparison, compare
from ser_core.evaluation.metrics import Scores, scores
from ser_core.evaluation.temperature import calibrate
from ser_core.inference import Predictor
from ser_core.inference.network import softmax
from ser_core.inference.voice import Ordinary, VoiceSpec
from ser_core.inference.voice_functionals import NAMES
from ser_core.training.export import confidence_bounds
from ser_core.training.voice_choice import (
    ALONE,
    KNOWN,
    choose,
    first_groups,
    predict_enrolled,
    score,
    speakers,
)
from ser_core.training.voice_stage import Array, Heard, Rows, Stage, StageSettings, fit_stage

ORDINARY = "neutral"
_CALM = "calm"
_ENROLLED_S = 10.0  # of a speaker, where the corpus has no repetitions
Progress = Callable[[int, int, str], None]
Enrolled = dict[str, tuple[Array, float]]
"""By speaker: mean features of what was enrolled, and how many seconds of speech that is."""


@dataclass(frozen=True)
class Variant:
    """A way to enrol that differs from the one measured, on the same clips.

    Attributes:
        uar: with it.
        change: of UAR against enrolling as measured, its value and the ends of its interval.
    """

    words: str
    uar: float
    change: dict[str, float | None]


@dataclass(frozen=True)
class VoiceReading:
    """The outcome.

    Attributes:
        predictions: `clip`, `speaker`, `emotion`, `fold`, and what was said `without` a voice,
            `with` one, and by the stage `alone`.
        probabilities: (num_clips, num_labels), with a voice.
        settings: chosen for each fold.
        voice_s: median of the speech that a speaker was known from.
    """

    labels: tuple[str, ...]
    how: str
    predictions: pd.DataFrame
    probabilities: Array
    settings: dict[int, StageSettings]
    voice_s: float
    variants: list[Variant]

    def scores(self, arm: str) -> Scores:
        """Scores of an arm, with intervals over speakers."""
        table = self.predictions
        true, said, spoken = (table[name].tolist() for name in ("emotion", arm, "speaker"))
        return scores(true, said, spoken, list(self.labels))

    def gain(self, arm: str = "with", over: str = "without") -> Comparison:
        """What one arm is better by than another, paired by speaker."""
        table = self.predictions
        names = ("emotion", arm, over, "speaker")
        true, said, other, spoken = (table[name].tolist() for name in names)
        return compare(true, said, other, spoken, self.labels)

    @property
    def helps(self) -> bool:
        """Whether UAR is clearly better with a voice."""
        return self.gain().uar.interval.low > 0

    def as_dict(self) -> dict[str, Any]:
        """For a card and for JSON."""
        gain, alone = self.gain(), self.gain("with", "alone")
        return {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "how": self.how,
            "helps": self.helps,
            "clips": gain.clips,
            "speakers": gain.speakers,
            "voice_s": round(self.voice_s, 1),
            **{
                arm: {
                    "uar": found.uar.as_dict(),
                    "war": found.war.as_dict(),
                    "recall": {label: each.value for label, each in found.recall.items()},
                }
                for arm, found in ((arm, self.scores(arm)) for arm in ("without", "with", "alone"))
            },
            "difference": gain.as_dict()["uar"],
            "difference_from_alone": alone.as_dict()["uar"],
            "settings": {str(fold): vars(one) for fold, one in self.settings.items()},
            "variants": [vars(each) for each in self.variants],
        }


def roles(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Who enrols with which clips, and which are tested; a table with `enrols` and `tested`.

    With repetitions, the ordinary (neutral) clips of the first enrol and all of the others are
    tested; else the first ordinary clips of a speaker up to ten seconds enrol, and all others are
    tested.

    Returns:
        The table, and how it is done in words.

    Raises:
        CorpusError: a speaker has no ordinary clips, or nothing else.
    """
    ordinary = table["emotion"].eq(ORDINARY)
    numbers = sorted(set(table.loc[ordinary, "repetition"]) - {0})
    repeated = len(numbers) > 1 and all(
        set(own) >= set(numbers[:2]) for _, own in table[ordinary].groupby("speaker")["repetition"]
    )
    if repeated:
        place = {number: n for n, number in enumerate(numbers, start=1)}
        enrols = table["repetition"].map(place).fillna(0).astype(int).where(ordinary, 0)
        tested = table["repetition"].gt(numbers[0])
        how = f"neutral clips of repetition {numbers[0]}, tested on the other repetitions"
    else:
        before = table["duration_s"].where(ordinary, 0).groupby(table["speaker"]).cumsum()
        first = ordinary & (before - table["duration_s"]).lt(_ENROLLED_S)
        enrols, tested = first.astype(int), ~first
        how = "the first neutral clips, about 10 s, tested on all other clips"
    found = table.assign(enrols=enrols, tested=tested)
    for speaker, own in found.groupby("speaker"):
        if not (own["enrols"].eq(1).any() and own["tested"].any()):
            raise CorpusError(
                f"speaker {speaker} has no neutral clips to be known by, or nothing else to be "
                "tested on"
            )
    return found, how


def hear(
    predictors: Mapping[int, Predictor], clips: pd.DataFrame, progress: Progress = lambda *_: None
) -> Heard:
    """What each fold's network says of the clips that it is tested on.

    Args:
        predictors: by fold.
        clips: `path`, `speaker`, `emotion`, `fold` and `enrols`.
        progress: told of clips done and all clips; it may raise TaskCancelled.

    Raises:
        AudioError: a clip cannot be used.
    """
    found: list[Ordinary] = []
    for done, (path, fold) in enumerate(zip(clips["path"], clips["fold"], strict=True), start=1):
        found.append(predictors[fold].ordinary(*audio.load(path)))
        progress(done, len(clips), "clips")
    labels = next(iter(predictors.values())).labels
    return Heard.of(
        clips.reset_index(drop=True),
        labels,
        [each.logits for each in found],
        [each.functionals for each in found],
        [each.voice_s for each in found],
    )


def measure(
    heard: Heard,
    how: str,
    otherwise: Mapping[str, Enrolled] | None = None,
    progress: Progress = lambda *_: None,
    tried: tuple[Sequence[StageSettings], Sequence[StageSettings]] = (KNOWN, ALONE),
) -> VoiceReading:
    """Both arms, and what other ways to enrol would change.

    Args:
        heard: with a column `tested`.
        how: speakers enrolled, in words.
        otherwise: the clips that speakers enrol with, recorded in other ways, by words.
        progress: told of folds done and all folds.
        tried: settings to choose among, with a voice and for the stage alone.
    """
    tested = heard.clips["tested"].to_numpy(bool)
    folds = sorted(set(heard.column("fold")))
    first = first_groups(heard)
    ways, otherwise = ways_to_enrol(heard), otherwise or {}
    rows: list[Rows] = []
    said: dict[str, list[Array]] = {arm: [] for arm in ("with", "alone", *ways, *otherwise)}
    settings = {}
    for done, fold in enumerate(folds, start=1):
        others = [each for each in folds if each != fold]
        known, alone = (choose(heard, others, tested, each) for each in tried)
        people = speakers(heard, set(others))
        stage = fit_stage(heard, people, known)
        own = np.flatnonzero((heard.column("fold") == fold) & tested)
        rows.append(own)
        settings[fold] = known
        said["with"].append(predict_enrolled(stage, heard, own, first))
        said["alone"].append(fit_stage(heard, people, alone).predict(heard, own, None))
        for name, way in ways.items():
            said[name].append(_enrolled_by(way, stage, heard, own))
        for words, enrolled in otherwise.items():
            said[words].append(_enrolled(enrolled, stage, heard, own))
        progress(done, len(folds), "folds")
    every = np.concatenate(rows)
    arms = {arm: np.concatenate(each) for arm, each in said.items()}
    table = heard.clips.iloc[every][["clip", "speaker", "emotion", "fold"]].reset_index(drop=True)
    table["without"] = _named(heard, _network(heard, every))
    for arm in ("with", "alone"):
        table[arm] = _named(heard, arms[arm])
    voice_s = float(np.median([heard.voice_s[group].sum() for group in first.values()]))
    variants = [_variant(heard, every, table, words, arms[words]) for words in (*ways, *otherwise)]
    return VoiceReading(heard.labels, how, table, arms["with"], settings, voice_s, variants)


def final_stage(heard: Heard, reading: VoiceReading) -> tuple[Stage, VoiceSpec]:
    """The stage of everybody, with what to know of it: calibrated on the reading's answers."""
    tested = heard.clips["tested"].to_numpy(bool)
    folds = sorted(set(heard.column("fold")))
    settings = choose(heard, folds, tested, KNOWN)
    stage = fit_stage(heard, speakers(heard, set(folds)), settings)
    table = reading.predictions
    truth = [heard.labels.index(each) for each in table["emotion"]]
    learned = calibrate(reading.probabilities, truth, table["speaker"].tolist())
    answers = pd.DataFrame(learned.probabilities, columns=list(heard.labels))
    answers = answers.assign(emotion=table["emotion"], predicted=table["with"])
    sure, not_sure = confidence_bounds(answers, list(heard.labels))
    return stage, VoiceSpec(
        labels=heard.labels,
        functionals=NAMES,
        half_answers_s=settings.half_answers_s,
        half_sound_s=settings.half_sound_s,
        temperature=learned.temperature,
        sure_above=sure,
        not_sure_below=not_sure,
    )


Way = Callable[[int], Rows]
"""From a tested clip to the clips that its speaker has enrolled with."""


def ways_to_enrol(heard: Heard) -> dict[str, Way]:
    """What people do otherwise, as far as the corpus can show it, by what it is in words."""
    clips, first = heard.clips, first_groups(heard)
    speaker = heard.column("speaker")
    found: dict[str, Way] = {"one clip": lambda row: first[speaker[row]][:1]}
    if "statement" in clips and all(
        clips["statement"].iloc[group].nunique() > 1 for group in first.values()
    ):
        statement = clips["statement"].to_numpy()

        def another(row: int) -> Rows:
            group = first[speaker[row]]
            return group[statement[group] != statement[row]]

        found["only sentences other than the one tested"] = another
    calm = {name: _calm(heard, group) for name, group in first.items()}
    if all(each.size for each in calm.values()):
        found["calm clips too"] = lambda row: np.union1d(first[speaker[row]], calm[speaker[row]])
    found["somebody else's voice"] = lambda row: first[_somebody_else(heard, int(row))]
    return found


def _calm(heard: Heard, group: Rows) -> Rows:
    """Calm clips that were spoken along with a group of ordinary ones, and are not tested."""
    clips = heard.clips
    own = clips["speaker"].eq(clips["speaker"].iloc[group[0]])
    return np.flatnonzero(own & clips["emotion"].eq(_CALM) & ~clips["tested"])


def _somebody_else(heard: Heard, row: int) -> str:
    """The next speaker of the same fold."""
    names = speakers(heard, {heard.column("fold")[row]})
    return names[(names.index(heard.column("speaker")[row]) + 1) % len(names)]


def _enrolled_by(way: Way, stage: Stage, heard: Heard, rows: Rows) -> Array:
    kept: dict[bytes, tuple[Array, float]] = {}
    found = []
    for row in rows:
        group = way(row)
        if (key := group.tobytes()) not in kept:
            kept[key] = heard.ordinary(group), float(heard.voice_s[group].sum())
        found.append(stage.predict(heard, np.array([row]), *kept[key])[0])
    return np.array(found)


def _enrolled(enrolled: Enrolled, stage: Stage, heard: Heard, rows: Rows) -> Array:
    names = heard.column("speaker")[rows]
    return np.concatenate(
        [
            stage.predict(heard, np.array([row]), *enrolled[name])
            for row, name in zip(rows, names, strict=True)
        ]
    )


def _variant(
    heard: Heard, rows: Rows, table: pd.DataFrame, words: str, probabilities: Array
) -> Variant:
    said = _named(heard, probabilities)
    columns = (table["emotion"].tolist(), said, table["with"].tolist(), table["speaker"].tolist())
    change = compare(*columns, heard.labels).uar.interval.as_dict()
    return Variant(words, score(heard, rows, probabilities), change)


def _network(heard: Heard, rows: Rows) -> Array:
    """Probabilities (len(rows), num_labels) of the networks alone."""
    size = len(heard.labels)
    said = softmax(heard.features[:, :size])
    return np.array([said[heard.owner == row].mean(axis=0) for row in rows])


def _named(heard: Heard, probabilities: Array) -> list[str]:
    return [heard.labels[each] for each in probabilities.argmax(axis=1)]
