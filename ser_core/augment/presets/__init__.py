"""Chains that ship with SER Studio, and those the user has kept: one TOML file each.

`a` to `e` are the augmentation of the reference recipes with clean engines and true boxes;
`a-faithful` to `e-faithful` do what the originals did.
"""

import re
from pathlib import Path

from ser_core import paths
from ser_core.augment.chain import ChainConfig, load_chain, save_chain
from ser_core.errors import ParameterError, UnknownNameError, listed

_FOLDER = Path(__file__).parent
_NAME = re.compile(r"[\w][\w .-]{0,59}")


def names() -> list[str]:
    """Names of the shipped presets."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def kept() -> list[str]:
    """Names of the user's own presets."""
    return sorted(path.stem for path in (paths.home() / "presets").glob("*.toml"))


def load(name: str) -> ChainConfig:
    """A preset by name, the user's own or one that ships.

    Raises:
        UnknownNameError: no such preset; the message lists the known ones.
        ParameterError: its file is damaged.
    """
    if name in names():
        return load_chain(_FOLDER / f"{name}.toml")
    if name in kept():
        return load_chain(paths.home() / "presets" / f"{name}.toml")
    raise UnknownNameError(f"preset {name!r} is not known; {listed(name, [*names(), *kept()])}")


def keep(name: str, config: ChainConfig) -> Path:
    """Keep a chain as a preset of the user's own; one of the same name is replaced.

    Returns:
        The file.

    Raises:
        ParameterError: the name is no name for a file or that of a shipped preset, or the file
            cannot be written.
    """
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise ParameterError(
            f"name: letters, digits, blanks, points and dashes (at most 60), got {name!r}"
        )
    if name.lower() in names():
        raise ParameterError(f"name: {name!r} is a preset that ships; choose another name")
    path = paths.folder("presets") / f"{name}.toml"
    save_chain(config, path)
    return path


def forget(name: str) -> None:
    """Remove a preset of the user's own.

    Raises:
        UnknownNameError: the user has no such preset.
    """
    if name not in kept():
        raise UnknownNameError(f"preset {name!r} is not one of yours; {listed(name, kept())}")
    (paths.home() / "presets" / f"{name}.toml").unlink(missing_ok=True)
