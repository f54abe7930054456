"""Writes the reference of augmenters, `docs/augmenters.md`, from the code itself.

Run by `make docs`. The words come from the augmenters' docstrings and configs and from the presets.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from docs.reference import Entry, contents_row, settings_table
from ser_core.augment import AUGMENTERS, Augmenter, BatchAugmenter, Step, presets

PAGE = Path(__file__).with_name("augmenters.md")
GROUPS = {
    "Of sounds": "Change a clip before features are taken.",
    "Of spectrograms and pictures": "Change features of a batch of clips, each clip by itself.",
    "That mix examples": "Mix examples of a batch and their labels.",
}
INTRODUCTION = """# Augmenters

What SER Studio can do to a clip so that a model sees more voices, rooms and microphones than there
are recordings. Every augmenter is named as in the app, in recipes and on the command line, which
writes what a draw sounds like and says what was drawn:

```sh
python -m ser_core augment speed clip.wav --seed 0 --out changed.wav --set max_rate=1.1
```

In Python, what is drawn and what is done with it stay apart, so a draw can be shown and applied
again:

```python
import numpy as np
from ser_core import audio
from ser_core.augment import AUGMENTERS

waveform, sampling_rate = audio.load("clip.wav")
speed = AUGMENTERS.create("speed", max_rate=1.1)
draw = speed.draw(np.random.default_rng(0))  # {'rate': ...}
faster = speed.apply(waveform, sampling_rate, draw)
```

An augmenter leaves its input as it is. A sound of no samples stays one; one too short for anything
to happen comes back at its length or, where tempo changes, at the new one. Values are float32.
"""
CHAINS = """## Chains and presets

A chain is an ordered list of steps in a TOML file. Each step names an augmenter, and may set its
`settings`, the `probability` of being applied, and the `classes` (emotions) that it acts on:

```toml
title = "A noisy office"
copies = 4

[[waveform]]
name = "reverberation"
probability = 0.5
settings = {{ max_rt60_s = 0.5 }}

[[waveform]]
name = "coloured_noise"
settings = {{ min_snr_db = 10, max_snr_db = 30, colour = "pink" }}

[[batch]]
name = "spec_augment"
```

With `use = "all"`, the usual, every step acts by its chance; with `"one"`, a single one, chances
being weights; with `"turns"`, copy after copy takes the next. The command line takes the file, or
the name of a preset, in place of an augmenter:

```sh
python -m ser_core augment b clip.wav --copy 1 --out changed.wav
```

| preset | what it is | sounds | batches |
|:--|:--|:--|:--|
{presets}

In Python, `Chain(presets.load("b")).draw(rng)` gives a list of drawn steps, and
`replay(waveform, sampling_rate, steps)` applies it; `BatchChain` does the same for batches. Where a
model has several inputs, such as a picture and a vector of the same clip, `apply_to` changes the
one that is named, and the others stay those of the original clips.

---

This page is written by `make docs` from the augmenters' docstrings and settings; edit those.
"""


def groups() -> Iterator[tuple[str, list[type[Augmenter]]]]:
    """Every augmenter under the heading where it belongs."""
    classes = [AUGMENTERS.get(name) for name in AUGMENTERS.names()]
    for place, heading in enumerate(GROUPS):
        members = [cls for cls in classes if _group(cls) == place]
        yield heading, sorted(members, key=lambda cls: cls.title.lower())


def _group(cls: type[Augmenter]) -> int:
    if not issubclass(cls, BatchAugmenter):
        return 0
    return 2 if cls.mixes else 1


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION, *contents()]
    for heading, classes in groups():
        parts += [f"## {heading}\n", f"{GROUPS[heading]}\n", *map(section, classes)]
    parts.append(CHAINS.format(presets="\n".join(preset_rows())))
    return "\n".join(parts)


def contents() -> Iterator[str]:
    """A table of all augmenters, each with its plain words."""
    yield "| augmenter | name | what it does |\n|:--|:--|:--|"
    for heading, classes in groups():
        yield f"| **{heading}** | | |"
        for cls in classes:
            yield contents_row(cls.title, cls.name, cls)
    yield ""


def section(cls: type[Augmenter]) -> str:
    """One augmenter: words, settings, command and source."""
    entry = Entry.of(cls)
    lines = [
        f"### {cls.title}\n",
        f"`{cls.name}` · {entry.plain}\n",
        f"{entry.definition}\n" if entry.definition else "",
        *settings_table(cls.config_type),
        "",
        command(cls),
        f"Source: {entry.source}\n",
    ]
    return "\n".join(lines).replace("\n\n\n", "\n\n")


def command(cls: type[Augmenter]) -> str:
    """How to hear it."""
    if issubclass(cls, BatchAugmenter):
        return ""
    needed = " --set folder=my_noise" if cls.name == "background_noise" else ""
    line = f"python -m ser_core augment {cls.name} clip.wav --out {cls.name}.wav{needed}"
    return f"```sh\n{line}\n```\n"


def preset_rows() -> Iterator[str]:
    """What each preset does."""
    for name in presets.names():
        config = presets.load(name)
        words = f"{config.title}. {config.description}"
        sounds, batches = steps(config.waveform), steps(config.batch)
        if sounds and config.use != "all":
            sounds += f" ({'in turns' if config.use == 'turns' else 'one of them'})"
        yield f"| `{name}` | {words} | {sounds} | {batches} |"


def steps(chain: tuple[Step, ...]) -> str:
    """Names of steps, those within `cutmix` in brackets."""
    words = []
    for step in chain:
        within = ", ".join(f"`{inner['name']}`" for inner in step.settings.get("before", []))
        words.append(f"`{step.name}`" + (f" (of {within})" if within else ""))
    return ", ".join(words)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
