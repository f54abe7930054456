"""The clips behind a number: listed, heard, seen, and what every model made of them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import comparison_audio, emotion
from pages.components.clip_view import clip_view
from pages.components.comparison_confusion import Cell
from pages.components.live_input import plain
from ser_core import audio, emotions
from ser_core.comparison.clips import (
    CONFIDENCE,
    OF_TRUTH,
    cell_clips,
    clip_probabilities,
    missed_by_all,
)
from ser_core.comparison.comparability import why_not
from ser_core.comparison.results import Results
from ser_core.comparison.runs import FinishedRun
from ser_core.errors import AudioError

_ROWS = 7
_A_ROW = 3  # models beside each other


def of_cell(cell: Cell, results: Sequence[Results]) -> None:
    """The clips of a cell, the surest mistake first."""
    runs = _runs_of(cell.of, results)
    clips = _in_cell(cell, runs, results)
    acted, heard = emotions.title(cell.row), emotions.title(cell.column)
    title = f"{acted} heard as {heard.lower()}"
    if len(runs) == 1:
        who = f"by {runs[0].title}"
    else:
        who = f"by only one of {runs[0].title} and {runs[1].title}"
    _clips(clips, f"{title} {who}", f"{cell.row}-as-{cell.column}", runs[0], results)


def missed(results: Sequence[Results]) -> None:
    """The clips that all chosen runs got wrong."""
    runs = [one.run for one in _with(results[0].run, results)]
    clips = missed_by_all(runs)
    who = "both models" if len(runs) == 2 else f"all {len(runs)} models"
    title = f"Missed by {who}" if len(runs) > 1 else f"Missed by {runs[0].title}"
    _clips(clips, title, "missed-by-all", runs[0], results)
    if len(runs) < len(results):
        st.caption("Runs that cannot be compared with the first are left out.")


def _runs_of(ids: tuple[str, ...], results: Sequence[Results]) -> list[FinishedRun]:
    known = {one.run.run_id: one.run for one in results}
    return [known[one] for one in ids]


def _with(run: FinishedRun, results: Sequence[Results]) -> list[Results]:
    """The run and those that answered to the same clips."""
    return [one for one in results if one.run is run or not why_not(run, one.run)]


def _in_cell(cell: Cell, runs: Sequence[FinishedRun], results: Sequence[Results]) -> pd.DataFrame:
    """Of one run its clips; of a difference those that only one of the two put there."""
    found = []
    for run in runs:
        others = [one.run for one in _with(run, results) if one.run is not run]
        if {cell.row, cell.column} <= {*run.labels}:
            found.append(cell_clips(run, cell.row, cell.column, others))
    if len(runs) == 1:
        return found[0] if found else pd.DataFrame(columns=["clip", "speaker", CONFIDENCE])
    named = [each.assign(run=run.title) for run, each in zip(runs, found, strict=False)]
    alone = pd.concat(named, ignore_index=True).drop_duplicates("clip", keep=False)
    return alone.sort_values([CONFIDENCE, "clip"], ascending=[False, True], ignore_index=True)


def _clips(
    clips: pd.DataFrame, title: str, file: str, run: FinishedRun, results: Sequence[Results]
) -> None:
    """A table of clips, the one chosen in it, and the list to take away."""
    number = len(clips)
    with st.container(horizontal=True, vertical_alignment="center"):
        words = f"{number:,} clip{'' if number == 1 else 's'}"
        st.markdown(f"**{plain(title)}: {words}**", width="stretch")
        if number:
            st.download_button(
                "List as CSV", lambda: clips.to_csv(index=False).encode(), f"{file}.csv",
                "text/csv", key="comparison_clips_csv", icon=":material/download:",
                on_click="ignore",
            )  # fmt: skip
    if number:
        left, right = st.columns([3, 2], gap="medium")
        with left:
            row, clicked = _table(clips, f"{file}:{run.run_id}:{hash(tuple(clips['clip']))}")
        with right:
            _heard(clips.iloc[row], run, clicked)
        _probabilities(str(clips.iloc[row]["clip"]), [one.run for one in _with(run, results)])


def _table(clips: pd.DataFrame, name: str) -> tuple[int, bool]:
    """The row that was clicked, else the first; and whether one was."""
    event: Any = st.dataframe(
        _short(clips), key=f"comparison_clips:{name}", hide_index=True,
        column_config=_config(clips), column_order=_order(clips), selection_mode="single-cell",
        on_select="rerun", height=38 + 35 * min(_ROWS, len(clips)), placeholder="",
        alt="Clips, the surest mistake first; a click plays one",
    )  # fmt: skip
    cells = event["selection"]["cells"]
    return (cells[0][0], True) if cells and cells[0][0] < len(clips) else (0, False)


def _short(clips: pd.DataFrame) -> pd.DataFrame:
    """Clips by their files' names alone, where these tell them apart: on a phone paths are cut."""
    names = clips["clip"].astype(str).str.rpartition("/")[2]
    return clips.assign(clip=names) if names.is_unique else clips


