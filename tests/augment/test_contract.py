"""What every registered augmenter keeps to, and every chain."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS, BatchAugmenter, WaveformAugmenter
from ser_core.augment.base import plain
from ser_core.errors import AudioError, ParameterError

RATE = 16_000
NAMES = AUGMENTERS.names()
WAVEFORM = [n for n in NAMES if issubclass(AUGMENTERS.get(n), WaveformAugmenter)]
BATCH = [n for n in NAMES if issubclass(AUGMENTERS.get(n), BatchAugmenter)]
FRAMES, PICTURES = (6, 100, 64), (6, 32, 48, 3)
KEEPS_LENGTH = set(WAVEFORM) - {"speed", "time_stretch", "pitch_and_tempo"}
MIXING = {name for name in BATCH if AUGMENTERS.get(name).mixes}
FLEXIBLE = {name for name in BATCH if "layout" in AUGMENTERS.get(name).config_type.model_fields}

Needed = Callable[[str], dict[str, Any]]

NO_STRENGTH: dict[str, dict[str, Any]] = {
    "amplitude_noise": {"max_factor": 0},
    "band_pass": {"min_low_hz": 0, "max_low_hz": 0, "min_high_hz": 8000, "max_high_hz": 8000},
    "background_noise": {"min_snr_db": 100, "max_snr_db": 100},
    "brightness": {"max_change": 0},
    "clipping": {"max_share": 0},
    "coloured_noise": {"min_snr_db": 100, "max_snr_db": 100},
    "contrast": {"min_factor": 1, "max_factor": 1},
    "cutmix": {"alpha": 0},
    "flip": {"time": 0, "frequency": 0},
    "frequency_response": {"max_gain": 0},
    "gain": {"min_gain_db": 0, "max_gain_db": 0},
    "mixup": {"alpha": 0},
    "noise": {"min_snr_db": 100, "max_snr_db": 100},
    "pitch_and_tempo": {"min_rate": 1, "max_rate": 1, "min_semitones": 0, "max_semitones": 0},
    "pitch_shift": {"min_semitones": 0, "max_semitones": 0},
    "reverberation": {"min_rt60_s": 0, "max_rt60_s": 0},
    "saturation": {"min_factor": 1, "max_factor": 1},
    "spec_augment": {"time_masks": 0, "frequency_masks": 0},
    "spectrogram_tempo": {"min_rate": 1, "max_rate": 1, "max_shift": 0},
    "speed": {"min_rate": 1, "max_rate": 1},
    "stretch_and_resample": {"min_rate": 1, "max_rate": 1},
    "time_shift": {"max_shift_s": 0},
    "time_stretch": {"min_rate": 1, "max_rate": 1},
    "vocal_tract": {"min_factor": 1, "max_factor": 1},
    "whole_image_mix": {"min_kept": 1, "max_kept": 1},
}


def examples(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Values in [0, 1], as pictures have them, and one-hot targets."""
    rng = np.random.default_rng(1)
    return rng.random(shape, np.float32), np.eye(8, dtype=np.float32)[: shape[0]]


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name: str) -> None:
    cls = AUGMENTERS.get(name)
    first, *rest = (cls.__doc__ or "").strip().split("\n\n")
    assert cls.title
    assert first.endswith((".", "]."))
    assert any(part.strip().startswith("Source:") for part in rest)
    for field in cls.config_type.model_fields.values():
        assert field.description


@pytest.mark.parametrize("name", NAMES)
def test_numbers_have_bounds(name: str) -> None:
    for field, schema in AUGMENTERS.get(name).config_type.model_json_schema()["properties"].items():
        if schema.get("type") in ("number", "integer"):
            assert {"minimum", "exclusiveMinimum"} & schema.keys(), field
            assert {"maximum", "exclusiveMaximum"} & schema.keys(), field


