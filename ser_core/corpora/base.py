"""What a corpus is: one class that turns a folder into one table of utterances."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from ser_core.registry import Registry

if TYPE_CHECKING:
    from ser_core.corpora.files import Listing

COLUMNS = (
    "clip",  # unique in the corpus: path below the root, POSIX style, with its ending
    "path",  # absolute path of the audio file
    "corpus",
    "language",  # ISO 639-1 code
    "speaker",
    "gender",  # "male", "female" or ""
    "label",  # as published, before any mapping
    "emotion",  # a name of ser_core.emotions; "" where the label maps to none
    "intensity",  # "normal", "strong" or ""
    "statement",  # what is said, or ""
    "repetition",  # 1, 2, … (0: not known)
    "channel",  # "speech" or "song"
    "style",  # "scripted", "improvised" or ""
    "session",  # recording session where the corpus has some, else ""
    "valence",  # 1 (negative) to 5 (positive); NaN where nobody rated it
    "arousal",  # 1 (calm) to 5 (excited), activation in some papers; NaN as above
    "dominance",  # 1 (weak) to 5 (strong); NaN as above
    "votes",  # how many raters chose which label, as JSON: {"anger": 2, "neutral": 1}; "" for none
    "duration_s",
    "sampling_rate",  # Hz
    "problems",  # "" for a sound clip, else one sentence; such clips are left out of training
)

UNKNOWN: dict[str, str | float] = {
    "style": "",
    "session": "",
    "valence": math.nan,
    "arousal": math.nan,
    "dominance": math.nan,
    "votes": "",
}
"""What stands in the columns that a corpus knows nothing about."""

Progress = Callable[[int, int], None]
"""Called with (done, total), a total of 0 where it is not known yet; it may raise TaskCancelled to
stop the work."""


class Corpus(ABC):
    """A published corpus: where its labels stand and what they mean."""

    name: ClassVar[str]
    title: ClassVar[str]
    language: ClassVar[str]
    licence: ClassVar[str]
    citation: ClassVar[str]
    example: ClassVar[str]  # a clip's file name, for those who opened the wrong folder

    @classmethod
    @abstractmethod
    def is_clip(cls, name: str) -> bool:
        """Whether a file's name, without its folder, is that of a clip of this corpus."""

    @abstractmethod
    def index(
        self, root: Path, progress: Progress | None = None, listing: "Listing | None" = None
    ) -> pd.DataFrame:
        """Table of every utterance below `root`, with `COLUMNS`, sorted by `clip`.

        Args:
            root: the folder.
            progress: called while the folder is walked and its clips are read.
            listing: what `root` holds where that is known already; None looks.

        Raises:
            CorpusError: the folder is missing or holds no clip of this corpus.
        """


CORPORA: Registry[Corpus] = Registry("corpus")
