"""Every page of the reference that is written by a script is what the code says now."""

import re
from importlib import import_module

import pytest

from docs import reference
from tests.conftest import ROOT

PAGES = sorted(path.stem.removeprefix("make_") for path in (ROOT / "docs").glob("make_*.py"))


@pytest.fixture(params=PAGES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_page_is_what_the_code_says(name: str) -> None:
    page = import_module(f"docs.make_{name}").page()
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert page == text, f"run `make docs`, which writes docs/{name}.md anew"


def test_links_lead_to_headings(name: str) -> None:
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    headings = re.findall(r"^##+ (.+)$", text, re.MULTILINE)
    anchors = [reference.anchor(heading) for heading in headings]
    assert anchors
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(anchors)
