"""A stand-in for `sounddevice` at its edge: devices to list, and an input stream to play into."""

import threading
import types
from typing import Any

import numpy as np
from numpy.typing import NDArray


def device(name: str, channels: int, rate: float) -> dict[str, Any]:
    """A device as `query_devices` tells of it."""
    return {
        "name": name,
        "hostapi": 0,
        "max_input_channels": channels,
        "default_samplerate": rate,
    }


BUILT_IN = device("Built-in", 2, 44_100.0)
HEADSET = device("Headset", 1, 16_000.0)
SPEAKER = device("Speaker", 0, 48_000.0)


class FakeSounddevice(types.ModuleType):
    """Put it into `sys.modules["sounddevice"]`.

    Attributes:
        devices: what `query_devices` lists.
        plugged_in: what it lists once PortAudio was started anew.
        refuses: why no stream can be opened.
        hangs: closing a stream never returns, as where a driver waits for a device that is gone.
        streams: all that were opened.
    """

    class PortAudioError(Exception):
        pass

    class CallbackStop(Exception):
        pass

    def __init__(self, *devices: dict[str, Any], system: str = "Core Audio") -> None:
        super().__init__("sounddevice")
        self.devices = list(devices)
        self.plugged_in = list(devices)
        self.system = system
        self.refuses = ""
        self.hangs = False
        self.streams: list[FakeStream] = []
        self.default = types.SimpleNamespace(device=(len(devices) - 1, -1))

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": self.system}]

    def query_devices(self) -> list[dict[str, Any]]:
        return [{**each, "index": number} for number, each in enumerate(self.devices)]

    def check_input_settings(self, device: int, channels: int, dtype: str, samplerate: int) -> None:
        if self.devices[device]["max_input_channels"] < channels:
            raise self.PortAudioError("Invalid number of channels", -9998)

    def _terminate(self) -> None:
        assert all(stream.closed for stream in self.streams), "it would end open streams"

    def _initialize(self) -> None:
        self.devices = list(self.plugged_in)

    def InputStream(self, **asked: Any) -> "FakeStream":  # noqa: N802
        if self.refuses:
            raise self.PortAudioError(f"Error opening InputStream: {self.refuses}", -9985)
        stream = FakeStream(self, **asked)
        self.streams.append(stream)
        return stream


class FakeStream:
    """An open device: `hear` and `pull_out` are what happens to it."""

    def __init__(self, module: FakeSounddevice, **asked: Any) -> None:
        self.module, self.asked = module, asked
        self.closed = self.started = False

    def start(self) -> None:
        self.started = True

    def hear(self, samples: NDArray[np.float32], overflow: bool = False, block: int = 1000) -> None:
        """Call back with these samples (num_samples,) in every channel, as long as it is wanted."""
        status = types.SimpleNamespace(input_overflow=overflow)
        for at in range(0, samples.size, block):
            part = samples[at : at + block]
            sound = np.repeat(part[:, None], self.asked["channels"], axis=1)
            try:
                self.asked["callback"](sound, part.size, None, status)
            except self.module.CallbackStop:
                self.asked["finished_callback"]()
                return
            finally:
                sound.fill(np.nan)  # PortAudio's memory is used again
            status.input_overflow = False

    def pull_out(self) -> None:
        self.asked["finished_callback"]()

    def abort(self, ignore_errors: bool = True) -> None:
        if self.module.hangs:
            threading.Event().wait()
        self.asked["finished_callback"]()

    def close(self, ignore_errors: bool = True) -> None:
        self.closed = True
