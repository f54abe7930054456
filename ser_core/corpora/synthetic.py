"""A synthetic demo corpus: six made-up voices acting eight emotions, to use without a download.

It has the structure and file names of RAVDESS' speech (60 clips a speaker: two statements, normal
and strong intensity, two repetitions; neutral has no strong), so that everything that works on real
speech can be tried on it. It is no substitute for real speech: it holds what its rules say and
nothing else.

The rules give each emotion's departure from the neutral voice. They follow

- Murray & Arnott (1993), "Toward the simulation of emotion in synthetic speech", JASA 93: pitch
  level, range and contour, rate, loudness and articulation of anger, happiness, sadness, fear and
  disgust;
- Banse & Scherer (1996), "Acoustic profiles in vocal emotion expression", J. Pers. Soc. Psychol.
  70: pitch, energy and the share of high frequencies, by emotion and intensity;
- Burkhardt & Sendlmeier (2000), "Verification of acoustical correlates of emotional speech using
  formant-synthesis", ISCA Workshop on Speech and Emotion: phonation, jitter, formant shifts;
- Scherer (2003), "Vocal communication of emotion: a review of research paradigms", Speech
  Communication 40, and Juslin & Laukka (2003), "Communication of emotions in vocal expression and
  music performance", Psychol. Bull. 129: reviews; the latter's tenderness stands for calm.

Where they disagree (fear's loudness, the breathiness of anger) or are silent (surprise: high, wide,
rising at the end), the choice is ours; so are the sizes, which none of them gives in these units.
On top come what each speaker makes of each emotion and what varies from clip to clip, so that
emotions overlap.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import soundfile

from ser_core.corpora.base import CORPORA, Progress
from ser_core.corpora.ravdess import Ravdess
from ser_core.corpora.voice import SAMPLING_RATE, Prosody, Samples, Speaker, speak
from ser_core.errors import CorpusError, ParameterError

__all__ = [
    "CLIP_SPREAD",
    "RULES",
    "SAMPLING_RATE",
    "SPEAKERS",
    "STATEMENTS",
    "Synthetic",
    "Take",
    "draw_prosody",
    "generate",
    "perform",
    "takes",
]

SPEAKERS = (
    Speaker(name="01", gender="male", tract_cm=17.3, f0_hz=108, open_quotient=0.56, tilt_db=7.0),
    Speaker(name="02", gender="female", tract_cm=14.6, f0_hz=205, open_quotient=0.65, tilt_db=9.5,
            breath_db=-37),
    Speaker(name="03", gender="male", tract_cm=16.5, f0_hz=126, open_quotient=0.62, tilt_db=9.5,
            breath_db=-38, rate_percent=6),
    Speaker(name="04", gender="female", tract_cm=15.2, f0_hz=186, open_quotient=0.60, tilt_db=7.5,
            breath_db=-41, rate_percent=-5),
    Speaker(name="05", gender="male", tract_cm=18.1, f0_hz=94, open_quotient=0.50, tilt_db=5.5,
            breath_db=-44, rate_percent=-6),
    Speaker(name="06", gender="female", tract_cm=13.9, f0_hz=226, open_quotient=0.68, tilt_db=10.5,
            breath_db=-35, rate_percent=5),
)  # fmt: skip
"""Odd numbers are male, even ones female, as in RAVDESS."""

STATEMENTS = (
    ("K IH1 D Z", "AA0 R", "T AO1 K IH0 NG", "B AY0", "DH AH0", "D AO1 R"),
    ("D AO1 G Z", "AA0 R", "S IH1 T IH0 NG", "B AY0", "DH AH0", "D AO1 R"),
)
"""RAVDESS' "Kids are talking by the door" and "Dogs are sitting by the door", in ARPAbet."""

