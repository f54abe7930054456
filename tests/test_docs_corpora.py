"""The reference of corpora is what the readers say now."""

import importlib.util
from pathlib import Path

from ser_core.corpora import CORPORA

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_page_is_what_the_code_says() -> None:
    spec = importlib.util.spec_from_file_location("make_corpora", DOCS / "make_corpora.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    text = (DOCS / "corpora.md").read_text(encoding="utf-8")
    assert generator.page() == text, "run `make docs`, which writes docs/corpora.md anew"
    for name in CORPORA.names():
        assert f"python -m ser_core index {name} DIR" in text
        assert CORPORA.get(name).citation in text
