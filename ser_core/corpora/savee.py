"""The Surrey Audio-Visual Expressed Emotion database (SAVEE), the sound of it.

Haq & Jackson (2010), "Multimodal emotion recognition", in W. Wang (ed.), Machine Audition, IGI
Global, 398–423; Haq & Jackson (2009), Proc. AVSP, 53–58. Four men, six emotions and neutral; 15
TIMIT sentences an emotion (3 common to all, 2 of the emotion's own, 10 others) and 30 neutral ones.
The folder names the speaker, the file name the emotion and the number of the sentence in it.

Which sentence a number stands for is not part of the download, so `statement` is the code, such as
"a04"; the common sentences have another code in every emotion.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from ser_core.corpora import files
from ser_core.corpora.base import CORPORA, Corpus, Facts

_SPEAKERS = ("DC", "JE", "JK", "KL")
_NAME = re.compile(r"(?:(DC|JE|JK|KL)_)?((sa|su|[adfhn])\d\d)", re.ASCII | re.IGNORECASE)
_EMOTIONS = {
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "h": "happiness",
    "n": "neutral",
    "sa": "sadness",
    "su": "surprise",
}


@CORPORA.register("savee")
class Savee(Corpus):
    """SAVEE's `AudioData`, and the copy whose files are all in one folder."""

    title: ClassVar[str] = "SAVEE"
    language: ClassVar[str] = "en"
    licence: ClassVar[str] = "for research, after registration; not to be passed on"
    citation: ClassVar[str] = (
        "Haq S, Jackson PJB (2010) Multimodal emotion recognition. In: Wang W (ed) Machine "
        "Audition: Principles, Algorithms and Systems. IGI Global, 398–423."
    )
    obtain: ClassVar[str] = "http://kahlan.eps.surrey.ac.uk/savee/Download.html"
    content: ClassVar[str] = (
        "Four men of 27 to 31 years: 480 clips of sentences from TIMIT, 44.1 kHz. No women."
    )
    layout: ClassVar[str] = """
AudioData/DC/a01.wav
    speaker DC, JE, JK or KL; emotion a, d, f, h, n, sa or su; number of the sentence
DC_a01.wav
    the same in one folder
"""
    example: ClassVar[str] = "AudioData/DC/a01.wav"

    @classmethod
    def is_clip(cls, path: str) -> bool:
        """Whether the file is sound and named as a SAVEE clip, in its speaker's folder if need be.

        >>> Savee.is_clip("AudioData/DC/a01.wav"), Savee.is_clip("a01.wav")
        (True, False)
        """
        return parse_path(path) is not None and bool(cls._stem(path))

    @classmethod
    def utterance(cls, clip: str) -> str:
        """Speaker and code: the code alone comes four times."""
        facts = parse_path(clip) or {}
        return f"{facts.get('speaker')} {facts.get('statement')}"

    def reader(self, root: Path, found: files.Listing) -> Callable[[str], Facts]:  # noqa: ARG002
        """Everything stands in the path; the folder opened may be the speaker's."""
        return lambda clip: parse_path(str(root.resolve() / clip)) or {}


def parse_path(path: str) -> Facts | None:
    """Labels in a SAVEE path, or None if it is not one.

    >>> parse_path("ALL/JK_sa03.wav")["speaker"], parse_path("JK/sa03.wav")["label"]
    ('JK', 'sadness')
    """
    match = _NAME.fullmatch(files.stem(path))
    if match is None:
        return None
    speaker = (match[1] or files.parent(path)).upper()
    if speaker not in _SPEAKERS:
        return None
    return {
        "speaker": speaker,
        "gender": "male",
        "label": _EMOTIONS[match[3].lower()],
        "statement": match[2].lower(),
    }
