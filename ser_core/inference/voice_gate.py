"""Where in a stream somebody speaks, by level alone: no model, no look ahead, little arithmetic."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from ser_core.audio import MIN_DURATION_S, Waveform
from ser_core.config import Config

FRAME_S = 0.02
_ASSUMED_DB = -60.0  # a quiet room, until the stream has shown its own noise
_ASSUMED_FRAMES = 15  # a tenth of the three seconds that it takes to be outvoted
_REMEMBERED_S = 30.0  # of levels, from which the noise is known
_EVERY = 25  # frames between two looks at the noise
_RECENT = 10  # frames, half of which must be loud for an onset: a click is no voice


class GateConfig(Config):
    """When a stretch of sound counts as voice."""

    over_noise_db: float = Field(
        9.0, ge=3, le=30, description="Voice stands this far above the noise (dB)"
    )
    least_db: float = Field(
        -60.0, ge=-100, le=-20, description="What is quieter is never voice (dB re full scale)"
    )
    margin_s: float = Field(0.2, ge=0, le=1, description="Kept before and after the voice (s)")
    pause_s: float = Field(
        0.6, ge=0.1, le=5, description="A pause of this length ends a segment (s)"
    )
    longest_s: float = Field(
        15.0, ge=2, le=60, description="A segment without a pause is cut at this length (s)"
    )


@dataclass
class _Open:
    """A segment that has begun; all in frames since the gate was started."""

    onset: int
    last_loud: int
    loud: int


class VoiceGate:
    """Finds segments of voice in a stream, frame by frame of 20 ms.

    Noise is the level that a tenth of the frames of the last 30 s stay below; voice stands
    `over_noise_db` above it. What is found does not depend on how the stream was cut into blocks.
    """

    def __init__(self, sampling_rate: int, config: GateConfig | None = None) -> None:
        self.config = config or GateConfig()
        self._frame = round(FRAME_S * sampling_rate)
        self._levels: deque[float] = deque(
            [_ASSUMED_DB] * _ASSUMED_FRAMES, maxlen=round(_REMEMBERED_S / FRAME_S)
        )
        self.noise_db = _ASSUMED_DB
        self.restart(0)

    def restart(self, position: int) -> None:
        """Begin anew at a sample of the stream; what is known of the noise stays."""
        self._origin = position
        self._rest = np.zeros(0, np.float32)
        self._frames = 0
        self._recent: deque[bool] = deque(maxlen=_RECENT)
        self._open: _Open | None = None
        self._earliest = 0  # frame: a segment's margin does not reach into the one before

    @property
    def onset(self) -> int | None:
        """Sample at which the segment that is going on began; None in a pause."""
        return None if self._open is None else self._sample(self._open.onset)

    def feed(self, samples: Waveform) -> list[tuple[int, int]]:
        """Take the next samples.

        Returns:
            Segments that have ended: first and one-past-last sample in the stream.
        """
        joined = np.concatenate([self._rest, samples])
        whole = joined.size // self._frame * self._frame
        self._rest = joined[whole:]
        frames = joined[:whole].reshape(-1, self._frame).astype(np.float64)
        power = np.einsum("ft,ft->f", frames, frames) / self._frame - frames.mean(axis=1) ** 2
        levels = 10 * np.log10(np.maximum(power, 1e-12))
        return [ended for level in levels.tolist() if (ended := self._take(level)) is not None]

    def finish(self) -> list[tuple[int, int]]:
        """End the segment that is going on, if any."""
        ended = self._close(self._frames) if self._open else None
        return [] if ended is None else [ended]

    def _take(self, level_db: float) -> tuple[int, int] | None:
        self._levels.append(level_db)
        if self._frames % _EVERY == 0:
            self.noise_db = float(np.percentile(self._levels, 10))
        loud = level_db > max(self.noise_db + self.config.over_noise_db, self.config.least_db)
        self._recent.append(loud)
        self._frames += 1
        if self._open is None:
            self._begin()
            return None
        if loud:
            self._open.last_loud = self._frames
            self._open.loud += 1
        silent_s = (self._frames - self._open.last_loud) * FRAME_S
        if silent_s >= self.config.pause_s - 1e-9:
            return self._close(self._open.last_loud + self._margin())
        if (self._frames - self._open.onset) * FRAME_S >= self.config.longest_s - 1e-9:
            return self._close(self._frames, goes_on=loud)
        return None

    def _begin(self) -> None:
        if sum(self._recent) * 2 < _RECENT:
            return
        first = self._frames - len(self._recent) + list(self._recent).index(True)
        onset = max(self._earliest, first - self._margin())
        self._open = _Open(onset, self._frames, sum(self._recent))

    def _close(self, stop: int, goes_on: bool = False) -> tuple[int, int] | None:
        """End the open segment; None where it holds too little voice to be judged."""
        ended, stop = self._open, min(stop, self._frames)
        assert ended is not None
        self._earliest = stop
        self._recent.clear()
        self._open = _Open(stop, stop, 0) if goes_on else None
        if ended.loud * FRAME_S < MIN_DURATION_S:
            return None
        return self._sample(ended.onset), self._sample(stop)

    def _margin(self) -> int:
        return round(self.config.margin_s / FRAME_S)

    def _sample(self, frame: int) -> int:
        return self._origin + frame * self._frame
