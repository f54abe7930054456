"""Reads and writes runs."""

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from ser_core import paths
from ser_core.errors import ParameterError, TrackingError, UnknownNameError
from ser_core.tracking.connection import EXPERIMENT
from ser_core.tracking.database import database
from ser_core.tracking.intake import COMING, Intake
from ser_core.tracking.run import ENDED, Run, Status, folder_of, run_of
from ser_core.tracking.values import (
    METRICS_PER_BATCH,
    PARAMETER_LENGTH,
    PARAMETERS_PER_BATCH,
    TAG_LENGTH,
    batches,
    cut,
    flat,
    key_of,
    number_of,
    text_of,
)

__all__ = ["EXPERIMENT", "RunStore", "open_store"]

_PAGE = 1000


class RunStore(Intake):
    """Reads and writes runs; safe to use from several threads and processes.

    Nothing is opened or created before the first use, and reading creates nothing.

    Args:
        uri: MLflow's address of the store, for example `sqlite:////home/me/runs/mlflow.db` or
            `https://runs.example.org`.
        artifacts: folder for files of runs; None leaves the place to the server.
    """

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
        labels = {key_of(key): cut(text_of(tag), TAG_LENGTH) for key, tag in (tags or {}).items()}
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

        A run with the same tag `job` is gone on with: whoever began to announce it has ended before
        it could keep its id.

        Raises:
            TrackingError: the store cannot be written.
        """
        run_id = self._run_of_job(str((tags or {}).get("job", "")))
        if run_id:
            with self._plain_errors():
                self._log_parameters(run_id, dict(parameters or {}))
        else:
            run_id = self.start(name, parameters, tags)
        self.reopen(run_id, "SCHEDULED")
        return run_id

    def _run_of_job(self, job_id: str) -> str:
        """The id of a job's run; empty for none."""
        if not job_id or "'" in job_id:
            return ""
        with self._plain_errors():
            experiment = self._experiment(create=True)
            wanted = f"tags.job = '{job_id}'"
            found = self._client().search_runs([experiment], wanted, max_results=1)
            return str(found[0].info.run_id) if found else ""

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
                self._client().set_tag(run_id, key_of(key), cut(text_of(value), TAG_LENGTH))

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
            (key_of(name), number_of(name, value), step)
            for step, metrics in steps.items()
            for name, value in metrics.items()
        ]
        with self._plain_errors():
            client = self._client()
            from mlflow.entities import Metric

            rows = [Metric(name, value, now_ms, step) for name, value, step in values]
            for batch in batches(rows, METRICS_PER_BATCH):
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
        if status not in ENDED:
            raise ParameterError(f"status must be one of {', '.join(ENDED)}, got {status!r}")
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

    def names(self, run_id: str, folder: str = "") -> list[str]:
        """Every file kept with a run, or below a folder of them, as `fold-models/fold-1/card.json`.

        Raises:
            TrackingError: there is no such run, or the store cannot be read.
        """
        found: list[str] = []
        folders = [folder]
        with self._plain_errors():
            while folders:
                for one in self._client().list_artifacts(run_id, folders.pop() or None):
                    (folders if one.is_dir else found).append(one.path)
        return sorted(found)

    def fetch(self, run_id: str, name: str, folder: Path) -> Path:
        """Copy one of a run's files into a folder; see `names`.

        Raises:
            TrackingError: there is no such file, or it cannot be read or written.
        """
        with self._plain_errors(), tempfile.TemporaryDirectory(dir=folder) as place:
            file = Path(self._client().download_artifacts(run_id, name, place))
            return file.replace(folder / file.name)

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """All values of a metric with their steps, in the order of steps; empty for none.

        Raises:
            TrackingError: there is no such run, or the store cannot be read.
        """
        with self._plain_errors():
            values = self._client().get_metric_history(run_id, key_of(metric))
            return sorted((value.step, value.value) for value in values)

    def runs(self) -> list[Run]:
        """Every run, newest first; empty, and nothing is created, when there is no store yet.

        Raises:
            TrackingError: the store cannot be read.
        """
        file = database(self.uri)
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
        folder = folder_of(run.artifacts)
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
            yield from (run_of(row) for row in page if COMING not in row.data.tags)
            token = page.token
            if not token:
                return

    def _log_parameters(self, run_id: str, parameters: dict[str, Any]) -> None:
        from mlflow.entities import Param

        texts = {name: text_of(value) for name, value in flat(parameters)}
        rows = [Param(key_of(name), cut(text, PARAMETER_LENGTH)) for name, text in texts.items()]
        for batch in batches(rows, PARAMETERS_PER_BATCH):
            self._client().log_batch(run_id, params=batch)
        if any(len(text) > PARAMETER_LENGTH for text in texts.values()):
            whole = json.dumps(parameters, indent=2, default=str)
            self._client().log_text(run_id, whole, "parameters.json")


def open_store() -> RunStore:
    """The store that `MLFLOW_TRACKING_URI` names, else the one in `SER_HOME/runs`."""
    uri = os.environ.get("MLFLOW_TRACKING_URI")
    if uri:
        return RunStore(uri)
    folder = (paths.home() / "runs").absolute()
    return RunStore(f"sqlite:///{(folder / 'mlflow.db').as_posix()}", folder / "artifacts")
