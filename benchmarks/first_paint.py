"""How much longer SER Studio takes to start and to rerun a page than a one-line Streamlit app.

Cold start: from starting the process `streamlit run app.py` until Home's title is on the screen of
a headless Chromium with an empty cache, until the next step (what Home is there to say) is, and
until the whole script has run. Rerun: from pressing R on a page until its script has run again, as
the browser sees it. The apps take turns, so that whatever else the machine does touches both. An
empty home is what a fresh clone has; a used one holds the synthetic corpus and a training run.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import (
    App,
    apps,
    chromium,
    describe,
    table,
    use_home,
    verdict,
    wait_until_painted,
    wait_until_read,
    wait_until_run,
)

GOAL = 1.5
PAGES = {"Home": "/", "Dataset": "/dataset", "Live": "/live"}
HEADS = ("", "one-line app", "SER Studio", "ratio", "goal")
PAUSE_S = 0.3  # between two reruns, so that none meets the end of another
# Watches the script state that Streamlit writes on the page, from the key to the end of the run.
PRESS_R = """() => new Promise(done => {
    const app = document.querySelector('[data-testid="stApp"]')
    const began = performance.now()
    const watcher = new MutationObserver(() => {
        if (app.dataset.testScriptState !== 'notRunning') return
        watcher.disconnect()
        done((performance.now() - began) / 1000)
    })
    watcher.observe(app, {attributes: true, attributeFilter: ['data-test-script-state']})
    const key = {key: 'r', code: 'KeyR', keyCode: 82, bubbles: true}
    document.body.dispatchEvent(new KeyboardEvent('keydown', key))
    document.body.dispatchEvent(new KeyboardEvent('keyup', key))
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--starts", type=int, default=7, help="cold starts of each app")
    parser.add_argument("--reruns", type=int, default=30, help="reruns of each page")
    counts = parser.parse_args()
    with apps() as both, chromium() as browser, TemporaryDirectory() as folder:
        homes = {"empty home": Path(folder) / "empty", "used home": use_home(Path(folder) / "used")}
        for words, home in homes.items():
            starts = cold_starts(both, browser, home, counts.starts)
            report(f"Cold start, {words}: median and range of {counts.starts}", starts, "s")
        for words, home in homes.items():
            reruns = page_reruns(both, browser, home, counts.reruns)
            report(f"Rerun, {words}: median and range of {counts.reruns}", reruns, "ms")


Pairs = dict[str, tuple[list[float], list[float]]]
"""What was measured → seconds of the one-line app, seconds of SER Studio."""


def cold_starts(both: tuple[App, App], browser: Browser, home: Path, count: int) -> Pairs:
    measured: Pairs = {name: ([], []) for name in ("title", "next step", "whole page")}
    for turn in range(count + 1):
        for which, app in enumerate(both):
            seconds = cold_start(app, browser, home)
            if turn > 0:  # the first start fills the disk cache, and compiles to bytecode
                for name, pair in measured.items():
                    pair[which].append(seconds[name])
    return measured


def cold_start(app: App, browser: Browser, home: Path) -> dict[str, float]:
    """Seconds from the process's start until each part of the page is on the screen."""
    seconds = {}
    with browser.new_context() as context:
        page = context.new_page()
        began = time.perf_counter()
        with app.served(home) as server:
            page.goto(server.url, wait_until="commit")
            wait_until_painted(page)
            seconds["title"] = time.perf_counter() - began
            page.locator(app.answer).wait_for()
            seconds["next step"] = time.perf_counter() - began
            wait_until_run(page)
            seconds["whole page"] = time.perf_counter() - began
    return seconds


def page_reruns(both: tuple[App, App], browser: Browser, home: Path, count: int) -> Pairs:
    """Every page of SER Studio, as it first shows itself, against the one-line app."""
    one_line, studio = both
    measured: Pairs = {}
    with one_line.served(home) as simple, studio.served(home) as full:
        for name, address in PAGES.items():
            pages = settled(browser, simple.url), settled(browser, full.url + address)
            measured[name] = take_turns(pages, count)
            for page in pages:
                page.close()
    return measured


def settled(browser: Browser, url: str) -> Page:
    """A page that has been drawn, rerun once, and has nothing left to do in the background."""
    page = browser.new_page()
    page.goto(url)
    wait_until_painted(page)
    wait_until_run(page)
    wait_until_read(page)
    rerun_s(page)
    return page


def take_turns(pages: tuple[Page, Page], count: int) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(count):
        for page, seconds in zip(pages, times, strict=True):
            seconds.append(rerun_s(page))
    return times


def rerun_s(page: Page) -> float:
    """Seconds from pressing R until the script has run."""
    page.bring_to_front()
    seconds: float = page.evaluate(PRESS_R)
    time.sleep(PAUSE_S)
    return seconds


def report(title: str, measured: Pairs, unit: str) -> None:
    scale = {"s": 1, "ms": 1000}[unit]
    rows = []
    for name, (simple, full) in measured.items():
        ratio = statistics.median(full) / statistics.median(simple)
        figures = describe(simple, unit, scale), describe(full, unit, scale)
        rows.append((name, *figures, *verdict(ratio, GOAL)))
    table(title, HEADS, rows)


if __name__ == "__main__":
    main()
