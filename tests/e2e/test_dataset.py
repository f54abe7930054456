"""The Dataset page in a browser: open a folder, click through the table by mouse and keyboard."""

from pathlib import Path

import pytest
import soundfile

from tests.conftest import SAMPLING_RATE, speech_like
from tests.e2e.conftest import Visit, Visitor

NAMES = ("03-01-01-01-01-01-01", "03-01-03-01-02-01-02", "03-01-05-02-01-01-01")
ROW_PX = 35


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Three clips with RAVDESS names: neutral, happy, angry."""
    for number, name in enumerate(NAMES):
        clip = speech_like(1.0 + number, seed=number)
        soundfile.write(tmp_path / f"{name}.wav", clip, SAMPLING_RATE)
    return tmp_path


def click_row(seen: Visit, row: int) -> None:
    """Click into the third column of a row of the table; rows count from 1."""
    box = seen.page.get_by_test_id("stDataFrame").first.bounding_box()
    assert box is not None
    x, y = box["x"] + 200, box["y"] + ROW_PX * (row + 0.5)
    # The grid takes a click only where it has seen the pointer, and looks for it between frames.
    seen.page.mouse.move(x, y - 5, steps=4)
    seen.page.wait_for_timeout(300)
    seen.page.mouse.move(x, y)
    seen.page.wait_for_timeout(200)
    seen.page.mouse.click(x, y)


def see(seen: Visit, words: str) -> None:
    """Wait until the words are on the page."""
    seen.page.get_by_text(words).first.wait_for()


def test_folder_is_opened_and_clips_are_chosen(visit: Visitor, clips: Path) -> None:
    seen = visit()
    seen.page.set_default_timeout(60_000)
    seen.open("/dataset")
    seen.page.get_by_role("textbox", name="Folder").fill(str(clips))
    seen.page.get_by_role("textbox", name="Folder").press("Enter")
    see(seen, "3 clips")
    see(seen, "speaker 01 · male · normal")

    click_row(seen, 2)
    see(seen, "speaker 02 · female · normal")
    seen.page.wait_for_function("document.querySelector('audio').currentTime > 0")
    seen.page.keyboard.press("ArrowDown")
    see(seen, "speaker 01 · male · strong")

    seen.page.get_by_test_id("stButtonGroup").get_by_text("female", exact=True).click()
    see(seen, "1 of 3 clips")
    see(seen, "speaker 02 · female · normal")

    seen.page.get_by_role("button", name="RAVDESS").click()
    seen.page.get_by_role("button", name="Take off the list").click()
    see(seen, "Nothing to explore yet")
    assert seen.exceptions() == []
    assert seen.errors == []
