"""A source-filter voice: a glottal source with jitter, shimmer and breath, shaped by formants.

Model: Fant (1960), "Acoustic Theory of Speech Production". Pulse: Rosenberg (1971), "Effect of
glottal pulse shape on the quality of natural vowels", JASA 49. Its open quotient, spectral tilt and
aspiration: Klatt & Klatt (1990), "Analysis, synthesis, and perception of voice quality variations
among female and male talkers", JASA 87. Formants: Klatt (1980), "Software for a cascade/parallel
formant synthesizer", JASA 67. Pitch as a phrase with accents on a logarithmic scale: Fujisaki &
Hirose (1984), "Analysis of voice fundamental frequency contours for declarative sentences of
Japanese", J. Acoust. Soc. Jpn. (E) 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ser_core.corpora.phones import NASAL_POLE_HZ, PHONES, REFERENCE_TRACT_CM, Segment, parse
from ser_core.errors import ParameterError

SAMPLING_RATE = 16000
"""Hz, of everything the voice says."""

_HOP = 80  # samples between two settings of the filters: 5 ms, as in Klatt (1980)
_WINDOW = 4 * _HOP  # periodic Hann windows at a quarter of their length add up to a constant
_N_FFT = 12 * _HOP  # leaves 40 ms after each window for the formants to ring out
_SPEED_OF_SOUND_CM = 34300.0
_SCHWA_HZ = np.array([500.0, 1500.0, 2500.0])  # where slurred speech pulls the formants
_BANDWIDTHS_HZ = np.array([60.0, 90.0, 150.0, 200.0, 250.0, 300.0, 350.0, 400.0])
_FADE_S = 0.12  # in which the voice dies away at the end of a phrase
_REACH_ST = 24.0  # no voice goes further from its own pitch, up or down
_FULL_SCALE = 0.024  # what a vowel's closing slope of 1 becomes: headroom for a shout

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Who speaks: the size of the throat and the habits of the voice."""

    name: str
    gender: str
    tract_cm: float  # from glottis to lips: about 17 cm in men, 14.5 cm in women
    f0_hz: float
    open_quotient: float = 0.6  # share of a glottal cycle in which the glottis is open
    tilt_db: float = 8.0  # how far the source lies down at 3 kHz, beyond the pulse's own slope
    breath_db: float = -40.0  # noise at the glottis, re the voice
    rate_percent: float = 0.0  # faster (+) or slower (-) than usual


@dataclass(frozen=True, kw_only=True)
class Prosody:
    """How something is said. The defaults are a plain statement; all fields add to one another."""

    level_st: float = 0.0  # semitones above the speaker's own pitch
    accent_st: float = 2.5  # how far pitch rises on a stressed syllable
    declination_st: float = 3.0  # how far it falls from start to end
    final_st: float = -2.0  # where it goes on the last syllable: down, or up
    tremor_st: float = 0.1
    rate_percent: float = 0.0
    pause_ms: float = 8.0  # between words
    energy_db: float = 0.0
    accent_db: float = 2.5  # how much louder a stressed syllable is
    tilt_db: float = 0.0  # softer (+) or sharper (-) than the speaker's own
    open_quotient: float = 0.0  # laxer (+) or tenser (-) than the speaker's own
    breath_db: float = 0.0
    jitter_percent: float = 0.6  # standard deviation of a glottal period
    shimmer_db: float = 0.3  # standard deviation of its amplitude
    formant_percent: float = 0.0  # up with a smile, down with a rounded or lengthened tract
    articulation_percent: float = 0.0  # precise (+) or slurred (-)


