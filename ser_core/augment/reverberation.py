"""Reverberation: a voice in a room, by simulated impulse responses."""

from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, check_order, rms
from ser_core.augment.strength import Leading
from ser_core.config import Config
from ser_core.errors import ParameterError

_SPEED_OF_SOUND = 343.0  # m/s
_MIXING_S = 0.05  # after this, reflections are too dense to be heard apart
_MIXING_SHARE = 0.15  # of the reverberation time, where that is less
_TAPS = 20  # of an image's fractional delay, either way
_WALL_M = 0.3  # nobody stands closer to one
_HEIGHTS_M = 2.4, 3.6
_NEAREST_M = 0.01

Position = tuple[float, float, float]


class ReverberationConfig(Config):
    """Ranges of the reverberation time, the room and the distance."""

    min_rt60_s: float = Field(
        0.2, ge=0, le=3, description="Shortest time in which the sound falls by 60 dB (s), 0: none"
    )
    max_rt60_s: float = Field(0.8, ge=0, le=3, description="Longest reverberation time (s)")
    min_side_m: float = Field(3.0, ge=2, le=30, description="Shortest side of the floor (m)")
    max_side_m: float = Field(8.0, ge=2, le=30, description="Longest side of the floor (m)")
    min_distance_m: float = Field(0.5, ge=0.2, le=10, description="Nearest to the microphone (m)")
    max_distance_m: float = Field(
        2.5, ge=0.2, le=10, description="Farthest from the microphone (m), within the walls"
    )

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "ReverberationConfig":
        check_order(self, "min_rt60_s", "max_rt60_s")
        check_order(self, "min_side_m", "max_side_m")
        check_order(self, "min_distance_m", "max_distance_m")
        return self


@AUGMENTERS.register("reverberation")
class Reverberation(WaveformAugmenter):
    """Put the voice into a room: reflections from the walls, and a tail that dies away.

    The impulse response of a rectangular room with walls that all absorb alike (Eyring's formula).
    The first 50 ms, or less where the time is short, are the reflections of the image-source
    method, each delayed to a fraction of a sample; the rest is a diffuse tail, Gaussian noise of
    the energy that images would have, which falls by 60 dB in the drawn time. The sound starts and
    ends when it did: the direct path's delay is taken out and the tail cut at the clip's end. The
    level stays as it was.

    Source: images by Allen & Berkley (1979), "Image method for efficiently simulating small-room
    acoustics", JASA 65; tail after Lehmann & Johansson (2010), "Diffuse reverberation model for
    efficient image-source simulation of room impulse responses", IEEE TASLP 18.
    """

    config_type = ReverberationConfig
    title = "Reverberation"
    strength = (
        Leading(
            name="rt60_s", title="Reverberation time", unit="s", ladder=(0, 0.2, 0.4, 0.8, 1.2, 2)
        ),
    )

    further_bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        "room_m": (2, 30),
        "mouth_m": (0, 30),
        "microphone_m": (0, 30),
    }

    def check_together(self, draw: Draw) -> None:
        """Mouth and microphone are in the room, and not at one place."""
        room, mouth, microphone = (
            np.array(draw[f"{name}_m"]) for name in ("room", "mouth", "microphone")
        )
        for name, place in (("mouth_m", mouth), ("microphone_m", microphone)):
            if not ((place > 0) & (place < room)).all():
                raise ParameterError(
                    f"draw.{name}: a place within the room {room.tolist()} is needed, got "
                    f"{place.tolist()}"
                )
        if np.linalg.norm(mouth - microphone) < _NEAREST_M:
            raise ParameterError(
                f"draw.mouth_m: at least {_NEAREST_M} m from the microphone, got {mouth.tolist()}"
            )

    def __init__(self, config: ReverberationConfig | None = None) -> None:
        self.config: ReverberationConfig = config or ReverberationConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """Reverberation time, room, places of mouth and microphone, and the seed of the tail."""
        c = self.config
        room = [*rng.uniform(c.min_side_m, c.max_side_m, size=2), rng.uniform(*_HEIGHTS_M)]
        microphone = [side * rng.uniform(0.25, 0.75) for side in room]
        angle = rng.uniform(0, 2 * np.pi)
        reach = rng.uniform(c.min_distance_m, c.max_distance_m)
        step = (reach * np.cos(angle), reach * np.sin(angle), rng.uniform(-0.2, 0.2))
        mouth = [
            float(np.clip(place + move, _WALL_M, side - _WALL_M))
            for place, move, side in zip(microphone, step, room, strict=True)
        ]
        return {
            "rt60_s": float(rng.uniform(c.min_rt60_s, c.max_rt60_s)),
            "room_m": [float(side) for side in room],
            "mouth_m": mouth,
            "microphone_m": [float(place) for place in microphone],
            "seed": int(rng.integers(2**32)),
        }

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        from scipy.signal import oaconvolve  # late: 0.5 s that pages need not pay

        if draw["rt60_s"] == 0:
            return waveform
        room, mouth, microphone = (
            (float(x), float(y), float(z))
            for x, y, z in (draw["room_m"], draw["mouth_m"], draw["microphone_m"])
        )
        rt60_s, seed = draw["rt60_s"], draw["seed"]
        response = impulse_response(sampling_rate, rt60_s, room, mouth, microphone, seed)
        wet = oaconvolve(waveform, response)[: waveform.size]
        return np.asarray(wet * (rms(waveform) / max(rms(wet), 1e-9)), np.float32)


