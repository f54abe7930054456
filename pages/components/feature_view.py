"""The features of one clip: any extractor with its settings, drawn on the clip's time axis."""

import io
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages.components import (
    clip_view,
    config_form,
    feature_extraction,
    feature_stack,
    feature_words,
    state,
    theme,
)
from pages.components.live_input import plain
from ser_core import figures
from ser_core.errors import SerError
from ser_core.features import EXTRACTORS, Extractor, Signal

if TYPE_CHECKING:
    from plotly import graph_objects as go

_OPEN = "features_open"
_HOW, _TOGETHER, _ONE = "features_how", "Several", "One in detail"
_EXTRACTOR = "features_extractor"
_FORM = "features_form"
_FIRST = "f0"  # unlike most, it shows what the log-mel picture above does not


@dataclass(frozen=True)
class Sound:
    """A clip in hand: (num_samples,) at `sampling_rate` Hz, and its file."""

    waveform: NDArray[np.float32]
    sampling_rate: int
    path: Path


@dataclass(frozen=True)
class Made:
    """What an extractor made of a clip, how long that took, and its picture."""

    features: NDArray[np.float32]
    seconds: float
    figure: "go.Figure"


@st.fragment
def feature_view(sound: Sound, player: str, shown: pd.DataFrame) -> None:
    """Features of the clip that plays under the key `player`; nothing is computed while closed.

    Args:
        sound: the clip.
        player: key of its `clip_view`, whose cursor and time axis the picture shares.
        shown: the clips whose features can be extracted from here.
    """
    state.keep(_OPEN, default=False)
    is_open = st.toggle(
        "Features", key=_OPEN, help="What a model gets to see of this clip: any extractor, drawn"
    )
    if is_open and _together():
        feature_stack.show(sound, player)
    elif is_open:
        name, filled = _choose()
        drawn = _show(name, filled, sound, player)
        if drawn is not None and filled.config is not None:  # not of settings that are refused
            _take_along(*drawn, sound, shown)
    feature_extraction.panel(always=is_open)


def _together() -> bool:
    """Whether several features are drawn below one another, or one with all there is to it."""
    state.keep(_HOW, _TOGETHER)
    chosen = st.segmented_control(
        "How", (_TOGETHER, _ONE), key=_HOW, required=True, label_visibility="collapsed"
    )
    return chosen == _TOGETHER


def _choose() -> tuple[str, config_form.Filled]:
    """The extractor and its settings, with what it is in plain words."""
    names = sorted(EXTRACTORS.names(), key=lambda name: EXTRACTORS.get(name).title.casefold())
    state.keep(_EXTRACTOR, _FIRST if _FIRST in names else names[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name: str = st.selectbox(
            "Extractor",
            names,
            key=_EXTRACTOR,
            format_func=lambda name: EXTRACTORS.get(name).title,
            label_visibility="collapsed",
        )
        with st.popover("Settings", icon=":material/tune:"):
            config_type = EXTRACTORS.get(name).config_type
            filled = config_form.config_form(config_type, f"{_FORM}:{name}", _frame_extractors())
    st.caption(plain(feature_words.about(EXTRACTORS.get(name))))
    return name, filled


def _frame_extractors() -> dict[str, type[Extractor]]:
    """Those whose frames another extractor can build on."""
    classes = {name: EXTRACTORS.get(name) for name in EXTRACTORS.names()}
    return {
        name: each for name, each in classes.items() if each.kind == "frames" and not each.by_name
    }


def _show(
    name: str, filled: config_form.Filled, sound: Sound, player: str
) -> tuple[Extractor, Made] | None:
    """Draw the features of the clip; None where there are none, having said why."""
    kept = f"{_FORM}:{name}"  # settings that worked
    config = filled.config or st.session_state.get(f"good {kept}")
    if filled.config is None:
        words = " The picture shows the last settings that work." if config else ""
        st.warning(plain(f"{filled.problem}.") + words, icon=":material/tune:")
    if config is None:
        return None
    try:
        extractor = EXTRACTORS.create(name, **config.model_dump())
        made = _made(extractor, sound, player)
    except SerError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return None
    st.session_state[f"good {kept}"] = config
    alt = f"{extractor.title} of {sound.path.name}"
    if extractor.kind == "frames" and extractor.hop_s:
        clip_view.picture(made.figure, f"{player}-features", player, alt)
    else:
        theme.plot(made.figure, key=f"{player}-features:plot", alt=alt)
    st.caption(plain(_facts(extractor, made)))
    for note in extractor.notes():
        st.caption(plain(note))
    return extractor, made


def _made(extractor: Extractor, sound: Sound, player: str) -> Made:
    """The features, kept for as long as the same clip and settings are shown."""

    def make(*_: Any) -> Made:
        with st.spinner(f"Computing {extractor.title}", show_time=True):
            return _make(extractor, sound)

    marks = sound.waveform, sound.sampling_rate, str(sound.path), extractor.fingerprint()
    made: Made = clip_view.once(f"{player}:features", marks, make)
    return made


def _make(extractor: Extractor, sound: Sound) -> Made:
    began = time.perf_counter()
    signal = Signal(sound.waveform, sound.sampling_rate, sound.path)
    features = extractor.of(signal.at(extractor.sampling_rate or sound.sampling_rate))
    seconds = time.perf_counter() - began
    figure = figures.feature_figure(
        features,
        extractor.kind,
        extractor.feature_names(),
        extractor.unit,
        extractor.hop_s,
        sound.waveform.size / sound.sampling_rate,
    )
    return Made(features, seconds, figure)


def _facts(extractor: Extractor, made: Made) -> str:
    """Shape, unit, step and computing time in one line."""
    parts = [feature_words.shape_words(extractor.kind, made.features.shape)]
    if extractor.hop_s:
        parts.append(f"every {1000 * extractor.hop_s:.4g} ms")
    if extractor.unit:
        parts.append(extractor.unit)
    parts.append(f"computed in {max(1, round(1000 * made.seconds)):,} ms")
    return " · ".join(parts)


def _take_along(extractor: Extractor, made: Made, sound: Sound, shown: pd.DataFrame) -> None:
    """The same by the command line, as a file, and for all clips."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Export", icon=":material/file_export:"):
            st.markdown("The same by the command line")
            st.code(feature_words.command(extractor, sound.path), language="bash", wrap_lines=True)
            st.download_button(
                "Download as .npy",
                lambda: _npy(made.features),
                file_name=feature_words.file_name(extractor, sound.path),
                mime="application/octet-stream",
                key="features_download",
                icon=":material/download:",
                on_click="ignore",
            )
        feature_extraction.button(extractor, shown)


def _npy(features: NDArray[np.float32]) -> bytes:
    """The features as a NumPy file."""
    buffer = io.BytesIO()
    np.save(buffer, features)
    return buffer.getvalue()
