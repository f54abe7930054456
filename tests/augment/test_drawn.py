"""Draws from a file: what could have been drawn is applied, all else is refused in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS, DrawnStep, WaveformAugmenter, replay
from ser_core.augment.base import plain
from ser_core.augment.drawn import allowed, drawn_steps
from ser_core.errors import ParameterError, UnknownNameError

WAVEFORM = [n for n in AUGMENTERS.names() if issubclass(AUGMENTERS.get(n), WaveformAugmenter)]

Needed = Callable[[str], dict[str, Any]]


def steps(name: str, draw: Any, settings: Any = None) -> list[dict[str, Any]]:
    return [{"place": 0, "name": name, "settings": settings or {}, "draw": draw}]


@pytest.mark.parametrize("name", WAVEFORM)
def test_what_was_drawn_is_taken_back(name: str, speech: Waveform, needed: Needed) -> None:
    augmenter = AUGMENTERS.create(name, **needed(name))
    drawn = [augmenter.draw(np.random.default_rng(seed)) for seed in range(8)]
    drawn += [augmenter.draw_at(at / 5, np.random.default_rng(at)) for at in range(6)]
    for draw in drawn:
        text = json.dumps(steps(name, plain(draw), needed(name)))
        assert drawn_steps(json.loads(text)) == [DrawnStep(0, name, needed(name), plain(draw))]


@pytest.mark.parametrize("name", WAVEFORM)
def test_a_number_beyond_all_bounds_or_another_thing_is_refused(name: str, needed: Needed) -> None:
    augmenter = AUGMENTERS.create(name, **needed(name))
    usual = plain(augmenter.draw(np.random.default_rng(0)))
    for key, value in usual.items():
        wrong: list[Any] = [None, [], {}, True, "loud" * 100, ["a", "b", "c"]]
        if key == "file":
            wrong.remove("loud" * 100)  # which could be one
        if not isinstance(value, str):
            low, high = allowed(augmenter, key)
            beyond = [low - 1, high + 1, 1e300, float("nan"), float("inf"), -(10**400)]
            wrong += [[each] * 3 for each in beyond] if isinstance(value, list) else beyond
        for each in wrong:
            with pytest.raises(
                ParameterError, match=rf"step 1 \({name}\): draw\.{key}: "
            ) as caught:
                drawn_steps(steps(name, {**usual, key: each}, needed(name)))
            assert len(str(caught.value)) < 300
    with pytest.raises(ParameterError, match=rf"draw: it draws {next(iter(usual))}.*, got nothing"):
        drawn_steps(steps(name, {}, needed(name)))


@pytest.mark.parametrize("name", WAVEFORM)
def test_the_bounds_themselves_can_be_applied(name: str, speech: Waveform, needed: Needed) -> None:
    augmenter = AUGMENTERS.create(name, **needed(name))
    usual = plain(augmenter.draw(np.random.default_rng(0)))
    for key, value in usual.items():
        if isinstance(value, str | list) or key == "low_hz":
            continue
        for bound in allowed(augmenter, key):
            kept = {**usual, key: type(value)(bound)}
            out = replay(speech, 16_000, drawn_steps(steps(name, kept, needed(name))))
            assert np.isfinite(out).all()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (5, "drawn: a list of steps is needed, got 5"),
        ([5], "step 1: place, name, settings, draw are needed, got 5"),
        (steps("gain", None), "step 1: draw must be a table, got None"),
        ([{**steps("gain", {})[0], "settings": []}], r"step 1: settings must be a table, got \[\]"),
        (steps("gian", {}), "augmenter 'gian' is not known"),
        (steps("mixup", {}), "step 1: mixup changes batches of features"),
        (steps("gain", {"gain_db": 1.0}) * 101, "at most 100 steps, got 101"),
        (
            steps("noise", {"snr_db": 20, "slope": 0, "seed": 1.5}),
            "draw.seed: a whole number from 0",
        ),
    ],
)
def test_what_is_no_list_of_draws_is_refused(document: Any, message: str) -> None:
    with pytest.raises((ParameterError, UnknownNameError), match=message):
        drawn_steps(document)


@pytest.mark.parametrize("file", ["../secret.wav", "/etc/passwd", "C:\\noise.wav", "a\0b"])
def test_noise_comes_from_its_folder_alone(file: str, noise_folder: Path) -> None:
    draw = {"file": file, "start": 0.0, "snr_db": 20.0}
    with pytest.raises(ParameterError, match=r"draw\.file: a file within the folder"):
        drawn_steps(steps("background_noise", draw, {"folder": str(noise_folder)}))


def test_nobody_speaks_from_outside_the_room_or_out_of_the_microphone() -> None:
    draw = {"rt60_s": 0.5, "room_m": [4.0, 5.0, 3.0], "mouth_m": [1.0, 1.0, 1.0]}
    draw |= {"microphone_m": [2.0, 6.0, 1.0], "seed": 1}
    with pytest.raises(ParameterError, match=r"draw\.microphone_m: a place within the room"):
        drawn_steps(steps("reverberation", draw))
    with pytest.raises(
        ParameterError, match=r"draw\.mouth_m: at least 0\.01 m from the microphone"
    ):
        drawn_steps(steps("reverberation", {**draw, "microphone_m": draw["mouth_m"]}))
