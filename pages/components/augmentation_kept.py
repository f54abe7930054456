"""What was computed is kept in the session, so that going back to it costs nothing.

In the session, not in a cache of the server: a recording goes when its user goes.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st

_KEPT = "augment_results"
_MOST = 60  # among them eight waveforms of half a minute, 6 MB each, at the most

T = TypeVar("T")


def once(key: Hashable, make: Callable[[], T]) -> T:
    """What `make` returns, made at the first request for `key` and kept among the last ones.

    What it raises is not kept.
    """
    kept: OrderedDict[Hashable, Any] = st.session_state.setdefault(_KEPT, OrderedDict())
    if key in kept:
        kept.move_to_end(key)
    else:
        kept[key] = make()
        while len(kept) > _MOST:
            kept.popitem(last=False)
    found: T = kept[key]
    return found
