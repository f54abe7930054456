"""Writes the reference of architectures: `docs/architectures.md` and its pictures.

Run by `make docs`. The words come from the architectures' docstrings and configs, numbers and
pictures from the networks that Keras builds of them.
"""

import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from docs.reference import Entry, anchor, settings_table
from docs.reference import contents_row as row
from ser_core.models import ARCHITECTURES, Baseline
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
from ser_core.models import ARCHITECTURES, Baseline

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
BASELINES = """# Baselines

Classifiers of [scikit-learn](https://scikit-learn.org) in the place of a network: what a network
has to beat. A recipe names them in the same place, `train` takes them over the same folds with the
same standardisation and the same fixed copies, they are scored alike, and saved as ONNX (converted
by skl2onnx, never pickled), so they answer on the Live page, too.

```sh
python -m ser_core train svm --corpus ravdess=DIR
python -m ser_core train d-mlp --corpus ravdess=DIR --set architecture=linear --set epochs=1 \\
  --set batch=[] --set optimiser=adamw --set schedule=cosine --set batch_size=16 \\
  --set monitor=uar --set patience=0
```

They take one vector a clip and learn from all clips and their copies at once. What belongs to
learning step by step (epochs but 1, batches and what is done to them, optimiser, schedule, early
stopping, label smoothing, votes, a start from other weights) is refused, as are heads besides
emotion and copies made on the fly. Validation clips choose nothing; they are not learned from
either, so that a baseline has heard what a network has heard.

| baseline | name | what it does |
|:--|:--|:--|
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
    """Networks by their titles."""
    return [name for name in _by_title() if not issubclass(ARCHITECTURES.get(name), Baseline)]


def baselines() -> list[str]:
    """Baselines by their titles."""
    return [name for name in _by_title() if issubclass(ARCHITECTURES.get(name), Baseline)]


def _by_title() -> list[str]:
    return sorted(ARCHITECTURES.names(), key=lambda name: ARCHITECTURES.get(name).title.lower())


def page() -> str:
    """The whole page."""
    head = "| architecture | name | what it does | parameters | MFLOP |\n|:--|:--|:--|--:|--:|"
    rows = [contents_row(name) for name in names()]
    networks = "\n".join([INTRODUCTION, head, *rows, "", *map(section, names())])
    plain = [
        row(ARCHITECTURES.get(name).title, name, ARCHITECTURES.get(name)) for name in baselines()
    ]
    return (
        "\n".join([networks, BASELINES + "\n".join(plain), "", *map(section, baselines())]) + FOOTER
    )


def contents_row(name: str) -> str:
    """Linked title, name, plain words and size."""
    cls, size = ARCHITECTURES.get(name), facts(name)
    words = " ".join(Entry.of(cls).plain.split())
    numbers = f"{size.parameters:,} | {(size.flops or 0) / 1e6:,.1f}"
    return f"| [{cls.title}](#{anchor(cls.title)}) | `{name}` | {words} | {numbers} |"


def section(name: str) -> str:
    """One architecture: words, settings and source; of a network its size and picture, too."""
    cls = ARCHITECTURES.get(name)
    entry, size, picture = Entry.of(cls), [], "\n"
    if not issubclass(cls, Baseline):
        size = [_size(facts(name))]
        picture = f"\n![Layers of {cls.title} in their order](architectures/{name}.svg)\n"
    lines = [
        f"## {cls.title}\n",
        f"`{name}` · {entry.plain}\n",
        f"{entry.definition}\n",
        *size,
        *settings_table(cls.config_type),
        picture,
        f"Source: {entry.source}\n",
    ]
    return "\n".join(lines)


def _size(network: Description) -> str:
    inputs = " and ".join(f"`{key}` {shape}" for key, shape in network.shapes.items())
    flops = f"{(network.flops or 0) / 1e6:,.1f} MFLOP an example"
    return f"On {inputs}: {network.parameters:,} parameters, {flops}.\n"


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