def _order(clips: pd.DataFrame) -> list[str]:
    first = ["clip", *(["run"] if "run" in clips else []), "speaker", CONFIDENCE, OF_TRUTH]
    there = list(map(str, clips))
    told = [name for name in there if name.startswith(("answer: ", "sure: "))]
    rest = [name for name in there if name not in {*first, *told, "emotion", "predicted"}]
    return [*first, *told, *rest]


def _config(clips: pd.DataFrame) -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    share: dict[str, Any] = {"format": "%.2f", "width": 90}
    config: dict[str, Any] = {
        "clip": text("Clip", width=190),
        "run": text("Heard so by", width=150),
        "speaker": text("Speaker", width=70),
        "fold": number("Fold", width=60),
        CONFIDENCE: number("Sure", help="Probability of the answer that was given", **share),
        OF_TRUTH: number("Of the truth", help="Probability of the true label", **share),
        "duration_s": number("Seconds", format="%.1f", width=80),
        "snr_db": number("SNR, dB", format="%.0f", width=80),
    }
    for name in map(str, clips):
        if name.startswith("answer: "):
            config[name] = text(f"{name.removeprefix('answer: ')} says", width=130)
        elif name.startswith("sure: "):
            config[name] = number(f"{name.removeprefix('sure: ')} sure", **share)
    return config


def _heard(row: "pd.Series[Any]", run: FinishedRun, played: bool) -> None:
    """Player and picture of a clip."""
    clip = str(row["clip"])
    st.html(f"<b>{emotion.chip(str(row['emotion']))}</b> · acted by {_speaker(row)}")
    path = comparison_audio.path_of(run, clip)
    if path is None:
        st.info(plain(comparison_audio.missing_words(run)), icon=":material/folder_off:")
    else:
        try:
            waveform, sampling_rate = audio.load(path)
        except (AudioError, OSError) as error:
            st.error(plain(str(error)), icon=":material/hearing_disabled:")
        else:
            clip_view(waveform, sampling_rate, "comparison-clip", clip, autoplay=played)
    st.caption(plain(clip))


def _speaker(row: "pd.Series[Any]") -> str:
    from html import escape

    return f"speaker {escape(str(row['speaker']))}" if row["speaker"] else "an unknown speaker"


def _probabilities(clip: str, runs: Sequence[FinishedRun]) -> None:
    """What every model made of a clip, beside each other."""
    said = clip_probabilities(runs, clip)
    for start in range(0, len(said), _A_ROW):
        row = said.iloc[start : start + _A_ROW]
        for place, title in zip(st.columns(max(2, len(row))), row.index, strict=False):
            shares = {str(name): float(value) for name, value in row.loc[title].dropna().items()}
            answer = emotions.title(max(shares, key=shares.__getitem__)).lower()
            with place:
                st.markdown(f"{plain(str(title))} hears **{answer}**")
                words = f"Probabilities that {title} gives to this clip"
                emotion.show_bars(shares, words, ranked=False)
