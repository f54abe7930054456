"""Configs: frozen, strict about names and bounds, and named by what they hold."""

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError, model_validator

from ser_core.config import Config
from ser_core.errors import ParameterError, SerError


class Window(Config):
    n_fft: int = Field(1024, ge=16, le=4096)
    hop_length: int = Field(256, ge=1)
    kind: Literal["Hann", "Hamming"] = "Hann"
    top_db: float = 80.0

    @model_validator(mode="after")
    def hop_fits(self):
        if self.hop_length > self.n_fft:
            raise ValueError(
                f"hop_length must be n_fft ({self.n_fft}) or less, got {self.hop_length}"
            )
        return self


class Features(Config):
    window: Window = Window()
    weights: Literal["none"] | dict[str, Annotated[float, Field(gt=0)]] = "none"
    units: tuple[int, ...] = Field((8,), min_length=1)


def message(config, settings):
    with pytest.raises(ParameterError) as caught:
        config.parse(settings)
    assert isinstance(caught.value, SerError)
    return str(caught.value)


def test_plain_values_become_a_config():
    assert Window.parse({"n_fft": 512, "kind": "Hamming"}) == Window(n_fft=512, kind="Hamming")
    assert Features.parse({"window": {"n_fft": 512}}).window.n_fft == 512


def test_words_from_the_command_line_become_numbers():
    assert Window.parse({"n_fft": "512", "top_db": "60"}) == Window(n_fft=512, top_db=60.0)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"window": {"n_ffft": 8}},
            "Features.window.n_ffft is not known; known: n_fft, hop_length",
        ),
        (
            {"weights": "x"},
            "Features.weights: input should be 'none', or must be a table (got 'x')",
        ),
        ({"weights": {"sad": 0}}, "Features.weights.sad: input should be greater than 0 (got 0)"),
        ({"units": []}, "Features.units: must have 1 or more (got [])"),
        ({"units": ["x"]}, "Features.units.0: must be a whole number (got 'x')"),
    ],
)
def test_what_is_wrong_is_said_of_the_setting_as_it_was_written(settings, expected):
    said = message(Features, settings)
    assert said.startswith(expected)
    assert "Features." not in said[1:]  # one thing is wrong, and nothing else is said to be


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"n_fft": 8}, "Window.n_fft: input should be greater than or equal to 16 (got 8)"),
        ({"kind": "hann"}, "Window.kind: input should be 'Hann' or 'Hamming' (got 'hann')"),
        ({"mels": 3}, "Window.mels is not known; known: n_fft, hop_length, kind, top_db"),
        ({"top_db": float("inf")}, "Window.top_db: input should be a finite number (got inf)"),
        ({"hop_length": 2000}, "Window: hop_length must be n_fft (1024) or less, got 2000"),
    ],
)
def test_an_error_names_the_setting_what_is_allowed_and_what_came(settings, expected):
    assert message(Window, settings) == expected


def test_every_problem_is_named_in_one_line():
    text = message(Window, {"n_fft": 8, "hop_length": 0})
    assert "\n" not in text
    assert "Window.n_fft" in text
    assert "Window.hop_length" in text


def test_a_problem_deep_inside_is_named_by_its_path():
    assert message(Features, {"window": {"n_fft": 8}}).startswith("Features.window.n_fft: ")


def test_a_config_never_changes():
    config = Window()
    with pytest.raises(ValidationError, match="frozen"):
        config.n_fft = 512
    assert config.n_fft == 1024


def test_a_default_out_of_bounds_is_found_at_once():
    class Broken(Config):
        share: float = Field(2.0, le=1)

    assert message(Broken, {}).startswith("Broken.share: ")


def test_the_fingerprint_follows_the_values_only():
    assert Window(n_fft=512, hop_length=128).fingerprint() == (
        Window.parse({"hop_length": "128", "n_fft": 512}).fingerprint()
    )
    different = [Window(), Window(n_fft=512), Window(kind="Hamming"), Window(top_db=80.5)]
    assert len({config.fingerprint() for config in different}) == len(different)


def test_the_fingerprint_is_the_same_in_every_process():
    """Caches on disk are named by it, so neither hash seeds nor sessions may change it."""
    code = (
        "from ser_core.config import Config\n"
        "class Window(Config):\n    names: dict[str, int] = {'b': 1, 'a': 2}\n"
        "print(Window().fingerprint())"
    )
    root = Path(__file__).parent.parent
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            cwd=root,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert seen == {hashlib.sha256(b'{"names": {"a": 2, "b": 1}}').hexdigest() + "\n"}
