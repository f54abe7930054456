"""Which run is better, and is it real: one sentence, and what speaks against it."""

from collections.abc import Sequence

import streamlit as st

from pages.components import layout
from pages.components.live_input import plain
from ser_core.comparison.comparability import groups, why_not
from ser_core.comparison.pairs import Pair
from ser_core.comparison.results import Results
from ser_core.comparison.runs import FinishedRun
from ser_core.corpora.detection import DEMO
from ser_core.reports.tables import about, written

_MOST = 3  # reasons that are told in full


def answer(results: Sequence[Results], pairs: Sequence[Pair]) -> None:
    """The sentence, and each warning that goes with it."""
    if not results:
        st.info("Tick two runs in the table to compare them.", icon=":material/checklist:")
    elif len(results) == 1:
        _alone(results[0])
    else:
        _ahead(results, pairs)


def _alone(one: Results) -> None:
    """A run's own score, and what another one would add."""
    score = plain(written("UAR", one.scores.uar))
    st.markdown(
        f"#### {plain(one.run.title)}: UAR {score}", help=layout.UAR_HELP,
    )  # fmt: skip
    st.caption(plain(" · ".join(about(one))))
    _leaks([one.run])
    st.info(
        f"Tick a second run that was tested under {plain(one.run.protocol)} on the same clips, "
        "or train one: then this page says which is better, whether that may be luck, and where "
        "they differ.",
        icon=":material/compare_arrows:",
    )


def _ahead(results: Sequence[Results], pairs: Sequence[Pair]) -> None:
    pair = leading(results, pairs)
    reasons = apart([one.run for one in results])
    if pair is None:
        st.markdown("#### These runs cannot be compared")
    else:
        clear = pair.is_clear
        st.markdown(f"#### {plain(pair.sentence)}", help=layout.UAR_HELP)
        st.caption(_tested(pair, len(pairs)))
        if not clear:
            st.warning(
                "This difference may be noise: with other speakers it could turn round.",
                icon=":material/casino:",
            )
        if pair.caution and not any(run.leaks for run in (pair.first.run, pair.second.run)):
            st.warning(plain(pair.caution), icon=":material/warning:")
    _reasons(reasons)
    _leaks([one.run for one in results])


def leading(results: Sequence[Results], pairs: Sequence[Pair]) -> Pair | None:
    """The best run and the one nearest behind it, of those that can be compared."""
    if not pairs:
        return None
    uar = {id(one): one.scores.uar.value for one in results}

    def height(pair: Pair) -> tuple[float, float]:
        first, second = uar[id(pair.first)], uar[id(pair.second)]
        return max(first, second), min(first, second)

    return max(pairs, key=height)


def _tested(pair: Pair, comparisons: int) -> str:
    run = pair.first.run
    badge = ":violet-badge[synthetic]"
    made_up = badge if run.corpus == DEMO else f"{badge} {plain(run.corpus)}"
    parts = [made_up if DEMO in run.corpus else plain(run.corpus), plain(run.protocol)]
    if comparisons > 1:
        parts.append(f"corrected for {comparisons} comparisons made together (Holm)")
    return " · ".join(parts)


def apart(runs: Sequence[FinishedRun]) -> list[str]:
    """What keeps runs from being compared with the largest group of them, each in a sentence."""
    if not runs:
        return []
    home = groups(runs)[0]
    more = f" and {len(home) - 1} more" if len(home) > 1 else ""
    return [
        f"{run.title} is not comparable with {home[0].title}{more}: {why_not(home[0], run)}."
        for run in runs
        if all(run is not one for one in home)
    ]


def _reasons(reasons: Sequence[str]) -> None:
    if not reasons:
        return
    more = len(reasons) - _MOST
    rest = [f"So {'are' if more > 1 else 'is'} {more} more."] if more > 0 else []
    st.warning("\n\n".join([*map(plain, reasons[:_MOST]), *rest]), icon=":material/difference:")


def _leaks(runs: Sequence[FinishedRun]) -> None:
    said = [
        f"{run.title} leaks, so that its scores are too high: {'; '.join(run.leaks)}."
        for run in runs
        if run.leaks
    ]
    if said:
        st.warning("\n\n".join(map(plain, said)), icon=":material/water_drop:")
