"""My recordings: clips whose label somebody has corrected, in a folder that is a corpus.

They lie below `SER_HOME/recordings`, a folder an emotion, and are read as any folder of one's own.
Nothing comes here but what the user saves; what is deleted is gone.
"""

import datetime as dt
import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser_core import audio, paths
from ser_core.audio import Waveform
from ser_core.corpora.detection import OWN
from ser_core.corpora.entries import CorpusEntry, add_last, remove
from ser_core.errors import ParameterError, StoreError

TITLE = "My recordings"
SETTINGS = {"table": "folders", "speaker_pattern": r"^[^/]+/([a-z0-9-]+)_"}
"""How the reader of folders finds labels and speakers in them."""

USUAL_SPEAKER = "me"
_WORD = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True)
class Kept:
    """A saved clip.

    Attributes:
        name: below the folder, such as `sad/me_20261120-231502-1f3a_angry.wav`.
        emotion: what it is labelled now.
        heard: what a model had heard in it; "" where nobody knows.
        speaker: who speaks in it.
        when: date and time of saving, UTC.
    """

    name: str
    emotion: str
    heard: str
    speaker: str
    when: str

    @property
    def path(self) -> Path:
        """The file."""
        return folder() / self.name


def folder() -> Path:
    """Where they lie; it may not be there yet."""
    return paths.home() / "recordings"


def save(
    waveform: Waveform,
    sampling_rate: int,
    emotion: str,
    heard: str = "",
    speaker: str = USUAL_SPEAKER,
) -> Kept:
    """Save a clip under a label; the corpus is listed from then on.

    Args:
        waveform: (num_samples,) float32, kept in 16 bits.
        sampling_rate: Hz.
        emotion: its label: small letters.
        heard: what a model had heard.
        speaker: who speaks in it: small letters, digits and hyphens.

    Raises:
        ParameterError: a name is not allowed.
        StoreError: it cannot be written; nothing half-written stays.
    """
    for what, name in (("emotion", emotion), ("speaker", speaker), ("heard", heard or "none")):
        if not _WORD.fullmatch(name):
            raise ParameterError(
                f'{what}: up to 40 small letters, digits and "-" are allowed, got {name!r}'
            )
    when = dt.datetime.now(dt.UTC).strftime("%Y%m%d-%H%M%S")
    name = f"{emotion}/{speaker}_{when}-{uuid.uuid4().hex[:6]}_{heard}.wav"
    _write(folder() / name, audio.to_wav_bytes(np.asarray(waveform, np.float32), sampling_rate))
    add_last(entry())
    return _kept(name)


def entry() -> CorpusEntry:
    """As a corpus on the list."""
    return CorpusEntry(OWN, TITLE, folder().resolve(), dict(SETTINGS))


def kept() -> list[Kept]:
    """All that is saved, the newest first."""
    names = [path.relative_to(folder()).as_posix() for path in folder().glob("*/*_*_*.wav")]
    return sorted(map(_kept, names), key=lambda one: (one.when, one.name), reverse=True)


def delete(name: str) -> None:
    """Delete one clip; with the last one, the corpus leaves the list.

    Raises:
        StoreError: it cannot be deleted.
    """
    path = folder() / name
    if name not in {one.name for one in kept()}:
        return  # gone already, or nothing of ours
    try:
        path.unlink(missing_ok=True)
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    except OSError as error:
        raise StoreError(f"{name} cannot be deleted ({error.strerror or error})") from None
    if not kept():
        remove(entry().id)


def delete_all() -> None:
    """Delete every clip.

    Raises:
        StoreError: one cannot be deleted.
    """
    for one in kept():
        delete(one.name)


def _kept(name: str) -> Kept:
    emotion, _, file = name.partition("/")
    speaker, when, heard = file.removesuffix(".wav").split("_", 2)
    return Kept(name, emotion, heard, speaker, _date(when))


def _date(when: str) -> str:
    """`2026-11-20 23:15:02` from `20261120-231502-1f3a5c`."""
    found = re.match(r"(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)", when)
    if not found:
        return ""
    year, month, day, hour, minute, second = found.groups()
    return f"{year}-{month}-{day} {hour}:{minute}:{second}"


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(
            f"the recording cannot be saved in {path.parent} ({error.strerror or error}); it is "
            "still in memory"
        ) from None
