"""The Berlin Database of Emotional Speech (EMO-DB), German.

Burkhardt, Paeschke, Rolfes, Sendlmeier & Weiss (2005), "A database of German emotional speech",
Proc. Interspeech, 1517–1520, https://doi.org/10.21437/Interspeech.2005-446. Ten actors, ten
sentences, six emotions and neutral; the 535 published clips are those that at least 80 % of 20
listeners recognised and 60 % found natural. Labels stand in the file name: speaker, sentence,
emotion (the first letter of the German word), version.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from ser_core.corpora import files
from ser_core.corpora.base import CORPORA, Corpus, Facts

_NAME = re.compile(r"(\d\d)([ab]\d\d)([WLEAFTN])([a-z]?)", re.ASCII)
_GENDERS = {
    "03": "male",
    "08": "female",
    "09": "female",
    "10": "male",
    "11": "male",
    "12": "male",
    "13": "female",
    "14": "female",
    "15": "male",
    "16": "female",
}
_EMOTIONS = {
    "W": "anger",  # Wut, Ärger
    "L": "boredom",  # Langeweile
    "E": "disgust",  # Ekel
    "A": "fear",  # Angst
    "F": "happiness",  # Freude
    "T": "sadness",  # Trauer
    "N": "neutral",
}
_SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute Abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}


@CORPORA.register("emodb")
class EmoDb(Corpus):
    """EMO-DB as published: the files of its folder `wav`, in any folder nesting."""

    title: ClassVar[str] = "EMO-DB"
    language: ClassVar[str] = "de"
    licence: ClassVar[str] = "free to use; its page asks to cite the paper"
    citation: ClassVar[str] = (
        "Burkhardt F, Paeschke A, Rolfes M, Sendlmeier WF, Weiss B (2005) A database of German "
        "emotional speech. Proc. Interspeech, 1517–1520."
    )
    obtain: ClassVar[str] = "http://emodb.bilderbar.info/download/"
    content: ClassVar[str] = (
        "Ten actors of 21 to 35 years, half of them women: 535 clips of ten everyday sentences, "
        "16 kHz."
    )
    layout: ClassVar[str] = """
wav/03a01Fa.wav
    speaker 03, sentence a01, emotion F (Freude), version a
"""
    example: ClassVar[str] = "wav/03a01Fa.wav"

    @classmethod
    def is_clip(cls, path: str) -> bool:
        """Whether the file is sound and named as an EMO-DB clip.

        >>> EmoDb.is_clip("wav/03a01Fa.wav"), EmoDb.is_clip("wav/03a01Xa.wav")
        (True, False)
        """
        return parse_name(cls._stem(path)) is not None

    def reader(self, root: Path, found: files.Listing) -> Callable[[str], Facts]:  # noqa: ARG002
        """Everything stands in the file name."""
        return lambda clip: parse_name(files.stem(clip)) or {}


def parse_name(stem: str) -> Facts | None:
    """Labels in an EMO-DB file name, or None if it is not one.

    >>> parse_name("16b10Wb")["label"]
    'anger'
    """
    match = _NAME.fullmatch(stem)
    if match is None:
        return None
    speaker, sentence, emotion, version = match.groups()
    if speaker not in _GENDERS or sentence not in _SENTENCES:
        return None
    return {
        "speaker": speaker,
        "gender": _GENDERS[speaker],
        "label": _EMOTIONS[emotion],
        "statement": _SENTENCES[sentence],
        "repetition": ord(version) - ord("a") + 1 if version else 0,
    }
