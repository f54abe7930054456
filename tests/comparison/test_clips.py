"""From a cell to its clips, the surest mistake first, with what every run made of them."""

from dataclasses import replace

import pytest

from ser_core.comparison.clips import cell_clips, clip_probabilities, missed_by_all, mistakes
from ser_core.errors import ParameterError
from tests.comparison.made import run_of

TRUE = ["sad", "sad", "sad", "happy", "neutral"]
FIRST = run_of("first", TRUE, ["happy", "sad", "happy", "sad", "neutral"], [0.5, 0.9, 0.7, 0.8, 1])
OTHER = run_of("other", TRUE, ["neutral", "happy", "sad", "sad", "neutral"], 0.6)


def test_a_cell_has_its_clips_by_how_sure_the_mistake_was() -> None:
    found = cell_clips(FIRST, "sad", "happy", [OTHER])
    assert found["clip"].tolist() == ["c002.wav", "c000.wav"]
    assert found["confidence"].tolist() == pytest.approx([0.7, 0.5])
    assert found["of_truth"].tolist() == pytest.approx([0.15, 0.25])
    assert found[f"answer: {OTHER.title}"].tolist() == ["sad", "neutral"]
    assert found[f"sure: {OTHER.title}"].tolist() == pytest.approx([0.6, 0.6])
    assert cell_clips(FIRST, "neutral", "sad").empty


def test_other_runs_may_have_other_clips_in_another_order() -> None:
    table = OTHER.predictions.iloc[[2, 1]]
    found = cell_clips(FIRST, "sad", "happy", [replace(OTHER, predictions=table)])
    told = found[f"answer: {OTHER.title}"].tolist()
    assert told[0] == "sad"
    assert told[1] != told[1]  # not tested on it


def test_clips_that_all_runs_miss() -> None:
    found = missed_by_all([FIRST, OTHER])
    assert found["clip"].tolist() == ["c003.wav", "c000.wav"]
    assert found["confidence"].tolist() == pytest.approx([0.7, 0.55])
    assert missed_by_all([FIRST])["clip"].tolist() == mistakes(FIRST)["clip"].tolist()


def test_one_clip_under_all_runs() -> None:
    found = clip_probabilities([FIRST, OTHER], "c000.wav")
    assert found.loc[FIRST.title].tolist() == pytest.approx([0.25, 0.5, 0.25])
    assert found.loc[OTHER.title, "neutral"] == pytest.approx(0.6)
    assert clip_probabilities([FIRST], "nowhere.wav").empty


def test_a_label_that_is_none_is_refused() -> None:
    with pytest.raises(ParameterError, match="emotion must be one of neutral, happy, sad"):
        cell_clips(FIRST, "bored", "sad")
