"""The runs in a table: filtered, with the columns the reader wants, ticked to be compared."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import comparison_choice, state, theme
from pages.components.comparison_choice import GENERATION, MOST, RUNS
from pages.components.comparison_source import Known
from pages.components.tasks import duration
from ser_core.comparison.apart import differences
from ser_core.comparison.comparability import why_not
from ser_core.comparison.reported import Reported, reported
from ser_core.comparison.results import Results
from ser_core.comparison.table import MEASURES, REPORTED, runs_table
from ser_core.corpora.detection import DEMO

_FILTERS = {"recipe": "All recipes", "corpus": "All corpora", "protocol": "All protocols"}
_COLUMNS, _OTHERS = "comparison_columns", "comparison_others"
_DEFAULT, _TABLE, _TOO_MANY = "comparison_default", "comparison_table", "comparison_too_many"
_FIRST = "comparison_first"  # how often runs were chosen elsewhere, and those that were
_ENSEMBLE = "∑"  # before the title of what is made of the chosen runs
_ROWS = 7  # of which the table shows all; more are scrolled
_USUAL = (
    "protocol", "corpus", "differs", "UAR", "UAR 95 %", "WAR", "ECE", "compared"
)  # fmt: skip
_WORDS = {
    "recipe": "Recipe",
    "protocol": "Protocol",
    "corpus": "Corpus",
    "features": "Features",
    "architecture": "Architecture",
    "differs": "Differs in",
    "parameters": "Parameters",
    "epochs": "Epochs",
    "time": "Time",
    "clips": "Clips",
    "speakers": "Speakers",
    "folds": "Folds",
    "seeds": "Seeds",
    "started": "Started",
    "tested": "Tested",
    "source": "Source",
}
_HELP = {
    "UAR": "Unweighted average recall: each class counts alike",
    "WAR": "Weighted average recall, which is accuracy: each clip counts alike",
    "macro F1": "Mean of the classes' F1, the harmonic mean of precision and recall",
    "top-3": "How often the right class is among the three most probable ones",
    "ECE": "Expected calibration error: how far confidence is from accuracy on average; 0 is best",
    "differs": "Settings in which it differs from the other runs of its recipe",
    "tested": "Equal for runs that were tested in the same way, folds included",
    "epochs": "Mean over the folds; none for baselines",
    "time": "In epochs, of all folds together; of baselines, from start to end",
}


def runs_view(known: Known, chosen: Sequence[Results], ensembles: Sequence[Results] = ()) -> None:
    """Filters, columns and the table, whose ticked runs are compared; on top their ensembles."""
    table = theme.kept(_TABLE, known, None, lambda: _shown(known))
    with st.container(horizontal=True, vertical_alignment="center", key="comparison_bar"):
        rows = _filtered(table)
        columns = _columns(table)
        others = _others(known)
    if others:
        rows = pd.concat([rows, _reported(others)], ignore_index=True)
    if rows.empty:
        st.caption("No run passes these filters.")
        return
    rows = _chosen_first(rows)
    if ensembles:
        rows = pd.concat([_made(ensembles), rows], ignore_index=True)
    _grid(rows, columns, chosen)
    _said(rows, len(others))


def _chosen_first(rows: pd.DataFrame) -> pd.DataFrame:
    """The runs chosen at first come first; what is ticked later stays where it is."""
    times = st.session_state.get(GENERATION, 0)
    kept = st.session_state.get(_FIRST)
    if kept is None or kept[0] != times:
        kept = st.session_state[_FIRST] = (times, list(st.session_state[RUNS]))
    places = {run_id: place for place, run_id in enumerate(kept[1])}
    ids = rows["id"].tolist()
    order = sorted(range(len(ids)), key=lambda row: places.get(ids[row], len(places)))
    return rows if order == [*range(len(ids))] else rows.take(order).reset_index(drop=True)


def _filtered(table: pd.DataFrame) -> pd.DataFrame:
    """Those of the recipe, corpus and protocol chosen; filters only where they help."""
    for name, everything in _FILTERS.items():
        options = sorted(set(table[name]) - {""})
        key = f"comparison_only_{name}"
        if len(options) < 2 and st.session_state.get(key, everything) == everything:
            continue
        if state.keep(key, everything) not in (everything, *options):
            st.session_state[key] = everything
        wanted = st.selectbox(
            _WORDS[name], [everything, *options], key=key, label_visibility="collapsed", width=190
        )
        if wanted != everything:
            table = table[table[name] == wanted]
    return table


def _columns(table: pd.DataFrame) -> list[str]:
    """The columns to show, in their order."""
    options = [str(name) for name in table if name not in ("id", "run")] + ["compared"]
    with st.popover("Columns", icon=":material/view_column:"):
        state.keep(_COLUMNS, [name for name in _USUAL if name in options])
        wanted = st.pills(
            "Columns", options, key=_COLUMNS, selection_mode="multi",
            format_func=lambda name: _WORDS.get(name, name[0].upper() + name[1:]),
        )  # fmt: skip
    return [
        "run",
        *(["beside"] if "compared" in wanted else []),
        *(name for name in options if name in wanted),
    ]


def _shown(known: Known) -> pd.DataFrame:
    """A line for each run, scores in percent with their intervals in words."""
    runs = [one.run for one in known.results]
    told = differences([(run.recipe, run.parameters) for run in runs])
    return _in_words(runs_table(known.results), [run.title for run in runs], told)


def _others(known: Known) -> list[Reported]:
    """What others reported, where the reader wants to see it and there is any."""
    found = worth_showing([one.run.corpus for one in known.results])
    if not found:
        return []
    state.keep(_OTHERS, default=False)
    wanted = st.toggle(
        "Reported by others", key=_OTHERS,
        help="What others published: marked “reported”, and nothing to tick",
    )  # fmt: skip
    return found if wanted else []


def _reported(others: Sequence[Reported]) -> pd.DataFrame:
    """A line for each reported result, in the same columns."""
    titles = [f"◇ {one.title} (reported)" for one in others]
    return _in_words(runs_table([], others), titles)


def _made(ensembles: Sequence[Results]) -> pd.DataFrame:
    """A line for each ensemble, in the same columns: nothing to tick."""
    titles = [f"{_ENSEMBLE} {one.run.title}" for one in ensembles]
    return _in_words(runs_table(ensembles), titles).assign(id="")


def worth_showing(corpora: Sequence[str]) -> list[Reported]:
    """What was reported on these corpora, or on one that its document does not name."""
    real = {name for name in corpora if DEMO not in name}
    return [one for one in reported() if one.corpus in real or (real and not one.corpus)]


def _in_words(
    table: pd.DataFrame, titles: Sequence[str], told: Sequence[str] | None = None
) -> pd.DataFrame:
    shown = pd.DataFrame({"id": table["id"].where(table["kind"] != REPORTED, ""), "run": titles})
    for name in ("protocol", "corpus", "features", "architecture"):
        shown[name] = table[name].fillna("")
    shown["differs"] = "" if told is None else told
    for name, word in MEASURES.items():
        shown[word] = 100 * table[name].astype(float)
        shown[f"{word} 95 %"] = [
            "" if pd.isna(low) else f"{100 * low:.1f} to {100 * high:.1f}"
            for low, high in zip(table[f"{name}_low"], table[f"{name}_high"], strict=True)
        ]
    for name in ("parameters", "epochs", "clips", "speakers", "folds"):
        shown[name] = table[name].astype(float)
    shown["time"] = ["" if pd.isna(each) else duration(each) for each in table["training_s"]]
    shown["recipe"], shown["seeds"] = table["recipe"], table["seeds"]
    shown["started"] = [_clock(each) for each in table["started"]]
    shown["tested"], shown["source"] = table["tested"], table["source"]
    return shown


def _clock(unix_s: float | None) -> dt.datetime | None:
    """A time of this machine's clock, as the Training page has it."""
    if unix_s is None or pd.isna(unix_s):
        return None
    return dt.datetime.fromtimestamp(unix_s, dt.UTC).astimezone().replace(tzinfo=None)


