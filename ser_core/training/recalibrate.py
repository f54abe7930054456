"""Give a saved model the temperature and the coverage curve of a run of the same recipe.

For models saved before trainings learned either. What is written says where it is from: the run's
fold networks were trained as the model's were, and are not the same.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from ser_core.augment import ChainConfig
from ser_core.errors import ModelError, TrackingError
from ser_core.evaluation.calibration import expected_calibration_error
from ser_core.evaluation.coverage import accuracy_by_coverage
from ser_core.evaluation.intervals import named_speakers
from ser_core.evaluation.temperature import Calibration, calibrate
from ser_core.features import EXTRACTORS
from ser_core.inference.model_file import (
    CARD,
    METADATA_KEY,
    ModelFolder,
    ModelSpec,
    find_model,
    read_spec,
)
from ser_core.models import ARCHITECTURES
from ser_core.tracking import Run, RunStore
from ser_core.training.completion import complete
from ser_core.training.export import confidence_bounds
from ser_core.training.recipe import Recipe
from ser_core.training.results import score_table

_SCORES = ("uar", "war")


def recalibrate(model: str, reference: str, store: RunStore) -> Calibration:
    """Write a run's temperature, bounds of "sure" and coverage curve into a model and its card.

    Args:
        model: name of a model, or the path of its folder.
        reference: a run's id or the beginning of it.

    Returns:
        The temperature, and what it is worth.

    Raises:
        UnknownNameError: no such model or run.
        TrackingError: the run kept no predictions.
        ModelError: the model has no card, or its recipe, its clips or its scores are not the run's.
    """
    import onnx

    folder, run = find_model(model), store.find(reference)
    network = onnx.load(str(folder.network))
    metadata = {each.key: each.value for each in network.metadata_props}
    spec, card = read_spec(metadata.get(METADATA_KEY), folder.name), folder.card()
    recipe, table = _of_run(run, store)
    _check(folder, spec, card, recipe, table)
    labels = list(spec.labels)
    speakers = table["speaker"].tolist()
    truth = [labels.index(label) for label in table["emotion"]]
    learned = calibrate(table[labels].to_numpy(float), truth, speakers)
    table[labels] = learned.probabilities
    sure, not_sure = confidence_bounds(table, labels)
    changed = {"temperature": learned.temperature, "sure_above": sure, "not_sure_below": not_sure}
    new = ModelSpec.parse(spec.model_dump(mode="json") | changed)
    source = _source(run, table, labels)
    curve = accuracy_by_coverage(learned.probabilities, truth, speakers).as_dict()
    card |= {
        "ece": expected_calibration_error(learned.probabilities, truth),
        "calibration": {**learned.as_dict(), "source": source},
        "coverage": {**curve, "source": source},
    }
    del network.metadata_props[:]
    text = json.dumps(new.model_dump(mode="json"), sort_keys=True)
    network.metadata_props.add(key=METADATA_KEY, value=text)
    _write(folder, network, card)
    return learned


def _of_run(run: Run, store: RunStore) -> tuple[Recipe, pd.DataFrame]:
    files = store.files(run.run_id)
    if files is None or not (files / "predictions.csv").is_file():
        raise TrackingError(f"run {run.run_id}: it kept no predictions; only a finished one does")
    recipe = Recipe.parse(json.loads((files / "recipe.json").read_text(encoding="utf-8")))
    words = dict.fromkeys(("clip", "speaker", "emotion", "predicted"), str)
    table = pd.read_csv(files / "predictions.csv", dtype=words, keep_default_na=False)
    return complete(recipe), table


def _check(
    folder: ModelFolder, spec: ModelSpec, card: dict[str, Any], recipe: Recipe, table: pd.DataFrame
) -> None:
    """Make sure that the run is one of the model's own recipe, and came to the same.

    Raises:
        ModelError: it is not.
    """
    if not card:
        raise ModelError(f"{folder.name}: it has no card, so a run cannot be compared with it")
    theirs = card.get("recipe", {})
    pairs = {
        "preprocessing": (spec.preprocessing, recipe.preprocessing),
        "features": (_inputs(spec), {k: x.fingerprint() for k, x in recipe.extractors().items()}),
        "architecture": (_network(theirs), recipe.network().config),
        "augmentation": (_steps(theirs), _steps(recipe.model_dump(mode="json"))),
        "clips": (card["clips"], len(table)),
        "speakers": (card.get("speakers"), named_speakers(table["speaker"].tolist())),
    }
    other = [what for what, (own, runs) in pairs.items() if own != runs]
    if other:
        raise ModelError(
            f"{folder.name}: the run is of another recipe or other clips; these differ: "
            f"{', '.join(other)}"
        )
    if missing := [label for label in spec.labels if label not in table]:
        raise ModelError(f"{folder.name}: the run does not know {', '.join(missing)}")
    scores = score_table(table, list(spec.labels)).as_dict()
    for name in _SCORES:
        one, other = card[name], scores[name]
        if not (_within(one["value"], other) and _within(other["value"], one)):
            raise ModelError(
                f"{folder.name}: its {name.upper()} is {one['value']:.3f}, the run's "
                f"{other['value']:.3f}: each has to lie in the other's interval"
            )


def _inputs(spec: ModelSpec) -> dict[str, str]:
    return {
        name: EXTRACTORS.create(each.name, **each.settings).fingerprint()
        for name, each in spec.inputs.items()
    }


def _network(recipe: dict[str, Any]) -> Any:
    architecture = recipe.get("architecture") or {"name": "", "settings": {}}
    return ARCHITECTURES.create(architecture["name"], **architecture["settings"]).config


def _steps(recipe: dict[str, Any]) -> list[Any]:
    """What changes clips and batches in training, each with all its settings."""
    chain = ChainConfig.parse(recipe.get("augmentation", {}))
    steps = (*chain.waveform, *chain.batch)
    return [chain.copies, *((one.name, one.augmenter().config, one.probability) for one in steps)]


def _within(value: float, score: dict[str, Any]) -> bool:
    low, high = score["low"], score["high"]
    return low is not None and high is not None and low <= value <= high


def _source(run: Run, table: pd.DataFrame, labels: list[str]) -> str:
    """Where the numbers are from, in a sentence."""
    uar = score_table(table, labels).uar
    return (
        f"Of the fold models of run {run.run_id[:8]}, trained by the same recipe on the same clips "
        f"(UAR {uar.value:.3f} [{uar.low:.3f}, {uar.high:.3f}]), not of this model's own."
    )


def _write(folder: ModelFolder, network: Any, card: dict[str, Any]) -> None:
    """Write both; what is interrupted leaves the old network whole."""
    import onnx

    draft = folder.network.with_suffix(".draft")
    try:
        onnx.save(network, str(draft))
        draft.replace(folder.network)
    finally:
        draft.unlink(missing_ok=True)
    text = json.dumps(card, indent=1, ensure_ascii=False)
    Path(folder.path / CARD).write_text(text, encoding="utf-8")
