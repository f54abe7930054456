"""What was computed is kept in the session, so that going back to it costs nothing.

In the session, not in a cache of the server: a recording goes when its user goes.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import streamlit as st

_KEPT = "augment_results"
_MOST = 60
_MOST_BYTES = 96 * 2**20  # eight draws of half a minute at 48 kHz are 46 MB

T = TypeVar("T")


def once(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` returns, made at the first request for `key` and kept among the last ones.

    The last 60, and no more than 96 MB of them. What it raises is not kept.
    """
    kept: OrderedDict[Hashable, tuple[Any, int]] = st.session_state.setdefault(_KEPT, OrderedDict())
    if key in kept:
        kept.move_to_end(key)
    else:
        made = make()
        kept[key] = made, num_bytes(made)
        size = sum(each for _, each in kept.values())
        while len(kept) > 1 and (len(kept) > _MOST or size > _MOST_BYTES):
            size -= kept.popitem(last=False)[1][1]
    found: T = kept[key][0]
    return found


def num_bytes(value: Any) -> int:
    """How much the arrays in a result hold: in fields, lists, tables and figures.

    >>> import numpy as np
    >>> num_bytes({"before": np.zeros(10, np.float32), "after": [np.zeros(5, np.float32)]})
    60
    """
    if hasattr(value, "nbytes"):
        return int(value.nbytes)
    if hasattr(value, "memory_usage"):
        return int(value.memory_usage(deep=True).sum())
    if hasattr(value, "to_plotly_json"):
        return sum(map(num_bytes, value.to_plotly_json()["data"]))
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(num_bytes, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(num_bytes, value))
    if is_dataclass(value):
        return sum(num_bytes(getattr(value, field.name)) for field in fields(value))
    return 0
