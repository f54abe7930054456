"""What is said of augmenters: what they do, what was drawn, and how to do it without a browser."""

import inspect
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pages.components import config_form
from ser_core.augment import AUGMENTERS, BatchAugmenter, Step
from ser_core.emotions import title as emotion_title
from ser_core.errors import SerError
from ser_core.words import minus

Words = Callable[[Any, Mapping[str, Any]], str]

_KINDS = {
    "pitch_shift": "Voice",
    "time_stretch": "Voice",
    "pitch_and_tempo": "Voice",
    "speed": "Voice",
    "vocal_tract": "Voice",
    "stretch_and_resample": "Voice",
    "noise": "Noise",
    "coloured_noise": "Noise",
    "background_noise": "Noise",
    "amplitude_noise": "Noise",
    "reverberation": "Recording",
    "band_pass": "Recording",
    "clipping": "Recording",
    "gain": "Recording",
    "time_shift": "Recording",
}
GROUPS = ("Voice", "Noise", "Recording", "Other sounds", "Features", "Mixing")


def group(name: str) -> str:
    """What an augmenter changes, one of GROUPS; new ones have a place, too."""
    augmenter = AUGMENTERS.get(name)
    if issubclass(augmenter, BatchAugmenter):
        return "Mixing" if augmenter.mixes else "Features"
    return _KINDS.get(name, "Other sounds")


def grouped() -> dict[str, list[str]]:
    """Names of all augmenters under what they change; groups without any are left out.

    >>> list(grouped()), grouped()["Noise"][0]
    (['Voice', 'Noise', 'Recording', 'Features', 'Mixing'], 'noise')
    """
    usual = list(_KINDS)
    names = sorted(AUGMENTERS.names(), key=lambda n: usual.index(n) if n in usual else len(usual))
    found = {word: [name for name in names if group(name) == word] for word in GROUPS}
    return {word: members for word, members in found.items() if members}


def of_sounds(name: str) -> bool:
    """Whether an augmenter changes sounds, which can be heard, and not features."""
    return not issubclass(AUGMENTERS.get(name), BatchAugmenter)


def mixes(name: str) -> bool:
    """Whether an augmenter mixes two clips and their labels."""
    return bool(getattr(AUGMENTERS.get(name), "mixes", False))


def title(name: str) -> str:
    """What people call an augmenter."""
    return AUGMENTERS.get(name).title


def about(name: str) -> str:
    """The first sentence of an augmenter's reference entry.

    >>> about("gain")
    'Make the whole clip louder or softer, as if the microphone stood elsewhere.'
    """
    return " ".join((inspect.getdoc(AUGMENTERS.get(name)) or "").split("\n\n")[0].split())


# What was drawn


