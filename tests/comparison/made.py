"""Runs whose answers are made up, so that what comes of them is known."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ser_core.comparison.runs import FinishedRun

LABELS = ["neutral", "happy", "sad"]


def run_of(
    name: str,
    true: Sequence[str],
    predicted: Sequence[str],
    sure: Sequence[float] | float = 0.8,
    speakers: Sequence[str] | None = None,
    **changes: object,
) -> FinishedRun:
    """A run that gave these answers; what is left of `sure` goes to the other labels alike."""
    number = len(true)
    table = np.empty((number, len(LABELS)))
    table[:] = ((1 - np.broadcast_to(sure, number)) / (len(LABELS) - 1))[:, None]
    table[np.arange(number), [LABELS.index(label) for label in predicted]] = sure
    who = list(speakers or (f"{place % 4:02}" for place in range(number)))
    predictions = pd.DataFrame(
        {
            "clip": [f"c{place:03}.wav" for place in range(number)],
            "speaker": who,
            "fold": [int(each) % 2 + 1 for each in who],
            "emotion": list(true),
            "predicted": list(predicted),
            **dict(zip(LABELS, table.T, strict=True)),
        }
    )
    facts: dict[str, object] = {
        "run_id": f"{name}{'0' * 8}"[:8],
        "name": name,
        "recipe": "studio",
        "protocol": "loso",
        "corpus": "ravdess",
        "seeds": ("0",),
        "labels": LABELS,
        "predictions": predictions,
        "left_out": {},
    }
    return FinishedRun(**(facts | changes))  # type: ignore[arg-type]


def drawn_run(
    name: str, skill: float, seed: int, clips: int = 240, speakers: int = 8, **changes: object
) -> FinishedRun:
    """A run that is right more often the more skill it has, on clips that are always the same."""
    truth = np.random.default_rng(7).integers(len(LABELS), size=clips)
    logits = np.random.default_rng(seed).normal(0, 1, (clips, len(LABELS)))
    logits[np.arange(clips), truth] += skill
    table = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    who = [f"{place % speakers:02}" for place in range(clips)]
    true = [LABELS[label] for label in truth]
    run = run_of(name, true, [LABELS[label] for label in table.argmax(1)], speakers=who, **changes)
    run.predictions[LABELS] = table
    return run
