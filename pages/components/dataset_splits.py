"""The Dataset page's splits: which clips train, validate and are tested, and what leaks."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import (
    dataset_address,
    dataset_facts,
    dataset_filters,
    dataset_folds,
    dataset_leaks,
    split_work,
    state,
    tasks,
)
from pages.components.dataset_part import SplitPart
from pages.components.live_input import plain
from pages.components.split_work import Choice, Split
from pages.components.table_mark import mark
from ser_core import emotions
from ser_core.corpora.folds import PARTS
from ser_core.corpora.library import CorpusEntry
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.splits import split_notes, split_words, untrained_labels
from ser_core.jobs.tasks import Progress, runner

_PROTOCOL, _FOLDS, _VALIDATION, _SEED = (
    f"splits_{name}" for name in ("protocol", "folds", "validation", "seed")
)
_NUMBERS = (
    (_FOLDS, "folds", "Folds", 2, 5, 2, 100),
    (_VALIDATION, "validation_speakers", "Validation speakers", 3, 2, 1, 100),
    (_SEED, "seed", "Seed", 2, 0, 0, 2**32 - 1),
)
"""Key, field of the protocol, label, width, default, least and most of each number to choose."""
_PART_FOLD, _PART = "splits_part_fold", "splits_part"
_USUAL = "speaker-independent"
_DEPENDS = ("clip", "speaker", "gender", "emotion", "problems")
_PATIENCE_S = 1.0  # a split that takes longer is waited for with progress
_MOST_AT_ONCE = 5_000  # clips whose audio is compared without being asked


def view(table: pd.DataFrame, shown: pd.DataFrame, corpus: CorpusEntry) -> None:
    """Choose a protocol, see its folds and what leaks, and copy the command that trains on it.

    Args:
        table: all clips of the corpus.
        shown: those that pass the filters; a split takes all, and says so.
        corpus: whose clips they are.
    """
    choice = choose()
    if len(shown) < len(table):
        st.caption("A split takes all clips of the corpus, as training does, whatever is filtered.")
    split = made(table, corpus, choice)
    if split is None:
        return
    verdict(split, table)
    notes(split)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        dataset_folds.folds_picture(split)
    with right:
        dataset_folds.balance_picture(split)
    in_table(corpus, choice, split)
    command(corpus, choice, split)
    dataset_leaks.draw(split)
    numbers(split)


def choose() -> Choice:
    """The controls, in one bar, and what the protocol promises."""
    # Widgets show what is set under their key; numbers are kept where a protocol has no use for
    # them, so that they are there again with the next one.
    protocol = state.keep(_PROTOCOL, _USUAL)
    fields = PROTOCOLS.get(protocol).config_type.model_fields
    open_to = [number for number in _NUMBERS if number[1] in fields]
    widths = [6, *(number[3] for number in open_to)]
    first, *places = st.columns([*widths, 13 - sum(widths)], vertical_alignment="bottom")
    with first:
        names = sorted(PROTOCOLS.names(), key=lambda name: (name != _USUAL, name))
        protocol = st.selectbox(
            "Protocol", names, key=_PROTOCOL, format_func=lambda name: PROTOCOLS.get(name).title
        )
    kind = PROTOCOLS.get(protocol)
    found = {field: state.keep(key, default) for key, field, _, _, default, _, _ in _NUMBERS}
    for place, (key, field, label, _, _, least, most) in zip(places, open_to, strict=False):
        with place:
            tip = f"{fields[field].description}."
            found[field] = st.number_input(label, least, most, step=1, key=key, help=tip)
    st.caption(
        f"{plain(kind.use)} **Kept apart:** {plain(kind.kept_apart)} **Not kept apart:** "
        f"{plain(kind.not_apart)}",
        help=plain(f"{kind.source} On the command line: --protocol {protocol}."),
    )
    return Choice(protocol, **found)


def made(table: pd.DataFrame, corpus: CorpusEntry, choice: Choice) -> Split | None:
    """The split, worked out in the background; None while it is, or where it cannot be.

    The runner keeps what came of it: a split asked for again is there at once.
    """
    name = mark(table, _DEPENDS)
    with_audio = len(table) <= _MOST_AT_ONCE or bool(st.session_state.get(f"splits_audio:{name}"))
    key = f"page:splits {corpus.id} {name} {choice} {with_audio}"
    if runner().snapshot(key) is None:
        _start(key, split_work.work(table, choice, with_audio))
    task = runner().wait(key, _PATIENCE_S)
    if task is None or task.running:
        tasks.task_panel(key)
        return None
    if task.state == "failed":
        st.info(
            f"This corpus cannot be split so: {plain(task.error)}.", icon=":material/call_split:"
        )
        return None
    if task.state == "stopped":
        tasks.task_panel(key)
        st.button(
            "Split again",
            key="splits_again",
            on_click=_start,
            args=(key, split_work.work(table, choice, with_audio)),
        )
        return None
    split: Split = task.result
    return split


def _start(key: str, work: Callable[[Progress], Split]) -> None:
    runner().start(key, "Splitting the corpus", work)


def verdict(split: Split, table: pd.DataFrame) -> None:
    """What the leak check found, in one sentence; mixed speakers are said before all else."""
    sentence = plain(f"{split.check.sentence[0].upper()}{split.check.sentence[1:]}.")
    words = plain(split_words(split.folds))
    if split.check.leaks:
        st.error(f"**{words[0].upper()}{words[1:]}.** {sentence}", icon=":material/error:")
    else:
        st.success(f"**{words[0].upper()}{words[1:]}.** {sentence}", icon=":material/verified:")
    if not split.audio_compared:
        st.button(
            "Compare the audio too",
            key="splits_compare",
            icon=":material/graphic_eq:",
            help="Reads every file once, in the background; what was read is kept",
            on_click=_compare,
            args=(mark(table, _DEPENDS),),
        )


def _compare(name: str) -> None:
    st.session_state[f"splits_audio:{name}"] = True


def notes(split: Split) -> None:
    """What has to be said with scores of this split."""
    said = split_notes(split.folds)
    missing = {
        number: untrained_labels(split.table, fold)
        for number, fold in enumerate(split.folds, start=1)
    }
    for number, labels in missing.items():
        if labels:
            words = ", ".join(emotions.title(label) for label in labels)
            said.append(f"fold {number} cannot be scored: no training clip shows {words}")
    if split.left_out:
        parts = [f"{number:,} ({reason})" for reason, number in split.left_out.items()]
        number = sum(split.left_out.values())
        said.append(f"{dataset_facts.count(number, 'clip')} left out: {', '.join(parts)}")
    with st.container(gap=None):
        for note in said:
            st.caption(
                f":orange[:material/info:] {plain(note[0].upper() + note[1:].removesuffix('.'))}."
            )


def in_table(corpus: CorpusEntry, choice: Choice, split: Split) -> None:
    """The way from a part of a fold to its clips in the table, the map and the averages."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = {
            number: f"Fold {number}: {dataset_folds.own_name(fold, number)}".removesuffix(": ")
            for number, fold in enumerate(split.folds, start=1)
        }
        fold = st.selectbox(
            "Show a part in the table",
            list(names),
            key=_PART_FOLD,
            format_func=names.__getitem__,
            width=320,
        )
        part = st.segmented_control(
            "Part", PARTS, default=PARTS[-1], key=_PART, label_visibility="collapsed"
        )
        st.button(
            "Show these clips",
            key="splits_show",
            icon=":material/filter_alt:",
            disabled=part is None,
            on_click=_show_part,
            args=(
                corpus.id,
                SplitPart(choice.protocol, fold, part or "", split_work.settings(choice)),
            ),
        )


