"""Listen to and look at a clip: a player over waveform and log-mel on one time axis.

While it plays, a line runs through the picture; a click in the picture plays from there.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components import theme

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from plotly import graph_objects as go

_cursor = st.components.v2.component(
    "clip_cursor", js=Path(__file__).with_name("clip_cursor.js").read_text(encoding="utf-8")
)


def clip_view(
    waveform: "NDArray[np.float32]",
    sampling_rate: int,
    key: str,
    title: str = "",
    windows: Sequence[Any] = (),
    autoplay: bool = False,
) -> None:
    """Draw one clip.

    Args:
        waveform: (num_samples,) float32, played at its true loudness.
        sampling_rate: Hz.
        key: unique on the page; letters, digits, "_" and "-".
        title: what is played, for the reader and for screen readers.
        windows: `Window`s of a prediction, drawn as probabilities over time below.
        autoplay: start to play at once, for a clip the reader has just asked for.
    """
    play(waveform, sampling_rate, key, title, autoplay)
    look(waveform, sampling_rate, key, title, windows)


def play(
    waveform: "NDArray[np.float32]",
    sampling_rate: int,
    key: str,
    title: str = "",
    autoplay: bool = False,
) -> None:
    """Only the player of a clip."""
    # A WAV file keeps the level; an array would be normalised to its peak.
    wav = once(f"{key}:wav", (waveform, sampling_rate), _wav)
    with st.container(key=f"{key}-player"):
        alt = f"Play {title or 'the clip'}"
        st.audio(wav, format="audio/wav", alt=alt, autoplay=autoplay)


def look(
    waveform: "NDArray[np.float32]",
    sampling_rate: int,
    key: str,
    title: str = "",
    windows: Sequence[Any] = (),
    segments: Sequence[Any] = (),
) -> None:
    """The picture of a clip that `play` plays under the same key."""
    shown = (waveform, sampling_rate, tuple(windows), tuple(segments))
    figure = once(f"{key}:figure", shown, _figure)
    alt = f"Waveform and log-mel spectrogram of {title or 'the clip'}"
    picture(figure, key, key, alt, finished=True)


def picture(figure: "go.Figure", key: str, player: str, alt: str, finished: bool = False) -> None:
    """A figure whose x axis is the time in a clip, with the cursor of its player in it.

    Args:
        figure: of `ser_core.figures`.
        key: unique on the page; letters, digits, "_" and "-".
        player: key under which `play` plays the clip.
        alt: what the figure shows, for screen readers.
        finished: the figure never changes again, and is kept for further runs.
    """
    with st.container(key=f"{key}-picture", gap=None):
        theme.plot(figure, key=f"{key}:plot", finished=finished, alt=alt)
        # In a mapping: to find out whether a bare value is a table, Streamlit imports pandas.
        _cursor(data={"player": player, "picture": key}, key=f"{key}:cursor")


def _wav(waveform: "NDArray[np.float32]", sampling_rate: int) -> bytes:
    from ser_core import audio

    return audio.to_wav_bytes(waveform, sampling_rate)


def _figure(
    waveform: "NDArray[np.float32]",
    sampling_rate: int,
    windows: tuple[Any, ...],
    segments: tuple[Any, ...],
) -> Any:
    from ser_core import audio, figures
    from ser_core.features import LogMel, LogMelConfig

    # The floor is low so that quiet recordings, shown at their own level, are not cut off.
    config = LogMelConfig.parse({"floor_db": -100})
    log_mel = LogMel(config)
    decibels = log_mel.extract(
        audio.resample(waveform, sampling_rate, config.sampling_rate), config.sampling_rate
    )
    hop_s = config.hop_length / config.sampling_rate
    bands_hz = log_mel.band_centres_hz()
    return figures.clip_figure(
        waveform, sampling_rate, decibels, hop_s, bands_hz, windows, segments=segments
    )


def once(slot: str, arguments: tuple[Any, ...], make: Any) -> Any:
    """`make(*arguments)`, kept in the session for as long as the same clip is shown.

    The first argument is the waveform; the others are told apart by how they are written.
    Kept in the session, not in a cache of the server: a recording goes when its user goes.
    """
    waveform, *rest = arguments
    mark = (hashlib.blake2b(waveform, digest_size=16).digest(), repr(rest))
    kept = st.session_state.get(slot)
    if kept is None or kept[0] != mark:
        kept = (mark, make(*arguments))
        st.session_state[slot] = kept
    return kept[1]
