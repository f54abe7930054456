"""What the labels of a corpus count as: a table to read and to change, kept with the corpus."""

import shlex
from collections.abc import Callable, Iterable, Mapping

import pandas as pd
import streamlit as st

from pages.components import dataset_facts
from pages.components.live_input import plain
from ser_core import emotions
from ser_core.corpora import labels, library
from ser_core.corpora.labels import Labels
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError

_KINDS = "dataset_labels"  # (corpus id, its labels with their clips)
PANEL = "labels_panel"  # whether the table is open
_CHOICE = "labels_choice"
_EDITOR = "labels_editor"
_VERSION = "labels_version"  # how often labels were saved
_SAVED = "labels_saved"  # the panel has saved labels just now
_AS_PUBLISHED = ""
LEFT_OUT = emotions.title("")


def apply(entry: CorpusEntry, found: pd.DataFrame) -> pd.DataFrame:
    """The table with its emotions as they were chosen to count; what stands in it is remembered.

    Args:
        entry: whose table it is.
        found: the table as the library reads it.
    """
    st.session_state[_KINDS] = (entry.id, kinds(found))
    return mapped(entry, found)


def mapped(entry: CorpusEntry, found: pd.DataFrame) -> pd.DataFrame:
    """The table with its emotions as they were chosen to count; draws and keeps nothing."""
    try:
        chosen = entry.labels
    except SerError:  # a choice that is not known any more; the panel says so
        chosen = Labels("", entry.label_pairs)
    known = {*found["label"].astype(str), *found["emotion"].astype(str)}
    pairs = {name: to for name, to in chosen.pairs.items() if name in known or chosen.only}
    return Labels(chosen.name, pairs, chosen.only).apply(found)


def kinds(found: pd.DataFrame) -> pd.DataFrame:
    """Published labels with what their corpus takes them for and their clips; no label is none.

    Returns:
        `label`, `emotion`, `corpora` and `clips` (those without a problem), in house order of the
        emotions.
    """
    counted = (
        found.loc[found["label"] != "", ["label", "emotion", "corpus"]]
        .astype(str)
        .assign(usable=found["problems"].eq(""))
        .groupby(["label", "emotion"], sort=False)
        .agg(
            corpora=("corpus", lambda names: ", ".join(sorted(set(names)))),
            clips=("usable", "sum"),
        )
        .reset_index()
    )
    ranks = {name: place for place, name in enumerate(emotions.order(set(counted["emotion"])))}
    place = counted["emotion"].map(lambda name: ranks[name] if name else len(ranks))
    return counted.iloc[place.argsort(kind="stable")].reset_index(drop=True)


def panel(entry: CorpusEntry, changed: Callable[[], None]) -> None:
    """The labels in an expander, with presets, to be changed cell by cell.

    Args:
        entry: the corpus in hand.
        changed: called once other labels were saved.
    """
    kept = st.session_state.get(_KINDS)
    if kept is None or kept[0] != entry.id:
        return
    found: pd.DataFrame = kept[1]
    box = st.expander(title(entry, found), icon=":material/label:", key=PANEL, on_change="rerun")
    if box.open:
        with box:
            _editor(entry, found, changed)


def title(entry: CorpusEntry, found: pd.DataFrame) -> str:
    """How many labels there are, and how many clips have none that counts."""
    counts_as = targets(entry.label_choice, entry.label_pairs, found)
    lost = [label for label, emotion in counts_as.items() if not emotion]
    clips = int(found.loc[found["label"].isin(lost), "clips"].sum())
    words = f"{dataset_facts.count(len(counts_as), 'label')}"
    if lost:
        words += f", {dataset_facts.count(clips, 'clip')} left out by their label"
    return words + (" · changed" if entry.label_choice or entry.label_pairs else " · as published")


