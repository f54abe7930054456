"""Where SER Studio keeps what it makes: everything under one folder, `SER_HOME`."""

import os
from pathlib import Path

import platformdirs

ASSETS = Path(__file__).resolve().parent.parent / "assets"
"""What ships with the project: models with their cards, style, pictures."""


def home() -> Path:
    """The folder for caches, runs and recordings: `$SER_HOME`, else the platform's data folder."""
    configured = os.environ.get("SER_HOME")
    folder = Path(configured) if configured else Path(platformdirs.user_data_dir("ser-studio"))
    return folder.expanduser()


def folder(*parts: str) -> Path:
    """A folder below `home()`, made if it is missing (for example `folder("cache", "index")`)."""
    path = home().joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True)
    return path
