"""Packs a finished run into one ZIP file: everything but audio, and nothing of the machine."""

import datetime as dt
import hashlib
import json
import math
import shutil
import socket
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ser_core.errors import ExchangeError
from ser_core.exchange.manifest import FORMAT, PRIVATE, TAGS, File, Manifest
from ser_core.exchange.members import FILES, RUN, member
from ser_core.tracking import Run, RunStore, open_store

_SQUEEZED = {".csv", ".json"}  # the others are packed already
_EARLIEST = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Packed:
    """What was written.

    Attributes:
        left_out: files of the run that do not come along, such as its log.
    """

    path: Path
    run: Run
    files: int
    left_out: list[str]


def export_run(reference: str, out: Path, store: RunStore | None = None) -> Packed:
    """Write a finished run as one ZIP file.

    It holds recipe, scores, predictions, history, figures, weights, ONNX network, card,
    environment and the data's fingerprint; no audio, no log, and no folder of this machine.

    Args:
        reference: the run's id, or the first characters of it.
        out: the file; a folder, for a file of the run's own name in it.
        store: where the run is; None for the usual one.

    Raises:
        UnknownNameError: there is no such run.
        ExchangeError: it is not finished, or the file cannot be written.
        TrackingError: the store cannot be read.
    """
    store = store or open_store()
    run = store.find(reference)
    if run.status != "FINISHED":
        raise ExchangeError(f"run {run.run_id} is {run.status}: only a finished run is handed on")
    path = out / file_name(run) if out.is_dir() else out
    names = store.names(run.run_id)
    wanted = [name for name in names if member(name)]
    if "predictions.csv" not in wanted:
        raise ExchangeError(f"run {run.run_id} kept no predictions, so it could not be compared")
    try:
        with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".run-") as folder:
            kept = _fetched(store, run, wanted, Path(folder))
            draft = Path(folder) / "draft.zip"
            _write(draft, _manifest(store, run, kept), kept)
            draft.replace(path)
    except OSError as error:
        raise ExchangeError(f"{path} cannot be written ({error.strerror or error})") from None
    return Packed(path, run, len(wanted), [name for name in names if name not in wanted])


def file_name(run: Run) -> str:
    """`studio-1a2b3c4d.zip`."""
    kept = "".join(char if char.isalnum() or char in "-_" else "-" for char in run.name)
    return f"{kept[:80]}-{run.run_id[:8]}.zip"


def _fetched(store: RunStore, run: Run, names: Iterable[str], folder: Path) -> dict[str, Path]:
    """Copies of a run's files, by name."""
    found = {}
    for name in names:
        place = folder / FILES / name
        place.parent.mkdir(parents=True, exist_ok=True)
        found[name] = store.fetch(run.run_id, name, place.parent)
    return found


def _manifest(store: RunStore, run: Run, kept: dict[str, Path]) -> Manifest:
    history = {name: store.history(run.run_id, name) for name in run.metrics}
    return Manifest(
        format=FORMAT,
        version=1,
        run_id=run.tags.get("origin_run", run.run_id),
        name=run.name,
        status="FINISHED",
        host=run.tags.get("origin_host", socket.gethostname()),
        exported=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        tags={name: run.tags[name] for name in TAGS if name in run.tags},
        parameters={name: v for name, v in run.parameters.items() if name not in PRIVATE},
        history={
            name: [(step, None if math.isnan(value) else value) for step, value in course]
            for name, course in history.items()
        },
        started=run.started,
        ended=run.ended or run.started,
        files={name: _file(path) for name, path in kept.items()},
    )


def _file(path: Path) -> File:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(bytes=path.stat().st_size, sha256=digest)


def _write(draft: Path, manifest: Manifest, kept: dict[str, Path]) -> None:
    with zipfile.ZipFile(draft, "w") as archive:
        text = json.dumps(manifest.model_dump(mode="json"), indent=1, ensure_ascii=False)
        archive.writestr(_entry(RUN), text, zipfile.ZIP_DEFLATED)
        for name, path in kept.items():
            squeezed = zipfile.ZIP_DEFLATED if path.suffix in _SQUEEZED else zipfile.ZIP_STORED
            entry = _entry(f"{FILES}/{name}")
            entry.compress_type = squeezed
            with path.open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target)


def _entry(name: str) -> zipfile.ZipInfo:
    """Without times and rights, which are this machine's."""
    return zipfile.ZipInfo(name, _EARLIEST)
