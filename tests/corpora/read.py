"""Tables of clips as tests read them."""

from pathlib import Path

import pandas as pd

from ser_core.corpora import CORPORA

PUBLISHED = sorted(name for name in CORPORA.names() if CORPORA.get(name).published)


def index(name: str, root: Path) -> pd.DataFrame:
    return CORPORA.get(name)().index(root)


def notes(name: str, root: Path) -> list[str]:
    corpus = CORPORA.get(name)()
    return corpus.notes(root, corpus.listing(root))


def by_name(table: pd.DataFrame) -> dict[str, dict[str, object]]:
    return {Path(row["clip"]).stem: row for row in table.to_dict("records")}
