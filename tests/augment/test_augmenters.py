"""Every augmenter: seeded, replayable, of the right shape; and each does what it says."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS, BatchAugmenter, WaveformAugmenter
from ser_core.augment.waveform import coloured_noise

RATE = 16_000
BATCH = (6, 100, 64)
NAMES = AUGMENTERS.names()
WAVEFORM = [n for n in NAMES if issubclass(AUGMENTERS.get(n), WaveformAugmenter)]
SPECTROGRAM = [n for n in NAMES if issubclass(AUGMENTERS.get(n), BatchAugmenter)]


def batch() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rng = np.random.default_rng(1)
    return rng.standard_normal(BATCH).astype(np.float32), np.eye(8, dtype=np.float32)[:6]


@pytest.mark.parametrize("name", WAVEFORM)
def test_a_waveform_draw_replays_exactly(name: str, speech: Waveform) -> None:
    augmenter = AUGMENTERS.create(name)
    draw = augmenter.draw(np.random.default_rng(3))
    assert draw == augmenter.draw(np.random.default_rng(3))
    assert draw != augmenter.draw(np.random.default_rng(4))
    first = augmenter.apply(speech, RATE, draw)
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, augmenter.apply(speech, RATE, draw))


@pytest.mark.parametrize("name", WAVEFORM)
def test_a_waveform_augmenter_takes_very_short_input(name: str) -> None:
    augmenter = AUGMENTERS.create(name)
    out = augmenter.apply(np.ones(3, np.float32), RATE, augmenter.draw(np.random.default_rng(0)))
    assert out.ndim == 1
    assert out.size > 0


@pytest.mark.parametrize("name", SPECTROGRAM)
def test_a_batch_draw_replays_exactly_and_leaves_its_input_alone(name: str) -> None:
    features, targets = batch()
    augmenter = AUGMENTERS.create(name)
    draw = augmenter.draw(BATCH, np.random.default_rng(3))
    first, first_targets = augmenter.apply(features, targets, draw)
    assert first.shape == BATCH
    assert first.dtype == np.float32
    assert not np.array_equal(first, features)
    np.testing.assert_allclose(first_targets.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(features, batch()[0])
    again = augmenter.draw(BATCH, np.random.default_rng(3))
    np.testing.assert_array_equal(first, augmenter.apply(features, targets, again)[0])


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("mixup", {"alpha": 0}),
        ("frequency_response", {"max_gain": 0}),
        ("spec_augment", {"time_masks": 0, "frequency_masks": 0}),
        ("spectrogram_tempo", {"min_rate": 1, "max_rate": 1, "max_shift": 0}),
    ],
)
def test_zero_strength_changes_nothing(name: str, settings: dict[str, float]) -> None:
    features, targets = batch()
    augmenter = AUGMENTERS.create(name, **settings)
    draw = augmenter.draw(BATCH, np.random.default_rng(0))
    out, out_targets = augmenter.apply(features, targets, draw)
    np.testing.assert_allclose(out, features, atol=1e-5)
    np.testing.assert_allclose(out_targets, targets, atol=1e-6)


def test_speed_moves_length_and_pitch_together() -> None:
    tone = np.sin(2 * np.pi * 400 * np.arange(RATE) / RATE).astype(np.float32)
    faster = AUGMENTERS.create("speed").apply(tone, RATE, {"rate": 1.25})
    assert faster.size == pytest.approx(RATE / 1.25, abs=2)
    peak_hz = np.argmax(np.abs(np.fft.rfft(faster))) * RATE / faster.size
    assert peak_hz == pytest.approx(500, abs=2)


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_noise_has_the_ratio_that_was_asked_for(speech: Waveform, slope: float) -> None:
    draw = {"snr_db": 12.0, "slope": slope, "seed": 5}
    noise = AUGMENTERS.create("noise").apply(speech, RATE, draw) - speech
    snr_db = 10 * np.log10(np.mean(speech.astype(float) ** 2) / np.mean(noise.astype(float) ** 2))
    assert snr_db == pytest.approx(12.0, abs=0.1)


def test_the_slope_of_noise_is_its_fall_with_frequency() -> None:
    noise = coloured_noise(RATE * 20, RATE, 2.0, 0)
    power = np.abs(np.fft.rfft(noise)) ** 2
    hz = np.fft.rfftfreq(noise.size, 1 / RATE)

    def octave_db(low_hz: float) -> float:
        return float(10 * np.log10(power[(hz >= low_hz) & (hz < 2 * low_hz)].mean()))

    assert octave_db(1000) - octave_db(2000) == pytest.approx(6, abs=0.5)


def test_tempo_moves_frames_and_not_bands() -> None:
    features = np.zeros(BATCH, np.float32)
    features[:, 40, 7] = 1
    draw = {"rate": np.full(6, 1.0), "shift_frames": np.full(6, 10.0)}
    moved, _ = AUGMENTERS.create("spectrogram_tempo").apply(features, batch()[1], draw)
    assert np.flatnonzero(moved[0].any(axis=1)).tolist() == [30]
    assert np.flatnonzero(moved[0].any(axis=0)).tolist() == [7]


def test_masks_stay_within_their_widest() -> None:
    features = np.ones(BATCH, np.float32)
    settings = {"time_masks": 1, "max_time": 0.1, "frequency_masks": 1, "max_frequency": 0.25}
    augmenter = AUGMENTERS.create("spec_augment", **settings)
    for seed in range(20):
        draw = augmenter.draw(BATCH, np.random.default_rng(seed))
        masked, _ = augmenter.apply(features, batch()[1], draw)
        assert (~masked.any(axis=2)).sum(axis=1).max() <= 10
        assert (~masked.any(axis=1)).sum(axis=1).max() <= 16


def test_mixup_mixes_targets_as_it_mixes_sounds() -> None:
    features, targets = batch()
    draw = {"kept": np.full(6, 0.75), "partner": np.roll(np.arange(6), 1)}
    mixed, mixed_targets = AUGMENTERS.create("mixup").apply(features, targets, draw)
    np.testing.assert_allclose(mixed[2], 0.75 * features[2] + 0.25 * features[1], atol=1e-6)
    np.testing.assert_allclose(mixed_targets[2], 0.75 * targets[2] + 0.25 * targets[1])
