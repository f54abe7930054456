"""`run.json`: what a handed-on run is."""

from typing import Annotated, Literal

from pydantic import Field

from ser_core.config import Config

FORMAT = "ser-studio-run"
TAGS = ("recipe", "protocol", "corpus", "model", "leaks")
"""What a run is found by, and keeps wherever it goes."""

PRIVATE = ("root",)
"""Parameters that say where things lie on one machine; they stay there."""

_Words = Annotated[str, Field(max_length=6000)]
_Name = Annotated[str, Field(max_length=250)]


class File(Config):
    """One of its files."""

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(Config):
    """All that the run store knew of a run, and its files.

    Attributes:
        run_id: where it was trained.
        host: where it was trained, or first handed on from.
        exported: when, as ISO 8601 in UTC.
        history: values of each metric with their steps; None for what was no number.
        started, ended: Unix seconds.
        files: by their names below `files/`.
    """

    format: Literal["ser-studio-run"]
    version: Literal[1]
    run_id: str = Field(pattern="^[A-Za-z0-9_-]{1,64}$")
    name: str = Field(min_length=1, max_length=250, pattern=r"^[^\n\r\t<>]*$")
    status: Literal["FINISHED"]
    host: str = Field(max_length=250)
    exported: str = Field(max_length=40)
    tags: dict[_Name, _Words] = Field(max_length=20)
    parameters: dict[_Name, _Words] = Field(max_length=2000)
    history: dict[_Name, list[tuple[int, float | None]]] = Field(max_length=5000)
    started: float = Field(ge=0, le=1e11)
    ended: float = Field(ge=0, le=1e11)
    files: dict[_Name, File] = Field(max_length=500)
