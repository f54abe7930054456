"""Augmentation: what does this do to a voice?"""

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
    entry,
    layout,
    models,
    state,
)
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
        words = f"Left out of what the address asks for: {plain(remark)}."
        st.warning(words, icon=":material/link_off:")
    results, editor = st.columns([9, 5], gap="medium")
    with editor:
        edited = augmentation_chain.edit(predictor.labels if predictor else list(emotions.EMOTIONS))
        with st.container(horizontal=True):
            export = st.container(width="content")
            augmentation_presets.train(edited.draft, corpus)
    where = Place(corpus, table, predictor)
    with results:
        view = show(clip, edited, where, export)
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


def show(clip: Clip | None, edited: Edited, where: Place, export: DeltaGenerator) -> str:
    """What came of the chain, in the view chosen, whose name is returned."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Roll again", key="augment_roll", type="primary", icon=":material/casino:",
            on_click=augmentation_chain.roll, disabled=not edited.draft.steps,
            help="Other draws of the same chain; what is locked stays",
        )  # fmt: skip
        st.number_input(
            "Seed",
            0,
            2**31 - 1,
            key=state.AUGMENT_SEED,
            step=1,
            width=120,
            label_visibility="collapsed",
            icon=":material/tag:",
        )
        view = choose_view()
        voice = voice_of(clip, where.predictor, view)
    if view == "label":
        label_check(edited, where)
    if voice is None:
        return view
    augmentation_voice.say_what_differs(voice, where.predictor)
    result = augmentation_result.of(edited, voice)
    if result is None:
        return view
    features = augmentation_features.of(edited, result, where.predictor)
    drawn = dict(result.drawn)
    if isinstance(features, augmentation_features.Shown):
        drawn |= features.after.drawn
    if not result.stale:
        augmentation_chain.remember(drawn)
        augmentation_chain.write_draws(edited, drawn, voice.acted)
    else:
        st.warning("The chain cannot act as it is: this is the last result that worked.")
    with export:
        augmentation_result.command_menu(result, where)
    match view:
        case "draws":
            augmentation_draws.show(result, where)
        case "mix":
            augmentation_mix.show(result, where)
        case "hear":
            hear_and_see(result, features, edited, where)
    return view


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
) -> None:
    """The sound and what the model is given; what changes comes first."""
    sound, seen = st.container(), st.container()
    if not edited.draft.acting():
        sound, seen = seen, sound
    with sound:
        augmentation_result.hear_and_see(result, where)
    with seen:
        augmentation_features.show(features, edited, where.predictor)


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
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen or "hear"


main()
