"""The Interactive Emotional Dyadic Motion Capture database (IEMOCAP), the sound of it.

Busso, Bulut, Lee, Kazemzadeh, Mower, Kim, Chang, Lee & Narayanan (2008), Language Resources and
Evaluation 42(4), 335–359, https://doi.org/10.1007/s10579-008-9076-6. Five sessions of one woman
and one man each, scripted plays and improvisations, cut into 10 039 turns. For every dialog,
`dialog/EmoEvaluation/<dialog>.txt` holds each turn's label (that of the majority of the raters,
`xxx` where there is none, `oth` for another emotion), the mean valence, activation and dominance
of the raters, and then what each of them chose. `votes` counts the raters' choices (lines C-E1,
C-E2 …), of which each may have made several; what the actors said of themselves (C-F1, C-M1) is
not among them, as in the published label.

The letter after the session is that of the actor who wore the markers in that dialog; who speaks
is the letter before the turn's number: `Ses01F_impro01_M003` is spoken by the man of session 1.
"""

import contextlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from ser_core.corpora import files
from ser_core.corpora.base import CORPORA, Corpus, Facts
from ser_core.errors import CorpusError

_DIALOG = r"Ses(\d\d)[FM]_(impro|script)\d\d(?:_\d+)?[a-z]?"
_TURN = re.compile(rf"({_DIALOG})_([FM])[A-Z]{{0,2}}\d+[a-z]?", re.ASCII)
_DIALOG_NAME = re.compile(_DIALOG, re.ASCII)
_SUMMARY = re.compile(r"\[[^\]]*\]\s+(?P<turn>\S+)\s+(?P<label>\w+)(?:\s+\[(?P<ratings>[^\]]*)\])?")
_VOTE = re.compile(r"C-E\d+:\s*([^(]*)")
_SAID = re.compile(r"(?P<turn>\S+)\s+\[[^\]]*\]:\s*(?P<words>.*)")
_RATINGS = ("valence", "arousal", "dominance")  # in the order of the files
_STYLES = {"impro": "improvised", "script": "scripted"}
_EVALUATION, _TRANSCRIPTIONS = "emoevaluation", "transcriptions"


@CORPORA.register("iemocap")
class Iemocap(Corpus):
    """IEMOCAP's turns, as in `IEMOCAP_full_release`: one folder a session."""

    title: ClassVar[str] = "IEMOCAP"
    language: ClassVar[str] = "en"
    licence: ClassVar[str] = "for research, under the release form of USC's SAIL laboratory"
    citation: ClassVar[str] = (
        "Busso C, Bulut M, Lee CC, Kazemzadeh A, Mower E, Kim S, Chang JN, Lee S, Narayanan SS "
        "(2008) IEMOCAP: interactive emotional dyadic motion capture database. Language Resources "
        "and Evaluation 42(4), 335–359."
    )
    obtain: ClassVar[str] = "https://sail.usc.edu/iemocap/iemocap_release.htm"
    content: ClassVar[str] = (
        "Ten actors, half of them women, in pairs: 10,039 turns of plays and improvisations, "
        "16 kHz, each labelled by at least three raters and rated in valence, activation and "
        "dominance."
    )
    layout: ClassVar[str] = """
Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav
    session, who wears the markers, improvised or scripted, who speaks, number of the turn
Session1/dialog/EmoEvaluation/Ses01F_impro01.txt
    labels, ratings and votes; needed
Session1/dialog/transcriptions/Ses01F_impro01.txt
    what is said; used where it is there
"""
    example: ClassVar[str] = "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav"

    @classmethod
    def is_clip(cls, path: str) -> bool:
        """Whether the file is sound and named as a turn; whole dialogs are not.

        >>> Iemocap.is_clip("Ses01F_impro01_F000.wav"), Iemocap.is_clip("Ses01F_impro01.wav")
        (True, False)
        """
        return _TURN.fullmatch(cls._stem(path)) is not None

    @classmethod
    def is_label_file(cls, path: str) -> bool:
        """Whether it is the evaluation or the transcription of a dialog.

        >>> Iemocap.is_label_file("Session1/dialog/EmoEvaluation/Ses01F_impro01.txt")
        True
        >>> Iemocap.is_label_file("dialog/EmoEvaluation/Categorical/Ses01F_impro01_e2_cat.txt")
        False
        """
        name, ending = files.split(path)
        return (
            ending == ".txt"
            and files.parent(path).lower() in {_EVALUATION, _TRANSCRIPTIONS}
            and _DIALOG_NAME.fullmatch(name) is not None
        )

    def reader(self, root: Path, found: files.Listing) -> Callable[[str], Facts]:
        """Labels from the evaluations, words from the transcriptions, the rest from the names.

        Raises:
            CorpusError: there is no evaluation at all, or a file cannot be read.
        """
        judged: dict[str, Facts] = {}
        said: dict[str, str] = {}
        for file in found.label_files:
            path = root.resolve() / file.name
            text = _text(path)
            if files.parent(str(path)).lower() == _TRANSCRIPTIONS:
                said |= parse_transcription(text)
            else:
                judged |= parse_evaluation(text)
        if not judged:
            raise CorpusError(
                f"{root}: no labels in it; they stand in Session1/dialog/EmoEvaluation/*.txt, so "
                "give the folder that holds Session1 to Session5"
            )

        def facts(clip: str) -> Facts:
            name = files.stem(clip)
            return {
                **(parse_name(name) or {}),
                "statement": said.get(name, ""),
                **judged.get(name, {"problems": "no label in dialog/EmoEvaluation"}),
            }

        return facts

    def notes(self, root: Path, found: files.Listing) -> list[str]:  # noqa: ARG002
        """Whether the transcriptions are not there."""
        if any(files.parent(file.name).lower() == _TRANSCRIPTIONS for file in found.label_files):
            return []
        return ["not there: dialog/transcriptions, so what is said in a turn is not known"]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from None


