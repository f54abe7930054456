"""Tells the run store how jobs stand."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ser_core.errors import SerError
from ser_core.jobs.book import Job, JobBook
from ser_core.tracking import RunStore
from ser_core.training import worker

log = logging.getLogger(__name__)

_AGAIN_S = 30.0


class Mirror:
    """Sets the status of each job's run to the job's, as often as it takes.

    What was told is kept in the job's state, so that nothing is lost when a server ends or the
    store cannot be reached for a while.
    """

    def __init__(self, book: JobBook, store: Callable[[], RunStore]) -> None:
        self._book = book
        self._make_store = store
        self._store: RunStore | None = None
        self._lock = threading.Lock()
        self._not_before = 0.0

    def catch_up(self) -> None:
        """Tell all that the store does not know yet; after a failure only some time later."""
        if time.monotonic() < self._not_before:
            return
        for job in self._book.jobs():
            told = job.state.mirrored == job.status or not job.order or not _ours(job)
            if not told and not self.tell(job.job_id):
                self._not_before = time.monotonic() + _AGAIN_S
                return

    def tell(self, job_id: str) -> bool:
        """Tell how a job stands; whether that went well, or there is nothing to tell any more."""
        with self._lock:
            try:
                job = self._book.job(job_id)
                if job.state.mirrored != job.status and _ours(job):
                    run_id = self._tell(job)
                    self._book.update(job_id, run_id=run_id, mirrored=job.status)
            except SerError as error:
                log.warning("job %s is not in the run store as it stands: %s", job_id, error)
                return False
        return True

    def _tell(self, job: Job) -> str:
        if self._store is None:
            self._store = self._make_store()
        store, status, run_id = self._store, job.status, job.state.run_id
        if not run_id:
            if job.state.over and job.state.attempt == 0:
                return ""  # it was called off before the store had heard of it
            run_id = store.schedule(job.recipe, parameters(job), tags(job))
        elif status == "SCHEDULED":
            store.reopen(run_id, "SCHEDULED")
        if status == "RUNNING":
            store.reopen(run_id, "RUNNING")
            store.tag(run_id, {"host": socket.gethostname(), "interrupted": "", "reason": ""})
        elif status in ("FINISHED", "FAILED", "KILLED"):
            if store.status(run_id) != status:
                store.finish(run_id, status)
            interrupted = "true" if job.state.interrupted else ""
            store.tag(run_id, {"interrupted": interrupted, "reason": job.state.reason})
            if (job.path / worker.LOG).is_file():
                store.log_artifact(run_id, job.path / worker.LOG)
        return run_id


def _ours(job: Job) -> bool:
    """Whether this machine may say how a job's run stands: only the one that trains it may."""
    return job.state.host in ("", socket.gethostname())


def parameters(job: Job) -> dict[str, Any]:
    """What the run was asked to do, as `train` says it to the run store."""
    labels: Mapping[str, Any] = job.order.get("labels", {})
    sources = sorted(job.order.get("sources", []), key=lambda one: str(one.get("name", "")))
    return {
        **job.order.get("recipe", {}),
        "corpus": job.corpus,
        "root": ", ".join(str(one.get("root", "")) for one in sources),  # as `corpus` names them
        "labels": {
            "name": labels.get("name", ""),
            "map": labels.get("pairs", {}),
            "only_these": labels.get("only", False),
        },
    }


def tags(job: Job) -> dict[str, Any]:
    """What the run is found by."""
    return {
        "recipe": job.recipe,
        "protocol": job.protocol,
        "corpus": job.corpus,
        "model": job.model_name,
        "job": job.job_id,
    }
