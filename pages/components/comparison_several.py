"""Views that set the chosen runs side by side: scores, classes, training, calibration, answers."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.components import state
from pages.components.comparison_answer import apart
from pages.components.comparison_pictures import drawn, show
from pages.components.comparison_table import worth_showing
from pages.components.live_input import plain
from ser_core.comparison.comparability import groups
from ser_core.comparison.pairs import Pair, agreed
from ser_core.comparison.results import Results
from ser_core.reports import pictures, several
from ser_core.reports.tables import written

_CLASS_SCORE = "comparison_class_score"


def scores(results: Sequence[Results]) -> None:
    """Every score with its interval, beside what others reported on the same corpus."""
    show(drawn("scores", results, lambda: several.overview(results)), a_row=2)
    reasons = apart([one.run for one in results])
    if reasons:
        st.caption("Hollow points were tested otherwise than the first run.")
    others = [one for one in worth_showing([each.run.corpus for each in results]) if one.fault]
    if others:
        st.caption(
            "Diamonds are what others reported: measured on other clips or under other protocols, "
            "and without intervals."
        )
        with st.expander("What is known to be wrong with reported scores", icon=":material/info:"):
            st.markdown("\n".join(f"- **{plain(x.title)}**: {plain(x.fault)}" for x in others))
    _measures(results)


def _measures(results: Sequence[Results]) -> None:
    """All measures of all runs as numbers."""
    import pandas as pd

    rows = {
        one.run.title: {name: written(name, score) for name, score in one.measures().items()}
        for one in results
    }
    with st.expander("All measures as numbers", icon=":material/table:"):
        st.dataframe(
            pd.DataFrame(rows).fillna(""), alt="All measures of the chosen runs, with intervals"
        )
        st.caption("In brackets: 95 % bootstrap interval over speakers.")


def classes(results: Sequence[Results]) -> None:
    """Precision, recall and F1 of every class."""
    made = drawn("classes", results, lambda: pictures.classes(results))
    if len(made) < 2:
        show(made)
        return
    names = ["precision", "recall", "F1"]
    state.keep(_CLASS_SCORE, "recall")
    wanted = st.segmented_control(
        "Score", names, key=_CLASS_SCORE, required=True, label_visibility="collapsed"
    )
    show([made[names.index(wanted or "recall")]])
    st.caption(
        "Of the clips of a class, recall is how many were recognised; of the answers with its "
        "name, precision is how many were right. Whiskers: 95 % interval over speakers."
    )


def curves(results: Sequence[Results]) -> None:
    """Loss and score by epoch, on the clips that chose the epoch."""
    trained = several.with_epochs(results)
    silent = [one.run.title for one in results if one not in trained]
    if len(trained) > 1:
        show(drawn("curves", results, lambda: several.training(results)), a_row=2)
    if trained:
        titles = {one.run.run_id: one.run.title for one in trained}
        wanted = next(iter(titles))
        if len(trained) > 1:
            if state.keep("comparison_curves_of", wanted) not in titles:
                st.session_state["comparison_curves_of"] = wanted
            wanted = st.selectbox(
                "Every fold of", list(titles), key="comparison_curves_of",
                format_func=titles.__getitem__,
            )  # fmt: skip
        [one] = [each for each in trained if each.run.run_id == wanted]
        show(drawn("curves_of", [one], lambda: pictures.training(one)), a_row=2)
    if silent:
        st.info(
            f"No epochs are known of {plain(', '.join(silent))}: baselines have none, nor have "
            "ensembles.",
            icon=":material/show_chart:",
        )


def calibration(results: Sequence[Results]) -> None:
    """How sure against how often right."""
    made = drawn(
        "calibration", results,
        lambda: [pictures.reliability(results, by) for by in ("width", "mass")],
    )  # fmt: skip
    show(made, a_row=2)
    said = (
        f"{plain(one.run.title)}: ECE {plain(written('ECE', one.probability.ece))}"
        for one in results
    )
    st.caption(
        f"{' · '.join(said)}. On the diagonal a model is right as often as it is sure; below it "
        "is surer than it should be. Of what the fold models said: a saved model's answers are "
        "tempered."
    )


def agreement(results: Sequence[Results], pairs: Sequence[Pair]) -> None:
    """How often comparable runs say the same, and which clips they get right together."""
    if not pairs:
        st.info("Agreement takes two runs that can be compared.", icon=":material/handshake:")
        return
    show(drawn("agreement", results, lambda: several.agreement(pairs, results)), a_row=2)
    home = groups([one.run for one in results])[0]
    if len(home) < len(results):
        st.caption("Only runs that can be compared with each other are shown.")
    st.caption(
        "Cohen's kappa: 1 where two runs always say the same, 0 as chance would. Two runs that are "
        "equally good and agree little are worth an ensemble."
    )
    _shared(pairs)


def _shared(pairs: Sequence[Pair]) -> None:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for pair in pairs:
        one = agreed(pair.first.run, pair.second.run)
        rows.append(
            {
                "first": pair.first.run.title,
                "second": pair.second.run.title,
                "both right": one.both_right,
                "only the first": one.only_first,
                "only the second": one.only_second,
                "both wrong": one.both_wrong,
                "kappa": one.kappa.value,
            }
        )
    with st.expander("As numbers of clips", icon=":material/table:"):
        number = {"kappa": st.column_config.NumberColumn("kappa", format="%.2f")}
        st.dataframe(
            pd.DataFrame(rows), hide_index=True, column_config=number,
            alt="How many clips every two runs got right together",
        )  # fmt: skip
