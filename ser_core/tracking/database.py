"""Making and opening MLflow's store, quietly and whole."""

import logging
import os
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ser_core import paths
from ser_core.errors import TrackingError

_CREATION_TIMEOUT_S = 120.0

# Set before MLflow is imported, where the user has not.
_QUIET = {
    "MLFLOW_CONFIGURE_LOGGING": "false",  # it would report each migration on standard error
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # it would break the command line's JSON
    # The defaults keep a page waiting for minutes when a server is down.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}


@contextmanager
def creation_lock() -> Iterator[None]:
    """Held while a store is made or opened: two processes that migrate one at once both crash."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(paths.folder("runs") / "store.lock", timeout=_CREATION_TIMEOUT_S):
            yield
    except Timeout:
        raise TrackingError("the run store is being made by another process; try again") from None


def create(file: Path, artifacts: Path | None) -> None:
    """Make an empty store beside its place and move it there: it is whole or it is not there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    for leftover in file.parent.glob(f"{file.name}.new-*"):  # of a process that was killed here
        leftover.unlink()
    draft = file.with_name(f"{file.name}.new-{uuid.uuid4().hex}")
    with mlflow_loaded():
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        root = artifacts or file.parent / "artifacts"
        store = SqlAlchemyStore(f"sqlite:///{draft.as_posix()}", root.absolute().as_uri())
    store.engine.dispose()
    draft.replace(file)


def connect(uri: str) -> Any:
    """MLflow's client of an address."""
    with mlflow_loaded():
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=uri)


@contextmanager
def mlflow_loaded() -> Iterator[None]:
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


def database(uri: str) -> Path | None:
    """The file of a SQLite store; None for other kinds."""
    if not uri.startswith("sqlite:///"):
        return None
    return Path(uri.removeprefix("sqlite:///").split("?")[0])
