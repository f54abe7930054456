"""What all figures share: fonts, colours, margins and hover, as one Plotly template."""

import importlib
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from html import escape
from typing import Any, ParamSpec, TypeVar

from plotly import graph_objects as go

from ser_core import emotions

FONT = '"Source Sans", "Source Sans Pro", "Segoe UI", sans-serif'

_LIGHT = {"ink": "#31333F", "soft": "#6B7280", "grid": "#E5E7EB", "raised": "#FFFFFF"}
_DARK = {"ink": "#E6E8EB", "soft": "#9AA3AE", "grid": "#2B3038", "raised": "#1C2027"}
PAGE = {False: "#FFFFFF", True: "#14181D"}
"""Background of the page, dark or not, as .streamlit/config.toml has it."""

WAVE = "#5B8DB8"
_SEQUENTIAL_LIGHT = ["#F7F9FB", "#C6DBEC", "#7FB2D6", "#3581B8", "#0B4F82", "#062C4C"]
# White numbers are read on it up to 80 % of the scale, dark ones beyond.
_SEQUENTIAL_DARK = ["#161A20", "#12344F", "#17588A", "#1F6FAB", "#3D8BC4", "#CFE6F6"]
# Magma (Smith & van der Walt, 2015), but for its first colour, #000004: Streamlit puts colours of
# its theme in place of #000001 to #000099.
MAGMA = ["#06040F", "#180F3D", "#440F76", "#721F81", "#9E2F7F", "#CD4071", "#F1605D", "#FD9668",
          "#FECA8D", "#FCFDBF"]  # fmt: skip
DIVERGING = "RdBu"
# Low and high around a middle that lets the page through, light or dark.
BOTH_SIDES = [[0, "rgba(0,111,185,1)"], [0.5, "rgba(128,128,128,0)"], [1, "rgba(202,92,75,1)"]]

P = ParamSpec("P")
T = TypeVar("T")


def after_imports(draw: Callable[P, T]) -> Callable[P, T]:
    """Wait until a pandas that another thread is importing is whole.

    Plotly takes pandas from `sys.modules`, and trips over one that is only partly there.
    """

    @wraps(draw)
    def waited(*args: P.args, **kwargs: P.kwargs) -> T:
        if "pandas" in sys.modules:
            importlib.import_module("pandas")
        return draw(*args, **kwargs)

    return waited


@after_imports
@lru_cache(maxsize=2)
def template(dark: bool) -> go.layout.Template:
    """Fonts, margins, colours and hover style shared by all charts."""
    ink = _DARK if dark else _LIGHT
    axis = {
        "gridcolor": ink["grid"],
        "linecolor": ink["grid"],
        "zerolinecolor": ink["grid"],
        "tickfont": {"color": ink["soft"]},
        "title": {"font": {"color": ink["soft"], "size": 12}, "standoff": 6},
        "spikecolor": ink["soft"],
        "spikethickness": 1,
        "spikedash": "solid",
        "automargin": True,
    }
    sequential = _SEQUENTIAL_DARK if dark else _SEQUENTIAL_LIGHT
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": ink["ink"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "colorway": [WAVE, *(emotion.colour for emotion in emotions.EMOTIONS.values())],
            "hoverlabel": {
                "bgcolor": ink["raised"],
                "bordercolor": ink["grid"],
                "font": {"family": FONT, "size": 13, "color": ink["ink"]},
            },
            "annotationdefaults": {
                "showarrow": False,
                "font": {"family": FONT, "size": 12, "color": ink["soft"]},
            },
            "legend": {"orientation": "h", "font": {"color": ink["ink"]}, "y": -0.2},
            "dragmode": False,
        },
        data={
            "heatmap": [
                go.Heatmap(
                    colorscale=even(sequential),
                    colorbar={"thickness": 8, "outlinewidth": 0, "tickfont": {"size": 11}},
                )
            ],
            "bar": [go.Bar(textfont={"color": ink["ink"]}, cliponaxis=False)],
            # Plotly fades what a click did not choose; words have to stay readable.
            "scatter": [go.Scatter(unselected={"textfont": {"color": ink["ink"]}})],
        },
    )


def shown(text: str) -> str:
    """Words of the user's own as they are written: Plotly takes <b> and &amp; for markup.

    >>> shown("<b>meh</b> & co")
    '&lt;b&gt;meh&lt;/b&gt; &amp; co'
    """
    return escape(text, quote=False)


def even(colours: Sequence[str]) -> list[list[Any]]:
    """Colours at even steps of a scale from 0 to 1."""
    return [[place / (len(colours) - 1), colour] for place, colour in enumerate(colours)]
