"""Write a trained network as one ONNX file with its preprocessing inside, and a card beside it."""

import contextlib
import datetime as dt
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ser_core.config import Component
from ser_core.errors import ModelError
from ser_core.evaluation.calibration import expected_calibration_error
from ser_core.evaluation.coverage import accuracy_by_coverage
from ser_core.evaluation.groups import wilson
from ser_core.evaluation.temperature import Calibration
from ser_core.features.statistics import Statistics
from ser_core.inference.model_file import CARD, METADATA_KEY, NETWORK, ModelSpec
from ser_core.training.baselines import FittedBaseline, to_onnx
from ser_core.training.config import Recipe
from ser_core.training.onnx_aside import export_aside
from ser_core.training.onnx_graph import write_onnx
from ser_core.training.results import CrossValidation, FoldResult, score_table
from ser_core.training.trainer import Fitted

if TYPE_CHECKING:
    import keras

TOLERANCE = 1e-4
"""Largest difference in logits allowed between the trained network and its ONNX file."""

_STANDARDISE = "standardise_"  # and the input's name: what its layer is called


def export_model(fitted: Fitted, spec: ModelSpec, card: dict[str, Any], folder: Path) -> None:
    """Write `model.onnx` and `card.json` into `folder`.

    The ONNX file takes features as the extractors give them, under the names of the architecture's
    inputs (standardisation is their first layer), and returns what each head says, by its name;
    what else is needed to use it stands in its metadata.

    Raises:
        ModelError: ONNX Runtime does not give the network's own answers.
    """
    import onnx

    with _draft_folder(folder) as temporary:
        draft = temporary / NETWORK
        if isinstance(fitted.network, FittedBaseline):
            ((name, statistics),) = fitted.statistics.items()
            model = to_onnx(fitted.network, statistics, name)
        else:
            complete = with_standardiser(fitted.network, fitted.statistics)
            model = _converted(complete, draft)
        del model.metadata_props[:]
        text = json.dumps(spec.model_dump(mode="json"), sort_keys=True)
        model.metadata_props.add(key=METADATA_KEY, value=text)
        onnx.save(model, str(draft))
        if isinstance(fitted.network, FittedBaseline):
            verify_baseline(fitted.network, statistics, name, draft)
        else:
            verify(complete, draft)
        draft.replace(folder / NETWORK)
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False), encoding="utf-8")


@contextlib.contextmanager
def _draft_folder(folder: Path) -> Iterator[Path]:
    """A folder within `folder`, removed in the end, and so is what a killed process left of it."""
    draft = folder / ".draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _converted(network: "keras.Model", draft: Path) -> Any:
    """The ONNX model of a Keras network; `draft` is a file for the way there."""
    import keras
    import onnx

    write = write_onnx if keras.backend.backend() == "tensorflow" else export_aside
    write(network, draft)
    return onnx.load(str(draft))


def verify_baseline(fitted: FittedBaseline, statistics: Statistics, name: str, file: Path) -> None:
    """Make sure that a classifier and an ONNX file give the same probabilities.

    Raises:
        ModelError: they do not.
    """
    import onnxruntime

    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(64, statistics.mean.size))
    features = (statistics.mean + statistics.std * drawn).astype(np.float32)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {name: features})
    wanted = fitted.predict_on_batch({name: statistics.standardise(features)})["emotion"]
    difference = float(np.abs(np.exp(got) - np.exp(wanted)).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"the ONNX file differs from the trained classifier: probabilities by "
            f"{difference:.2g}, allowed {TOLERANCE:g}"
        )


def with_standardiser(
    network: "keras.Model", statistics: Mapping[str, Statistics]
) -> "keras.Model":
    """A network that takes features as the extractors give them."""
    import keras

    inputs, standardised = {}, {}
    for name, shape in _shapes(network).items():
        inputs[name] = keras.Input(shape, name=name)
        # Not keras.layers.Normalization: its constants become inputs of the exported graph.
        layer = keras.layers.BatchNormalization(
            center=False, scale=False, epsilon=0, name=_STANDARDISE + name
        )
        standardised[name] = layer(inputs[name])
        layer.set_weights([statistics[name].mean, statistics[name].std ** 2])
    model = keras.Model(inputs, network(standardised), name="complete")
    model(_zeros(model))  # Keras exports only what was called once
    return model


def _zeros(network: "keras.Model") -> dict[str, Any]:
    return {name: np.zeros((1, *shape), np.float32) for name, shape in _shapes(network).items()}


def _shapes(network: "keras.Model") -> dict[str, tuple[int, ...]]:
    """Shape of one example of each input."""
    return {tensor.name: tuple(tensor.shape[1:]) for tensor in network.inputs}


def verify(network: "keras.Model", file: Path) -> None:
    """Make sure that a network and an ONNX file give the same answers.

    Raises:
        ModelError: they do not.
    """
    import onnxruntime

    features = {name: _plausible(network, name, shape) for name, shape in _shapes(network).items()}
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    wanted = network.predict_on_batch(features)
    got = session.run(list(wanted), features)
    difference = max(
        float(np.abs(ours - np.asarray(theirs)).max())
        for ours, theirs in zip(got, wanted.values(), strict=True)
    )
    if not difference <= TOLERANCE:
        raise ModelError(
            f"the ONNX file differs from the trained network: logits by {difference:.2g}, "
            f"allowed {TOLERANCE:g}"
        )


