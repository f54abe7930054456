"""Every shipped recipe trains for an epoch by command on a few clips, as do ablations."""

import json
from pathlib import Path

import pytest

from ser_core import recipes
from ser_core.__main__ import main
from ser_core.inference import Predictor
from ser_core.tracking import open_store
from ser_core.training.faults import leak_words

COLOUR = '{"name": "spectrogram_image", "settings": {"colour": "rgb"}}'
ABLATIONS = {
    "a without CutMix": ["augmentation={}"],
    "a CNN only": ["branches=image", f"features={COLOUR}"],
    "c mel only": ["channels=log_mel"],
    "c MFCC only": ["channels=mfcc"],
}

ONE_FOLD = ["--protocol", "stratified-holdout"]  # a fold of recipe b takes minutes of processor


def trained(recipe: str, corpus: Path, *more: str) -> Path:
    """The files of a run of one epoch."""
    words = ["train", recipe, "--corpus", f"synthetic={corpus}", "--set", "epochs=1", *more]
    assert main(words) == 0
    (run, *_) = open_store().runs()
    assert (run.status, run.recipe) == ("FINISHED", recipe)
    files = open_store().files(run.run_id)
    assert files is not None
    return files


@pytest.mark.parametrize("recipe", recipes.names())
def test_recipe_trains_is_saved_and_answers(recipe: str, few_clips: Path, ser_home: Path) -> None:
    copies = [] if recipe in ("a", "c") else ["--set", "copies=1"]
    trained(recipe, few_clips, *ONE_FOLD, *copies, "--model", "mine")
    clip = next(few_clips.rglob("*.wav"))
    said = Predictor.load(ser_home / "models" / "mine").predict_file(clip)
    assert sum(said.probabilities.values()) == pytest.approx(1)


@pytest.mark.parametrize("recipe", recipes.originals())
def test_original_trains_with_its_faults(recipe: str, few_clips: Path, ser_home: Path) -> None:
    files = trained(recipe, few_clips, "--faithful", *ONE_FOLD)
    said = json.loads((files / "scores.json").read_text())
    faults = recipes.load(recipe, faithful=True).faults
    assert said["leaks"] == leak_words(faults, ONE_FOLD[1])
    assert (said["copies"] > 0) == (recipe == "b")


@pytest.mark.parametrize("name", ABLATIONS)
def test_ablation_trains(name: str, few_clips: Path, ser_home: Path) -> None:
    settings = [part for one in ABLATIONS[name] for part in ("--set", one)]
    trained(name[0], few_clips, *ONE_FOLD, *settings)
