"""The reference of architectures: every one is in it, and its picture is what the code draws."""

import re

import pytest

from docs import make_architectures
from ser_core.models import ARCHITECTURES
from tests.conftest import ROOT

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def text() -> str:
    return (DOCS / "architectures.md").read_text(encoding="utf-8")


def test_every_architecture_stands_in_it_with_its_settings_and_source(text: str) -> None:
    sections = dict(re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == {ARCHITECTURES.get(name).title for name in ARCHITECTURES.names()}
    for name in ARCHITECTURES.names():
        cls = ARCHITECTURES.get(name)
        section = sections[cls.title]
        assert "\nSource: " in section
        for field in cls.config_type.model_fields:
            assert f"| `{field}` |" in section


def test_pictures_are_what_the_code_draws(text: str) -> None:
    named = set(re.findall(r"\]\(architectures/(\w+)\.svg\)", text))
    drawn = {path.stem for path in DOCS.glob("architectures/*")}
    assert named == drawn == set(make_architectures.names())
    for name in make_architectures.names():
        picture = (DOCS / "architectures" / f"{name}.svg").read_text(encoding="utf-8")
        assert picture == make_architectures.facts(name).diagram + "\n", "run `make docs`"
