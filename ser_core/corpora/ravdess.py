"""The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS), audio only.

Livingstone & Russo (2018), PLoS ONE 13(5): e0196391, https://doi.org/10.1371/journal.pone.0196391.
24 actors (odd numbers male, even female), two statements, eight emotions in speech and six in
song, normal and strong intensity (neutral has normal only), each said or sung twice. Labels stand
in the file name: modality-channel-emotion-intensity-statement-repetition-actor.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from ser_core.corpora import files
from ser_core.corpora.base import CORPORA, Corpus, Facts

_NAME = re.compile(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)", re.ASCII)
_AUDIO_ONLY = "03"
_CHANNELS = {"01": "speech", "02": "song"}
_EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
_INTENSITIES = {"01": "normal", "02": "strong"}
_STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}


@CORPORA.register("ravdess")
class Ravdess(Corpus):
    """RAVDESS speech and song as published, WAV or FLAC, in any folder nesting."""

    title: ClassVar[str] = "RAVDESS"
    language: ClassVar[str] = "en"
    licence: ClassVar[str] = "CC BY-NC-SA 4.0"
    citation: ClassVar[str] = (
        "Livingstone SR, Russo FA (2018) The Ryerson Audio-Visual Database of Emotional Speech "
        "and Song (RAVDESS). PLoS ONE 13(5): e0196391."
    )
    obtain: ClassVar[str] = "https://zenodo.org/records/1188976"
    content: ClassVar[str] = (
        "24 professional actors, half of them women: 1,440 spoken and 1,012 sung clips of two "
        "statements, 48 kHz."
    )
    layout: ClassVar[str] = """
Audio_Speech_Actors_01-24/Actor_12/03-01-05-02-01-02-12.wav
Audio_Song_Actors_01-24/Actor_12/03-02-05-02-01-02-12.wav
    modality 03 (audio only), channel, emotion, intensity, statement, repetition, actor
"""
    example: ClassVar[str] = "03-01-05-01-02-01-12.wav"

    @classmethod
    def is_clip(cls, path: str) -> bool:
        """Whether the file is sound and named as a RAVDESS clip.

        >>> Ravdess.is_clip("03-01-05-01-02-01-12.wav"), Ravdess.is_clip("kick.wav")
        (True, False)
        """
        return parse_name(cls._stem(path)) is not None

    def reader(self, root: Path, found: files.Listing) -> Callable[[str], Facts]:  # noqa: ARG002
        """Everything stands in the file name."""
        return lambda clip: parse_name(files.stem(clip)) or {}


def parse_name(stem: str) -> Facts | None:
    """Labels in a RAVDESS file name, or None if it is not the name of an audio clip.

    >>> parse_name("03-01-05-02-01-01-12")["label"]
    'angry'
    >>> parse_name("01-01-05-02-01-01-12") is None  # a video
    True
    """
    match = _NAME.fullmatch(stem)
    if match is None:
        return None
    modality, channel, emotion, intensity, statement, repetition, actor = match.groups()
    if (
        modality != _AUDIO_ONLY
        or channel not in _CHANNELS
        or emotion not in _EMOTIONS
        or intensity not in _INTENSITIES
        or statement not in _STATEMENTS
    ):
        return None
    return {
        "speaker": actor,
        "gender": "male" if int(actor) % 2 else "female",
        "label": _EMOTIONS[emotion],
        "intensity": _INTENSITIES[intensity],
        "statement": _STATEMENTS[statement],
        "repetition": int(repetition),
        "channel": _CHANNELS[channel],
    }
