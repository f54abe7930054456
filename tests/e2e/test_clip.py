"""A clip's player and its picture belong together: a click in the picture plays from there."""

from pathlib import Path

import pytest
import soundfile

from tests.conftest import SAMPLING_RATE, speech_like
from tests.e2e.conftest import PHONE, Visit, Visitor

SECONDS = 6.0


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    soundfile.write(path, speech_like(SECONDS), SAMPLING_RATE)
    return path


def show(visit: Visit, clip: Path) -> None:
    visit.open("/live")
    visit.page.get_by_test_id("stButtonGroup").get_by_text("Upload", exact=True).click()
    visit.settle()
    visit.page.locator('input[type="file"]').set_input_files(clip)
    visit.page.locator(".st-key-live-picture .js-plotly-plot .heatmaplayer image").wait_for()


def click_at(visit: Visit, share: float) -> None:
    """Click in the spectrogram, at this share of its width."""
    plot = visit.page.locator(".st-key-live-picture .js-plotly-plot")
    plot.scroll_into_view_if_needed()
    script = """figure => {
        const { left, top } = figure.getBoundingClientRect()
        const { xaxis, yaxis2 } = figure._fullLayout
        return [left + xaxis._offset, xaxis._length, top + yaxis2._offset + yaxis2._length / 2]
    }"""
    left, width, middle = plot.evaluate(script)
    visit.page.mouse.click(left + share * width, middle)


def player(visit: Visit, what: str) -> float:
    script = f"() => document.querySelector('.st-key-live-player audio').{what}"
    return float(visit.page.evaluate(script))


def cursor_share(visit: Visit) -> float:
    """Where the line stands, as a share of the width of the time axis."""
    script = """() => {
        const figure = document.querySelector('.st-key-live-picture .js-plotly-plot')
        const { _offset, _length } = figure._fullLayout.xaxis
        const line = figure.querySelector('.clip-cursor')
        return (parseFloat(line.style.left) + 1 - _offset) / _length
    }"""
    return float(visit.page.evaluate(script))


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
def test_click_plays_from_there_and_a_line_follows_and_goes_with_its_clip(
    visit: Visitor, clip: Path, tmp_path: Path, size: dict[str, int] | None
) -> None:
    seen = visit(size=size) if size else visit()
    show(seen, clip)
    click_at(seen, 0.5)
    seen.page.locator(".clip-cursor").wait_for()
    seen.page.wait_for_function(
        "() => document.querySelector('.st-key-live-player audio').currentTime > 3.2"
    )
    assert player(seen, "currentTime") >= 0.5 * SECONDS
    seen.page.evaluate("() => document.querySelector('.st-key-live-player audio').pause()")
    seen.page.wait_for_timeout(200)
    expected = player(seen, "currentTime") / player(seen, "duration")
    assert cursor_share(seen) == pytest.approx(expected, abs=0.02)

    other = tmp_path / "other.wav"
    soundfile.write(other, speech_like(2.0, seed=1), SAMPLING_RATE)
    seen.page.locator('input[type="file"]').set_input_files(other)
    seen.page.get_by_text("other.wav · 2.0 s").wait_for()
    seen.page.locator(".clip-cursor").wait_for(state="hidden")
    assert seen.exceptions() == []
    assert seen.errors == []