def _plausible(network: "keras.Model", name: str, shape: tuple[int, ...]) -> Any:
    """Features (4, *shape) as far from their mean as those of the training clips.

    Far from there, answers grow large, and the rounding of 32-bit numbers with them.
    """
    mean, variance = network.get_layer(_STANDARDISE + name).get_weights()
    rng = np.random.default_rng(0)
    return (mean + np.sqrt(variance) * rng.normal(size=(4, *shape))).astype(np.float32)


def model_spec(
    recipe: Recipe,
    results: CrossValidation,
    fitted: Fitted,
    calibration: Calibration | None = None,
) -> ModelSpec:
    """What a predictor has to know, with the bounds of "sure" learned from the folds.

    Args:
        calibration: of `results`; without one, probabilities stay as the network gives them.
    """
    sure, not_sure = confidence_bounds(results.told(calibration), results.labels)
    spoken = fitted.statistics if fitted.standardisation == "speaker" else {}
    return ModelSpec(
        labels=tuple(results.labels),
        preprocessing=recipe.preprocessing,
        inputs=_extractors(recipe),
        further={head.name: head.classes for head in fitted.targets.heads[1:]},
        temperature=1.0 if calibration is None else calibration.temperature,
        sure_above=sure,
        not_sure_below=not_sure,
        standardisation=recipe.training.standardisation,
        feature_mean={name: tuple(each.mean.tolist()) for name, each in spoken.items()},
        feature_std={name: tuple(each.std.tolist()) for name, each in spoken.items()},
    )


def _extractors(recipe: Recipe) -> dict[str, Component]:
    """The extractor of each input, with all its settings."""
    return {
        name: Component(name=each.name, settings=each.config.model_dump())
        for name, each in recipe.extractors().items()
    }


def confidence_bounds(
    predictions: pd.DataFrame, labels: list[str], sure: float = 0.85, not_sure: float = 0.5
) -> tuple[float, float]:
    """Probabilities above which a label is right more often than `sure`, below which less than
    `not_sure`.

    Accuracy as a rising function of the top probability is fitted by isotonic regression on
    out-of-fold predictions (Zadrozny & Elkan 2002, KDD). A few clips that happen to be right make
    no bound: the share of all clips above it that was right must lie above the level by its 95 %
    interval, too, and no bound lies below everything that was tested.

    Returns:
        (sure_above, not_sure_below); 1.0 where no probability is high enough to be sure.
    """
    from sklearn.isotonic import IsotonicRegression

    top = predictions[labels].to_numpy().max(axis=1)
    right = (predictions["emotion"] == predictions["predicted"]).to_numpy(float)
    curve = IsotonicRegression(out_of_bounds="clip").fit(top, right)
    grid = np.linspace(0, 1, 1001)
    grid = grid[(grid >= top.min()) & (grid <= top.max())]
    accuracy = curve.predict(grid) if grid.size else grid

    def bears(bound: float, level: float) -> bool:
        above = right[top >= bound]
        return wilson(int(above.sum()), above.size).low >= level

    def first(level: float) -> float:
        reached = grid[accuracy >= level]
        return next((float(bound) for bound in reached if bears(bound, level)), 1.0)

    return first(sure), first(not_sure)


def model_card(
    name: str,
    recipe: Recipe,
    results: CrossValidation,
    study_facts: dict[str, Any],
    fitted: Fitted,
    calibration: Calibration | None = None,
) -> dict[str, Any]:
    """The model card (after Mitchell et al. 2019, "Model Cards for Model Reporting").

    Args:
        study_facts: corpus, language, licence, protocol and clips, as the study knows them.
        calibration: as of `model_spec`.
    """
    scores = results.scores()
    _, truth, speakers = results.probabilities()
    said = results.told(calibration)[results.labels].to_numpy(float)
    return {
        "name": name,
        "title": recipe.title,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        **study_facts,
        "architecture": recipe.architecture.name,
        "parameters": int(fitted.network.count_params()),
        **_made_of(fitted),
        "features": {
            name: {"extractor": each.name, **each.settings}
            for name, each in _extractors(recipe).items()
        },
        "recipe": recipe.model_dump(mode="json"),
        "epochs": len(fitted.history),
        "folds": [_fold_facts(result, results.labels) for result in results.folds],
        "seeds": [recipe.training.seed],
        "interval": "95 % bootstrap over speakers",
        **scores.as_dict(),
        "ece": expected_calibration_error(said, truth),
        "calibration": None if calibration is None else calibration.as_dict(),
        "coverage": accuracy_by_coverage(said, truth, speakers).as_dict(),
        "speakers_apart": results.speakers_apart,
        "note": (
            f"The scores belong to the fold models, {_tested_on(results)}. This model was then "
            f"trained on all speakers{_how_long(fitted)}; it has no test speakers left of its own."
        ),
    }


def _made_of(fitted: Fitted) -> dict[str, str]:
    """What a baseline has learned, in words; nothing is said of networks."""
    return {"made_of": fitted.network.made_of} if isinstance(fitted.network, FittedBaseline) else {}


def _how_long(fitted: Fitted) -> str:
    if isinstance(fitted.network, FittedBaseline):
        return ""
    return f" for {len(fitted.history)} epochs, the median of the folds' best"


def _tested_on(results: CrossValidation) -> str:
    if results.speakers_apart:
        return "each tested on speakers it never heard"
    return (
        "each tested on clips it never heard, of speakers whom it may have heard: they say nothing "
        "about new voices"
    )


def _fold_facts(result: FoldResult, labels: list[str]) -> dict[str, Any]:
    scores = score_table(result.predictions, labels)
    return {
        "test": list(result.fold.test_speakers),
        "validation": list(result.fold.validation_speakers),
        "war": scores.war.value,
        "uar": scores.uar.value,
        "best_epoch": result.best_epoch,
    }
