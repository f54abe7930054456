"""The Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D), the sound of it.

Cao, Cooper, Keutmann, Gur, Nenkova & Verma (2014), IEEE Trans. Affective Computing 5(4), 377–390,
https://doi.org/10.1109/TAFFC.2014.2336244. 91 actors, twelve sentences, five emotions and neutral;
one sentence in three intensities. Labels stand in the file name: actor, sentence, emotion,
intensity; one file is published as `1040_ITH_SAD_X.wav`. They say what was acted. What listeners
heard (sound alone) is in `votes` where the corpus' own tables are there too:
`processedResults/tabulatedVotes.csv` (rows 100 001 and up are of the voice, 200 001 of the face,
300 001 of both), else `finishedResponses.csv` (`queryType` 1 is the voice).
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

from ser_core.corpora import files, label_table
from ser_core.corpora.base import CORPORA, Corpus, Facts
from ser_core.errors import CorpusError

_NAME = re.compile(r"(1\d{3})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX?)", re.ASCII | re.IGNORECASE)
_EMOTIONS = {
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
_INTENSITIES = {"LO": "low", "MD": "medium", "HI": "high"}
_SENTENCES = {
    "IEO": "It's eleven o'clock",
    "TIE": "That is exactly what happened",
    "IOM": "I'm on my way to the meeting",
    "IWW": "I wonder what this is about",
    "TAI": "The airplane is almost full",
    "MTI": "Maybe tomorrow it will be cold",
    "IWL": "I would like a new alarm clock",
    "ITH": "I think I have a doctor's appointment",
    "DFA": "Don't forget a jacket",
    "ITS": "I think I've seen this before",
    "TSI": "The surface is slick",
    "WSI": "We'll stop in a couple of minutes",
}
_ACTORS = range(1001, 1092)
_WOMEN = {
    1002, 1003, 1004, 1006, 1007, 1008, 1009, 1010, 1012, 1013, 1018, 1020, 1021, 1024, 1025, 1028,
    1029, 1030, 1037, 1043, 1046, 1047, 1049, 1052, 1053, 1054, 1055, 1056, 1058, 1060, 1061, 1063,
    1072, 1073, 1074, 1075, 1076, 1078, 1079, 1082, 1084, 1089, 1091,
}  # fmt: skip
"""From `VideoDemographics.csv`, for copies of the corpus that hold the sound only."""

_LETTERS = {word[0].upper(): word for word in _EMOTIONS.values()}
_VOICE = "1"
_DEMOGRAPHICS, _TABULATED, _RESPONSES = (
    "VideoDemographics.csv",
    "tabulatedVotes.csv",
    "finishedResponses.csv",
)
_LABEL_FILES = {name.lower() for name in (_DEMOGRAPHICS, _TABULATED, _RESPONSES)}


@CORPORA.register("crema_d")
class CremaD(Corpus):
    """CREMA-D's `AudioWAV`, with the listeners' votes where its tables are there."""

    title: ClassVar[str] = "CREMA-D"
    language: ClassVar[str] = "en"
    licence: ClassVar[str] = "Open Database License 1.0, contents under DbCL 1.0"
    citation: ClassVar[str] = (
        "Cao H, Cooper DG, Keutmann MK, Gur RC, Nenkova A, Verma R (2014) CREMA-D: Crowd-sourced "
        "Emotional Multimodal Actors Dataset. IEEE Trans. Affective Computing 5(4), 377–390."
    )
    obtain: ClassVar[str] = "https://github.com/CheyneyComputerScience/CREMA-D"
    content: ClassVar[str] = (
        "91 actors of 20 to 74 years, 43 of them women: 7,442 clips of twelve sentences, 16 kHz."
    )
    layout: ClassVar[str] = """
AudioWAV/1001_DFA_ANG_XX.wav
    actor, sentence, emotion, intensity LO, MD, HI or XX (not given)
VideoDemographics.csv, processedResults/tabulatedVotes.csv, finishedResponses.csv
    used where they are there
