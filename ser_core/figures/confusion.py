"""What is taken for what: the confusion matrix, and how two of them differ."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.style import BOTH_SIDES
from ser_core.figures.tables import heatmap

Normalise = Literal["row", "column", "none"]


def confusion_figure(
    labels: Sequence[str],
    counts: ArrayLike,
    normalise: Normalise = "row",
    highest: float | None = None,
) -> go.Figure:
    """Confusion matrix: rows are what was acted, columns what was heard.

    Args:
        labels: emotions, in the order of rows and columns.
        counts: (len(labels), len(labels)) numbers of clips.
        normalise: "row" colours and prints percent of each row (recall on the diagonal), "column"
            percent of each column (precision on the diagonal), "none" the counts.
        highest: number of clips with the strongest colour, for "none"; the largest if left out.

    Raises:
        ParameterError: `counts` does not fit the labels, or `normalise` is another word.
    """
    table = _checked(labels, counts, normalise)
    words = [emotions.title(label) for label in labels]
    shown = _normalised(table, normalise)
    share = _normalised(table, "column" if normalise == "column" else "row")
    figure = heatmap(shown, words, words)
    whole = "column" if normalise == "column" else "row"
    figure.update_traces(
        customdata=np.stack([table, share], axis=-1),
        zmax=highest or float(table.max()) or 1.0 if normalise == "none" else 100,
        hovertemplate=(
            "%{y} heard as %{x}: %{customdata[0]:,.0f} clips, "
            f"%{{customdata[1]:.0f}} % of the {whole}<extra></extra>"
        ),
    )
    figure.update_layout(xaxis_title="heard", yaxis_title="acted")
    return figure


def side_by_side(
    labels: Sequence[str], tables: Mapping[str, ArrayLike], normalise: Normalise = "row"
) -> dict[str, go.Figure]:
    """Confusion matrices of several models on one colour scale, by the models' titles.

    Args:
        labels: emotions, in the order of rows and columns of all.
        tables: for each model (len(labels), len(labels)) numbers of clips.
        normalise: as in `confusion_figure`.

    Raises:
        ParameterError: a table does not fit the labels, or `normalise` is another word.
    """
    highest = max((float(np.max(counts)) for counts in tables.values()), default=1.0)
    return {
        title: confusion_figure(labels, counts, normalise, highest)
        for title, counts in tables.items()
    }


def confusion_difference_figure(
    labels: Sequence[str],
    counts: ArrayLike,
    other: ArrayLike,
    normalise: Normalise = "row",
    reach: float | None = None,
) -> go.Figure:
    """One confusion matrix minus another; red where the first has more, blue where the second has.

    Args:
        labels: emotions, in the order of rows and columns of both.
        counts: (len(labels), len(labels)) clips of the first.
        other: the same of the second.
        normalise: "row" and "column" subtract percent, so that unequal numbers of clips can be
            compared; "none" subtracts counts.
        reach: value with the strongest colour on either side; the largest difference if left out.

    Raises:
        ParameterError: a table does not fit the labels, or `normalise` is another word.
    """
    first, second = (
        _normalised(_checked(labels, t, normalise), normalise) for t in (counts, other)
    )
    words = [emotions.title(label) for label in labels]
    difference = first - second
    figure = heatmap(difference, words, words)
    limit = reach or float(np.abs(difference).max()) or 1.0
    unit = " clips" if normalise == "none" else " points"
    figure.update_traces(
        colorscale=BOTH_SIDES,
        zmin=-limit,
        zmax=limit,
        texttemplate="%{z:+,.0f}",
        hovertemplate=f"%{{y}} heard as %{{x}}: %{{z:+,.1f}}{unit}<extra></extra>",
    )
    figure.update_layout(xaxis_title="heard", yaxis_title="acted")
    return figure


def _checked(labels: Sequence[str], counts: ArrayLike, normalise: str) -> NDArray[np.float64]:
    if normalise not in get_args(Normalise):
        raise ParameterError(f"normalise: 'row', 'column' or 'none', got {normalise!r}")
    table = np.asarray(counts, np.float64)
    if table.shape != (len(labels), len(labels)):
        raise ParameterError(
            f"counts: shape ({len(labels)}, {len(labels)}) to fit the names, got {table.shape}"
        )
    return table


def _normalised(table: NDArray[np.float64], normalise: str) -> NDArray[np.float64]:
    """Percent of each row or column, 0 where there is no clip; or the counts."""
    if normalise == "none":
        return table
    totals = table.sum(axis=1 if normalise == "row" else 0, keepdims=True)
    return 100 * np.divide(table, totals, out=np.zeros_like(table), where=totals > 0)
