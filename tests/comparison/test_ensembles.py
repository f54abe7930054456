"""Ensembles: pooled by hand, weighed by what other speakers show, and runs like any other."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize

from ser_core.comparison.ensembles import ensemble, mixture_weights
from ser_core.comparison.results import results_of
from ser_core.errors import ParameterError
from tests.comparison.made import LABELS, drawn_run, run_of

TRUE = ["sad", "happy", "sad", "neutral"]


def test_an_average_is_the_mean_of_the_probabilities() -> None:
    right, wrong = run_of("a", TRUE, TRUE, 0.6), run_of("b", TRUE, ["happy"] * 4, 0.9)
    pooled = ensemble([right, wrong])
    first = pooled.run.predictions.iloc[0]
    assert first[LABELS].tolist() == pytest.approx([0.125, 0.55, 0.325])
    assert pooled.run.predictions["predicted"].tolist() == ["happy"] * 4
    assert pooled.weights.tolist() == [[0.5, 0.5]]


def test_it_stands_as_one_more_run() -> None:
    runs = [drawn_run(name, 1.0, seed) for seed, name in enumerate("ab")]
    found = ensemble(runs, "stack").run
    scores = results_of(found).scores
    assert scores.clips == 240
    assert scores.uar.value > max(results_of(run).scores.uar.value for run in runs)
    assert found.members == tuple(run.title for run in runs)
    assert found.title.startswith("stack of 2 · ")
    assert found.run_id == ensemble(runs[::-1], "stack").run.run_id


def test_clips_in_another_order_are_the_same_clips() -> None:
    runs = [drawn_run(name, 1.0, seed) for seed, name in enumerate("ab")]
    mixed = replace(runs[1], predictions=runs[1].predictions.sample(frac=1, random_state=0))
    there, back = (ensemble([runs[0], other]).run.predictions for other in (runs[1], mixed))
    assert there.equals(back)


def test_weights_are_those_of_the_greatest_likelihood() -> None:
    of_truth = np.random.default_rng(0).uniform(0.05, 1, (3, 200))
    of_truth[0] **= 0.5
    found = mixture_weights(of_truth)

    def loss(free: np.ndarray) -> float:
        weights = np.exp(free) / np.exp(free).sum()
        return -float(np.log(weights @ of_truth).mean())

    best = optimize.minimize(loss, np.zeros(3), tol=1e-10).x
    assert found == pytest.approx(np.exp(best) / np.exp(best).sum(), abs=2e-3)


def test_a_speaker_has_no_say_in_the_weights_of_her_own_clips() -> None:
    runs = [drawn_run(name, skill, seed) for seed, (name, skill) in enumerate([("a", 2), ("b", 0)])]
    mine = runs[0].predictions["speaker"].eq("00")
    table = runs[1].predictions.copy()
    table.loc[mine, LABELS] = np.eye(3)[[LABELS.index(e) for e in table.loc[mine, "emotion"]]]
    changed = replace(runs[1], predictions=table)
    before, after = (ensemble([runs[0], other], "stack").weights for other in (runs[1], changed))
    assert before[0] == pytest.approx(after[0])
    assert before[1, 1] < after[1, 1]


def test_what_makes_no_ensemble_is_refused() -> None:
    run = run_of("a", TRUE, TRUE)
    with pytest.raises(ParameterError, match="two runs or more, got 1"):
        ensemble([run])
    with pytest.raises(ParameterError, match="'average' or 'stack', got 'vote'"):
        ensemble([run, run], "vote")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="make no ensemble: their protocols differ"):
        ensemble([run, replace(run, protocol="random")])
    alone = run_of("a", TRUE, TRUE, speakers=["0"] * 4)
    with pytest.raises(ParameterError, match="two or more are needed"):
        ensemble([alone, alone], "stack")
