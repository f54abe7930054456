"""The map of a corpus in a browser: a click on a point plays its clip, a lasso lists many."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from playwright.sync_api import Browser, Locator, Playwright

from tests.conftest import SAMPLING_RATE, speech_like
from tests.e2e.conftest import Visit, Visitor, launch
from tests.e2e.test_pages import overflow_px

PLACES = """figure => {
    const { left, top } = figure.getBoundingClientRect()
    const { xaxis, yaxis } = figure._fullLayout
    return figure._fullData.filter(t => t.customdata).flatMap(t => Array.from(t.x, (x, i) => [
        left + xaxis._offset + xaxis.d2p(x), top + yaxis._offset + yaxis.d2p(t.y[i]),
        t.text[i].split(' · ').pop()]))
}"""


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Eight clips with RAVDESS names: four emotions by two speakers."""
    for seed, emotion in enumerate(("01", "03", "04", "05")):
        for actor in ("01", "02"):
            name = f"03-01-{emotion}-01-01-01-{actor}.wav"
            sound = speech_like(1.0, seed=seed + 10 * int(actor))
            soundfile.write(tmp_path / name, sound * (1 + seed) / 4, SAMPLING_RATE)
    return tmp_path


def the_map(seen: Visit) -> Locator:
    return seen.page.locator(".st-key-map_plot .js-plotly-plot").last  # while it is drawn anew, two


def placed(seen: Visit) -> list[Any]:
    """Where the points are on the screen, with their clips, once the map is drawn."""
    ready = "document.querySelector('.st-key-map_plot .js-plotly-plot')?._fullLayout?.xaxis"
    seen.page.wait_for_function(f"() => Boolean({ready})")
    return the_map(seen).evaluate(PLACES)


@pytest.fixture
def drawing(playwright: Playwright) -> Iterator[Browser]:
    """A browser that draws WebGL without a graphics card."""
    started = launch(playwright, "--enable-unsafe-swiftshader")
    yield started
    started.close()


@pytest.mark.soak  # a map drawn without a graphics card takes its time on a busy machine
def test_click_plays_and_lasso_lists(visit: Visitor, drawing: Browser, clips: Path) -> None:
    seen = visit(browser=drawing, size={"width": 1280, "height": 1300})
    seen.page.set_default_timeout(40_000)
    seen.open("/dataset")
    seen.page.get_by_role("textbox", name="Folder").fill(str(clips))
    seen.page.get_by_role("textbox", name="Folder").press("Enter")
    seen.page.get_by_role("radio", name="Map", exact=True).click()
    the_map(seen).wait_for()
    seen.settle()
    places = placed(seen)
    assert len(places) == 8

    # Any point will do, but one that stands free of the others and of the edge.
    middle_x, middle_y = (sum(place[axis] for place in places) / len(places) for axis in (0, 1))
    x, y, name = min(places, key=lambda at: abs(at[0] - middle_x) + abs(at[1] - middle_y))
    seen.page.mouse.move(x, y - 3, steps=4)
    seen.page.mouse.move(x, y)
    the_map(seen).locator(".hovertext").first.wait_for()  # only then is a click one on the point
    seen.page.wait_for_timeout(1000)  # the hover is drawn; a press that meets the drawing is lost
    seen.page.mouse.click(x, y)
    seen.page.get_by_text(f"{name} · 1.00 s").wait_for()
    sound = "document.querySelector('.st-key-dataset-player audio')"
    seen.page.wait_for_function(f"() => {sound}.currentTime > 0.2")

    seen.page.get_by_role("radio", name="Lasso").click()
    seen.settle()
    places = placed(seen)
    left, right = (pick(x for x, _, _ in places) for pick in (min, max))
    top, bottom = (pick(y for _, y, _ in places) for pick in (min, max))
    seen.page.mouse.move(left - 8, top - 8)
    seen.page.mouse.down()
    for x, y in ((right + 8, top - 8), (right + 8, bottom + 8), (left - 8, bottom + 8)):
        seen.page.mouse.move(x, y, steps=8)
    seen.page.mouse.up()
    seen.page.get_by_text("8 clips caught").wait_for()
    seen.page.get_by_role("button", name="Show only these in the table").click()
    seen.page.get_by_role("button", name="8 clips caught on the map").wait_for()
    assert overflow_px(seen) <= 0
    assert seen.exceptions() == []
    assert seen.errors == []
