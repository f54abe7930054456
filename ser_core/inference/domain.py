"""Is a recording like those that a model learned from? Level, noise, bandwidth, echo, features.

The comparison is with the card's `domain`: what a sample of the training clips measured.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ser_core import audio
from ser_core.audio import Preprocessing, Waveform
from ser_core.errors import AudioError
from ser_core.features import Extractor
from ser_core.inference.distance import mean_features, middle_of, percentile, usable
from ser_core.inference.reverberation import decay_s

MOST_CLIPS = 400  # of a corpus: enough for its percentiles, a few seconds to measure
_SPAN_S = 60.0  # of a recording: a minute tells
_FRAME_S = 0.032
_VOICE_DB = 30.0  # frames up to this far below the loudest are voice
_AUDIBLE_DB = 55.0  # of the mean spectrum, below its peak
_NEAR_DB = 15.0  # a background nearer to the voice than this is noise to any listener
_CLEARLY = 1.01  # times the training clips' 95th percentile, which is rounded
_FAR = 95.0  # percentile of the training clips beyond which features are told of
_LEAST_FRAMES = 40  # before the quietest tenth of the frames means anything


class Conditions(NamedTuple):
    """How a recording was made.

    Attributes:
        level_db: of the voice, dB re full scale.
        background_db: how far the quietest tenth of the frames is below the voice, in dB.
        bandwidth_hz: the highest frequency of the voice within 55 dB of its strongest.
        decay_s: how long sound lingers, see `reverberation`; not a number where that cannot be
            told.
    """

    level_db: float
    background_db: float
    bandwidth_hz: float
    decay_s: float


def measure(waveform: Waveform, sampling_rate: int, rate: int = 16_000) -> Conditions:
    """Measure the first minute of a recording.

    Args:
        waveform: (num_samples,) float32, full scale is 1.
        sampling_rate: Hz.
        rate: of the model, in Hz: what is above half of it is not heard.

    Raises:
        AudioError: empty, silent, shorter than 0.3 s, or not finite.
    """
    audio.check(waveform, sampling_rate)
    sound = audio.resample(waveform[: round(_SPAN_S * sampling_rate)], sampling_rate, rate)
    size = round(_FRAME_S * rate)
    frames = sound[: sound.size // size * size].reshape(-1, size).astype(np.float64)
    frames = frames - frames.mean()
    levels = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-12)
    voiced = levels >= levels.max() - _VOICE_DB
    level_db = 10 * np.log10(np.square(frames[voiced]).mean() + 1e-12)
    power = np.square(np.abs(np.fft.rfft(frames[voiced] * np.hanning(size)))).mean(axis=0)
    audible = np.flatnonzero(power >= power.max() * 10 ** (-_AUDIBLE_DB / 10))
    bandwidth_hz = audible[-1] * rate / size
    background_db = level_db - float(np.percentile(levels, 10))
    lingers_s = decay_s(sound, rate)
    return Conditions(float(level_db), background_db, float(bandwidth_hz), lingers_s)


def domain_of(
    files: Sequence[str | Path],
    preprocessing: Preprocessing,
    extractors: Iterable[Extractor] = (),
) -> dict[str, Any]:
    """What a card says of the training clips.

    Args:
        files: sound files; of many, 400 evenly spaced ones are measured.
        preprocessing: of the model.
        extractors: of the network's inputs; without any, features are not compared.

    Returns:
        `clips` (how many were measured); of each condition the 5th, 50th and 95th percentile as
        `low`, `middle`, `high`; and `features`, see `distance`. Empty where no file can be read.
    """
    step = max(1, len(files) // MOST_CLIPS)
    takers = usable(extractors)
    found, means = [], []
    for file in files[::step][:MOST_CLIPS]:
        try:
            sound = audio.load(file)
            found.append(measure(*sound, preprocessing.sampling_rate))
            if takers:
                means.append(_features(*sound, preprocessing, takers))
        except AudioError:
            continue
    if not found:
        return {}
    told = {name: _ends(values) for name, *values in zip(Conditions._fields, *found, strict=True)}
    known: dict[str, Any] = {"clips": len(found)} | {
        each: told[each] for each in told if told[each]
    }
    if means and (middle := middle_of(np.array(means))):
        known["features"] = middle
    return known


def _features(
    waveform: Waveform, sampling_rate: int, preprocessing: Preprocessing, takers: list[Extractor]
) -> Any:
    start = waveform[: round(_SPAN_S * sampling_rate)]
    voice, _ = audio.prepare(start, sampling_rate, preprocessing)
    return mean_features(voice, preprocessing, takers)


def _ends(values: Sequence[float]) -> dict[str, float]:
    """Percentiles of what could be told of the clips; empty where nothing could."""
    told = [value for value in values if not math.isnan(value)]
    if not told:
        return {}
    low, middle, high = np.percentile(told, [5, 50, 95]).round(3).tolist()
    return {"low": low, "middle": middle, "high": high}


def remarks(
    waveform: Waveform,
    sampling_rate: int,
    domain: Mapping[str, Any],
    preprocessing: Preprocessing,
    extractors: Iterable[Extractor] = (),
) -> list[str]:
    """In plain sentences, in what a recording is unlike those that a model learned from.

    Args:
        waveform: (num_samples,) float32, full scale is 1.
        sampling_rate: Hz.
        domain: as `domain_of` gives it; of what it does not hold nothing is said.
        preprocessing: of the model.
        extractors: of the network's inputs.

    Raises:
        AudioError: empty, silent, shorter than 0.3 s, or not finite.
    """
    if not domain:
        return []
    found = measure(waveform, sampling_rate, preprocessing.sampling_rate)
    long_enough = waveform.size / sampling_rate >= _LEAST_FRAMES * _FRAME_S
    said = [_level(found.level_db, domain["level_db"])]
    noisy = _background(found.background_db, domain["background_db"]) if long_enough else ""
    said += [noisy, _bandwidth(found.bandwidth_hz, domain["bandwidth_hz"])]
    if "decay_s" in domain and not noisy:  # in noise, falls are cut short or are the noise's own
        said.append(_echo(found.decay_s, domain["decay_s"]))
    takers = usable(extractors)
    if domain.get("features") and takers:
        features = _features(waveform, sampling_rate, preprocessing, takers)
        said.append(_strange(percentile(features, domain["features"])))
    return [words for words in said if words]


def _level(level_db: float, known: Mapping[str, float]) -> str:
    away = level_db - known["middle"]
    if level_db < known["low"]:
        return f"Quiet: {-away:.0f} dB below the training speech, and below 95 % of it."
    if level_db > known["high"]:
        return f"Loud: {away:.0f} dB above the training speech, and above 95 % of it."
    return ""


def _background(background_db: float, known: Mapping[str, float]) -> str:
    if background_db >= min(known["low"], _NEAR_DB):
        return ""
    return (
        f"Noisy: the background is {background_db:.0f} dB below the voice; in the training speech "
        f"it is {known['middle']:.0f} dB."
    )


def _bandwidth(bandwidth_hz: float, known: Mapping[str, float]) -> str:
    if bandwidth_hz >= 0.75 * known["low"]:
        return ""
    return (
        f"Dull: hardly anything above {bandwidth_hz / 1000:.1f} kHz, as on a telephone; the "
        f"training speech reaches {known['middle'] / 1000:.1f} kHz."
    )


def _echo(lingers_s: float, known: Mapping[str, float]) -> str:
    if math.isnan(lingers_s) or lingers_s <= _CLEARLY * known["high"]:
        return ""
    return (
        f"Much echo: more than in 95 of 100 training clips. Sound takes {lingers_s:.2f} s to fade "
        f"by 60 dB, in the training speech {known['middle']:.2f} s."
    )


def _strange(place: float | None) -> str:
    if place is None or place <= _FAR:
        return ""
    return (
        "Unlike the training speech: on average, its features lie further from the middle than "
        f"those of {math.floor(place)} of 100 training clips."
    )
