"""What was asked for last, in memory: as many things as are allowed, the oldest go first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps the things that were asked for last; safe to use from several threads.

    Args:
        most: how many.

    >>> kept = Recent[str, int](most=2)
    >>> [kept.get(key, lambda: len(key)) for key in ("a", "bb", "a", "ccc")]
    [1, 2, 1, 3]
    >>> list(kept)
    ['a', 'ccc']
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """What is kept under a key, or what `make` returns, which is kept then.

        Two threads that ask for the same at once may both make it: none waits for another's work.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            found = self._kept.setdefault(key, made)  # all get the same object
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found

    def __iter__(self) -> Iterator[K]:
        """Keys, from what was asked for longest ago."""
        with self._lock:
            return iter(list(self._kept))
