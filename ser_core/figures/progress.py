"""How a training goes: curves as they grow, with the epochs that were kept."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from plotly import graph_objects as go

from ser_core.figures.curves import learning_figure
from ser_core.figures.style import after_imports

_BEST = "best epoch"


@after_imports
def progress_figure(
    series: Mapping[str, Sequence[ArrayLike]],
    title: str,
    best: Sequence[int] = (),
    share: bool = False,
    folds: bool = True,
    dotted: str = "",
    height: int = 280,
) -> go.Figure:
    """Values by epoch of a training that may still go on.

    Args:
        series: for each name one array (num_epochs,) a fold, NaN where nothing is known; the last
            one is what the best epoch is marked on.
        title: of the vertical axis.
        best: the best epoch of each fold, from 1; 0 for none.
        share: the values are shares in [0, 1] and are drawn as percent.
        folds: whether each fold is drawn, thin, behind the mean.
        dotted: name of a series that is drawn with dots, for it may run along another.
        height: of the figure, in pixels.

    Raises:
        ParameterError: a series has no fold, or a fold has not one value an epoch.
    """
    figure = learning_figure(series, title, share, folds)
    figure.update_traces(line_dash="dot", selector={"name": dotted})
    if best and series:
        figure.add_trace(_marks(list(series.values())[-1], best, share))
    longest = max((len(np.asarray(run)) for runs in series.values() for run in runs), default=0)
    figure.update_layout(
        height=height,
        xaxis={"range": [0.5, max(longest, 5) + 0.5]},
        legend={"font": {"size": 11}, "itemwidth": 30},
        uirevision="keep",
    )
    if longest == 1:  # lines alone do not show a point
        figure.update_traces(mode="markers", selector={"mode": "lines"})
    if share:
        figure.update_layout(yaxis_range=[0, 103])
    return figure


def _marks(runs: Sequence[ArrayLike], best: Sequence[int], share: bool) -> go.Scatter:
    """A ring around the value of each fold's best epoch."""
    arrays = [np.asarray(run, np.float64) * (100 if share else 1) for run in runs]
    known = [
        (fold, epoch, values[epoch - 1])
        for fold, (epoch, values) in enumerate(zip(best, arrays, strict=True), start=1)
        if 0 < epoch <= len(values) and np.isfinite(values[epoch - 1])
    ]
    several = len(arrays) > 1
    return go.Scatter(
        x=[epoch for _, epoch, _ in known],
        y=[value for _, _, value in known],
        mode="markers",
        name=_BEST,
        marker={"symbol": "circle-open", "size": 11, "color": "#8C8C8D", "line": {"width": 2}},
        customdata=[f"fold {fold}, " if several else "" for fold, _, _ in known],
        hovertemplate=f"{_BEST}, %{{customdata}}epoch %{{x}}: %{{y:.3~g}}{' %' if share else ''}"
        "<extra></extra>",
    )
