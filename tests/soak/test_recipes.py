"""Every shipped recipe trains for an epoch, from the command line, on the synthetic corpus."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ser_core import recipes
from tests.e2e.conftest import ROOT


def command_line(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ser_core", *arguments],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )


@pytest.mark.parametrize("recipe", recipes.names())
def test_recipe_trains_scores_and_predicts(
    recipe: str, synthetic_corpus: Path, ser_home: Path
) -> None:
    corpus = f"synthetic={synthetic_corpus}"
    settings = ("--folds", "2", "--set", "epochs=1", "--set", "copies=1")
    trained = command_line("train", recipe, "--corpus", corpus, *settings, "--model", "mine")
    assert trained.returncode == 0, trained.stderr
    run_id = trained.stdout.split()[-1]

    runs = json.loads(command_line("runs", "--json").stdout)
    assert [(run["run_id"], run["status"], run["recipe"]) for run in runs] == [
        (run_id, "FINISHED", recipe)
    ]

    clip = next(synthetic_corpus.rglob("*.wav"))
    predicted = command_line("predict", str(clip), "--model", "mine", "--json")
    assert predicted.returncode == 0, predicted.stderr
    assert sum(json.loads(predicted.stdout)[0]["probabilities"].values()) == pytest.approx(1)
