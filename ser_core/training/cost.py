"""What a training takes on this machine: time and memory, measured before it starts.

`measured` has a process with Keras train a few batches of noise in the recipe's shapes, with its
augmentation, and make the features of a made-up clip; what it found is kept by all that it depends
on. `kept` reads it back at once. `Cost.estimate` then reckons with the numbers of clips.

The figures are those of a machine as busy as it was when they were taken.
"""

import importlib.metadata
import json
import os
from typing import Any

import numpy as np

from ser_core import augment, features, models, paths
from ser_core.config import Config
from ser_core.models.aside import ask_aside
from ser_core.store import ResultStore, code_fingerprint, result_key
from ser_core.training.recipe import Recipe

_TIMEOUT_S = 300.0
_KEPT = "costs"


class Estimate(Config):
    """What some folds of a training come to.

    Attributes:
        epoch_s: seconds for one epoch of one fold, validation included; None for a baseline, which
            has no epochs.
        training_s: for all epochs of all folds; early stopping makes it less.
        features_s: for features that have not been made before.
        memory_mb: most memory of the process, at the sizes that were measured.
    """

    epoch_s: float | None
    training_s: float | None
    features_s: float
    memory_mb: float


class Cost(Config):
    """What was measured.

    Attributes:
        step_s: seconds for one batch, made and learned from; None for a baseline.
        predict_s: seconds to hear one clip.
        features_s: seconds to make the features of one clip and its copies, on one core.
        cores: that features are made on.
        memory_mb: the process' most, Keras included.
        device: what it was measured on, in words.
    """

    step_s: float | None
    predict_s: float
    features_s: float
    cores: int
    memory_mb: float
    device: str

    def estimate(
        self, recipe: Recipe, training_clips: int, validation_clips: int, clips: int, folds: int
    ) -> Estimate:
        """What a recipe takes.

        Args:
            training_clips: of one fold.
            validation_clips: of one fold.
            clips: of the corpus.
            folds: how many are trained.
        """
        epoch_s = training_s = None
        if self.step_s is not None:
            training = recipe.training
            versions = 1 + recipe.augmentation.copies if training.versions == "all" else 1
            seen = training_clips * versions
            steps = seen // max(1, min(training.batch_size, seen))
            epoch_s = steps * self.step_s + validation_clips * self.predict_s
            training_s = epoch_s * training.epochs * folds
        return Estimate(
            epoch_s=epoch_s,
            training_s=training_s,
            features_s=clips * self.features_s / self.cores,
            memory_mb=self.memory_mb,
        )


def kept(recipe: Recipe, emotions: int) -> Cost | None:
    """What was measured before of the same recipe on this machine; None for nothing.

    Args:
        recipe: complete.
        emotions: how many are told apart.
    """
    found = _store().get(_key(_order(recipe, emotions)))
    if found is None:
        return None
    try:
        return Cost.parse(json.loads(found["json"].tobytes()))
    except (KeyError, ValueError):  # damaged: measured anew
        return None


def measured(recipe: Recipe, emotions: int) -> Cost:
    """The same, measured where nothing is kept: that takes ten seconds to a minute.

    Raises:
        ParameterError: the recipe's network cannot take what its extractors give.
        ModelError: the process that has Keras failed.
    """
    if (found := kept(recipe, emotions)) is not None:
        return found
    order = _order(recipe, emotions)
    said = ask_aside(
        "ser_core.training.cost_measure", order, f"{recipe.name}: not measured", {}, _TIMEOUT_S
    )
    _store().put(_key(order), {"json": np.frombuffer(said.encode(), np.uint8)})
    return Cost.parse(json.loads(said))


def _order(recipe: Recipe, emotions: int) -> dict[str, Any]:
    said = recipe.model_dump(mode="json")
    for name in ("title", "description", "selection"):
        said[name] = ""
    # What changes how long it all takes together, and not a step of it.
    said["training"] |= {"epochs": 1, "seed": 0, "folds": 2, "patience": 0, "init_from": ""}
    return {"recipe": {**said, "name": "measured"}, "emotions": emotions}


def _key(order: dict[str, Any]) -> str:
    code = [code_fingerprint(room) for room in (models, features, augment)]
    place = [os.environ.get("KERAS_BACKEND", ""), str(os.cpu_count())]
    made = [json.dumps(order, sort_keys=True), *code, *place]
    return result_key([], [*made, importlib.metadata.version("keras")])


def _store() -> ResultStore:
    return ResultStore(paths.home() / "cache" / _KEPT)
