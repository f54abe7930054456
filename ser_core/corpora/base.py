"""What a corpus is: one class that turns a folder into one table of utterances.

A reader says which file names are clips and what each of them means; walking the folder, labels,
duplicates, headers and messages are the same for all and stand here.
"""

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from ser_core.config import Config
from ser_core.corpora import files, headers, labels
from ser_core.corpora.files import Listing, Progress
from ser_core.errors import CorpusError
from ser_core.registry import Registry
from ser_core.words import count

__all__ = ["COLUMNS", "CORPORA", "Corpus", "CorpusConfig", "Facts", "Progress"]

_USUAL: dict[str, str | int | float] = {
    "clip": "",  # unique in the corpus: path below the root, POSIX style, with its ending
    "path": "",  # absolute path of the audio file
    "corpus": "",
    "language": "",  # ISO 639-1 code
    "speaker": "",  # unique in the corpus; "" where nobody says who speaks
    "gender": "",  # "male", "female" or ""
    "label": "",  # as published, before any mapping
    "emotion": "",  # a name of ser_core.emotions; "" where the label maps to none
    "intensity": "",  # "normal" or "strong", "low", "medium" or "high", or ""
    "statement": "",  # what is said, or ""
    "repetition": 0,  # 1, 2, … (0: not known)
    "channel": "speech",  # "speech" or "song"
    "style": "",  # "scripted", "improvised" or ""
    "session": "",  # recording session where the corpus has some, else ""
    "valence": math.nan,  # 1 (negative) to 5 (positive); NaN where nobody rated it
    "arousal": math.nan,  # 1 (calm) to 5 (excited), activation in some papers; NaN as above
    "dominance": math.nan,  # 1 (weak) to 5 (strong); NaN as above
    "votes": "",  # how many raters chose which label, as JSON: {"anger": 2, "fear": 1}; "" for none
    "duration_s": math.nan,  # NaN as long as the file's header was not read; 0 if it cannot be
    "sampling_rate": 0,  # Hz; 0 as above
    "problems": "",  # "" for a sound clip, else one sentence; such clips are left out of training
}

COLUMNS = tuple(_USUAL)
"""The columns of every table, and above, what stands in them where a corpus says nothing."""

Facts = dict[str, Any]
"""What is known of a clip, by column; columns that are missing get their usual value."""


class CorpusConfig(Config):
    """How a corpus is read; published ones need no settings."""


class Corpus(ABC):
    """A published corpus: where its labels stand and what they mean."""

    name: ClassVar[str]
    title: ClassVar[str]
    language: ClassVar[str]  # ISO 639-1 code
    licence: ClassVar[str]
    citation: ClassVar[str]
    obtain: ClassVar[str]  # where to get it or to ask for it
    content: ClassVar[str]  # one sentence: speakers, clips, what was recorded, at which rate
    layout: ClassVar[str]  # the published folders and file names
    example: ClassVar[str]  # a clip's path, for those who opened the wrong folder
    endings: ClassVar[frozenset[str]] = frozenset({".wav", ".flac"})
    published: ClassVar[bool] = True  # False: every folder holds other people and other labels
    config_type: ClassVar[type[CorpusConfig]] = CorpusConfig

    def __init__(self, config: CorpusConfig | None = None) -> None:
        self.config = self.config_type() if config is None else config

    @classmethod
    @abstractmethod
    def is_clip(cls, path: str) -> bool:
        """Whether a file is a clip of this corpus, from its name, and its folder's where needed."""

    @classmethod
    def is_label_file(cls, path: str) -> bool:  # noqa: ARG003
        """Whether a file, which is no clip, says something about clips."""
        return False

    @classmethod
    def utterance(cls, clip: str) -> str:
        """What copies of a clip have in common: its file name without folder and ending."""
        return files.stem(clip).lower()

    @abstractmethod
    def reader(self, root: Path, found: Listing) -> Callable[[str], Facts]:
        """What tells the facts of a clip from its path below `root`; label files are read here.

        Raises:
            CorpusError: the files that hold the labels are missing.
        """

    def notes(self, root: Path, found: Listing) -> list[str]:  # noqa: ARG002
        """What there is to say of a folder: how it was read, what it lacks and what follows."""
        return []

    def listing(self, root: Path, progress: Progress | None = None) -> Listing:
        """The clips and label files below `root`; see `files.listing`."""
        return files.listing(root, self.is_clip, progress, self.is_label_file)

    def index(
        self, root: Path, progress: Progress | None = None, listing: Listing | None = None
    ) -> pd.DataFrame:
        """Table of every utterance below `root`, with `COLUMNS`, sorted by `clip`.

        Args:
            root: the folder.
            progress: called while the folder is walked and its clips are read.
            listing: what `root` holds where that is known already; None looks.

        Raises:
            CorpusError: the folder is missing or holds no clip of this corpus.
        """
        table = self.names(Path(root), progress, listing)
        return headers.fill(table, headers.read(table["path"].tolist(), progress))

    def names(
        self, root: Path, progress: Progress | None = None, listing: Listing | None = None
    ) -> pd.DataFrame:
        """The same table without opening a clip: durations are NaN, sampling rates 0.

        A clip that comes twice (a corpus is often unpacked twice) counts once and is marked.
        """
        root = Path(root)
        found = self.listing(root, progress) if listing is None else listing
        if not found.clips:
            raise CorpusError(self.no_clip(root, found))
        facts, whole = self.reader(root, found), str(root.resolve())
        common = {**_USUAL, "corpus": self.name, "language": self.language}
        rows: list[Facts] = []
        first: dict[str, str] = {}
        for file in found.clips:
            clip = file.name.replace(os.sep, "/")
            path = os.path.join(whole, file.name)
            row = {**common, **facts(clip), "clip": clip, "path": path}
            if file.name in found.misnamed:
                row["problems"] = files.MISNAMED
                rows.append(row)
                continue
            twin = first.setdefault(self.utterance(clip), clip)
            if twin != clip:
                row["problems"] = f"same clip as {twin}"
            rows.append(row)
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        table["emotion"] = self.emotions(table["label"])
        return table

    def emotions(self, published: pd.Series) -> pd.Series:
        """The house's emotion for each published label, by `labels.toml`; "" where it has none."""
        return published.map(labels.published(self.name)).fillna("").astype(published.dtype)

    @classmethod
    def no_clip(cls, root: Path, found: Listing) -> str:
        """What to say of a folder without a clip."""
        sounds = sum(found.others[ending] for ending in cls.endings)
        other = " or ".join(sorted(cls.endings - {Path(cls.example).suffix}))
        return (
            f"{root}: no {cls.title} clip found among {found.count_others()}; names look like "
            f"{cls.example} (or {other}), got {count(sounds, 'other sound file')}"
        )

    @classmethod
    def _stem(cls, path: str) -> str:
        """The name of a sound file without folder and ending; "" for other files."""
        stem, ending = files.split(path)
        return stem if ending in cls.endings else ""


CORPORA: Registry[Corpus] = Registry("corpus")
