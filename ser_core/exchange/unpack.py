"""Takes in a run that was packed elsewhere, once all of it has been found to be in order."""

import contextlib
import datetime as dt
import hashlib
import math
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_core import paths
from ser_core.comparison.loading import PREDICTIONS, SCORES, load
from ser_core.comparison.runs import FinishedRun
from ser_core.corpora.archive import unpack
from ser_core.errors import CorpusError, ExchangeError, ParameterError, TrackingError
from ser_core.evaluation.metrics import confusion, uar
from ser_core.exchange.checks import check_file, document
from ser_core.exchange.manifest import Manifest
from ser_core.exchange.members import FILES, MOST_BYTES, MOST_FILES, RUN, member
from ser_core.exchange.trial import try_networks
from ser_core.tracking import RunStore, WholeRun, open_store

Progress = Callable[[int, int, str], None]
_ROUNDING = 1e-6
_STEPS = ("unpacking", "checking its files", "trying out its models", "keeping it")


@dataclass(frozen=True)
class Imported:
    """A run that was taken in.

    Attributes:
        run_id: what it is called here.
        origin_run: what it was called where it was trained.
        models: names that it kept models under.
    """

    run_id: str
    name: str
    host: str
    origin_run: str
    models: list[str]


def import_run(
    file: Path, store: RunStore | None = None, progress: Progress = lambda *_: None
) -> Imported:
    """Take in a run from a ZIP file that `export_run` has made.

    Nothing is kept unless everything in it is in order: names and sizes, files of known kinds only,
    predictions that give the score it claims, and networks that are ONNX, of standard operators,
    and answer. It is marked as imported.

    Args:
        progress: called with (steps done, steps in all, what is done now); it may raise
            TaskCancelled.

    Raises:
        ExchangeError: it is refused; the message says why.
        TrackingError: the store cannot be written.
    """
    store = store or open_store()

    def step(number: int) -> None:
        progress(number, len(_STEPS), _STEPS[number])

    with tempfile.TemporaryDirectory(dir=paths.folder("cache"), prefix="import-") as place:
        folder = Path(place) / "run"
        step(0)
        _unpack(file, folder)
        manifest = _manifest(folder, file.name)
        _check_new(manifest, store)
        step(1)
        files = folder / FILES
        _check_files(manifest, files, file.name)
        _check_score(manifest, files, file.name, store)
        step(2)
        with _named(file.name):
            try_networks(files)
        step(3)
        run_id = store.take_in(_whole(manifest, files))
    networks = (Path(name) for name in manifest.files if name.endswith("/model.onnx"))
    models = sorted(path.parent.name for path in networks if len(path.parts) == 2)
    return Imported(run_id, manifest.name, manifest.host, manifest.run_id, models)


