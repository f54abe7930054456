"""Promotes a finished run: its model can then be chosen on Live and by `predict`.

A model is a folder below `SER_HOME/models`: its ONNX file, its card, and its weights to go on from.
"""

import datetime as dt
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from ser_core import paths
from ser_core.errors import ModelError, NameTakenError, ParameterError, UnknownNameError
from ser_core.inference.model_check import check_model
from ser_core.inference.model_file import (
    CARD,
    CHOSEN,
    DEFAULT,
    NETWORK,
    ModelFolder,
    check_new_name,
    default_name,
    model_folders,
)
from ser_core.tracking import Run, RunStore, open_store

_PARTS = (NETWORK, CARD, "weights.npz")
_NEW = ".new"  # folder of models in the making, one level too deep to be taken for a model


def promote(
    run_id: str,
    name: str = "",
    make_default: bool = False,
    replace: bool = False,
    store: RunStore | None = None,
) -> ModelFolder:
    """Make the model of a run one that can be chosen.

    Args:
        run_id: or the first characters of it.
        name: what the model is to be called; "" for what the run called it.
        make_default: whether it is taken from now on where none is asked for.
        replace: whether a model of that name may be replaced.
        store: where the run is; None for the usual one.

    Raises:
        UnknownNameError: there is no such run.
        NameTakenError: there is such a model already.
        ParameterError: the name is not allowed.
        ModelError: the run kept no model, or one that cannot be used.
        TrackingError: the store cannot be read.
    """
    store = store or open_store()
    run = store.find(run_id)
    kept = saved_model(run, store)
    name = name or kept
    check_free(name, replace)
    with _draft(name) as draft:
        for part in _PARTS:
            if f"{kept}/{part}" in store.names(run.run_id, kept):
                store.fetch(run.run_id, f"{kept}/{part}", draft)
        model = ModelFolder(name, draft)
        check_model(model)
        card = {**model.card(), "name": name, "run": run.run_id, "promoted": _today()}
        (draft / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False), "utf-8")
        _place(draft, name, replace)
    if make_default:
        set_default(name)
    return ModelFolder(name, paths.home() / "models" / name)


def saved_model(run: Run, store: RunStore) -> str:
    """The name under which a run kept its model.

    Raises:
        ModelError: it kept none; the message says what can be done.
        TrackingError: the store cannot be read.
    """
    for name in store.names(run.run_id):
        path = PurePosixPath(name)
        if len(path.parts) == 2 and path.name == NETWORK:
            return path.parent.name
    raise ModelError(f"run {run.run_id} ({run.name}) cannot be promoted: {_why_none(run)}")


def _why_none(run: Run) -> str:
    if run.status in ("RUNNING", "SCHEDULED"):
        return "it has not ended yet"
    if run.status != "FINISHED":
        return "it did not get to its end; resume it first"
    return (
        "it trained the models of its folds only, to be scored, and none on all speakers; train "
        "the final model: `python -m ser_core train` with the same words, --resume and --model NAME"
    )


def check_free(name: str, replace: bool = False) -> None:
    """Make sure that a model may be saved under a name.

    Raises:
        NameTakenError: there is such a model, and it must stay.
        ParameterError: the name is not allowed.
    """
    check_new_name(name)
    known = model_folders().get(name)
    if known is not None and not replace:
        raise NameTakenError(
            f"model name: there is a model {name!r} already{_said(known)}; take another name"
        )


def set_default(name: str) -> None:
    """Take a model from now on where none is asked for.

    Raises:
        UnknownNameError: there is no such model.
        ParameterError: the choice cannot be kept.
    """
    if name not in model_folders():
        known = ", ".join(model_folders()) or "none"
        raise UnknownNameError(f"model {name!r} is not known; known: {known}")
    file = paths.folder("models") / CHOSEN
    if name == DEFAULT:
        file.unlink(missing_ok=True)
        return
    draft = file.with_name(f".{CHOSEN}.{os.getpid()}")
    draft.write_text(json.dumps({"name": name}), "utf-8")
    draft.replace(file)


def remove_model(name: str) -> str:
    """Remove a model; the run that it came from stays, and can be promoted again.

    Returns:
        The name of the model that is the default now.

    Raises:
        UnknownNameError: there is no such model.
        ParameterError: it is a shipped one.
    """
    known = model_folders().get(name)
    if known is None:
        names = ", ".join(model_folders()) or "none"
        raise UnknownNameError(f"model {name!r} is not known; known: {names}")
    if known.path.parent != paths.home() / "models":
        raise ParameterError(f"model {name!r} is a shipped one and stays")
    was_default = default_name() == name
    gone = Path(tempfile.mkdtemp(dir=_making())) / name
    known.path.rename(gone)
    shutil.rmtree(gone.parent, ignore_errors=True)
    if was_default:
        (paths.home() / "models" / CHOSEN).unlink(missing_ok=True)
    return default_name()


def promoted(run_id: str) -> list[str]:
    """Names of the models that came from a run, as their cards say."""
    return [name for name, folder in model_folders().items() if _card(folder).get("run") == run_id]


def _card(folder: ModelFolder) -> dict[str, Any]:
    try:
        return folder.card()
    except ModelError:
        return {}


def _said(folder: ModelFolder) -> str:
    """Title and date of a model, in brackets."""
    card = _card(folder)
    facts = [str(card[key]) for key in ("title", "date") if card.get(key)]
    return f" ({', '.join(facts)})" if facts else ""


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


def _making() -> Path:
    return paths.folder("models", _NEW)


@contextmanager
def _draft(name: str) -> Iterator[Path]:
    """A folder to make a model in; what is left of it is removed."""
    outer = Path(tempfile.mkdtemp(dir=_making()))
    try:
        (outer / name).mkdir()
        yield outer / name
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def _place(draft: Path, name: str, replace: bool) -> None:
    """Move a model to its place: it is there as a whole, or what was there before stays.

    Raises:
        ParameterError: somebody else has put one there meanwhile.
    """
    target, aside = paths.home() / "models" / name, draft.with_name(f"{name}.old")
    if replace and target.exists():
        target.rename(aside)
    try:
        draft.rename(target)
    except OSError as error:
        if aside.exists():
            aside.rename(target)
        why = error.strerror or str(error)
        raise ParameterError(f"model {name!r} cannot be saved in {target.parent} ({why})") from None
