"""Weights of a trained model as the start of another training: fine-tuning.

A network's weights are kept beside its ONNX file as plain arrays, in the order of its layers; those
of a head under the head's name, for they mean nothing to a network of other labels.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ser_core.corpora import combine
from ser_core.corpora.combine import person
from ser_core.emotions import order
from ser_core.errors import CorpusError, ModelError, ParameterError
from ser_core.features.statistics import Statistics
from ser_core.inference.model_file import ModelFolder, find_model
from ser_core.models.base import EMOTION
from ser_core.training.faults import FaultsConfig
from ser_core.training.recipe import Recipe, TrainingConfig
from ser_core.training.targets import Head

if TYPE_CHECKING:
    import keras

WEIGHTS = "weights.npz"
FURTHER_EPOCHS, FURTHER_RATE = 40, 1e-2
"""Chosen on four speakers of RAVDESS; see docs/voice.md for what they are worth on others."""


def further(name: str) -> Recipe:
    """The recipe by which a saved model goes on to learn from few clips: its heads alone.

    It is the model's own, but learns emotions only, at a rate that heads alone take no harm from,
    and to the last epoch: two or three validation clips would pick one by chance.

    Raises:
        UnknownNameError: there is no such model.
        ModelError: its weights, or what it was trained with, were not kept.
    """
    folder = find_model(name)
    read_weights(folder)
    told = folder.card().get("recipe")
    if not told:
        raise ModelError(f"{name}: its card does not say with which recipe it was trained")
    recipe = Recipe.parse(told)
    training = recipe.training.model_dump() | {
        "init_from": name,
        "frozen": True,
        "heads": (),
        "soft_labels": False,
        "monitor": "last",
        "epochs": FURTHER_EPOCHS,
        "optimiser": {"name": "adamw", "settings": {"learning_rate": FURTHER_RATE}},
        "schedule": {"name": "cosine", "settings": {}},
    }
    # Faults of an original are repeated to measure them, which few clips of one's own do not.
    changed = {"training": TrainingConfig.parse(training), "faults": FaultsConfig()}
    return recipe.model_copy(update=changed)


def save_weights(
    network: "keras.Model",
    heads: Sequence[Head],
    statistics: Mapping[str, Statistics],
    folder: Path,
) -> None:
    """Write the weights of a network, and what its inputs are standardised by, beside a model."""
    arrays = {f"body/{place:04}": array for place, array in enumerate(_body(network, heads))}
    for head in heads:
        layer = network.get_layer(head.name)
        arrays |= {f"{head.name}/{n}": array for n, array in enumerate(layer.get_weights())}
        arrays[f"{head.name}/classes"] = np.array(head.classes, np.str_)
    for name, each in statistics.items():
        arrays |= {f"statistics/{name}/mean": each.mean, f"statistics/{name}/std": each.std}
    np.savez(folder / WEIGHTS, allow_pickle=False, **arrays)


def start_from(network: "keras.Model", heads: Sequence[Head], name: str, frozen: bool) -> None:
    """Give a new network the weights of a saved model.

    Heads start from the model's only where they tell the same classes apart.

    Args:
        frozen: whether only the heads are trained from here on.

    Raises:
        UnknownNameError: there is no such model.
        ModelError: its weights were not kept.
        ParameterError: its network is another one.
    """
    arrays = read_weights(find_model(name))
    kept = [arrays[key] for key in sorted(arrays) if key.startswith("body/")]
    shapes = [array.shape for array in _body(network, heads)]
    if [array.shape for array in kept] != shapes:
        raise ParameterError(
            f"training.init_from: the network of {name!r} differs from the recipe's; take the "
            "recipe, the extractors and the architecture's settings that it was trained with"
        )
    left = iter(kept)
    names = {head.name for head in heads}
    for layer in network.layers:
        if layer.name not in names:
            layer.set_weights([next(left) for _ in layer.get_weights()])
            layer.trainable = not frozen
    for head in heads:
        _start_head(network.get_layer(head.name), head, arrays)


def statistics_from(name: str, own: Mapping[str, Statistics]) -> dict[str, Statistics]:
    """What inputs are standardised by where the body of a saved model is to stay as it is.

    It is what the body has learned with; `own`, of the new training clips, for inputs of which the
    model does not say it.

    Raises:
        UnknownNameError: there is no such model.
        ModelError: its weights were not kept.
    """
    arrays, found = read_weights(find_model(name)), dict(own)
    for each, statistics in own.items():
        mean, std = (arrays.get(f"statistics/{each}/{part}") for part in ("mean", "std"))
        if mean is not None and std is not None and mean.shape == statistics.mean.shape:
            found[each] = Statistics(mean, std)
    return found


def labels_from(name: str, found: Collection[str]) -> list[str]:
    """The emotions that a network is to tell apart which starts from a saved model.

    Where clips show nothing but what the model knows, it goes on to tell apart all that it did: a
    few clips of two emotions do not make it forget the others.

    Args:
        found: the emotions of the clips.

    Raises:
        UnknownNameError: there is no such model.
        ModelError: its weights were not kept.
    """
    known = read_weights(find_model(name)).get(f"{EMOTION}/classes")
    classes = set() if known is None else set(known.tolist())
    return order(classes if classes.issuperset(found) else set(found))


def heard_in_all(name: str, trained_on: Mapping[str, Any]) -> dict[str, Any]:
    """Whom a model has heard that was trained further: its own speakers and those of its start.

    Args:
        name: of the model that it started from.
        trained_on: corpus and speakers of its own training, as a card has them.
    """
    before = find_model(name).card().get("trained_on")
    both = [each for each in (trained_on, before) if each]
    corpora = {name for each in both for name in each["corpus"].split(combine.TOGETHER)}
    if len(corpora) == 1:
        speakers = {speaker for each in both for speaker in each["speakers"]}
    else:
        speakers = {person(each["corpus"], one) for each in both for one in each["speakers"]}
    return {"corpus": combine.key(sorted(corpora)), "speakers": sorted(speakers)}


def heard_by(name: str) -> set[str]:
    """Whom a model was trained on, by names that no other corpus has; see `combine.person`."""
    known = find_model(name).card().get("trained_on", {"corpus": "", "speakers": []})
    return {person(known["corpus"], speaker) for speaker in known["speakers"]}


def check_strangers(name: str, table: pd.DataFrame, tested: Sequence[str]) -> None:
    """Refuse to score fine-tuned networks on speakers that their starting point was trained on.

    Args:
        table: utterances.
        tested: clips to be tested or validated on.

    Raises:
        CorpusError: somebody among the tested was heard before.
    """
    heard = heard_by(name)
    rows = table[table["clip"].isin(set(tested))]
    pairs = rows[["corpus", "speaker"]].astype(str).drop_duplicates().itertuples(index=False)
    met = sorted({who for corpus, who in pairs if who and person(corpus, who) in heard})
    if met:
        raise CorpusError(
            f"training.init_from: {name!r} was trained on {len(met)} of the speakers who are to be "
            f"tested ({', '.join(met[:4])}{' …' if len(met) > 4 else ''}); their scores would be "
            "a fit. Start from a model of other speakers"
        )


def _body(network: "keras.Model", heads: Sequence[Head]) -> list[Any]:
    names = {head.name for head in heads}
    return [
        array
        for layer in network.layers
        if layer.name not in names
        for array in layer.get_weights()
    ]


def _start_head(layer: Any, head: Head, arrays: dict[str, Any]) -> None:
    classes = arrays.get(f"{head.name}/classes")
    if classes is not None and tuple(classes.tolist()) == head.classes:
        count = len(layer.get_weights())
        layer.set_weights([arrays[f"{head.name}/{place}"] for place in range(count)])


def read_weights(folder: ModelFolder) -> dict[str, Any]:
    """What `save_weights` wrote.

    Raises:
        ModelError: nothing was kept, or it cannot be read.
    """
    try:
        with np.load(folder.path / WEIGHTS, allow_pickle=False) as kept:
            return {name: kept[name] for name in kept.files}
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{folder.name}: the weights were not kept beside the model, so its network cannot be "
            f"built again; train it again ({error})"
        ) from None