@dataclass(frozen=True)
class _Score:
    """What is to be said, laid out in time: one row of `targets` for each segment."""

    targets: Samples  # (num_segments, fields of Segment)
    ends_s: Samples  # (num_segments,)
    accents_s: Samples  # centres of the stressed vowels
    final_s: tuple[float, float]  # start and end of the last vowel

    def column(self, field: str) -> Samples:
        return self.targets[:, Segment._fields.index(field)]

    def frame_times_s(self) -> Samples:
        return np.arange(0, self.ends_s[-1], _HOP / SAMPLING_RATE)

    def frames(self, field: str, smoothing_ms: float) -> Samples:
        """A field over time, (num_frames,), gliding between segments."""
        segment = np.searchsorted(self.ends_s, self.frame_times_s(), side="right")
        return _smooth(self.column(field)[segment], smoothing_ms)


def speak(
    words: Sequence[str], speaker: Speaker, prosody: Prosody, rng: np.random.Generator
) -> Samples:
    """Say a phrase.

    Args:
        words: each in ARPAbet with stress marks, as `"K IH1 D Z"`; see `phones.PHONES`.

    Returns:
        Waveform (num_samples,) at `SAMPLING_RATE`, without clipping, not normalised.

    Raises:
        ParameterError: a phone is not known, or there is no vowel.
    """
    score = _compose(words, speaker, prosody, rng)
    f0_hz = _intonation(score, speaker, prosody, rng)
    voiced = _excitation(score, f0_hz, speaker, prosody, rng)
    noise = _per_sample(score.frames("noise", 10)) * rng.standard_normal(len(voiced))
    speech = _filter(voiced, noise, score, speaker, prosody)
    loudness_db = _loudness(score, prosody)
    return _limit(_FULL_SCALE * speech * _gain(_per_sample(loudness_db)))


# --- What is said when ---------------------------------------------------------------------------


def _compose(
    words: Sequence[str], speaker: Speaker, prosody: Prosody, rng: np.random.Generator
) -> _Score:
    """Segments of the words, laid out in time."""
    segments, stress = _spell(words, prosody, rng)
    targets = np.array(segments, dtype=float)
    durations_s = _durations(targets[:, 0], stress, speaker, prosody, rng)
    ends_s = np.cumsum(durations_s)
    last = _last_vowel(stress)
    final_s = (float(ends_s[last] - durations_s[last]), float(ends_s[last]))
    stressed = [i for i, mark in enumerate(stress) if mark == 1]
    return _Score(targets, ends_s, (ends_s - durations_s / 2)[stressed], final_s)


def _spell(
    words: Sequence[str], prosody: Prosody, rng: np.random.Generator
) -> tuple[list[Segment], list[int | None]]:
    """Segments of the words with pauses between them, and the stress of each."""
    segments: list[Segment] = []
    stress: list[int | None] = []
    for word in words:
        if segments:
            segments.append(_pause(segments[-1], prosody, rng))
            stress.append(None)
        for phone, mark in parse(word):
            segments.extend(PHONES[phone])
            stress.extend([mark] * len(PHONES[phone]))
    if not any(mark is not None for mark in stress):
        raise ParameterError(f"words must hold a vowel; got {list(words)}")
    return segments, stress


def _last_vowel(stress: list[int | None]) -> int:
    return max(i for i, mark in enumerate(stress) if mark is not None)


def _pause(before: Segment, prosody: Prosody, rng: np.random.Generator) -> Segment:
    """Silence in the mouth position of the sound before it; now and then much longer than usual."""
    ms = max(prosody.pause_ms, 0.0) * rng.gamma(1.5, 1 / 1.5)
    return Segment(max(ms, 1.0), before.f1_hz, before.f2_hz, before.f3_hz)


def _durations(
    ms: Samples,
    stress: list[int | None],
    speaker: Speaker,
    prosody: Prosody,
    rng: np.random.Generator,
) -> Samples:
    """Seconds of each segment: unstressed vowels shrink, the last syllable stretches."""
    shrink = np.array([0.65 if mark == 0 else 1.0 for mark in stress])
    stretch = np.where(np.arange(len(stress)) >= _last_vowel(stress), 1.4, 1.0)
    faster = 1 + (speaker.rate_percent + prosody.rate_percent) / 100
    unevenness = np.exp(0.08 * rng.standard_normal(len(ms)))
    return ms * shrink * stretch * unevenness / max(faster, 0.65) / 1000


