"""What of a clip features are taken from: the whole of it, or what a training run makes of it."""

from typing import Protocol

from ser_core import audio
from ser_core.features.signal import Signal
from ser_core.store import Clip


def recording(clip: Clip) -> Signal:
    """The clip as it is, one channel at its own sampling rate; read once.

    Raises:
        AudioError: see `audio.load`.
    """

    def load() -> Signal:
        waveform, sampling_rate = audio.load(clip.path)
        return Signal(waveform, sampling_rate, clip.path)

    return clip.once("recording", load)


class Source(Protocol):
    """Makes signals of a clip. Equal fingerprints mean equal signals; instances can be pickled.

    Attributes:
        stacked: whether a clip has several signals, whose features are stacked, or just one.
    """

    stacked: bool

    def fingerprint(self) -> str:
        """Names all settings that the signals depend on."""

    def describe(self) -> str:
        """What the signals are, for people."""

    def signals(self, clip: Clip, sampling_rate: int | None) -> list[Signal]:
        """Signals of a clip at a sampling rate (Hz), or at the clip's own."""


class WholeClip:
    """The clip as it is: one channel, resampled to what the extractor wants."""

    stacked = False

    def fingerprint(self) -> str:
        """See `Source`."""
        return "whole clip"

    def describe(self) -> str:
        """See `Source`."""
        return "whole clips"

    def signals(self, clip: Clip, sampling_rate: int | None) -> list[Signal]:
        """See `Source`."""
        whole = recording(clip)
        return [whole.at(sampling_rate or whole.sampling_rate)]
