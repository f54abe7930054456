"""EMOVO, Italian.

Costantini, Iaderola, Paoloni & Todisco (2014), "EMOVO Corpus: an Italian emotional speech
database", Proc. LREC, 3501–3504, http://www.lrec-conf.org/proceedings/lrec2014/summaries/591.html.
Six actors, 14 sentences (short, long, nonsense, questions), six emotions and neutral: 588 clips.
Labels stand in the file name: emotion, actor, sentence.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from ser_core.corpora import files
from ser_core.corpora.base import CORPORA, Corpus, Facts

_NAME = re.compile(r"([a-z]{3})-([fm][123])-([bldn]\d)", re.ASCII | re.IGNORECASE)
_EMOTIONS = {
    "dis": "disgust",  # disgusto
    "gio": "joy",  # gioia
    "neu": "neutral",
    "pau": "fear",  # paura
    "rab": "anger",  # rabbia
    "sor": "surprise",  # sorpresa
    "tri": "sadness",  # tristezza
}
_SENTENCES = {
    "b1": "Gli operai si alzano presto.",
    "b2": "I vigili sono muniti di pistola.",
    "b3": "La cascata fa molto rumore.",
    "l1": "L'autunno prossimo Tony partirà per la Spagna: nella prima metà di ottobre.",
    "l2": "Ora prendo la felpa di là ed esco per fare una passeggiata.",
    "l3": "Un attimo dopo s'è incamminato... ed è inciampato.",
    "l4": "Vorrei il numero telefonico del Signor Piatti.",
    "n1": "La casa forte vuole col pane.",
    "n2": "La forza trova il passo e l'aglio rosso.",
    "n3": "Il gatto sta scorrendo nella pera.",
    "n4": "Insalata pastasciutta coscia d'agnello limoncello.",
    "n5": "Uno quarantatré dieci mille cinquantasette venti.",
    "d1": "Sabato sera cosa farà?",
    "d2": "Porti con te quella cosa?",
}


@CORPORA.register("emovo")
class Emovo(Corpus):
    """EMOVO as published: one folder an actor, in any folder nesting."""

    title: ClassVar[str] = "EMOVO"
    language: ClassVar[str] = "it"
    licence: ClassVar[str] = "for non-commercial use, with acknowledgment; see its page"
    citation: ClassVar[str] = (
        "Costantini G, Iaderola I, Paoloni A, Todisco M (2014) EMOVO Corpus: an Italian emotional "
        "speech database. Proc. LREC, 3501–3504."
    )
    obtain: ClassVar[str] = "http://voice.fub.it/activities/corpora/emovo/index.html"
    content: ClassVar[str] = (
        "Six actors of 23 to 30 years, half of them women: 588 clips of 14 sentences, 48 kHz, "
        "stereo."
    )
    layout: ClassVar[str] = """
f1/dis-f1-b1.wav
    emotion dis, gio, neu, pau, rab, sor or tri; actor f1–f3 or m1–m3; sentence
"""
    example: ClassVar[str] = "f1/dis-f1-b1.wav"

    @classmethod
    def is_clip(cls, path: str) -> bool:
        """Whether the file is sound and named as an EMOVO clip.

        >>> Emovo.is_clip("f1/dis-f1-b1.wav"), Emovo.is_clip("f1/xyz-f1-b1.wav")
        (True, False)
        """
        return parse_name(cls._stem(path)) is not None

    def reader(self, root: Path, found: files.Listing) -> Callable[[str], Facts]:  # noqa: ARG002
        """Everything stands in the file name."""
        return lambda clip: parse_name(files.stem(clip)) or {}


def parse_name(stem: str) -> Facts | None:
    """Labels in an EMOVO file name, or None if it is not one.

    >>> parse_name("gio-m2-n4")["label"]
    'joy'
    """
    match = _NAME.fullmatch(stem)
    if match is None:
        return None
    emotion, speaker, sentence = (part.lower() for part in match.groups())
    if emotion not in _EMOTIONS or sentence not in _SENTENCES:
        return None
    return {
        "speaker": speaker,
        "gender": "female" if speaker[0] == "f" else "male",
        "label": _EMOTIONS[emotion],
        "statement": _SENTENCES[sentence],
    }