# --- Pitch and loudness --------------------------------------------------------------------------


def _bumps(score: _Score, width_s: float = 0.16) -> Samples:
    """1 at the centre of each stressed vowel, falling off on both sides, (num_frames,)."""
    distance_s = score.frame_times_s()[:, None] - score.accents_s
    return np.exp(-0.5 * (distance_s / (width_s / 2)) ** 2).max(axis=1, initial=0)


def _intonation(
    score: _Score, speaker: Speaker, prosody: Prosody, rng: np.random.Generator
) -> Samples:
    """F0 in Hz, (num_frames,): declining phrase + accents + final movement + tremor + drift."""
    time_s = score.frame_times_s()
    declination = prosody.declination_st * (0.5 - time_s / score.ends_s[-1])
    start_s, end_s = score.final_s
    final = prosody.final_st * np.clip((time_s - start_s) / (end_s - start_s), 0, 1)
    tremor = prosody.tremor_st * np.sin(2 * np.pi * (6 * time_s + rng.random()))
    drift = 0.3 * _smooth(rng.standard_normal(len(time_s)), 100) * np.sqrt(100 / 5)
    accents = prosody.accent_st * _bumps(score) * _heights(score, rng)
    semitones = prosody.level_st + declination + accents + final + tremor + drift
    reached = _REACH_ST * np.tanh(semitones / _REACH_ST)
    return speaker.f0_hz * 2 ** (reached / 12)


def _heights(score: _Score, rng: np.random.Generator) -> Samples:
    """No two accents are equally high: a slow random factor around 1, (num_frames,)."""
    knots = 1 + 0.25 * rng.standard_normal(max(len(score.accents_s), 1))
    at_s = score.accents_s if len(score.accents_s) else np.zeros(1)
    return np.interp(score.frame_times_s(), at_s, knots)


def _loudness(score: _Score, prosody: Prosody) -> Samples:
    """Level in dB, (num_frames,): louder on accents, softer towards the end, then it fades."""
    left_s = score.ends_s[-1] - score.frame_times_s()
    fading = 3 * left_s / score.ends_s[-1] - 25 * np.clip(1 - left_s / _FADE_S, 0, 1)
    return prosody.energy_db + prosody.accent_db * _bumps(score) + fading


# --- Source --------------------------------------------------------------------------------------


def _excitation(
    score: _Score,
    f0_hz: Samples,
    speaker: Speaker,
    prosody: Prosody,
    rng: np.random.Generator,
) -> Samples:
    """Everything that comes from the glottis, (num_samples,): pulses and breath."""
    open_quotient = float(np.clip(speaker.open_quotient + prosody.open_quotient, 0.35, 0.95))
    pulses, openness = glottal_pulses(
        _per_sample(f0_hz), open_quotient, prosody.jitter_percent, prosody.shimmer_db, rng
    )
    voice = _per_sample(score.frames("voice", 25))
    breath = _gain(speaker.breath_db + prosody.breath_db) * voice * (0.3 + openness)
    breath += _per_sample(score.frames("breath", 15))
    tilted = _tilt(pulses * voice, speaker.tilt_db + prosody.tilt_db)
    return tilted + breath * rng.standard_normal(len(pulses))


def glottal_pulses(
    f0_hz: Samples,
    open_quotient: float,
    jitter_percent: float,
    shimmer_db: float,
    rng: np.random.Generator,
) -> tuple[Samples, Samples]:
    """Derivative of the glottal flow and how open the glottis is (0 to 1), both (num_samples,).

    Each cycle is closed, then opens in Rosenberg's polynomial pulse t² - t³ until it closes again.
    Its slope at closing, which makes the sound, is -1 whatever its length. The flow is sampled and
    then differenced, which keeps aliasing down, since the flow has no jumps.

    Args:
        f0_hz: (num_samples,) at `SAMPLING_RATE`.
    """
    closures = _closures(f0_hz, jitter_percent, rng)
    sample = np.arange(len(f0_hz))
    cycle = np.searchsorted(closures, sample, side="right") - 1
    length = np.maximum(np.diff(closures), 1)[cycle]
    left = (closures[cycle + 1] - sample) / (length * open_quotient)
    opened = np.clip(1 - left, 0, 1)
    openness = 6.75 * opened**2 * (1 - opened)
    strength = _gain(shimmer_db * rng.standard_normal(len(closures)))[cycle]
    flow = strength * openness * length * open_quotient / 6.75
    return np.diff(flow, prepend=0.0), openness


