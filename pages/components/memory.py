"""Keeps reruns quick: what stays for good is hidden from the garbage collector."""

import gc
import sys
import time

_EVERY_S = 60.0
_last: dict[str, float] = {"modules": 0, "time": 0}


def tend() -> None:
    """Call last in app.py: collect garbage thoroughly now and then, and freeze what is left.

    After every run Streamlit has the collector look at all objects while every thread waits. Most
    belong to modules: with pandas and MLflow that takes 0.1 s. Frozen objects are not looked at.
    Sessions are frozen along with the modules, so all is thawed when modules have been imported,
    and once a minute: then what a closed session left behind is found.
    """
    modules, now = len(sys.modules), time.monotonic()
    if modules == _last["modules"] and now - _last["time"] < _EVERY_S:
        return
    _last.update(modules=modules, time=now)
    gc.unfreeze()
    gc.collect()
    gc.freeze()
