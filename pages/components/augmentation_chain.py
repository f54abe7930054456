"""The editor of a chain: steps to add, order, switch off, set, and whose draws to hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components import augmentation_presets, config_form, state
from pages.components import augmentation_words as words
from pages.components.augmentation_draft import Draft, DraftStep
from pages.components.live_input import plain
from ser_core import emotions
from ser_core.augment import AUGMENTERS, DrawnStep, Step

COPY = "augment_copy"  # which copy of the clip, from 1
_LOCKS = "augment_locks"  # draws that stay, by step id
_LAST = "augment_last"  # what every step drew last, by step id
_GROUP = "augment_group"
_HIDDEN = ("labels", "layout", "before")  # settled by what the picture is, or by a file
_USES = {
    "all": "Every step, by its chance",
    "one": "One step, chances as weights",
    "turns": "In turns, copy by copy",
}


@dataclass(frozen=True)
class Edited:
    """The chain as it is now.

    Attributes:
        draft: its steps.
        seed: of the draws.
        copy: which copy of the clip, from 0.
        locks: draws that stay, by step id.
        places: where what a step drew is to be written, by step id.
    """

    draft: Draft
    seed: int
    copy: int
    locks: dict[int, DrawnStep | None]
    places: dict[int, DeltaGenerator]


def draft() -> Draft:
    """The chain in hand; the first preset until one is chosen."""
    if state.AUGMENT_DRAFT not in st.session_state:
        augmentation_presets.take(augmentation_presets.first())
    found: Draft = st.session_state[state.AUGMENT_DRAFT]
    return found


def edit(labels: Sequence[str]) -> Edited:
    """Draw the editor.

    Args:
        labels: emotions that a step can be kept to.
    """
    current = draft()
    augmentation_presets.bar(current)
    copy = _copy(current)
    places = {}
    if not current.steps:
        st.info("No step yet: the clip stays as it is. Add one.", icon=":material/add:")
    for heading, steps in _parts(current):
        if heading:
            st.caption(heading)
        for step in steps:
            places[step.id] = _card(step, steps, labels)
    _add_menu()
    _how(current)
    locks = st.session_state.setdefault(_LOCKS, {})
    seed = int(state.keep(state.AUGMENT_SEED, 0))
    return Edited(current, seed, copy, dict(locks), places)


def _parts(current: Draft) -> list[tuple[str, list[DraftStep]]]:
    sounds, features = current.of_sounds, current.of_features
    found = [("Of the sound" if features else "", sounds)] if sounds else []
    return [*found, ("Of the features: cannot be heard", features)] if features else found


# A step


def _card(step: DraftStep, kin: Sequence[DraftStep], labels: Sequence[str]) -> DeltaGenerator:
    """One step; the place where what it drew is written."""
    key = f"augment:{step.id}"
    with st.container(border=True, key=f"augment-step-{step.id}", gap=None):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", wrap=False):
            state.keep(f"{key}:on", step.on)
            step.on = st.toggle(
                f"**{words.title(step.name)}**",
                key=f"{key}:on",
                help=plain(words.about(step.name)),
                width="stretch",
            )
            _buttons(step, kin.index(step), len(kin))
        place = st.container(gap=None)
        _settings(step, key, labels)
    return place


def _buttons(step: DraftStep, place: int, steps: int) -> None:
    """Hold, move and remove; what each does stands in its tooltip."""
    title = words.title(step.name)
    held = step.id in st.session_state.get(_LOCKS, {})
    with st.container(horizontal=True, width="content", gap=None):
        if not words.mixes(step.name):
            icon = ":material/lock:" if held else ":material/lock_open:"
            tip = "Draw it anew when rolling" if held else "Keep this draw while others are rolled"
            _small(icon, f"lock:{step.id}", f"{title}: {tip[0].lower()}{tip[1:]}", _lock, step.id)
        if place > 0:
            _small(
                ":material/arrow_upward:", f"up:{step.id}", f"Move {title} up", _move, step.id, -1
            )
        if place < steps - 1:
            _small(
                ":material/arrow_downward:", f"down:{step.id}", f"Move {title} down", _move,
                step.id, 1,
            )  # fmt: skip
        _small(":material/close:", f"remove:{step.id}", f"Remove {title}", _remove, step.id)


def _small(icon: str, key: str, what: str, act: Any, *args: Any) -> None:
    st.button(icon, key=f"augment:{key}", type="tertiary", help=what, on_click=act, args=args)


def _settings(step: DraftStep, key: str, labels: Sequence[str]) -> None:
    """Chance, emotions and the augmenter's own form, drawn only while open."""
    box = st.expander(_summary(step), key=f"{key}:open", on_change="rerun", type="compact")
    if not box.open:
        return
    with box:
        state.keep(f"{key}:chance", step.probability)
        step.probability = st.slider(
            "Chance", 0.0, 1.0, step=0.01, key=f"{key}:chance",
            help="Of being applied, to each clip or each batch",
        )  # fmt: skip
        if not words.mixes(step.name):
            _classes(step, f"{key}:classes", labels)
        form = config_form.config_form(
            AUGMENTERS.get(step.name).config_type,
            f"{key}:form",
            usual=step.given,
            hidden=_HIDDEN,
            columns=1,
        )
        if form.config is not None:
            step.settings = form.config.model_dump(mode="json", exclude_defaults=True)
        before = step.given.get("before", ())
        if before:
            st.caption("Before the cut, to each of the two pictures:")
            step.settings["before"] = [
                _inner(dict(inner), f"{key}:before:{place}") for place, inner in enumerate(before)
            ]


