"""Where the bins of a Fourier transform lie."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=16)
def bins_hz(sampling_rate: int, n_fft: int) -> NDArray[np.float32]:
    """Frequency of each bin in Hz, shape (n_fft // 2 + 1,), read-only.

    >>> bins_hz(16_000, 8)
    array([   0., 2000., 4000., 6000., 8000.], dtype=float32)
    """
    hz = np.fft.rfftfreq(n_fft, 1 / sampling_rate).astype(np.float32)
    hz.setflags(write=False)
    return hz
