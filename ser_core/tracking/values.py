"""Names and values as MLflow takes them."""

import hashlib
import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ser_core.errors import ParameterError

# MLflow's limits (mlflow.utils.validation); a request with more is refused whole.
KEY_LENGTH = 250
PARAMETER_LENGTH = 6000
TAG_LENGTH = 5000  # 8000 in newer servers
PARAMETERS_PER_BATCH = 100
METRICS_PER_BATCH = 1000


def flat(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested mappings as dotted names.

    >>> dict(flat({"epochs": 3, "optimiser": {"name": "adam", "rate": 0.001}}))
    {'epochs': 3, 'optimiser.name': 'adam', 'optimiser.rate': 0.001}
    """
    for name, value in parameters.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def key_of(name: str) -> str:
    """A name that MLflow takes; one that had to be changed ends in a piece of its hash.

    >>> key_of("val/uar"), key_of("uar (test)")
    ('val/uar', 'uar _test_-bcef9725')
    """
    allowed = re.sub(r"[^\w\-. /]", "_", name)
    if posixpath.normpath(allowed) != allowed or allowed.startswith((".", "/")):
        allowed = allowed.replace("/", "_").lstrip(".")  # MLflow takes names for file paths
    if name and allowed == name and len(name) <= KEY_LENGTH:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{allowed[: KEY_LENGTH - 9]}-{mark}"


def text_of(value: Any) -> str:
    """A value as the store keeps it: words as they are, lists and the like as JSON."""
    if isinstance(value, list | tuple | Mapping):
        return json.dumps(value, default=str)
    return str(value)


def cut(text: str, length: int) -> str:
    """A text that is too long ends in "…"."""
    return text if len(text) <= length else text[: length - 1] + "…"


def number_of(name: str, value: Any) -> float:
    """The value of a metric.

    Raises:
        ParameterError: it is not a number.
    """
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ParameterError(f"metric {name!r} must be a number, got {value!r}") from None


def batches(rows: list[Any], size: int) -> Iterator[list[Any]]:
    """Rows in portions of at most `size`."""
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch
