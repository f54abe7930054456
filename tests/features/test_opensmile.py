"""openSMILE is the user's to install: what is said without it, and what it gives."""

import sys
from pathlib import Path

import numpy as np
import pytest

from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.features import EXTRACTORS
from ser_core.features.opensmile import OpenSmile

ROOT = Path(__file__).resolve().parents[2]
installed = pytest.mark.skipif(
    not OpenSmile.available(), reason="needs the optional package opensmile (research licence)"
)


def test_without_the_package_it_says_how_to_get_it_and_under_which_licence(
    speech: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opensmile", None)
    extractor = EXTRACTORS.create("opensmile")
    assert not extractor.available()
    assert extractor.feature_names() == ()
    assert len(extractor.fingerprint()) == 64
    with pytest.raises(ParameterError) as caught:
        extractor.extract(speech, 16_000)
    message = str(caught.value)
    assert "to install it: pip install opensmile" in message
    assert "audEERING Research License: non-commercial use" in message
    assert "\n" not in message


def test_the_licence_stands_where_it_is_chosen() -> None:
    cls = EXTRACTORS.get("opensmile")
    described = cls.config_type.model_fields["feature_set"].description or ""
    for words in (described, " ".join((cls.__doc__ or "").split())):
        assert "audEERING Research License: non-commercial use" in words
        assert "models and features made with it" in words


def test_it_is_never_a_requirement() -> None:
    files = sorted(ROOT.glob("requirements*"))
    assert files
    for path in files:
        assert "opensmile" not in path.read_text(encoding="utf-8").lower()


@installed
@pytest.mark.parametrize(("feature_set", "count"), [("eGeMAPSv02", 88), ("ComParE_2016", 6373)])
def test_the_sets_have_their_published_sizes_and_names(
    feature_set: str, count: int, speech: Waveform
) -> None:
    extractor = EXTRACTORS.create("opensmile", feature_set=feature_set)
    assert extractor.extract(speech, 16_000).shape == (count,)
    assert len(extractor.feature_names()) == count


@installed
def test_the_values_are_openSMILEs(speech: Waveform) -> None:  # noqa: N802
    """The glide of 140 to 220 Hz has its mean pitch where it belongs, in semitones of 27.5 Hz."""
    extractor = EXTRACTORS.create("opensmile")
    values = dict(zip(extractor.feature_names(), extractor.extract(speech, 16_000), strict=True))
    semitones = values["F0semitoneFrom27.5Hz_sma3nz_amean"]
    assert 140 < 27.5 * 2 ** (semitones / 12) < 220


@installed
def test_the_same_values_after_another_clip(speech: Waveform) -> None:
    extractor = EXTRACTORS.create("opensmile")
    first = extractor.extract(speech, 16_000)
    extractor.extract(speech[::-1].copy(), 16_000)
    np.testing.assert_array_equal(extractor.extract(speech, 16_000), first)
