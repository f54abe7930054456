"""Augmentation: what does this do to a voice?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components import (
    augmentation_address,
    augmentation_chain,
    augmentation_clip,
    augmentation_draws,
    augmentation_features,
    augmentation_mix,
    augmentation_preservation,
    augmentation_presets,
    augmentation_result,
    augmentation_voice,
    clip_view,
    entry,
    layout,
    models,
    state,
)
from pages.components import augmentation_words as words
from pages.components.augmentation_chain import Edited
from pages.components.augmentation_result import Place, Result
from pages.components.augmentation_voice import Voice
from pages.components.live_input import Clip, plain
from ser_core import emotions
from ser_core.errors import SerError

if TYPE_CHECKING:
    from ser_core.inference import Predictor


def main() -> None:
    """State → guard → call → draw."""
    entry.through_app()
    augmentation_address.read()
    title = st.container()
    predictor = listener()
    clip, corpus, table = augmentation_clip.choose()
    with title:
        layout.title_line("Augmentation", facts(clip, corpus is not None and corpus.synthetic))
    for remark in augmentation_address.remarks():
        said = f"Left out of what the address asks for: {plain(remark)}."
        st.warning(said, icon=":material/link_off:")
    view, voice = bar(clip, predictor)
    results, editor = st.columns([9, 5], gap="medium")
    below = st.container()  # after the editor on a phone, so that a step can be turned by ear
    with editor:
        edited = augmentation_chain.edit(predictor.labels if predictor else list(emotions.EMOTIONS))
        with st.container(horizontal=True):
            export = st.container(width="content")
            augmentation_presets.train(edited.draft, corpus)
    where = Place(corpus, table, predictor)
    with results:
        if view == "label":
            label_check(edited, where)
        if voice is not None:
            show(view, voice, edited, where, Slots(below, export))
    augmentation_address.write(clip, corpus, edited, view)


def listener() -> "Predictor | None":
    """The model that says whether the label holds; None where there is none, or a damaged one."""
    try:
        return models.choose()
    except SerError:
        return None


def facts(clip: Clip | None, synthetic: bool) -> str:
    """The question, and what clip it is asked of, in one line of Markdown."""
    if clip is None:
        return "What does this do to a voice?"
    acted = f"acted {emotions.title(clip.acted).lower()}" if clip.acted else ""
    made = ":violet-badge[synthetic]" if synthetic or clip.source == "sample" else ""
    length = f"{clip.duration_s:.1f} s at {clip.sampling_rate / 1000:g} kHz"
    parts = [made, f"**{plain(clip.name)}**", plain(clip.corpus), acted, length]
    return " · ".join(part for part in parts if part)


def bar(clip: Clip | None, predictor: "Predictor | None") -> tuple[str, Voice | None]:
    """Roll, seed and the switch of views, in one line; the view, and what the chain is given."""
    steps = augmentation_chain.draft().steps
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Roll again", key="augment_roll", type="primary", icon=":material/casino:",
            on_click=augmentation_chain.roll, disabled=not steps,
            help="Other draws of the same chain; what is locked stays",
        )  # fmt: skip
        st.number_input(
            "Seed", 0, 2**31 - 1, key=state.AUGMENT_SEED, step=1, width=110,
            label_visibility="collapsed", icon=":material/tag:",
        )  # fmt: skip
        view = choose_view()
        return view, voice_of(clip, predictor, view)


@dataclass(frozen=True)
class Slots:
    """Places that are drawn into later: below both columns, and for the menu of exports."""

    below: DeltaGenerator
    export: DeltaGenerator


def show(view: str, voice: Voice, edited: Edited, where: Place, slots: Slots) -> None:
    """What came of the chain, in the view chosen."""
    augmentation_voice.say_what_differs(voice, where.predictor)
    result = augmentation_result.of(edited, voice)
    if result is None:
        return
    features = augmentation_features.of(edited, result, where.predictor)
    write_draws(result, features, edited)
    with slots.export:
        augmentation_result.command_menu(result, where)
    match view:
        case "draws":
            augmentation_draws.show(result, where)
        case "mix":
            augmentation_mix.show(result, where)
        case "hear":
            hear_and_see(result, features, edited, where, slots.below)


def write_draws(
    result: Result, features: augmentation_features.Shown | str | None, edited: Edited
) -> None:
    """What each step drew, beside it; or that the result is an earlier one."""
    if result.stale:
        st.warning("The chain cannot act as it is: this is the last result that worked.")
        return
    drawn = dict(result.drawn)
    if isinstance(features, augmentation_features.Shown):
        drawn |= features.after.drawn
    augmentation_chain.remember(drawn)
    augmentation_chain.write_draws(edited, drawn, result.clip.acted)


def voice_of(clip: Clip | None, predictor: "Predictor | None", view: str) -> Voice | None:
    """What the chain is given of the clip, having drawn the switch that says so.

    The label check has no such switch: it looks at what training does.
    """
    if clip is None:
        return None
    as_recorded = view != "label" and augmentation_voice.choose(clip, predictor)
    try:
        return augmentation_voice.of(clip, predictor, as_recorded)
    except SerError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def hear_and_see(
    result: Result,
    features: augmentation_features.Shown | str | None,
    edited: Edited,
    where: Place,
    below: DeltaGenerator,
) -> None:
    """The sound, pictures of it below, and what the model is given; what changes comes first."""
    of_features = edited.draft.acting(of_sounds=False)
    if of_features and not edited.draft.acting():
        silent(any(words.mixes(step.name) for step in of_features), result)
        augmentation_features.show(features, edited, where.predictor)
        return
    augmentation_result.hear(result, where)
    with below:
        augmentation_result.see(result)
        augmentation_features.show(features, edited, where.predictor)


def silent(mixes: bool, result: Result) -> None:
    """That no step changes the sound; where to look where steps mix clips."""
    if mixes:
        st.info(
            "This chain acts on pictures of several clips at once: there is no changed sound to "
            "hear. See it on two clips.",
            icon=":material/join:",
        )
        st.button(
            "Mix two", key="augment_to_mix", type="primary", icon=":material/join:",
            on_click=turn_to, args=("mix",),
        )  # fmt: skip
    else:
        st.caption("No step of this chain changes the sound.")
    clip = result.clip
    clip_view.play(clip.waveform, clip.sampling_rate, "augment", clip.name)


def turn_to(view: str) -> None:
    """Callback: another view."""
    st.session_state[state.AUGMENT_VIEW] = view


def label_check(edited: Edited, where: Place) -> None:
    """How often the chain's steps, at each strength, make the model change its mind."""
    if where.predictor is None:
        models.no_model("There is no model whose decisions could be counted.")
    elif where.entry is None or where.table is None:
        st.info("This looks at many clips: take a corpus above.", icon=":material/library_music:")
    else:
        augmentation_preservation.preservation_view(
            where.entry, where.table, edited.draft.config(), where.predictor.name
        )


def choose_view() -> str:
    """The switch between the views."""
    views = augmentation_address.VIEWS
    if state.keep(state.AUGMENT_VIEW, "hear") not in views:
        st.session_state[state.AUGMENT_VIEW] = "hear"
    chosen = st.segmented_control(
        "View", list(views), key=state.AUGMENT_VIEW, format_func=views.__getitem__, required=True,
        label_visibility="collapsed", wrap=True,
    )  # fmt: skip
    return chosen or "hear"


main()
