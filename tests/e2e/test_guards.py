"""The guards of the browser tests see what they are there to see."""

from pathlib import Path

from tests.e2e.conftest import FAULT, Visitor, serve

BROKEN = """
import streamlit as st

st.title("Broken")
st.html("<script>console.error('an error')</script>", unsafe_allow_javascript=True)
st.html("<img src='http://127.0.0.2:9/picture.png'>")
raise ValueError("boom")
"""


def test_what_goes_wrong_is_seen_and_the_page_gives_away_neither_message_nor_place(
    visit: Visitor, tmp_path: Path
) -> None:
    script = tmp_path / "app.py"
    script.write_text(BROKEN, encoding="utf-8")
    broken = visit()
    with serve(script, tmp_path) as app:
        broken.app = app
        broken.open()
        broken.page.get_by_test_id("stException").wait_for()
    assert FAULT.search(broken.app.log_text())
    assert "boom" in broken.app.log_text()
    assert any("encountered an error" in text for text in broken.exceptions())
    assert any("an error" in error for error in broken.errors)
    assert broken.strays == ["http://127.0.0.2:9/picture.png"]
    said = broken.page.locator("body").inner_text()
    assert "boom" not in said
    assert "ValueError" not in said
    assert str(broken.app.log.parent) not in said
