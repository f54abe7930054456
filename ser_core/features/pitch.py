"""Pitch by autocorrelation: candidates in each frame, then the best path through them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser_core.features.decibels import decibels
from ser_core.features.signal import Array
from ser_core.features.stft import num_frames

# Boersma (1993), with the costs that Praat uses by default.
_PERIODS = 3  # of the lowest pitch in a window
_CANDIDATES = 6  # pitches kept in a frame, beside "unvoiced"
_SILENCE = 0.03  # share of the clip's peak below which a frame counts as silent
_OCTAVE_COST = 0.01
_JUMP_COST = 0.35  # an octave, in 10 ms
_VOICING_COST = 0.14  # a change between voiced and unvoiced, in 10 ms
_OVERSAMPLING = 2  # of the autocorrelation, so that a parabola fits its peaks at high pitch too
_BLOCK = 256  # frames analysed at once: memory stays flat however long the recording
_FLOOR_DB = -100.0


@dataclass(frozen=True, kw_only=True)
class PitchTracker:
    """Bounds and steps of a pitch analysis; frequencies in Hz, lengths in samples."""

    sampling_rate: int
    hop_length: int
    f0_min_hz: float
    f0_max_hz: float
    voicing_threshold: float

    def track(self, waveform: Array) -> tuple[Array, Array, Array]:
        """Pitch of a waveform.

        Args:
            waveform: (num_samples,) float32.

        Returns:
            three arrays (num_frames,): F0 in Hz, 0 where unvoiced; height of the autocorrelation
            peak, 0 to 1; level in dB re full scale, at least -100.
        """
        peak = max(abs(float(waveform.max())), abs(float(waveform.min())))
        blocks = [self._candidates(frames, peak) for frames in self._blocks(waveform)]
        f0_hz, heights, unvoiced, level_db = (
            np.concatenate(parts) for parts in zip(*blocks, strict=True)
        )
        chosen = self._path(f0_hz, self._strengths(f0_hz, heights, unvoiced))
        rows = np.arange(len(chosen))
        voiced = chosen > 0
        height = np.where(voiced, heights[rows, chosen - 1], heights.max(axis=1))
        return np.where(voiced, f0_hz[rows, chosen - 1], 0), height, level_db

    def _blocks(self, waveform: Array) -> Iterator[Array]:
        """Blocks of frames (num_frames, length) centred on multiples of the hop, zero-padded."""
        half = round(_PERIODS * self.sampling_rate / self.f0_min_hz / 2)
        count = num_frames(len(waveform), self.hop_length)
        for start in range(0, count, _BLOCK):
            begin = start * self.hop_length - half
            end = (min(start + _BLOCK, count) - 1) * self.hop_length + half
            missing = (max(0, -begin), max(0, end - len(waveform)))
            part = np.pad(waveform[max(0, begin) : end], missing)
            yield np.lib.stride_tricks.sliding_window_view(part, 2 * half)[:: self.hop_length]

    def _candidates(self, frames: Array, peak: float) -> tuple[Array, Array, Array, Array]:
        """F0 (num_frames, 6) and peak height of each candidate, 0 where there are fewer; then the
        strength of "unvoiced" and the level in dB, each (num_frames,).
        """
        window = np.hanning(frames.shape[1] + 2)[1:-1].astype(np.float32)
        of_window = self._autocorrelation(window[None])
        windowed = (frames - frames.mean(axis=1, keepdims=True)) * window
        f0_hz, heights = self._peaks(self._autocorrelation(windowed) / of_window)
        quiet = np.abs(windowed).max(axis=1) / (peak or 1) * (1 + self.voicing_threshold) / _SILENCE
        power = np.square(windowed).sum(axis=1) / np.square(window).sum()
        level_db = decibels(power, _FLOOR_DB)
        return f0_hz, heights, self.voicing_threshold + np.maximum(0, 2 - quiet), level_db

    def _autocorrelation(self, windowed: Array) -> Array:
        """Autocorrelation over that at lag 0; lags are 1 / _OVERSAMPLING samples apart."""
        from scipy.fft import irfft, next_fast_len, rfft

        longest = round(self.sampling_rate / self.f0_min_hz) + 2
        size = next_fast_len(windowed.shape[1] + longest, real=True)
        spectrum = rfft(windowed, size, axis=1)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        correlation = irfft(power, _OVERSAMPLING * size, axis=1)[:, : _OVERSAMPLING * longest]
        energy = correlation[:, :1]
        return np.asarray(correlation / np.where(energy > 0, energy, np.inf), np.float32)

    def _peaks(self, correlation: Array) -> tuple[Array, Array]:
        """Frequency and height of the strongest peaks within the bounds, (num_frames, 6) each."""
        rate = _OVERSAMPLING * self.sampling_rate
        first = max(1, int(rate / self.f0_max_hz))
        last = min(correlation.shape[1] - 2, int(np.ceil(rate / self.f0_min_hz)))
        lags = np.arange(first, last + 1)
        middle = correlation[:, first : last + 1]
        left, right = correlation[:, first - 1 : last], correlation[:, first + 1 : last + 2]
        worth = middle - _OCTAVE_COST * np.log2(lags * self.f0_min_hz / rate, dtype=np.float32)
        worth[(middle < left) | (middle <= right) | (middle <= 0)] = -np.inf
        best = np.argpartition(-worth, min(_CANDIDATES, lags.size) - 1, axis=1)[:, :_CANDIDATES]
        found = np.take_along_axis(worth, best, axis=1) > -np.inf
        around = (np.take_along_axis(each, best, axis=1) for each in (left, middle, right))
        offset, height = _parabola_top(*around)
        f0_hz = rate / (lags[best] + np.where(found, offset, 0))
        found &= (f0_hz >= self.f0_min_hz) & (f0_hz <= self.f0_max_hz)
        height = np.where(height > 1, 1 / np.maximum(height, 1), height)
        return _padded(np.where(found, f0_hz, 0)), _padded(np.where(found, height, 0))

    def _strengths(self, f0_hz: Array, heights: Array, unvoiced: Array) -> Array:
        """Worth of each choice in each frame, (num_frames, 7): "unvoiced", then the candidates."""
        there = f0_hz > 0
        octaves = np.log2(np.where(there, self.f0_min_hz / np.where(there, f0_hz, 1), 1))
        worth = np.where(there, heights - _OCTAVE_COST * octaves, -1e3)
        return np.concatenate([unvoiced[:, None], worth], axis=1)

    def _path(self, f0_hz: Array, strengths: Array) -> NDArray[np.intp]:
        """Choice in each frame on the path of most strength and least change (Viterbi)."""
        came_from = np.zeros(strengths.shape, np.int8)
        total = strengths[0].astype(np.float64)
        for start in range(1, len(strengths), _BLOCK):
            costs = self._costs(f0_hz[start - 1 : start + _BLOCK])
            for row, cost in enumerate(costs, start):
                reached = total[:, None] - cost
                came_from[row] = reached.argmax(axis=0)
                total = reached.max(axis=0) + strengths[row]
        path = np.empty(len(strengths), np.intp)
        choice = total.argmax()
        for row in range(len(strengths) - 1, -1, -1):
            path[row] = choice
            choice = came_from[row, choice]
        return path

    def _costs(self, f0_hz: Array) -> NDArray[np.float64]:
        """Cost of going from one choice to another between frames, (num_frames - 1, 7, 7)."""
        octave = np.log2(np.maximum(f0_hz, 1))
        width = 1 + octave.shape[1]
        costs = np.zeros((len(octave) - 1, width, width))
        costs[:, 1:, 1:] = _JUMP_COST * np.abs(octave[:-1, :, None] - octave[1:, None, :])
        costs[:, 0, 1:] = costs[:, 1:, 0] = _VOICING_COST
        return costs * (0.01 * self.sampling_rate / self.hop_length)


def _parabola_top(left: Array, middle: Array, right: Array) -> tuple[Array, Array]:
    """Peak of the parabola through three values, the middle the largest: offset and height."""
    bend = left - 2 * middle + right
    offset = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, 1), 0)
    return offset, middle - 0.25 * (left - right) * offset


def _padded(candidates: Array) -> Array:
    """Columns of zeros up to the number of candidates: narrow bounds may hold fewer lags."""
    missing = _CANDIDATES - candidates.shape[1]
    return np.pad(candidates.astype(np.float32), ((0, 0), (0, missing)))
