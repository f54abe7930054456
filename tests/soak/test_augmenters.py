"""Every augmenter with settings at and between its bounds, on sounds of every size and level."""

import time
from typing import Any

import numpy as np
import pytest

from ser_core.augment import AUGMENTERS, Augmenter, WaveformAugmenter
from ser_core.errors import ParameterError

NAMES = [name for name in AUGMENTERS.names() if name != "background_noise"]  # needs a folder
LASTS_S = 10.0
SIZES = (0, 1, 2, 7, 63, 64, 500, 2047, 2049, 9_000, 40_000)
LEVELS = (1, 1e-3, 1e-12, 1e-38, 30, 0)
RATES = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000)
SHAPES = ((0, 4, 4, 3), (1, 1, 1, 3), (3, 17, 5, 3), (4, 30, 20, 3))


@pytest.mark.parametrize("name", NAMES)
def test_no_settings_and_no_sound_break_it(name: str) -> None:
    rng = np.random.default_rng(0)
    change_something(AUGMENTERS.create(name), rng)  # what it imports at first use takes its time
    until, tried = time.monotonic() + LASTS_S, 0
    while time.monotonic() < until:
        settings = some_settings(name, rng)
        try:
            augmenter = AUGMENTERS.create(name, **settings)
        except ParameterError:  # bounds the wrong way round
            continue
        tried += 1
        change_something(augmenter, rng)
    assert tried > 10


def some_settings(name: str, rng: np.random.Generator) -> dict[str, Any]:
    """Some settings at a bound or between; the rest as usual."""
    schema = AUGMENTERS.get(name).config_type.model_json_schema()["properties"]
    chosen = {key: some_value(each, rng) for key, each in schema.items() if rng.random() < 0.6}
    return {key: value for key, value in chosen.items() if value is not None}


def some_value(schema: dict[str, Any], rng: np.random.Generator) -> Any:
    if "enum" in schema:
        return schema["enum"][rng.integers(len(schema["enum"]))]
    if schema.get("type") == "boolean":
        return bool(rng.integers(2))
    if schema.get("type") not in ("integer", "number"):
        return None
    low, high = (
        schema.get(f"{end}imum", schema.get(f"exclusive{end.title()}imum"))
        for end in ("min", "max")
    )
    margin = 1e-6 * (high - low)
    low += margin * ("exclusiveMinimum" in schema)
    high -= margin * ("exclusiveMaximum" in schema)
    value = (low, high, rng.uniform(low, high))[rng.integers(3)]
    return int(value) if schema["type"] == "integer" else float(value)


def change_something(augmenter: Augmenter, rng: np.random.Generator) -> None:
    if isinstance(augmenter, WaveformAugmenter):
        change_a_sound(augmenter, rng)
    else:
        change_a_batch(augmenter, rng)


def change_a_sound(augmenter: WaveformAugmenter, rng: np.random.Generator) -> None:
    sound = (rng.choice(LEVELS) * rng.standard_normal(rng.choice(SIZES))).astype(np.float32)
    before = sound.copy()
    changed = augmenter.apply(sound, int(rng.choice(RATES)), augmenter.draw(rng))
    assert changed.dtype == np.float32
    assert changed.ndim == 1
    assert np.isfinite(changed).all()
    assert (changed.size > 0) == (sound.size > 0)
    np.testing.assert_array_equal(sound, before)


def change_a_batch(augmenter: Any, rng: np.random.Generator) -> None:
    shape = SHAPES[rng.integers(len(SHAPES))]
    batch = rng.random(shape, np.float32)
    targets = np.eye(8, dtype=np.float32)[np.arange(shape[0]) % 8]
    changed, mixed = augmenter.apply(batch, targets, augmenter.draw(shape, rng))
    assert changed.shape == shape
    assert changed.dtype == mixed.dtype == np.float32
    assert np.isfinite(changed).all()
    np.testing.assert_allclose(mixed.sum(axis=1), 1, atol=1e-5)