def drawn_words(name: str, draw: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    r"""Every drawn parameter with its unit.

    Args:
        name: of the augmenter.
        draw: what it drew, plain: numbers, words and lists.
        settings: of the augmenter, those that were given.

    >>> drawn_words("pitch_and_tempo", {"rate": 0.9, "semitones": 1.74}, {})
    ['tempo × 0.90, 11\xa0% longer', 'pitch +1.7 semitones']
    >>> drawn_words("amplitude_noise", {"factor": 0.021, "seed": 7}, {})
    ['noise 0.021 of the peak', 'noise seed 7']
    """
    filled = _filled(name, settings)
    words = []
    for key, value in draw.items():
        say = _SPECIAL.get((name, key)) or _WORDS.get(key)
        words.append(say(value, filled) if say else f"{config_form.label(key)}: {_number(value)}")
    return [word for word in words if word]


def _filled(name: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """All settings, those by default as well; as they are where the augmenter refuses them."""
    try:
        return AUGMENTERS.get(name).config_type.parse(dict(settings)).model_dump()
    except SerError:
        return settings


def _number(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_number(item) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:.3g}".replace("-", "−")


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign, a true minus.

    >>> signed(1.74), signed(-0.5), signed(0.0)
    ('+1.7', '−0.5', '0.0')
    """
    return minus(f"{value:+.{digits}f}" if round(value, digits) else f"{0:.{digits}f}")


def semitones(value: float) -> str:
    """A shift of pitch.

    >>> semitones(1.74)
    'pitch +1.7 semitones'
    """
    return f"pitch {signed(value)} semitones"


def _length(rate: float) -> str:
    change = 100 * (1 / rate - 1)
    if abs(change) < 0.5:
        return "as long"
    return f"{abs(change):.0f}\u00a0% {'longer' if change > 0 else 'shorter'}"


def _hz(value: float) -> str:
    return f"{value / 1000:.1f} kHz" if value >= 1000 else f"{value:.0f} Hz"


def _tempo(rate: float) -> str:
    return f"tempo × {rate:.2f}, {_length(rate)}"


def _speed(rate: float, _: Mapping[str, Any]) -> str:
    from math import log2

    return f"speed × {rate:.2f}: {_length(rate)}, {semitones(12 * log2(rate))}"


def _resampled(rate: float, _: Mapping[str, Any]) -> str:
    from math import log2

    return f"stretched × {rate:.2f} and resampled back: {semitones(-12 * log2(rate))}"


def _room(sides: Sequence[float]) -> str:
    return "room " + " × ".join(f"{side:.1f}" for side in sides) + " m"


def _place(what: str) -> Words:
    return lambda at, _: f"{what} at " + ", ".join(f"{part:.1f}" for part in at) + " m"


def _spans(starts: Sequence[Any], widths: Sequence[Any]) -> str:
    spans = [(int(start), int(width)) for start, width in zip(starts, widths, strict=True)]
    parts = [f"{start}–{start + width - 1}" for start, width in spans if width]
    return ", ".join(parts) or "none"


_WORDS: dict[str, Words] = {
    "semitones": lambda value, _: semitones(value),
    "snr_db": lambda value, _: f"signal-to-noise ratio {_number(round(value, 1))} dB",
    "slope": lambda value, _: f"falls by {3.01 * value:.1f} dB an octave" if value else "white",
    "colour": lambda value, _: f"{value} noise",
    "seed": lambda value, _: f"noise seed {value}",
    "gain_db": lambda value, _: f"level {signed(value)} dB",
    "rt60_s": lambda value, _: f"reverberation time {value:.2f} s",
    "room_m": lambda value, _: _room(value),
    "mouth_m": _place("mouth"),
    "microphone_m": _place("microphone"),
    "low_hz": lambda value, _: f"from {_hz(value)}" if value else "no lower edge",
    "high_hz": lambda value, _: f"up to {_hz(value)}",
    "shift_s": lambda value, _: f"{abs(1000 * value):.0f} ms {'later' if value > 0 else 'earlier'}",
    "file": lambda value, _: f"file {value}",
    "start": lambda value, _: f"from {100 * value:.0f} % of it",
}
_SPECIAL: dict[tuple[str, str], Words] = {
    ("speed", "rate"): _speed,
    ("stretch_and_resample", "rate"): _resampled,
    ("time_stretch", "rate"): lambda value, _: _tempo(value),
    ("pitch_and_tempo", "rate"): lambda value, _: _tempo(value),
    ("vocal_tract", "factor"): lambda value, _: f"formants × {value:.2f}",
    ("clipping", "share"): lambda value, _: f"{100 * value:.1f} % of the samples cut off",
    ("reverberation", "seed"): lambda value, _: f"tail seed {value}",
    ("amplitude_noise", "factor"): lambda value, settings: (
        f"noise {value:.3f} of the {'RMS' if settings.get('reference') == 'rms' else 'peak'}"
    ),
}


def batch_words(name: str, draw: Mapping[str, Any]) -> list[str]:
    """What was drawn for the first example of a batch, with units.

    Args:
        name: of an augmenter of features.
        draw: what it drew, plain.

    >>> batch_words("brightness", {"change": [0.12]})
    ['brightness +0.12']
    """
    if name == "spec_augment":
        time = _spans(draw["time_start"][0], draw["time_width"][0])
        frequency = _spans(draw["frequency_start"][0], draw["frequency_width"][0])
        return [f"masked times (columns): {time}", f"masked bands: {frequency}"]
    if name == "flip":
        backwards = "time backwards" if draw["time"][0] else ""
        upside = "low and high exchanged" if draw["frequency"][0] else ""
        return [", ".join(part for part in (backwards, upside) if part) or "not mirrored this time"]
    if name == "frequency_response":
        return [
            f"gain at points from low to high: {', '.join(signed(g, 2) for g in draw['gain'][0])}"
        ]
    known: dict[tuple[str, str], Callable[[Any], str]] = {
        ("brightness", "change"): lambda value: f"brightness {signed(value, 2)}",
        ("contrast", "factor"): lambda value: f"contrast × {value:.2f}",
        ("saturation", "factor"): lambda value: f"saturation × {value:.2f}",
        ("spectrogram_tempo", "rate"): _tempo,
        ("spectrogram_tempo", "shift_frames"): lambda value: f"shifted {signed(value)} frames",
    }
    words = []
    for key, values in draw.items():
        first = values[0] if isinstance(values, list) and values else values
        say = known.get((name, key))
        words.append(say(first) if say else f"{config_form.label(key)}: {_number(first)}")
    return words


def why_not(step: Step, use: str, emotion: str, place_of_turn: int | None) -> str:
    """Why a step that is on did nothing to a clip this time.

    Args:
        step: the step.
        use: how the steps of its chain act.
        emotion: of the clip; "" where it is not known.
        place_of_turn: in turns, which copy (from 1) is this step's; None elsewhere.
    """
    if step.classes and emotion not in step.classes:
        whom = " and ".join(emotion_title(name).lower() for name in step.classes)
        clip = f"this clip is {emotion_title(emotion).lower()}" if emotion else "not known of this"
        return f"Not applied: it acts on {whom} clips, {clip}"
    if use == "turns":
        return f"Not applied to this copy: it makes copy {place_of_turn}"
    if use == "one":
        return "Not applied this time: another step was drawn"
    return f"Not applied this time: its chance is {step.probability:.2g}"


# The same without a browser


def command(
    augmenter: str,
    path: str,
    out: str,
    seed: int,
    copy: int = 0,
    emotion: str = "",
    *,
    prepared: bool = False,
    model: str = "",
) -> str:
    """What to type to write what the page plays.

    >>> command("d", "clip.wav", "clip-d-3.wav", 3, prepared=True)
    'python -m ser_core augment d clip.wav --prepared --seed 3 --out clip-d-3.wav'
    """
    words = ["python", "-m", "ser_core", "augment", augmenter, path]
    if prepared:
        words += ["--prepared", *["--model", model] * bool(model)]
    if not augmenter.endswith(".json"):
        words += ["--seed", str(seed)]
        words += ["--copy", str(copy)] * bool(copy)
        words += ["--emotion", emotion] * bool(emotion)
    return shlex.join([*words, "--out", out])


def train_command(name: str, corpus: Sequence[str], recipe: str = "studio") -> str:
    """What to type to train with a preset.

    Args:
        name: of the preset.
        corpus: what makes a command read the corpus; nothing: a placeholder.
        recipe: whose features the steps of the preset are made for.

    >>> train_command("my noise", ["--corpus", "ravdess=/data"])
    "python -m ser_core train studio --corpus ravdess=/data --set 'augmentation=my noise'"
    """
    where = shlex.join(corpus) if corpus else "--corpus NAME=FOLDER"
    chosen = shlex.join(["--set", f"augmentation={name}"])
    return f"python -m ser_core train {recipe} {where} {chosen}"
