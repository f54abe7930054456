"""From a cell of a confusion matrix to the clips in it, and what every run made of them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.comparison.runs import FACTS, SNR, FinishedRun
from ser_core.errors import ParameterError

CONFIDENCE = "confidence"
"""Column: probability of the answer that was given."""

OF_TRUTH = "of_truth"
"""Column: probability of the true label."""


def cell_clips(
    run: FinishedRun,
    emotion: str,
    predicted: str,
    others: Sequence[FinishedRun] = (),
) -> pd.DataFrame:
    """The clips of one cell, the surest answer first.

    Args:
        run: whose matrix the cell stands in.
        emotion: of its row.
        predicted: of its column.
        others: further runs on the same clips, whose answers are told too.

    Returns:
        `clip`, `speaker`, `fold`, `emotion`, `predicted`, `confidence`, `of_truth`, what is known
        of the clips, and for each other run `answer: TITLE` and `sure: TITLE`.

    Raises:
        ParameterError: a label is not one of the run's.
    """
    for name, label in (("emotion", emotion), ("predicted", predicted)):
        if label not in run.labels:
            raise ParameterError(f"{name} must be one of {', '.join(run.labels)}, got {label!r}")
    table = run.predictions
    inside = table["emotion"].eq(emotion) & table["predicted"].eq(predicted)
    return _told(run, np.flatnonzero(inside.to_numpy()), others)


def mistakes(run: FinishedRun, others: Sequence[FinishedRun] = ()) -> pd.DataFrame:
    """All clips that a run got wrong, the surest mistake first; columns as in `cell_clips`."""
    table = run.predictions
    wrong = table["emotion"].ne(table["predicted"]).to_numpy()
    return _told(run, np.flatnonzero(wrong), others)


def missed_by_all(runs: Sequence[FinishedRun]) -> pd.DataFrame:
    """The clips that every run got wrong, those first of which all are surest.

    Args:
        runs: on the same clips, at least one.

    Returns:
        Columns as in `cell_clips`, of the first run; `confidence` is the mean of all runs'.
    """
    first, *others = runs
    clips = first.predictions["clip"]
    wrong = np.ones(len(clips), bool)
    for run in runs:
        rows = _rows(run, clips)
        wrong &= rows["emotion"].ne(rows["predicted"]).to_numpy()
    told = _told(first, np.flatnonzero(wrong), others)
    sure = [CONFIDENCE, *(f"sure: {run.title}" for run in others)]
    told[CONFIDENCE] = told[sure].mean(axis=1)
    return told.sort_values([CONFIDENCE, "clip"], ascending=[False, True], ignore_index=True)


def clip_probabilities(runs: Sequence[FinishedRun], clip: str) -> pd.DataFrame:
    """What every run made of one clip: its probabilities, `(num_runs, num_labels)`, by title.

    Runs that were not tested on it are left out; a clip that was tested several times is told
    as it was the first time.
    """
    found = {}
    for run in runs:
        rows = run.predictions[run.predictions["clip"].eq(clip)]
        if len(rows):
            found[run.title] = rows.iloc[0][run.labels]
    return pd.DataFrame(found).T.astype(float)


def _told(
    run: FinishedRun, places: NDArray[np.intp], others: Sequence[FinishedRun]
) -> pd.DataFrame:
    rows = run.predictions.iloc[places]
    facts = [name for name in (*FACTS, SNR) if name in rows]
    told = rows[["clip", "speaker", "fold", "emotion", "predicted"]].copy()
    told[CONFIDENCE] = _sure(run, rows, "predicted")
    told[OF_TRUTH] = _sure(run, rows, "emotion")
    told[facts] = rows[facts]
    for other in others:
        same = _rows(other, rows["clip"])
        told[f"answer: {other.title}"] = same["predicted"].to_numpy()
        told[f"sure: {other.title}"] = _sure(other, same, "predicted")
    return told.sort_values([CONFIDENCE, "clip"], ascending=[False, True], ignore_index=True)


def _rows(run: FinishedRun, clips: "pd.Series[str]") -> pd.DataFrame:
    """A run's predictions of some clips, in their order."""
    own = run.predictions
    if len(own) == len(clips) and own["clip"].equals(clips):
        return own
    unique = own.drop_duplicates("clip").set_index("clip", drop=False)
    return unique.reindex(clips)


def _sure(run: FinishedRun, rows: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """The probability that each row gives to the label in a column; nan where it has none."""
    places = pd.Index(run.labels).get_indexer(pd.Index(rows[column]))
    table = rows[run.labels].to_numpy(float)
    found = table[np.arange(len(rows)), places]
    return np.where(places >= 0, found, np.nan)
