"""What a model is given of a clip, and what augmenters of features and of batches do to it.

Features are taken as training takes them: of the clip trimmed, brought to one level and cut to the
length of the model's input. Nothing here draws on the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pages.components import augmentation_words as words
from pages.components.augmentation_draft import DraftStep
from pages.components.augmentation_work import StepProblem
from ser_core import audio, augment
from ser_core.audio import Preprocessing
from ser_core.augment import AUGMENTERS, BatchChain, DrawnStep, Step
from ser_core.emotions import EMOTIONS, order
from ser_core.errors import SerError
from ser_core.features import EXTRACTORS, LogMel
from ser_core.features.statistics import Statistics
from ser_core.figures.augmentation import Part

Array = NDArray[np.float32]
Box = tuple[int, int, int, int]  # first and one-past-last of the first axis, then of the second
Kind = Literal["log-mel", "grey", "colour"]
KINDS: tuple[Kind, ...] = ("log-mel", "grey", "colour")
TITLES: dict[str, str] = {
    "log-mel": "Standardised log-mel",
    "grey": "Grey picture",
    "colour": "Colour picture",
}


@dataclass(frozen=True)
class Picture:
    """Features of one clip as augmenters get them.

    Attributes:
        kind: which.
        values: (num_frames, n_mels) standardised, or (height, width, channels) in [0, 1].
        step_s: from frame to frame or column to column.
        bands_hz: centre of each band of a log-mel.
        statistics: what a log-mel was standardised by.
    """

    kind: Kind
    values: Array
    step_s: float
    bands_hz: NDArray[np.float64]
    statistics: Statistics | None = None

    @property
    def duration_s(self) -> float:
        """How much of the clip it shows."""
        return self.values.shape[0 if self.kind == "log-mel" else 1] * self.step_s

    def part(self, values: Array, title: str, box: Box | None = None) -> Part:
        """Values of this kind, as a panel; the box outlined, where there is one."""
        outline = None if box is None else self._outline(box)
        return replace(self._part(values, title), box=outline)

    def _outline(self, box: Box) -> Box:
        """Columns of the picture and rows from below."""
        first, last, left, right = box
        if self.kind == "log-mel":  # time comes first there
            return first, last, left, right
        return left, right, self.values.shape[0] - last, self.values.shape[0] - first

    def _part(self, values: Array, title: str) -> Part:
        if self.kind == "colour":
            return Part("colour", values, title, self.step_s)
        if self.kind == "grey":
            return Part("shades", values[::-1, :, 0].T, title, self.step_s)
        return Part("level", self._restored(values), title, self.step_s)

    def change(self, before: Array, after: Array) -> Part:
        """What lies between two of this kind, as a panel."""
        title = "Difference, after − before"
        if self.kind == "log-mel":
            change = self._restored(after) - self._restored(before)
            return Part("change", change, title, self.step_s)
        change = (after - before).mean(axis=-1)[::-1].T
        return Part("change", change, title, self.step_s, unit="")

    def _restored(self, values: Array) -> Array:
        return values if self.statistics is None else self.statistics.restore(values)


def fitting_kind(steps: Sequence[Step | DraftStep]) -> Kind:
    """The kind of picture that steps are made for: colours, shades, or the house's features."""
    names = {step.name for step in steps}
    inner = [Step.parse(dict(each)) for step in steps for each in _before(step.settings)]
    if inner and fitting_kind(inner) != "log-mel":
        return fitting_kind(inner)
    if "saturation" in names:
        return "colour"
    as_image = any(s.settings.get("layout") == "image" or s.settings.get("limit") for s in steps)
    return "grey" if as_image or "whole_image_mix" in names else "log-mel"


