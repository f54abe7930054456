"""Panels below one another: where each lies, its axes and the title above it."""

from collections.abc import Sequence
from typing import Any

from plotly import graph_objects as go

TITLE_PX, AXIS_PX = 24, 44
REACH_SD = 3.0  # ends of a colour scale of standardised values


def axis(letter: str, place: int) -> str:
    """What Plotly calls the axis of a panel, counted from 0."""
    return letter if place == 0 else f"{letter}{place + 1}"


def domains(heights: Sequence[int]) -> list[tuple[float, float]]:
    """Where each panel lies, from top to bottom, below its title."""
    total = sum(heights) + TITLE_PX * len(heights)
    domains, used = [], 0
    for height in heights:
        top = used + TITLE_PX
        domains.append((max(0.0, 1 - (top + height) / total), 1 - top / total))
        used = top + height
    return domains


def scale_place(domain: tuple[float, float]) -> dict[str, Any]:
    """Where a colour scale lies: at the right of its panel, as high as that."""
    return {
        "y": sum(domain) / 2,
        "len": domain[1] - domain[0],
        "lenmode": "fraction",
        "thickness": 8,
        "outlinewidth": 0,
        "xpad": 6,
        "ypad": 0,
    }


def write_title(figure: go.Figure, title: str, top: float) -> None:
    """Write a title above a panel that ends at `top`, a share of the figure's height."""
    figure.add_annotation(
        text=title, x=0, xref="paper", xanchor="left", y=top, yref="paper", yanchor="bottom",
        align="left",
    )  # fmt: skip


def after(unit: str) -> str:
    """A unit as it follows a number; nothing for pure numbers."""
    return f" {unit}" if unit else ""
