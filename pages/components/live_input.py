"""Where the Live page takes sound from: microphone, file or sample. All of it stays in memory."""

import hashlib
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.formparsers import MultiPartParser

from pages.components import state
from pages.components.recorder import recorder
from ser_core.errors import AudioError, SerError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SOURCES = {
    "record": "Record",
    "stream": "Stream",
    "upload": "Upload",
    "sample": "Sample",
    "microphone": "This machine's microphone",
}
STREAMS = ("stream", "microphone")  # heard while they come
FORMATS = ("wav", "flac", "ogg", "oga", "mp3")
MAX_MB = 100  # as server.maxUploadSize in .streamlit/config.toml
MAX_MINUTES = 10
PRIVACY = "Stays in memory: nothing is written to disk or sent elsewhere, unless saved."
_VOICE = "voice"  # the synthetic voice among the choices of "From"
_LOCAL = ("localhost", "127.0.0.1", "::1")
ADVICE = {
    "record": "Check that the right microphone is chosen and not muted, then record again.",
    "stream": "Check that the right microphone is chosen and not muted, then start again.",
    "microphone": "Check that the right one is chosen, that it is not muted, and that the system "
    "lets SER Studio hear it, then start again.",
    "upload": "Try another file: wav, flac, ogg or mp3, at least 0.3 s long.",
    "sample": "Take another sample, or check the corpus on the Dataset page.",
}


@dataclass(frozen=True, eq=False)
class Clip:
    """A recording to predict from, kept in the session's memory and nowhere else."""

    source: str  # a key of SOURCES
    name: str
    waveform: "NDArray[np.float32]"  # (num_samples,)
    sampling_rate: int  # Hz
    acted: str = ""  # the emotion the corpus says was acted, for samples
    corpus: str = ""  # title of the corpus it is from, for samples
    mark: str = field(default="", compare=False)  # tells this recording from others

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return len(self.waveform) / self.sampling_rate


@dataclass(frozen=True)
class Refused:
    """A recording that cannot be used, in words for the user."""

    source: str
    name: str
    reason: str


def keep_uploads_in_memory() -> None:
    """Make the promise of the page true while a file is being received, too.

    Starlette, which Streamlit serves with, would put uploads above 1 MB into a temporary file until
    they are complete.
    """
    MultiPartParser.spool_max_size = (MAX_MB + 1) * 2**20


def choose_source() -> str:
    """The bar that says where the sound comes from; it keeps its place across pages."""
    chosen = st.segmented_control(
        "Sound from",
        list(SOURCES),
        format_func=lambda key: SOURCES[key],
        default="record",
        required=True,
        key=state.LIVE_SOURCE,
        persist_state="session",
        label_visibility="collapsed",
        wrap=True,
    )
    return str(chosen)


def say_if_closed() -> None:
    """Where browsers keep the microphone closed, say so and what to do."""
    if not microphone_allowed(st.context.url):
        st.info(
            "The browser keeps the microphone closed on this address. Open the app at "
            "`localhost` or over HTTPS, or use Upload.",
            icon=":material/mic_off:",
        )


def record() -> None:
    """The browser's microphone."""
    say_if_closed()
    recorder(
        "Say a sentence, two to five seconds long",
        "live:record",
        _take,
        ("live:record", "record"),
        hint="The browser asks for the microphone the first time. If it does not, allow it in the "
        "address bar; it needs HTTPS or localhost.",
    )


def microphone_allowed(url: str | None) -> bool:
    """Whether browsers give pages at this address the microphone: HTTPS or the same machine.

    >>> microphone_allowed("http://localhost:8501/live"), microphone_allowed("http://10.0.0.5:8501")
    (True, False)
    """
    if not url:
        return True
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" or is_local(host)


def is_local(host: str) -> bool:
    """Whether a name in an address means the very machine that opens it."""
    return host in _LOCAL or host.endswith(".localhost")