def _before(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [dict(step) for step in settings.get("before", ())]


@dataclass(frozen=True)
class ModelInput:
    """How a model's log-mel is made; by default the house's, standardised by the clip itself."""

    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    extractor: LogMel = field(default_factory=LogMel)
    statistics: Statistics | None = None


def picture(
    waveform: Array, sampling_rate: int, kind: Kind, made: ModelInput, prepared: bool = False
) -> Picture:
    """What a model is given of a clip's first window.

    Args:
        waveform: (num_samples,).
        sampling_rate: Hz.
        kind: of picture.
        made: how.
        prepared: whether the waveform was prepared so already, as before augmentation in training.

    Raises:
        AudioError: silent, too short, or not finite.
    """
    voice = waveform
    if prepared:
        audio.check(voice, sampling_rate)
    else:
        voice, _ = audio.prepare(waveform, sampling_rate, made.preprocessing)
    window, rate = audio.windows(voice, made.preprocessing)[0][0], made.preprocessing.sampling_rate
    if kind != "log-mel":
        colour = "rgb" if kind == "colour" else "grey"
        values = EXTRACTORS.create("spectrogram_image", colour=colour).extract(window, rate)
        step_s = made.preprocessing.window_s / values.shape[1]
        return Picture(kind, values, step_s, np.zeros(0))
    own_rate = made.extractor.sampling_rate or rate
    values = made.extractor.extract(audio.resample(window, rate, own_rate), own_rate)
    statistics = made.statistics
    if statistics is None or statistics.mean.size != values.shape[1]:
        statistics = Statistics.fit([values])
    step_s = made.extractor.hop_s or 1.0
    centres = made.extractor.band_centres_hz()
    return Picture(kind, statistics.standardise(values), step_s, centres, statistics)


# Steps that change one clip's features


_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Changed:
    """Features after the steps, and what each drew; None: it was not applied."""

    values: Array
    drawn: dict[int, DrawnStep | None]


def changed(
    shown: Picture,
    steps: Sequence[DraftStep],
    seed: int,
    emotion: str,
    locks: Mapping[int, DrawnStep | None],
) -> Changed:
    """A clip's features after those steps of a chain that mix nothing, in order.

    Args:
        shown: the features.
        steps: of features, those that are on.
        seed: of the draws.
        emotion: of the clip; "" where it is not known.
        locks: draws that stay.

    Raises:
        StepProblem: a step cannot act on such features.
    """
    labels = list(dict.fromkeys([*EMOTIONS, emotion or _UNKNOWN]))
    batch = shown.values[None]
    targets = np.eye(len(labels), dtype=np.float32)[[labels.index(emotion or _UNKNOWN)]]
    chains = [_alone(step, shown.kind, labels) for step in steps]
    whole = BatchChain([each for each, _ in chains], labels)
    fresh = {d.place: d for d in whole.draw(batch.shape, np.random.default_rng(seed))}
    found: dict[int, DrawnStep | None] = {}
    for place, (step, (_, chain)) in enumerate(zip(steps, chains, strict=True)):
        # The chain would leave a clip of another emotion as it is.
        own = fresh.get(place) if not step.classes or emotion in step.classes else None
        held = found[step.id] = locks.get(step.id, own)
        if held is not None:
            try:
                batch, targets = chain.apply(batch, targets, [replace(held, place=0)])
            except SerError as error:
                raise StepProblem(step.id, str(error)) from None
    return Changed(batch[0], found)


def _alone(step: DraftStep, kind: Kind, labels: Sequence[str]) -> tuple[Step, BatchChain]:
    """A step for a kind of picture, and a chain of it alone, so that what cannot act is known."""
    try:
        made = step.step().model_copy(update={"settings": fitted(step.name, step.settings, kind)})
        return made, BatchChain([made], labels)
    except SerError as error:
        raise StepProblem(step.id, str(error)) from None


def fitted(name: str, settings: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Settings of an augmenter for a kind of picture: which axis is time depends on it."""
    return augment.fitted(name, settings, "frames" if kind == "log-mel" else "image")


# Two clips mixed


@dataclass(frozen=True)
class Mixed:
    """Two clips in one.

    Attributes:
        values: the features of the mixture.
        label: share of each emotion.
        kept: share of the first clip.
        box: what was pasted, where a box was.
        before: what was done to the first and to the second picture before.
    """

    values: Array
    label: dict[str, float]
    kept: float
    box: Box | None = None
    before: tuple[Sequence[str], Sequence[str]] = ((), ())


def mixed(
    pictures: tuple[Picture, Picture],
    acted: tuple[str, str],
    name: str,
    settings: Mapping[str, Any],
    seed: int,
    kept: float | None = None,
) -> Mixed:
    """What an augmenter makes of two clips.

    Args:
        pictures: the features of both, of one shape.
        acted: the emotion of each, or another word where it is not known.
        name: of an augmenter that mixes.
        settings: of it.
        seed: of the draws.
        kept: share of the first clip; None: as drawn.

    Raises:
        SerError: the augmenter cannot mix such features.
    """
    labels = order(dict.fromkeys([*EMOTIONS, *acted]))
    wanted = fitted(name, settings, pictures[0].kind)
    if "labels" in AUGMENTERS.get(name).config_type.model_fields:
        wanted["labels"] = labels
    augmenter: Any = AUGMENTERS.create(name, **wanted)
    batch = np.stack([each.values for each in pictures])
    targets = np.eye(len(labels), dtype=np.float32)[[labels.index(word) for word in acted]]
    draw = augmenter.draw(batch.shape, np.random.default_rng(seed))
    draw["partner"] = np.array([1, 0])
    if kept is not None:
        draw |= _settled(draw, kept, batch.shape)
    values, label = augmenter.apply(batch, targets, draw)
    shares = {word: float(share) for word, share in zip(labels, label[0], strict=True) if share}
    steps = [Step.parse(dict(each)) for each in wanted.get("before", ())]
    first = _drawn_before(draw.get("before", ()), steps, acted[0], 0)
    second = _drawn_before(draw.get("before_box", ()), steps, acted[1], 1)
    return Mixed(values[0], shares, _kept(draw, batch.shape), _box(draw), (first, second))


def _box(draw: Mapping[str, Any]) -> Box | None:
    """The box that is pasted into the first picture; None where none is, or an empty one."""
    if "first_rows" not in draw:
        return None
    top, bottom, left, right = (
        int(draw[f"{end}_{axis}"][0]) for axis in _AXES for end in ("first", "last")
    )
    return (top, bottom, left, right) if top < bottom and left < right else None


def _drawn_before(
    drawn: Sequence[DrawnStep], steps: Sequence[Step], emotion: str, place: int
) -> list[str]:
    """What was drawn for one of the two pictures, in words; steps of other emotions left out."""
    said: list[str] = []
    for step in drawn:
        classes = steps[step.place].classes
        if classes and emotion not in classes:
            continue
        own = {name: [values[place]] for name, values in step.document()["draw"].items()}
        said += words.batch_words(step.name, own)
    return said


def _settled(draw: Mapping[str, Any], kept: float, shape: tuple[int, ...]) -> dict[str, Any]:
    """A draw with a share that was asked for; a box keeps its middle where it fits."""
    if "kept" in draw:
        return {"kept": np.full(shape[0], kept) if np.ndim(draw["kept"]) else kept}
    found: dict[str, Any] = {}
    for axis, length in (("rows", shape[1]), ("columns", shape[2])):
        extent = round(length * np.sqrt(1 - kept))
        middle = (draw[f"first_{axis}"] + draw[f"last_{axis}"]) / 2
        first = np.clip(np.round(middle - extent / 2).astype(np.int64), 0, length - extent)
        found |= {f"first_{axis}": first, f"last_{axis}": first + extent}
    return found


def _kept(draw: Mapping[str, Any], shape: tuple[int, ...]) -> float:
    """Which share of the first clip is left."""
    if "kept" in draw:
        return float(np.ravel(draw["kept"])[0])
    sides = [float((draw[f"last_{axis}"] - draw[f"first_{axis}"])[0]) for axis in _AXES]
    return 1 - sides[0] * sides[1] / (shape[1] * shape[2])


_AXES = ("rows", "columns")
