"""Find a Chromium for the browser tests, or get one; `python tests/e2e/browser.py` prints it."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

INSTALLED = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
HELP = (
    "The browser tests need Chromium or Chrome, and none could be had: none is installed, "
    "Playwright could not download its own, and Debian's package could not be installed "
    "(that needs root and apt-get). Install one, for example with: sudo apt-get install chromium"
)


@functools.cache
def find_or_get() -> str:
    """Path of a browser that starts.

    An installed one, else Playwright's own download, else Debian's package.

    Raises:
        RuntimeError: none can be had.
    """
    for candidate in (installed, downloaded, download, install_package):
        path = candidate()
        if path is not None:
            return path
    raise RuntimeError(HELP)


def installed() -> str | None:
    """A browser on the path, or in the usual place on macOS."""
    return next((path for name in INSTALLED if (path := shutil.which(name)) and starts(path)), None)


def downloaded() -> str | None:
    """The browser Playwright downloaded earlier."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if starts(path) else None


def download() -> str | None:
    """Playwright's own browser, downloaded now."""
    say("No Chromium or Chrome is installed; downloading Playwright's own.")
    run(sys.executable, "-m", "playwright", "install", "chromium")
    return downloaded()


def install_package() -> str | None:
    """Debian's package, where this process may install it."""
    if shutil.which("apt-get") is None or not is_root():
        return None
    say("Playwright's download did not work; installing Debian's package.")
    run("apt-get", "update", "--quiet")
    run("apt-get", "install", "--quiet", "--yes", "--no-install-recommends", "chromium")
    return installed()


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def starts(path: str) -> bool:
    """Whether the file is a browser that runs here (a snap stub or missing libraries do not)."""
    if not Path(path).is_file():
        return False
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def run(*command: str) -> None:
    """Run an installer for at most five minutes; what it achieved is judged afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, env=environment, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"{command[0]}: {error}")


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        print("Browser for the tests:", find_or_get())
    except RuntimeError as error:
        sys.exit(str(error))
