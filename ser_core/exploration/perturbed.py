"""Clips changed by steps of augmentation, weaker and stronger, and what a model hears in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core import audio
from ser_core.augment import (
    AUGMENTERS,
    Augmenter,
    BatchAugmenter,
    BatchChain,
    Chain,
    ChainConfig,
    DrawnStep,
    Step,
    WaveformAugmenter,
    fitted,
    generator,
    replay,
)
from ser_core.augment.strength import words
from ser_core.errors import AudioError, ParameterError
from ser_core.features.base import Kind
from ser_core.features.statistics import Statistics
from ser_core.inference import Predictor
from ser_core.store import Clip

Array = NDArray[np.float32]

STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
CHAIN = "chain"
NOT_HEARD = -1


@dataclass(frozen=True)
class Wanted:
    """What is to be looked at.

    Attributes:
        steps: each alone, always applied and to every emotion, at every strength.
        chain: as a whole at its own settings, or None.
        strengths: from 0, no effect, to 1; see `ser_core.augment.strength`.
        seed: of all draws.
    """

    steps: tuple[Step, ...] = ()
    chain: ChainConfig | None = None
    strengths: tuple[float, ...] = STRENGTHS
    seed: int = 0


def mixes(step: Step) -> bool:
    """Whether a step mixes examples: what is right then changes with the sound, so no decision
    about one clip can be kept.
    """
    kind = AUGMENTERS.get(step.name)
    return issubclass(kind, BatchAugmenter) and kind.mixes


@dataclass(frozen=True)
class Voice:
    """A clip as steps are given it.

    Attributes:
        clip: the file, and the digest that draws are seeded by.
        number: place among the clips looked at, from 0.
        emotion: its label.
        speaker: who speaks.
        waveform: (num_samples,) at the model's rate, trimmed and levelled as in training.
    """

    clip: Clip
    number: int
    emotion: str
    speaker: str
    waveform: Array


def prepared(path: Path, predictor: Predictor) -> Array:
    """A clip as steps are given it in training: at the model's rate, trimmed, level set.

    Raises:
        AudioError: it cannot be read.
    """
    return audio.prepare(*audio.load(path), predictor.preprocessing)[0]


class Alone:
    """One step at every strength, whatever its range, its chance and its emotions.

    Attributes:
        title: for people.
        name: in tables.
        sounds: whether it changes a sound.
        features: whether it changes features.
        strengths: looked at; NaN where there is one, the own.
    """

    def __init__(self, step: Step, strengths: tuple[float, ...], seed: int, kind: Kind) -> None:
        settings = fitted(step.name, step.settings, kind)
        self.step = step.model_copy(update={"settings": settings})
        self.strengths, self._seed = strengths, seed
        self.augmenter: Augmenter = self.step.augmenter()
        self.title, self.name = self.augmenter.title, step.name
        self.sounds = isinstance(self.augmenter, WaveformAugmenter)
        self.features = not self.sounds
        if mixes(step):
            raise ParameterError(
                f"{step.name}: it mixes examples and their labels, so there is no label to keep"
            )

    def document(self) -> Any:
        """All that what comes out depends on, but for clips and model."""
        settings = self.step.settings
        return [self._seed, self.step.name, settings, self.strengths, _files(settings)]

    def setting(self, strength: float) -> str:
        """The strength in words."""
        return words(self.augmenter.strength, strength)

    def sound(self, voice: Voice, sampling_rate: int, strength: float) -> Array:
        """The voice, changed."""
        assert isinstance(self.augmenter, WaveformAugmenter)
        draw = self.augmenter.draw_at(strength, self._rng(voice))
        return self.augmenter.apply(voice.waveform, sampling_rate, draw)

    def drawn(self, voice: Voice, strength: float) -> str:
        """What was drawn for a voice in words, such as "Shift -2 semitones"; "" of features."""
        if not isinstance(self.augmenter, WaveformAugmenter):
            return ""
        draw = self.augmenter.draw_at(strength, self._rng(voice))
        leading = self.augmenter.strength
        parts = (f"{lead.title} {draw[lead.name]:,.3g} {lead.unit}".strip() for lead in leading)
        return ", ".join(parts)

    def shade(self, batch: Array, voice: Voice, strength: float, targets: Array) -> Array:
        """Features (num_windows, …) of the voice, changed; targets are one-hot."""
        assert isinstance(self.augmenter, BatchAugmenter)
        draw = self.augmenter.draw_at(strength, batch.shape, self._rng(voice))
        return self.augmenter.apply(batch, targets, draw)[0]

    def _rng(self, voice: Voice) -> np.random.Generator:
        return generator(self._seed, self.step.name, voice.clip.key)


class Whole:
    """A chain at its own settings, one draw for each clip; see `Alone`."""

    strengths: tuple[float, ...] = (np.nan,)
    title, name = "Whole chain", CHAIN

    def __init__(self, config: ChainConfig, labels: Sequence[str], seed: int, kind: Kind) -> None:
        self._config, self._seed = config, seed
        self._chain, self._batch = Chain(config), BatchChain(config.batch, labels, kind)
        self.sounds, self.features = bool(config.waveform), bool(config.batch)

    def document(self) -> Any:
        """All that what comes out depends on, but for clips and model."""
        steps = (*self._config.waveform, *self._config.batch)
        files = [_files(step.settings) for step in steps]
        config = self._config.model_dump(mode="json", exclude={"title", "description"})
        return [self._seed, config, files]

    def setting(self, _: float) -> str:
        """There is no strength."""
        return "own settings"

    def sound(self, voice: Voice, sampling_rate: int, _: float) -> Array:
        """The voice, changed."""
        return replay(voice.waveform, sampling_rate, self._steps(voice))

    def drawn(self, voice: Voice, _: float) -> str:
        """Which steps acted on a voice, in words."""
        titles = [AUGMENTERS.get(step.name).title for step in self._steps(voice)]
        return ", ".join(titles) or "no step was drawn"

    def _steps(self, voice: Voice) -> list[DrawnStep]:
        return self._chain.draw(self._rng(voice, "sound"), voice.emotion, voice.number)

    def shade(self, batch: Array, voice: Voice, _: float, targets: Array) -> Array:
        """Features (num_windows, …) of the voice, changed; targets are one-hot."""
        drawn = self._batch.draw(batch.shape, self._rng(voice, "features"))
        return self._batch.apply(batch, targets, drawn)[0]

    def _rng(self, voice: Voice, what: str) -> np.random.Generator:
        return generator(self._seed, CHAIN, what, voice.clip.key)


Part = Alone | Whole


def parts_of(wanted: Wanted, predictor: Predictor) -> list[Part]:
    """All that is looked at, in order.

    Raises:
        ParameterError: nothing is, or a step cannot be.
    """
    kind = predictor.extractor.kind
    parts: list[Part] = [Alone(step, wanted.strengths, wanted.seed, kind) for step in wanted.steps]
    if wanted.chain is not None:
        parts.append(Whole(wanted.chain, predictor.labels, wanted.seed, kind))
    if not parts:
        raise ParameterError("steps: at least one to look at is needed, got none")
    for part in parts:
        if part.features and predictor.extractor.kind == "vector":
            raise ParameterError(
                f"{part.name}: it changes spectrograms, and {predictor.name} hears by one vector "
                f"for each clip ({predictor.extractor.name})"
            )
    return parts


class Listener:
    """A model that hears voices, as they are and changed.

    Args:
        voices: all of them, in order of their numbers. Together they say how features usually are
            and, for a model that wants to know, how each speaker usually sounds.
        predictor: the model.
    """

    def __init__(self, voices: Sequence[Voice], predictor: Predictor) -> None:
        self._voices, self._predictor = voices, predictor
        self._rate = predictor.preprocessing.sampling_rate
        self._speakers: dict[str, Statistics] = {}
        self._everybody: Statistics | None = None

    def hear(self, part: Part | None, told: Callable[[int], None]) -> dict[str, NDArray[Any]]:
        """What is heard in every voice.

        Args:
            part: what changes them; None: nothing does.
            told: called with the number of voices heard; it may raise to stop the work.

        Returns:
            "label", the index of the one heard, `NOT_HEARD` where nothing is left to hear, and
            "probability" of the voice's own emotion, both (num_strengths, num_voices).
        """
        heard = [self._heard(part, voice, told) for voice in self._voices]
        told(len(self._voices))
        labels, probabilities = zip(*heard, strict=True)
        return {
            "label": np.stack(labels, axis=1).astype(np.int16),
            "probability": np.stack(probabilities, axis=1).astype(np.float32),
        }

    def _heard(
        self, part: Part | None, voice: Voice, told: Callable[[int], None]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """For each strength the label heard and the probability of the clip's own."""
        told(voice.number)
        inputs = self._inputs(part, voice)
        there = [each for each in inputs if each is not None]
        labels = np.full(len(inputs), NOT_HEARD)
        own = np.full(len(inputs), np.nan)
        if there:
            rows = self._predictor.hear(np.concatenate(there), self._speaker(voice))
            ends = np.cumsum([len(each) for each in there])[:-1]
            means = np.stack([self._predictor.pool(each) for each in np.split(rows, ends)])
            places = [place for place, each in enumerate(inputs) if each is not None]
            labels[places] = means.argmax(axis=1)
            own[places] = means[:, self._predictor.labels.index(voice.emotion)]
        return labels, own

    def _inputs(self, part: Part | None, voice: Voice) -> list[Array | None]:
        """What the network is given of a voice at each strength; None where nothing is left."""
        if part is None:
            return [self._features(voice.waveform)]
        inputs: list[Array | None] = []
        plain = None if part.sounds else self._features(voice.waveform)
        for strength in part.strengths:
            given = plain
            if part.sounds:
                given = self._features(part.sound(voice, self._rate, strength))
            if given is not None and part.features:
                given = self._shaded(part, given, voice, strength)
            inputs.append(given)
        return inputs

    def _features(self, waveform: Array) -> Array | None:
        try:
            return self._predictor.features_of_voice(waveform)
        except AudioError:  # filtered to silence, or too short once it is faster
            return None

    def _shaded(self, part: Part, given: Array, voice: Voice, strength: float) -> Array:
        labels = self._predictor.labels
        targets = np.zeros((len(given), len(labels)), np.float32)
        targets[:, labels.index(voice.emotion)] = 1
        if self._predictor.extractor.kind == "image":  # changed as they are, as in training
            return part.shade(given, voice, strength, targets).astype(np.float32)
        usual = self._usual()
        shaded = part.shade(usual.standardise(given), voice, strength, targets)
        return usual.restore(shaded).astype(np.float32)

    def _usual(self) -> Statistics:
        """What batches are standardised by in training; here by the statistics of these clips."""
        if self._everybody is None:
            self._everybody = self._statistics(self._voices)
        return self._everybody

    def _speaker(self, voice: Voice) -> Statistics | None:
        """How the speaker usually sounds, for a model that asks for it."""
        if not self._predictor.wants_speaker or not voice.speaker:
            return None
        if voice.speaker not in self._speakers:
            own = [each for each in self._voices if each.speaker == voice.speaker]
            self._speakers[voice.speaker] = self._statistics(own)
        return self._speakers[voice.speaker]

    def _statistics(self, voices: Sequence[Voice]) -> Statistics:
        every = (self._features(voice.waveform) for voice in voices)
        return Statistics.fit(each for each in every if each is not None)


def _files(settings: Mapping[str, Any]) -> list[Any]:
    """Names, sizes and dates of what lies in folders that settings name."""
    texts = [value for value in settings.values() if isinstance(value, str) and value.strip()]
    folders = [Path(text).expanduser() for text in texts]
    return [list(_listing(folder)) for folder in folders if folder.is_dir()]


def _listing(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in sorted(folder.rglob("*")):
        stat = path.stat()
        yield path.as_posix(), stat.st_size, stat.st_mtime_ns