def words(choice: str, pairs: Mapping[str, str]) -> str:
    """A choice of labels in a few words.

    >>> words("", {}), words("iemocap-4", {"oth": ""})
    ('as published', 'iemocap-4, oth → Not mapped')
    """
    said = [f"{label} → {_word(emotion)}" for label, emotion in pairs.items()]
    return ", ".join([choice] * bool(choice) + said) or "as published"


def offer(
    entry: CorpusEntry, choice: str, pairs: dict[str, str], taken: Callable[[], None]
) -> None:
    """Say that an address was made with other labels than the corpus has, and offer these.

    Args:
        entry: the corpus in hand.
        choice: a named choice of labels, or "".
        pairs: from published labels to emotions, on top.
        taken: called once the labels were taken over.
    """
    here = words(entry.label_choice, entry.label_pairs)
    st.warning(
        f"This address was made with other labels: {plain(words(choice, pairs))}. Here they are "
        f"{plain(here)}, so what is shown may differ.",
        icon=":material/label_off:",
    )
    st.button(
        "Use the labels of the address",
        key="labels_offered",
        icon=":material/label:",
        help="Here and in the commands that this page prints, until you change them again",
        on_click=save,
        args=(entry, choice, pairs, taken),
    )


@st.fragment
def _editor(entry: CorpusEntry, found: pd.DataFrame, changed: Callable[[], None]) -> None:
    st.caption(
        "What each published label counts as, here and in the commands that this page prints. "
        "Clips left out neither train nor are tested."
    )
    if st.session_state.pop(_SAVED, False):
        st.rerun()  # all of the page counts by the new labels, and this was a run of the panel
    version = st.session_state.get(_VERSION, 0)
    choice = _start(entry, version)
    own = entry.label_pairs if choice == entry.label_choice else {}
    before = targets(choice, own, found)
    after = _table(entry, found, before, f"{_EDITOR}:{entry.id}:{version}:{choice}")
    pairs = fewest_pairs(choice, after, found)
    _summary(found, after)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Use these labels",
            key="labels_save",
            type="primary",
            icon=":material/check:",
            disabled=(choice, pairs) == (entry.label_choice, entry.label_pairs),
            on_click=_save,
            args=(entry, choice, pairs, changed),
        )
    options = command_words(choice, pairs)
    if options:
        st.caption("The same on the command line:")
        st.code(options, language="bash", wrap_lines=True)


def _save(
    entry: CorpusEntry, choice: str, pairs: dict[str, str], changed: Callable[[], None]
) -> None:
    save(entry, choice, pairs, changed)
    st.session_state[_SAVED] = True


def _start(entry: CorpusEntry, version: int) -> str:
    """The named choice that the table starts from."""
    choices = [_AS_PUBLISHED, *labels.names()]
    if entry.label_choice not in choices:
        st.warning(f"The choice {plain(entry.label_choice)} is not known any more.")
    key = f"{_CHOICE}:{entry.id}:{version}"
    if key not in st.session_state:
        st.session_state[key] = entry.label_choice if entry.label_choice in choices else ""
    choice: str = st.selectbox(
        "Start from",
        choices,
        key=key,
        format_func=lambda name: f"{name}: {labels.title(name)}" if name else "As published",
    )
    return choice


def _table(
    entry: CorpusEntry, found: pd.DataFrame, before: dict[str, str], key: str
) -> dict[str, str]:
    """The table to edit; what each label counts as after the edits."""
    rows = rows_of(found, before)
    known = [*found["emotion"], *before.values()]
    options = [*map(emotions.title, emotions.KNOWN), LEFT_OUT]
    options += [word for word in dict.fromkeys(map(_word, known)) if word not in options]
    edited = st.data_editor(
        rows,
        key=key,
        hide_index=True,
        disabled=["label", "published_as", "corpora", "clips"],
        height=min(420, 35 * (len(rows) + 1) + 2),
        column_config={
            "label": st.column_config.TextColumn("Published label"),
            "corpora": st.column_config.TextColumn("Corpus") if len(entry.corpora) > 1 else None,
            "clips": st.column_config.NumberColumn("Clips", format="localized"),
            "published_as": st.column_config.TextColumn("Read as"),
            "counts_as": st.column_config.SelectboxColumn(
                "Counts as", options=options, required=True, help="Click twice to change it"
            ),
        },
        alt="Published labels and the emotions that they count as",
    )
    pairs = zip(edited["label"], edited["counts_as"], strict=True)
    return {label: _name(word, known) for label, word in pairs}


