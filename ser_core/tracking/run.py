"""One run, as the store holds it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

Status = Literal["FINISHED", "FAILED", "KILLED"]

ENDED = ("FINISHED", "FAILED", "KILLED")


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

    @property
    def origin(self) -> str:
        """When and from where it was imported; "" for a run that was trained here.

        >>> tags = {"imported": "2026-11-20T20:00:00+00:00", "origin_host": "lab3"}
        >>> Run("", "", "", "", "", {}, {}, tags, 0.0, None).origin
        'imported on 2026-11-20 from lab3'
        """
        if "imported" not in self.tags:
            return ""
        return f"imported on {self.tags['imported'][:10]} from {self.tags.get('origin_host', '?')}"


def run_of(row: Any) -> Run:
    """A run from MLflow's own record of it."""
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
        ended=info.end_time / 1000 if info.end_time and info.status in ENDED else None,
        artifacts=str(info.artifact_uri or ""),
    )


def folder_of(address: str) -> Path | None:
    """The folder that an address of files means; None where a server keeps them.

    >>> folder_of("s3://bucket/runs"), folder_of("file:///home/me/runs") == Path("/home/me/runs")
    (None, True)
    """
    scheme = urlsplit(address).scheme
    if scheme == "file":
        return Path(url2pathname(urlsplit(address).path))
    return Path(address) if address and len(scheme) < 2 else None  # a letter: a drive of Windows