def _grid(rows: pd.DataFrame, columns: list[str], chosen: Sequence[Results]) -> None:
    ids = rows["id"].tolist()
    key = f"comparison_grid:{hash(tuple(ids))}:{st.session_state.get(GENERATION, 0)}"
    # The ticks at the beginning stay the same for as long as the table does.
    default = st.session_state.get(_DEFAULT)
    if default is None or default[0] != key or key not in st.session_state:
        ticked = [ids.index(one) for one in st.session_state[RUNS] if one in ids]
        default = st.session_state[_DEFAULT] = (key, ticked)
    told = compared(ids, rows["run"].tolist(), chosen)
    st.dataframe(
        rows.assign(beside=[each[:1] for each in told], compared=told), key=key, hide_index=True,
        column_order=columns, column_config=_config(), selection_mode="multi-row",
        selection_default={"selection": {"rows": default[1]}},
        on_select=lambda: _tick(key, ids), height=38 + 35 * min(_ROWS, len(rows)), placeholder="",
        alt="Finished runs with their scores; the boxes choose those that are compared",
    )  # fmt: skip


def compared(ids: Sequence[str], titles: Sequence[str], chosen: Sequence[Results]) -> list[str]:
    """For each row, whether it may be compared with the first chosen run, or why not."""
    if not chosen:
        return [""] * len(ids)
    known: dict[str, Results] = st.session_state[_TABLE][0].by_id()
    first = chosen[0]
    said = []
    for one, title in zip(ids, titles, strict=True):
        if not one and title.startswith(_ENSEMBLE):
            said.append("✓ made of the chosen runs")
        elif not one:
            said.append("◇ reported, not measured here")
        elif one == first.run.run_id:
            said.append("● the others stand beside it")
        else:
            why = why_not(first.run, known[one].run)
            said.append(f"✗ {why}" if why else "✓ comparable")
    return said


