"""What others reported stands as their documents have it, and is never mistaken for measured."""

import numpy as np
import pytest

from ser_core import emotions
from ser_core.comparison.reported import Reported, beside, lines, reported
from ser_core.comparison.results import results_of
from ser_core.comparison.table import runs_table
from ser_core.errors import ParameterError
from tests.comparison.made import drawn_run

KNOWN = {one.key: one for one in reported()}


def test_the_matrix_of_c_fits_its_own_scores() -> None:
    c = KNOWN["c"]
    counts = c.counts()
    assert counts is not None
    assert counts.sum() == c.clips == 491
    assert np.trace(counts) / 491 == pytest.approx(c.scores["war"], abs=5e-4)
    recalls = np.diag(counts) / counts.sum(1)
    for label, recall in zip(c.labels, recalls, strict=True):
        assert c.classes[label].recall == pytest.approx(recall, abs=5e-5)


def test_the_classes_of_b_fit_its_own_scores() -> None:
    b = KNOWN["b"]
    assert list(b.classes) == list(emotions.EMOTIONS)
    support = [one.support or 0 for one in b.classes.values()]
    assert sum(support) == b.clips == 1660
    f1 = [one.f1 or 0 for one in b.classes.values()]
    assert np.mean(f1) == pytest.approx(b.scores["macro_f1"], abs=0.006)


def test_every_result_says_where_it_stands_and_how_it_was_tested() -> None:
    assert {one.recipe for one in KNOWN.values()} >= {"a", "b", "c", "d-cnn1d", "e"}
    for one in KNOWN.values():
        assert one.source
        assert one.test
        assert one.protocol
        assert one.marked.endswith("(reported)")


def test_rows_are_marked_and_stand_after_the_runs() -> None:
    table = runs_table([results_of(drawn_run("a", 1.0, 0))], beside(["ravdess"]), digits=3)
    assert table["kind"].tolist()[:2] == ["measured", "reported"]
    assert table.loc[0, "uar_low"] < table.loc[0, "uar"] < table.loc[0, "uar_high"]
    others = table[table["kind"].eq("reported")].set_index("id")
    assert others.loc["whisper", "uar"] == 0.753
    assert others[["uar_low", "uar_high"]].isna().all(axis=None)
    assert others["tested"].eq("").all()
    assert "e-iemocap" not in others.index


def test_lines_are_of_one_corpus_from_low_to_high() -> None:
    titles = [title for title, _ in lines("uar")]
    assert titles[0] == "Chance (reported)"
    assert [value for _, value in lines("uar")] == sorted(value for _, value in lines("uar"))
    assert lines("uar", "emodb") == []


def test_a_figure_that_cannot_be_is_refused() -> None:
    entry = KNOWN["c"].model_dump()
    with pytest.raises(ParameterError, match="shares in"):
        Reported.parse({**entry, "scores": {"war": 82.5}})
    with pytest.raises(ParameterError, match="a row and a column for each label"):
        Reported.parse({**entry, "labels": ("sad",)})
