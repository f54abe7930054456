"""What stays for good is hidden from the garbage collector, and nothing else for long."""

import gc
import time
import weakref
from collections.abc import Iterator

import pytest

from pages.components import memory


class Session:
    """Refers to itself, so that only the garbage collector can free it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(memory, "_last", {"modules": 0, "time": 0})
    yield
    gc.unfreeze()


def test_modules_are_hidden_after_the_first_run() -> None:
    gc.unfreeze()
    memory.tend()
    assert gc.get_freeze_count() > 10_000


def test_a_closed_session_is_found_a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    gone = weakref.ref(session)
    memory.tend()
    del session
    memory.tend()
    gc.collect()
    assert gone() is not None, "it should be frozen still; otherwise this test shows nothing"

    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    memory.tend()
    assert gone() is None
