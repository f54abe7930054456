"""The reference of features is what the code says now, and its pictures are there."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from ser_core.features import EXTRACTORS

DOCS = Path(__file__).resolve().parents[1] / "docs"
MOST_BYTES = 1_000_000


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_features", DOCS / "make_features.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def text() -> str:
    return (DOCS / "features.md").read_text(encoding="utf-8")


def test_the_page_is_what_the_code_says(generator: ModuleType, text: str) -> None:
    assert generator.page() == text, "run `make docs`, which writes docs/features.md anew"


def test_every_extractor_stands_in_it_with_its_settings(text: str) -> None:
    headings = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    for name in EXTRACTORS.names():
        cls = EXTRACTORS.get(name)
        assert cls.title in headings
        assert f"python -m ser_core extract {name} clip.wav --out {name}.npy" in text
        for field in cls.config_type.model_fields:
            assert f"| `{field}` |" in text


def test_links_lead_to_headings(generator: ModuleType, text: str) -> None:
    links = re.findall(r"\]\(#([^)]+)\)", text)
    anchors = [generator.anchor(EXTRACTORS.create(name)) for name in EXTRACTORS.names()]
    assert sorted(links) == sorted(anchors)
    assert len(set(anchors)) == len(anchors)


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
