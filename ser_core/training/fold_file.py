"""A finished fold on disk, to be read back where a study is taken up again."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from ser_core.corpora.splits import Fold
from ser_core.training.checkpoint import write_whole
from ser_core.training.epoch import Epoch
from ser_core.training.results import FoldResult


def save_fold(folder: Path, result: FoldResult, key: str) -> None:
    """Write a finished fold; `fold.json` comes last, so its presence means that all is there."""
    write_whole(
        folder / "predictions.csv", lambda draft: result.predictions.to_csv(draft, index=False)
    )
    fold = result.fold
    facts: dict[str, Any] = {
        "examples": key,
        "fold": {
            "key": fold.key,
            "protocol": fold.protocol,
            "name": fold.name,
            "test_speakers": fold.test_speakers,
            "validation_speakers": fold.validation_speakers,
        },
        "best_epoch": result.best_epoch,
        "parameters": result.parameters,
        "history": [asdict(epoch) for epoch in result.history],
    }
    text = json.dumps(facts, indent=1)
    write_whole(folder / "fold.json", lambda draft: draft.write_text(text, encoding="utf-8"))


def read_fold(folder: Path, number: int, fold: Fold, key: str) -> FoldResult | None:
    """A fold finished before with the same clips in the same parts; None, too, of a damaged one."""
    # A speaker who is not known is "", which is not a missing number.
    words = dict.fromkeys(("clip", "speaker", "emotion", "predicted"), str)
    try:
        facts = json.loads((folder / "fold.json").read_text(encoding="utf-8"))
        if facts["fold"].get("key") != fold.key or facts.get("examples") != key:
            return None
        predictions = pd.read_csv(folder / "predictions.csv", dtype=words, keep_default_na=False)
    except (OSError, ValueError):
        return None
    history = [Epoch(**epoch) for epoch in facts["history"]]
    best, parameters = facts["best_epoch"], facts.get("parameters")
    return FoldResult(number, fold, best, history, predictions, parameters)
