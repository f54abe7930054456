"""An order as a JSON document, so that another process can carry it out."""

import json
from pathlib import Path
from typing import Any

from ser_core.corpora.combine import Source
from ser_core.corpora.labels import Labels
from ser_core.errors import ParameterError
from ser_core.training.config import Recipe
from ser_core.training.order import Order


def document(order: Order) -> dict[str, Any]:
    """All that an order says, its recipe in full; paths are absolute."""
    return {
        "recipe": order.recipe.model_dump(mode="json"),
        "sources": [
            {"name": one.name, "root": str(one.root.absolute()), "settings": dict(one.settings)}
            for one in order.sources
        ],
        "protocol": order.protocol,
        "labels": {
            **vars(order.labels),
            "pairs": dict(order.labels.pairs),
            "asked": sorted(order.labels.asked),
        },
        "model_name": order.model_name,
        "keep_folds": order.keep_folds,
        "choices": [dict(each) for each in order.choices],
        "replace": order.replace,
    }


def parse(said: dict[str, Any]) -> Order:
    """The order of a document.

    Raises:
        ParameterError: it lacks something, or a setting of the recipe is not allowed.
    """
    try:
        labels = said["labels"]
        return Order(
            recipe=Recipe.parse(said["recipe"]),
            sources=tuple(
                Source(one["name"], Path(one["root"]), dict(one["settings"]))
                for one in said["sources"]
            ),
            protocol=str(said["protocol"]),
            labels=Labels(**{**labels, "asked": frozenset(labels["asked"])}),
            model_name=said["model_name"],
            keep_folds=said.get("keep_folds", False),
            choices=tuple(map(dict, said.get("choices", []))),
            replace=said.get("replace", False),
        )
    except (KeyError, TypeError) as error:
        raise ParameterError(f"order.json must hold a whole order, got none ({error!r})") from None


def read(path: Path) -> Order:
    """The order in a file.

    Raises:
        ParameterError: the file cannot be read, or holds no order.
    """
    try:
        said = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ParameterError(f"{path} must hold an order, and cannot be read ({error})") from None
    return parse(said)