def parse_name(stem: str) -> Facts | None:
    """Speaker, session and style in the name of a turn, or None if it is not one.

    >>> parse_name("Ses01F_script02_2_M003")["speaker"]
    'Ses01M'
    """
    match = _TURN.fullmatch(stem)
    if match is None:
        return None
    _, session, style, gender = match.groups()
    return {
        "speaker": f"Ses{session}{gender}",
        "gender": "female" if gender == "F" else "male",
        "session": f"Session{int(session)}",
        "style": _STYLES[style],
    }


def parse_evaluation(text: str) -> dict[str, Facts]:
    r"""Label, ratings and votes by turn, from the file of a dialog in `EmoEvaluation`.

    >>> summary = "[6.2 - 8.2]\tSes01F_impro01_F000\tneu\t[2.5, 2.5, 2.5]"
    >>> parse_evaluation(f"{summary}\nC-E2:\tNeutral;\t()")
    {'Ses01F_impro01_F000': {'label': 'neu', 'valence': 2.5, 'arousal': 2.5, 'dominance': 2.5,
    'votes': '{"Neutral": 1}'}}
    """
    judged: dict[str, Facts] = {}
    votes: dict[str, Counter[str]] = {}
    turn = ""
    for line in text.splitlines():
        summary = _SUMMARY.match(line)
        vote = _VOTE.match(line)
        if summary is not None:
            turn = summary["turn"]
            judged[turn] = {"label": summary["label"], **_ratings(summary["ratings"] or "")}
            votes[turn] = Counter()
        elif vote is not None and turn:
            votes[turn].update(word for part in vote[1].split(";") if (word := part.strip()))
    for turn, counts in votes.items():
        judged[turn]["votes"] = json.dumps(dict(sorted(counts.items()))) if counts else ""
    return judged


def _ratings(text: str) -> dict[str, float]:
    """Means of the raters; a turn that nobody rated has numbers below the scale, or none.

    >>> _ratings("2.5000, -1.0000, nan")
    {'valence': 2.5, 'arousal': nan, 'dominance': nan}
    """
    ratings = dict.fromkeys(_RATINGS, math.nan)
    for name, word in zip(_RATINGS, text.split(","), strict=False):
        with contextlib.suppress(ValueError):
            value = float(word)
            ratings[name] = value if value >= 1 else math.nan
    return ratings


def parse_transcription(text: str) -> dict[str, str]:
    """What is said in each turn, from the file of a dialog in `transcriptions`.

    >>> parse_transcription("Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.")
    {'Ses01F_impro01_F000': 'Excuse me.'}
    """
    matches = (_SAID.match(line) for line in text.splitlines())
    return {match["turn"]: match["words"].strip() for match in matches if match is not None}
