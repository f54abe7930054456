"""A small study of the synthetic corpus: three speakers, a network of a few hundred weights."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from ser_core import recipes
from ser_core.corpora import CORPORA
from ser_core.training.config import Recipe, override

TINY = {
    "copies": 1,
    "epochs": 2,
    "warmup_epochs": 0,
    "batch_size": 16,
    "optimiser": "sgd",  # as adamw takes TensorFlow as long to prepare as the network itself
    "validation_speakers": 1,
    "folds": 3,
    "architecture": "residual_cnn1d",  # as studio's takes TensorFlow three times as long to prepare
    "stem_filters": 4,
    "block_filters": [4],
    "dense_units": 8,
}


@pytest.fixture(scope="session")
def three_speakers(synthetic_corpus: Path) -> pd.DataFrame:
    """The synthetic corpus' first three speakers, every third clip: 60 clips."""
    table = CORPORA.get("synthetic")().index(synthetic_corpus)
    few = table[table["speaker"].isin(sorted(table["speaker"].unique())[:3])]
    return few.iloc[::3].reset_index(drop=True)


@pytest.fixture(scope="session")
def few_clips(three_speakers: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus folder of these 60 clips alone."""
    root = tmp_path_factory.mktemp("few")
    for path in map(Path, three_speakers["path"]):
        (root / path.parent.name).mkdir(exist_ok=True)
        shutil.copy(path, root / path.parent.name)
    return root


@pytest.fixture(scope="session")
def tiny() -> Recipe:
    """`studio` with the network of `d-cnn1d`, shrunk until an epoch takes no time."""
    return override(recipes.load("studio"), TINY)