def upload() -> None:
    """A file from the user's machine."""
    st.file_uploader(
        f"A recording: wav, flac, ogg or mp3, up to {MAX_MB} MB and {MAX_MINUTES} minutes",
        type=list(FORMATS),
        max_upload_size=MAX_MB,
        key="live:upload",
        on_change=_take,
        args=("live:upload", "upload"),
    )


def take(source: str, name: str, data: bytes, acted: str = "", corpus: str = "") -> Clip | Refused:
    """Read a recording.

    Args:
        source: a key of SOURCES.
        name: shown to the user.
        data: a sound file.
        acted: the emotion that is known to be acted, or "".
        corpus: title of the corpus it is from, or "".
    """
    from ser_core import audio

    try:
        if not data:
            raise AudioError("the recording: empty (0 bytes), not readable as audio")
        waveform, sampling_rate = audio.load(io.BytesIO(data), MAX_MINUTES * 60)
    except AudioError as error:
        return Refused(source, name, str(error).removeprefix("the recording: "))
    mark = hashlib.blake2b(data, digest_size=16).hexdigest()
    return Clip(source, name, waveform, sampling_rate, acted, corpus, mark)


def _take(key: str, source: str) -> None:
    """Callback of both widgets: what was recorded or uploaded becomes the clip, or a refusal."""
    sent: Any = st.session_state[key]
    if sent is None:
        st.session_state[state.LIVE_CLIP] = None
        return
    name = "Your recording" if source == "record" else sent.name
    st.session_state[state.LIVE_CLIP] = take(source, name, sent.getvalue())


def sample() -> None:
    """A clip of one of the user's corpora, or one the synthetic voice says."""
    from ser_core.corpora import library

    known = {entry.id: entry for entry in library.entries()}
    choices = [*known, _VOICE]
    if state.keep("live:from", choices[0]) not in choices:
        st.session_state["live:from"] = choices[0]
    chosen = st.selectbox(
        "From",
        choices,
        format_func=lambda one: known[one].title if one in known else "Synthetic voice",
        key="live:from",
        help="The synthetic voice follows rules from the prosody literature. It is not speech.",
    )
    st.button("Take a clip", icon=":material/shuffle:", on_click=_draw, args=(known.get(chosen),))


def _draw(entry: Any) -> None:
    """Callback: another clip of the corpus, or of the synthetic voice, becomes the clip heard."""
    turn = st.session_state["live:turn"] = st.session_state.get("live:turn", 0) + 1
    try:
        drawn = spoken(turn) if entry is None else _drawn(entry, turn)
    except (SerError, OSError) as error:
        drawn = Refused("sample", "The clip" if entry is None else entry.title, str(error))
    st.session_state[state.LIVE_CLIP] = drawn


def spoken(turn: int) -> Clip | Refused:
    """What the synthetic voice says: any of its takes, in an order that is the same each time."""
    import numpy as np

    from ser_core import audio
    from ser_core.corpora import synthetic, voice

    takes = list(synthetic.takes())
    take_ = takes[np.random.default_rng(turn).integers(len(takes))]
    waveform = synthetic.perform(take_).astype(np.float32)
    data = audio.to_wav_bytes(waveform, voice.SAMPLING_RATE)
    name = f"Synthetic voice {take_.actor:02d}"
    return take("sample", name, data, acted=list(synthetic.RULES)[take_.emotion - 1])


def _drawn(entry: Any, turn: int) -> Clip | Refused:
    from pathlib import Path

    from ser_core.corpora import library

    table = library.table(entry)
    sound = table[table["problems"] == ""]
    if sound.empty:
        return Refused("sample", entry.title, "there is no clip without problems in it")
    row = sound.sample(1, random_state=turn).iloc[0]
    name = f"{entry.title}, speaker {row['speaker']}"
    data = Path(row["path"]).read_bytes()
    return take("sample", name, data, acted=row["emotion"], corpus=entry.title)


def plain(text: str) -> str:
    r"""Text that Markdown shows as it is written.

    >>> print(plain("my_clip*.wav"))
    my\_clip\*.wav
    """
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~$:])", r"\\\1", text)