RULES: dict[str, dict[str, float]] = {
    "neutral": {},
    "calm": {
        "level_st": -1.0, "accent_st": -0.7, "rate_percent": -9, "pause_ms": 20, "energy_db": -3,
        "tilt_db": 3, "open_quotient": 0.05, "breath_db": 4, "articulation_percent": -4,
    },
    "happy": {
        "level_st": 4.5, "accent_st": 4.5, "declination_st": 0, "final_st": 1, "rate_percent": 8,
        "energy_db": 4, "accent_db": 1, "tilt_db": -3, "formant_percent": 4,
        "articulation_percent": 5,
    },
    "sad": {
        "level_st": -0.8, "accent_st": -1.4, "declination_st": -0.5, "final_st": -0.5,
        "rate_percent": -18, "pause_ms": 42, "energy_db": -5, "accent_db": -0.8, "tilt_db": 5,
        "open_quotient": 0.08, "breath_db": 5, "jitter_percent": 0.3, "articulation_percent": -15,
    },
    "angry": {
        "level_st": 4.5, "accent_st": 3.5, "declination_st": 1.5, "final_st": -2, "rate_percent": 8,
        "energy_db": 6.5, "accent_db": 2.5, "tilt_db": -6, "open_quotient": -0.12, "breath_db": -3,
        "jitter_percent": 0.7, "shimmer_db": 0.3, "articulation_percent": 10,
    },
    "fearful": {
        "level_st": 6.5, "accent_st": -0.5, "declination_st": -1.5, "final_st": 1, "tremor_st": 0.5,
        "rate_percent": 17, "pause_ms": 35, "energy_db": 2.5, "breath_db": 5, "jitter_percent": 0.8,
        "shimmer_db": 0.3,
    },
    "disgust": {
        "level_st": -1.5, "accent_st": 0.8, "declination_st": 2, "final_st": -2.5,
        "rate_percent": -16, "pause_ms": 25, "energy_db": 1.5, "tilt_db": -2,
        "open_quotient": -0.06, "jitter_percent": 1.2, "shimmer_db": 0.6, "formant_percent": -3,
    },
    "surprised": {
        "level_st": 4.0, "accent_st": 5, "declination_st": -2.5, "final_st": 6, "energy_db": 3.5,
        "tilt_db": -1, "breath_db": 3, "formant_percent": 1.5,
    },
}  # fmt: skip
"""What each emotion adds to the fields of `Prosody`, in RAVDESS' order of emotions."""

CLIP_SPREAD: dict[str, float] = {
    "level_st": 1.2, "accent_st": 0.7, "declination_st": 0.8, "final_st": 1.2, "tremor_st": 0.05,
    "rate_percent": 6, "pause_ms": 6, "energy_db": 2.0, "accent_db": 0.7, "tilt_db": 1.5,
    "open_quotient": 0.03, "breath_db": 2.0, "jitter_percent": 0.2, "shimmer_db": 0.1,
    "formant_percent": 1.0, "articulation_percent": 5,
}  # fmt: skip
"""Standard deviation from clip to clip of each field of `Prosody`."""

_HABIT_SPREAD = 0.35  # how much a speaker's way with an emotion differs from the rule, logarithmic
_STRENGTH = {1: 0.85, 2: 1.35}  # of the rules, by intensity
_NEVER_NEGATIVE = ("tremor_st", "pause_ms", "jitter_percent", "shimmer_db")
_ROOM_DB = -78.0  # noise of the made-up room and microphone, re full scale

_README = """Synthetic demo voices
Made by SER Studio's voice synthesiser, seed {seed}. No human voice was recorded or copied.
File names follow RAVDESS: 03-01-EE-II-SS-RR-AA.wav. Licence: MIT (generated).
"""


@CORPORA.register("synthetic")
class Synthetic(Ravdess):
    """The clips that `generate` writes: named as in RAVDESS, made by rule."""

    title: ClassVar[str] = "Synthetic demo voices"
    licence: ClassVar[str] = "MIT (generated)"
    citation: ClassVar[str] = (
        "Synthetic demo voices, generated by SER Studio's source-filter synthesiser; not speech of "
        "people."
    )
    obtain: ClassVar[str] = "the Dataset page makes it, and so does `download synthetic`"
    content: ClassVar[str] = (
        "Six made-up voices in RAVDESS' eight emotions: 360 clips, to try things out on, 16 kHz. "
        "Nobody was recorded."
    )
    layout: ClassVar[str] = """
Actor_01/03-01-01-01-01-01-01.wav
    named as RAVDESS; a README.txt says that the voices are synthetic
"""
    example: ClassVar[str] = "Actor_01/03-01-01-01-01-01-01.wav"


