"""Chains that ship with SER Studio, and those the user has kept: one TOML file each.

`a` to `e` are the augmentation of the reference recipes with clean engines, true boxes, and no step
that only some emotions get; `a-faithful` to `e-faithful` do what the originals did, `a-by-class`
what recipe a describes, and `a-without-cutmix` is for its ablation.
"""

import re
from pathlib import Path

from ser_core import paths
from ser_core.augment.base import AUGMENTERS
from ser_core.augment.chain import ChainConfig
from ser_core.augment.chain_file import check_size, load_chain, save_chain
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
        ParameterError: the name is no name for a file, that of a shipped preset or one by which a
            chain could not be asked for; the chain has too many steps, or the file cannot be
            written.
    """
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        raise ParameterError(
            f"name: letters, digits, blanks, points and dashes (at most 60), got {name!r}"
        )
    if name.lower() in names():
        raise ParameterError(f"name: {name!r} is a preset that ships; choose another name")
    _check_usable(name)
    check_size(config)
    path = paths.folder("presets") / f"{name}.toml"
    save_chain(config, path)
    return path


_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
"""No file can have these names on Windows, whatever follows the point."""


def _check_usable(name: str) -> None:
    """Refuse names that mean something else where a preset is asked for by its name.

    Raises:
        ParameterError: this is one.
    """
    why = ""
    if name.lower() in AUGMENTERS.names():
        why = "is an augmenter"
    elif name.lower().endswith((".toml", ".json")):
        why = "would be taken for a file; leave out the ending"
    elif _is_value(name):
        why = "would be taken for a value, as in --set augmentation=…"
    elif name.lower().split(".")[0].rstrip() in _DEVICES:
        why = "is a device on Windows"
    if why:
        raise ParameterError(f"name: {name!r} {why}; choose another name")


def _is_value(name: str) -> bool:
    """Whether TOML or JSON reads a number, a date or a word of its own in it."""
    import json
    import tomllib

    for read in (json.loads, lambda text: tomllib.loads(f"x = {text.lower()}")):
        try:
            read(name)
        except (ValueError, RecursionError):
            continue
        return True
    return False


def forget(name: str) -> None:
    """Remove a preset of the user's own.

    Raises:
        UnknownNameError: the user has no such preset.
    """
    if name not in kept():
        raise UnknownNameError(f"preset {name!r} is not one of yours; {listed(name, kept())}")
    (paths.home() / "presets" / f"{name}.toml").unlink(missing_ok=True)
