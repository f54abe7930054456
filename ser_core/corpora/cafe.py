"""The Canadian French Emotional speech dataset (CaFE).

Gournay, Lahaie & Lefebvre (2018), "A Canadian French emotional speech dataset", Proc. ACM MMSys,
399–402, https://doi.org/10.1145/3204949.3208121. Twelve actors (odd numbers men, even women), six
sentences, six emotions in two intensities (Faible, Fort) and neutral: 936 clips, published as AIFF
at 192 kHz (in two parts) and as WAV at 48 kHz. Labels stand in the file name: actor, emotion,
intensity, sentence; neutral has no intensity, in the name either.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from ser_core.corpora import files
from ser_core.corpora.base import CORPORA, Corpus, Facts

_NAME = re.compile(r"(0[1-9]|1[0-2])-(?:([CDJPST])-([12])|N(?:-[012])?)-([1-6])", re.ASCII)
_EMOTIONS = {
    "C": "anger",  # Colère
    "D": "disgust",  # Dégoût
    "J": "happiness",  # Joie
    "P": "fear",  # Peur
    "S": "surprise",  # Surprise
    "T": "sadness",  # Tristesse
    None: "neutral",  # Neutre
}
_INTENSITIES = {"1": "low", "2": "high", None: ""}  # Faible, Fort
_SENTENCES = {
    "1": "Un cheval fou dans mon jardin",
    "2": "Deux ânes aigris au pelage brun",
    "3": "Trois cygnes aveugles au bord du lac",
    "4": "Quatre vieilles truies éléphantesques",
    "5": "Cinq pumas fiers et passionnés",
    "6": "Six ours aimants domestiqués",
}


@CORPORA.register("cafe")
class Cafe(Corpus):
    """CaFE at either sampling rate, as published: a folder an emotion, within it one an intensity.

    Where both are there, each clip counts once.
    """

    title: ClassVar[str] = "CaFE"
    language: ClassVar[str] = "fr"
    licence: ClassVar[str] = "CC BY-NC-SA 4.0"
    citation: ClassVar[str] = (
        "Gournay P, Lahaie O, Lefebvre R (2018) A Canadian French emotional speech dataset. Proc. "
        "ACM Multimedia Systems Conference, 399–402."
    )
    obtain: ClassVar[str] = "https://zenodo.org/records/1478765"
    content: ClassVar[str] = (
        "Twelve actors of 15 to 64 years, half of them women: 936 clips of six sentences, 48 or "
        "192 kHz."
    )
    layout: ClassVar[str] = """
Colère/Faible/01-C-1-1.wav
Neutre/01-N-1.wav
    actor, emotion C, D, J, N, P, S or T, intensity 1 (Faible) or 2 (Fort), sentence
CaFE_192k_1/Colère/Faible/01-C-1-1.aiff
    the same at 192 kHz, in the folders of its two parts
"""
    example: ClassVar[str] = "Colère/Faible/01-C-1-1.wav"
    endings: ClassVar[frozenset[str]] = frozenset({".wav", ".flac", ".aiff", ".aif"})

    @classmethod
    def is_clip(cls, path: str) -> bool:
        """Whether the file is sound and named as a CaFE clip.

        >>> Cafe.is_clip("Joie/Fort/03-J-2-6.aiff"), Cafe.is_clip("Joie/Fort/03-J-6.aiff")
        (True, False)
        """
        return _NAME.fullmatch(cls._stem(path)) is not None

    def reader(self, root: Path, found: files.Listing) -> Callable[[str], Facts]:  # noqa: ARG002
        """Everything stands in the file name."""
        return lambda clip: parse_name(files.stem(clip)) or {}


def parse_name(stem: str) -> Facts | None:
    """Labels in a CaFE file name, or None if it is not one.

    >>> parse_name("03-N-5")["label"], parse_name("12-T-2-6")["intensity"]
    ('neutral', 'high')
    """
    match = _NAME.fullmatch(stem)
    if match is None:
        return None
    actor, emotion, intensity, sentence = match.groups()
    return {
        "speaker": actor,
        "gender": "male" if int(actor) % 2 else "female",
        "label": _EMOTIONS[emotion],
        "intensity": _INTENSITIES[intensity],
        "statement": _SENTENCES[sentence],
    }
