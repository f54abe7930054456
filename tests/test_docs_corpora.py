"""The reference of corpora: every reader is in it."""

from ser_core.corpora import CORPORA
from tests.conftest import ROOT


def test_every_corpus_stands_in_it_with_its_paper() -> None:
    text = (ROOT / "docs" / "corpora.md").read_text(encoding="utf-8")
    for name in CORPORA.names():
        assert f"python -m ser_core index {name} DIR" in text
        assert CORPORA.get(name).citation in text
