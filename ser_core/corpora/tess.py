"""The Toronto Emotional Speech Set (TESS).

Pichora-Fuller & Dupuis (2010/2020), Borealis, https://doi.org/10.5683/SP2/E8H2MF. Two actresses
of 26 and 64 years say "Say the word …" with 200 words in six emotions and neutral; "ps" is
pleasant surprise. Labels stand in the file name: actress (OAF older, YAF younger), word, emotion.

What the downloads are known for: one file is published as `OA_bite_neutral.wav` and belongs to
OAF; folders are spelled `OAF_Fear` and `YAF_fear`, `OAF_Pleasant_surprise` and
`YAF_pleasant_surprised`; and a much used copy holds all of them a second time in a folder within.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from ser_core.corpora import files
from ser_core.corpora.base import CORPORA, Corpus, Facts

_NAME = re.compile(
    r"(OAF?|YAF)_([a-z]+)_(angry|disgust|fear|happy|neutral|sad|ps|pleasant_surprised?)",
    re.ASCII | re.IGNORECASE,
)


@CORPORA.register("tess")
class Tess(Corpus):
    """TESS as published and in its usual copies, in any folder nesting."""

    title: ClassVar[str] = "TESS"
    language: ClassVar[str] = "en"
    licence: ClassVar[str] = "CC BY-NC-ND 4.0"
    citation: ClassVar[str] = (
        "Pichora-Fuller MK, Dupuis K (2020) Toronto emotional speech set (TESS). Borealis. "
        "https://doi.org/10.5683/SP2/E8H2MF."
    )
    obtain: ClassVar[str] = "https://doi.org/10.5683/SP2/E8H2MF"
    content: ClassVar[str] = (
        "Two actresses of 26 and 64 years: 2,800 clips of 200 words in one carrier phrase, 24.4 "
        "kHz. With two speakers there is no speaker-independent training on TESS alone."
    )
    layout: ClassVar[str] = """
OAF_back_angry.wav
OAF_Pleasant_surprise/OAF_back_ps.wav
    actress OAF or YAF, word, emotion; all in one folder, or one folder an actress and emotion
"""
    example: ClassVar[str] = "OAF_back_angry.wav"

    @classmethod
    def is_clip(cls, path: str) -> bool:
        """Whether the file is sound and named as a TESS clip.

        >>> Tess.is_clip("OAF_Fear/OAF_back_fear.wav"), Tess.is_clip("OAF_Fear/OAF_back.wav")
        (True, False)
        """
        return _NAME.fullmatch(cls._stem(path)) is not None

    def reader(self, root: Path, found: files.Listing) -> Callable[[str], Facts]:  # noqa: ARG002
        """Everything stands in the file name."""
        return lambda clip: parse_name(files.stem(clip)) or {}


def parse_name(stem: str) -> Facts | None:
    """Labels in a TESS file name, or None if it is not one.

    >>> parse_name("OA_bite_neutral")["speaker"], parse_name("YAF_dog_ps")["label"]
    ('OAF', 'pleasant surprise')
    """
    match = _NAME.fullmatch(stem)
    if match is None:
        return None
    speaker, word, emotion = match.groups()
    surprised = emotion.lower().startswith("p")
    return {
        "speaker": "YAF" if speaker.upper() == "YAF" else "OAF",
        "gender": "female",
        "label": "pleasant surprise" if surprised else emotion.lower(),
        "statement": f"Say the word {word.lower()}",
    }
