"""Pages without a browser, and a corpus to open on them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.dataset.page import CLIPS, write_clip


@pytest.fixture(scope="session", autouse=True)
def no_component_packages() -> Iterator[None]:
    """Streamlit reads about every installed package, once a session, to find components in them.

    A server does that once. Here each test is a session, it takes a third of a second, and the app
    has its components in its own files.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list)
        yield


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Six sound clips with RAVDESS names, each longer than the one before."""
    root = tmp_path / "voices"
    root.mkdir()
    for number, (emotion, intensity, statement, actor) in enumerate(CLIPS):
        write_clip(root / f"03-01-{emotion}-{intensity}-{statement}-01-{actor}.wav", 0.5 + number)
    return root
