"""Fits the stage that knows a voice; see `ser_core.inference.voice`, and `voice_file` beside this.

A multinomial logistic regression that starts from the network's own answer: what it adds to that is
penalised by its squared weights. It is fitted on what fold networks said of speakers whom they had
never heard.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.errors import CorpusError
from ser_core.inference.network import softmax
from ser_core.inference.voice import centred
from ser_core.inference.voice_functionals import NAMES

Array = NDArray[np.float64]
Rows = NDArray[np.intp]

_MOST_STEPS = 200
_FURTHEST = 2.0  # standard deviations of training speakers: what lies beyond is the recording


@dataclass(frozen=True)
class StageSettings:
    """What is chosen within the training speakers.

    Attributes:
        half_answers_s: seconds of ordinary speech by which half of what sets a speaker apart in
            the network's answers is taken away; infinite for nothing ever.
        half_sound_s: the same of the functionals.
        penalty: inverse strength of the penalty; small ones leave more to the network.
    """

    half_answers_s: float
    half_sound_s: float
    penalty: float

    def trust(self, voice_s: float, labels: int) -> Array:
        """How much of the distance to the corpus' ordinary speech is taken away, by feature."""
        answers, sound = (
            voice_s / (voice_s + half) for half in (self.half_answers_s, self.half_sound_s)
        )
        return np.repeat([answers, sound], [labels, len(NAMES)])


@dataclass(frozen=True)
class Heard:
    """What networks said of clips of speakers they had never heard, window by window.

    Attributes:
        clips: a row a clip: `speaker`, `emotion`, `fold` and `enrols`, the number of the group of
            ordinary clips of its speaker that it belongs to, from 1; 0 for none.
        labels: the emotions, in the order of the logits.
        features: (num_windows, num_labels + 80), centred logits and functionals.
        owner: (num_windows,), the row of each window's clip.
        voice_s: (num_clips,), how much speech a clip holds.
    """

    clips: pd.DataFrame
    labels: tuple[str, ...]
    features: Array
    owner: Rows
    voice_s: Array

    @classmethod
    def of(
        cls,
        clips: pd.DataFrame,
        labels: tuple[str, ...],
        logits: Sequence[Array],
        functionals: Sequence[Array],
        voice_s: Sequence[float],
    ) -> "Heard":
        """Of what was heard clip by clip, each (num_windows, …)."""
        features = [
            np.concatenate([centred(said), own], axis=1)
            for said, own in zip(logits, functionals, strict=True)
        ]
        owner = np.repeat(np.arange(len(clips)), [len(each) for each in features])
        return cls(clips, labels, np.concatenate(features), owner, np.array(voice_s, float))

    def windows(self, rows: Iterable[int]) -> Rows:
        """The windows of some clips."""
        return np.flatnonzero(np.isin(self.owner, np.array(list(rows), np.intp)))

    def ordinary(self, rows: Iterable[int]) -> Array:
        """The mean over the windows of clips, NaN where no window has a value."""
        return _mean(self.features[self.windows(rows)])

    @cached_property
    def targets(self) -> Rows:
        """(num_clips,), the number of each clip's label."""
        place = {label: number for number, label in enumerate(self.labels)}
        return np.array([place[each] for each in self.clips["emotion"]], np.intp)

    def column(self, name: str) -> NDArray[Any]:
        """(num_clips,), what the table says of each clip."""
        if name not in self._columns:
            self._columns[name] = self.clips[name].to_numpy(object)
        return self._columns[name]

    @cached_property
    def _columns(self) -> dict[str, NDArray[Any]]:
        return {}

    def spoken_by(self, speaker: str) -> Rows:
        """A speaker's clips."""
        return np.flatnonzero(self.column("speaker") == speaker)

    def groups(self, speaker: str) -> list[Rows]:
        """Groups of a speaker's ordinary clips, any of which may be what was enrolled."""
        own = self.spoken_by(speaker)
        number = self.column("enrols")[own].astype(int)
        return [own[number == each] for each in np.unique(number) if each]

    def other_words(self, rows: Rows, group: Rows) -> list[tuple[Rows, Rows]]:
        """Clips with those of a group whose sentence is another; all of it, where there is none."""
        said = self.column("statement")
        found = []
        for words in dict.fromkeys(said[rows]):
            others = group[said[group] != words]
            found.append((rows[said[rows] == words], others if others.size else group))
        return found


@dataclass(frozen=True)
class Stage:
    """A fitted stage.

    Attributes:
        corpus: (num_features,), the training speakers' ordinary speech.
        limit: (num_features,), further than this nobody is taken to be from it.
        mean, std: (num_features,), of what it learned from.
        weights: (num_features, num_labels).
        bias: (num_labels,).
    """

    settings: StageSettings
    corpus: Array
    limit: Array
    mean: Array
    std: Array
    weights: Array
    bias: Array

    def logits(self, features: Array, ordinary: Array | None, voice_s: float) -> Array:
        """Logits (num_windows, num_labels); just what the ONNX file computes.

        Args:
            features: (num_windows, num_features).
            ordinary: (num_features,), of the speaker; None where nothing is known.
            voice_s: how much speech that is.
        """
        moved = features
        if ordinary is not None:
            trust = self.settings.trust(voice_s, self.bias.size)
            moved = features - trust * _shift(ordinary, self.corpus, self.limit)
        return np.nan_to_num((moved - self.mean) / self.std) @ self.weights + self.bias

    def predict(
        self, heard: Heard, rows: Rows, ordinary: Array | None, voice_s: float = 0.0
    ) -> Array:
        """Probabilities (len(rows), num_labels): the mean over the windows of each clip."""
        found = []
        for row in rows:
            own = heard.features[heard.owner == row]
            found.append(softmax(self.logits(own, ordinary, voice_s)).mean(axis=0))
        return np.array(found)


