"""What a setting does, and what a leaky split adds: over all runs, chosen or not."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.components import comparison_choice, state, theme
from pages.components.comparison_choice import MOST
from pages.components.comparison_source import Known
from pages.components.live_input import plain
from ser_core.comparison import leaks
from ser_core.comparison.ablation import Ablation, ablations
from ser_core.comparison.results import Results
from ser_core.comparison.table import MEASURES, measures_of
from ser_core.reports.picture import array

_SETTING, _MEASURE = "comparison_setting", "comparison_measure"
_DRAWN = "comparison_drawn_ablation"
_FOUND, _METER = "comparison_ablations", "comparison_meter"


def ablation_view(known: Known) -> None:
    """Runs that differ in one setting, with the setting on the axis."""
    found: list[Ablation] = theme.kept(
        _FOUND, known, None, lambda: ablations([one.run for one in known.results])
    )
    if not found:
        st.info(
            "No two runs differ in one setting only. On the Training page a list of values for one "
            "setting trains a run for each; this view then shows what it does.",
            icon=":material/tune:",
        )
        return
    each = found[_which(found)]
    of = {id(one.run): one for one in known.results}
    _draw(each, [of[id(run)] for run in each.runs])


def _which(found: Sequence[Ablation]) -> int:
    titles = {f"{one.setting}:{one.runs[0].run_id}": _title(one) for one in found}
    names = list(titles)
    if state.keep(_SETTING, names[0]) not in names:
        st.session_state[_SETTING] = names[0]
    wanted = st.selectbox("Setting", names, key=_SETTING, format_func=titles.__getitem__)
    return names.index(wanted)


def _title(each: Ablation) -> str:
    recipes = sorted({run.recipe for run in each.runs} - {""})
    of = f" of {recipes[0]}" if len(recipes) == 1 else ""
    return f"{each.setting} · {len(each.runs)} runs{of}, {each.runs[0].protocol}"


def _draw(each: Ablation, results: Sequence[Results]) -> None:
    from ser_core import figures

    state.keep(_MEASURE, "uar")
    names = [name for name in MEASURES if all(name in measures_of(one) for one in results)]
    if st.session_state[_MEASURE] not in names:
        st.session_state[_MEASURE] = names[0]
    measure = st.segmented_control(
        "Score", names, key=_MEASURE, format_func=MEASURES.__getitem__, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    what = MEASURES[measure or names[0]]

    def draw() -> Any:
        values = array([measures_of(one)[measure or names[0]] for one in results])
        chance = 1 / len(results[0].run.labels) if measure == "uar" else None
        return figures.ablation_figure(each.setting, each.values, {what: values}, chance, what)

    figure = theme.kept(_DRAWN, each, measure, draw)
    alt = f"{what} by {each.setting}"
    theme.plot(figure, key="comparison_ablation", finished=True, alt=alt)
    st.caption(
        "All else is the same, and so are the clips. Whiskers: 95 % interval over speakers of "
        "each score; whether two differ is told by comparing them."
    )
    ids = [run.run_id for run in each.runs][:MOST]
    st.button(
        f"Compare {'these' if len(each.runs) <= MOST else f'the first {MOST}'}",
        key="comparison_ablation_choose", icon=":material/compare_arrows:",
        on_click=comparison_choice.put, args=(ids,),
    )  # fmt: skip


def leak_view(known: Known) -> None:
    """One network under several splits: as the leak meter measured it, and as runs have it."""
    measured: list[leaks.Leak] = leaks.readings()
    trained: list[leaks.Leak] = theme.kept(
        _METER, known, None, lambda: leaks.of_runs(known.results)
    )
    if not measured and not trained:
        st.info(
            "No network was trained under several splits yet. `python -m ser_core leak-meter` "
            "measures what a split that mixes speakers adds to a score.",
            icon=":material/water_drop:",
        )
        return
    _splits("As the leak meter measured it: the same budget and number of clips", measured, "meter")
    for one in measured:
        if one.sentence:
            st.markdown(f"- **{plain(one.name)}**: {plain(one.sentence)}")
    _splits("As runs have it: folds and numbers of training clips may differ", trained, "runs")
    st.caption(
        "What a split that mixes speakers, or copies, adds to a score is not skill: on a voice "
        "never heard, the score under the strict split is what to expect."
    )


def _splits(title: str, found: Sequence[leaks.Leak], name: str) -> None:
    from ser_core import figures

    if found:
        st.markdown(f"**{title}**")
    for number, (splits, networks) in enumerate(leaks.side_by_side(found)):
        series: dict[str, Any] = dict(networks)
        figure = figures.leak_figure(splits, series)
        words = f"UAR under {', '.join(splits)}"
        theme.plot(figure, key=f"comparison_leak_{name}_{number}", alt=words)