def _inner(given: dict[str, Any], key: str) -> dict[str, Any]:
    """The form of a step within another one; what it holds, as it came where nothing is new."""
    step = Step.parse(given)
    whom = f" ({', '.join(emotions.title(name).lower() for name in step.classes)} only)"
    with st.container(border=True):
        st.markdown(f"**{words.title(step.name)}**{whom if step.classes else ''}")
        kind = AUGMENTERS.get(step.name).config_type
        form = config_form.config_form(
            kind, f"{key}:form", usual=step.settings, hidden=_HIDDEN, columns=1
        )
    if form.config is None or form.config == kind.parse(step.settings):
        return given
    return {**given, "settings": form.config.model_dump(mode="json", exclude_defaults=True)}


def _summary(step: DraftStep) -> str:
    """The title of the settings, with what is unusual about a step."""
    parts = ["Settings"]
    if step.probability < 1:
        parts.append(f"chance {step.probability:.2g}")
    if step.classes:
        names = ", ".join(emotions.title(name).lower() for name in step.classes)
        parts.append(f"{names} only")
    return " · ".join(parts)


def _classes(step: DraftStep, key: str, labels: Sequence[str]) -> None:
    known = emotions.order(dict.fromkeys([*labels, *step.classes]))
    state.keep(key, list(step.classes))
    chosen = st.multiselect(
        "Emotions", known, key=key, format_func=emotions.title, placeholder="all",
        help="It acts on clips of these alone; none chosen: on all. A network can take what only "
        "some emotions get for their sign, and then misses them where it is not done",
    )  # fmt: skip
    step.classes = tuple(chosen)


def _lock(step_id: int) -> None:
    locks = st.session_state.setdefault(_LOCKS, {})
    if step_id in locks:
        del locks[step_id]
    else:
        locks[step_id] = st.session_state.get(_LAST, {}).get(step_id)


def _move(step_id: int, by: int) -> None:
    draft().move(step_id, by)


def _remove(step_id: int) -> None:
    draft().remove(step_id)
    st.session_state.get(_LOCKS, {}).pop(step_id, None)
    config_form.reset(f"augment:{step_id}")


# More steps, and how they act


