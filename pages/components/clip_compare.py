"""Two clips side by side on the same scales: the one in hand, and one to compare it with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages.components import clip_view, dataset_listen, state
from pages.components.live_input import plain
from ser_core import audio, emotions, figures
from ser_core.errors import AudioError
from ser_core.features import EXTRACTORS, LogMel, LogMelConfig, Signal
from ser_core.figures import compare as scales
from ser_core.figures import features as drawing

_OPEN, _WITH, _HELD = "compare_open", "compare_with", "compare_held"
_RATE = 16_000
_LOUD_DB = 40.0  # frames within this of the loudest are voice
_MOST_SPEAKERS = 5
_LOG_MEL = LogMelConfig.parse({"floor_db": -100})  # quiet clips keep their own level


@dataclass(frozen=True)
class Heard:
    """What is compared of a clip.

    Attributes:
        log_mel_db: (num_frames, n_mels).
        f0: (num_frames, 2) pitch in Hz, 0 where unvoiced, and energy in dB.
        measures: title → value, NaN where there is none.
    """

    log_mel_db: NDArray[np.float32]
    f0: NDArray[np.float32]
    measures: dict[str, float]


_UNITS = {
    "Duration": ("s", 2),
    "Level": ("dB", 1),
    "Mean pitch": ("Hz", 0),
    "Pitch range": ("semitones", 1),
    "Brightness": ("Hz", 0),
}
_HELP = (
    "Level: mean power in dB re full scale. Pitch range: from the 10th to the 90th percentile. "
    "Brightness: mean spectral centroid where there is voice."
)


def compare(chosen: pd.Series, table: pd.DataFrame) -> None:
    """Offer to set a clip beside another one; draws nothing more while closed.

    Args:
        chosen: the clip in hand.
        table: all clips of the corpus, where counterparts are looked for.
    """
    state.keep(_OPEN, default=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        is_open = st.toggle(
            "Compare", key=_OPEN, help="Two clips side by side on the same scales, and what differs"
        )
        other = _choice(chosen, table) if is_open else None
    if other is not None:
        _side_by_side(chosen, other)


def counterparts(chosen: pd.Series, table: pd.DataFrame) -> dict[str, str]:
    """Clips worth comparing with one, and what they are to it in words.

    First the same speaker and statement in each other emotion, then the same emotion and statement
    by other speakers; of several the one that is most alike in intensity, channel and take.
    """
    sound = table[(table["problems"] == "") & (table["clip"] != chosen["clip"])]
    same = {
        column: (sound[column] == chosen[column]).to_numpy()
        for column in ("speaker", "statement", "emotion", "intensity", "channel", "repetition")
    }
    known = (sound["speaker"] != "").to_numpy() & (chosen["speaker"] != "")
    same["speaker"] = same["speaker"] & known
    alike = 4 * same["channel"] + 2 * same["intensity"] + 1 * same["repetition"]
    found: dict[str, str] = {}
    rows = np.flatnonzero(same["speaker"] & same["statement"] & ~same["emotion"])
    best = _best(sound, rows, alike, "emotion")
    for name in emotions.order(list(best)):
        found[best[name]] = f"{emotions.title(name)}, same speaker and statement"
    rows = np.flatnonzero(known & ~same["speaker"] & same["statement"] & same["emotion"])
    for speaker, clip in list(_best(sound, rows, alike, "speaker").items())[:_MOST_SPEAKERS]:
        found[clip] = f"Speaker {speaker}, same emotion and statement"
    return found


def _best(
    sound: pd.DataFrame, rows: NDArray[np.intp], alike: NDArray[np.int64], column: str
) -> dict[str, str]:
    """For each value of a column the clip among the rows that is most alike."""
    ordered = rows[np.argsort(-alike[rows], kind="stable")]
    found: dict[str, str] = {}
    pairs = sound.iloc[ordered][[column, "clip"]].astype(str)
    for value, clip in pairs.itertuples(index=False):
        found.setdefault(value, clip)
    return dict(sorted(found.items()))


def _choice(chosen: pd.Series, table: pd.DataFrame) -> pd.Series | None:
    """The other clip: one that is proposed, or the one held while another was chosen."""
    options = counterparts(chosen, table)
    held = st.session_state.get(_HELD)
    if held and held != chosen["clip"] and (table["clip"] == held).any():
        options = {held: f"Held: {held}"} | {k: v for k, v in options.items() if k != held}
    if state.keep(_WITH, None) not in options:
        st.session_state[_WITH] = next(iter(options), None)
    if options:
        st.selectbox(
            "Compare with", list(options), key=_WITH, format_func=options.__getitem__, width=340,
            label_visibility="collapsed",
        )  # fmt: skip
    if held == chosen["clip"]:
        st.caption("Held. Choose any other clip: it is drawn beside this one.", width="content")
    else:
        st.button(
            "Hold this clip", key="compare_hold", icon=":material/push_pin:", on_click=_hold,
            args=(chosen["clip"],), help="Then choose any other clip to see both side by side",
        )  # fmt: skip
    name = st.session_state.get(_WITH)
    return table[table["clip"] == name].iloc[0] if name in options else None


def _hold(name: str) -> None:
    st.session_state[_HELD] = st.session_state[_WITH] = name


def _side_by_side(chosen: pd.Series, other: pd.Series) -> None:
    clips = (chosen, other)
    try:
        sounds = [audio.load(Path(clip["path"])) for clip in clips]
    except (AudioError, OSError) as error:
        st.error(plain(str(error)), icon=":material/hearing_disabled:")
        return
    heard = [clip_view.once(f"compare-{n}:heard", sound, _hear) for n, sound in enumerate(sounds)]
    looks, lines = _figures(sounds, heard)
    for n, column in enumerate(st.columns(2, gap="medium")):
        with column:
            key, clip = f"compare-{n}", clips[n]
            st.html(dataset_listen.headline(clip))
            clip_view.play(*sounds[n], key, clip["clip"])
            alt = f"{clip['clip']}, on the same scales as {clips[1 - n]['clip']}"
            clip_view.picture(looks[n], key, key, f"Waveform and log-mel spectrogram of {alt}")
            clip_view.picture(lines[n], f"{key}-lines", key, f"Pitch and energy of {alt}")
            st.caption(plain(clip["clip"]))
    st.markdown(differences(heard[0].measures, heard[1].measures), help=_HELP)


def _hear(waveform: NDArray[np.float32], sampling_rate: int) -> Heard:
    """Features and measures of one clip."""
    signal = Signal(waveform, sampling_rate).at(_RATE)
    f0 = EXTRACTORS.create("f0").of(signal)[:, [0, 2]]
    log_mel_db = LogMel(_LOG_MEL).of(signal)
    return Heard(log_mel_db, f0, measures(waveform, sampling_rate, f0, log_mel_db, signal))


def measures(
    waveform: NDArray[np.float32],
    sampling_rate: int,
    f0: NDArray[np.float32],
    log_mel_db: NDArray[np.float32],
    signal: Signal,
) -> dict[str, float]:
    """A clip in five numbers, by title; pitch is NaN where nothing is voiced.

    Args:
        waveform: (num_samples,) at `sampling_rate` Hz.
        sampling_rate: Hz.
        f0: (num_frames, 2), pitch in Hz first.
        log_mel_db: (num_frames, n_mels).
        signal: the waveform at the rate of the spectral centroid.
    """
    power = float(np.mean(np.square(waveform, dtype=np.float64)))
    voiced = f0[:, 0][f0[:, 0] > 0].astype(np.float64)
    low, high = np.percentile(voiced, [10, 90]) if voiced.size else (np.nan, np.nan)
    centroid = EXTRACTORS.create("spectral_centroid").of(signal)[:, 0]
    level = log_mel_db.max(axis=1)[: len(centroid)]
    loud = centroid[: len(level)][level >= level.max() - _LOUD_DB]
    return {
        "Duration": waveform.size / sampling_rate,
        "Level": 10 * np.log10(max(power, 1e-10)),
        "Mean pitch": float(voiced.mean()) if voiced.size else np.nan,
        "Pitch range": float(12 * np.log2(high / low)),
        "Brightness": float(loud.mean()),
    }


def differences(first: dict[str, float], second: dict[str, float]) -> str:
    """A Markdown table of two clips' measures, and how the second differs from the first."""
    lines = ["| | first | second | change |", "|---|---:|---:|---:|"]
    for name, (unit, digits) in _UNITS.items():
        one, two = first[name], second[name]
        cells = [_number(value, unit, digits) for value in (one, two)]
        if not np.isfinite(one + two):
            change = "–"
        elif name == "Mean pitch":
            change = _number(12 * float(np.log2(two / one)), "semitones", 1, signed=True)
        else:
            change = _number(two - one, unit, digits, signed=True)
        lines.append(f"| {name} | {' | '.join(cells)} | {change} |")
    return "\n".join(lines)


