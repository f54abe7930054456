"""An emotion on the page: swatch and word, and the probabilities of all classes as bars."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from ser_core import emotions

_SWATCH = "display:inline-block;width:.7em;height:.7em;border-radius:2px;background:{colour}"
_ROW = "display:grid;grid-template-columns:6.2em 1fr 3.2em;gap:.6em;align-items:center"
# In a narrow place the bar stands below word and number.
_NARROW = "display:grid;grid-template-columns:1fr auto;gap:0 .6em;align-items:center"
_BELOW = "grid-column:1/-1;order:1;height:.4em;margin-bottom:.3em"
_TRACK = "background:color-mix(in srgb,currentColor 9%,transparent);border-radius:3px;height:.85em"
_BAR = "height:100%;border-radius:3px;min-width:2px;width:{percent:.1f}%;background:{colour}"


def chip(name: str) -> str:
    """HTML of an emotion as swatch and word: the word is in text colour, never in the palette's."""
    swatch = _SWATCH.format(colour=emotions.colour(name))
    return f'<span style="{swatch}"></span> {escape(emotions.title(name))}'


def show_chip(name: str) -> None:
    """Draw an emotion as swatch and word."""
    st.html(chip(name))


def show_bars(
    shares: Mapping[str, float],
    label: str = "Probability of each emotion",
    ranked: bool = True,
    narrow: bool = False,
) -> None:
    """Draw one bar for each emotion.

    Args:
        shares: a number in [0, 1] for each emotion.
        label: what the numbers are, for screen readers.
        ranked: the largest first and the first three in heavier type; otherwise in house order.
        narrow: there is no room for a bar between word and number.
    """
    names = emotions.order(list(shares))
    if ranked:
        names.sort(key=lambda name: -shares[name])
    rows = "".join(
        _row(name, shares[name], ranked and place < 3, narrow) for place, name in enumerate(names)
    )
    st.html(f'<div role="list" aria-label="{escape(label)}">{rows}</div>')


def _row(name: str, value: float, heavy: bool, narrow: bool) -> str:
    weight = "font-weight:600" if heavy else "opacity:.8"
    row, track = (_NARROW, f"{_TRACK};{_BELOW}") if narrow else (_ROW, _TRACK)
    bar = _BAR.format(percent=100 * value, colour=emotions.colour(name))
    return (
        f'<div role="listitem" style="{row};line-height:1.65">'
        f'<span style="{weight}">{escape(emotions.title(name))}</span>'
        f'<span style="{track}"><span style="display:block;{bar}"></span></span>'
        f'<span style="{weight};text-align:right;font-variant-numeric:tabular-nums">'
        f"{value:.2f}</span></div>"
    )
