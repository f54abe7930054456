"""What a recipe's network looks like, before any clip is read."""

import numpy as np

from ser_core.errors import ParameterError
from ser_core.features import Signal
from ser_core.models.base import EMOTION
from ser_core.models.describe import Description, described
from ser_core.training.config import Recipe

_OUTPUTS = {"gender": 2, "intensity": 2}  # dimensions have one


def input_shapes(recipe: Recipe) -> dict[str, tuple[int, ...]]:
    """Shape of one example of each of the network's inputs, such as (num_frames, num_features).

    Raises:
        ParameterError: the inputs of extractor and architecture do not match, or features are
            looked up by the clips' names, so that only a corpus shows their shape.
    """
    preprocessing = recipe.preprocessing
    rate = preprocessing.sampling_rate
    noise = np.random.default_rng(0).normal(scale=0.1, size=round(preprocessing.window_s * rate))
    signal = Signal(noise.astype(np.float32), rate)
    shapes = {}
    for name, extractor in recipe.extractors().items():
        if extractor.by_name:
            raise ParameterError(
                f"features: {extractor.name} looks features up by the clips' names, so their shape "
                "is not known without a corpus"
            )
        shapes[name] = extractor.of(signal.at(extractor.sampling_rate or rate)).shape
    return shapes


def description(recipe: Recipe, emotions: int) -> Description:
    """What a recipe's network is made of; see `ser_core.models.describe.described`.

    Args:
        recipe: its heads besides emotion have two outputs for gender and intensity, else one.
        emotions: how many are told apart.
    """
    heads = {EMOTION: emotions}
    heads |= {task: _OUTPUTS.get(task, 1) for task in recipe.training.heads}
    part = recipe.architecture
    return described(part.name, part.settings, input_shapes(recipe), heads)