def _number(value: float, unit: str, digits: int, signed: bool = False) -> str:
    if not np.isfinite(value):
        return "none"
    return f"{value:{'+' if signed else ''},.{digits}f} {unit}".replace("-", "−")


def _figures(sounds: list[Any], heard: list[Heard]) -> tuple[list[Any], list[Any]]:
    """Waveform and log-mel of both clips, and pitch and energy of both, each on one scale."""
    log_mel, f0 = LogMel(_LOG_MEL), EXTRACTORS.create("f0")
    top = max(float(each.log_mel_db.max()) for each in heard)
    hop_s, pitch_hop_s = log_mel.hop_s or 0.0, f0.hop_s or 0.0
    centres = log_mel.band_centres_hz()
    looks, lines = [], []
    for (waveform, sampling_rate), each in zip(sounds, heard, strict=True):
        looks.append(
            figures.clip_figure(
                waveform, sampling_rate, each.log_mel_db, hop_s, centres, top_db=top
            )
        )
        parts = [
            drawing.Frames(each.f0[:, [column]], [name], "", pitch_hop_s)
            for column, name in enumerate(("f0_hz", "energy_db"))
        ]
        lines.append(drawing.stacked_figure(parts, waveform.size / sampling_rate))
    scales.same_scales(*looks)
    scales.same_scales(*lines)
    return looks, lines
