"""Two clips mixed by Mixup, CutMix or whole pictures: the picture, and the label it is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages.components import (
    augmentation_clip,
    augmentation_features,
    augmentation_voice,
    augmentation_work,
    config_form,
    dataset_facts,
    live_input,
    state,
    theme,
)
from pages.components import augmentation_heard as heard
from pages.components import augmentation_kept as kept
from pages.components import augmentation_pictures as pictures
from pages.components import augmentation_words as words
from pages.components.augmentation_draft import DraftStep
from pages.components.augmentation_pictures import Kind, Mixed, Picture
from pages.components.augmentation_result import Place, Result, said
from pages.components.augmentation_voice import Voice
from pages.components.augmentation_work import Roll
from pages.components.emotion import chip
from pages.components.live_input import Clip, plain
from ser_core import emotions
from ser_core.augment import AUGMENTERS, generator
from ser_core.errors import SerError

_HOW, _EMOTION, _TURN = "augment_mix_how", "augment_mix_emotion", "augment_mix_turn"
_SET, _KEPT, _KIND = "augment_mix_set", "augment_mix_kept", "augment_mix_kind"
_MIXES = {
    "mixup": "Features of both are blended, cell by cell",
    "cutmix": "A box of the second picture is pasted into the first",
    "whole_image_mix": "Whole pictures are blended, as recipe a's code does",
}
_DIFFERENT = ""


def show(result: Result, where: Place) -> None:
    """Choose a second clip and how to mix; the mixture and its label."""
    other = _second(result.clip, where)
    if other is None:
        return
    name = _how(result)
    step = _chain_step(result, name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = _kind(name, step, result.edited.draft.base)
        with st.popover("Settings", icon=":material/tune:"):
            settings = _settings(name, step)
    share = _share(name)
    try:
        partner = changed(result, other, where)
        first, second = _pictures(result, partner, kind, where)
        acted = _labels(result.clip, other)
        found = pictures.mixed((first, second), acted, name, settings, result.edited.seed, share)
    except SerError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    _draw(found, (first, second), acted, name)
    if result.edited.draft.acting():
        st.caption(
            "Both went through the steps of sounds first, each with draws of its own, as in "
            f"training. The second: {plain(partner.said)}."
        )


# The second clip


def _second(clip: Clip, where: Place) -> Clip | None:
    """Another clip of the corpus, or what the synthetic voice says."""
    turn = int(st.session_state.get(_TURN, 1))
    if where.entry is None or where.table is None:
        other = live_input.spoken(turn + 100)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html("<b>With</b> the synthetic voice")
            _another_button()
        return other if isinstance(other, Clip) else None
    table = where.table[(where.table["problems"] == "") & (where.table["clip"] != clip.name)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = _row(table, clip.acted, turn)
        _another_button()
    if row is None:
        st.info("There is no second clip in this corpus.", icon=":material/library_music:")
        return None
    try:
        other = augmentation_clip.open_clip(where.entry, row)
    except (SerError, OSError) as error:
        st.warning(plain(str(error)), icon=":material/hearing_disabled:")
        return None
    voice = f"speaker {row['speaker']}" if row["speaker"] else ""
    st.html(
        " · ".join(
            part
            for part in (f"<b>With</b> {chip(other.acted)}", escape(voice), escape(other.name))
            if part
        )
    )
    return other


def _another_button() -> None:
    st.button("Another one", key="augment_mix_another", icon=":material/shuffle:", on_click=_turn)


def _turn() -> None:
    st.session_state[_TURN] = int(st.session_state.get(_TURN, 1)) + 1


def _row(table: pd.DataFrame, acted: str, turn: int) -> pd.Series | None:
    known = dataset_facts.choices(table, "emotion")
    options = [_DIFFERENT, *known]
    if state.keep(_EMOTION, _DIFFERENT) not in options:
        st.session_state[_EMOTION] = _DIFFERENT
    wanted = st.selectbox(
        "Second clip", options, key=_EMOTION, width=220,
        format_func=_wanted,
    )  # fmt: skip
    chosen = table[table["emotion"] == wanted] if wanted else table[table["emotion"] != acted]
    if chosen.empty:
        return None
    return chosen.iloc[int(np.random.default_rng(turn).integers(len(chosen)))]


def _wanted(emotion: str) -> str:
    return "any other emotion" if emotion == _DIFFERENT else emotions.title(emotion)


# How


def _how(result: Result) -> str:
    """The augmenter that mixes: that of the chain to begin with."""
    known = [name for name in AUGMENTERS.names() if words.mixes(name)]
    known.sort(key=lambda name: list(_MIXES).index(name) if name in _MIXES else len(_MIXES))
    ours = [step.name for step in result.edited.draft.acting(of_sounds=False)]
    usual = next((name for name in ours if name in known), known[0])
    if _follow(_HOW, usual, result.edited.draft.base) not in known:
        st.session_state[_HOW] = usual
    chosen: str = st.segmented_control(
        "How", known, key=_HOW, required=True, format_func=words.title,
        label_visibility="collapsed",
    ) or usual  # fmt: skip
    in_chain = " As in the chain." if chosen in ours else " Not part of the chain."
    st.caption(f"{_MIXES.get(chosen, plain(words.about(chosen)))}.{in_chain}")
    return chosen


def _follow(key: str, usual: str, of: str) -> str:
    """The value of a choice: what fits the chain, again whenever that or the chain is another."""
    mark = f"{key}:fits"
    if st.session_state.get(mark, (usual, of)) != (usual, of):
        st.session_state[key] = usual
    st.session_state[mark] = (usual, of)
    return state.keep(key, usual)


def _chain_step(result: Result, name: str) -> DraftStep | None:
    steps = result.edited.draft.acting(of_sounds=False)
    return next((step for step in steps if step.name == name), None)


def _kind(name: str, step: DraftStep | None, chain: str) -> Kind:
    own = pictures.fitting_kind([step] if step else [DraftStep(0, name, {}, {})])
    options = list(pictures.KINDS)
    if _follow(_KIND, own, f"{chain} {name}") not in options:
        st.session_state[_KIND] = own
    chosen: Kind = st.selectbox(
        "Features", options, key=_KIND, format_func=pictures.TITLES.__getitem__, width=220
    )
    return chosen


def _settings(name: str, step: DraftStep | None) -> Mapping[str, Any]:
    """Of the mixing: the chain's, or its own form."""
    if step is not None:
        st.caption("The settings of the chain's step are taken: change them there.")
        return step.settings
    form = config_form.config_form(
        AUGMENTERS.get(name).config_type, f"augment_mix:{name}", hidden=("labels", "before")
    )
    good = f"augment_mix_good:{name}"
    if form.config is not None:
        st.session_state[good] = form.config.model_dump(mode="json", exclude_defaults=True)
    found: Mapping[str, Any] = st.session_state.get(good, {})
    return found


