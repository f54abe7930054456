"""What a training costs the pages that watch it, and what the pages cost the training.

A home with 200 jobs that are over is served, and opened in a headless Chromium. Pages: from a click
until the new view is drawn, before and after a training in equal parts, and while it runs.
Training: the same order on the command line, as a job of the app that nobody looks at, and as one
whose page is open on its curves, in turn; from the start until it is finished, the import of
TensorFlow included. The browser that watches is on the same machine and draws without a graphics
card: what it takes from the training is told, but is no matter of the job's.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import (
    ROOT,
    START_S,
    App,
    Server,
    chromium,
    describe,
    environment,
    table,
    verdict,
    wait_until_run,
)

if TYPE_CHECKING:
    from ser_core.jobs.manager import JobManager
    from ser_core.training.order import Order

OVER = 200
RERUN_GOAL, TRAINING_GOAL = 2, 1.05
PAUSE_S = 0.3
PATIENCE_S = 600
SET = {"copies": 1, "batch_size": 16, "folds": 2, "validation_speakers": 1}
HEADS = ("", "idle", "while a job trains", "ratio", "goal")
# Clicks a button by its words, and waits until the other view is there.
ACT = """([words, selector]) => new Promise(done => {
    const began = performance.now()
    const watcher = new MutationObserver(() => {
        const found = document.querySelector(selector)
        if (!found || found.closest('[data-stale="true"]')) return
        watcher.disconnect()
        done((performance.now() - began) / 1000)
    })
    watcher.observe(document.body, {subtree: true, childList: true, attributes: true})
    const buttons = document.querySelectorAll('[data-testid="stMain"] button')
    Array.from(buttons).find(one => one.textContent.includes(words)).click()
})"""
# What is clicked, and what the view that it leads to has; each leads back to the other.
ALL_JOBS = ("Jobs", ".st-key-training_past_actions")
VIEWS = {"the form, without a corpus": ("New training", "[data-testid='stAlert']"),
         "all jobs": ALL_JOBS}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=20, help="of each view, half of them idle")
    parser.add_argument("--trainings", type=int, default=2, help="of each kind; 0: none")
    parser.add_argument("--epochs", type=int, default=12, help="of each of a training's two folds")
    options = parser.parse_args()
    with TemporaryDirectory() as folder, chromium() as browser:
        home = made(Path(folder))
        with App(ROOT / "app.py", "h1").served(home) as server:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{server.url}/training?view=jobs")
            page.locator(ALL_JOBS[1]).wait_for(timeout=START_S * 1000)
            wait_until_run(page)
            reruns(page, home, options.runs)
            trainings(page, server, home, options.trainings, options.epochs)


def reruns(page: Page, home: Path, runs: int) -> None:
    """Print how long views take to be drawn, idle and while a job trains."""
    measured(page, 2)
    idle = measured(page, runs // 2)
    with training(home) as words:
        busy = measured(page, runs)
    for name, more in measured(page, runs - runs // 2).items():
        idle[name] += more
    rows = [
        (
            name,
            describe(idle[name], "ms", 1000),
            describe(busy[name], "ms", 1000),
            *verdict(statistics.median(busy[name]) / statistics.median(idle[name]), RERUN_GOAL),
        )
        for name in VIEWS
    ]
    table(f"Training page with {OVER} jobs, median and range of {runs}; {words}", HEADS, rows)


def measured(page: Page, runs: int) -> dict[str, list[float]]:
    """Seconds from the click to each view; it begins and ends with all jobs."""
    took: dict[str, list[float]] = {name: [] for name in VIEWS}
    for _ in range(runs):
        for name, act in VIEWS.items():
            time.sleep(PAUSE_S)
            took[name].append(page.evaluate(ACT, act))
    return took


@contextmanager
def training(home: Path) -> Iterator[str]:
    """A job that trains meanwhile; what it is, in words."""
    jobs = asked(home)
    job_id = jobs.submit(order(home, 2_000))
    try:
        until = time.monotonic() + PATIENCE_S
        while jobs.job(job_id).progress.epoch < 2:
            if jobs.job(job_id).state.over or time.monotonic() > until:
                sys.exit(f"the job does not train: {jobs.job(job_id).state.reason}")
            time.sleep(0.2)
        yield f"{jobs.job(job_id).architecture} on {os.cpu_count()} cores"
    finally:
        jobs.cancel(job_id)
        jobs.wait(job_id, 60)


def trainings(page: Page, server: Server, home: Path, count: int, epochs: int) -> None:
    """Print how long a training takes by command and as a job."""
    if not count:
        return
    by_command(home, 1)  # features are made once
    ways = {
        "by command": lambda: by_command(home, epochs),
        "as a job": lambda: as_job(page, "", home, epochs),
        "as a job, watched on this machine": lambda: as_job(page, server.url, home, epochs),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(count):
        for name, way in ways.items():
            took[name].append(way())
    middle = {name: statistics.median(each) for name, each in took.items()}
    command, job, watched = ways
    told = [*verdict(middle[job] / middle[command], TRAINING_GOAL)]
    seen = [f"{middle[watched] / middle[command]:.2f}×", "no goal"]
    rows = [
        (name, describe(took[name], "s"), *more)
        for name, more in zip(ways, (["", ""], told, seen), strict=True)
    ]
    title = f"The same training of {2 * epochs} epochs, median and range of {count}"
    table(title, ("", "time", "ratio", "goal"), rows)


def by_command(home: Path, epochs: int) -> float:
    """Seconds of `python -m ser_core train`."""
    said = [f"--set={key}={value}" for key, value in (SET | {"epochs": epochs}).items()]
    command = ["-m", "ser_core", "train", "studio", "--corpus", f"synthetic={home / 'clips'}"]
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, *command, *said], cwd=ROOT, env=environment(home), check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - began


def as_job(page: Page, url: str, home: Path, epochs: int) -> float:
    """Seconds from `submit` to the end.

    Args:
        url: of the app, whose page of the job is then open; "" where nobody looks.
    """
    jobs = asked(home)
    page.goto("about:blank")
    began = time.perf_counter()
    job_id = jobs.submit(order(home, epochs))
    if url:
        page.goto(f"{url}/training?view=jobs&job={job_id}")
    found = jobs.wait(job_id, PATIENCE_S)
    if found.status != "FINISHED":
        sys.exit(f"the job is {found.status}: {found.state.reason}")
    return time.perf_counter() - began


def asked(home: Path) -> "JobManager":
    """Puts jobs in line that the app's own manager carries out."""
    from ser_core.jobs.manager import JobManager

    return JobManager(home / "jobs")


def order(home: Path, epochs: int) -> "Order":
    """What `by_command` asks for."""
    from ser_core import recipes
    from ser_core.corpora.combine import Source
    from ser_core.training.config import override
    from ser_core.training.order import Order

    recipe = override(recipes.load("studio"), SET | {"epochs": epochs})
    return Order(recipe, (Source("synthetic", home / "clips"),), "speaker-independent")


def made(folder: Path) -> Path:
    """A home with jobs that are over, and a small corpus in it that is on nobody's list."""
    from ser_core.corpora import synthetic
    from tests.jobs.made import make_job, order

    home = folder / "home"
    os.environ.update(environment(home))  # of this process, too
    for number in range(OVER):
        failed = number % 10 == 0
        make_job(
            home / "jobs",
            "FAILED" if failed else "FINISHED",
            told=8 if failed else None,
            asked=order(epochs=number),
            ago_s=1e5 + number,
            reason="the disk is full" if failed else "",
        )
    synthetic.generate(home / "clips")
    return home


if __name__ == "__main__":
    main()
