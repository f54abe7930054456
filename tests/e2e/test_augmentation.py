"""The Augmentation page in a browser: add a step, roll, hear, keep, and share the address."""

import re

from playwright.sync_api import expect

from ser_core.augment import load_chain
from tests.e2e.conftest import Visit, Visitor
from tests.e2e.test_pages import overflow_px


def drawn(visit: Visit) -> str:
    """What stands beside the step that was added."""
    return visit.page.get_by_text(re.compile(r"pitch [+−]?\d\.\d semitones")).first.inner_text()


def click(visit: Visit, name: str) -> None:
    visit.page.get_by_role("button", name=name, exact=True).click()
    visit.settle()


def test_a_chain_is_made_heard_kept_and_shared(visit: Visitor) -> None:
    seen = visit()
    seen.open("/augmentation?chain=")
    page = seen.page
    expect(page.get_by_text("synthetic", exact=True).first).to_be_visible()
    page.get_by_text("Add a step", exact=True).click()
    page.get_by_role("button", name="Pitch shift").click()
    seen.settle()
    first = drawn(seen)
    page.get_by_role("button", name="Roll again").click()
    expect(page.get_by_text(first, exact=True)).to_have_count(0)
    seen.settle()
    second = drawn(seen)

    player = page.locator(".st-key-augment-player, [class*='augment-player']").first
    expect(player).to_be_attached()
    page.get_by_role("button", name="Play").first.click()
    expect(page.get_by_role("button", name="Pause").first).to_be_visible()
    page.get_by_role("button", name="Pause").first.click()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()

    page.get_by_text("Keep", exact=True).click()
    page.get_by_label("Name").fill("browser made")
    page.get_by_label("Name").press("Enter")
    click(seen, "Save as preset")
    expect(page.get_by_text("Kept as browser made.")).to_be_visible()
    kept = load_chain(seen.app.home / "presets" / "browser made.toml")
    assert [step.name for step in kept.waveform] == ["pitch_shift"]

    seen.open(page.url.removeprefix(seen.app.url))
    assert drawn(seen) == second
    assert seen.exceptions() == []
    assert seen.errors == []
    assert overflow_px(seen) <= 0
    (seen.app.home / "presets" / "browser made.toml").unlink()
