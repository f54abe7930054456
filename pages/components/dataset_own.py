"""A folder of one's own: which table and which columns label its clips, with what comes of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import dataset_facts
from pages.components.live_input import plain
from ser_core import emotions
from ser_core.corpora.labelled_folder import LabelledFolder, LabelledFolderConfig, Preview
from ser_core.errors import CorpusError, SerError
from ser_core.jobs.tasks import Progress, runner

Settings = dict[str, Any]

_BY_FOLDERS = "folders"  # what the reader calls "no table"
_LISTING = "own_listing"  # (folder, what it holds), so that a choice of columns walks nothing
_PATIENCE_S = 20.0
_SHOWN = 5  # names of each kind of mismatch
_COLUMNS = {
    "file_column": ("Files", "Names the clips: a path, or a bare file name"),
    "label_column": ("Labels", "What each clip is labelled"),
    "speaker_column": ("Speakers", "Who speaks; without it no split can keep speakers apart"),
    "gender_column": ("Gender", "Of the speaker"),
}


def form(root: Path, settings: Settings, done: Callable[[Settings], None]) -> None:
    """Choices, and below them what they come to.

    Args:
        root: the folder.
        settings: how it is read so far.
        done: called with the settings that were agreed to.
    """
    st.markdown(plain(str(root)))
    try:
        listing = _listing(root)
        found = LabelledFolder(LabelledFolderConfig.parse(settings)).preview(root, listing)
    except SerError as error:
        st.error(plain(str(error)), icon=":material/folder_off:")
        if not settings:
            return
        found = None
    wanted = _choices(root, settings, found, listing)
    if found is not None and wanted != settings:
        try:
            found = LabelledFolder(LabelledFolderConfig.parse(wanted)).preview(root, listing)
        except SerError as error:
            st.error(plain(str(error)), icon=":material/error:")
            found = None
    if found is not None:
        outcome(found)
    if st.button(
        "Open with these labels",
        key="own_open",
        type="primary",
        icon=":material/folder_open:",
        disabled=found is None or not found.matched,
    ):
        done(wanted)
        st.rerun()


def _listing(root: Path) -> Any:
    """What the folder holds, walked once, in the background so that a page stays alive."""
    kept = st.session_state.get(_LISTING)
    if kept is not None and kept[0] == root:
        return kept[1]

    def work(progress: Progress) -> Any:
        return LabelledFolder().listing(root, progress)

    key = f"page:list {root}"
    runner().start(key, "Looking through the folder", work)
    task = runner().wait(key, _PATIENCE_S)
    if task is None or task.state != "done":
        why = task.error if task and task.error else "it takes too long to list"
        raise CorpusError(f"{root}: {why}")
    st.session_state[_LISTING] = (root, task.result)
    return task.result


def forget() -> None:
    """The folder may have changed: walk it again next time."""
    st.session_state.pop(_LISTING, None)


def _choices(root: Path, settings: Settings, found: Preview | None, listing: Any) -> Settings:
    """The controls; what is left as it was found needs no setting."""
    wanted: Settings = {}
    tables = [file.name.replace("\\", "/") for file in listing.label_files]
    own = f"own:{root}"
    if tables:
        options = [*tables, _BY_FOLDERS]
        usual = (found.table if found else settings.get("table")) or _BY_FOLDERS
        table = st.selectbox(
            "Labels come from",
            options,
            index=options.index(usual) if usual in options else 0,
            key=f"{own}:table",
            format_func=lambda name: "the folders' names" if name == _BY_FOLDERS else name,
        )
        wanted["table"] = table
        if table != _BY_FOLDERS:
            wanted |= _columns(root, wanted, settings, f"{own}:{table}", listing)
    with st.expander("Speakers and language", icon=":material/person:"):
        for name, label, tip in (
            ("speaker_pattern", "Speaker from the path",
             r"A regular expression with one group: ^(\w+)_ takes what stands before the first _"),
            ("language", "Language of all clips", "ISO 639-1 code, such as en"),
        ):  # fmt: skip
            value = st.text_input(
                label, settings.get(name, ""), key=f"{own}:{name}", help=plain(tip)
            )
            if value.strip():
                wanted[name] = value.strip()
    return wanted


def _columns(root: Path, wanted: Settings, settings: Settings, key: str, listing: Any) -> Settings:
    """Which column is which; those that were found are chosen already."""
    kept = {name: settings[name] for name in _COLUMNS if name in settings}
    if settings.get("table") not in (None, wanted["table"]):
        kept = {}
    try:
        reader = LabelledFolder(LabelledFolderConfig.parse({**wanted, **kept}))
        columns = reader.preview(root, listing)
    except SerError:
        columns = None
    if columns is None or not columns.columns:
        return kept
    chosen: Settings = {}
    places = st.columns(len(_COLUMNS))
    for place, (name, (label, tip)) in zip(places, _COLUMNS.items(), strict=True):
        optional = name in ("speaker_column", "gender_column")
        options = [*([""] if optional else []), *columns.columns]
        found = getattr(columns, name)
        value = place.selectbox(
            label,
            options,
            index=options.index(found) if found in options else 0,
            key=f"{key}:{name}",
            format_func=lambda column: column or "none",
            help=tip,
        )
        if value:
            chosen[name] = value
    return chosen


def outcome(found: Preview) -> None:
    """What matched and what did not, the labels, and the first rows."""
    where = plain(found.table) if found.table else "the folders' names"
    total = found.matched + len(found.clips_without_label)
    words = f"{where}: {found.matched:,} of {dataset_facts.count(total, 'clip')} have a label."
    if found.matched == total:
        st.success(words, icon=":material/check_circle:")
    else:
        st.warning(words, icon=":material/warning:")
    for note in found.notes:
        st.caption(plain(note))
    _mismatches(found)
    st.dataframe(
        label_rows(found.labels),
        hide_index=True,
        height=min(250, 35 * (len(found.labels) + 1) + 2),
        column_config={
            "label": "Label",
            "clips": st.column_config.NumberColumn("Clips", format="localized"),
            "emotion": "Counts as",
        },
        alt="Labels found and the emotions that they count as",
    )
    if found.rows:
        with st.expander("First rows of the table", icon=":material/table:"):
            st.dataframe(pd.DataFrame(found.rows), hide_index=True, alt="First rows of the table")


def _mismatches(found: Preview) -> None:
    """Clips and rows of the table that do not find each other, by their first names."""
    for names, what in (
        (found.clips_without_label, "clip without a label"),
        (found.rows_without_clip, "row without a clip"),
        (found.doubtful, "row that may be one of several clips"),
        (found.contradictions, "clip with two labels"),
    ):
        if names:
            shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
            first, _, rest = what.partition(" ")
            st.caption(f"{dataset_facts.count(len(names), first)} {rest}: {plain(shown)}")


def label_rows(counts: dict[str, int]) -> pd.DataFrame:
    """Labels, their clips, and the emotion that each counts as."""
    labels = pd.Series(list(counts), dtype=object)
    names = LabelledFolder().emotions(labels)
    words = [
        f"{emotions.title(name)}{'' if name in emotions.KNOWN else ' (a label of its own)'}"
        for name in names
    ]
    return pd.DataFrame({"label": labels, "clips": list(counts.values()), "emotion": words})
