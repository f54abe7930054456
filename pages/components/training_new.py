"""A new training: the form, how it is tested, and what it comes to."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from pages.components import (
    dataset_facts,
    dataset_menu,
    training_form,
    training_launch,
    training_plan,
    training_recipe,
    training_split,
    training_vary,
)
from pages.components import training_draft as drafts
from pages.components.live_input import plain
from pages.components.training_form import Wanted
from pages.components.training_plan import Asked, Plan
from pages.components.training_vary import Varied
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError


def welcome() -> None:
    """Without a corpus: what to do, in one click."""
    st.info(
        "Training needs a corpus of labelled speech. To see how it goes, make the demo corpus: it "
        "is synthetic, ready within a minute, and small enough to train on at once.",
        icon=":material/library_music:",
    )
    dataset_menu.welcome()


def new_view(corpus: CorpusEntry, table: pd.DataFrame) -> Plan | None:
    """The form at the left, what it comes to at the right; below it on a phone."""
    left, right = st.columns([3, 2], gap="large")
    draft = drafts.keep_choices()
    with left:
        network = training_form.network_of(draft)
        with st.container(border=True):
            training_recipe.choose(draft)
            chosen = training_form.essentials(draft, network)
        with st.container(border=True):
            show_corpus(corpus, table)
            protocol = training_split.choose(draft)
            under = st.container()
        data = training_form.details(draft, network, chosen)
        wanted = training_form.wanted(draft, chosen, protocol, data)
        varied = choose_varied(draft, wanted)
    split = None
    if wanted.recipe is not None:
        with under:
            split = training_split.show(table, corpus, protocol, wanted.recipe)
    with right, st.container(border=True):
        plan = planned(draft, wanted, varied, Asked(corpus, protocol.protocol))
        if plan is not None:
            training_launch.panel(plan, table, split)
    return plan


def show_corpus(corpus: CorpusEntry, table: pd.DataFrame) -> None:
    """Which clips, and the menu of others."""
    found = dataset_facts.facts(table, table)
    with st.container(horizontal=True, vertical_alignment="center"):
        dataset_menu.menu(corpus)
        if corpus.synthetic:  # not in the caption, whose faintness would make it unreadable
            st.markdown(":violet-badge[synthetic]", width="content")
        st.caption(" · ".join(found), width="content")


def choose_varied(draft: drafts.Draft, wanted: Wanted) -> Varied:
    """The fields that are given several values, and what is done with these."""
    with st.expander(
        "Try several values (grid)", icon=":material/grid_view:", expanded=bool(draft.vary)
    ):
        if wanted.recipe is None:
            st.caption("Once the settings above are right.")
            return Varied({})
        values = training_vary.choose(draft, wanted.recipe)
        return Varied(values, training_vary.choose_manner(draft, several=bool(values)))


def planned(draft: drafts.Draft, wanted: Wanted, varied: Varied, asked: Asked) -> Plan | None:
    """The plan; None where the form holds a mistake, having said which."""
    vary = training_vary.seeds(varied.values, wanted.seeds)
    problem = wanted.problem or training_vary.problem(vary, wanted.recipe, training_plan.MOST_JOBS)
    several = len(wanted.seeds) > 1 or (bool(varied.values) and not varied.select)
    name, folds = training_launch.name_and_folds(several)
    if not problem and wanted.recipe is not None:
        asked = replace(asked, model_name=name, keep_folds=folds)
        try:
            return training_plan.make(
                draft.base, draft.recipe, draft.faithful, wanted.recipe, vary, asked, varied.select
            )
        except SerError as error:
            problem = training_vary.refused(vary, wanted.recipe) or str(error)
    st.error(plain(problem), icon=":material/block:")
    training_launch.button(None, "", None)
    return None
