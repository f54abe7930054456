"""How long the Dataset page takes with 100 000 clips, against 2 000 in the same run.

Two corpora of one kind are made and indexed, each in a home of its own, and opened in a headless
Chromium; the two take turns, so that whatever else the machine does touches both. Rerun: from
pressing R until the script has run again, as the browser sees it. Filter: the same from a click on
an emotion in the sidebar.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import (
    ROOT,
    START_S,
    App,
    chromium,
    describe,
    environment,
    table,
    verdict,
    wait_until_painted,
    wait_until_run,
)
from benchmarks.index import clip_paths

GOAL = 3
FEW = 2_000
LENGTHS = 40  # different ones; as many files hold sound, all others are links to them
PAUSE_S = 0.3  # between two reruns, so that none meets the end of another
HEADS = ("", f"{FEW:,} clips", "many clips", "ratio", "goal")
# Does something, and watches the script state that Streamlit writes on the page until it has run.
ACT = """what => new Promise(done => {
    const app = document.querySelector('[data-testid="stApp"]')
    const began = performance.now()
    const watcher = new MutationObserver(() => {
        if (app.dataset.testScriptState !== 'notRunning') return
        watcher.disconnect()
        done((performance.now() - began) / 1000)
    })
    watcher.observe(app, {attributes: true, attributeFilter: ['data-test-script-state']})
    if (what === 'rerun') {
        const key = {key: 'r', code: 'KeyR', keyCode: 82, bubbles: true}
        document.body.dispatchEvent(new KeyboardEvent('keydown', key))
        document.body.dispatchEvent(new KeyboardEvent('keyup', key))
    } else {
        const pills = document.querySelectorAll('[data-testid="stSidebar"] button')
        Array.from(pills).find(one => one.textContent.trim() === what).click()
    }
})"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=int, default=100_000, help="of the larger corpus")
    parser.add_argument("--runs", type=int, default=20, help="of each kind")
    options = parser.parse_args()
    app = App(ROOT / "app.py", "h1")
    with TemporaryDirectory() as folder, chromium() as browser:
        homes = [made(Path(folder, str(count)), count) for count in (FEW, options.clips)]
        with app.served(homes[0]) as small, app.served(homes[1]) as large:
            counts = (FEW, options.clips)
            pages = []
            for server, count in zip((small, large), counts, strict=True):
                page = browser.new_page()
                page.goto(f"{server.url}/dataset")
                wait_until_painted(page)
                page.get_by_text(f"{count:,} clips").first.wait_for(timeout=START_S * 1000)
                wait_until_run(page)
                pages.append(page)
            rows = [row(name, pages, act, options.runs) for name, act in ACTS.items()]
    title = f"Dataset page, {FEW:,} and {options.clips:,} clips, median and range of {options.runs}"
    table(title, HEADS, rows)


ACTS = {"rerun": "rerun", "filter by an emotion, or off": "Angry"}


def row(name: str, pages: list[Page], act: str, runs: int) -> tuple[str, ...]:
    took: list[list[float]] = [[], []]
    for turn in range(runs + 2):
        for page, seconds in zip(pages, took, strict=True):
            page.bring_to_front()
            found = page.evaluate(ACT, act)
            time.sleep(PAUSE_S)
            if turn > 1:
                seconds.append(found)
    ratio = statistics.median(took[1]) / statistics.median(took[0])
    return (name, *(describe(some, "ms", 1000) for some in took), *verdict(ratio, GOAL))


def made(folder: Path, count: int) -> Path:
    """A home with one corpus, indexed: CREMA-D's names, 1 to 5 s of noise, by many speakers."""
    root, home = folder / "clips", folder / "home"
    sources = [folder / f"{number}.wav" for number in range(LENGTHS)]
    folder.mkdir()
    noise = 0.1 * np.random.default_rng(0).standard_normal(40_000)
    for number, source in enumerate(sources):
        soundfile.write(source, noise[: 8_000 + 800 * number], 8_000)
    for number, path in enumerate(clip_paths(root, count)):
        os.link(sources[7 * number % LENGTHS], path)
    code = "import sys; from ser_core.corpora import library; library.open_folder(sys.argv[1])"
    command = [sys.executable, "-c", code, str(root)]
    subprocess.run(command, cwd=ROOT, env=environment(home), check=True)
    return home


if __name__ == "__main__":
    main()