def test_titles_differ() -> None:
    assert len({AUGMENTERS.get(name).title for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", WAVEFORM)
class TestWaveform:
    def test_a_draw_replays_exactly(self, name: str, speech: Waveform, needed: Needed) -> None:
        augmenter = AUGMENTERS.create(name, **needed(name))
        draw = augmenter.draw(np.random.default_rng(3))
        assert draw == augmenter.draw(np.random.default_rng(3))
        assert draw != augmenter.draw(np.random.default_rng(4))
        before = speech.copy()
        first = augmenter.apply(speech, RATE, draw)
        other = AUGMENTERS.create(name, **needed(name))
        np.testing.assert_array_equal(first, other.apply(speech, RATE, plain(draw)))
        np.testing.assert_array_equal(speech, before)

    def test_gives_one_channel_of_finite_float32(
        self, name: str, speech: Waveform, needed: Needed
    ) -> None:
        augmenter = AUGMENTERS.create(name, **needed(name))
        for seed in range(3):
            out = augmenter.apply(speech, RATE, augmenter.draw(np.random.default_rng(seed)))
            assert out.dtype == np.float32
            assert out.ndim == 1
            assert np.isfinite(out).all()
            assert np.abs(out).max() < 4
            assert not np.array_equal(out, speech)
            if name in KEEPS_LENGTH:
                assert out.size == speech.size

    @pytest.mark.parametrize("sampling_rate", [8_000, 44_100, 48_000])
    def test_takes_other_rates(
        self, name: str, sampling_rate: int, speech: Waveform, needed: Needed
    ) -> None:
        settings = needed(name) | ({"max_high_hz": 3500} if name == "band_pass" else {})
        augmenter = AUGMENTERS.create(name, **settings)
        out = augmenter.apply(speech, sampling_rate, augmenter.draw(np.random.default_rng(0)))
        assert np.isfinite(out).all()

    @pytest.mark.parametrize("num_samples", [1, 3, 100, 1600])
    def test_takes_very_short_input(self, name: str, num_samples: int, needed: Needed) -> None:
        augmenter = AUGMENTERS.create(name, **needed(name))
        short = np.full(num_samples, 0.5, np.float32)
        for seed in range(3):
            out = augmenter.apply(short, RATE, augmenter.draw(np.random.default_rng(seed)))
            assert out.dtype == np.float32
            assert out.ndim == 1
            assert out.size > 0
            assert np.isfinite(out).all()

    def test_nothing_stays_nothing(self, name: str, needed: Needed) -> None:
        augmenter = AUGMENTERS.create(name, **needed(name))
        draw = augmenter.draw(np.random.default_rng(0))
        out = augmenter.apply(np.zeros(0, np.float32), RATE, draw)
        assert out.size == 0
        assert out.dtype == np.float32

    def test_silence_stays_silence(self, name: str, needed: Needed) -> None:
        augmenter = AUGMENTERS.create(name, **needed(name))
        draw = augmenter.draw(np.random.default_rng(0))
        assert not augmenter.apply(np.zeros(RATE, np.float32), RATE, draw).any()

    def test_no_strength_changes_nothing(self, name: str, speech: Waveform, needed: Needed) -> None:
        augmenter = AUGMENTERS.create(name, **needed(name), **NO_STRENGTH[name])
        draw = augmenter.draw(np.random.default_rng(0))
        np.testing.assert_allclose(augmenter.apply(speech, RATE, draw), speech, atol=1e-5)

    def test_what_is_no_waveform_is_refused(self, name: str, needed: Needed) -> None:
        augmenter = AUGMENTERS.create(name, **needed(name))
        draw = augmenter.draw(np.random.default_rng(0))
        with pytest.raises(AudioError, match=r"one channel .* got shape \(2, 800\)"):
            augmenter.apply(np.zeros((2, 800), np.float32), RATE, draw)
        with pytest.raises(AudioError, match="not numbers"):
            augmenter.apply(np.full(800, np.nan, np.float32), RATE, draw)
        with pytest.raises(AudioError, match="floating-point samples, .* got int16"):
            augmenter.apply(np.arange(800, dtype=np.int16), RATE, draw)
        for loud in (np.full(800, 3e38, np.float32), np.full(800, 1e300)):
            with pytest.raises(AudioError, match=r"samples of at most 1e\+08 are needed, got"):
                augmenter.apply(loud, RATE, draw)

    def test_takes_double_precision(self, name: str, speech: Waveform, needed: Needed) -> None:
        augmenter = AUGMENTERS.create(name, **needed(name))
        draw = augmenter.draw(np.random.default_rng(0))
        out = augmenter.apply(speech.astype(np.float64), RATE, draw)
        np.testing.assert_array_equal(out, augmenter.apply(speech, RATE, draw))
        loudest = augmenter.apply(np.full(800, 1e8), RATE, draw)
        assert loudest.dtype == np.float32
        assert np.isfinite(loudest).all()


@pytest.mark.parametrize("name", BATCH)
class TestBatch:
    def test_a_draw_replays_exactly_and_leaves_its_input_alone(self, name: str) -> None:
        pictures, targets = examples(PICTURES)
        augmenter = AUGMENTERS.create(name)
        draw = augmenter.draw(PICTURES, np.random.default_rng(3))
        first, first_targets = augmenter.apply(pictures, targets, draw)
        assert first.shape == PICTURES
        assert first.dtype == np.float32
        assert first_targets.dtype == np.float32
        assert np.isfinite(first).all()
        assert not np.array_equal(first, pictures)
        np.testing.assert_allclose(first_targets.sum(axis=1), 1, atol=1e-6)
        np.testing.assert_array_equal(pictures, examples(PICTURES)[0])
        np.testing.assert_array_equal(targets, examples(PICTURES)[1])
        again = AUGMENTERS.create(name).draw(PICTURES, np.random.default_rng(3))
        np.testing.assert_array_equal(first, augmenter.apply(pictures, targets, again)[0])
        other = augmenter.draw(PICTURES, np.random.default_rng(4))
        assert plain(other) != plain(draw)

    def test_takes_frames_too(self, name: str) -> None:
        frames, targets = examples(FRAMES)
        augmenter = AUGMENTERS.create(name)
        draw = augmenter.draw(FRAMES, np.random.default_rng(0))
        if name == "saturation":
            with pytest.raises(ParameterError, match="height, width, 3"):
                augmenter.apply(frames, targets, draw)
            return
        out, _ = augmenter.apply(frames, targets, draw)
        assert out.shape == FRAMES
        assert out.dtype == np.float32

    def test_keeps_targets_unless_it_mixes(self, name: str) -> None:
        pictures, targets = examples(PICTURES)
        augmenter = AUGMENTERS.create(name)
        draw = augmenter.draw(PICTURES, np.random.default_rng(0))
        same = np.array_equal(augmenter.apply(pictures, targets, draw)[1], targets)
        assert same != AUGMENTERS.get(name).mixes

    def test_no_strength_changes_nothing(self, name: str) -> None:
        pictures, targets = examples(PICTURES)
        augmenter = AUGMENTERS.create(name, **NO_STRENGTH[name])
        draw = augmenter.draw(PICTURES, np.random.default_rng(0))
        out, out_targets = augmenter.apply(pictures, targets, draw)
        np.testing.assert_allclose(out, pictures, atol=1e-5)
        np.testing.assert_allclose(out_targets, targets, atol=1e-6)

    @pytest.mark.parametrize("shape", [(0, 32, 48, 3), (1, 32, 48, 3), (2, 1, 1, 3)])
    def test_takes_very_small_batches(self, name: str, shape: tuple[int, ...]) -> None:
        pictures, targets = examples(shape)
        augmenter = AUGMENTERS.create(name)
        draw = augmenter.draw(shape, np.random.default_rng(0))
        out, out_targets = augmenter.apply(pictures, targets, draw)
        assert out.shape == shape
        assert out_targets.shape == targets.shape
        assert np.isfinite(out).all()

    def test_only_the_named_input_changes(self, name: str) -> None:
        pictures, targets = examples(PICTURES)
        inputs = {"picture": pictures, "vector": np.ones((6, 181), np.float32)}
        augmenter = AUGMENTERS.create(name)
        draw = augmenter.draw(PICTURES, np.random.default_rng(0))
        out, out_targets = augmenter.apply_to(inputs, "picture", targets, draw)
        expected, expected_targets = augmenter.apply(pictures, targets, draw)
        np.testing.assert_array_equal(out["picture"], expected)
        np.testing.assert_array_equal(out_targets, expected_targets)
        assert out["vector"] is inputs["vector"]
        with pytest.raises(ParameterError, match="input 'image' is not known; known: picture"):
            augmenter.apply_to(inputs, "image", targets, draw)


@pytest.mark.parametrize("name", sorted(set(NAMES) - MIXING))
class TestStrength:
    """From nothing to more than anybody would train with, whatever the settings' range."""

    def drawn(self, name: str, strength: float, needed: Needed, seed: int = 0) -> Any:
        augmenter, rng = AUGMENTERS.create(name, **needed(name)), np.random.default_rng(seed)
        if name in BATCH:
            return augmenter.draw_at(strength, PICTURES, rng)
        return augmenter.draw_at(strength, rng)

    def applied(self, name: str, draw: Any, speech: Waveform, needed: Needed) -> tuple[Any, Any]:
        """What was and what came of it."""
        augmenter = AUGMENTERS.create(name, **needed(name))
        if name in BATCH:
            pictures, targets = examples(PICTURES)
            return pictures, augmenter.apply(pictures, targets, draw)[0]
        return speech, augmenter.apply(speech, RATE, draw)

    def test_none_is_identity(self, name: str, speech: Waveform, needed: Needed) -> None:
        before, after = self.applied(name, self.drawn(name, 0, needed), speech, needed)
        np.testing.assert_allclose(after, before, atol=1e-5)

    def test_all_of_it_is_much(self, name: str, speech: Waveform, needed: Needed) -> None:
        before, after = self.applied(name, self.drawn(name, 1, needed), speech, needed)
        assert np.isfinite(after).all()
        if before.shape == after.shape:
            assert np.mean(np.square(after - before)) > 0.01 * np.mean(np.square(before))
        else:
            assert abs(after.size / before.size - 1) > 0.3

    def test_leads_to_the_ladders_values(self, name: str, needed: Needed) -> None:
        cls = AUGMENTERS.get(name)
        for lead in cls.strength:
            assert lead.title
            assert len(lead.ladder) == 6, "so that the usual strengths are on it"
            for place, value in enumerate(lead.ladder):
                assert lead.at(place / 5) == pytest.approx(value)
        lead = cls.strength[0]
        if name in {"flip", "spec_augment"}:  # what they draw is made of it
            return
        drawn = {
            float(value)
            for seed in range(8)
            for value in np.ravel(self.drawn(name, 0.4, needed, seed)[lead.name])
        }
        value = lead.ladder[2]
        ways = {"": {value}, "sign": {value, -value}, "ratio": {value, 1 / value}}
        assert drawn == ways[lead.either_way]

    def test_beyond_its_bounds_is_refused(self, name: str, needed: Needed) -> None:
        for strength in (-0.1, 1.1):
            with pytest.raises(ParameterError, match=r"0 \(nothing\) to 1 \(strongest\), got"):
                self.drawn(name, strength, needed)


@pytest.mark.parametrize("name", WAVEFORM)
def test_all_but_its_strength_stays(name: str, needed: Needed) -> None:
    augmenter = AUGMENTERS.create(name, **needed(name))
    draws = [augmenter.draw_at(at, np.random.default_rng(0)) for at in (0.2, 0.8)]
    leading = {lead.name for lead in augmenter.strength}
    weak, strong = ({k: v for k, v in draw.items() if k not in leading} for draw in draws)
    assert weak == strong
    assert draws[0] != draws[1]


@pytest.mark.parametrize("name", sorted(MIXING))
def test_mixing_has_no_strength(name: str) -> None:
    """What is right changes with the sound, so no label could be kept."""
    assert AUGMENTERS.get(name).strength == ()
    with pytest.raises(ParameterError, match=f"{name}: it has no strength, it mixes examples"):
        AUGMENTERS.create(name).draw_at(0.5, PICTURES, np.random.default_rng(0))


@pytest.mark.parametrize("name", sorted(FLEXIBLE))
def test_pictures_are_frames_on_their_side(name: str) -> None:
    frames, targets = examples((6, 40, 30, 2))
    upright = AUGMENTERS.create(name)
    draw = upright.draw(frames.shape, np.random.default_rng(0))
    out, _ = upright.apply(frames, targets, draw)
    on_side, _ = AUGMENTERS.create(name, layout="image").apply(frames.swapaxes(1, 2), targets, draw)
    np.testing.assert_array_equal(on_side.swapaxes(1, 2), out)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("noise", {"min_snr_db": 50}, "min_snr_db ≤ max_snr_db, got 50 and 45"),
        ("gain", {"max_gain_db": -20}, "min_gain_db ≤ max_gain_db, got -12 and -20"),
        ("band_pass", {"min_high_hz": 500, "max_low_hz": 900}, "got 900 and 500"),
        ("pitch_shift", {"min_semitones": 3}, "min_semitones ≤ max_semitones, got 3 and 2"),
        (
            "pitch_shift",
            {"values": "whole", "min_semitones": 0.2, "max_semitones": 0.8},
            "whole number between",
        ),
        ("reverberation", {"min_side_m": 9}, "min_side_m ≤ max_side_m, got 9 and 8"),
        ("spec_augment", {"min_time": 0.5}, "min_time ≤ max_time, got 0.5 and 0.12"),
        ("time_stretch", {"engine": "sox"}, r"TimeStretchConfig.engine: .*'vocoder' \(got 'sox'\)"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    name: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        AUGMENTERS.create(name, **settings)
