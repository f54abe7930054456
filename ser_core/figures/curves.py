"""How training went: loss and scores by epoch, folds thin and their mean thick."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.series import SERIES, see_through
from ser_core.figures.style import after_imports


@after_imports
def learning_figure(
    series: Mapping[str, Sequence[ArrayLike]],
    title: str,
    share: bool = False,
    folds: bool = True,
    among: Sequence[str] = (),
) -> go.Figure:
    """Values by epoch.

    Args:
        series: for each name one array (num_epochs,) a fold; folds may stop at different epochs.
            Emotions get their words and colours.
        title: of the vertical axis.
        share: the values are shares in [0, 1] and are drawn as percent.
        folds: whether each fold is drawn, thin, behind the mean.
        among: names in whose order colours are given, where others have no series here but have one
            in other figures; those of `series` if left out.

    Raises:
        ParameterError: a series has no fold, or a fold has not one value an epoch.
    """
    figure = go.Figure()
    order = list(among or series)
    for name, runs in series.items():
        known = name in emotions.KNOWN
        colour = emotions.colour(name) if known else SERIES[order.index(name) % len(SERIES)]
        word = emotions.title(name) if known else name
        arrays = [_checked(name, run) * (100 if share else 1) for run in runs]
        if not arrays:
            raise ParameterError(f"{name}: at least one fold is needed, got none")
        if folds and len(arrays) > 1:
            figure.add_traces([_fold(word, n, run, colour) for n, run in enumerate(arrays, 1)])
        mean = _mean(arrays)
        figure.add_trace(
            go.Scatter(
                x=np.arange(1, len(mean) + 1),
                y=mean,
                mode="lines",
                name=word,
                line={"color": colour, "width": 2.5},
                hovertemplate=f"{word}, epoch %{{x}}: %{{y:.3~g}}{' %' if share else ''}"
                "<extra></extra>",
            )
        )
    figure.update_layout(
        height=300,
        legend={"y": 1.0, "yanchor": "bottom", "x": 0},
        margin_t=30,
        xaxis={"title": "epoch", "showgrid": False, "rangemode": "tozero"},
        yaxis={"title": title, "ticksuffix": " %" if share else "", "rangemode": "tozero"},
    )
    return figure


def _fold(word: str, number: int, values: NDArray[np.float64], colour: str) -> go.Scatter:
    return go.Scatter(
        x=np.arange(1, len(values) + 1),
        y=values,
        mode="lines",
        line={"color": see_through(colour, 0.4), "width": 1},
        hovertemplate=f"{word}, fold {number}, epoch %{{x}}: %{{y:.3~g}}<extra></extra>",
        showlegend=False,
    )


def _mean(folds: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Mean of the folds that were still training, as far as half of them were."""
    longest = max(len(fold) for fold in folds)
    table = np.full((len(folds), longest), np.nan)
    for row, fold in zip(table, folds, strict=True):
        row[: len(fold)] = fold
    known = (~np.isnan(table)).sum(0)
    reached = sum(np.arange(longest) < len(fold) for fold in folds) * 2 >= len(folds)
    mean = np.divide(np.nansum(table, axis=0), known, out=np.full(longest, np.nan), where=known > 0)
    shown: NDArray[np.float64] = mean[reached]
    return shown


def _checked(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, np.float64)
    if array.ndim != 1:
        raise ParameterError(f"{name}: one value an epoch is needed, got shape {array.shape}")
    return array