@dataclass(frozen=True)
class Take:
    """One clip to be made. Numbers count from 1, as in RAVDESS' file names."""

    emotion: int
    intensity: int
    statement: int
    repetition: int
    actor: int

    @property
    def path(self) -> Path:
        """Where it goes below the corpus: `Actor_AA/03-01-EE-II-SS-RR-AA.wav`."""
        numbers = (3, 1, self.emotion, self.intensity, self.statement, self.repetition, self.actor)
        stem = "-".join(f"{number:02d}" for number in numbers)
        return Path(f"Actor_{self.actor:02d}") / f"{stem}.wav"


def takes() -> Iterator[Take]:
    """All 360 clips of the corpus, speaker by speaker."""
    for actor in range(1, len(SPEAKERS) + 1):
        for emotion, name in enumerate(RULES, start=1):
            for intensity in (1,) if name == "neutral" else (1, 2):
                for statement in (1, 2):
                    for repetition in (1, 2):
                        yield Take(emotion, intensity, statement, repetition, actor)


def generate(root: Path, seed: int = 0, progress: Progress | None = None) -> None:
    """Write the corpus to `root`: 360 clips, 16 kHz, 16 bit, mono; the same for the same seed.

    The folder appears when it is complete: if anything stops the work, nothing is left behind.

    Raises:
        CorpusError: there is something at `root` already, or it cannot be written.
        ParameterError: the seed is negative.
        TaskCancelled: raised by `progress` to stop.
    """
    root = Path(root)
    if seed < 0:
        raise ParameterError(f"seed must be 0 or more; got {seed}")
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise CorpusError(f"{root} must be a new or an empty folder; it is not empty")
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{root.name}-", dir=root.parent) as workshop:
            complete = Path(workshop) / root.name
            _write(complete, seed, progress)
            if root.exists():
                root.rmdir()  # empty: not every system renames onto a folder
            complete.rename(root)
    except (OSError, soundfile.LibsndfileError) as error:
        raise CorpusError(f"{root} could not be written: {error}") from error


def _write(folder: Path, seed: int, progress: Progress | None) -> None:
    plan = list(takes())
    for done, take in enumerate(plan):
        if progress is not None:
            progress(done, len(plan))
        _save(folder / take.path, perform(take, seed))
    (folder / "README.txt").write_text(_README.format(seed=seed), encoding="utf-8")
    if progress is not None:
        progress(len(plan), len(plan))


def _save(path: Path, clip: Samples) -> None:
    """Write a 16-bit WAV whose header says what it is, should it stray from its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(path, "w", SAMPLING_RATE, channels=1, subtype="PCM_16") as file:
        file.title = Synthetic.title
        file.copyright = Synthetic.licence
        file.write(clip)


def perform(take: Take, seed: int = 0) -> Samples:
    """Waveform (num_samples,) of one clip at `SAMPLING_RATE`, with some silence on both sides."""
    numbers = (take.emotion, take.intensity, take.statement, take.repetition)
    rng = np.random.default_rng([seed, take.actor, *numbers])
    prosody = draw_prosody(take, seed, rng)
    words = STATEMENTS[take.statement - 1]
    speech = speak(words, SPEAKERS[take.actor - 1], prosody, rng)
    before, after = (rng.uniform((0.3, 0.4), (0.7, 0.9)) * SAMPLING_RATE).astype(int)
    clip = np.pad(speech, (before, after))
    return clip + 10 ** (_ROOM_DB / 20) * rng.standard_normal(len(clip))


def draw_prosody(take: Take, seed: int, rng: np.random.Generator) -> Prosody:
    """The emotion's rule, as this speaker follows it, as it came out this time."""
    emotion = list(RULES)[take.emotion - 1]
    habit = np.random.default_rng([seed, take.actor, take.emotion])
    values = asdict(Prosody())
    for field, spread in CLIP_SPREAD.items():
        rule = RULES[emotion].get(field, 0.0) * _STRENGTH[take.intensity]
        own_way = np.exp(_HABIT_SPREAD * habit.standard_normal())
        values[field] += rule * own_way + spread * rng.standard_normal()
    for field in _NEVER_NEGATIVE:
        values[field] = max(values[field], 0.0)
    return Prosody(**values)
