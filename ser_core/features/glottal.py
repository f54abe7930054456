"""Glottal periods of voiced speech, and how much they vary from one to the next."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ser_core.features.signal import Array

# The limits are Praat's.
_SHORTEST, _LONGEST = 0.8, 1.25  # a period, over what the pitch contour expects
_MIN_MATCH = 0.3  # correlation of neighbouring periods
_MAX_PERIOD_RATIO = 1.3  # of neighbouring periods; more is a mistake, not jitter
_MAX_AMPLITUDE_RATIO = 1.6
_MAX_FRAMES = 1_000  # of one voiced stretch; a longer one is cut, so that memory stays flat

Pairs = NDArray[np.float64]
"""Neighbouring periods, (num_pairs, 5): sample between them, difference and mean of their lengths
(samples), difference and mean of their amplitudes; NaN where the two cannot be compared."""


def perturbation(
    waveform: Array, f0_hz: Array, sampling_rate: int, hop_length: int, window_s: float
) -> tuple[Array, Array]:
    """Jitter and shimmer around each frame.

    Args:
        waveform: (num_samples,).
        f0_hz: (num_frames,), 0 where unvoiced.
        sampling_rate: Hz.
        hop_length: samples between frames.
        window_s: seconds around a frame's centre whose periods count.

    Returns:
        jitter and shimmer, (num_frames,) each: mean difference of neighbouring periods' lengths
        (amplitudes) over their mean; 0 where unvoiced or with fewer than 2 pairs of periods.
    """
    stretches = _voiced_stretches(f0_hz)
    period = (sampling_rate / np.maximum(f0_hz, 1)).astype(np.float32)
    pairs = [_pairs(waveform, period, hop_length, *stretch) for stretch in stretches]
    table = np.concatenate([np.empty((0, 5)), *pairs])
    centres = np.arange(len(f0_hz)) * hop_length
    half = window_s * sampling_rate / 2
    first = np.searchsorted(table[:, 0], centres - half)
    last = np.searchsorted(table[:, 0], centres + half)
    voiced = f0_hz > 0
    return (
        _ratio(table[:, 1:3], first, last) * voiced,
        _ratio(table[:, 3:5], first, last) * voiced,
    )


def _ratio(columns: Pairs, first: NDArray[np.intp], last: NDArray[np.intp]) -> Array:
    """Sum of differences over sum of means in rows first to last; 0 for fewer than 2 rows."""
    usable = np.isfinite(columns[:, :1])
    rows = np.hstack([np.where(usable, columns, 0), usable])
    sums = np.concatenate([np.zeros((1, 3)), np.cumsum(rows, axis=0)])
    difference, mean, count = (sums[last] - sums[first]).T
    enough = (count > 1.5) & (mean > 0)
    return np.where(enough, difference / np.where(enough, mean, 1), 0).astype(np.float32)


def _voiced_stretches(f0_hz: Array) -> Iterator[tuple[int, int]]:
    """First and last frame, exclusive, of each voiced stretch."""
    voiced = np.concatenate([[False], f0_hz > 0, [False]])
    changes = np.flatnonzero(voiced[1:] != voiced[:-1])
    for first, last in changes.reshape(-1, 2).tolist():
        for start in range(first, last, _MAX_FRAMES):
            yield start, min(last, start + _MAX_FRAMES)


def _pairs(waveform: Array, period: Array, hop: int, first: int, last: int) -> Pairs:
    """Pairs of periods in frames first to last."""
    margin = 3 * int(period[first:last].max()) + 2
    begin = max(0, first * hop - hop // 2 - margin)
    end = min(len(waveform), last * hop - hop // 2 + margin)
    walk = _Walk(waveform[begin:end], period[first:last], hop, first * hop - begin)
    marks, lengths, amplitudes = walk.periods()
    return np.column_stack(
        [
            marks[1:-1] + begin,
            *_compared(lengths[:-1], lengths[1:], _MAX_PERIOD_RATIO),
            *_compared(amplitudes[:-2], amplitudes[1:-1], _MAX_AMPLITUDE_RATIO),
        ]
    )


def _compared(one: Pairs, other: Pairs, max_ratio: float) -> tuple[Pairs, Pairs]:
    """Difference and mean of neighbours, NaN where they differ by more than a ratio."""
    near = np.maximum(one, other) <= max_ratio * np.minimum(one, other)
    return np.where(near, np.abs(one - other), np.nan), np.where(near, (one + other) / 2, np.nan)


class _Walk:
    """Walks through a voiced stretch from period to period, from its loudest sample outwards.

    Each step goes to where the next period looks most like this one (waveform matching by
    normalised cross-correlation), refined by a parabola to a fraction of a sample.

    Args:
        sound: (num_samples,), the stretch with a margin at both ends.
        period: expected period (samples) in each frame of the stretch.
        hop: samples between frames.
        offset: sample of the first frame's centre.
    """

    def __init__(self, sound: Array, period: Array, hop: int, offset: int) -> None:
        self.sound = sound - sound.mean()
        self.energy = np.concatenate([[0.0], np.cumsum(np.square(self.sound, dtype=np.float64))])
        self.period = period.tolist()
        self.hop, self.offset = hop, offset

    def periods(self) -> tuple[Pairs, Pairs, Pairs]:
        """Samples of n marks, lengths of the n - 1 periods between, amplitudes (RMS) at marks."""
        low = max(0, self.offset - self.hop // 2)
        high = self.offset + len(self.period) * self.hop - self.hop // 2
        start = low + int(np.abs(self.sound[low:high]).argmax())
        before, after = self._steps(start, -1, low, high), self._steps(start, 1, low, high)
        lengths = [length for _, length in before[::-1] + after]
        marks = [*(mark for mark, _ in before[::-1]), start, *(mark for mark, _ in after)]
        amplitudes = [self._amplitude(mark) for mark in marks]
        return np.array(marks, float), np.array(lengths, float), np.array(amplitudes, float)

    def _steps(self, mark: int, direction: int, low: int, high: int) -> list[tuple[int, float]]:
        """Marks with the lengths of the periods walked to reach them, within low to high."""
        steps: list[tuple[int, float]] = []
        while (step := self._next(mark, direction)) is not None and low <= step[0] < high:
            steps.append(step)
            mark = step[0]
        return steps

    def _next(self, mark: int, direction: int) -> tuple[int, float] | None:
        """The next mark and the period to it, NaN where none looks alike; None: no sound left."""
        expected = self._expected(mark)
        half = int(expected / 2)
        shortest, longest = int(_SHORTEST * expected), int(_LONGEST * expected) + 1
        first = mark + (shortest if direction > 0 else -longest)
        begin, end = first - half, first + longest - shortest + half
        if min(begin, mark - half) < 0 or max(end, mark + half) > len(self.sound):
            return None
        match = np.correlate(self.sound[begin:end], self.sound[mark - half : mark + half])
        energy = self.energy[begin + 2 * half : end + 1] - self.energy[begin : end - 2 * half + 1]
        own = self.energy[mark + half] - self.energy[mark - half]
        match = match / np.sqrt(np.maximum(energy * own, 1e-20))
        best = int(match.argmax())
        if match[best] < _MIN_MATCH or not 0 < best < len(match) - 1:
            return mark + direction * round(expected), np.nan
        left, middle, right = match[best - 1 : best + 2].tolist()
        offset = 0.5 * (left - right) / (left - 2 * middle + right)  # left < middle: the first best
        return first + best, direction * (first + best + offset - mark)

    def _expected(self, mark: int) -> float:
        """Period at a sample (samples), by the pitch contour."""
        frame = round((mark - self.offset) / self.hop)
        return self.period[min(max(frame, 0), len(self.period) - 1)]

    def _amplitude(self, mark: int) -> float:
        """Root mean square of one period around a mark."""
        half = int(self._expected(mark) / 2)
        begin, end = max(0, mark - half), min(len(self.sound), mark + half)
        return float(np.sqrt((self.energy[end] - self.energy[begin]) / (end - begin)))
