"""The Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS), audio only.

Livingstone & Russo (2018), PLoS ONE 13(5): e0196391, https://doi.org/10.1371/journal.pone.0196391.
24 actors (odd numbers male, even female), two statements, eight emotions in speech and six in
song, normal and strong intensity (neutral has normal only), each said or sung twice. Labels stand
in the file name: modality-channel-emotion-intensity-statement-repetition-actor.
"""

import re
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import soundfile

from ser_core.audio import MIN_DURATION_S
from ser_core.corpora import files
from ser_core.corpora.base import COLUMNS, CORPORA, UNKNOWN, Corpus, Progress
from ser_core.errors import CorpusError

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
_SUFFIXES = {".wav", ".flac"}


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
    example: ClassVar[str] = "03-01-05-01-02-01-12.wav"

    @classmethod
    def is_clip(cls, name: str) -> bool:
        """Whether the file is sound and named as a RAVDESS clip.

        >>> Ravdess.is_clip("03-01-05-01-02-01-12.wav"), Ravdess.is_clip("kick.wav")
        (True, False)
        """
        path = Path(name)
        return path.suffix.lower() in _SUFFIXES and parse_name(path.stem) is not None

    def index(
        self,
        root: Path,
        progress: Progress | None = None,
        listing: files.Listing | None = None,
    ) -> pd.DataFrame:
        """Table of every audio clip below `root`; see `Corpus.index`.

        A name that comes twice (the corpus is often unpacked twice) counts once and is marked.
        """
        root = Path(root)
        found = files.listing(root, self.is_clip, progress) if listing is None else listing
        if not found.clips:
            raise CorpusError(self._no_clip(root, found))
        rows: list[dict[str, Any]] = []
        first: dict[str, str] = {}
        for done, file in enumerate(found.clips):
            if progress is not None:
                progress(done, len(found.clips))
            path = root / file.name
            row = {**self._facts(path, root), **(parse_name(path.stem) or {}), **_header(path)}
            if path.stem in first:
                row["problems"] = f"same clip as {first[path.stem]}"
            first.setdefault(path.stem, row["clip"])
            rows.append(row)
        if progress is not None:
            progress(len(rows), len(rows))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _no_clip(self, root: Path, found: files.Listing) -> str:
        sounds = sum(found.others[ending] for ending in _SUFFIXES)
        return (
            f"{root}: no {self.title} clip found among {found.count_others()}; names look like "
            f"{self.example} (or .flac), got {sounds:,} other sound files"
        )

    def _facts(self, path: Path, root: Path) -> dict[str, Any]:
        return {
            "clip": path.relative_to(root).as_posix(),
            "path": str(path.resolve()),
            "corpus": self.name,
            "language": self.language,
            **UNKNOWN,
        }


def parse_name(stem: str) -> dict[str, Any] | None:
    """Labels in a RAVDESS file name, or None if it is not the name of an audio clip.

    >>> parse_name("03-01-05-02-01-01-12")["emotion"]
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
        "emotion": _EMOTIONS[emotion],
        "intensity": _INTENSITIES[intensity],
        "statement": _STATEMENTS[statement],
        "repetition": int(repetition),
        "channel": _CHANNELS[channel],
    }


def _header(path: Path) -> dict[str, Any]:
    """Length and sampling rate from the file's header, or the problem with it."""
    try:
        info = soundfile.info(str(path))
    except (soundfile.LibsndfileError, RuntimeError) as error:
        problem = "empty file" if path.stat().st_size == 0 else f"not readable as audio ({error})"
        return {"duration_s": 0.0, "sampling_rate": 0, "problems": problem}
    problem = ""
    if info.duration < MIN_DURATION_S:
        problem = f"too short: {info.duration:.2f} s, at least {MIN_DURATION_S} s are needed"
    return {"duration_s": info.duration, "sampling_rate": info.samplerate, "problems": problem}
