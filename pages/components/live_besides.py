"""What a model says beside the emotion: gender, intensity, valence and the like."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from ser_core.inference.prediction import Further
    from ser_core.inference.words import Said

_ROW = (
    "display:grid;grid-template-columns:6.2em 1fr;gap:.1em .6em;line-height:1.65;align-items:center"
)
_SCALE = (
    "position:relative;height:.35em;border-radius:3px;margin:.35em .1em .2em;"
    "background:color-mix(in srgb,currentColor 16%,transparent)"
)
_MARK = (
    "position:absolute;top:-.2em;width:.75em;height:.75em;border-radius:50%;"
    "background:currentColor;transform:translateX(-50%)"
)
_ENDS = "display:flex;justify-content:space-between;font-size:.8em;opacity:.8;line-height:1.3"
_HELP = (
    "Learned beside the emotion from the labels of the same corpus: how the voice sounds, not who "
    "speaks or what is felt."
)


def show(further: "Mapping[str, Further]") -> None:
    """Draw what the heads beside emotion say; nothing where there are none."""
    if not further:
        return
    from ser_core.inference.words import said_besides

    rows = "".join(_row(one) for one in said_besides(further))
    st.caption("Also heard", help=_HELP)
    st.html(f'<div role="list" aria-label="Also heard">{rows}</div>')


def _row(one: "Said") -> str:
    said = f"<div>{escape(one.words)}</div>"
    if one.ends is not None:
        left, right = map(escape, one.ends)
        said = (
            f'<div><span style="position:absolute;left:-999em">{escape(one.words)}</span>'
            f'<div style="{_SCALE}"><div style="{_MARK};left:{100 * one.share:.0f}%"></div></div>'
            f'<div style="{_ENDS}" aria-hidden="true"><span>{left}</span>'
            f"<span>{escape(one.words.split(' ')[0])}</span><span>{right}</span></div></div>"
        )
    return f'<div role="listitem" style="{_ROW}"><span>{escape(one.title)}</span>{said}</div>'
