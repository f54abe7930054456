"""A connection to MLflow that is opened when it is first used, and whose errors are sentences."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ser_core.errors import TrackingError
from ser_core.tracking.database import connect, create, creation_lock, database

EXPERIMENT = "ser-studio"
"""MLflow's name for the shelf that all our runs stand on."""


class Connection:
    """MLflow's client and our experiment, for whoever reads and writes runs.

    Args:
        uri: MLflow's address of the store.
        artifacts: folder for files of runs; None leaves the place to the server.
    """

    def __init__(self, uri: str, artifacts: Path | None = None) -> None:
        self.uri = uri
        self._artifacts = artifacts
        self._lock = threading.Lock()
        self._opened: Any = None
        self._experiment_id: str | None = None

    def _client(self) -> Any:
        """MLflow's client; the first call creates the store where there is none."""
        with self._lock:
            if self._opened is None:
                with creation_lock():
                    file = database(self.uri)
                    if file is not None and not file.exists():
                        create(file, self._artifacts)
                    if file is not None:
                        # A file that cannot be opened fails here at once; MLflow would try again
                        # and again for minutes.
                        file.open("rb").close()
                    self._opened = connect(self.uri)
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
            # MLflow's pages have two faces; this is the one for training.
            kind = {"mlflow.experimentKind": "custom_model_development"}
            client.create_experiment(EXPERIMENT, artifact_location=place, tags=kind)
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
