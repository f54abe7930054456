"""What came of a chain and a clip, computed once, and the view to hear and see it."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages.components import (
    augmentation_chain,
    augmentation_heard,
    augmentation_presets,
    augmentation_work,
    models,
    theme,
)
from pages.components import augmentation_kept as kept
from pages.components import augmentation_words as words
from pages.components.ab_player import Version, ab_player
from pages.components.augmentation_chain import Edited
from pages.components.augmentation_clip import Stretch
from pages.components.augmentation_voice import Voice, preprocessing_of
from pages.components.augmentation_work import Roll, StepProblem
from pages.components.live_input import Clip, plain
from ser_core import audio
from ser_core.augment import DrawnStep
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError

if TYPE_CHECKING:
    from plotly import graph_objects as go

    from ser_core.inference import Predictor

_GOOD = "augment_good"  # the last result that worked


@dataclass(frozen=True, eq=False)
class Result:
    """A clip after a chain.

    Attributes:
        clip: what came in: prepared as in training, or as recorded.
        after: (num_samples,) what came out.
        drawn: what each step of sounds drew, by id; None: not applied.
        edited: the chain, its seed and locks.
        stale: whether it is an earlier one, because the chain as it is now cannot act.
    """

    clip: Voice
    after: NDArray[np.float32]
    drawn: dict[int, DrawnStep | None]
    edited: Edited
    stale: bool = False

    @property
    def mark(self) -> tuple[str, str]:
        """Tells the sound that came out from others."""
        return self.clip.mark, json.dumps(augmentation_work.document(self.drawn), sort_keys=True)


@dataclass(frozen=True)
class Place:
    """Where the page is: the corpus of the clip with its table, and the model that listens."""

    entry: CorpusEntry | None
    table: pd.DataFrame | None
    predictor: "Predictor | None"


def of(edited: Edited, clip: Voice) -> Result | None:
    """The clip after the chain; the last one that worked where it cannot act, having said why."""
    roll = Roll(edited.seed, edited.copy, clip.acted, edited.locks)
    try:
        drawn = augmentation_work.drawn(edited.draft, roll)
        after = _after(clip, drawn)
    except StepProblem as problem:
        augmentation_chain.write_problem(edited, problem.step_id, str(problem))
        return _last_good(clip)
    except SerError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return _last_good(clip)
    found = Result(clip, after, drawn, edited)
    st.session_state[_GOOD] = found
    return found


def _after(clip: Clip, drawn: dict[int, DrawnStep | None]) -> NDArray[np.float32]:
    mark = json.dumps(augmentation_work.document(drawn), sort_keys=True)

    def make() -> NDArray[np.float32]:
        return augmentation_work.applied(clip.waveform, clip.sampling_rate, drawn)

    return kept.once(("after", clip.mark, mark), make)


def _last_good(clip: Voice) -> Result | None:
    good: Result | None = st.session_state.get(_GOOD)
    if good is None or good.clip.mark != clip.mark:
        return None
    return replace(good, stale=True)


# The view


def hear(result: Result, where: Place) -> None:
    """Player, what the model hears, and drift."""
    play(result)
    tables = [table for table in (judged(result, where), moved(result)) if table]
    boxes = "".join(f'<div style="flex:1 1 20rem">{table}</div>' for table in tables)
    st.html(f'<div style="display:flex;flex-wrap:wrap;gap:1rem 2.5rem">{boxes}</div>')


def see(result: Result) -> None:
    """The picture of before, after and difference."""
    try:
        figure = kept.once(("picture", result.mark), lambda: picture(result))
    except SerError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
    else:
        alt = f"Waveform and log-mel of {result.clip.name} before and after, and the difference"
        theme.plot(figure, key="augment:picture", alt=alt)
        if result.clip.waveform.size != result.after.size:
            st.caption(f"No difference is drawn: {plain(_lengths(result))}.")


def judged(result: Result, where: Place) -> str:
    """Say whether the label holds; HTML of the probabilities, "" where nothing is heard."""
    if where.predictor is None:
        models.no_model("There is no model to say whether the label holds.")
        return ""
    clip, listen = result.clip, augmentation_heard.heard
    before = listen(where.predictor, clip.waveform, clip, clip.mark)
    after = listen(where.predictor, result.after, clip, result.mark)
    return augmentation_heard.say(where.predictor, before, after, clip)


def play(result: Result) -> None:
    """The player of before, after and, where they are equally long, the difference."""
    before, after = result.clip.waveform, result.after
    versions = [Version("Before", before), Version("After", after, said(result.drawn))]
    if before.size == after.size and step_made_a_difference(before, after):
        versions.append(Version("Difference", after - before, "what was added or taken away"))
    ab_player(versions, result.clip.sampling_rate, "augment-player")


def said(steps: Mapping[int, DrawnStep | None]) -> str:
    """What every step drew, without the seeds of noises, which nobody hears."""
    parts: list[str] = []
    for step in steps.values():
        if step is not None:
            draw = step.document()["draw"]
            heard = {key: value for key, value in draw.items() if key != "seed"}
            parts += words.drawn_words(step.name, heard, step.settings)
    return ", ".join(parts) or "nothing was applied"


def step_made_a_difference(before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
    """Whether two sounds of one length differ at all."""
    return before is not after and not np.array_equal(before, after)


def _lengths(result: Result) -> str:
    before, after = (
        each.size / result.clip.sampling_rate for each in (result.clip.waveform, result.after)
    )
    return f"the clip lasts {after:.2f} s now, {before:.2f} s before"


def picture(result: Result) -> "go.Figure":
    """Before, after and difference on shared axes.

    Raises:
        AudioError: what came out is so loud that it is no sound.
    """
    from ser_core.features import LogMel, LogMelConfig
    from ser_core.figures.augmentation import change_figure

    config = LogMelConfig.parse({"floor_db": -100})
    log_mel = LogMel(config)
    clip = result.clip
    rate = config.sampling_rate
    before_db, after_db = (
        log_mel.extract(audio.resample(each, clip.sampling_rate, rate), rate)
        for each in (clip.waveform, result.after)
    )
    return change_figure(
        clip.waveform,
        result.after,
        clip.sampling_rate,
        before_db,
        after_db,
        config.hop_length / rate,
        log_mel.band_centres_hz(),
    )


# Drift


def moved(result: Result) -> str:
    """HTML: how far length, pitch, level and brightness moved; "" where that cannot be measured."""
    from ser_core.exploration.drift import drift

    def make() -> pd.DataFrame:
        return drift(result.clip.waveform, result.after, result.clip.sampling_rate)

    try:
        table = kept.once(("drift", result.mark), make)
    except SerError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return ""
    return drift_table(table)


def drift_table(table: pd.DataFrame) -> str:
    """HTML of measures before and after and their change; rows of nothing are left out."""
    head = "".join(f'<th style="{_CELL};opacity:.75">{word}</th>' for word in table.columns)
    lines = [f'<tr><th style="text-align:left"></th>{head}</tr>']
    for name, row in table.iterrows():
        values = [float(row[column]) for column in ("before", "after", "change")]
        if not np.isfinite(values).any():
            continue
        digits = 2 if "(s)" in str(name) else 0 if "(Hz)" in str(name) else 1
        cells = [_value(value, digits) for value in values[:2]]
        change = words.signed(values[2], digits) if np.isfinite(values[2]) else "–"
        row_cells = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in (*cells, change))
        head = f'<th scope="row" style="{_ROW_HEAD}">{escape(str(name))}</th>'
        lines.append(f"<tr>{head}{row_cells}</tr>")
    return f'<table aria-label="Drift" style="{_TABLE}">{"".join(lines)}</table>'


_CELL = "text-align:right;font-weight:400;padding:.1em .3em;font-variant-numeric:tabular-nums"
_ROW_HEAD = "text-align:left;font-weight:400;padding:.1em .3em .1em 0"
_TABLE = "width:100%;border-collapse:collapse;line-height:1.5"


def _value(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}".replace("-", "−") if np.isfinite(value) else "–"


# The same without a browser


def command_menu(result: Result, where: Place) -> None:
    """The command line that writes what is played, and what it needs; the sound as a file."""
    with st.popover("Export", icon=":material/file_export:"):
        st.markdown("The command line writes what is played here, sample by sample:")
        augmenter, line = command(result, where)
        st.code(line, language="bash", wrap_lines=True)
        if augmenter.endswith(".json"):
            _download("Download the draws", lambda: draws_file(result), augmenter, "draws")
        elif augmenter.endswith(".toml"):
            draft = result.edited.draft
            _download("Download the chain", lambda: _toml_file(draft), augmenter, "chain")
        if _file(result, where.table) is None:
            st.caption(_NO_FILE)
            _download("Download the clip", lambda: clip_file(result), _clip_name(result), "clip")
        _download("Download the sound", lambda: sound_file(result), _out(result), "sound")


def _download(label: str, make: Any, name: str, key: str) -> None:
    st.download_button(
        label, make, file_name=name, key=f"augment_download_{key}", icon=":material/download:",
        mime="application/octet-stream", on_click="ignore",
    )  # fmt: skip


def command(result: Result, where: Place) -> tuple[str, str]:
    """What the command is given as the augmenter, and the whole line."""
    edited = result.edited
    if edited.locks:
        augmenter = "draws.json"
    elif edited.draft.base and not augmentation_presets.edited(edited.draft):
        augmenter = edited.draft.base
    else:
        augmenter = augmentation_presets.file_name(edited.draft)
    emotion = result.clip.acted if any(s.classes for s in edited.draft.acting()) else ""
    path = _file(result, where.table) or _clip_name(result)
    usual = preprocessing_of(where.predictor) == preprocessing_of(None)
    model = "" if where.predictor is None or usual else where.predictor.name
    return augmenter, words.command(
        augmenter,
        path,
        _out(result),
        edited.seed,
        edited.copy,
        emotion,
        prepared=result.clip.prepared,
        model=model,
    )


_NO_FILE = (
    "The command is given the clip as a file, beginning and ending as it does here; download it "
    "and run the command in its folder."
)


def _file(result: Result, table: pd.DataFrame | None) -> str | None:
    """Where the whole clip lies on this machine; None where it is no file here, or part of one."""
    clip = result.clip
    if table is None or clip.source != "corpus" or isinstance(clip.recorded, Stretch):
        return None
    found = table.loc[table["clip"] == clip.name, "path"]
    return str(found.iloc[0]) if len(found) else None


def _clip_name(result: Result) -> str:
    """What the clip is called once it is downloaded."""
    return f"{_stem(result)}.wav"


def _stem(result: Result) -> str:
    name = "recording" if result.clip.source == "record" else Path(result.clip.name).stem
    return name.replace(" ", "_")


def clip_file(result: Result) -> io.BytesIO:
    """The clip as it came, sample by sample: 32-bit, so that nothing is rounded."""
    import soundfile

    buffer, clip = io.BytesIO(), result.clip.recorded or result.clip
    soundfile.write(buffer, clip.waveform, clip.sampling_rate, "FLOAT", format="WAV")
    buffer.seek(0)
    return buffer


def _out(result: Result) -> str:
    base = result.edited.draft.base or "chain"
    return f"{_stem(result)}-{base}-{result.edited.seed}.wav".replace(" ", "_")


def sound_file(result: Result) -> io.BytesIO:
    """What is played, as the command line writes it."""
    return io.BytesIO(audio.to_wav_bytes(result.after, result.clip.sampling_rate))


def draws_file(result: Result) -> io.BytesIO:
    """The draws, as the command line takes them."""
    text = json.dumps({"drawn": augmentation_work.document(result.drawn)}, indent=2)
    return io.BytesIO(text.encode())


def _toml_file(draft: Any) -> io.BytesIO:
    return io.BytesIO(augmentation_presets.toml(draft).encode())
