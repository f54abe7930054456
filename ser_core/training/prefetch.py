"""Work ahead in a thread, so that the next batch is there when the network wants it."""

import queue
import threading
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

_WAIT_S = 0.05


def prefetched(items: Iterator[T], ahead: int = 4) -> Generator[T]:
    """The items of an iterator, made in a thread of their own, some ahead of their use.

    Close it (`contextlib.closing`) to stop the thread before the end; the thread is gone when
    `close` returns. What the iterator raises is raised here.

    >>> list(prefetched(iter("abc")))
    ['a', 'b', 'c']
    """
    worker = _Worker(items, ahead)
    try:
        while (item := worker.take()) is not None:
            yield item[0]
    finally:
        worker.stop()


class _Worker(Generic[T]):
    """A thread that fills a short queue until it is told to stop."""

    def __init__(self, items: Iterator[T], ahead: int) -> None:
        self._items = items
        self._made: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(ahead)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="prefetch", daemon=True)
        self._thread.start()

    def take(self) -> tuple[T] | None:
        """The next item, as a tuple of one; None at the end."""
        item = self._made.get()
        if isinstance(item, BaseException):
            raise item
        return item

    def stop(self) -> None:
        """End the thread, whatever it does."""
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        try:
            for item in self._items:
                self._put((item,))
                if self._stopped.is_set():
                    return
            self._put(None)
        except BaseException as error:  # whatever it is, it belongs to who waits for items
            self._put(error)

    def _put(self, item: tuple[T] | BaseException | None) -> None:
        while not self._stopped.is_set():
            try:
                self._made.put(item, timeout=_WAIT_S)
            except queue.Full:
                continue
            return