def save(
    entry: CorpusEntry, choice: str, pairs: dict[str, str], changed: Callable[[], None]
) -> None:
    """Let the labels of a corpus count as this from now on; call from a callback.

    Args:
        entry: the corpus.
        choice: a named choice of labels, or "".
        pairs: from published labels to emotions, on top.
        changed: called then.
    """
    library.set_labels(entry, choice, pairs)
    # The editor starts anew from what is saved.
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1
    changed()


def _summary(found: pd.DataFrame, after: Mapping[str, str]) -> None:
    clips = found.groupby("label")["clips"].sum()
    by_emotion: dict[str, int] = {}
    for label, emotion in after.items():
        by_emotion[emotion] = by_emotion.get(emotion, 0) + int(clips[label])
    lost = by_emotion.pop("", 0)
    said = [f"{emotions.title(name)} {by_emotion[name]:,}" for name in emotions.order(by_emotion)]
    words = f"Comes to: {', '.join(said) or 'nothing'}. "
    st.caption(plain(words) + f"**{dataset_facts.count(lost, 'clip')} left out.**" * bool(lost))


def rows_of(found: pd.DataFrame, counts_as: Mapping[str, str]) -> pd.DataFrame:
    """A row for each published label."""
    by_label = found.groupby("label", sort=False)
    names = list(dict.fromkeys(found["label"]))
    return pd.DataFrame(
        {
            "label": names,
            "corpora": [", ".join(dict.fromkeys(names)) for _, names in by_label["corpora"]],
            "clips": by_label["clips"].sum().to_numpy(),
            "published_as": [
                ", ".join(_word(name) for name in dict.fromkeys(names))
                for _, names in by_label["emotion"]
            ],
            "counts_as": [_word(counts_as[label]) for label in names],
        }
    )


def _word(name: str) -> str:
    return emotions.title(name) if name else LEFT_OUT


def _name(word: str, own: Iterable[str]) -> str:
    """The emotion behind a word; labels of one's own are emotions too."""
    if word == LEFT_OUT:
        return ""
    return {emotions.title(name): name for name in [*own, *emotions.KNOWN] if name}[word]


def targets(choice: str, pairs: Mapping[str, str], found: pd.DataFrame) -> dict[str, str]:
    """What each published label counts as under a choice with pairs on top."""
    try:
        chosen = labels.chosen(choice, pairs)
    except SerError:
        chosen = Labels("", pairs)
    names = {*found["label"], *found["emotion"]}
    known = {name: to for name, to in chosen.pairs.items() if name in names}
    applied = Labels(chosen.name, known, chosen.only).apply(found[["label", "emotion"]])
    return dict(zip(applied["label"], applied["emotion"], strict=True))


def fewest_pairs(choice: str, wanted: Mapping[str, str], found: pd.DataFrame) -> dict[str, str]:
    """The pairs by published label that make of a choice what is wanted.

    A pair also concerns labels that stand for an emotion of its name, as "happiness" does for
    "happy"; labels that such a pair would carry along get one of their own.
    """
    pairs: dict[str, str] = {}
    while True:
        now = targets(choice, pairs, found)
        more = {label: to for label, to in wanted.items() if now[label] != to}
        if not more or more.keys() <= pairs.keys():
            return pairs
        pairs |= more


def command_words(choice: str, pairs: Mapping[str, str]) -> str:
    """The options that make a command use the same labels; "" where it does so anyway."""
    words = ["--labels", choice] if choice else []
    for label, emotion in pairs.items():
        words += ["--map", f"{label}={emotion}"]
    return shlex.join(words)