"""
    example: ClassVar[str] = "AudioWAV/1001_DFA_ANG_XX.wav"

    @classmethod
    def is_clip(cls, path: str) -> bool:
        """Whether the file is sound and named as a CREMA-D clip.

        >>> CremaD.is_clip("AudioWAV/1001_DFA_ANG_XX.wav"), CremaD.is_clip("1001_DFA_ANG.wav")
        (True, False)
        """
        return parse_name(cls._stem(path)) is not None

    @classmethod
    def is_label_file(cls, path: str) -> bool:
        """Whether it is the table of actors or one of those of votes."""
        return "".join(files.split(path)).lower() in _LABEL_FILES

    def reader(self, root: Path, found: files.Listing) -> Callable[[str], Facts]:
        """The file names, and the tables for what they do not say."""
        tables = _tables(root, found)
        genders, votes = _readable(_genders, tables), _votes(tables)

        def facts(clip: str) -> Facts:
            name = files.stem(clip).upper()
            known = parse_name(name) or {}
            speaker = known.get("speaker", "")
            return {
                **known,
                "gender": genders.get(speaker) or _gender(speaker),
                "votes": votes.get(name) or votes.get(f"{name}X", ""),
            }

        return facts

    def notes(self, root: Path, found: files.Listing) -> list[str]:
        """Which tables are not there, or cannot be read, and what is not known without them."""
        tables = _tables(root, found)
        lacking = []
        if not _readable(_genders, tables):
            lacking.append(f"{_DEMOGRAPHICS}, so genders are those of the published list of actors")
        if not _votes(tables):
            lacking.append(
                f"{_TABULATED} and {_RESPONSES}, so labels say what was acted, and what listeners "
                "heard is not known"
            )
        said = [f"not there, or not readable: {'; '.join(lacking)}"] if lacking else []
        return [*_faults(tables), *said]


def parse_name(stem: str) -> Facts | None:
    """Labels in a CREMA-D file name, or None if it is not one.

    >>> parse_name("1001_IEO_SAD_HI")["intensity"]
    'high'
    """
    match = _NAME.fullmatch(stem)
    if match is None:
        return None
    actor, sentence, emotion, intensity = match.groups()
    if sentence.upper() not in _SENTENCES or emotion.upper() not in _EMOTIONS:
        return None
    return {
        "speaker": actor,
        "label": _EMOTIONS[emotion.upper()],
        "intensity": _INTENSITIES.get(intensity.upper(), ""),
        "statement": _SENTENCES[sentence.upper()],
    }


def _gender(speaker: str) -> str:
    """Of an actor of the published list; "" for others, of whom nothing is known.

    >>> _gender("1001"), _gender("1091"), _gender("1092"), _gender("")
    ('male', 'female', '', '')
    """
    if not speaker or int(speaker) not in _ACTORS:
        return ""
    return "female" if int(speaker) in _WOMEN else "male"


def _tables(root: Path, found: files.Listing) -> dict[str, Path]:
    return {"".join(files.split(file.name)).lower(): root / file.name for file in found.label_files}


def _votes(tables: dict[str, Path]) -> dict[str, str]:
    return _readable(_tabulated, tables) or _readable(_answers, tables)


def _readable(
    read: Callable[[dict[str, Path]], dict[str, str]], tables: dict[str, Path]
) -> dict[str, str]:
    """What a table says; nothing where it cannot be read, for the corpus is whole without it."""
    try:
        return read(tables)
    except (OSError, csv.Error, CorpusError):
        return {}


def _faults(tables: dict[str, Path]) -> Iterator[str]:
    """Tables that are not the published ones."""
    for read in (_genders, _tabulated, _answers):
        try:
            read(tables)
        except CorpusError as error:
            yield f"not used: {error}"
        except (OSError, csv.Error):
            continue


def _genders(tables: dict[str, Path]) -> dict[str, str]:
    return {
        row["ActorID"]: row["Sex"].lower() for row in _rows(tables, _DEMOGRAPHICS, "ActorID", "Sex")
    }


def _tabulated(tables: dict[str, Path]) -> dict[str, str]:
    """Votes on the voice as JSON, by the clip's name in upper case."""
    counts: dict[str, Counter[str]] = {}
    for row in _rows(tables, _TABULATED, "", "fileName", *_LETTERS):
        if len(row[""]) == 6 and row[""].startswith(_VOICE):
            found = {word: _number(row[letter]) for letter, word in _LETTERS.items()}
            counts[row["fileName"].upper()] = Counter(found)
    return _as_json(counts)


def _answers(tables: dict[str, Path]) -> dict[str, str]:
    """The same, counted from the table of single answers."""
    counts: dict[str, Counter[str]] = {}
    for row in _rows(tables, _RESPONSES, "clipName", "queryType", "respEmo"):
        if row["queryType"] == _VOICE and row["respEmo"] in _LETTERS:
            counts.setdefault(row["clipName"].upper(), Counter())[_LETTERS[row["respEmo"]]] += 1
    return _as_json(counts)


def _as_json(counts: dict[str, Counter[str]]) -> dict[str, str]:
    return {
        name: json.dumps({word: number for word, number in sorted(found.items()) if number})
        for name, found in counts.items()
        if any(found.values())
    }


def _number(cell: str) -> int:
    """How many votes a cell counts; 0 where it cannot be read.

    >>> _number("6"), _number("1.0"), _number("NA"), _number("inf"), _number("-1")
    (6, 1, 0, 0, 0)
    """
    try:
        number = float(cell)
    except ValueError:
        return 0
    return int(number) if number > 0 and number.is_integer() else 0


def _rows(tables: dict[str, Path], name: str, *columns: str) -> Iterator[dict[str, str]]:
    """Rows of a table of the corpus; none where it is not there.

    Raises:
        CorpusError: it lacks a column.
        OSError: it cannot be read.
        csv.Error: it is no table, as what git leaves in place of a file that was not fetched.
    """
    path = tables.get(name.lower())
    if path is None:
        return
    with path.open(encoding=label_table.encoding(path), errors="replace", newline="") as lines:
        parting = label_table.delimiter(lines.readline())
        lines.seek(0)
        rows = csv.DictReader(lines, delimiter=parting)
        names = rows.fieldnames or ()
        if len(names) < 2:
            raise csv.Error("not a table")
        missing = [column for column in columns if column not in names]
        if missing:
            words = ", ".join(repr(column) for column in missing)
            raise CorpusError(f"{path}: lacks the columns {words} of the published table")
        yield from (row for row in rows if None not in row.values())
