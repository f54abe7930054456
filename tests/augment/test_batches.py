"""Each augmenter of batches does what it says."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ser_core.augment import AUGMENTERS
from ser_core.emotions import EMOTIONS
from ser_core.errors import ParameterError, UnknownNameError

FRAMES, PICTURES = (6, 100, 64), (64, 40, 30, 3)
Array = NDArray[np.float32]


def examples(shape: tuple[int, ...]) -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    classes = np.arange(shape[0]) % 8
    return rng.random(shape, np.float32), np.eye(8, dtype=np.float32)[classes]


def numbered() -> tuple[Array, Array]:
    """Pictures whose every cell says which example it comes from, and targets that do, too."""
    batch = np.broadcast_to(np.arange(64, dtype=np.float32)[:, None, None, None], PICTURES)
    return batch.copy(), np.eye(64, dtype=np.float32)


def test_tempo_moves_frames_and_not_bands() -> None:
    features = np.zeros(FRAMES, np.float32)
    features[:, 40, 7] = 1
    draw = {"rate": np.full(6, 1.0), "shift_frames": np.full(6, 10.0)}
    moved, _ = AUGMENTERS.create("spectrogram_tempo").apply(features, examples(FRAMES)[1], draw)
    assert np.flatnonzero(moved[0].any(axis=1)).tolist() == [30]
    assert np.flatnonzero(moved[0].any(axis=0)).tolist() == [7]


def test_masks_stay_within_their_widest() -> None:
    features = np.ones(FRAMES, np.float32)
    settings = {"time_masks": 1, "max_time": 0.1, "frequency_masks": 1, "max_frequency": 0.25}
    augmenter = AUGMENTERS.create("spec_augment", **settings)
    for seed in range(20):
        draw = augmenter.draw(FRAMES, np.random.default_rng(seed))
        masked, _ = augmenter.apply(features, examples(FRAMES)[1], draw)
        assert (~masked.any(axis=2)).sum(axis=1).max() <= 10
        assert (~masked.any(axis=1)).sum(axis=1).max() <= 16


def test_masks_of_a_least_width_are_as_wide_as_that() -> None:
    settings = {"time_masks": 0, "frequency_masks": 1, "min_frequency": 0.25, "max_frequency": 0.5}
    augmenter = AUGMENTERS.create("spec_augment", layout="image", **settings)
    pictures = np.ones(PICTURES, np.float32)
    draw = augmenter.draw(PICTURES, np.random.default_rng(0))
    masked, _ = augmenter.apply(pictures, examples(PICTURES)[1], draw)
    widths = (~masked.any(axis=(2, 3))).sum(axis=1)
    assert widths.min() == 10
    assert widths.max() == 20


def test_draws_stay_what_they_were() -> None:
    """The shipped model was trained with them: another order of drawing would be another model."""

    def drawn(name: str, **settings: float) -> dict[str, Any]:
        return AUGMENTERS.create(name, **settings).draw((2, 94, 64), np.random.default_rng(0))

    masks = drawn("spec_augment")
    assert masks["time_start"].tolist() == [[26, 3], [6, 1]]
    assert masks["frequency_width"].tolist() == [[1, 7], [5, 8]]
    np.testing.assert_allclose(drawn("mixup", alpha=0.2)["kept"], [0.98655205, 0.98943368])
    assert AUGMENTERS.create("speed").draw(np.random.default_rng(0))["rate"] == 1074 / 1024
    assert AUGMENTERS.create("noise").draw(np.random.default_rng(0)) == {
        "snr_db": 32.2936590562509,
        "slope": 0.5395734275277406,
        "seed": 1322117304,
    }


# Mixing


def test_mixup_mixes_targets_as_it_mixes_sounds() -> None:
    features, targets = examples(FRAMES)
    draw = {"kept": np.full(6, 0.75), "partner": np.roll(np.arange(6), 1)}
    mixed, mixed_targets = AUGMENTERS.create("mixup").apply(features, targets, draw)
    np.testing.assert_allclose(mixed[2], 0.75 * features[2] + 0.25 * features[1], atol=1e-6)
    np.testing.assert_allclose(mixed_targets[2], 0.75 * targets[2] + 0.25 * targets[1])


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_what_is_not_mixed_keeps_its_targets_beside_a_partner_without_any(name: str) -> None:
    batch, targets = examples(PICTURES)
    targets[1::2] = np.nan
    augmenter = AUGMENTERS.create(name, alpha=0)
    draw = augmenter.draw(PICTURES, np.random.default_rng(0))
    _, unmixed = augmenter.apply(batch, targets, draw)
    np.testing.assert_array_equal(unmixed, targets)


def test_whole_images_are_mixed_in_one_share_for_the_batch() -> None:
    batch, targets = numbered()
    augmenter = AUGMENTERS.create("whole_image_mix")
    shares = set()
    for seed in range(20):
        draw = augmenter.draw(PICTURES, np.random.default_rng(seed))
        mixed, mixed_targets = augmenter.apply(batch, targets, draw)
        shares.add(draw["kept"])
        expected = draw["kept"] * np.arange(64) + (1 - draw["kept"]) * draw["partner"]
        np.testing.assert_allclose(mixed[:, 0, 0, 0], expected, rtol=1e-5)
        np.testing.assert_allclose(mixed_targets @ np.arange(64), expected, rtol=1e-5)
    assert 0.3 <= min(shares) < 0.4
    assert 0.6 < max(shares) <= 0.7


class TestCutMix:
    def test_labels_have_the_shares_of_the_area(self) -> None:
        batch, targets = numbered()
        augmenter = AUGMENTERS.create("cutmix")
        draw = augmenter.draw(PICTURES, np.random.default_rng(0))
        mixed, mixed_targets = augmenter.apply(batch, targets, draw)
        for row in range(64):
            cells = np.bincount(mixed[row].ravel().astype(int), minlength=64)
            np.testing.assert_allclose(mixed_targets[row], cells / cells.sum(), atol=1e-6)

    def test_what_is_pasted_is_one_box_of_one_partner(self) -> None:
        batch, targets = numbered()
        augmenter = AUGMENTERS.create("cutmix")
        draw = augmenter.draw(PICTURES, np.random.default_rng(0))
        mixed, _ = augmenter.apply(batch, targets, draw)
        boxes = 0
        for row in range(64):
            pasted = mixed[row, :, :, 0] != row
            if not pasted.any():
                continue
            boxes += 1
            rows, columns = np.flatnonzero(pasted.any(axis=1)), np.flatnonzero(pasted.any(axis=0))
            assert pasted[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
            assert pasted.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
            assert set(mixed[row][pasted].ravel()) == {draw["partner"][row]}
        assert boxes > 50

    def test_areas_are_those_of_the_beta_distribution(self) -> None:
        """Boxes that are not cut off at an edge cover 1 - λ; λ is uniform where alpha is 1."""
        shape = (4000, 200, 200)
        draw = AUGMENTERS.create("cutmix").draw(shape, np.random.default_rng(0))
        height = draw["last_rows"] - draw["first_rows"]
        width = draw["last_columns"] - draw["first_columns"]
        edges = [draw[f"{end}_{axis}"] for end in ("first", "last") for axis in ("rows", "columns")]
        whole = np.all([(edge > 0) & (edge < 200) for edge in edges], axis=0)
        np.testing.assert_allclose(height[whole], width[whole])
        assert (height * width).mean() / 200**2 < 0.5
        small = AUGMENTERS.create("cutmix", alpha=0.1).draw(shape, np.random.default_rng(0))
        areas = (small["last_rows"] - small["first_rows"]) / 200
        assert ((areas < 0.05) | (areas > 0.4)).mean() > 0.75

    def test_the_vector_stays_that_of_the_clip_pasted_into(self) -> None:
        batch, targets = numbered()
        vectors = np.arange(64, dtype=np.float32)[:, None] * np.ones(181, np.float32)
        augmenter = AUGMENTERS.create("cutmix")
        draw = augmenter.draw(PICTURES, np.random.default_rng(0))
        inputs = {"picture": batch, "vector": vectors}
        mixed, _ = augmenter.apply_to(inputs, "picture", targets, draw)
        np.testing.assert_array_equal(mixed["vector"], vectors)
        assert (mixed["picture"] != batch).any()

    def test_both_pictures_are_changed_before_with_draws_of_their_own(self) -> None:
        batch = np.zeros(PICTURES, np.float32)
        targets = examples(PICTURES)[1]
        before = [{"name": "brightness", "settings": {"max_change": 1.0}}]
        augmenter = AUGMENTERS.create("cutmix", before=before)
        draw = augmenter.draw(PICTURES, np.random.default_rng(0))
        mixed, _ = augmenter.apply(batch, targets, draw)
        below = draw["before"][0].draw["change"].astype(np.float32)
        box = draw["before_box"][0].draw["change"].astype(np.float32)[draw["partner"]]
        two = 0
        for row in range(64):
            shades = set(mixed[row].ravel().tolist())
            assert shades <= {below[row].item(), box[row].item()}
            two += len(shades) == 2
        assert two > 40

    def test_some_emotions_are_changed_more_within_it(self) -> None:
        batch, targets = np.ones(PICTURES, np.float32), examples(PICTURES)[1]
        step = {"name": "brightness", "classes": ["sad", "happy"]}
        augmenter = AUGMENTERS.create("cutmix", alpha=0, before=[step])
        draw = augmenter.draw(PICTURES, np.random.default_rng(0))
        out, _ = augmenter.apply(batch, targets, draw)
        changed = (out != batch).any(axis=(1, 2, 3))
        minority = np.isin(np.arange(64) % 8, [list(EMOTIONS).index(e) for e in ("sad", "happy")])
        np.testing.assert_array_equal(changed, minority)

    @pytest.mark.parametrize(
        ("step", "error", "message"),
        [
            ({"name": "speed"}, ParameterError, "speed is of another kind; batch steps are bright"),
            ({"name": "flop"}, UnknownNameError, "augmenter 'flop' is not known"),
            ({"name": "flip", "classes": ["glad"]}, UnknownNameError, "glad not known; known: ne"),
            ({"name": "mixup", "classes": ["sad"]}, ParameterError, "mixes examples, whose labels"),
        ],
    )
    def test_steps_before_that_cannot_be_are_refused(
        self, step: dict[str, Any], error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error, match=message):
            AUGMENTERS.create("cutmix", before=[step])


# Pictures


def test_brightness_and_contrast_are_what_they_say() -> None:
    pictures, targets = examples(PICTURES)
    change = np.linspace(-0.3, 0.3, 64)
    brighter, _ = AUGMENTERS.create("brightness").apply(pictures, targets, {"change": change})
    moved = brighter.mean(axis=(1, 2, 3)) - pictures.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(moved, change, atol=1e-6)
    factor = np.linspace(0.5, 1.5, 64)
    stronger, _ = AUGMENTERS.create("contrast").apply(pictures, targets, {"factor": factor})
    spread = stronger.std(axis=(1, 2)) / pictures.std(axis=(1, 2))
    np.testing.assert_allclose(spread, np.repeat(factor[:, None], 3, axis=1), rtol=1e-4)
    np.testing.assert_allclose(stronger.mean(axis=(1, 2)), pictures.mean(axis=(1, 2)), atol=1e-5)


@pytest.mark.parametrize("name", ["brightness", "contrast"])
def test_limits_are_kept_where_asked(name: str) -> None:
    pictures, targets = examples(PICTURES)
    draw = {"change": np.full(64, 0.5), "factor": np.full(64, 3.0)}
    free, _ = AUGMENTERS.create(name).apply(pictures, targets, draw)
    limited, _ = AUGMENTERS.create(name, limit=True).apply(pictures, targets, draw)
    assert free.max() > 1
    np.testing.assert_array_equal(limited, np.clip(free, 0, 1))


def test_flips_mirror_the_drawn_examples_and_axes() -> None:
    pictures, targets = examples(PICTURES)
    draw = {"time": np.arange(64) % 2 == 0, "frequency": np.arange(64) < 32}
    flipped, _ = AUGMENTERS.create("flip", layout="image").apply(pictures, targets, draw)
    np.testing.assert_array_equal(flipped[0], pictures[0, ::-1, ::-1])
    np.testing.assert_array_equal(flipped[1], pictures[1, ::-1])
    np.testing.assert_array_equal(flipped[32], pictures[32, :, ::-1])
    np.testing.assert_array_equal(flipped[33], pictures[33])


def test_flips_come_as_often_as_asked() -> None:
    draw = AUGMENTERS.create("flip", time=0.25, frequency=1).draw(
        (4000, 2, 2), np.random.default_rng(0)
    )
    assert draw["time"].mean() == pytest.approx(0.25, abs=0.03)
    assert draw["frequency"].all()


def test_saturation_moves_saturation_and_neither_hue_nor_value() -> None:
    from colorsys import rgb_to_hsv

    pictures, targets = examples(PICTURES)
    factor = np.linspace(0.2, 3, 64)
    out, _ = AUGMENTERS.create("saturation").apply(pictures, targets, {"factor": factor})
    assert out.min() >= 0
    assert out.max() <= 1
    for row in range(64):
        hue, saturation, value = rgb_to_hsv(*pictures[row, 3, 4].tolist())
        new = rgb_to_hsv(*out[row, 3, 4].tolist())
        expected = (hue, min(1, saturation * factor[row]), value)
        np.testing.assert_allclose(new, expected, atol=1e-4)
