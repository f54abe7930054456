"""A corpus for the Augmentation page."""

from pathlib import Path

import pytest
import soundfile

from tests.conftest import SAMPLING_RATE, speech_like


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Speech-like clips with RAVDESS names: two angry, one sad, one silent; and one long."""
    root = tmp_path / "voices"
    root.mkdir()
    for number, (emotion, actor) in enumerate((("05", "01"), ("05", "02"), ("04", "01"))):
        path = root / f"03-01-{emotion}-01-01-01-{actor}.wav"
        soundfile.write(path, speech_like(1.5, seed=number), SAMPLING_RATE)
    return root