@lru_cache(maxsize=8)
def impulse_response(
    sampling_rate: int,
    rt60_s: float,
    room_m: Position,
    mouth_m: Position,
    microphone_m: Position,
    seed: int,
) -> Array:
    """What a click sounds like in a room; time 0 is when the direct sound arrives.

    Args:
        sampling_rate: Hz.
        rt60_s: time in which the tail falls by 60 dB.
        room_m: sides and height.
        mouth_m: where the sound comes from, from a corner.
        microphone_m: where it is heard.
        seed: of the diffuse tail.

    Returns:
        (num_samples,) float32, read-only, down to -60 dB.
    """
    sides = np.array(room_m)
    distance_m, reflections = _images(sides, np.array(mouth_m), np.array(microphone_m))
    direct_s = float(distance_m.min()) / _SPEED_OF_SOUND
    mixing_s = max(min(_MIXING_S, _MIXING_SHARE * rt60_s), direct_s + 0.01)
    early = distance_m < mixing_s * _SPEED_OF_SOUND
    kept = np.exp(-6.9078 / rt60_s * _free_path_s(sides))  # of the amplitude, at each reflection
    strength = kept ** reflections[early] / (4 * np.pi * distance_m[early])
    delay = (distance_m[early] / _SPEED_OF_SOUND - direct_s) * sampling_rate
    num_samples = round((rt60_s + mixing_s) * sampling_rate)
    response = _pulses(delay, strength, num_samples)
    time_s = direct_s + np.arange(num_samples) / sampling_rate
    power = _SPEED_OF_SOUND / (4 * np.pi * sides.prod() * sampling_rate)
    envelope = np.sqrt(power) * np.exp(-6.9078 / rt60_s * time_s) * (time_s >= mixing_s)
    response += np.random.default_rng(seed).standard_normal(num_samples) * envelope
    result = response.astype(np.float32)
    result.setflags(write=False)
    return result


def _free_path_s(sides: NDArray[np.float64]) -> float:
    """Mean time between two reflections: 4 V / (S c)."""
    surface = 2 * (sides.prod() / sides).sum()
    return float(4 * sides.prod() / surface / _SPEED_OF_SOUND)


def _images(
    sides: NDArray[np.float64], mouth: NDArray[np.float64], microphone: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distance of every image of the mouth (m) that may be heard early, and its reflections."""
    reach = (_MIXING_S + 0.02) * _SPEED_OF_SOUND + np.linalg.norm(mouth - microphone)
    squares, counts = [], []
    for side, source, listener in zip(sides, mouth, microphone, strict=True):
        rooms = np.arange(-int(reach / (2 * side)) - 1, int(reach / (2 * side)) + 2)
        there = np.concatenate([2 * rooms * side + source, 2 * rooms * side - source])
        squares.append((there - listener) ** 2)
        counts.append(np.concatenate([2 * np.abs(rooms), np.abs(2 * rooms - 1)]))
    square = sum(part.reshape(shape) for part, shape in zip(squares, _AXES, strict=True))
    count = sum(part.reshape(shape) for part, shape in zip(counts, _AXES, strict=True))
    return np.sqrt(np.ravel(square)), np.ravel(count)


_AXES = ((-1, 1, 1), (1, -1, 1), (1, 1, -1))


def _pulses(
    delay: NDArray[np.float64], strength: NDArray[np.float64], num_samples: int
) -> NDArray[np.float64]:
    """Pulses of limited band at fractional delays (samples), each a windowed sinc."""
    whole = np.round(delay).astype(np.intp)
    taps = np.arange(-_TAPS, _TAPS + 1)
    offset = taps - (delay - whole)[:, None]
    shape = np.sinc(offset) * (0.5 + 0.5 * np.cos(np.pi * offset / (_TAPS + 1)))
    place = whole[:, None] + taps
    inside = (place >= 0) & (place < num_samples)
    values = strength[:, None] * shape
    return np.bincount(place[inside], values[inside], num_samples).astype(np.float64)
