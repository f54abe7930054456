"""Presets: chains that ship and those the user keeps; a chain as a file; training with one."""

import io
import re
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components import augmentation_pictures as pictures
from pages.components import augmentation_words as words
from pages.components import config_form, state
from pages.components.augmentation_draft import Draft, same
from pages.components.live_input import plain
from ser_core.augment import Chain, ChainConfig, presets
from ser_core.augment.chain_file import chain_toml, parse_chain
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError

PRESET = "augment_preset"  # in the menu
EMPTY = ""
_FIRST = "d"
_SAID = "augment_said"  # what came of saving, for one run
_NAME, _ABOUT = "augment_save_name", "augment_save_about"
_BOX = 24  # letters of a title in the menu, beside its name
_ASKS = "augment_asks"  # the name whose preset would be replaced or forgotten


def first() -> str:
    """The preset the page begins with."""
    return _FIRST if _FIRST in presets.names() else EMPTY


def take(name: str) -> None:
    """Make a preset the chain in hand.

    Raises:
        SerError: no such preset, or a damaged one.
    """
    put(presets.load(name) if name else ChainConfig(), name)


def put(config: ChainConfig, base: str = "") -> None:
    """Make a chain the one in hand; widgets of the one before are forgotten."""
    old: Draft | None = st.session_state.get(state.AUGMENT_DRAFT)
    first_id = old.next_id if old is not None else 0
    for step in old.steps if old is not None else ():
        config_form.reset(f"augment:{step.id}")
    for key in ("augment:use", "augment:copies", "kept:augment:use", "kept:augment:copies"):
        st.session_state.pop(key, None)
    st.session_state[state.AUGMENT_DRAFT] = Draft.of(config, base, first_id)
    st.session_state[PRESET] = st.session_state[f"kept:{PRESET}"] = base
    st.session_state["augment_locks"] = {}


def edited(draft: Draft) -> bool:
    """Whether a chain is another than the preset it began as."""
    try:
        return not same(draft.config(), presets.load(draft.base) if draft.base else ChainConfig())
    except SerError:
        return True


def names() -> list[str]:
    """The user's presets, then those that ship."""
    return [*presets.kept(), *presets.names()]


def bar(draft: Draft) -> None:
    """Choose a preset; save, forget, download or upload one."""
    known = [EMPTY, *names()]
    if state.keep(PRESET, draft.base) not in known:
        st.session_state[PRESET] = EMPTY
    changed = edited(draft)
    label = f"Preset: {plain(draft.base)}, changed" if draft.base and changed else "Preset"
    st.selectbox(label, known, key=PRESET, format_func=_title, on_change=_choose)
    with st.container(horizontal=True, gap="small"):
        if draft.base and changed:
            st.button(
                "Undo", key="augment_undo", icon=":material/undo:", on_click=_choose,
                help=f"Back to {draft.base} as it is kept",
            )  # fmt: skip
        _save_menu(draft)
    said = st.session_state.pop(_SAID, None)
    if said is not None:
        kind, text = said
        (st.success if kind == "done" else st.error)(plain(text))
    if draft.description and not changed:
        head = f"**{plain(draft.title)}.** " if draft.base in presets.names() else ""
        st.caption(head + _with_code(draft.description))


