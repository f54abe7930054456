"""Resident memory of the web process after one prediction, against a one-line Streamlit app.

The real app is started, a clip is uploaded on the Live page by a headless Chromium, and when the
answer is on the screen the server's process is asked how much memory it holds.
"""

import argparse
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import (
    App,
    apps,
    chromium,
    describe,
    one_clip,
    table,
    use_home,
    wait_until_painted,
    wait_until_read,
    wait_until_run,
)

HEADS = ("web process", "resident memory", "ratio")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="starts of each app")
    runs = parser.parse_args().runs
    with apps() as (one_line, studio), chromium() as browser, TemporaryDirectory() as folder:
        clip = one_clip(Path(folder))
        used = use_home(Path(folder) / "used")
        empty = Path(folder) / "empty"
        visits = {
            "one-line app, opened": (one_line, empty, open_page),
            "SER Studio, one prediction": (studio, empty, lambda page: predict(page, clip)),
            "the same after Home, used home": (studio, used, lambda page: roam(page, clip)),
        }
        held: dict[str, list[float]] = {name: [] for name in visits}
        for _ in range(runs):
            for name, (app, home, visit) in visits.items():
                held[name].append(resident_mb(app, browser, home, visit))
    report(held, f"Memory, median and range of {runs}")


def resident_mb(app: App, browser: Browser, home: Path, visit: Callable[[Page], None]) -> float:
    """Megabytes (10^6 bytes) held by the server's processes after a visit."""
    with (
        app.served(home) as server,
        browser.new_context(base_url=server.url) as context,
    ):
        visit(context.new_page())
        process = psutil.Process(server.pid)
        everyone = [process, *process.children(recursive=True)]
        return sum(one.memory_info().rss for one in everyone) / 1e6


def open_page(page: Page) -> None:
    page.goto("/")
    wait_until_painted(page)
    wait_until_run(page)


def predict(page: Page, clip: Path) -> None:
    """Upload a clip on the Live page and wait for the answer and its picture."""
    page.goto("/live")
    wait_until_painted(page)
    page.get_by_test_id("stButtonGroup").get_by_text("Upload", exact=True).click()
    page.locator('input[type="file"]').set_input_files(clip)
    page.locator(".st-key-live_emotion").get_by_role("status").wait_for()
    page.locator(".js-plotly-plot").first.wait_for()
    wait_until_run(page)


def roam(page: Page, clip: Path) -> None:
    """The same by way of Home, which reads the run store in the background."""
    open_page(page)
    wait_until_read(page)
    predict(page, clip)


def report(held: dict[str, list[float]], title: str) -> None:
    least = statistics.median(next(iter(held.values())))
    rows = [
        (name, describe(megabytes, "MB"), f"{statistics.median(megabytes) / least:.2f}×")
        for name, megabytes in held.items()
    ]
    table(title, HEADS, rows)


if __name__ == "__main__":
    main()
