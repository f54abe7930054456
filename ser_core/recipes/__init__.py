"""Recipes that ship with SER Studio: one TOML file each.

Those of the reference systems are corrected: split before augmentation, LSTMs over time, true
CutMix, epochs picked on validation clips. `faithful/` holds what has to be changed to do as the
originals did, and the protocol that they were scored by.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_core.errors import ParameterError, UnknownNameError, listed

if TYPE_CHECKING:
    from ser_core.training.config import Recipe

_FOLDER = Path(__file__).parent
_WORDS = ("title", "description", "selection")


def names() -> list[str]:
    """Names of the shipped recipes."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load(name: str, faithful: bool = False) -> "Recipe":
    """A shipped recipe by name, or one's own from a file.

    Args:
        name: one of `names()`, or the path of a file that ends in .toml.
        faithful: with the original's augmentation and network, faults included; the protocol that
            belongs to it is `faithful_protocol(name)`.

    Raises:
        UnknownNameError: no such recipe; the message lists the known ones.
        ParameterError: there is no original to be faithful to; or the file cannot be read, or calls
            itself as a shipped recipe.
    """
    from ser_core.training.config import load_toml, override

    if is_file(name):
        return _own(Path(name), faithful)
    _check_known(name)
    recipe = load_toml(_FOLDER / f"{name}.toml")
    return override(recipe, _original(name)["set"]) if faithful else recipe


def is_file(name: str) -> bool:
    """Whether a recipe is asked for by its file and not by its name."""
    return name.endswith(".toml")


def _own(path: Path, faithful: bool) -> "Recipe":
    from ser_core.training.config import load_toml

    recipe = load_toml(path)
    if recipe.name in names():
        raise ParameterError(
            f"{path.name}: {recipe.name!r} is the name of a shipped recipe; give it another"
        )
    if faithful:
        raise ParameterError(f"--faithful: {path.name} has no original; set its [faults] instead")
    return recipe


def faithful_protocol(name: str) -> str:
    """Name of the protocol that a recipe's original was scored by.

    Raises:
        UnknownNameError: no such recipe; the message lists the known ones.
        ParameterError: there is no original to be faithful to.
    """
    _check_known(name)
    return str(_original(name)["protocol"])


def originals() -> tuple[str, ...]:
    """Names of the recipes that have an original to be faithful to."""
    return tuple(sorted(path.stem for path in (_FOLDER / "faithful").glob("*.toml")))


def changes_in(document: Mapping[str, Any]) -> tuple[bool, dict[str, Any]]:
    """What a kept recipe changes in the shipped one of its name, or in its faithful form.

    Args:
        document: the recipe as a run or a job keeps it.

    Returns:
        Whether the faithful form is the nearer one, and the changes to it; what either says of
        itself in words is left out.

    Raises:
        SerError: it is of another version, or of a name that no shipped recipe has.
    """
    from ser_core.training.changes import between
    from ser_core.training.config import Recipe

    wanted = Recipe.parse(dict(document))
    _check_known(wanted.name)
    found = [between(load(wanted.name), wanted)]
    if wanted.name in originals():
        found.append(between(load(wanted.name, faithful=True), wanted))
    found = [{key: each[key] for key in each if key not in _WORDS} for each in found]
    least = min(found, key=len)
    return found.index(least) == 1, least


def _check_known(name: str) -> None:
    if name not in names():
        raise UnknownNameError(f"recipe {name!r} is not known; {listed(name, names())}")


def _original(name: str) -> dict[str, Any]:
    import tomllib

    path = _FOLDER / "faithful" / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(originals())
        raise ParameterError(f"--faithful: {name} has no original; those that have: {known}")
    return tomllib.loads(path.read_text(encoding="utf-8"))
