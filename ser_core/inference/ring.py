"""The newest samples of a sound that never ends, in memory that does not grow."""

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Ring:
    """Keeps the last `capacity` samples, found by their place in the whole stream.

    >>> ring = Ring(4)
    >>> for part in ([0, 1, 2], [3, 4, 5]):
    ...     ring.append(np.array(part, np.float32))
    >>> (ring.start, ring.stop), ring.read(3, 6).tolist()
    ((2, 6), [3.0, 4.0, 5.0])
    """

    def __init__(self, capacity: int, dtype: DTypeLike = np.float32) -> None:
        self.capacity = capacity
        self.start = self.stop = 0  # of what is kept: first sample and one past the last
        self._dtype = np.dtype(dtype)
        self._blocks: deque[NDArray[Any]] = deque()
        self._held = 0  # samples in the blocks: at most one block more than the capacity

    def append(self, samples: NDArray[Any]) -> None:
        """Add samples (num_samples,); the oldest give way."""
        self.stop += samples.size
        self.start = max(self.start, self.stop - self.capacity)
        block = samples[-self.capacity :].astype(self._dtype)  # a copy: the caller's may change
        if block.size:
            self._blocks.append(block)
            self._held += block.size
        while self._blocks and self._held - self._blocks[0].size >= self.stop - self.start:
            self._held -= self._blocks.popleft().size

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """The samples from `start` up to `stop`, as far as they are kept."""
        start, stop = max(start, self.start), min(stop, self.stop)
        parts = [np.zeros(0, self._dtype)]
        end = self.stop
        for block in reversed(self._blocks):
            begin = end - block.size
            if begin < stop and start < end:
                parts.append(block[max(0, start - begin) : stop - begin])
            end = begin
        return np.concatenate(parts[::-1])

    def restart(self, start: int) -> None:
        """Forget all; the next sample is number `start` of the stream."""
        self._blocks.clear()
        self._held = 0
        self.start = self.stop = start
