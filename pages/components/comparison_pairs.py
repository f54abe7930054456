"""Every two runs, compared: differences with intervals, corrected, and McNemar beside them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.components.comparison_answer import apart
from pages.components.live_input import plain
from ser_core.comparison.pairs import Pair
from ser_core.comparison.results import Results
from ser_core.reports.markdown import p_value
from ser_core.reports.tables import points

_CAVEAT = (
    "Both runs are scored with the same speakers drawn, so that what is hard for both cancels. "
    "p is corrected for all differences shown here (Holm). McNemar's test takes clips for "
    "independent, which those of one speaker are not: its p is too small, and stands here for "
    "those who expect it."
)


def pairs_view(results: Sequence[Results], pairs: Sequence[Pair]) -> None:
    """The table of differences, each in a sentence below."""
    if pairs:
        table = pd.DataFrame([_row(pair) for pair in pairs])
        st.dataframe(
            table, hide_index=True, height=38 + 35 * min(16, len(table)),
            column_config={"pair": st.column_config.TextColumn("First − second", width=300)},
            alt="Differences between every two runs, with intervals",
        )  # fmt: skip
        st.caption(_CAVEAT)
        st.markdown("\n".join(f"- {plain(_said(pair))}" for pair in pairs))
    elif len(results) < 2:
        st.info("A difference takes two runs: tick another one.", icon=":material/checklist:")
    for reason in apart([one.run for one in results]):
        st.markdown(f":orange[:material/difference:] {plain(reason)}")


def _row(pair: Pair) -> dict[str, Any]:
    found = pair.comparison
    return {
        "pair": f"{pair.first.run.title} − {pair.second.run.title}",
        "UAR, points": points(found.uar.interval),
        "WAR, points": points(found.war.interval),
        "macro F1, points": points(found.macro_f1.interval),
        "p of UAR (Holm)": p_value(pair.p),
        "p of McNemar": p_value(found.mcnemar_p),
        "verdict": "clear" if pair.is_clear else "may be luck",
    }


def _said(pair: Pair) -> str:
    return f"{pair.sentence} {pair.caution}".strip()
