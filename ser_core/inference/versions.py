"""Test-time augmentation: a recording heard in changed versions too, and averaged over.

The versions are made as in training, by the very steps that the model was trained with, from a
generator that is named by a seed and the sound: the same recording is always heard in the same
versions.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core.augment import Chain, ChainConfig, generator, version
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.inference.recording import Recording

MOST_COPIES = 50  # as in training


def chain_of(card: Mapping[str, Any]) -> Chain | None:
    """The steps that changed voices when a model was trained; None where its card names none.

    Steps that need recordings from a folder are left out: it lies where the model was trained.
    """
    augmentation = (card.get("recipe") or {}).get("augmentation")
    if not isinstance(augmentation, Mapping):
        return None
    try:
        config = ChainConfig.parse(dict(augmentation))
        steps = tuple(step for step in config.waveform if "folder" not in step.settings)
        if not steps:
            return None
        return Chain(config.model_copy(update={"waveform": steps, "batch": ()}))
    except (ParameterError, UnknownNameError):
        return None  # a card from elsewhere, or of another version


def all_windows(
    recording: Recording, chain: Chain | None, copies: int, seed: int
) -> NDArray[np.float32]:
    """The windows of a recording, then those of its versions, one after another.

    A voice that fits into one window is changed as a whole, as in training; of a longer one, each
    window is.

    Args:
        chain: what makes the versions; needed where there are any.
        copies: how many versions, beside the recording itself.
        seed: of all draws.

    Returns:
        ((1 + copies) · num_windows, samples).

    Raises:
        ParameterError: `copies` is out of bounds, or there is no chain.
    """
    windows = recording.windows
    if not copies:
        return windows
    if not 0 < copies <= MOST_COPIES:
        raise ParameterError(f"copies: 0 to {MOST_COPIES} are allowed, got {copies}")
    if chain is None:
        raise ParameterError(
            "copies: this model's training changed no voices, so there is nothing to make versions "
            f"by; only 0 is allowed, got {copies}"
        )
    voices = [recording.voice] if len(windows) == 1 else list(windows)
    made = [windows]
    for copy in range(copies):
        versions = []
        for voice in voices:
            rng = generator(seed, "test", copy, voice.tobytes())
            versions.append(version(voice, chain, recording.preprocessing, rng, copy=copy))
        made.append(np.stack(versions).astype(np.float32))
    return np.concatenate(made)