def _tick(key: str, ids: Sequence[str]) -> None:
    """Callback: other runs are ticked. Those that a filter hides stay chosen."""
    rows = [ids[row] for row in st.session_state[key]["selection"]["rows"] if row < len(ids)]
    ticked = [one for one in rows if one]
    before = st.session_state.get(RUNS, [])
    kept = [one for one in before if one in ticked or one not in ids]
    wanted = [*kept, *(one for one in ticked if one not in kept)]
    if len(wanted) > MOST:
        comparison_choice.put(wanted[:MOST])
        st.session_state[_TOO_MANY] = True
    elif len(ticked) < len(rows):  # what is reported, or made of the runs, cannot be ticked
        comparison_choice.put(wanted)
    else:
        st.session_state[RUNS] = wanted


def _said(rows: pd.DataFrame, others: int) -> None:
    """What of the last click could not be followed, and what is out of sight."""
    if st.session_state.pop(_TOO_MANY, False):
        st.warning(f"At most {MOST} runs stand beside each other.", icon=":material/checklist:")
    hidden = [one for one in st.session_state[RUNS] if one not in set(rows["id"])]
    if hidden:
        number = len(hidden)
        st.caption(f"{number} chosen run{'s are' if number > 1 else ' is'} hidden by the filters.")
    if others and len(rows) > _ROWS:
        st.caption(
            f"{others} reported results (◇) stand at the end of the table; a click on the head of "
            "a column sorts all rows."
        )


def _config() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    config: dict[str, Any] = {"run": text("Run", width=230, pinned=True)}
    config |= {name: text(word, help=_HELP.get(name)) for name, word in _WORDS.items()}
    config["differs"] = text(_WORDS["differs"], width=150, help=_HELP["differs"])
    for word in MEASURES.values():
        config[word] = number(word, format="%.1f %%", width=75, help=_HELP[word])
        config[f"{word} 95 %"] = text(
            f"{word}, 95 %", width=110, help="Bootstrap interval over speakers, in percent"
        )
    for name in ("parameters", "clips", "speakers", "folds"):
        config[name] = number(_WORDS[name], format="localized", width=90)
    config["epochs"] = number("Epochs", format="%.0f", width=75, help=_HELP["epochs"])
    config["started"] = st.column_config.DatetimeColumn("Started", format="D MMM YYYY, HH:mm")
    same = "Only scores of one test are: the same clips with the same labels, under one protocol"
    config["beside"] = text("Same test", width=70, help=f"✓ comparable with the first (●). {same}")
    config["compared"] = text("Comparable with the first?", width=330, help=same)
    return config
