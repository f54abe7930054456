"""A corpus for the Dataset page."""

from pathlib import Path

import pytest

from tests.pages.dataset.page import CLIPS, write_clip


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Six sound clips with RAVDESS names, each longer than the one before."""
    root = tmp_path / "voices"
    root.mkdir()
    for number, (emotion, intensity, statement, actor) in enumerate(CLIPS):
        write_clip(root / f"03-01-{emotion}-{intensity}-{statement}-01-{actor}.wav", 0.5 + number)
    return root
