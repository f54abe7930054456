"""Recipes that ship with SER Studio: one TOML file each."""

from pathlib import Path
from typing import TYPE_CHECKING

from ser_core.errors import UnknownNameError

if TYPE_CHECKING:
    from ser_core.training.config import Recipe

_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Names of the shipped recipes."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load(name: str) -> "Recipe":
    """A shipped recipe by name.

    Raises:
        UnknownNameError: no such recipe; the message lists the known ones.
    """
    from ser_core.training.config import load_toml

    if name not in names():
        raise UnknownNameError(f"recipe {name!r} is not known; known: {', '.join(names())}")
    return load_toml(_FOLDER / f"{name}.toml")
