"""The shipped network with a voice stage of random weights beside it."""

import shutil
from pathlib import Path

import numpy as np

from ser_core.inference import Predictor
from ser_core.inference.model_file import find_model
from ser_core.inference.voice import STAGE, VoiceSpec
from ser_core.inference.voice_functionals import NAMES
from ser_core.training.voice_file import write_stage
from ser_core.training.voice_stage import Stage, StageSettings


def with_stage(folder: Path) -> Path:
    """A copy of the shipped model that can know voices, though it learned nothing about them."""
    shutil.copytree(find_model("default").path, folder, ignore=shutil.ignore_patterns(STAGE))
    labels, rng = Predictor.load(folder).labels, np.random.default_rng(0)
    size = len(labels) + len(NAMES)
    stage = Stage(
        StageSettings(4.0, 1.0, 0.01),
        corpus=rng.normal(size=size),
        limit=np.full(size, 3.0),
        mean=rng.normal(size=size),
        std=rng.uniform(1, 2, size),
        weights=rng.normal(scale=0.05, size=(size, len(labels))),
        bias=np.zeros(len(labels)),
    )
    spec = VoiceSpec(
        labels=labels,
        functionals=NAMES,
        half_answers_s=4.0,
        half_sound_s=1.0,
        temperature=1.3,
        sure_above=0.9,
        not_sure_below=0.2,
    )
    write_stage(stage, spec, folder / STAGE)
    return folder
