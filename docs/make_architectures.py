"""Writes the reference of architectures: `docs/architectures.md` and its pictures.

Run by `make docs`. The words come from the architectures' docstrings and configs, numbers and
pictures from the networks that Keras builds of them.
"""

import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from docs.reference import Entry, anchor, settings_table
from ser_core.models import ARCHITECTURES
from ser_core.models.base import EMOTION
from ser_core.models.describe import Description, describe

PAGE = Path(__file__).with_name("architectures.md")
PICTURES = Path(__file__).with_name("architectures")
INTRODUCTION = """# Architectures

The networks that SER Studio trains. Each is named as in recipes and on the command line, which says
what it is made of and draws it:

```sh
python -m ser_core describe cnn_bilstm --shape 130,182 --svg layers.svg
python -m ser_core describe studio --json
```

In Python, an architecture builds a Keras model from the shapes of its inputs and the sizes of its
heads:

```python
from ser_core.models import ARCHITECTURES

network = ARCHITECTURES.create("bilstm", lstm_units=[32, 32])
model = network.build({"features": (94, 40)}, {"emotion": 8, "gender": 2})
answers = model({"features": batch})  # {"emotion": logits, "gender": logits}
```

All are made of Keras 3 layers alone, so they run on each of its backends, and are exported to ONNX
with their heads' names. Every one can have several heads: emotion, and what else the corpus tells.
What they cannot take is refused before training, with what would fit.

The table and the pictures show each with its default settings, eight emotions and the input that it
had in the system it comes from. FLOP are floating-point operations for one example, two to a
multiply-add; only products are counted: offsets, activations, normalisation and pooling, a few per
cent at most, are not.
"""
FOOTER = """
---

This page is written by `make docs` from the architectures' docstrings and settings; edit those.
"""


@cache
def facts(name: str) -> Description:
    """An architecture with its default settings, on its usual input."""
    architecture = ARCHITECTURES.create(name)
    return describe(architecture, architecture.usual, {EMOTION: 8})


def names() -> list[str]:
    """Architectures by their titles."""
    return sorted(ARCHITECTURES.names(), key=lambda name: ARCHITECTURES.get(name).title.lower())


def page() -> str:
    """The whole page."""
    head = "| architecture | name | what it does | parameters | MFLOP |\n|:--|:--|:--|--:|--:|"
    rows = [contents_row(name) for name in names()]
    return "\n".join([INTRODUCTION, head, *rows, "", *map(section, names())]) + FOOTER


def contents_row(name: str) -> str:
    """Linked title, name, plain words and size."""
    cls, size = ARCHITECTURES.get(name), facts(name)
    words = " ".join(Entry.of(cls).plain.split())
    numbers = f"{size.parameters:,} | {size.flops / 1e6:,.1f}"
    return f"| [{cls.title}](#{anchor(cls.title)}) | `{name}` | {words} | {numbers} |"


def section(name: str) -> str:
    """One architecture: words, size, settings, picture and source."""
    cls, size = ARCHITECTURES.get(name), facts(name)
    entry = Entry.of(cls)
    inputs = " and ".join(f"`{key}` {shape}" for key, shape in size.shapes.items())
    lines = [
        f"## {cls.title}\n",
        f"`{name}` · {entry.plain}\n",
        f"{entry.definition}\n",
        f"On {inputs}: {size.parameters:,} parameters, {size.flops / 1e6:,.1f} MFLOP an example.\n",
        *settings_table(cls.config_type),
        f"\n![Layers of {cls.title} in their order](architectures/{name}.svg)\n",
        f"Source: {entry.source}\n",
    ]
    return "\n".join(lines)


def main() -> None:
    """Write the page and its pictures."""
    PAGE.write_text(page(), encoding="utf-8")
    PICTURES.mkdir(exist_ok=True)
    for stale in PICTURES.glob("*.svg"):
        stale.unlink()
    for name in names():
        (PICTURES / f"{name}.svg").write_text(facts(name).diagram + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
