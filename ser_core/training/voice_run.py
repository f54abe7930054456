"""From a finished run to a voice stage: what its fold networks hear, measured, fitted and kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import CorpusError, ModelError
from ser_core.inference import Predictor
from ser_core.inference.model_file import ModelFolder
from ser_core.inference.network import Network
from ser_core.inference.voice import STAGE
from ser_core.training.cross_validation import FOLD_MODELS
from ser_core.training.voice_choice import first_groups
from ser_core.training.voice_file import write_stage
from ser_core.training.voice_measure import (
    Enrolled,
    Progress,
    VoiceReading,
    final_stage,
    hear,
    measure,
    roles,
)
from ser_core.training.voice_stage import Heard

CARD_PART = "voice"
"""Key of a model card under which it says what a voice is worth."""


@dataclass(frozen=True)
class Measured:
    """A run's fold networks, with and without a voice."""

    heard: Heard
    reading: VoiceReading


def measure_run(
    files: Path,
    predictions: pd.DataFrame,
    table: pd.DataFrame,
    progress: Progress = lambda *_: None,
) -> Measured:
    """Hear every test clip of a run with the network of its fold, and measure both arms.

    Args:
        files: of the run, with the networks of its folds.
        predictions: of the run: `clip`, `speaker`, `emotion`, `fold`.
        table: utterances of its corpus.
        progress: told of what is done and all there is; it may raise TaskCancelled.

    Raises:
        ModelError: the run kept no networks of its folds.
        CorpusError: speakers are on both sides of a fold, a clip is missing, or somebody has no
            ordinary clips.
        AudioError: a clip cannot be used.
    """
    folds = [int(each) for each in sorted(set(predictions["fold"]))]
    if predictions.groupby("speaker")["fold"].nunique().max() > 1 or len(folds) < 3:
        raise CorpusError(
            "a voice is measured on speakers whom a fold's network never heard: the run needs "
            "speakers apart, in 3 folds or more"
        )
    predictors = {fold: _network(files, fold) for fold in folds}
    clips, how = roles(_joined_with(predictions, table))
    heard = hear(predictors, clips, progress)
    return Measured(heard, measure(heard, how, _recorded_otherwise(predictors, heard), progress))


def keep(measured: Measured, run: Mapping[str, Any], folder: ModelFolder) -> bool:
    """Write what was measured into a model's card, and the stage beside its network if it helps.

    Args:
        measured: of the model's own run, or of one of the same recipe.
        run: `run` (its id) and `recipe`, whose fold networks the stage was fitted on.
        folder: of the model.

    Returns:
        Whether there is a stage now.

    Raises:
        ModelError: the model has other labels, or was made by another recipe.
    """
    labels = Network(folder).spec.labels  # whatever stage lies beside it
    if labels != measured.heard.labels:
        raise ModelError(
            f"{folder.name}: tells apart {', '.join(labels)}; the run "
            f"{', '.join(measured.heard.labels)}"
        )
    card, file = folder.card(), folder.path / STAGE
    recipe = (card.get("recipe") or {}).get("name")
    if recipe != run["recipe"]:
        raise ModelError(
            f"{folder.name}: made by recipe {recipe or 'unknown'}; the run's is {run['recipe']}, "
            "whose networks answer otherwise"
        )
    facts = {**measured.reading.as_dict(), **run, "own_run": card.get("run") == run["run"]}
    if measured.reading.helps:
        stage, spec = final_stage(measured.heard, measured.reading)
        write_stage(stage, spec, file)
        facts["fitted"] = vars(stage.settings)
        facts["parameters"] = int(stage.weights.size + stage.bias.size)
    else:
        file.unlink(missing_ok=True)
    folder.write_card({**card, CARD_PART: facts})
    return measured.reading.helps


def _network(files: Path, fold: int) -> Predictor:
    folder = files / FOLD_MODELS / f"fold-{fold}"
    if not folder.is_dir():
        raise ModelError(
            "the run kept no networks of its folds; train with --keep-folds (with --resume, "
            "finished epochs are taken up again)"
        )
    return Predictor(ModelFolder(folder.name, folder))


def _joined_with(predictions: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Utterances that the run was tested on, with their folds."""
    known = table.drop(columns=["emotion", "speaker"]).set_index("clip")
    missing = sorted(set(predictions["clip"]) - set(known.index))
    if missing:
        raise CorpusError(
            f"{missing[0]}: not in the corpus that was given, nor are {len(missing) - 1:,} other "
            "clips of the run"
        )
    return predictions[["clip", "speaker", "emotion", "fold"]].join(known, on="clip")


def _recorded_otherwise(predictors: Mapping[int, Predictor], heard: Heard) -> dict[str, Enrolled]:
    """The clips that speakers enrol with, as somebody might have recorded them, by words."""
    found: dict[str, Enrolled] = {words: {} for words in _OTHERWISE}
    for speaker, group in first_groups(heard).items():
        clips = heard.clips.iloc[group]
        predictor = predictors[int(clips["fold"].iloc[0])]
        # Changed at the rate that the model hears: above it, white noise would be lost on it.
        rate = predictor.preprocessing.sampling_rate
        sounds = [(audio.resample(*audio.load(path), rate), rate) for path in clips["path"]]
        for words, change in _OTHERWISE.items():
            voice = predictor.enrol(change(sounds))
            features = np.concatenate([voice.logits, voice.functionals])
            found[words][speaker] = features, voice.voice_s
    return found


Sounds = list[tuple[Waveform, int]]
"""With their sampling rate, which is one for all."""


def _joined(sounds: Sounds) -> Sounds:
    return [(np.concatenate([one for one, _ in sounds]), sounds[0][1])]


def _narrow(sounds: Sounds) -> Sounds:
    return [(audio.resample(one, rate, _NARROW_HZ), _NARROW_HZ) for one, rate in sounds]


def _noisy(sounds: Sounds) -> Sounds:
    rng = np.random.default_rng(0)
    found = []
    for one, rate in sounds:
        level = float(np.sqrt(np.mean(np.square(one)))) * 10 ** (-_SNR_DB / 20)
        found.append((one + np.float32(level) * rng.standard_normal(one.size, np.float32), rate))
    return found


_NARROW_HZ = 8_000
_SNR_DB = 15.0
_OTHERWISE = {
    "the same clips as one recording": _joined,
    "the same clips up to 4 kHz, as on a telephone": _narrow,
    f"the same clips in white noise, {_SNR_DB:.0f} dB below": _noisy,
}
