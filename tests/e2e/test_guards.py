"""The guards of the browser tests see what they are there to see."""

from pathlib import Path

import pytest

from tests.e2e.conftest import FAULT, Visit, Visitor, serve

BROKEN = """
import streamlit as st

st.title("Broken")
st.html("<script>console.error('an error')</script>", unsafe_allow_javascript=True)
st.html("<img src='http://127.0.0.2:9/picture.png'>")
raise ValueError("boom")
"""


@pytest.fixture
def broken(visit: Visitor, tmp_path: Path) -> Visit:
    """A visit to a page on which everything goes wrong."""
    script = tmp_path / "app.py"
    script.write_text(BROKEN, encoding="utf-8")
    seen = visit()
    with serve(script, tmp_path) as app:
        seen.app = app
        seen.open()
        seen.page.get_by_test_id("stException").wait_for()
    return seen


def test_faults_errors_and_other_machines_are_seen(broken: Visit) -> None:
    assert FAULT.search(broken.app.log_text())
    assert "boom" in broken.app.log_text()
    assert any("encountered an error" in text for text in broken.exceptions())
    assert any("an error" in error for error in broken.errors)
    assert broken.strays == ["http://127.0.0.2:9/picture.png"]


def test_page_gives_away_neither_the_message_nor_where_things_are(broken: Visit) -> None:
    said = broken.page.locator("body").inner_text()
    assert "boom" not in said
    assert "ValueError" not in said
    assert str(broken.app.log.parent) not in said
