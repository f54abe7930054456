"""The Dataset page in a browser: open a folder, click through the table by mouse and keyboard."""

import contextlib
import os
import re
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import expect

from tests.conftest import SAMPLING_RATE, speech_like
from tests.e2e.conftest import PHONE, Visit, Visitor

NAMES = ("03-01-01-01-01-01-01", "03-01-03-01-02-01-02", "03-01-05-02-01-01-01")
ROW_PX = 35
SENTENCES = ("IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI")


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Three clips with RAVDESS names: neutral, happy, angry."""
    for number, name in enumerate(NAMES):
        clip = speech_like(1.0 + number, seed=number)
        soundfile.write(tmp_path / f"{name}.wav", clip, SAMPLING_RATE)
    return tmp_path


def click_row(seen: Visit, row: int) -> None:
    """Click into a row of the table; rows count from 1.

    The grid takes a click only where it has seen the pointer, and looks for it between frames,
    which a busy machine draws seldom: so this clicks until a cell of the row says it is chosen.
    """
    grid = seen.page.get_by_test_id("stDataFrame").first
    # What the grid tells screen readers; its first row holds the names of the columns.
    cells = grid.locator(f'tr[aria-rowindex="{row + 1}"] [role="gridcell"]')
    chosen = cells.and_(grid.locator('[aria-selected="true"]'))
    cells.first.wait_for(state="attached")
    grid.scroll_into_view_if_needed()
    for turn in range(30):
        if chosen.count():
            return
        box = grid.bounding_box()
        assert box is not None
        x, y = box["x"] + 200, box["y"] + ROW_PX * (row + 0.5)
        seen.page.mouse.move(x, y - 5 + turn % 3, steps=4)
        seen.page.mouse.click(x, y)
        with contextlib.suppress(AssertionError):
            expect(chosen).to_have_count(1, timeout=1_000)
    pytest.fail(f"row {row} of the table takes no click")


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


def open_folder(seen: Visit, folder: Path, words: str) -> None:
    seen.page.set_default_timeout(60_000)
    seen.open("/dataset")
    seen.page.get_by_role("textbox", name="Folder").fill(str(folder))
    seen.page.get_by_role("textbox", name="Folder").press("Enter")
    see(seen, words)
    seen.settle()


def click_chart(seen: Visit, key: str, place: tuple[float, float], address: str) -> None:
    """Click into a chart, at shares of its width and height, until the address has changed."""
    plot = seen.page.locator(f'[class*="st-key-{key}"] .nsewdrag').first
    for _ in range(10):  # the chart looks for the pointer between frames
        seen.settle()
        box = plot.bounding_box()
        if box is None:  # drawn anew just now
            continue
        x, y = box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"]
        seen.page.mouse.move(x - 9, y, steps=4)
        seen.page.mouse.click(x, y)
        with contextlib.suppress(AssertionError):
            expect(seen.page).to_have_url(re.compile(address), timeout=2_000)
            return
    pytest.fail(f"a click into {key} does not lead to {address}: {seen.page.url}")


def test_bars_can_be_clicked_under_a_filter_of_emotions(visit: Visitor, clips: Path) -> None:
    seen = visit()
    open_folder(seen, clips, "3 clips")
    click_chart(seen, "dataset_bars", (0.4, 0.83), "emotion=angry")
    click_chart(seen, "dataset_bars", (0.4, 0.5), "emotion=happy")
    see(seen, "1 of 3 clips")
    click_chart(seen, "dataset_durations", (0.95, 0.5), "emotion=happy&duration=")
    assert seen.exceptions() == []
    assert seen.errors == []


def test_cell_of_the_heatmap_filters_and_the_address_tells_others(
    visit: Visitor, clips: Path
) -> None:
    seen = visit()
    open_folder(seen, clips, "3 clips")
    # Angry is the last of three rows, speaker 01 the first of two columns.
    click_chart(seen, "dataset_grid_chart", (0.25, 0.83), "emotion=angry&speaker=01")
    see(seen, "1 of 3 clips")
    address = seen.page.url.removeprefix(seen.app.url)

    phone = visit(size=PHONE)
    phone.open(address)
    see(phone, "1 of 3 clips")
    phone.page.get_by_role("button", name="Filters · 2 on").click()
    sidebar = phone.page.get_by_test_id("stSidebar")
    expect(sidebar).to_have_attribute("data-collapsed", "false")
    phone.page.get_by_role("button", name="Clear filters").click()
    expect(phone.page.get_by_text("1 of 3 clips")).to_have_count(0)
    phone.open("/dataset")
    expect(sidebar).to_have_attribute("data-collapsed", "true")  # and covers nothing

    seen.page.get_by_role("button", name="Angry", exact=True).first.wait_for()
    seen.page.get_by_role("button", name="Back", exact=True).click()
    expect(seen.page).not_to_have_url(re.compile("emotion="))
    assert seen.exceptions() + phone.exceptions() == []
    assert seen.errors + phone.errors == []


def test_labels_that_are_saved_count_on_the_page_at_once(visit: Visitor, clips: Path) -> None:
    """In a browser only the panel runs again after a click in it."""
    seen = visit()
    open_folder(seen, clips, "3 clips")
    seen.page.get_by_text("3 labels · as published").click()
    seen.choose("Start from", re.compile("^iemocap-4:"))
    see(seen, "The same on the command line")
    seen.page.get_by_role("button", name="Use these labels").click()
    see(seen, "3 labels · changed")
    expect(seen.page).to_have_url(re.compile("labels=iemocap-4"))
    assert seen.exceptions() == []
    assert seen.errors == []


def test_arrow_keys_walk_over_the_end_of_a_page_of_the_table(
    visit: Visitor, tmp_path: Path
) -> None:
    sound = tmp_path / "sound"
    soundfile.write(sound, speech_like(0.5), SAMPLING_RATE, format="WAV")
    folder = tmp_path / "voices"
    folder.mkdir()
    for number in range(2_520):
        sentence, level = divmod(number % 48, 4)
        kind = f"{SENTENCES[sentence]}_ANG_{('XX', 'LO', 'MD', 'HI')[level]}"
        os.link(sound, folder / f"{1_000 + number // 48}_{kind}.wav")
    seen = visit()
    open_folder(seen, folder, "2,520 clips")
    see(seen, "1–2,500 of 2,520")
    click_row(seen, 2)
    seen.page.keyboard.press("Control+ArrowDown")
    see(seen, "2,501–2,520 of 2,520")
    seen.settle()
    seen.page.keyboard.press("ArrowUp")
    see(seen, "1–2,500 of 2,520")
    assert seen.exceptions() == []
    assert seen.errors == []