def _add_menu() -> None:
    """What can be added, grouped by what it changes, each with a line of what it is."""
    box = st.popover("Add a step", icon=":material/add:", key="augment_add", on_change="rerun")
    if not box.open:
        return
    groups = words.grouped()
    with box:
        state.keep(_GROUP, next(iter(groups)))
        if st.session_state[_GROUP] not in groups:
            st.session_state[_GROUP] = next(iter(groups))
        chosen = st.segmented_control(
            "What it changes", list(groups), key=_GROUP, required=True, label_visibility="collapsed"
        )
        for name in groups[chosen or next(iter(groups))]:
            with st.container(key=f"augment-add-{name}", gap=None):
                st.button(
                    words.title(name), key=f"augment:add:{name}", type="tertiary",
                    icon=":material/add:", on_click=_add, args=(name,),
                )  # fmt: skip
                st.caption(plain(words.about(name)))


def _add(name: str) -> None:
    step = draft().add(name)
    st.session_state[f"augment:{step.id}:open"] = True
    st.session_state["augment_add"] = False


def _how(current: Draft) -> None:
    """How the steps act together, where there is something to choose."""
    if len(current.of_sounds) > 1 or current.use != "all":
        state.keep("augment:use", current.use)
        if st.session_state["augment:use"] not in _USES:
            st.session_state["augment:use"] = "all"
        current.use = st.selectbox(
            "Which steps act", list(_USES), key="augment:use", format_func=_USES.__getitem__
        )
    state.keep("augment:copies", current.copies)
    current.copies = st.number_input(
        "Copies in training", 0, 50, key="augment:copies", step=1,
        help="Copies of every clip made ahead; 0: new draws whenever a clip is used",
    )  # fmt: skip


def _copy(current: Draft) -> int:
    """Which copy is heard, from 0: it decides whose turn it is."""
    if current.use != "turns":
        return 0
    most = turns(current)
    state.keep(COPY, 1)
    st.session_state[COPY] = min(max(1, int(st.session_state[COPY])), most)
    chosen = st.segmented_control(
        "Copy", list(range(1, most + 1)), key=COPY, required=True,
        help="In turns, copy after copy takes the next step",
    )  # fmt: skip
    return int(chosen or 1) - 1


def turns(current: Draft) -> int:
    """How many copies of a clip a chain whose steps take turns has."""
    return max(1, current.copies or len(current.of_sounds))


# What was drawn


def remember(drawn: Mapping[int, DrawnStep | None]) -> None:
    """Keep what was drawn last, so that it can be held."""
    st.session_state[_LAST] = dict(drawn)


def roll() -> None:
    """Callback: other draws, but for those that are held."""
    st.session_state[state.AUGMENT_SEED] = int(st.session_state.get(state.AUGMENT_SEED, 0)) + 1


def write_draws(edited: Edited, drawn: Mapping[int, DrawnStep | None], emotion: str) -> None:
    """Beside each step what it drew, or why it did nothing."""
    current = edited.draft
    for step in current.steps:
        place = edited.places.get(step.id)
        if place is None:
            continue
        with place:
            if not step.on:
                st.caption("Off")
            elif words.mixes(step.name):
                st.caption("Mixes two clips: see Mix two")
            elif drawn.get(step.id) is not None:
                st.caption(f":material/casino: {plain(_said(step, drawn[step.id]))}")
            elif step.id in drawn:
                turn = current.acting().index(step) + 1 if step.of_sounds else None
                use = current.use if step.of_sounds else "all"
                st.caption(plain(words.why_not(step.step(), use, emotion, turn)))


def _said(step: DraftStep, drawn: DrawnStep | None) -> str:
    if drawn is None:
        return ""
    draw = drawn.document()["draw"]
    if isinstance(draw, dict):
        draw = {key: value for key, value in draw.items() if key != "seed"}  # nobody hears it
    if step.of_sounds:
        return ", ".join(words.drawn_words(step.name, draw, step.settings))
    return ", ".join(words.batch_words(step.name, draw))


def write_problem(edited: Edited, step_id: int, why: str) -> None:
    """Beside a step why it cannot act."""
    place = edited.places.get(step_id)
    with place if place is not None else st.container():
        st.error(plain(why), icon=":material/error:")
