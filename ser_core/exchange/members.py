"""What a handed-on run is made of: the files that belong, and how large they may be."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "table", "document", "picture", "network", "card", "weights"]

RUN = "run.json"
"""What the run is, and a digest of every other file."""

FILES = "files"
"""Folder of what the run had kept with it."""

MOST_BYTES = 4_000_000_000
MOST_FILES = 500
_MB = 1_000_000


@dataclass(frozen=True)
class Member:
    """A kind of file that may come along."""

    pattern: str
    kind: Kind
    most_bytes: int


_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_MODEL = rf"(?:fold-models/fold-\d{{1,4}}|{_NAME})"
_DOCUMENTS = "scores|history|environment|data|recipe|parameters|noise"

KNOWN = (
    Member(r"predictions\.csv", "table", 200 * _MB),
    Member(rf"(?:{_DOCUMENTS})\.json", "document", 50 * _MB),
    Member(r"figures/[\w.-]{1,200}\.png", "picture", 20 * _MB),
    Member(rf"{_MODEL}/model\.onnx", "network", 1_000 * _MB),
    Member(rf"{_MODEL}/card\.json", "card", 5 * _MB),
    Member(rf"{_MODEL}/weights\.npz", "weights", 1_000 * _MB),
)


def member(name: str) -> Member | None:
    """What a file of a run is, by its name below `FILES`; None for what does not belong.

    >>> member("mine/model.onnx").kind, member("mine/model.keras"), member("../scores.json")
    ('network', None, None)
    """
    return next((one for one in KNOWN if re.fullmatch(one.pattern, name)), None)
