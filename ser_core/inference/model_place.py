"""Models put into `SER_HOME/models`: each as a whole, none over another unless that is meant."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ser_core import paths
from ser_core.errors import ModelError, NameTakenError, ParameterError
from ser_core.inference.model_file import ModelFolder, check_new_name, model_folders

_NEW = ".new"  # folder of models in the making, one level too deep to be taken for a model


def check_free(name: str, replace: bool = False) -> None:
    """Make sure that a model may be saved under a name.

    Raises:
        NameTakenError: there is such a model, and it must stay.
        ParameterError: the name is not allowed.
    """
    check_new_name(name)
    if name in model_folders() and not replace:
        raise NameTakenError(
            f"model name: there is a model {name!r} already{_said(name)}; take another name"
        )


def aside() -> Path:
    """A new folder for a model on its way in or out, which nobody takes for a model."""
    return Path(tempfile.mkdtemp(dir=paths.folder("models", _NEW)))


@contextlib.contextmanager
def draft(name: str) -> Iterator[Path]:
    """A folder to make a model in; what is left of it is removed."""
    outer = aside()
    try:
        (outer / name).mkdir()
        yield outer / name
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def place(made: Path, name: str, replace: bool) -> ModelFolder:
    """Move a model to its place: it is there as a whole, or what was there before stays.

    Args:
        made: the folder of a `draft`.

    Raises:
        ParameterError: somebody else has put one there meanwhile, or the disk refuses it.
    """
    target, old = paths.home() / "models" / name, made.with_name(f"{name}.old")
    if replace and target.exists():
        target.rename(old)
    try:
        made.rename(target)
    except OSError as error:
        if old.exists():
            old.rename(target)
        why = error.strerror or str(error)
        raise ParameterError(f"model {name!r} cannot be saved in {target.parent} ({why})") from None
    return ModelFolder(name, target)


def card_of(name: str) -> dict[str, Any]:
    """The card of the model that has a name; {} where there is none that can be read."""
    folder = model_folders().get(name)
    try:
        return folder.card() if folder else {}
    except ModelError:
        return {}


def _said(name: str) -> str:
    """Title and date of a model, in brackets."""
    card = card_of(name)
    facts = [str(card[key]) for key in ("title", "date") if card.get(key)]
    return f" ({', '.join(facts)})" if facts else ""