def _unpack(file: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = [info.orig_filename for info in archive.infolist() if not info.is_dir()]
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        why = getattr(error, "strerror", None) or "it is no ZIP file, or damaged"
        raise ExchangeError(f"{file.name}: {why}") from None
    for name in names:
        known = name == RUN or (name.startswith(f"{FILES}/") and member(name[len(FILES) + 1 :]))
        if not known and ".." not in name and not name.startswith("/"):
            raise ExchangeError(f"{file.name}: refused, for {name[:200]!r} in it belongs to no run")
    try:
        unpack(file, folder, MOST_BYTES, MOST_FILES)
    except CorpusError as error:
        raise ExchangeError(str(error)) from None


def _manifest(folder: Path, name: str) -> Manifest:
    try:
        found = document(folder / RUN)
    except (OSError, ValueError, RecursionError):
        raise ExchangeError(
            f"{name}: no run of SER Studio (it holds no {RUN} that can be read)"
        ) from None
    if isinstance(found, dict) and isinstance(found.get("version"), int) and found["version"] > 1:
        raise ExchangeError(f"{name}: packed by a newer version of SER Studio")
    try:
        return Manifest.parse(found)  # type: ignore[arg-type]
    except ParameterError as error:
        raise ExchangeError(f"{name}: its {RUN} cannot be used ({error})") from None


def _check_new(manifest: Manifest, store: RunStore) -> None:
    """Refuse what is here already."""
    for run in store.runs():
        if run.run_id == manifest.run_id:
            raise ExchangeError(
                f"run {run.run_id} ({run.name}) is here already: it was trained here"
            )
        if run.tags.get("origin_run") == manifest.run_id:
            when = run.tags.get("imported", "")[:10]
            raise ExchangeError(
                f"run {manifest.run_id} ({run.name}) is here already: imported on {when} as "
                f"{run.run_id}"
            )


def _check_files(manifest: Manifest, files: Path, name: str) -> None:
    found = {path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file()}
    if found != set(manifest.files):
        odd = sorted(found ^ set(manifest.files))[0]
        said = "is not in its list" if odd in found else "is missing"
        raise ExchangeError(f"{name}: refused, for {odd!r} {said}")
    for file, facts in manifest.files.items():
        kind, path = member(file), files / file
        assert kind is not None
        if path.stat().st_size > kind.most_bytes:
            raise ExchangeError(
                f"{name}: refused, for {file} in it has more than {kind.most_bytes / 1e6:,.0f} MB"
            )
        with path.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() != facts.sha256:
                raise ExchangeError(f"{name}: refused, for {file} in it was changed or damaged")
        with _named(name):
            check_file(path, kind.kind, file)


def _check_score(manifest: Manifest, files: Path, name: str, store: RunStore) -> None:
    """Predictions must be readable, and give the score that the run claims."""
    missing = [file for file in (PREDICTIONS, SCORES) if file not in manifest.files]
    if missing:
        raise ExchangeError(f"{name}: refused, for it holds no {missing[0]}")
    try:
        run = load(str(files), store)
    except TrackingError as error:
        raise ExchangeError(f"{name}: its predictions cannot be read ({error})") from None
    claimed = [value for _, value in manifest.history.get("uar", [])][-1:]
    if not claimed or claimed[0] is None:
        raise ExchangeError(f"{name}: refused, for it says no UAR")
    found = _uar(run, name)
    if abs(found - claimed[0]) > _ROUNDING:
        raise ExchangeError(
            f"{name}: refused, for it claims a UAR of {claimed[0]:.4f} and its predictions give "
            f"{found:.4f}"
        )


def _uar(run: FinishedRun, name: str) -> float:
    table, labels = run.predictions, run.labels
    if not {*table["emotion"], *table["predicted"]} <= set(labels):
        raise ExchangeError(f"{name}: refused, for its predictions name labels that it has not")
    shares = table[labels].to_numpy(float)
    if not ((shares >= -_ROUNDING) & (shares <= 1 + _ROUNDING)).all():
        raise ExchangeError(f"{name}: refused, for its predictions hold what is no probability")
    counts = confusion(table["emotion"].tolist(), table["predicted"].tolist(), labels)
    return float(uar(counts))


def _whole(manifest: Manifest, files: Path) -> WholeRun:
    return WholeRun(
        name=manifest.name,
        status=manifest.status,
        parameters=manifest.parameters,
        tags={**manifest.tags, **_origin(manifest)},
        history={
            metric: [(step, math.nan if value is None else value) for step, value in course]
            for metric, course in manifest.history.items()
        },
        started=manifest.started,
        ended=manifest.ended,
        files=files,
    )


def _origin(manifest: Manifest) -> dict[str, Any]:
    """Marks the run: from where, and when."""
    return {
        "imported": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "origin_run": manifest.run_id,
        "origin_host": manifest.host,
        "exported": manifest.exported,
    }


@contextlib.contextmanager
def _named(name: str) -> Any:
    """Put the name of the ZIP file before what is wrong with it."""
    try:
        yield
    except ExchangeError as error:
        raise ExchangeError(f"{name}: refused, for {error}") from None
