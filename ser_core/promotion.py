"""Promotes a finished run: its model can then be chosen on Live and by `predict`.

A model is a folder below `SER_HOME/models`: its ONNX file, its card, and its weights to go on from.
"""

import datetime as dt
import json
import os
import shutil
from pathlib import PurePosixPath

from ser_core import paths
from ser_core.errors import ModelError, ParameterError, UnknownNameError
from ser_core.inference import model_place
from ser_core.inference.model_check import check_model
from ser_core.inference.model_file import (
    CARD,
    CHOSEN,
    DEFAULT,
    NETWORK,
    ModelFolder,
    default_name,
    model_folders,
)
from ser_core.inference.model_place import check_free
from ser_core.tracking import Run, RunStore, open_store

_PARTS = (NETWORK, CARD, "weights.npz")


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
    with model_place.draft(name) as made:
        for part in _PARTS:
            if f"{kept}/{part}" in store.names(run.run_id, kept):
                store.fetch(run.run_id, f"{kept}/{part}", made)
        model = ModelFolder(name, made)
        check_model(model)
        card = {**model.card(), "name": name, "run": run.run_id, "promoted": _today()}
        (made / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False), "utf-8")
        placed = model_place.place(made, name, replace)
    if make_default:
        set_default(name)
    return placed


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
    gone = model_place.aside() / name
    known.path.rename(gone)
    shutil.rmtree(gone.parent, ignore_errors=True)
    if was_default:
        (paths.home() / "models" / CHOSEN).unlink(missing_ok=True)
    return default_name()


def promoted(run_id: str) -> list[str]:
    """Names of the models that came from a run, as their cards say."""
    return [name for name in model_folders() if model_place.card_of(name).get("run") == run_id]


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()
