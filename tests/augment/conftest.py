"""What tests of augmenters share: settings that each needs, and a folder of noise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

RATE = 16_000


@pytest.fixture(scope="session")
def noise_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recordings of noise, one of them shorter than any clip, in another format and rate."""
    folder = tmp_path_factory.mktemp("noise")
    rng = np.random.default_rng(0)
    soundfile.write(folder / "street.wav", 0.1 * rng.standard_normal(4 * RATE), RATE)
    (folder / "inside").mkdir()
    soundfile.write(folder / "inside" / "fan.flac", 0.1 * rng.standard_normal(8_000), 22_050)
    (folder / "licence.txt").write_text("not a recording")
    return folder


@pytest.fixture(scope="session")
def needed(noise_folder: Path) -> Callable[[str], dict[str, Any]]:
    """The settings without which an augmenter of this name cannot work."""
    return lambda name: {"folder": str(noise_folder)} if name == "background_noise" else {}
