"""How what is trained is tested: corpus, protocol, and what its leak check says."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pages.components import dataset_folds, dataset_splits, state, theme
from pages.components import training_draft as drafts
from pages.components.live_input import plain
from pages.components.split_work import Choice, Split
from pages.components.training_draft import FORM, Draft
from ser_core.corpora.library import CorpusEntry
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.training.config import Recipe, TrainingConfig
from ser_core.training.faults import leak_warning, leak_words

_TITLES = {"folds": "Folds", "validation_speakers": "Validation speakers"}
_TABLE = "train_table"


@dataclass(frozen=True)
class Chosen:
    """A protocol, and what it leaves open; fields that it has no use for are as they were."""

    protocol: str
    folds: int
    validation_speakers: int


def choose(draft: Draft) -> Chosen:
    """The protocol, how many folds, and what it promises."""
    names = sorted(PROTOCOLS.names(), key=lambda name: (name != drafts.USUAL_PROTOCOL, name))
    if state.keep(drafts.PROTOCOL, drafts.USUAL_PROTOCOL) not in names:
        st.session_state[drafts.PROTOCOL] = drafts.USUAL_PROTOCOL
    protocol = st.selectbox(
        "Protocol",
        names,
        key=drafts.PROTOCOL,
        format_func=lambda name: PROTOCOLS.get(name).title,
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = {name: _number(draft, protocol, name) for name in _TITLES}
    kind = PROTOCOLS.get(protocol)
    st.caption(
        f"{plain(kind.use)} **Kept apart:** {plain(kind.kept_apart)} **Not kept apart:** "
        f"{plain(kind.not_apart)}",
        help=plain(f"{kind.source} On the command line: --protocol {protocol}."),
    )
    return Chosen(protocol, **found)


def _number(draft: Draft, protocol: str, name: str) -> int:
    key, usual = f"{FORM}:split:{name}", getattr(draft.base.training, name)
    kept: int = state.keep(key, draft.part("training").get(name, usual))
    fields = PROTOCOLS.get(protocol).config_type.model_fields
    if name not in fields:
        return kept
    least = 1 if name == "validation_speakers" else 2
    about = TrainingConfig.model_fields[name].description or ""
    return int(st.number_input(_TITLES[name], least, 100, key=key, help=f"{about}. Usual: {usual}"))


def clips_of(table: pd.DataFrame, recipe: Recipe) -> pd.DataFrame:
    """The clips of the channels that a recipe takes: the same table as long as both are."""
    channels = tuple(sorted({*recipe.data.train_channels, *recipe.data.test_channels}))

    def taken() -> pd.DataFrame:
        wanted = table["channel"].isin(channels)
        return table if wanted.all() else table[wanted]

    found: pd.DataFrame = theme.kept(_TABLE, table, channels, taken)
    return found


def show(table: pd.DataFrame, corpus: CorpusEntry, chosen: Chosen, recipe: Recipe) -> Split | None:
    """The folds and what leaks; None while they are worked out, or where they cannot be.

    Args:
        table: all clips of the corpus.
        corpus: whose clips they are.
        chosen: protocol and numbers.
        recipe: which clips it takes, the seed of the draw, and faults that leak.
    """
    seed = _seed(chosen, recipe.training.seed)
    choice = Choice(chosen.protocol, chosen.folds, chosen.validation_speakers, seed)
    table = clips_of(table, recipe)
    split = dataset_splits.made(table, corpus, choice)
    if leaks := leak_warning(leak_words(recipe.faults, chosen.protocol)):
        st.error(plain(f"{leaks[:1].upper()}{leaks[1:]}."), icon=":material/bug_report:")
    if split is None:
        return None
    dataset_splits.verdict(split, table)
    dataset_splits.notes(split)
    box = st.expander(
        "Folds: who trains, who is tested", icon=":material/grid_on:", key="train_folds",
        on_change="rerun",
    )  # fmt: skip
    if box.open:
        with box:
            dataset_folds.folds_picture(split)
    return split


def _seed(chosen: Chosen, seed: int) -> int:
    """The same for all seeds where a protocol draws nothing, so that one split serves all."""
    draws = "seed" in PROTOCOLS.get(chosen.protocol).config_type.model_fields
    return seed if draws else 0