def _closures(f0_hz: Samples, jitter_percent: float, rng: np.random.Generator) -> Samples:
    """Sample positions at which the glottis closes, from 0 or before until beyond the end."""
    period = SAMPLING_RATE / f0_hz
    cycles = np.cumsum(1 / period)
    regular = np.interp(np.arange(1, int(cycles[-1]) + 1), cycles, np.arange(len(cycles)))
    # A period has two ends, so its length varies by the square root of 2 times what they do.
    spread = jitter_percent / 100 / np.sqrt(2) * period[regular.astype(int)]
    moved = np.sort(regular + spread * rng.standard_normal(len(regular)))
    return np.concatenate([[min(0.0, moved.min(initial=0))], moved, [len(f0_hz) + period[-1]]])


def _tilt(source: Samples, tilt_db: float) -> Samples:
    """Low-pass of first order that lies `tilt_db` down at 3 kHz (Klatt & Klatt, 1990)."""
    cutoff_hz = 3000 / np.sqrt(_gain(2 * max(tilt_db, 0.5)) - 1)
    pole = np.exp(-2 * np.pi * cutoff_hz / SAMPLING_RATE)
    size = len(source) + _N_FFT  # room for the filter to ring out, so nothing wraps around
    delay = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    spectrum = np.fft.rfft(source, size) * (1 - pole) / (1 - pole * delay)
    return np.fft.irfft(spectrum, size)[: len(source)]


# --- Filter --------------------------------------------------------------------------------------


def _filter(
    voiced: Samples, noise: Samples, score: _Score, speaker: Speaker, prosody: Prosody
) -> Samples:
    """Glottal sound through the tract, mouth noise through its own band, overlapped and added."""
    spectra = np.fft.rfft(_windows(voiced), _N_FFT) * _tract(score, speaker, prosody)
    noisy = score.frames("noise", 10) > 0
    spectra[noisy] += np.fft.rfft(_windows(noise)[noisy], _N_FFT) * _mouth(score, noisy)
    return _overlap_add(np.fft.irfft(spectra, _N_FFT), len(voiced))


def _tract(score: _Score, speaker: Speaker, prosody: Prosody) -> npt.NDArray[np.complex128]:
    """Response of the tract, (num_frames, bins): eight formants, a nasal pole and its zero."""
    formants_hz = _formants(score, speaker, prosody)
    nasal_zero_hz = score.frames("nasal_zero_hz", 40)[:, None]
    poles = np.column_stack([formants_hz, np.full_like(nasal_zero_hz, NASAL_POLE_HZ)])
    # A formant above the band is left out: an infinite bandwidth makes its resonator 1.
    widths_hz = np.where(poles < 0.47 * SAMPLING_RATE, np.append(_BANDWIDTHS_HZ, 100), np.inf)
    zeros = _resonators(nasal_zero_hz, np.full_like(nasal_zero_hz, 100.0))
    return _response(zeros) / _response(_resonators(poles, widths_hz))


def _formants(score: _Score, speaker: Speaker, prosody: Prosody) -> Samples:
    """Formants in Hz, (num_frames, 8): three that move, and those of a plain tube above them."""
    fields = ("f1_hz", "f2_hz", "f3_hz")
    spoken = np.column_stack([score.frames(field, 90) for field in fields])
    precise = _SCHWA_HZ + (1 + prosody.articulation_percent / 100) * (spoken - _SCHWA_HZ)
    tube = np.arange(7, 16, 2) * _SPEED_OF_SOUND_CM / (4 * REFERENCE_TRACT_CM)
    upper = np.broadcast_to(tube, (len(spoken), len(tube)))
    scale = REFERENCE_TRACT_CM / speaker.tract_cm * (1 + prosody.formant_percent / 100)
    return np.column_stack([precise, upper]) * scale


