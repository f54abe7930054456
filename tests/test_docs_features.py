"""The reference of features: every extractor is in it, and its pictures are there."""

import re
from pathlib import Path

import pytest
from PIL import Image

from docs.reference import anchor
from ser_core.features import EXTRACTORS
from tests.conftest import ROOT

DOCS = ROOT / "docs"
MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def text() -> str:
    return (DOCS / "features.md").read_text(encoding="utf-8")


def test_every_extractor_stands_in_it_with_its_settings(text: str) -> None:
    headings = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    for name in EXTRACTORS.names():
        cls = EXTRACTORS.get(name)
        assert cls.title in headings
        assert f"](#{anchor(cls.title)}) | `{name}` |" in text
        assert f"python -m ser_core extract {name} clip.wav --out {name}.npy" in text
        for field in cls.config_type.model_fields:
            assert f"| `{field}` |" in text


def test_every_picture_is_there_and_shows_something(text: str) -> None:
    named = set(re.findall(r"\]\((features/[^)]+\.png)\)", text))
    drawn = {path.relative_to(DOCS).as_posix() for path in DOCS.glob("features/*")}
    assert named == drawn
    without = {"opensmile"}
    assert {Path(name).stem for name in named} == {"clip", *EXTRACTORS.names()} - without
    for name in named:
        with Image.open(DOCS / name) as picture:
            assert picture.width == 1200
            assert len(picture.getcolors()) > 10
    assert sum((DOCS / name).stat().st_size for name in named) < MOST_BYTES
