"""The real app on a port of its own, and real browsers that look at it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    ViewportSize,
    sync_playwright,
)

from tests.e2e.browser import find_or_get

ROOT = Path(__file__).resolve().parents[2]
START_S = 60
# On a page's own address Streamlit's front end first looks for its server below that address.
PROBES = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")
FAULT = re.compile(r"Traceback \(most recent call last\)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TWO_FRAMES = "() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))"
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")


@dataclass
class App:
    """A running server: where it answers, what it logs, where it keeps things."""

    url: str
    log: Path
    home: Path
    process: subprocess.Popen[bytes]

    def log_text(self) -> str:
        """What the server has logged, without the colours that Streamlit gives to tracebacks."""
        return COLOUR.sub("", self.log.read_text(encoding="utf-8", errors="replace"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_healthy(app: App) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if app.process.poll() is not None:
            pytest.fail(f"the app ended at once:\n{app.log_text()}")
        try:
            with urllib.request.urlopen(f"{app.url}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the app did not answer within {START_S} s:\n{app.log_text()}")


@contextmanager
def serve(script: Path, folder: Path) -> Iterator[App]:
    """Run a script as `streamlit run` does, in the project's root, with an empty `SER_HOME`."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = ["--server.port", str(port), "--server.headless", "true"]
    environment = {**os.environ, "SER_HOME": str(folder / "home")}
    environment.pop("LOKY_MAX_CPU_COUNT", None)  # as many processes as a user's app has
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    running = App(f"http://localhost:{port}", folder / "server.log", folder / "home", process)
    try:
        wait_until_healthy(running)
        yield running
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail("the app did not stop within 15 s of being asked to")


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app, started once for all browser tests."""
    with serve(ROOT / "app.py", tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture(autouse=True)
def no_corpora_yet(app: App) -> None:
    """What an earlier test opened, perhaps before it failed, is off the user's list."""
    (app.home / "corpora.json").unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def no_fault_in_the_log(app: App) -> Iterator[None]:
    """Whatever a test does, the server must not log a traceback."""
    start = len(app.log_text())
    yield
    fresh = app.log_text()[start:]
    assert not FAULT.search(fresh), fresh


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


def launch(playwright: Playwright, *arguments: str) -> Browser:
    """Start a browser without a window."""
    return playwright.chromium.launch(
        executable_path=find_or_get(), headless=True, args=[*CHROMIUM, *arguments]
    )


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = launch(playwright)
    yield started
    started.close()


@dataclass
class Visit:
    """A page somebody looks at, with what went wrong in the browser so far."""

    page: Page
    app: App
    errors: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note_request)

    def open(self, path: str = "/") -> None:
        """Go to an address of the app and wait until it has been drawn."""
        self.page.goto(self.app.url + path)
        self.page.get_by_role("heading", level=1).first.wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and nothing is left to load."""
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
        self.page.locator('[data-testid="stSkeleton"]').first.wait_for(state="detached")
        self.page.locator('[data-testid="stSpinner"]').first.wait_for(state="detached")

    def choose(self, label: str, option: str | re.Pattern[str]) -> None:
        """Open a list and choose from it; a name given in full is typed, as lists can be long.

        A list shuts when the page scrolls, and `click` scrolls to what it clicks just before: so
        this is there and seen to be there first.
        """
        box = self.page.get_by_role("combobox", name=label)
        box.wait_for()
        self.settle()  # a list that is drawn again is shut too
        box.scroll_into_view_if_needed()
        self.page.evaluate(TWO_FRAMES)
        box.click()
        if isinstance(option, str):
            box.fill(option)
        self.page.get_by_role("option", name=option, exact=True).click()

    def exceptions(self) -> list[str]:
        """Texts of Streamlit's exception boxes: there must be none, whatever the user does."""
        return self.page.locator('[data-testid="stException"]').all_inner_texts()

    def _note_message(self, message: ConsoleMessage) -> None:
        source = message.location.get("url", "")
        if message.type == "error" and not PROBES.search(source):
            self.errors.append(f"{message.text} {source}".strip())

    def _note_request(self, request: Request) -> None:
        target = urlsplit(request.url)
        if target.scheme in {"http", "https", "ws", "wss"} and target.hostname != "localhost":
            self.strays.append(request.url)


Visitor = Callable[..., Visit]


@pytest.fixture(scope="session")
def context_of() -> Callable[[Browser], BrowserContext]:
    """One context a browser, so that what pages load is kept; each page is a session of its own.

    What a page keeps in the browser, as that the sidebar was opened, is for `visit` to forget.
    """
    known: dict[Browser, BrowserContext] = {}

    def find(browser: Browser) -> BrowserContext:
        if browser not in known:
            known[browser] = browser.new_context(permissions=["microphone"])
        return known[browser]

    return find


@pytest.fixture
def visit(
    app: App, browser: Browser, context_of: Callable[[Browser], BrowserContext]
) -> Iterator[Visitor]:
    """Open a fresh page: `visit(dark=True, size=PHONE)`."""
    pages: list[Page] = []

    def start(
        *, dark: bool = False, size: ViewportSize = DESKTOP, browser: Browser = browser
    ) -> Visit:
        page = context_of(browser).new_page()
        pages.append(page)
        page.set_viewport_size(size)
        # On a busy machine the page may learn of it late, and open the sidebar as on a desktop.
        page.wait_for_function(f"window.innerWidth === {size['width']}")
        page.emulate_media(color_scheme="dark" if dark else "light")
        return Visit(page, app)

    yield start
    for page in pages:
        if not page.is_closed() and page.url.startswith(app.url):
            page.evaluate("localStorage.clear()")
        page.close()


@pytest.fixture
def with_microphone(playwright: Playwright) -> Iterator[Callable[[Path], Browser]]:
    """Start a browser whose microphone hears a WAV file, once."""
    started: list[Browser] = []

    def start(clip: Path) -> Browser:
        microphone = (
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={clip}%noloop",
        )
        started.append(launch(playwright, *microphone))
        return started[-1]

    yield start
    for browser in started:
        browser.close()
