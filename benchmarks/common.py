"""What the benchmarks share: apps to compare, a browser, a clip, and how figures are told."""

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.browser import find_or_get

ROOT = Path(__file__).resolve().parents[1]
ONE_LINE = 'import streamlit as st; st.title("Hello")\n'
START_S = 60
WARM_UP = 3  # runs
Work = Callable[[], object]
# The same for both, so that the one-line app has no usage statistics or file watcher to pay for.
OPTIONS = (
    "--server.address=localhost",
    "--server.headless=true",
    "--server.fileWatcherType=none",
    "--browser.gatherUsageStats=false",
    "--logger.level=warning",
)


@dataclass(frozen=True)
class App:
    """A Streamlit script, started in its own folder.

    Attributes:
        answer: selector of what the first page is there to say.
    """

    script: Path
    answer: str

    @contextmanager
    def served(self, home: Path) -> Iterator["Server"]:
        """Start it with `streamlit run`, wait until it answers, and stop it afterwards."""
        port = free_port()
        command = [sys.executable, "-m", "streamlit", "run", self.script.name]
        process = subprocess.Popen(
            [*command, *OPTIONS, f"--server.port={port}"],
            cwd=self.script.parent,
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for_port(port, process)
            yield Server(f"http://localhost:{port}", process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


@dataclass(frozen=True)
class Server:
    """A running app: where it answers, and its process."""

    url: str
    pid: int


@contextmanager
def apps() -> Iterator[tuple[App, App]]:
    """The one-line app, written to a temporary folder, and SER Studio."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "one_line.py"
        script.write_text(ONE_LINE, encoding="utf-8")
        yield App(script, "h1"), App(ROOT / "app.py", ".st-key-next_step")


def environment(home: Path) -> dict[str, str]:
    """The variables of this process, with a home and a run store of the benchmark's own."""
    kept = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    return {**kept, "SER_HOME": str(home), "MLFLOW_DISABLE_TELEMETRY": "true"}


def use_home(home: Path) -> Path:
    """Fill a home as days of use do: the synthetic corpus in the list, a training run in the store.

    In a process of its own, which ends before anything is measured.
    """
    code = """
from ser_core.corpora import library
from ser_core.tracking import open_store
library.table(library.demo())
store = open_store()
store.finish(store.start("benchmark"))
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(home), check=True)
    return home


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Look every 5 ms, so that waiting adds nothing to what is measured."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.005)
    sys.exit("the server did not start; see its messages above")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; start it before the clock, and open a fresh context for each visit."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=find_or_get(), args=arguments)
        yield browser
        browser.close()


def wait_until_painted(page: Page) -> None:
    """The page's title is on the screen."""
    page.get_by_role("heading", level=1).first.wait_for(timeout=START_S * 1000)


def wait_until_run(page: Page) -> None:
    """The script has run to its end, and what it drew is there."""
    idle = '[data-testid="stApp"][data-test-script-state="notRunning"]'
    page.locator(idle).wait_for(timeout=START_S * 1000)
    page.locator('[data-testid="stSkeleton"]').first.wait_for(state="detached")


def wait_until_read(page: Page) -> None:
    """Home has read the run store, which it does in the background."""
    reading = page.get_by_text("reading the run store")
    reading.wait_for(state="detached", timeout=START_S * 1000)


def one_clip(folder: Path) -> Path:
    """An acted sentence of RAVDESS where SER_RAVDESS names a folder with it, else synthetic.

    Args:
        folder: where a synthetic clip may be written.
    """
    found = sorted(Path(os.environ.get("SER_RAVDESS", folder)).rglob("03-01-05-02-01-01-12.*"))
    return found[0] if found else _synthetic_clip(folder)


def _synthetic_clip(folder: Path) -> Path:
    from ser_core import audio
    from ser_core.corpora import synthetic, voice

    path = folder / "synthetic.wav"
    samples = synthetic.perform(next(synthetic.takes())).astype("float32")
    path.write_bytes(audio.to_wav_bytes(samples, voice.SAMPLING_RATE))
    return path


def take_turns(pair: tuple[Work, Work], runs: int) -> tuple[list[float], list[float]]:
    """Seconds of each run of both, after three runs to warm up."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(runs + WARM_UP):
        for work, seconds in zip(pair, times, strict=True):
            began = time.perf_counter()
            work()
            if turn >= WARM_UP:
                seconds.append(time.perf_counter() - began)
    return times


def describe(values: Sequence[float], unit: str, scale: float = 1) -> str:
    """Median with the range, three digits each: "1.31 s (1.28–1.40)"."""
    middle, least, most = (
        short(scale * value) for value in (statistics.median(values), min(values), max(values))
    )
    return f"{middle} {unit} ({least}–{most})"


def short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}"


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below a title and heads, in columns as wide as they need."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    print(f"\n{title}\n")
    for row in (heads, ["-" * width for width in widths], *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def verdict(ratio: float, goal: float, *, at_least: bool = False) -> tuple[str, str]:
    """The ratio, and the goal with whether it was met."""
    met = ratio >= goal if at_least else ratio <= goal
    sign = "≥" if at_least else "≤"
    return f"{ratio:.2f}×", f"{sign} {goal:g}×: {'met' if met else 'missed'}"


def faster(name: str, theirs: list[float], ours: list[float], goal: float) -> tuple[str, ...]:
    """A row of how many times faster we are: both in ms, the ratio of medians, and the goal."""
    ratio = statistics.median(theirs) / statistics.median(ours)
    figures = describe(theirs, "ms", 1000), describe(ours, "ms", 1000)
    return (name, *figures, *verdict(ratio, goal, at_least=True))
