"""How far speech stands above the background of its own recording: an estimate for every clip.

Speech and noise of a recording cannot be told apart for certain. From the distribution of power in
frames of 20 ms, speech with noise is taken at the 95th percentile and noise alone at the 15th, as
NIST's `stnr` and its kin do.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core import audio, paths
from ser_core.audio import Waveform
from ser_core.errors import AudioError
from ser_core.store import Clip, ClipStore, Progress

_FRAME_S = 0.02
_SPEECH, _NOISE = 95, 15  # percentiles of the power in frames
_LEAST_FRAMES = 20
_LEAST_DB, _MOST_DB = -12.0, 90.0


def snr_db(files: Sequence[str], progress: Progress | None = None) -> NDArray[np.float64]:
    """Estimated signal-to-noise ratios of clips, in dB; each file is opened once and then known.

    Args:
        files: sound files that are there.
        progress: called with clips opened and clips to open; it may stop the work.

    Returns:
        `(num_files,)`, nan where nothing can be estimated.

    Raises:
        AudioError: a file is missing.
        StoreError: the disk is full.
    """
    (arrays,) = _store().fetch(list(files), [_Estimating()], progress)
    return np.array([array[0] for array in arrays], np.float64)


def estimated_snr_db(waveform: Waveform, sampling_rate: int) -> float:
    """10·log10((speech - noise) / noise) of one clip, from percentiles of power in frames.

    Where a clip has no pause, its quietest speech counts as noise and the estimate is too low;
    where silence was cut in as zeros, it is too high.

    Args:
        waveform: (num_samples,) float32.
        sampling_rate: Hz.

    Returns:
        dB, from -12 to 90; nan for less than 0.4 s, or silence.

    A tone that is on for half of the time, over noise 40 dB below it:

    >>> rng = np.random.default_rng(0)
    >>> tone = np.sin(np.arange(16_000) * 0.4) * (np.arange(16_000) > 8000)
    >>> noise = rng.normal(0, 0.01 * 0.5**0.5, 16_000)
    >>> round(estimated_snr_db((tone + noise).astype(np.float32), 16_000))
    40
    """
    length = max(1, round(_FRAME_S * sampling_rate))
    frames = waveform.size // length
    if frames < _LEAST_FRAMES:
        return float("nan")
    power = np.square(waveform[: frames * length].reshape(frames, length), dtype=np.float64).mean(1)
    noise, speech = np.percentile(power, [_NOISE, _SPEECH])
    if speech <= 0:
        return float("nan")
    ratio = (speech - noise) / max(noise, speech * 10 ** (-_MOST_DB / 10))
    return float(np.clip(10 * np.log10(max(ratio, 1e-9)), _LEAST_DB, _MOST_DB))


class _Estimating:
    """The product that the store keeps for each clip."""

    def fingerprint(self) -> str:
        return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:32]

    def key(self, clip: Clip) -> bytes:
        return clip.key

    def compute(self, clip: Clip) -> NDArray[np.float64]:
        try:
            waveform, sampling_rate = audio.load(clip.path)
        except AudioError:
            return np.array([np.nan])
        return np.array([estimated_snr_db(waveform, sampling_rate)])

    def about(self) -> dict[str, Any]:
        return {"estimate": "snr_db"}


def _store() -> ClipStore:
    return ClipStore(paths.home() / "cache" / "background")