def fit_stage(heard: Heard, speakers: Sequence[str], settings: StageSettings) -> Stage:
    """Fit a stage to some speakers.

    Each of them is enrolled with one group of ordinary clips after the other, and all of their
    other clips are learned from, so that nothing depends on which group it is. Where a group has
    several sentences, a clip is learned from with the others only: users enrol with words of their
    own.

    Raises:
        CorpusError: a speaker has no ordinary clip, or an emotion has no clip.
    """
    ordinary = {speaker: heard.groups(speaker) for speaker in speakers}
    for speaker, groups in ordinary.items():
        if not groups:
            raise CorpusError(f"speaker {speaker} has no ordinary (neutral) clip to be known by")
    means = [
        np.mean([heard.ordinary(group) for group in groups], axis=0) for groups in ordinary.values()
    ]
    corpus, limit = _mean(np.array(means)), _FURTHEST * np.nanstd(means, axis=0)
    parts, targets, shares = [], [], []
    for speaker, groups in ordinary.items():
        everything = heard.spoken_by(speaker)
        for group in groups:
            for rows, enrolled in heard.other_words(np.setdiff1d(everything, group), group):
                windows = heard.windows(rows)
                voice_s = float(heard.voice_s[enrolled].sum())
                trust = settings.trust(voice_s, len(heard.labels))
                shift = trust * _shift(heard.ordinary(enrolled), corpus, limit)
                owner = heard.owner[windows]
                parts.append(heard.features[windows] - shift)
                targets.append(heard.targets[owner])
                shares.append(1 / (len(groups) * np.bincount(heard.owner)[owner]))
    learned = np.concatenate(parts), np.concatenate(targets), np.concatenate(shares)
    return _fitted(*learned, corpus, limit, settings, len(heard.labels))


def _fitted(
    features: Array,
    targets: Rows,
    shares: Array,
    corpus: Array,
    limit: Array,
    settings: StageSettings,
    labels: int,
) -> Stage:
    if np.unique(targets).size < labels:
        raise CorpusError("an emotion of the model has no clip to fit the voice stage to")
    mean, std = np.nanmean(features, axis=0), np.nanstd(features, axis=0) + 1e-9
    standardised = np.nan_to_num((features - mean) / std)
    by_class = np.bincount(targets, shares, labels)
    shares = shares * (shares.sum() / (labels * by_class))[targets]  # each emotion counts alike
    said = features[:, :labels]
    scale, bias, weights = _regression(standardised, said, targets, shares, settings.penalty)
    weights[:labels] += np.diag(scale * std[:labels])
    return Stage(settings, corpus, limit, mean, std, weights, bias + scale * mean[:labels])


def _regression(
    features: Array, said: Array, targets: Rows, shares: Array, penalty: float
) -> tuple[float, Array, Array]:
    """Logits `scale * said + features @ weights + bias` under which the targets are likeliest.

    The weights alone are penalised: without need, the network's answer stays as it is.

    Args:
        features: (num_windows, num_features), standardised.
        said: (num_windows, num_labels), logits of the network.
        shares: (num_windows,), how much each counts.
        penalty: inverse strength.

    Returns:
        (scale, bias, weights).
    """
    from scipy import optimize
    from threadpoolctl import threadpool_limits

    size, labels = features.shape[1], said.shape[1]
    wanted = np.eye(labels)[targets]

    def parts(values: Array) -> tuple[float, Array, Array]:
        return values[0], values[1 : 1 + labels], values[1 + labels :].reshape(size, labels)

    def loss(values: Array) -> tuple[float, Array]:
        scale, bias, weights = parts(values)
        logits = scale * said + features @ weights + bias
        probabilities = softmax(logits)
        right = np.maximum((probabilities * wanted).sum(axis=1), np.finfo(float).tiny)
        wrong = (probabilities - wanted) * shares[:, None]
        slopes = features.T @ wrong + weights / penalty
        slope = np.concatenate([[(wrong * said).sum()], wrong.sum(axis=0), slopes.ravel()])
        return float(np.square(weights).sum() / (2 * penalty) - shares @ np.log(right)), slope

    start = np.zeros(1 + labels + size * labels)
    start[0] = 1
    with threadpool_limits(1):  # on so few numbers threads only wait for each other
        found = optimize.minimize(
            loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _MOST_STEPS}
        )
    scale, bias, weights = parts(found.x)
    return float(scale), bias.copy(), weights.copy()


def _shift(ordinary: Array, corpus: Array, limit: Array) -> Array:
    """By how much a speaker differs from everybody; 0 where that is not known."""
    return np.clip(np.nan_to_num(ordinary - corpus), -limit, limit)


def _mean(features: Array) -> Array:
    """Mean over windows, of what is known."""
    known = ~np.isnan(features)
    with np.errstate(invalid="ignore"):
        mean: Array = np.where(known, features, 0).sum(axis=0) / known.sum(axis=0)
    return mean
