"""Is a recording fit to know a voice by? How much is spoken in it, and what stands in the way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import AudioError
from ser_core.inference.cautions import CLIPPED_SHARE, STEADY_DB, swing_db
from ser_core.inference.voice_gate import VoiceGate

WANTED_S = 10.0
"""How much speech is asked for."""

LEAST_S = 5.0
"""With less in all, a voice is not known."""

_RATE = 16_000
_LEAST_PIECE_S = 1.0  # of one recording among several
_LOW_DB = -60.0  # on average: below it, nothing counts as voice


@dataclass(frozen=True)
class EnrolmentCheck:
    """What was found.

    Attributes:
        voice_s: how long somebody speaks in it.
        usable: whether a voice may be known by it, along with others where it is short.
        words: what is wrong and what to do, in a sentence; "" where nothing is.
    """

    voice_s: float
    usable: bool
    words: str


def check_enrolment(waveform: Waveform, sampling_rate: int) -> EnrolmentCheck:
    """Look at a recording of ordinary speech, or one piece of several.

    Args:
        waveform: (num_samples,) float32, full scale is 1.
        sampling_rate: Hz.
    """
    try:
        audio.check(waveform, sampling_rate)
    except AudioError as error:
        reason = str(error).removeprefix("the recording: ")
        return EnrolmentCheck(0.0, False, f"This recording cannot be used: {reason}.")
    sound = audio.resample(waveform, sampling_rate, _RATE)
    gate = VoiceGate(_RATE)
    spoken = [*gate.feed(sound), *gate.finish()]
    voice_s = sum(stop - start for start, stop in spoken) / _RATE
    wrong = _wrong(waveform, sound, voice_s)
    return EnrolmentCheck(voice_s, not wrong, wrong)


def check_speech(recordings: Sequence[tuple[Waveform, int]]) -> None:
    """Make sure that a voice may be known by some recordings.

    Args:
        recordings: waveforms (num_samples,) float32, each with its sampling rate (Hz).

    Raises:
        AudioError: one is not fit, or all of them are too little.
    """
    found = [check_enrolment(*each) for each in recordings]
    for each in found:
        if not each.usable:
            raise AudioError(f"the voice: {each.words}")
    voice_s = sum(each.voice_s for each in found)
    if voice_s < LEAST_S:
        raise AudioError(
            f"the voice: {voice_s:.1f} s of speech; at least {LEAST_S:g} s are needed, "
            f"{WANTED_S:g} s are best"
        )


def _wrong(waveform: Waveform, sound: Waveform, voice_s: float) -> str:
    if float(np.mean(np.abs(waveform) >= 0.999)) > CLIPPED_SHARE:
        return "The sound is clipped: lower the recording level or step back, and record again."
    level_db = 10 * np.log10(float(np.mean(sound.astype(np.float64) ** 2)) + 1e-12)
    if level_db < _LOW_DB:
        return "The sound is very quiet: come closer to the microphone, and record again."
    if swing_db(sound, _RATE) < STEADY_DB:
        return "No speech found: the sound is as steady as noise or a hum."
    if voice_s < _LEAST_PIECE_S:
        return "Hardly any speech is in it: speak on for some seconds, and record again."
    return ""
