"""What may be wrong with a recording, in plain sentences, whatever model hears it."""

import numpy as np

from ser_core.audio import Waveform
from ser_core.features import LogMel, LogMelConfig
from ser_core.words import minus

QUIET_DB = -45.0
CLIPPED_SHARE = 1e-3
SHORT_VOICE_S = 0.8
STEADY_DB = 2.5  # noise and hum swing by up to 1.4 dB, speech under loud noise (5 dB) by 3.2 and up
_STEADY_SPAN_S = 60.0  # a minute tells
_MANY_FRAMES_S = 2.0  # from which half of the frames tell as much
NO_SPEECH = (
    "No speech found: the sound is as steady as noise or a hum. A model must name an emotion all "
    "the same; do not believe it."
)


def swing_db(voice: Waveform, sampling_rate: int) -> float:
    """How far the level moves from frame to frame: from its 10th to its 90th percentile, in dB.

    The level of a frame is the mean over log-mel bands, so that no single band decides. Syllables
    and pauses make speech swing; noise and hum do not.
    """
    start = voice[: round(_STEADY_SPAN_S * sampling_rate)]
    hop_length = 200 if start.size < _MANY_FRAMES_S * sampling_rate else 400
    config = LogMelConfig.parse(
        {"sampling_rate": sampling_rate, "fmax_hz": sampling_rate / 2, "hop_length": hop_length}
    )
    level_db = LogMel(config).extract(start, sampling_rate).mean(axis=1)
    low, high = np.percentile(level_db, [10, 90])
    return float(high - low)


def cautions(waveform: Waveform, voice_s: float) -> list[str]:
    """Whether a recording is quiet, clipped or short.

    Args:
        waveform: (num_samples,) as it came.
        voice_s: how much of it is left without silence at its ends, in seconds.
    """
    notes = []
    level_db = 10 * np.log10(float(np.mean(waveform.astype(np.float64) ** 2)) + 1e-12)
    if level_db < QUIET_DB:
        notes.append(
            f"Quiet: {minus(f'{level_db:.0f}')} dB re full scale on average. Come closer to the "
            "microphone or raise its level; noise may be heard as feeling."
        )
    clipped = float(np.mean(np.abs(waveform) >= 0.999))
    if clipped > CLIPPED_SHARE:
        notes.append(
            f"Clipped: {clipped:.1%} of the samples are at full scale. Lower the recording level; "
            "clipping sounds like anger."
        )
    if voice_s < SHORT_VOICE_S:
        notes.append(
            f"Short: {voice_s:.1f} s of voice. The model was trained on whole sentences of "
            "1.3 to 3.6 s."
        )
    return notes
