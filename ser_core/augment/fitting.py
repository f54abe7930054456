"""Which augmenters of batches act on which input, and which of its axes is time."""

from collections.abc import Mapping
from typing import Any

from ser_core.augment.base import AUGMENTERS, BatchAugmenter
from ser_core.errors import ParameterError
from ser_core.features.base import Kind

_WORDS: dict[str, str] = {"frames": "frames", "vector": "vectors", "image": "pictures"}


def fitted(name: str, settings: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Settings of an augmenter for a kind of input, which says which axis is time.

    A layout among the settings gives way to it; so do those of the steps that `cutmix` holds.

    Args:
        name: of the augmenter.
        settings: as somebody wrote them.
        kind: of the features that it is to act on, see `Extractor.kind`.

    Raises:
        UnknownNameError: an augmenter does not exist.
    """
    found = dict(settings)
    if "layout" in AUGMENTERS.get(name).config_type.model_fields and kind != "vector":
        found["layout"] = kind
    if found.get("before"):
        steps = [dict(step) for step in found["before"]]
        found["before"] = [
            {**step, "settings": fitted(step["name"], step.get("settings", {}), kind)}
            for step in steps
        ]
    return found


def check_fits(
    name: str, settings: Mapping[str, Any], kind: Kind, colour: bool | None = None
) -> None:
    """Refuse a batch step that cannot act on a kind of input, or would spoil it.

    Args:
        name: of the augmenter.
        settings: of it, allowed ones.
        kind: of the features that it is to act on.
        colour: whether these have red, green and blue; None: not known.

    Raises:
        UnknownNameError: an augmenter does not exist.
        ParameterError: it cannot; the message says what it acts on.
    """
    cls = AUGMENTERS.get(name)
    assert issubclass(cls, BatchAugmenter)
    if kind not in cls.inputs:
        acts_on = " and ".join(_WORDS[each] for each in cls.inputs)
        raise ParameterError(f"{name} acts on {acts_on}, not on {_WORDS[kind]}")
    if cls.needs_colour and colour is False:
        raise ParameterError(f"{name} acts on pictures in colour, not on grey ones")
    if settings.get("limit") and kind != "image":
        raise ParameterError(
            f"{name} with limit keeps values within [0, 1], which are those of pictures, not of "
            "standardised frames"
        )
    for step in settings.get("before") or ():
        inner = dict(step)
        check_fits(inner["name"], inner.get("settings", {}), kind, colour)
