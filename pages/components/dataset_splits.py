"""The Dataset page's splits: which clips train, validate and are tested, and what leaks."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from pages.components import (
    dataset_address,
    dataset_facts,
    dataset_filters,
    dataset_listen,
    state,
    tasks,
    theme,
)
from pages.components.dataset_part import SplitPart, as_text
from pages.components.live_input import plain
from ser_core import emotions, figures
from ser_core.corpora.fold_grid import COLUMNS, FoldGrid, fold_grid
from ser_core.corpora.folds import PARTS, people
from ser_core.corpora.library import CorpusEntry
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.quality import with_problems
from ser_core.corpora.splits import (
    Fold,
    LeakCheck,
    balance,
    leak_check,
    protocol_folds,
    split_notes,
    split_words,
    untrained_labels,
    usable,
)
from ser_core.errors import CorpusError
from ser_core.jobs.tasks import Progress, runner

if TYPE_CHECKING:
    from collections.abc import Callable

_PROTOCOL, _FOLDS, _VALIDATION, _SEED = (
    f"splits_{name}" for name in ("protocol", "folds", "validation", "seed")
)
_NUMBERS = (
    (_FOLDS, "folds", "Folds", 2, 5, 2, 100),
    (_VALIDATION, "validation_speakers", "Validation speakers", 3, 2, 1, 100),
    (_SEED, "seed", "Seed", 2, 0, 0, 2**32 - 1),
)
"""Key, field of the protocol, label, width, default, least and most of each number to choose."""
_BY, _CELL = "splits_by", "splits_picture"
_PAIRS = "splits_pairs"
_PART_FOLD, _PART = "splits_part_fold", "splits_part"
_USUAL = "speaker-independent"
_PATIENCE_S = 1.0  # a split that takes longer is waited for with progress
_MOST_CELLS = 20_000_000  # clips times folds that one split may hold
_MOST_AT_ONCE = 5_000  # clips whose audio is compared without being asked
_MOST_ROWS, _MOST_COLUMNS, _MOST_BARS = 60, 60, 30
_HELD_OUT = {"leave-one-session-out": "session", "leave-one-corpus-out": "corpus",
             "leave-one-language-out": "language"}  # fmt: skip
_WHAT = {
    "clip": "Clips themselves",
    "speaker": "Speakers",
    "audio": "Same audio",
    "copy": "Augmented copies",
    "statement": "Statements",
}
_BY_WORDS = {"speaker": "Speakers", "session": "Sessions", "corpus": "Corpora",
             "language": "Languages"}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """The split asked for."""

    protocol: str
    folds: int
    validation_speakers: int
    seed: int


@dataclass(frozen=True)
class Split:
    """A split and what there is to say about it."""

    table: pd.DataFrame  # the clips that were split
    left_out: int
    folds: list[Fold]
    held: pd.DataFrame
    check: LeakCheck
    audio_compared: bool
    grids: dict[str, FoldGrid]  # by what rows stand for


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
        folds_picture(split)
    with right:
        balance_picture(split)
    in_table(corpus, choice, split)
    command(corpus, choice, split)
    leaks(split)
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
    mark = _mark(table)
    with_audio = len(table) <= _MOST_AT_ONCE or bool(st.session_state.get(f"splits_audio:{mark}"))
    key = f"page:splits {corpus.id} {mark} {choice} {with_audio}"
    if runner().snapshot(key) is None:
        runner().start(key, "Splitting the corpus", work(table, choice, with_audio))
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
        st.button("Split again", key="splits_again", on_click=_again, args=(table, choice, key))
        return None
    split: Split = task.result
    return split


def _again(table: pd.DataFrame, choice: Choice, key: str) -> None:
    runner().start(key, "Splitting the corpus", work(table, choice, key.endswith("True")))


def work(table: pd.DataFrame, choice: Choice, with_audio: bool) -> "Callable[[Progress], Split]":
    """What works a split out in the background, and looks for leaks.

    Args:
        table: all clips of the corpus.
        choice: the split asked for.
        with_audio: whether clips are compared by their samples, which opens each once, ever.
    """

    def split(progress: Progress) -> Split:
        plain_table = as_text(table)
        if with_audio:
            plain_table = with_problems(plain_table, progress)
        clips = usable(plain_table)
        _require_room(clips, choice)
        progress(0, 0, "dealing out clips")
        folds = protocol_folds(
            clips, choice.protocol, choice.folds, choice.validation_speakers, choice.seed
        )
        progress(0, 0, "looking for leaks")
        check = leak_check(clips, folds, with_audio, progress)
        left_out = len(table) - len(clips)
        return Split(
            clips, left_out, folds, balance(clips, folds), check, with_audio, _grids(clips, folds)
        )

    return split


def _grids(clips: pd.DataFrame, folds: list[Fold]) -> dict[str, FoldGrid]:
    """A grid for all that differs between the clips; of speakers where nothing does."""
    several = [by for by in COLUMNS if by in clips and clips[by].nunique() > 1]
    return {by: fold_grid(clips, folds, by) for by in several or ["speaker"]}


def _require_room(clips: pd.DataFrame, choice: Choice) -> None:
    """Raises CorpusError where a fold a speaker would be more than a page can hold."""
    if choice.protocol == "loso":
        count = people(clips).nunique()
        if count * len(clips) > _MOST_CELLS:
            raise CorpusError(
                f"a fold for each of {count:,} speakers is more than this page can hold; choose "
                "speaker-independent folds"
            )


def _mark(table: pd.DataFrame) -> str:
    """Names what a split depends on; worked out once for as long as the same table is shown."""
    kept = st.session_state.get("splits_mark")
    if kept is None or kept[0] is not table:
        columns = ["clip", "speaker", "gender", "emotion", "problems"]
        digest = int(pd.util.hash_pandas_object(table[columns]).sum())
        kept = (table, f"{digest:x}")
        st.session_state["splits_mark"] = kept
    mark: str = kept[1]
    return mark


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
            args=(_mark(table),),
        )


def _compare(mark: str) -> None:
    st.session_state[f"splits_audio:{mark}"] = True


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
        said.append(
            f"{dataset_facts.count(split.left_out, 'clip')} left out: a problem, or no emotion"
        )
    with st.container(gap=None):
        for note in said:
            st.caption(
                f":orange[:material/info:] {plain(note[0].upper() + note[1:].removesuffix('.'))}."
            )


@st.fragment
def folds_picture(split: Split) -> None:
    """Rows are speakers (or sessions, corpora, languages), columns folds; a click plays a cell."""
    by = _rows_of(split)
    grid = split.grids[by]
    rows = [row or "not known" for row in grid.rows[:_MOST_ROWS]]
    names = _fold_names(split.folds)[:_MOST_COLUMNS]
    counts = grid.counts[:_MOST_ROWS, :_MOST_COLUMNS]
    figure = figures.fold_figure(rows, names, counts)
    event = theme.plot(
        figure,
        key=_CELL,
        alt=f"Part of each {by} in each fold; choose a cell to listen to its clips",
        on_select="rerun",
        selection_mode="points",
    )
    if (len(grid.rows), len(split.folds)) != counts.shape[:2]:
        st.caption(
            f"Shown are {len(rows)} of {dataset_facts.count(len(grid.rows), by)} and "
            f"{len(names)} of {dataset_facts.count(len(split.folds), 'fold')}."
        )
    cell = _clicked(event)
    if cell is None or cell[0] >= len(rows) or cell[1] >= len(names):
        st.caption("Click a cell to listen to its clips.")
    else:
        _listen_to_cell(split, by, grid.rows[cell[0]], cell[1])


def _clicked(event: Any) -> tuple[int, int] | None:
    """Row and column of the cell that was clicked."""
    points = event.get("selection", {}).get("points", []) if event else []
    data = points[0].get("customdata") if points else None
    if not data:
        return None
    values = list(data.values()) if isinstance(data, dict) else list(data)
    return int(values[0]), int(values[1])


def _listen_to_cell(split: Split, by: str, row: str, column: int) -> None:
    """The clips of a row in a fold, those that are tested first, one to be heard."""
    fold = split.folds[column]
    named = people(split.table) if by == "speaker" else split.table[by]
    own = set(split.table.loc[named.eq(row), "clip"])
    parts = {clip: part for part in reversed(PARTS) for clip in fold.clips(part) if clip in own}
    if not parts:
        st.caption(f"Fold {column + 1} has no clip of {plain(row)}.")
        return
    chosen = st.selectbox(
        f"{by.capitalize()} {plain(row)} in fold {column + 1}: "
        f"{dataset_facts.count(len(parts), 'clip')}",
        list(parts),
        key=f"splits_cell:{row}:{column}:{split.folds[0].protocol}",
        format_func=lambda clip: f"{parts[clip]} · {clip}",
    )
    heard = st.session_state.get("splits_heard")
    st.session_state["splits_heard"] = (row, column, chosen)
    asked = heard != (row, column, chosen)
    dataset_listen.listen(split.table, [chosen], "splits_cell", autoplay=asked)


def _rows_of(split: Split) -> str:
    """What rows stand for: what the protocol holds out, or what the reader chooses."""
    several = list(split.grids)
    protocol = split.folds[0].protocol
    held_out = _HELD_OUT.get(protocol, "speaker")
    if len(several) < 2:
        return several[0]
    # A key for each protocol: what it holds out is what to look at first.
    key = f"{_BY}:{protocol}"
    if state.keep(key, held_out) not in several:
        st.session_state[key] = several[0]
    chosen = st.segmented_control(
        "Rows", several, key=key, format_func=_BY_WORDS.__getitem__, label_visibility="collapsed"
    )
    return chosen or several[0]


def _fold_names(folds: Sequence[Fold]) -> list[str]:
    """Column heads, different from each other: numbers, with the name where it is short."""
    numbers = [str(number) for number in range(1, len(folds) + 1)]
    if len(folds) > 8:
        return numbers
    return [
        f"{number}: {fold.name}" if fold.name and len(fold.name) < 22 else number
        for number, fold in zip(numbers, folds, strict=True)
    ]


def balance_picture(split: Split) -> None:
    """Emotions in each part of each fold, as shares."""
    labels = emotions.order(set(split.table["emotion"]))
    held = split.held.head(_MOST_BARS)
    rows = [f"{row.fold} {row.part} ({row.clips:,})" for row in held.itertuples()]
    figure = figures.share_figure(rows, labels, held[labels].to_numpy())
    theme.plot(figure, key="splits_balance", alt="Share of each emotion in each part of each fold")
    if len(held) < len(split.held):
        shown = len(held) // len(PARTS)
        st.caption(f"The first {shown} of {len(split.folds)} folds; all are in the table below.")


def in_table(corpus: CorpusEntry, choice: Choice, split: Split) -> None:
    """The way from a part of a fold to its clips in the table, the map and the averages."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = {
            number: f"Fold {number}" + (f": {fold.name}" if fold.name else "")
            for number, fold in enumerate(split.folds, start=1)
        }
        fold = st.selectbox(
            "Show a part in the table", list(names), key=_PART_FOLD, format_func=names.__getitem__
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
            args=(corpus.id, SplitPart(choice.protocol, fold, part or "", settings(choice))),
        )


