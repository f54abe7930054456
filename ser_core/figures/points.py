"""Scores with intervals of several runs side by side: by group, by protocol, by a setting."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.forest import END_PX, GREY, broken, ends_words, errors
from ser_core.figures.series import SERIES
from ser_core.figures.style import after_imports, shown

_SPREAD = 0.6  # share of a group's room that its points take
_POINT_PX, _GROUP_PX = 13, 12
_SHORT = 14  # letters that have room below one of three places on a phone
_WIDE = 50  # times as large as the smallest


@after_imports
def group_points(
    names: Sequence[str],
    series: Mapping[str, ArrayLike],
    clips: Sequence[int | str],
    what: str = "accuracy",
) -> go.Figure:
    """A score of several runs by group, as points with intervals.

    Args:
        names: groups from top to bottom; emotions get their words.
        series: for each run (len(names), 3): value, low and high as shares in [0, 1]; nan draws
            nothing, nan ends no interval.
        clips: of each group, in words where they differ from run to run.
        what: the score's name.

    Raises:
        ParameterError: a series or the clips do not fit the names.
    """
    if len(clips) != len(names):
        raise ParameterError(f"clips: one for each of {len(names)} names, got {len(clips)}")
    figure = go.Figure()
    offsets = _offsets(len(series))
    for place, (title, values) in enumerate(series.items()):
        table = _checked(title, values, len(names))
        colour = SERIES[place % len(SERIES)]
        figure.add_trace(
            go.Scatter(
                x=table[:, 0],
                y=np.arange(len(names)) + offsets[place],
                mode="markers",
                name=title,
                marker={"color": colour, "size": 8},
                error_x=errors(table, colour),
                text=[shown(_word(name)) for name in names],
                customdata=ends_words(table),
                hovertemplate=f"%{{text}}, {shown(title)}: {what} %{{x:.1f}} %"
                "%{customdata}<extra></extra>",
            )
        )
    told = [number if isinstance(number, str) else f"{number:,}" for number in clips]
    words = [f"{_word(name)} ({number})" for name, number in zip(names, told, strict=True)]
    room = _GROUP_PX + _POINT_PX * max(1, len(series))
    figure.update_layout(
        height=90 + room * max(1, len(names)),
        legend={"y": 1.0, "yanchor": "bottom", "x": 0},
        margin_t=30,
        margin_r=END_PX,
        xaxis={"range": [0, 100], "dtick": 25, "ticksuffix": " %", "title": what},
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": [broken(word) for word in words],
            "range": [len(names) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure


@after_imports
def leak_figure(
    protocols: Sequence[str],
    series: Mapping[str, ArrayLike],
    chance: float | None = None,
    what: str = "UAR",
) -> go.Figure:
    """The same network under several protocols: how much of a score is the split.

    Args:
        protocols: from the one that leaks most to the one that keeps speakers apart.
        series: for each network (len(protocols), 3): value, low and high as shares in [0, 1]; nan
            draws nothing.
        chance: of guessing, as a line.
        what: the score's name.

    Raises:
        ParameterError: a series does not fit the protocols.
    """
    words = [broken(name, _SHORT) for name in protocols]
    figure = _by_place(words, series, chance, what, "split")
    figure.update_xaxes(tickangle=0)
    return figure


@after_imports
def ablation_figure(
    setting: str,
    values: Sequence[float | str],
    series: Mapping[str, ArrayLike],
    chance: float | None = None,
    what: str = "score",
) -> go.Figure:
    """Scores of runs that differ in one setting, with the setting on the axis.

    Args:
        setting: its name.
        values: one for each run, in order; numbers get an axis of numbers, words stand side by side
            and are not joined by lines.
        series: for each score (len(values), 3): value, low and high as shares in [0, 1].
        chance: of guessing, as a line.
        what: of the vertical axis.

    Raises:
        ParameterError: a series does not fit the values.
    """
    if all(not isinstance(value, str) for value in values):
        figure = _by_place(list(values), series, chance, what, setting)
        figure.update_xaxes(type="log" if _wide(values) else "linear")
        return figure
    figure = _by_place([broken(str(value)) for value in values], series, chance, what, setting)
    for trace in figure.data[: len(series)]:
        trace.mode = "markers"
    return figure


def _by_place(
    places: Sequence[float | str],
    series: Mapping[str, ArrayLike],
    chance: float | None,
    what: str,
    axis: str,
) -> go.Figure:
    """Points with intervals joined by lines, a series for each name."""
    words = any(isinstance(place, str) for place in places)
    at = np.arange(len(places), dtype=float) if words else np.array(places, float)
    offsets = _offsets(len(series)) * (0.25 if words else 0)
    figure = go.Figure()
    for place, (title, values) in enumerate(series.items()):
        table = _checked(title, values, len(places))
        colour = SERIES[place % len(SERIES)]
        figure.add_trace(
            go.Scatter(
                x=at + offsets[place],
                y=table[:, 0],
                mode="lines+markers",
                name=title,
                line={"color": colour, "width": 2},
                marker={"size": 9},
                error_y=errors(table, colour),
                text=[str(each) for each in places],
                customdata=ends_words(table),
                hovertemplate=f"%{{text}}, {shown(title)}: %{{y:.1f}} %"
                "%{customdata}<extra></extra>",
            )
        )
    if chance is not None:
        figure.add_trace(_chance(chance, at))
    figure.update_layout(
        height=340,
        legend={"y": 1.0, "yanchor": "bottom", "x": 0},
        margin_t=30,
        showlegend=len(series) > 1 or chance is not None,
        xaxis={"title": axis, "showgrid": False, "zeroline": False},
        yaxis={"title": what, "range": [0, 100], "ticksuffix": " %"},
    )
    if words:
        ticks = {"tickvals": at.tolist(), "ticktext": list(places)}
        figure.update_xaxes(**ticks, range=[-0.5, len(places) - 0.5])
    return figure


def _wide(values: Sequence[float | str]) -> bool:
    """Whether numbers, such as learning rates, need an axis of powers to be told apart."""
    numbers = np.array(values, float)
    return bool(numbers.min() > 0 and numbers.max() / numbers.min() >= _WIDE)


def _chance(value: float, at: NDArray[np.float64]) -> go.Scatter:
    return go.Scatter(
        x=[float(at.min()), float(at.max())],
        y=[100 * value] * 2,
        mode="lines",
        name="chance",
        line={"color": GREY, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )


def _offsets(number: int) -> NDArray[np.float64]:
    """Where the points of each series stand around the middle of their room."""
    places = np.arange(number, dtype=np.float64)
    return (places - (number - 1) / 2) * (_SPREAD / max(1, number))


def _checked(title: str, values: ArrayLike, number: int) -> NDArray[np.float64]:
    """In percent."""
    table = 100 * np.asarray(values, np.float64)
    if table.shape != (number, 3):
        raise ParameterError(f"{title}: shape ({number}, 3) is needed, got {table.shape}")
    return table


def _word(name: str) -> str:
    return emotions.title(name) if name in emotions.KNOWN else name