def _share(name: str) -> float | None:
    """The share that is kept of the first clip: drawn, or set."""
    with st.container(horizontal=True, vertical_alignment="center"):
        state.keep(_SET, default=False)
        if not st.toggle("Set the share λ kept of the first clip", key=_SET):
            return None
        least = 0.5 if name == "mixup" else 0.0
        st.session_state[_KEPT] = max(least, float(state.keep(_KEPT, 0.7)))
        return float(st.slider("λ", least, 1.0, step=0.01, key=_KEPT, label_visibility="collapsed"))


# What came of it


@dataclass(frozen=True)
class Second:
    """The second clip after the chain's steps of sounds.

    Attributes:
        after: (num_samples,) what came out.
        voice: what came in.
        said: what each step drew, in words.
        mark: tells the sound from others.
    """

    after: NDArray[np.float32]
    voice: Voice
    said: str
    mark: object


def changed(result: Result, other: Clip, where: Place) -> Second:
    """The second clip after the chain, as in training: with draws of its own, none of them held.

    Raises:
        SerError: a step cannot act.
    """
    edited = result.edited
    voice = augmentation_voice.of(other, where.predictor, not result.clip.prepared)
    seed = int(generator(edited.seed, "second clip").integers(2**31))
    steps = augmentation_work.drawn(edited.draft, Roll(seed, edited.copy, other.acted))
    mark = (voice.mark, repr(augmentation_work.document(steps)))

    def make() -> NDArray[np.float32]:
        return augmentation_work.applied(voice.waveform, voice.sampling_rate, steps)

    return Second(kept.once(("second", mark), make), voice, said(steps), mark)


def _pictures(result: Result, second: Second, kind: Kind, where: Place) -> tuple[Picture, Picture]:
    """Features of both clips after the chain's steps of sounds."""
    made, predictor = augmentation_features.picture, where.predictor
    return (
        made(result.after, result.clip, kind, predictor, result.mark),
        made(second.after, second.voice, kind, predictor, second.mark),
    )


def _labels(clip: Clip, other: Clip) -> tuple[str, str]:
    return clip.acted or "first clip", other.acted or "second clip"


def _draw(found: Mixed, both: tuple[Picture, Picture], acted: tuple[str, str], name: str) -> None:
    from ser_core.figures.augmentation import panels_figure

    first, second = both
    st.markdown(
        f"λ = **{found.kept:.2f}** of the first clip, {1 - found.kept:.2f} of the second. "
        "The label training is given:"
    )
    st.html(heard.shares_bar(found.label, "Shares of the emotions in the mixed label"))
    titles = [emotions.title(word) for word in acted]
    parts = [
        first.part(first.values, f"First: {titles[0]}"),
        second.part(second.values, f"Second: {titles[1]}"),
        first.part(found.values, "Mixed", found.box),
    ]
    theme.plot(
        panels_figure(parts, first.duration_s, first.bands_hz),
        key="augment:mixed",
        alt=f"Features of two clips, and of both mixed by {words.title(name)}",
    )
    for which, done in zip(("First", "Second"), found.before, strict=True):
        if done:
            st.caption(f":material/casino: {which}, before the cut: {plain(', '.join(done))}.")
    st.caption(
        f"{words.title(name)} mixes features, not sounds: this cannot be heard. Two voices at once "
        "would be something else."
    )