def _show_part(corpus_id: str, part: SplitPart) -> None:
    dataset_filters.choose_part(corpus_id, part)
    st.session_state[dataset_address.VIEW] = "clips"


def settings(choice: Choice) -> str:
    """What the protocol leaves open, as chosen, in JSON with sorted keys."""
    fields = PROTOCOLS.get(choice.protocol).config_type.model_fields
    chosen = {name: getattr(choice, name) for name in fields if hasattr(choice, name)}
    return json.dumps(chosen, sort_keys=True)


def command(corpus: CorpusEntry, choice: Choice, split: Split) -> None:
    """The command that trains and tests on exactly these folds."""
    st.markdown("**Train on this split**", help="Any recipe does: studio is ours")
    st.code(train_command(corpus, choice), language="bash", wrap_lines=True)
    if split.table["channel"].nunique() > 1:
        st.caption(
            "Recipes may take only some of these clips: studio trains on speech and song, and is "
            "tested on speech."
        )


def train_command(corpus: CorpusEntry, choice: Choice) -> str:
    """`python -m ser_core train …` with this corpus, its labels and this split."""
    words = ["python", "-m", "ser_core", "train", "studio", *corpus.arguments()]
    words += ["--protocol", choice.protocol]
    fields = PROTOCOLS.get(choice.protocol).config_type.model_fields
    if "folds" in fields:
        words += ["--folds", str(choice.folds)]
    for name in ("validation_speakers", "seed"):
        if name in fields:
            words += ["--set", f"training.{name}={getattr(choice, name)}"]
    return shlex.join(words)


