"""What is said of features: what they are, their shape, their settings, how to get them."""

import inspect
import json
import shlex
from pathlib import Path
from typing import Any

from ser_core.config import Component, Config
from ser_core.errors import SerError
from ser_core.features import EXTRACTORS, Extractor


def about(extractor: type[Extractor]) -> str:
    """The first sentence of an extractor's reference entry.

    >>> about(EXTRACTORS.get("mfcc"))[:42]
    'The shape of the spectrum in few numbers: '
    """
    return " ".join((inspect.getdoc(extractor) or "").split("\n\n")[0].split())


def shape_words(kind: str, shape: tuple[int, ...]) -> str:
    """The shape of features as people say it.

    >>> shape_words("frames", (114, 40)), shape_words("frames", (114, 128, 2))
    ('114 frames × 40 values', '114 frames × 128 values × 2 channels')
    >>> shape_words("vector", (520,)), shape_words("image", (128, 96, 1))
    ('520 values', '128 × 96 pixels, 1 channel')
    """
    if kind == "vector":
        return f"{shape[0]:,} values"
    channels = "" if len(shape) < 3 else f"{shape[2]} channel{'s' * (shape[2] != 1)}"
    if kind == "image":
        return f"{shape[0]} × {shape[1]} pixels, {channels or '1 channel'}"
    width = f" × {shape[1]} value{'s' * (shape[1] != 1)}" if len(shape) > 1 else ""
    return f"{shape[0]:,} frames{width}{channels and f' × {channels}'}"


def size_words(size_bytes: float) -> str:
    """A size as people say it.

    >>> size_words(0), size_words(48_200), size_words(2_340_000), size_words(3.2e9)
    ('0 kB', '48 kB', '2.3 MB', '3.2 GB')
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= size:
            value = size_bytes / size
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    return f"{size_bytes / 1e3:.0f} kB"


def title(name: str) -> str:
    """What people call an extractor; its name where it is no longer registered."""
    return EXTRACTORS.get(name).title if name in EXTRACTORS.names() else name


def settings_words(name: str, settings: dict[str, Any]) -> str:
    """Settings of an extractor that differ from the usual ones.

    >>> settings_words("mfcc", {"n_mfcc": 13, "n_mels": 40})
    'n_mels 40, n_mfcc 13'
    """
    try:
        config = EXTRACTORS.get(name).config_type.parse(settings)
    except SerError:
        return "settings of an earlier version"
    return ", ".join(f"{key} {value}" for key, value in changes(config).items())


def file_name(extractor: Extractor, path: Path) -> str:
    """What the features of a sound file are called as a file."""
    return f"{path.stem}.{extractor.name}.npy"


def command(extractor: Extractor, path: Path) -> str:
    """What to type for the features of a file with these settings."""
    words = ["python", "-m", "ser_core", "extract", extractor.name, str(path)]
    for name, value in changes(extractor.config).items():
        words += ["--set", f"{name}={_typed(value)}"]
    return shlex.join([*words, "--out", file_name(extractor, path)])


def _typed(value: Any) -> str:
    """A value as `--set` reads it: JSON, words without quotes unless they look like JSON."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value)


def changes(config: Config, usual: Config | None = None) -> dict[str, Any]:
    """Settings that differ from the usual ones; those of an extractor within as "frames.n_mels"."""
    before = usual or type(config).parse({})
    found: dict[str, Any] = {}
    for name in type(config).model_fields:
        value, old = getattr(config, name), getattr(before, name)
        if value == old:
            continue
        if not isinstance(value, Component):
            found[name] = value
            continue
        if value.name != old.name:
            found[f"{name}.name"] = value.name
        inner = EXTRACTORS.get(value.name).config_type
        within = inner.parse(old.settings if value.name == old.name else {})
        for key, part in changes(inner.parse(value.settings), within).items():
            found[f"{name}.{key}"] = part
    return found
