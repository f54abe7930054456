"""This machine's own microphone: float32 blocks as PortAudio delivers them, by `sounddevice`.

`sounddevice` is loaded when devices are asked for: PortAudio asks every driver of the machine then.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ser_core.audio import Waveform
from ser_core.errors import MicrophoneError

STOP_S = 0.8  # within which `stop` returns, whatever the device does
_LATENCY_S = 0.1  # of the driver's buffer: the callback may have to wait for Python that long
_STALLED_S = 3.0  # without a block: some drivers fall silent when a device is pulled out
_DECAY_S = 0.3  # in which the level meter falls by 10 dB
_FLOOR = 1e-5
_NO_ANSWER = "The sound system does not answer"

_PATIENCE_S = 2.0  # with a driver that another thread waits for
_portaudio = threading.Lock()  # it may be asked by one thread at a time
_open: set[int] = set()  # ids of the microphones that are open


@dataclass(frozen=True)
class InputDevice:
    """Something that sound comes in by.

    Attributes:
        index: PortAudio's number, good until devices are looked for again.
        name: as the system calls it.
        system: through which sound system, such as ALSA or Core Audio.
        channels: that are asked for; their mean is heard, as of a file.
        sampling_rate: Hz.
        default: the system's own choice.
    """

    index: int
    name: str
    system: str
    channels: int
    sampling_rate: int
    default: bool = False

    @property
    def label(self) -> str:
        """Name and sound system: some devices are there once for each."""
        return f"{self.name} ({self.system})"


class Block(NamedTuple):
    """Samples that came one after the other, and the place of the first in the stream."""

    position: int
    samples: Waveform


def input_devices(again: bool = False) -> list[InputDevice]:
    """The devices that sound comes in by, the system's own choice first; there may be none.

    Args:
        again: look for what was plugged in since; not while a microphone is open, whose stream
            PortAudio would end.

    Raises:
        MicrophoneError: PortAudio or `sounddevice` is missing, or no sound system answers.
    """
    with _asked() as sounddevice:
        try:
            if again and not _open:
                sounddevice._terminate()
                sounddevice._initialize()
            systems = sounddevice.query_hostapis()
            found = [
                _device(each, systems, sounddevice)
                for each in sounddevice.query_devices()
                if each["max_input_channels"] > 0
            ]
        except sounddevice.PortAudioError as error:
            raise MicrophoneError(f"{_NO_ANSWER} ({_reason(error)})") from None
    return sorted(found, key=lambda device: not device.default)


def _device(said: Any, systems: Any, sounddevice: Any) -> InputDevice:
    system = systems[said["hostapi"]]
    channels = min(2, said["max_input_channels"])
    rate = round(said["default_samplerate"])
    if system["name"] == "ALSA" and _takes(sounddevice, said["index"], channels, 48_000):
        rate = 48_000  # what most devices run at; PortAudio prefers 44.1 kHz, which is resampled
    default = said["index"] == sounddevice.default.device[0]
    return InputDevice(said["index"], said["name"], system["name"], channels, rate, default)


def _takes(sounddevice: Any, index: int, channels: int, rate: int) -> bool:
    try:
        sounddevice.check_input_settings(index, channels, "float32", samplerate=rate)
    except sounddevice.PortAudioError:
        return False
    return True


class Microphone:
    """An open input device; its blocks wait in a queue that does not grow.

    Blocks may be taken by one thread while another stops it.

    >>> with Microphone(input_devices()[0]) as microphone:  # doctest: +SKIP
    ...     for block in microphone:
    ...         stream.feed(block.samples, block.position)

    Args:
        device: of `input_devices`.
        queue_s: sound that may wait; beyond it the oldest is given up, and leaves a gap.
        unheard_s: closes itself when nobody has taken anything for that long.
        wanted: asked with each block; closes itself when it is not. Called by another thread.

    Attributes:
        overflows: how often the system said that sound was lost before it came here.
        ended: why it closed by itself, in a sentence; "" otherwise.

    Raises:
        MicrophoneError: the device is gone, taken by another program, or refused.
    """

    def __init__(
        self,
        device: InputDevice,
        queue_s: float = 90.0,
        unheard_s: float = 90.0,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self.device = device
        self.sampling_rate = device.sampling_rate
        self.overflows = 0
        self.ended = ""
        self._limit = round(queue_s * device.sampling_rate)
        self._unheard_s, self._wanted = unheard_s, wanted
        self._waiting: deque[Block] = deque()
        self._held = 0  # samples in the queue
        self._position = 0  # of the next sample
        self._peak = _FLOOR
        self._arrival = threading.Condition()
        self._stopped = threading.Event()
        self._came = self._taken = time.monotonic()
        self._stream: Any
        self._start()

    @property
    def running(self) -> bool:
        """Whether sound is coming in; finds out, too, that a device has fallen silent."""
        stalled = time.monotonic() - self._came > _STALLED_S
        if stalled:
            self._end(f"{self.device.name} gives no sound any more")
        return not self._stopped.is_set()

    @property
    def duration_s(self) -> float:
        """How long it has been listening."""
        return self._position / self.sampling_rate

    @property
    def level_db(self) -> float:
        """Peak level that falls slowly, as meters show it, in dB re full scale."""
        return float(20 * np.log10(self._peak))

    def take(self, wait_s: float = 0.0) -> list[Block]:
        """All that waits, in order; blocks that follow each other come as one.

        Args:
            wait_s: how long to wait where nothing does.
        """
        with self._arrival:
            if wait_s and not self._waiting:
                self._arrival.wait_for(lambda: self._waiting or self._stopped.is_set(), wait_s)
            taken = list(self._waiting)
            self._waiting.clear()
            self._held = 0
            self._taken = time.monotonic()
        return _joined(taken)

    def stop(self) -> None:
        """Give the device back, within a second; what waits can still be taken."""
        self._shut().join(STOP_S)

    def __enter__(self) -> "Microphone":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __iter__(self) -> Iterator[Block]:
        """Blocks as they come, until it is stopped or ends, and what waits then."""
        while self.running:
            yield from self.take(wait_s=0.2)
        yield from self.take()

    def _start(self) -> None:
        with _asked() as sounddevice:
            self._no_more = sounddevice.CallbackStop
            self._stream = None
            try:
                self._stream = sounddevice.InputStream(
                    device=self.device.index,
                    channels=self.device.channels,
                    samplerate=self.sampling_rate,
                    dtype="float32",
                    latency=_LATENCY_S,
                    callback=self._arrived,
                    finished_callback=self._finished,
                )
                self._stream.start()
            except (sounddevice.PortAudioError, ValueError) as error:
                if self._stream is not None:
                    self._stream.close(ignore_errors=True)
                raise MicrophoneError(
                    f"{self.device.name} cannot be opened ({_reason(error)}). Perhaps another "
                    "program has it, or it was unplugged"
                ) from None
            _open.add(id(self))
            self._came = time.monotonic()

    def _shut(self) -> threading.Thread:
        """Begin to close; in a thread, as a driver whose device is gone may never return."""
        with self._arrival:
            if not self._stopped.is_set():
                self._closing = threading.Thread(target=self._close, daemon=True)
                self._stopped.set()
                self._closing.start()
            self._arrival.notify_all()
            return self._closing

    def _close(self) -> None:
        with _portaudio:
            self._stream.abort(ignore_errors=True)
            self._stream.close(ignore_errors=True)
            _open.discard(id(self))

    def _arrived(self, sound: NDArray[np.float32], frames: int, _: object, status: Any) -> None:
        """What PortAudio calls from its own thread with every block."""
        now = time.monotonic()
        samples = sound.mean(axis=1, dtype=np.float32)  # a copy: PortAudio's memory is used again
        with self._arrival:
            if status.input_overflow:
                self.overflows += 1
                missing_s = now - self._came - frames / self.sampling_rate
                self._position += max(1, round(missing_s * self.sampling_rate))
            self._came = now
            self._put(Block(self._position, samples))
            fallen = 10 ** (-frames / self.sampling_rate / _DECAY_S / 2)
            peak = float(np.abs(samples).max(initial=0))
            self._peak = max(peak, self._peak * fallen, _FLOOR)
            self._arrival.notify()
        if now - self._taken > self._unheard_s or not self._wanted():
            self._end("The microphone was closed, as nobody was listening any more")
            raise self._no_more

    def _put(self, block: Block) -> None:
        self._waiting.append(block)
        self._position += block.samples.size
        self._held += block.samples.size
        while self._held > self._limit:
            self._held -= self._waiting.popleft().samples.size

    def _finished(self) -> None:
        """What PortAudio calls once no further block will come."""
        self._end(f"{self.device.name} was taken away")

    def _end(self, reason: str) -> None:
        if not self._stopped.is_set():
            self.ended = f"{reason}. What was heard up to then is kept."
            self._shut()


def _joined(blocks: list[Block]) -> list[Block]:
    """The same samples in as few blocks as there are stretches without a gap."""
    runs: list[list[Block]] = []
    for block in blocks:
        last = runs[-1][-1] if runs else None
        if last is not None and last.position + last.samples.size == block.position:
            runs[-1].append(block)
        else:
            runs.append([block])
    return [Block(run[0].position, np.concatenate([each.samples for each in run])) for run in runs]


@contextmanager
def _asked() -> Iterator[Any]:
    """`sounddevice`, for this thread alone."""
    sounddevice = _sounddevice()
    if not _portaudio.acquire(timeout=_PATIENCE_S):
        raise MicrophoneError(f"{_NO_ANSWER}; perhaps a device was pulled out. Try again")
    try:
        yield sounddevice
    finally:
        _portaudio.release()


def _sounddevice() -> Any:
    try:
        import sounddevice
    except ImportError:
        raise MicrophoneError(
            "The Python package sounddevice is missing. Install what requirements.txt names"
        ) from None
    except OSError:  # what it raises without PortAudio's library
        raise MicrophoneError(
            "PortAudio is not installed. On Debian and Ubuntu: sudo apt-get install "
            "libportaudio2; on Fedora: sudo dnf install portaudio. Then start SER Studio again"
        ) from None
    return sounddevice


def _reason(error: Exception) -> str:
    """PortAudio's own words, without its number."""
    return str(error.args[0] if error.args else error).removeprefix("Error opening InputStream: ")