def _mouth(score: _Score, noisy: npt.NDArray[np.bool_]) -> npt.NDArray[np.complex128]:
    """Band of fricatives and bursts in the `noisy` frames, (frames, bins), 1 at its centre."""
    centre = score.frames("noise_hz", 20)[noisy, None]
    width = score.frames("noise_width_hz", 20)[noisy, None]
    zeros = _response(np.array([[1.0, 0.0, -1.0]]), normalise=False)  # nothing at 0 Hz or the top
    radius = np.exp(-np.pi * width / SAMPLING_RATE)
    return (1 - radius) * zeros / _response(_resonators(centre, width), normalise=False)


def _resonators(centres_hz: Samples, widths_hz: Samples) -> Samples:
    """Coefficients (num_frames, 2 * count + 1) of the product of one pair of poles per column."""
    radius = np.exp(-np.pi * widths_hz / SAMPLING_RATE)
    first = -2 * radius * np.cos(2 * np.pi * centres_hz / SAMPLING_RATE)
    product = np.ones((len(centres_hz), 1))
    for a, b in zip(first.T, (radius**2).T, strict=True):
        longer = np.pad(product, ((0, 0), (0, 2)))
        longer[:, 1:-1] += a[:, None] * product
        longer[:, 2:] += b[:, None] * product
        product = longer
    return product


def _response(coefficients: Samples, normalise: bool = True) -> npt.NDArray[np.complex128]:
    """Polynomials in z⁻¹ on the unit circle, (num_frames, bins); normalised to 1 at 0 Hz."""
    if normalise:
        coefficients = coefficients / coefficients.sum(axis=1, keepdims=True)
    return np.fft.rfft(coefficients, _N_FFT)


# --- Frames and samples --------------------------------------------------------------------------


def _smooth(values: Samples, width_ms: float) -> Samples:
    """Running weighted mean over `width_ms` of values at the frame rate, same length."""
    half = max(round(width_ms / 1000 * SAMPLING_RATE / _HOP / 2), 1)
    weights = np.hanning(2 * half + 1)[1:-1] if half > 1 else np.array([0.25, 0.5, 0.25])
    reach = len(weights) // 2
    return np.convolve(np.pad(values, reach, mode="edge"), weights / weights.sum(), mode="valid")


def _per_sample(frames: Samples) -> Samples:
    """Values at the frame rate, interpolated to (num_frames * hop,) samples."""
    sample = np.arange(len(frames) * _HOP)
    return np.interp(sample / _HOP, np.arange(len(frames)), frames)


def _windows(signal: Samples) -> Samples:
    """Hann windows around each frame's start, (num_frames, window)."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)
    padded = np.pad(signal, (_WINDOW // 2, _WINDOW // 2 - _HOP))
    return np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP] * (window / 2)


def _overlap_add(frames: Samples, num_samples: int) -> Samples:
    """Sum of frames (num_frames, n_fft) a hop apart; the inverse of `_windows`."""
    blocks = frames.reshape(len(frames), -1, _HOP)
    total = np.zeros((len(frames) + blocks.shape[1], _HOP))
    for offset in range(blocks.shape[1]):
        total[offset : offset + len(frames)] += blocks[:, offset]
    start = _WINDOW // 2
    return total.ravel()[start : start + num_samples]


def _gain(level_db: Samples | float) -> Samples:
    return np.asarray(10 ** (np.asarray(level_db) / 20))


def _limit(waveform: Samples, ceiling: float = 0.95) -> Samples:
    """Turn the whole waveform down if its peak would clip, so that its shape stays."""
    return waveform * min(1.0, ceiling / max(float(np.abs(waveform).max()), 1e-9))
