"""Where SER Studio keeps what it makes: everything under one folder, `SER_HOME`."""

import os
from pathlib import Path

import platformdirs

from ser_core.errors import ParameterError

ASSETS = Path(__file__).resolve().parent.parent / "assets"
"""What ships with the project: models with their cards, and the logo."""


def home() -> Path:
    """The folder for caches, runs, models, the demo corpus, and what the user saved of Live.

    It is `$SER_HOME`, else the platform's data folder. Absolute, so that processes started in
    different places agree on it.
    """
    configured = os.environ.get("SER_HOME")
    if configured:
        return Path(configured).expanduser().absolute()
    return Path(platformdirs.user_data_dir("ser-studio", appauthor=False))


def folder(*parts: str) -> Path:
    """A folder below `home()`, made if it is missing (for example `folder("cache", "index")`).

    Raises:
        ParameterError: it cannot be made.
    """
    path = home().joinpath(*parts)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParameterError(
            f"SER_HOME must be a folder that can be written, got {home()} ({error.strerror})"
        ) from error
    return path
