"""The browser's recorder, with echo cancellation, noise suppression, automatic gain asked off."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

RATE = 48_000  # Hz: the model's own resampling is better than the browser's
_PARTS = ("as_it_is.js", "recorder.js")

_as_it_is = st.components.v2.component(
    "recorder",
    js="\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _PARTS),
)


def recorder(
    label: str,
    key: str,
    on_change: Callable[..., None],
    args: tuple[Any, ...],
    hint: str | None = None,
) -> None:
    """Draw it; what was recorded is a WAV file in the session, under the key.

    Args:
        label: above it.
        key: unique on the page.
        on_change: called once something was recorded, or it was cleared.
        args: of that call.
        hint: behind the question mark.
    """
    _as_it_is(key=f"{key}:as_it_is")
    st.audio_input(label, sample_rate=RATE, key=key, on_change=on_change, args=args, help=hint)
