"""Pages without a browser."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_component_packages() -> Iterator[None]:
    """Streamlit reads about every installed package, once a session, to find components in them.

    A server does that once. Here each test is a session, it takes a third of a second, and the app
    has its components in its own files.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list)
        yield
