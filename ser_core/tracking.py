"""The run store: what was trained, with which settings, and how well it did.

Runs are kept by MLflow, in a SQLite file below `SER_HOME` or wherever `MLFLOW_TRACKING_URI` points.
Importing this module imports no MLflow; opening a store does not either, only its use.
"""

import hashlib
import json
import logging
import os
import posixpath
import re
import tempfile
import threading
import time
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ser_core import paths
from ser_core.errors import ParameterError, TrackingError, UnknownNameError

Status = Literal["FINISHED", "FAILED", "KILLED"]

_ENDED = ("FINISHED", "FAILED", "KILLED")

EXPERIMENT = "ser-studio"
"""MLflow's name for the shelf that all our runs stand on."""

# MLflow's limits (mlflow.utils.validation); a request with more is refused whole.
_KEY_LENGTH = 250
_PARAMETER_LENGTH = 6000
_TAG_LENGTH = 5000  # 8000 in newer servers
_PARAMETERS_PER_BATCH = 100
_METRICS_PER_BATCH = 1000

_PAGE = 1000
_CREATION_TIMEOUT_S = 120.0

# Set before MLflow is imported, where the user has not.
_QUIET = {
    "MLFLOW_CONFIGURE_LOGGING": "false",  # it would report each migration on standard error
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # it would break the command line's JSON
    # The defaults keep a page waiting for minutes when a server is down.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}


@dataclass(frozen=True)
class Run:
    """One run as the store holds it."""

    run_id: str
    name: str
    status: str
    """RUNNING, FINISHED, FAILED, KILLED or SCHEDULED."""
    recipe: str
    protocol: str
    metrics: dict[str, float]
    """The last value of each metric; it may be nan, and is ±1.8e308 where it was infinite."""
    parameters: dict[str, str]
    """Flat, `optimiser.rate` for nested ones; a value too long for the store ends in "…"."""
    tags: dict[str, str]
    started: float
    """Unix seconds."""
    ended: float | None
    """Unix seconds; None while it runs."""
    artifacts: str = ""
    """Address of the folder with the run's files."""


class RunStore:
    """Reads and writes runs; safe to use from several threads and processes.

    Nothing is opened or created before the first use, and reading creates nothing.

    Args:
        uri: MLflow's address of the store, for example `sqlite:////home/me/runs/mlflow.db` or
            `https://runs.example.org`.
        artifacts: folder for files of runs; None leaves the place to the server.
    """

    def __init__(self, uri: str, artifacts: Path | None = None) -> None:
        self.uri = uri
        self._artifacts = artifacts
        self._lock = threading.Lock()
        self._opened: Any = None
        self._experiment_id: str | None = None

    def start(
        self,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> str:
        """Begin a run, in state RUNNING.

        Args:
            name: shown to people; need not be unique.
            parameters: what the run was asked to do. Nested mappings become dotted names. When a
                value is too long for the store it is cut there, and all parameters are kept
                whole in the artifact `parameters.json`.
            tags: facts to find the run by; `recipe` and `protocol` fill `Run.recipe` and
                `Run.protocol`.

        Returns:
            The run's id, which the other methods take.

        Raises:
            TrackingError: the store cannot be written.
        """
        labels = {_key(key): _cut(_text(tag), _TAG_LENGTH) for key, tag in (tags or {}).items()}
        with self._plain_errors():
            experiment = self._experiment(create=True)
            run = self._client().create_run(experiment, run_name=name, tags=labels)
            self._log_parameters(run.info.run_id, dict(parameters or {}))
        return str(run.info.run_id)

    def schedule(
        self,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> str:
        """Announce a run that begins later, in state SCHEDULED; see `start`.

        Raises:
            TrackingError: the store cannot be written.
        """
        run_id = self.start(name, parameters, tags)
        self.reopen(run_id, "SCHEDULED")
        return run_id

    def reopen(self, run_id: str, status: Literal["SCHEDULED", "RUNNING"] = "RUNNING") -> None:
        """Go on with a run that was scheduled, or that had ended and is taken up again.

        Raises:
            TrackingError: there is no such run, or the store cannot be written.
        """
        with self._plain_errors():
            self._client().update_run(run_id, status=status)

    def tag(self, run_id: str, tags: Mapping[str, Any]) -> None:
        """Add facts to find a run by; those of the same names are replaced.

        Raises:
            TrackingError: there is no such run, or the store cannot be written.
        """
        with self._plain_errors():
            for key, value in tags.items():
                self._client().set_tag(run_id, _key(key), _cut(_text(value), _TAG_LENGTH))

    def status(self, run_id: str) -> str:
        """RUNNING, FINISHED, FAILED, KILLED or SCHEDULED.

        Raises:
            TrackingError: there is no such run, or the store cannot be read.
        """
        with self._plain_errors():
            return str(self._client().get_run(run_id).info.status)

    def log_metrics(self, run_id: str, metrics: Mapping[str, float], step: int = 0) -> None:
        """Write values measured at one step, for example after an epoch.

        Raises:
            ParameterError: a value is not a number.
            TrackingError: there is no such run, or the store cannot be written.
        """
        self.log_steps(run_id, {step: metrics})

    def log_steps(self, run_id: str, steps: Mapping[int, Mapping[str, float]]) -> None:
        """Write values of several steps at once, which costs little more than those of one.

        Raises:
            ParameterError: a value is not a number.
            TrackingError: there is no such run, or the store cannot be written.
        """
        now_ms = round(time.time() * 1000)
        values = [
            (_key(name), _number(name, value), step)
            for step, metrics in steps.items()
            for name, value in metrics.items()
        ]
        with self._plain_errors():
            client = self._client()
            from mlflow.entities import Metric

            rows = [Metric(name, value, now_ms, step) for name, value, step in values]
            for batch in _batches(rows, _METRICS_PER_BATCH):
                client.log_batch(run_id, metrics=batch)

    def log_artifact(self, run_id: str, path: Path) -> None:
        """Keep a copy of a file, or of a folder with all that is in it, with the run.

        Raises:
            TrackingError: there is no such file or run, or the store cannot be written.
        """
        if not path.exists():
            raise TrackingError(f"there is no file {path} to keep with the run")
        with self._plain_errors():
            if path.is_dir():
                self._client().log_artifacts(run_id, str(path), artifact_path=path.name)
            else:
                self._client().log_artifact(run_id, str(path))

    def finish(self, run_id: str, status: Status = "FINISHED") -> None:
        """End a run.

        Raises:
            ParameterError: the status is none that a run can end with.
            TrackingError: there is no such run, or the store cannot be written.
        """
        if status not in _ENDED:
            raise ParameterError(f"status must be one of {', '.join(_ENDED)}, got {status!r}")
        with self._plain_errors():
            self._client().set_terminated(run_id, status)

    def find(self, reference: str) -> Run:
        """A run by its id, or by the first characters of it where no other begins so.

        Raises:
            UnknownNameError: no run, or several.
            TrackingError: the store cannot be read.
        """
        runs = self.runs()
        found = [run for run in runs if reference and run.run_id.startswith(reference)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(run.run_id for run in found[:5])
            raise UnknownNameError(f"run {reference!r} stands for several: {ids}")
        ids = ", ".join(run.run_id for run in runs[:5]) or "none yet"
        raise UnknownNameError(f"run {reference!r} is not known; the newest are: {ids}")

    def files(self, run_id: str) -> Path | None:
        """The folder with what `log_artifact` kept; None where nothing was kept.

        Of a server, its files are fetched into a temporary folder first.

        Raises:
            TrackingError: the store cannot be read.
        """
        with self._plain_errors():
            client = self._client()
            if not client.list_artifacts(run_id):
                return None
            return Path(client.download_artifacts(run_id, ""))

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """All values of a metric with their steps, in the order of steps; empty for none.

        Raises:
            TrackingError: there is no such run, or the store cannot be read.
        """
        with self._plain_errors():
            values = self._client().get_metric_history(run_id, _key(metric))
            return sorted((value.step, value.value) for value in values)

    def runs(self) -> list[Run]:
        """Every run, newest first; empty, and nothing is created, when there is no store yet.

        Raises:
            TrackingError: the store cannot be read.
        """
        file = _database(self.uri)
        if file is not None and not file.exists():
            return []
        with self._plain_errors():
            experiment = self._experiment(create=False)
            return list(self._pages(experiment)) if experiment else []

    def document(self, run: Run, name: str) -> dict[str, Any] | None:
        """A JSON document among a run's files, such as `scores.json`.

        Args:
            run: as `runs` gives it.
            name: of the file.

        Returns:
            What it holds; None where there is no such document, or none that can be read.
        """
        folder = _folder(run.artifacts)
        try:
            text = (
                self._fetched(run, name) if folder is None else (folder / name).read_text("utf-8")
            )
            found = json.loads(text)
        except (OSError, ValueError, TrackingError):
            return None
        return found if isinstance(found, dict) else None

    def _fetched(self, run: Run, name: str) -> str:
        """The text of a run's file that a server keeps."""
        with self._plain_errors(), tempfile.TemporaryDirectory() as folder:
            file = self._client().download_artifacts(run.run_id, name, folder)
            return Path(file).read_text("utf-8")

    def _pages(self, experiment: str) -> Iterator[Run]:
        token = None
        while True:
            page = self._client().search_runs(
                [experiment],
                max_results=_PAGE,
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )
            yield from map(_run, page)
            token = page.token
            if not token:
                return

    def _log_parameters(self, run_id: str, parameters: dict[str, Any]) -> None:
        from mlflow.entities import Param

        texts = {name: _text(value) for name, value in _flat(parameters)}
        rows = [Param(_key(name), _cut(text, _PARAMETER_LENGTH)) for name, text in texts.items()]
        for batch in _batches(rows, _PARAMETERS_PER_BATCH):
            self._client().log_batch(run_id, params=batch)
        if any(len(text) > _PARAMETER_LENGTH for text in texts.values()):
            whole = json.dumps(parameters, indent=2, default=str)
            self._client().log_text(run_id, whole, "parameters.json")

    def _client(self) -> Any:
        """MLflow's client; the first call creates the store where there is none."""
        with self._lock:
            if self._opened is None:
                with _creation_lock():
                    file = _database(self.uri)
                    if file is not None and not file.exists():
                        _create(file, self._artifacts)
                    if file is not None:
                        # A file that cannot be opened fails here at once; MLflow would try again
                        # and again for minutes.
                        file.open("rb").close()
                    self._opened = _connect(self.uri)
            return self._opened

    def _experiment(self, create: bool) -> str:
        """The id of our experiment; empty when there is none and none shall be made."""
        if self._experiment_id is None:
            client = self._client()
            known = client.get_experiment_by_name(EXPERIMENT)
            if known is None and create:
                known = self._new_experiment(client)
            if known is None:
                return ""
            if known.lifecycle_stage == "deleted":
                if not create:
                    return ""
                client.restore_experiment(known.experiment_id)
            self._experiment_id = known.experiment_id
        return self._experiment_id

    def _new_experiment(self, client: Any) -> Any:
        from mlflow.exceptions import MlflowException

        place = self._artifacts.absolute().as_uri() if self._artifacts else None
        try:
            client.create_experiment(EXPERIMENT, artifact_location=place)
        except MlflowException as error:
            # Another process made it since we looked.
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        return client.get_experiment_by_name(EXPERIMENT)

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        """Turn what MLflow, its database or the disk raise into one plain sentence."""
        try:
            yield
        except Exception as error:
            # By its module: a class to compare with would have to be imported.
            origin = type(error).__module__.partition(".")[0]
            if isinstance(error, OSError) or origin in ("mlflow", "sqlalchemy", "sqlite3"):
                raise TrackingError(self._sentence(error)) from error
            raise

    def _sentence(self, error: Exception) -> str:
        """One line that names the store, without the credentials an address may hold."""
        lines = str(error).strip().splitlines() or [type(error).__name__]
        sentence = f"the run store {self.uri} cannot be used: {lines[0]}"
        if "out-of-date database schema" in lines[0]:
            sentence = (
                f"the run store {self.uri} was made by another version of MLflow; "
                f"keep a copy of it, then run: mlflow db upgrade {self.uri}"
            )
        return re.sub(r"//[^/@\s]*@", "//", sentence)


def open_store() -> RunStore:
    """The store that `MLFLOW_TRACKING_URI` names, else the one in `SER_HOME/runs`."""
    uri = os.environ.get("MLFLOW_TRACKING_URI")
    if uri:
        return RunStore(uri)
    folder = (paths.home() / "runs").absolute()
    return RunStore(f"sqlite:///{(folder / 'mlflow.db').as_posix()}", folder / "artifacts")


@contextmanager
def _creation_lock() -> Iterator[None]:
    """Held while a store is made or opened: two processes that migrate one at once both crash."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(paths.folder("runs") / "store.lock", timeout=_CREATION_TIMEOUT_S):
            yield
    except Timeout:
        raise TrackingError("the run store is being made by another process; try again") from None


def _create(file: Path, artifacts: Path | None) -> None:
    """Make an empty store beside its place and move it there: it is whole or it is not there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    for leftover in file.parent.glob(f"{file.name}.new-*"):  # of a process that was killed here
        leftover.unlink()
    draft = file.with_name(f"{file.name}.new-{uuid.uuid4().hex}")
    with _mlflow():
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        root = artifacts or file.parent / "artifacts"
        store = SqlAlchemyStore(f"sqlite:///{draft.as_posix()}", root.absolute().as_uri())
    store.engine.dispose()
    draft.replace(file)


def _connect(uri: str) -> Any:
    with _mlflow():
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=uri)


@contextmanager
def _mlflow() -> Iterator[None]:
    """Where MLflow is imported first: quiet, and without telemetry."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    # What MLflow logs reaches an app that collects logs, but not standard error by default.
    logging.getLogger("mlflow").addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        # SQLAlchemy 2.1 deprecates a loader that MLflow's tables name.
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _database(uri: str) -> Path | None:
    """The file of a SQLite store; None for other kinds."""
    if not uri.startswith("sqlite:///"):
        return None
    return Path(uri.removeprefix("sqlite:///").split("?")[0])


def _run(row: Any) -> Run:
    info, data = row.info, row.data
    tags = {key: value for key, value in data.tags.items() if not key.startswith("mlflow.")}
    return Run(
        run_id=info.run_id,
        name=info.run_name,
        status=info.status,
        recipe=tags.get("recipe", ""),
        protocol=tags.get("protocol", ""),
        metrics=dict(data.metrics),
        parameters=dict(data.params),
        tags=tags,
        started=info.start_time / 1000,
        # MLflow keeps the old end of a run that is taken up again.
        ended=info.end_time / 1000 if info.end_time and info.status in _ENDED else None,
        artifacts=str(info.artifact_uri or ""),
    )


def _folder(address: str) -> Path | None:
    """The folder that an address of files means; None where a server keeps them.

    >>> _folder("s3://bucket/runs"), _folder("file:///home/me/runs") == Path("/home/me/runs")
    (None, True)
    """
    scheme = urlsplit(address).scheme
    if scheme == "file":
        return Path(url2pathname(urlsplit(address).path))
    return Path(address) if address and len(scheme) < 2 else None  # a letter: a drive of Windows


def _flat(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as dotted names.

    >>> dict(_flat({"epochs": 3, "optimiser": {"name": "adam", "rate": 0.001}}))
    {'epochs': 3, 'optimiser.name': 'adam', 'optimiser.rate': 0.001}
    """
    for name, value in parameters.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _key(name: str) -> str:
    """A name that MLflow takes; one that had to be changed ends in a piece of its hash.

    >>> _key("val/uar"), _key("uar (test)")
    ('val/uar', 'uar _test_-bcef9725')
    """
    allowed = re.sub(r"[^\w\-. /]", "_", name)
    if posixpath.normpath(allowed) != allowed or allowed.startswith((".", "/")):
        allowed = allowed.replace("/", "_").lstrip(".")  # MLflow takes names for file paths
    if name and allowed == name and len(name) <= _KEY_LENGTH:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{allowed[: _KEY_LENGTH - 9]}-{mark}"


def _text(value: Any) -> str:
    """A value as the store keeps it: words as they are, lists and the like as JSON."""
    if isinstance(value, list | tuple | Mapping):
        return json.dumps(value, default=str)
    return str(value)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ParameterError(f"metric {name!r} must be a number, got {value!r}") from None


def _batches(rows: list[Any], size: int) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch
