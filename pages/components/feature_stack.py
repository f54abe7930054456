"""Several features of one clip below one another, on its time axis and with one hover."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components import clip_view, state
from pages.components.live_input import plain
from ser_core.errors import SerError
from ser_core.features import EXTRACTORS, Extractor, Signal
from ser_core.figures import features as drawing

if TYPE_CHECKING:
    from pages.components.feature_view import Sound

_SHOWN = "features_stack"
_FIRST = ("Pitch", "Energy")
# Parts of what one extractor gives that are looked at by themselves: title → extractor and column.
_PARTS = {"Pitch": ("f0", "f0_hz"), "Energy": ("f0", "energy_db")}
_NEXT = ("mfcc", "chroma")  # after these two, in order of title


@dataclass(frozen=True)
class _Row:
    """What can be shown: an extractor's frames, or one column of them."""

    extractor: str
    column: str = ""


def show(sound: "Sound", player: str) -> None:
    """Choose among frame features, with their usual settings, and draw them below one another.

    Args:
        sound: the clip.
        player: key of its `clip_view`, whose cursor and time axis the picture shares.
    """
    rows = _rows()
    state.keep(_SHOWN, list(_FIRST))
    chosen = st.multiselect(
        "Features shown",
        list(rows),
        key=_SHOWN,
        placeholder="Choose what to show",
        label_visibility="collapsed",
    )
    if not chosen:
        return
    signal = Signal(sound.waveform, sound.sampling_rate, sound.path)
    try:
        parts = [_frames(rows[title], signal, sound, player) for title in chosen]
    except SerError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    figure = drawing.stacked_figure(parts, sound.waveform.size / sound.sampling_rate)
    alt = f"{', '.join(chosen)} of {sound.path.name}"
    clip_view.picture(figure, f"{player}-features", player, alt)


@st.cache_resource(show_spinner=False)
def _rows() -> dict[str, _Row]:
    """All that can be shown, by title: pitch and energy first."""
    rows = {title: _Row(*part) for title, part in _PARTS.items()}
    classes = {name: EXTRACTORS.get(name) for name in EXTRACTORS.names()}
    frames = [name for name, each in classes.items() if each.kind == "frames" and not each.by_name]
    others = sorted(set(frames) - set(_NEXT), key=lambda name: classes[name].title.casefold())
    return rows | {classes[name].title: _Row(name) for name in (*_NEXT, *others)}


def _frames(row: _Row, signal: Signal, sound: "Sound", player: str) -> drawing.Frames:
    """What is shown of an extractor, kept for as long as the same clip is."""
    extractor: Extractor = EXTRACTORS.create(row.extractor)

    def make(*_: Any) -> NDArray[np.float32]:
        return extractor.of(signal.at(extractor.sampling_rate or sound.sampling_rate))

    marks = sound.waveform, sound.sampling_rate, extractor.fingerprint()
    values: NDArray[np.float32] = clip_view.once(f"{player}:stack:{row.extractor}", marks, make)
    names = list(extractor.feature_names())
    if row.column:
        values, names = values[:, [names.index(row.column)]], [row.column]
    return drawing.Frames(values, names, extractor.unit, extractor.hop_s or 0.01)
