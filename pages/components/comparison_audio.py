"""Where the clips of a run lie now: in the folder it was trained on, or in an opened corpus."""

from pathlib import Path

import pandas as pd
import streamlit as st

from ser_core.comparison.runs import FinishedRun
from ser_core.corpora import library
from ser_core.corpora.combine import TOGETHER
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError

_KEPT_S = 60.0  # for which a folder's list of files is taken as it is


def table_of(run: FinishedRun) -> pd.DataFrame | None:
    """The table of the corpus that a run was tested on; None where it is not found.

    Durations are missing where they were not read yet.
    """
    return _table(run.corpus, run.root, tuple(_marks()))


def path_of(run: FinishedRun, clip: str) -> Path | None:
    """Where a clip lies; None where it is not found."""
    table = table_of(run)
    if table is None:
        return None
    found = table.loc[table["clip"] == clip, "path"]
    return Path(found.iloc[0]) if len(found) else None


def missing_words(run: FinishedRun) -> str:
    """Why nothing can be heard, and what to do."""
    where = f" It lay in {run.root} when this run was trained." if run.root else ""
    return (
        f"The clips of the corpus {run.corpus or 'of this run'} are not on this machine any more, "
        f"or lie elsewhere.{where} Open the corpus on the Dataset page, and its clips can be heard."
    )


def _marks() -> list[str]:
    return [entry.id for entry in library.entries()]


@st.cache_resource(ttl=_KEPT_S, max_entries=8, show_spinner=False)
def _table(corpus: str, root: str, opened: tuple[str, ...]) -> pd.DataFrame | None:
    """Read only: all visitors share it."""
    del opened  # another list of corpora may know the folder
    for entry in _candidates(corpus, root):
        try:
            return library.names(entry)
        except (SerError, OSError):
            continue
    return None


def _candidates(corpus: str, root: str) -> list[CorpusEntry]:
    """The corpus in the run's own folders first, then those of its name on the reader's list."""
    names, roots = corpus.split(TOGETHER), root.split(", ")
    known = library.entries()
    # A run names its corpora by the alphabet, a combination on the list as they were chosen.
    same = [entry for entry in known if sorted(entry.corpora) == names]
    here = [entry for entry in same if sorted(_roots(entry)) == sorted(roots)]
    if not here and len(names) == len(roots) and all(roots):
        parts = tuple(
            CorpusEntry(name, name, Path(folder)) for name, folder in zip(names, roots, strict=True)
        )
        whole = CorpusEntry(library.COMBINED, corpus, parts[0].root, parts=parts)
        here = [parts[0] if len(parts) == 1 else whole]
    return here + [entry for entry in same if entry not in here]


def _roots(entry: CorpusEntry) -> list[str]:
    return [str(part.root) for part in entry.parts or (entry,)]
