"""Pitch contour with voicing, level, jitter and shimmer."""

import numpy as np
from pydantic import Field, model_validator

from ser_core.features.base import EXTRACTORS, Extractor, RateConfig
from ser_core.features.glottal import perturbation
from ser_core.features.pitch import PitchTracker
from ser_core.features.signal import Array, Signal


class F0Config(RateConfig):
    """Bounds of the pitch, frames, and how readily a frame counts as voiced."""

    hop_length: int = Field(160, ge=16, le=4096, description="Step between frames (samples)")
    f0_min_hz: float = Field(60.0, ge=30, le=500, description="Lowest pitch (Hz)")
    f0_max_hz: float = Field(600.0, ge=60, le=2_000, description="Highest pitch (Hz)")
    voicing_threshold: float = Field(
        0.45, ge=0, le=1, description="Height of the autocorrelation peak that counts as voiced"
    )
    jitter_window_s: float = Field(
        0.1,
        ge=0.03,
        le=1,
        description="Span around a frame whose periods count for jitter and shimmer (s)",
    )

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> "F0Config":
        if not self.f0_min_hz * 1.5 <= self.f0_max_hz <= self.sampling_rate / 8:
            raise ValueError(
                "f0_min_hz, f0_max_hz: 1.5 * f0_min_hz <= f0_max_hz <= an eighth of the sampling "
                f"rate ({self.sampling_rate / 8:g} Hz), got {self.f0_min_hz:g} and "
                f"{self.f0_max_hz:g} Hz"
            )
        return self


@EXTRACTORS.register("f0")
class F0(Extractor):
    """The melody of the voice: how high it is, whether it sounds, how loud and how steady it is.

    Columns, one row every 10 ms, the step at which pitch is usually drawn and short against a
    syllable:

    - `f0_hz`: fundamental frequency; 0 where the frame is unvoiced.
    - `voicing`: height of the autocorrelation peak, 0 (noise, silence) to 1 (a perfectly periodic
      sound): of the chosen pitch where voiced, of the highest peak elsewhere.
    - `energy_db`: mean power of the frame in dB re full scale, floored at -100.
    - `jitter`: mean absolute difference of neighbouring glottal periods over their mean, in
      `jitter_window_s` around the frame. 0.01 is 1 %. A gliding pitch adds to it.
    - `shimmer`: the same of neighbouring periods' amplitudes (RMS).

    Jitter and shimmer are 0 where unvoiced and where fewer than 3 neighbouring periods were found;
    both are estimates: noise raises them, and at high pitch, where pulses ring into one another,
    they come out too low (at 350 Hz by about half). Pitch is the best path (Viterbi) through
    up to 6 peaks of each frame's autocorrelation, corrected for the window's own; frames are
    Hann-windowed, three longest periods long (50 ms). Periods are found by waveform matching.

    Shape (num_frames, 5).

    Source: Boersma (1993), "Accurate short-term analysis of the fundamental frequency and the
    harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17; periods, jitter and shimmer
    after Boersma (2009), "Should jitter be measured by peak picking or by waveform matching?",
    Folia Phoniatrica et Logopaedica 61(5).
    """

    config_type = F0Config
    title = "Pitch and voice quality"

    def __init__(self, config: F0Config | None = None) -> None:
        self.config: F0Config = config or F0Config()

    def _compute(self, signal: Signal) -> Array:
        c = self.config
        tracker = PitchTracker(
            sampling_rate=c.sampling_rate,
            hop_length=c.hop_length,
            f0_min_hz=c.f0_min_hz,
            f0_max_hz=c.f0_max_hz,
            voicing_threshold=c.voicing_threshold,
        )
        f0_hz, voicing, level_db = tracker.track(signal.waveform)
        quality = perturbation(
            signal.waveform, f0_hz, c.sampling_rate, c.hop_length, c.jitter_window_s
        )
        return np.column_stack([f0_hz, voicing, level_db, *quality]).astype(np.float32)

    def feature_names(self) -> tuple[str, ...]:
        """The five columns."""
        return ("f0_hz", "voicing", "energy_db", "jitter", "shimmer")
