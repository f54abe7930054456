"""Runs that come as a whole from elsewhere: nobody sees one before all of it is there."""

import contextlib
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_core.tracking.connection import Connection
from ser_core.tracking.run import Status, folder_of
from ser_core.tracking.values import (
    METRICS_PER_BATCH,
    PARAMETER_LENGTH,
    PARAMETERS_PER_BATCH,
    TAG_LENGTH,
    batches,
    cut,
    key_of,
    text_of,
)

COMING = "incoming"
"""Tag of a run that is not whole yet, with the time; `RunStore.runs` passes it over."""

_LEFT_S = 3600.0  # nobody works so long on one that still comes in


@dataclass(frozen=True)
class WholeRun:
    """All that a store is told of one run.

    Attributes:
        parameters: flat.
        history: values of each metric, with their steps.
        started, ended: Unix seconds.
        files: folder with what is kept with it.
    """

    name: str
    status: Status
    parameters: Mapping[str, str]
    tags: Mapping[str, Any]
    history: Mapping[str, Sequence[tuple[int, float]]]
    started: float
    ended: float
    files: Path


class Intake(Connection):
    """What a store takes in as a whole."""

    def take_in(self, run: WholeRun) -> str:
        """Write a run that was trained elsewhere; it is there as a whole, or not at all.

        Returns:
            The id that it has here.

        Raises:
            TrackingError: the store cannot be written.
        """
        with self._plain_errors():
            self._clear_leavings()
            client = self._client()
            tags = {key_of(name): cut(text_of(tag), TAG_LENGTH) for name, tag in run.tags.items()}
            info = client.create_run(
                self._experiment(create=True),
                start_time=round(run.started * 1000),
                run_name=run.name,
                tags={**tags, COMING: str(time.time())},
            ).info
            try:
                self._write_all(info.run_id, run)
                client.set_terminated(info.run_id, run.status, end_time=round(run.ended * 1000))
                client.delete_tag(info.run_id, COMING)
            except BaseException:
                with contextlib.suppress(Exception):
                    _discard(client, info)
                raise
        return str(info.run_id)

    def _write_all(self, run_id: str, run: WholeRun) -> None:
        from mlflow.entities import Metric, Param

        client, at_ms = self._client(), round(run.ended * 1000)
        values = [Param(key_of(n), cut(v, PARAMETER_LENGTH)) for n, v in run.parameters.items()]
        for parameters in batches(values, PARAMETERS_PER_BATCH):
            client.log_batch(run_id, params=parameters)
        steps = [
            Metric(key_of(name), value, at_ms, step)
            for name, course in run.history.items()
            for step, value in course
        ]
        for metrics in batches(steps, METRICS_PER_BATCH):
            client.log_batch(run_id, metrics=metrics)
        client.log_artifacts(run_id, str(run.files))

    def _clear_leavings(self) -> None:
        """Remove what a process has left half taken in that was killed at it."""
        client = self._client()
        experiment = self._experiment(create=True)
        for one in client.search_runs([experiment], f"tags.{COMING} LIKE '%'"):
            if time.time() - float(one.data.tags[COMING]) > _LEFT_S:
                _discard(client, one.info)


def _discard(client: Any, info: Any) -> None:
    """Remove a run and its files; what a server keeps is left to the server."""
    client.delete_run(info.run_id)
    folder = folder_of(info.artifact_uri)
    if folder is not None and folder.parent.name == info.run_id:
        shutil.rmtree(folder.parent, ignore_errors=True)