def leaks(split: Split) -> None:
    """What stands on both sides, kind by kind, and the clips to listen to."""
    pairs = split.check.clips
    pairs = pairs[pairs["side"] == "test"] if not pairs.empty else pairs
    with st.expander(
        "What was compared", icon=":material/compare_arrows:", expanded=not pairs.empty
    ):
        st.dataframe(
            leak_table(split.check.table),
            hide_index=True,
            column_config={
                "what": "What",
                "test_train": st.column_config.TextColumn("Tested and trained"),
                "test_validation": st.column_config.TextColumn("Tested and validated"),
                "validation_train": st.column_config.TextColumn("Validated and trained"),
                "examples": st.column_config.TextColumn("For example", width="large"),
            },
            alt="Things that stand on both sides of the split",
        )
        st.caption(
            "Counted fold by fold and added up. Statements that are said on both sides are no "
            "leak: actors read the same sentences in most corpora."
        )
        if not pairs.empty:
            _listen_to_pairs(split, pairs.reset_index(drop=True))


def leak_table(found: pd.DataFrame) -> pd.DataFrame:
    """The leak check over all folds: a row for each kind, a column for each pair of parts."""
    rows = []
    for what, title in _WHAT.items():
        of_kind = found[found["what"] == what]
        if of_kind.empty:
            rows.append({"what": title, "test_train": "not compared"})
            continue
        row: dict[str, Any] = {"what": title}
        for (side, other), part in of_kind.groupby(["side", "other_side"], sort=False):
            of = int(part["of"].sum())
            row[f"{side}_{other}"] = f"{part['shared'].sum():,} of {of:,}" if of else "none there"
        shared = of_kind[of_kind["shared"] > 0]
        row["examples"] = "" if shared.empty else shared["examples"].iloc[0]
        rows.append(row)
    columns = ["what", "test_train", "test_validation", "validation_train", "examples"]
    return pd.DataFrame(rows, columns=columns).fillna("")


def _listen_to_pairs(split: Split, pairs: pd.DataFrame) -> None:
    st.markdown(f"**{dataset_facts.count(len(pairs), 'tested clip')} heard before**")
    picked = st.dataframe(
        pairs.assign(what=pairs["what"].map(_WHAT))[
            ["fold", "what", "clip", "other_side", "other_clip"]
        ],
        key=_PAIRS,
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=min(260, 35 * (len(pairs) + 1) + 2),
        column_config={
            "fold": st.column_config.NumberColumn("Fold", width="small"),
            "what": "What",
            "clip": st.column_config.TextColumn("Tested clip", width="medium"),
            "other_side": "Other side",
            "other_clip": st.column_config.TextColumn("Clip there", width="medium"),
        },
        alt="Tested clips that were heard before; choose one to listen to both",
    )
    rows = picked.selection.rows if hasattr(picked, "selection") else []
    row = pairs.iloc[rows[0] if rows and rows[0] < len(pairs) else 0]
    dataset_listen.listen(
        split.table,
        [row["clip"], row["other_clip"]],
        "splits_pair",
        [f"Fold {row['fold']}: test", f"Fold {row['fold']}: {row['other_side']}"],
        autoplay=bool(rows),
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
