"""The histogram of durations: stacked, every step to be pointed at, what is left out pale."""

import numpy as np
import pytest

from ser_core import emotions, figures
from ser_core.errors import ParameterError
from ser_core.figures.series import see_through

EDGES_S = [0.5, 1.0, 1.5, 2.0]
COUNTS = {"sad": [1, 0, 2], "angry": [3, 4, 0]}


def test_bars_are_stacked_by_emotion_and_each_step_says_what_it_holds() -> None:
    sad, angry, steps = figures.duration_figure(EDGES_S, COUNTS).data
    np.testing.assert_allclose(sad.x, [0.75, 1.25, 1.75])
    assert (list(sad.y), list(angry.y)) == ([1, 0, 2], [3, 4, 0])
    assert set(angry.marker.color) == {emotions.colour("angry")}
    # Low bars are clicked by what stands invisibly over them.
    assert len(steps.x) == 3
    assert steps.hovertext[0] == "<b>0.5–1.0 s: 4 clips</b><br>Angry: 3<br>Sad: 1"
    assert steps.hovertext[2] == "<b>1.5–2.0 s: 2 clips</b><br>Sad: 2"


def test_steps_outside_of_the_choice_are_pale() -> None:
    sad = figures.duration_figure(EDGES_S, COUNTS, chosen_s=(1.0, 1.5)).data[0]
    pale = see_through(emotions.colour("sad"), 0.25)
    assert list(sad.marker.color) == [pale, emotions.colour("sad"), pale]


def test_a_bar_that_would_squash_the_others_is_cut_and_says_its_number() -> None:
    even = figures.duration_figure(EDGES_S, COUNTS)
    assert not even.layout.annotations
    assert even.layout.yaxis.range is None
    towering = figures.duration_figure(EDGES_S, {"sad": [833, 10, 7]})
    assert towering.layout.annotations[0].text == "↑ 833"
    assert tuple(towering.layout.yaxis.range) == (0, 15)


def test_counts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ParameterError, match="counts: 3 to fit the edges"):
        figures.duration_figure(EDGES_S, {"sad": [1, 2]})


def test_labels_of_the_users_own_are_no_markup() -> None:
    """Plotly would draw <b>meh</b> as a bold word."""
    own, seen = "<b>meh</b>", "&lt;b&gt;meh&lt;/b&gt;"
    bars = figures.count_bars({own: 1}).data[0]
    grid = figures.heatmap([[1]], [own], [own]).data[0]
    folds = figures.fold_figure([own], [own], np.ones((1, 1, 3)))
    shares = figures.share_figure([own], [own], [[1]]).data[0]
    words = [*bars.y, *grid.x, *grid.y, *shares.y, shares.name, *folds.data[0].x, *folds.data[0].y]
    assert {word.lower() for word in words} == {seen}
    steps = figures.duration_figure([0, 1], {own: [1]}).data[-1]
    assert seen in steps.hovertext[0].lower()
