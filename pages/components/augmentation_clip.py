"""Which clip the Augmentation page changes: one of a corpus, a recording, a file, or a made voice.

What is recorded or uploaded stays in the session's memory.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages.components import dataset_facts, dataset_source, layout, live_input, state
from pages.components.live_input import Clip, Refused, plain
from pages.components.recorder import recorder
from ser_core import audio, emotions
from ser_core.corpora import library
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError

SOURCES = {"corpus": "Corpus", "voice": "Synthetic voice", "record": "Record", "upload": "Upload"}
SOURCE = "augment_source"
CLIP = "augment_clip"  # name of the clip of the corpus
EMOTION, SPEAKER = "augment_emotion", "augment_speaker"  # which clips are looked through
WANTED = "augment_clip_wanted"  # the clip that an address asks for
ANY = ""
MOST_S = 30.0
_HEARD = "augment_heard"  # what was recorded or uploaded, by source
_READ = "augment_read"  # the file of a corpus read last
_TURN = "augment_turn"  # how often another clip was asked for
_FROM = "augment_from_s"
_MOST_NAMED = 400  # names in a menu


@dataclass(frozen=True, eq=False)
class Stretch(Clip):
    """Part of a recording that is too long to be used whole."""


def choose() -> tuple[Clip | None, CorpusEntry | None, pd.DataFrame | None]:
    """The bar that says what is heard.

    Returns:
        The clip, or None, having said what to do; its corpus and that one's table, if it is of one.
    """
    live_input.keep_uploads_in_memory()
    if state.keep(SOURCE, _first()) not in SOURCES:
        st.session_state[SOURCE] = _first()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        source = st.segmented_control(
            "Clip from", list(SOURCES), key=SOURCE, format_func=SOURCES.__getitem__, required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        entry = dataset_source.current() if source == "corpus" else None
        inside = st.container(
            horizontal=True, vertical_alignment="center", gap="small", width="content"
        )
    if source == "corpus":
        found, table = _of_corpus(entry, inside)
        return found, entry, table
    with inside:
        heard = {"voice": _voice, "record": _record, "upload": _upload}[str(source)]()
    return _usable(heard), None, None


def _first() -> str:
    return "corpus" if library.entries() else "voice"


# A corpus


def _of_corpus(entry: CorpusEntry | None, bar: Any) -> tuple[Clip | None, pd.DataFrame | None]:
    task = dataset_source.follow_task()
    dataset_source.show_task(task)
    if entry is None:
        st.info(
            "No corpus yet: open or download one, or take the synthetic voice, a recording or a "
            "file.",
            icon=":material/library_music:",
        )
        layout.go("pages/dataset.py", "Open a corpus")
        return None, None
    table = dataset_source.read(entry, task)
    if table is None:
        return None, None
    with bar:
        name = _pick(entry, table)
    if name is None:
        st.info("No clip of this corpus can be heard.", icon=":material/hearing_disabled:")
        return None, table
    return _read(entry, table[table["clip"] == name].iloc[0]), table


def _pick(entry: CorpusEntry, table: pd.DataFrame) -> str | None:
    """Menus of corpus, emotion, speaker and clip; the clip's name."""
    _menu_of_corpora(entry)
    for key, column, what in ((EMOTION, "emotion", "Emotion"), (SPEAKER, "speaker", "Speaker")):
        known = [ANY, *dataset_facts.choices(table, column)]
        if state.keep(key, ANY) not in known:
            st.session_state[key] = ANY
        st.selectbox(
            what, known, key=key, format_func=_any(column), width=125, on_change=_another,
            args=(table,), label_visibility="collapsed",
        )  # fmt: skip
    wanted = st.session_state.pop(WANTED, None)
    if wanted is not None and wanted not in _names(matching(table)):
        st.toast(f"The clip {wanted} that the address asks for is not in this corpus.")
    if state.keep(CLIP, None) not in _names(matching(table)):
        st.session_state[CLIP] = another(table, st.session_state.get(CLIP), turn=0)
    chosen: str | None = st.session_state[CLIP]
    if chosen is not None:
        chosen = _menu_of_clips(table, chosen)
    st.button(
        "Another one", key="augment_another", icon=":material/shuffle:", on_click=_another,
        args=(table,), disabled=chosen is None,
    )  # fmt: skip
    return chosen


def _menu_of_corpora(entry: CorpusEntry) -> None:
    known = {one.id: one for one in library.entries()}
    if len(known) < 2:
        return
    st.session_state["augment_corpus"] = entry.id
    st.selectbox(
        "Corpus", list(known), key="augment_corpus", width=140, on_change=_turn_to,
        format_func=lambda i: known[i].title, label_visibility="collapsed",
    )  # fmt: skip


def _turn_to() -> None:
    st.session_state[state.CORPUS] = st.session_state["augment_corpus"]
    st.session_state[CLIP] = None


def _any(column: str) -> Any:
    def words(value: str) -> str:
        if value == ANY:
            return f"any {column}"
        return emotions.title(value) if column == "emotion" else str(value)

    return words


