"""What came of a finished job: the scores that its worker left in the folder."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from ser_core.training import worker

_SCORES = "scores.json"


def scores(job: Path) -> dict[str, Any] | None:
    """The scores of a job's folder as `scores.json` has them; None where there are none.

    Read once for as long as the file stays the same. Whoever takes them must leave them as they
    are.
    """
    file = job / worker.ARTIFACTS / _SCORES
    try:
        return _read(file, file.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=1000)
def _read(file: Path, modified_ns: int) -> dict[str, Any] | None:
    del modified_ns
    try:
        said = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and "uar" in said else None
