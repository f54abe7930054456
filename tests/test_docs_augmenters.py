"""The reference of augmenters: every one is in it, and every preset."""

import re
import tomllib

import pytest

from docs.reference import anchor
from ser_core.augment import AUGMENTERS, Chain, ChainConfig, WaveformAugmenter, presets
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / "docs" / "augmenters.md").read_text(encoding="utf-8")


def test_every_augmenter_stands_in_it_with_its_settings_and_source(text: str) -> None:
    sections = dict(re.findall(r"^### (.+?)\n(.+?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    assert set(sections) == {AUGMENTERS.get(name).title for name in AUGMENTERS.names()}
    for name in AUGMENTERS.names():
        cls = AUGMENTERS.get(name)
        section = sections[cls.title]
        assert f"](#{anchor(cls.title)}) | `{name}` |" in text
        for field in cls.config_type.model_fields:
            assert f"| `{field}` |" in section
        assert "\nSource: " in section
        heard = f"python -m ser_core augment {name} clip.wav --out {name}.wav" in section
        assert heard == issubclass(cls, WaveformAugmenter)


def test_every_preset_is_named_and_the_example_is_a_chain(text: str) -> None:
    for name in presets.names():
        assert f"\n| `{name}` | {presets.load(name).title}. " in text
    example = re.search(r"```toml\n(.+?)```", text, re.DOTALL)
    assert example is not None
    Chain(ChainConfig.parse(tomllib.loads(example.group(1))))