def _menu_of_clips(table: pd.DataFrame, chosen: str) -> str:
    names = _names(matching(table))
    near = names.index(chosen)
    start = max(0, min(near - _MOST_NAMED // 2, len(names) - _MOST_NAMED))
    picked: str = st.selectbox(
        "Clip", names[start : start + _MOST_NAMED], key=CLIP, format_func=_short, width=230,
        label_visibility="collapsed",
    )  # fmt: skip
    return picked


def _short(name: str) -> str:
    return Path(name).name


def _names(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table["clip"]]


def matching(table: pd.DataFrame) -> pd.DataFrame:
    """The clips without problems of the emotion and the speaker that were asked for."""
    found = table[table["problems"] == ""]
    for key, column in ((EMOTION, "emotion"), (SPEAKER, "speaker")):
        wanted = st.session_state.get(key, ANY)
        if wanted != ANY:
            found = found[found[column] == wanted]
    return found


def another(table: pd.DataFrame, current: str | None, turn: int) -> str | None:
    """A clip among those that match, another than the current one where there is one.

    Args:
        table: of the corpus.
        current: the clip in hand.
        turn: of how many; the same one gives the same clip. 0: the first.
    """
    names = [name for name in _names(matching(table)) if name != current]
    if not names:
        return current if current in _names(matching(table)) else None
    return names[np.random.default_rng(turn).integers(len(names)) if turn else 0]


def _another(table: pd.DataFrame) -> None:
    turn = st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    found = another(table, st.session_state.get(CLIP), turn)
    if found is None:  # nobody says this: the speaker or the emotion asked for goes
        st.session_state[SPEAKER] = ANY
        found = another(table, None, turn)
    st.session_state[CLIP] = found


def _read(entry: CorpusEntry, row: pd.Series) -> Clip | None:
    """The file of a clip, read once; None where it cannot be, having said why."""
    path = Path(row["path"])
    try:
        mark = (str(path), path.stat().st_mtime_ns)
        kept = st.session_state.get(_READ)
        if kept is None or kept[0] != mark:
            clip = open_clip(entry, row)
            kept = st.session_state[_READ] = (mark, clip)
    except (SerError, OSError) as error:
        _say_refused(str(row["clip"]), str(error), "sample")
        return None
    return _stretch(kept[1])


def open_clip(entry: CorpusEntry, row: pd.Series) -> Clip:
    """A clip of a corpus.

    Raises:
        AudioError: the file cannot be read as a sound.
    """
    waveform, sampling_rate = audio.load(Path(row["path"]))
    emotion = str(row["emotion"])
    name = str(row["clip"])
    return Clip("corpus", name, waveform, sampling_rate, emotion, entry.title, _mark(waveform))


def _mark(waveform: NDArray[np.float32]) -> str:
    return hashlib.blake2b(waveform.tobytes(), digest_size=16).hexdigest()


# Other sources


def _voice() -> Clip | Refused | None:
    st.button(
        "Another one", key="augment_voice", icon=":material/shuffle:", on_click=_say,
        help="The synthetic voice follows rules from the prosody literature. It is not speech.",
    )  # fmt: skip
    kept = st.session_state.setdefault(_HEARD, {})
    if "voice" not in kept:
        kept["voice"] = live_input.spoken(1)
    return kept["voice"]


def _say() -> None:
    turn = st.session_state[_TURN] = st.session_state.get(_TURN, 1) + 1
    st.session_state.setdefault(_HEARD, {})["voice"] = live_input.spoken(turn)


def _record() -> Clip | Refused | None:
    live_input.say_if_closed()
    key = "augment:record"
    recorder("Say a sentence, two to five seconds long", key, _take, (key, "record"))
    return st.session_state.get(_HEARD, {}).get("record")


def _upload() -> Clip | Refused | None:
    st.file_uploader(
        f"A recording: wav, flac, ogg or mp3, up to {live_input.MAX_MINUTES} minutes",
        type=list(live_input.FORMATS), max_upload_size=live_input.MAX_MB, key="augment:upload",
        on_change=_take, args=("augment:upload", "upload"),
    )  # fmt: skip
    return st.session_state.get(_HEARD, {}).get("upload")


def _take(key: str, source: str) -> None:
    sent: Any = st.session_state[key]
    kept = st.session_state.setdefault(_HEARD, {})
    kept[source] = None
    if sent is not None:
        name = "Your recording" if source == "record" else sent.name
        kept[source] = live_input.take(source, name, sent.getvalue())


def _usable(heard: Clip | Refused | None) -> Clip | None:
    if heard is None:
        st.info("Nothing to change yet: record a sentence or upload a file.", icon=":material/mic:")
        return None
    if isinstance(heard, Refused):
        _say_refused(heard.name, heard.reason, heard.source)
        return None
    return _stretch(heard)


def _say_refused(name: str, reason: str, source: str) -> None:
    advice = "Take another clip." if source == "sample" else live_input.ADVICE[source]
    words = plain(reason.removeprefix(f"{Path(name).name}: ").removesuffix("."))
    st.warning(
        f"{plain(name)} cannot be used: {words}.\n\n{advice}", icon=":material/hearing_disabled:"
    )


def _stretch(clip: Clip) -> Clip:
    """Half a minute of a long recording, which may be chosen; a shorter one whole."""
    if clip.duration_s <= MOST_S:
        return clip
    state.keep(_FROM, 0.0)
    last = float(np.floor(clip.duration_s - MOST_S))
    st.session_state[_FROM] = min(st.session_state[_FROM], max(last, 1.0))
    start_s = st.slider(
        f"{MOST_S:.0f} s of {clip.duration_s:.0f} s are used; they begin at (s)",
        0.0, max(last, 1.0), step=1.0, key=_FROM, format="%d",
    )  # fmt: skip
    start = round(start_s * clip.sampling_rate)
    part = clip.waveform[start : start + round(MOST_S * clip.sampling_rate)]
    return Stretch(
        clip.source,
        clip.name,
        part,
        clip.sampling_rate,
        clip.acted,
        clip.corpus,
        f"{clip.mark}-{start}",
    )
