"""Steps that change features: what a model is given, before, after and the difference."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components import augmentation_chain, state, theme
from pages.components import augmentation_kept as kept
from pages.components import augmentation_pictures as pictures
from pages.components import augmentation_words as words
from pages.components.augmentation_chain import Edited
from pages.components.augmentation_draft import DraftStep
from pages.components.augmentation_pictures import Changed, Kind, ModelInput, Picture
from pages.components.augmentation_result import Result
from pages.components.augmentation_voice import Voice
from pages.components.augmentation_work import StepProblem
from pages.components.live_input import plain
from ser_core import emotions
from ser_core.errors import SerError
from ser_core.features import LogMel
from ser_core.features.statistics import Statistics

if TYPE_CHECKING:
    from ser_core.inference import Predictor

KIND = "augment_picture_kind"
_AUTO = "auto"


@dataclass(frozen=True)
class Shown:
    """Features of a clip after the steps of sounds, and after those of features."""

    before: Picture
    after: Changed


def of(edited: Edited, result: Result, predictor: "Predictor | None") -> Shown | str | None:
    """The features of a changed clip after the chain's steps of features that mix nothing.

    Args:
        edited: the chain.
        result: the clip after its steps of sounds.
        predictor: whose features are meant.

    Returns:
        None without such steps; words where there are no features, or where a step cannot act,
        which is written beside it.
    """
    features = edited.draft.acting(of_sounds=False)
    steps = [step for step in features if not words.mixes(step.name)]
    if not steps:
        return None
    try:
        voice = result.clip
        shown = picture(result.after, voice, kind(features), predictor, result.mark)
        drawn = pictures.changed(shown, steps, edited.seed, voice.acted, edited.locks)
        return Shown(shown, drawn)
    except StepProblem as problem:
        augmentation_chain.write_problem(edited, problem.step_id, str(problem))
        return "A step of features cannot act on these: see beside it."
    except SerError as error:
        return str(error)


def show(found: Shown | str | None, edited: Edited, predictor: "Predictor | None") -> None:
    """Draw features before and after, and the difference; nothing without such steps."""
    if found is None:
        return
    from ser_core.figures.augmentation import panels_figure

    st.markdown(
        "**What the model is given**",
        help="The first window of the clip, trimmed and at one level, as training takes it",
    )
    choose_kind(edited.draft.acting(of_sounds=False))
    if isinstance(found, str):
        st.warning(plain(found), icon=":material/warning:")
        return
    before, after = found.before, found.after.values
    parts = [
        before.part(before.values, "Before the steps of features"),
        before.part(after, "After"),
        before.change(before.values, after),
    ]
    if predictor is not None and before.kind == "log-mel" and hears_log_mel(predictor):
        st.markdown(verdict(predictor, found))
    theme.plot(
        panels_figure(parts, before.duration_s, before.bands_hz),
        key="augment:features",
        alt="What the model is given of the clip before and after, and the difference",
    )
    st.caption("These steps change what the model sees, not the sound: they cannot be heard.")


def verdict(predictor: "Predictor", found: Shown) -> str:
    """What the model hears in these features, before the steps of features and after."""
    statistics = found.before.statistics
    if statistics is None:
        return ""
    pair = np.stack([found.before.values, found.after.values])
    before, after = predictor.hear(statistics.restore(pair))
    one, other = (predictor.labels[int(row.argmax())] for row in (before, after))
    place = predictor.labels.index(one)
    course = f"{before[place]:.2f} → {after[place]:.2f}"
    if one == other:
        return f"Given these features, the model still hears **{_word(one)}**, {course}."
    return (
        f"Given these features, the model hears **{_word(one)}** before and **{_word(other)}** "
        f"after; {_word(one)} {course}."
    )


def _word(name: str) -> str:
    return emotions.title(name).lower()


def kind(steps: list[DraftStep]) -> Kind:
    """What a model is given: what steps are made for, or another choice."""
    chosen = st.session_state.get(KIND, st.session_state.get(f"kept:{KIND}", _AUTO))
    return chosen if chosen in pictures.KINDS else pictures.fitting_kind(steps)


def choose_kind(steps: list[DraftStep]) -> None:
    """The choice between what the steps are made for and other features."""
    own = pictures.TITLES[pictures.fitting_kind(steps)].lower()
    titles = {_AUTO: f"What the chain is for: {own}", **pictures.TITLES}
    if state.keep(KIND, _AUTO) not in titles:
        st.session_state[KIND] = _AUTO
    st.selectbox("Features", list(titles), key=KIND, format_func=titles.__getitem__, width=360)


def picture(
    waveform: NDArray[np.float32],
    voice: Voice,
    wanted: Kind,
    predictor: "Predictor | None",
    mark: object,
) -> Picture:
    """What a model is given of a sound that was made of a voice, once for each `mark`.

    Raises:
        AudioError: silent, too short, or not finite.
    """

    def make() -> Picture:
        made = model_input(predictor)
        return pictures.picture(waveform, voice.sampling_rate, wanted, made, voice.prepared)

    return kept.once(("features", wanted, id(predictor), repr(mark)), make)


def model_input(predictor: "Predictor | None") -> ModelInput:
    """How the model's own log-mel is made; the usual one where it hears something else."""
    if predictor is None:
        return ModelInput()
    if not hears_log_mel(predictor):
        return ModelInput(predictor.preprocessing)
    [(name, extractor)] = predictor.extractors.items()
    assert isinstance(extractor, LogMel)
    mean, std = (
        each.get(name) for each in (predictor.spec.feature_mean, predictor.spec.feature_std)
    )
    statistics = None  # most networks standardise for themselves
    if mean is not None and std is not None:
        statistics = Statistics(np.array(mean, np.float32), np.array(std, np.float32))
    return ModelInput(predictor.preprocessing, extractor, statistics)


def hears_log_mel(predictor: "Predictor") -> bool:
    """Whether a log-mel spectrogram is all that a model is given."""
    return [type(each) for each in predictor.extractors.values()] == [LogMel]
