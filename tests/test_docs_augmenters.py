"""The reference of augmenters is what the code says now."""

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from ser_core.augment import AUGMENTERS, Chain, ChainConfig, WaveformAugmenter, presets

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_augmenters", DOCS / "make_augmenters.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def text() -> str:
    return (DOCS / "augmenters.md").read_text(encoding="utf-8")


def test_the_page_is_what_the_code_says(generator: ModuleType, text: str) -> None:
    assert generator.page() == text, "run `make docs`, which writes docs/augmenters.md anew"


def test_every_augmenter_stands_in_it_with_its_settings_and_source(text: str) -> None:
    sections = dict(re.findall(r"^### (.+?)\n(.+?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == {AUGMENTERS.get(name).title for name in AUGMENTERS.names()}
    for name in AUGMENTERS.names():
        cls = AUGMENTERS.get(name)
        section = sections[cls.title]
        for field in cls.config_type.model_fields:
            assert f"| `{field}` |" in section
        assert "\nSource: " in section
        heard = f"python -m ser_core augment {name} clip.wav --out {name}.wav" in section
        assert heard == issubclass(cls, WaveformAugmenter)


def test_links_lead_to_headings(generator: ModuleType, text: str) -> None:
    links = re.findall(r"\]\(#([^)]+)\)", text)
    anchors = [generator.anchor(AUGMENTERS.get(name).title) for name in AUGMENTERS.names()]
    assert sorted(links) == sorted(anchors)
    assert len(set(anchors)) == len(anchors)


def test_every_preset_is_named_and_the_example_is_a_chain(text: str) -> None:
    for name in presets.names():
        assert f"\n| `{name}` | {presets.load(name).title}. " in text
    example = re.search(r"```toml\n(.+?)```", text, re.DOTALL)
    assert example is not None
    Chain(ChainConfig.parse(tomllib.loads(example.group(1))))