def _show_part(corpus_id: str, part: SplitPart) -> None:
    dataset_filters.choose_part(corpus_id, part)
    st.session_state[dataset_address.VIEW] = "clips"


def command(corpus: CorpusEntry, choice: Choice, split: Split) -> None:
    """The command that trains and tests on exactly these folds."""
    st.markdown("**Train on this split**", help="Any recipe does: studio is ours")
    st.code(split_work.train_command(corpus, choice), language="bash", wrap_lines=True)
    if split.table["channel"].nunique() > 1:
        st.caption(
            "Recipes may take only some of these clips: studio trains on speech and song, and is "
            "tested on speech."
        )


def numbers(split: Split) -> None:
    """Clips, speakers, genders and emotions of every part, as a table."""
    labels = emotions.order(set(split.table["emotion"]))
    titles = {name: emotions.title(name) for name in labels}
    heads: dict[str, Any] = {"fold": "Fold", "name": "Name", "part": "Part", "clips": "Clips",
             "duration_s": st.column_config.NumberColumn("Length", format="%.0f s"),
             "speakers": "Speakers", "female": "Female", "male": "Male",
             "unknown": "Gender not known"}  # fmt: skip
    drop = [
        column
        for column in ("name", "unknown", "female", "male")
        if not split.held[column].astype(bool).any()
    ]
    with st.expander("Numbers of every part", icon=":material/table:"):
        st.dataframe(
            split.held.drop(columns=drop),
            hide_index=True,
            column_config={**heads, **titles},
            alt="What each part of each fold holds",
        )
