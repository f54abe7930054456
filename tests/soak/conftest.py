"""Long tests, run by `make soak` only."""

from pathlib import Path

import pytest

from tests.training.conftest import few_clips, three_speakers

__all__ = ["few_clips", "three_speakers"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder takes minutes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("soak")
