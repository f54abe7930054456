"""What of a split stands on both sides, kind by kind, and the clips to listen to."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.components import dataset_facts, dataset_listen
from pages.components.split_work import Split

_PAIRS = "splits_pairs"
_WHAT = {
    "clip": "Clips themselves",
    "speaker": "Speakers",
    "audio": "Same audio",
    "copy": "Augmented copies",
    "statement": "Statements",
}


def draw(split: Split) -> None:
    """What stands on both sides, kind by kind, and the clips to listen to."""
    pairs = split.check.clips
    pairs = pairs[pairs["side"] == "test"] if not pairs.empty else pairs
    with st.expander(
        "What was compared", icon=":material/compare_arrows:", expanded=not pairs.empty
    ):
        st.dataframe(
            _table(split.check.table),
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


def _table(found: pd.DataFrame) -> pd.DataFrame:
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