def _with_code(text: str) -> str:
    """Words of others in which backticks keep what they say: names of settings.

    >>> _with_code("a share `alpha` of both")
    'a share `alpha` of both'
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one is left over
        return plain(text)
    return "".join(f"`{part}`" if odd % 2 else plain(part) for odd, part in enumerate(parts))


def _title(name: str) -> str:
    if name == EMPTY:
        return "New chain"
    if name in presets.names():
        return f"{name} · {_short(presets.load(name).title)}"
    return f"{name} · yours"


def _short(title: str) -> str:
    """What a box as wide as the editor can hold of a title; its description says all.

    >>> _short("Recipe d: tempo, pitch and noise, four copies")
    'tempo, pitch and noise'
    >>> _short("Recipe d with librosa's phase vocoder")
    "librosa's phase vocoder"
    """
    said = re.sub(r"^Recipe \w( as its code is: | with |: )", "", title)
    parts = said.split(", ")
    while len(parts) > 1 and len(", ".join(parts)) > _BOX:
        parts.pop()
    return ", ".join(parts)


def _choose() -> None:
    name = st.session_state.get(PRESET, EMPTY)
    try:
        take(name)
    except SerError as error:
        st.session_state[_SAID] = ("failed", str(error))
        put(ChainConfig())


# Save and forget


def _save_menu(draft: Draft) -> None:
    box = st.popover("Keep", icon=":material/bookmark:", key="augment_keep", on_change="rerun")
    if not box.open:
        return
    with box:
        mine = draft.base in presets.kept()
        st.session_state.setdefault(_NAME, draft.base if mine else "")
        st.session_state.setdefault(_ABOUT, draft.description if mine else "")
        name = st.text_input("Name", key=_NAME, placeholder="noisy office").strip()
        st.text_input("Description", key=_ABOUT)
        off = sum(not step.on for step in draft.steps)
        if off:
            st.caption(f"{off} step{'s' * (off > 1)} switched off will not be part of it.")
        if name and name in presets.kept() and st.session_state.get(_ASKS) == name:
            st.warning(f"There is a preset {plain(name)} of yours.", icon=":material/help:")
            _button("Replace it", "replace", _save, draft, primary=True)
        else:
            _button("Save as preset", "save", _ask_or_save, draft, primary=True)
        if mine:
            _forget_part(draft.base)
        st.divider()
        _files(draft)


def _button(label: str, key: str, act: Any, *args: Any, primary: bool = False) -> None:
    st.button(
        label, key=f"augment_{key}", on_click=act, args=args,
        type="primary" if primary else "secondary",
    )  # fmt: skip


def _ask_or_save(draft: Draft) -> None:
    name = str(st.session_state.get(_NAME, "")).strip()
    if name in presets.kept():
        st.session_state[_ASKS] = name
    else:
        _save(draft)


def _save(draft: Draft) -> None:
    name = str(st.session_state.get(_NAME, "")).strip()
    about = str(st.session_state.get(_ABOUT, "")).strip()
    config = draft.config().model_copy(update={"title": name, "description": about})
    st.session_state.pop(_ASKS, None)
    try:
        Chain(config)
        presets.keep(name, config)
    except SerError as error:
        st.session_state[_SAID] = ("failed", str(error))
        return
    put(config, name)
    st.session_state["augment_keep"] = False
    st.session_state[_SAID] = ("done", f"Kept as {name}.")


def _forget_part(name: str) -> None:
    if st.session_state.get(_ASKS) == f"forget {name}":
        _button(f"Yes, forget {name}", "forget_yes", _forget, name)
    else:
        _button(f"Forget {name}", "forget", _ask_forget, name)


def _ask_forget(name: str) -> None:
    st.session_state[_ASKS] = f"forget {name}"


def _forget(name: str) -> None:
    st.session_state.pop(_ASKS, None)
    try:
        presets.forget(name)
    except SerError as error:
        st.session_state[_SAID] = ("failed", str(error))
        return
    draft: Draft = st.session_state[state.AUGMENT_DRAFT]
    draft.base = EMPTY
    st.session_state[PRESET] = st.session_state[f"kept:{PRESET}"] = EMPTY
    st.session_state["augment_keep"] = False
    st.session_state[_SAID] = ("done", f"{name} is forgotten; the chain is still here.")


# Files


def _files(draft: Draft) -> None:
    st.download_button(
        "Download as TOML", lambda: io.BytesIO(toml(draft).encode()), file_name=file_name(draft),
        mime="application/toml", key="augment_download", icon=":material/download:",
        on_click="ignore",
    )  # fmt: skip
    st.file_uploader(
        "Open a chain (TOML)", type=["toml"], key="augment_toml", max_upload_size=1,
        on_change=_open_file,
    )  # fmt: skip


def toml(draft: Draft) -> str:
    """The chain as a file."""
    return chain_toml(draft.config())


def file_name(draft: Draft) -> str:
    """What the chain is called as a file."""
    return f"{draft.base or 'chain'}.toml"


def _open_file() -> None:
    sent: Any = st.session_state["augment_toml"]
    if sent is None:
        return
    try:
        put(parse_chain(sent.getvalue(), sent.name))
    except SerError as error:
        st.session_state[_SAID] = ("failed", str(error))
        return
    st.session_state["augment_keep"] = False
    st.session_state[_SAID] = ("done", f"{Path(sent.name).name} is open.")


# Training

_RECIPES: dict[pictures.Kind, str] = {"log-mel": "studio", "grey": "e", "colour": "a"}


def recipe_for(draft: Draft) -> str:
    """A recipe whose features the chain's steps are made for."""
    return _RECIPES[_kind(draft)]


def _kind(draft: Draft) -> pictures.Kind:
    return pictures.fitting_kind(draft.acting(of_sounds=False))


def train(draft: Draft, entry: CorpusEntry | None) -> None:
    """What to type to train with the chain."""
    with st.popover("Train with this", icon=":material/model_training:"):
        if not draft.base or edited(draft):
            st.markdown("Keep the chain as a preset first: training takes it by its name.")
            return
        recipe = recipe_for(draft)
        st.page_link(
            "pages/training.py",
            label="Set up a training with it",
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={"recipe": recipe, "augmentation": draft.base},
        )
        st.markdown("Or copy this into a terminal, in the folder of SER Studio:")
        corpus = entry.arguments() if entry else ()
        line = words.train_command(draft.base, corpus, recipe)
        st.code(line, language="bash", wrap_lines=True)
        if recipe != _RECIPES["log-mel"]:
            kind = pictures.TITLES[_kind(draft)].lower()
            st.caption(f"Recipe {recipe}, as these steps are made for a {kind}.")
        if entry is None:
            st.caption("NAME=FOLDER is a corpus, such as ravdess=/data/ravdess.")
