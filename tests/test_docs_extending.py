"""The examples in docs/extending.md are ones that work."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ser_core.audio import Waveform
from ser_core.features import EXTRACTORS
from ser_core.models import ARCHITECTURES

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "extending.md"


def example(number: int) -> Any:
    blocks = re.findall(r"```python\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return compile(blocks[number], str(PAGE), "exec")


def test_the_extractor_in_the_guide_can_be_added_as_it_stands(
    speech: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EXTRACTORS, "_classes", dict(EXTRACTORS._classes))
    exec(example(0), {"__name__": "guide"})
    crest = EXTRACTORS.create("crest_factor")
    tone = np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000).astype(np.float32)
    np.testing.assert_allclose(crest.extract(tone, 16_000)[4:-4], 20 * np.log10(2) / 2, atol=0.05)
    assert crest.extract(speech, 16_000).shape[1] == len(crest.feature_names())
    np.testing.assert_array_equal(crest.extract(np.zeros(9_000, np.float32), 16_000), 0)


def test_the_architecture_in_the_guide_can_be_added_as_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ARCHITECTURES, "_classes", dict(ARCHITECTURES._classes))
    exec(example(1), {"__name__": "guide"})
    made = ARCHITECTURES.create("mean_and_spread", units=5)
    network = made.build(made.usual, {"emotion": 8, "gender": 2})
    assert network.count_params() == (80 * 5 + 5) + (5 * 8 + 8) + (5 * 2 + 2)
    answers = network({"features": np.zeros((3, 94, 40), np.float32)})
    assert {head: tuple(answer.shape) for head, answer in answers.items()} == {
        "emotion": (3, 8),
        "gender": (3, 2),
    }


def test_every_file_the_guide_names_is_there() -> None:
    named = re.findall(r"`((?:ser_core|tests|benchmarks)/[\w/]+\.\w+)`", PAGE.read_text())
    assert named
    for path in named:
        assert (ROOT / path).is_file(), path
