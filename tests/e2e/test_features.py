"""Features of a clip in a browser: the player's cursor runs through them too."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Locator, expect

from ser_core import audio
from ser_core.features import EXTRACTORS, Signal
from tests.conftest import SAMPLING_RATE, speech_like
from tests.e2e.conftest import PHONE, Visit, Visitor
from tests.e2e.test_pages import overflow_px

SECONDS = 6
PICTURES = ("dataset", "dataset-features")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "03-01-01-01-01-01-01.wav"
    soundfile.write(path, speech_like(SECONDS), SAMPLING_RATE)
    return path


def show(seen: Visit, clip: Path, extractor: str) -> None:
    """Open the clip's folder and an extractor's picture of it."""
    seen.page.set_default_timeout(60_000)
    seen.open("/dataset")
    seen.page.get_by_role("textbox", name="Folder").fill(str(clip.parent))
    seen.page.get_by_role("textbox", name="Folder").press("Enter")
    tab = seen.page.get_by_text("Features", exact=True)
    # Two, while the folder's tabs take the place of the empty page's.
    expect(tab).to_have_count(1, timeout=60_000)
    seen.settle()
    tab.click()
    seen.page.get_by_role("radio", name="One in detail").click()
    title = EXTRACTORS.get(extractor).title
    seen.choose("Extractor", title)
    seen.page.get_by_label(f"{title} of {clip.name}").wait_for()
    figure(seen, "dataset-features").wait_for()
    seen.settle()


def figure(seen: Visit, picture: str) -> Locator:
    return seen.page.locator(f".st-key-{picture}-picture .js-plotly-plot")


AXIS = """figure => {
    const { left, top } = figure.getBoundingClientRect()
    const { xaxis, yaxis } = figure._fullLayout
    return [left + xaxis._offset, xaxis._length, top + yaxis._offset + yaxis._length / 2]
}"""
CURSOR = """figure => {
    const { _offset, _length } = figure._fullLayout.xaxis
    const line = figure.querySelector('.clip-cursor')
    return (parseFloat(line.style.left) + 1 - _offset) / _length
}"""


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
def test_cursor_runs_through_both_pictures_on_one_axis(
    visit: Visitor, clip: Path, size: dict[str, int] | None
) -> None:
    seen = visit(size=size) if size else visit()
    show(seen, clip, "rms")
    second = figure(seen, "dataset-features")
    second.scroll_into_view_if_needed()
    above, below = (figure(seen, picture).evaluate(AXIS) for picture in PICTURES)
    assert below[:2] == pytest.approx(above[:2], abs=1)

    left, width, middle = second.evaluate(AXIS)
    seen.page.mouse.click(left + 0.5 * width, middle)
    sound = "document.querySelector('.st-key-dataset-player audio')"
    seen.page.wait_for_function(f"() => {sound}.currentTime > {0.5 * SECONDS + 0.2}")
    seen.page.evaluate(f"() => {sound}.pause()")
    seen.page.wait_for_timeout(200)
    expected = seen.page.evaluate(f"() => {sound}.currentTime / {sound}.duration")
    for picture in PICTURES:
        assert figure(seen, picture).evaluate(CURSOR) == pytest.approx(expected, abs=0.02)
    assert overflow_px(seen) <= 0
    assert seen.exceptions() == []
    assert seen.errors == []


def test_features_are_downloaded_as_they_are_drawn(visit: Visitor, clip: Path) -> None:
    seen = visit()
    show(seen, clip, "mfcc")
    seen.page.get_by_role("button", name="Export").click()
    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="Download as .npy").click()
    assert download.value.suggested_filename == f"{clip.stem}.mfcc.npy"
    expected = EXTRACTORS.create("mfcc").of(Signal(*audio.load(clip)))
    np.testing.assert_array_equal(np.load(download.value.path()), expected)
    assert seen.errors == []
