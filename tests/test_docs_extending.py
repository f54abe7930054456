"""The example in docs/extending.md is one that works."""

import re
from pathlib import Path

import numpy as np
import pytest

from ser_core.audio import Waveform
from ser_core.features import EXTRACTORS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "extending.md"


def test_the_extractor_in_the_guide_can_be_added_as_it_stands(
    speech: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = re.findall(r"```python\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.setattr(EXTRACTORS, "_classes", dict(EXTRACTORS._classes))
    exec(compile(code, str(PAGE), "exec"), {"__name__": "guide"})
    crest = EXTRACTORS.create("crest_factor")
    tone = np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000).astype(np.float32)
    np.testing.assert_allclose(crest.extract(tone, 16_000)[4:-4], 20 * np.log10(2) / 2, atol=0.05)
    assert crest.extract(speech, 16_000).shape[1] == len(crest.feature_names())
    np.testing.assert_array_equal(crest.extract(np.zeros(9_000, np.float32), 16_000), 0)


def test_every_file_the_guide_names_is_there() -> None:
    named = re.findall(r"`((?:ser_core|tests|benchmarks)/[\w/]+\.\w+)`", PAGE.read_text())
    assert named
    for path in named:
        assert (ROOT / path).is_file(), path
