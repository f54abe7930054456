"""Writes the reference of corpora, `docs/corpora.md`, from the readers and the table of labels."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ser_core import emotions
from ser_core.corpora import CORPORA, Corpus, labels

PAGE = Path(__file__).with_name("corpora.md")
INTRODUCTION = """# Corpora

What SER Studio reads, each in its published layout, in any nesting of folders. Clips stay where
they are; nothing is ever written into their folder. WAV and FLAC are understood everywhere,
whatever the case of the ending; hidden files and macOS' `._` files are passed over; a clip that
lies in a folder twice counts once.

```sh
python -m ser_core index ravdess DIR          # clips, labels, speakers and problems
python -m ser_core download ravdess           # for the few that anybody may download
python -m ser_core train studio --corpus ravdess=DIR
python -m ser_core evaluate default --corpus emodb=DIR
```

## One table

Whatever the corpus, one row is one utterance:

| Column | Meaning |
|:--|:--|
| `clip`, `path` | name below the folder, unique; and the file |
| `corpus`, `language` | registered name; ISO 639-1 code |
| `speaker`, `gender` | "" where nobody says |
| `label`, `emotion` | as published; and what it means here, "" where it means none |
| `intensity`, `statement`, `repetition`, `channel` | where known; channel is speech or song |
| `style`, `session` | scripted or improvised; recording session |
| `valence`, `arousal`, `dominance` | means of the raters, 1 to 5; else not a number |
| `votes` | raters by what they chose, as JSON: `{"anger": 2, "neutral": 1}` |
| `duration_s`, `sampling_rate` | from the file's header, read in the background and kept by file |
| `problems` | a sentence where the clip cannot be used; such clips stay out of training |

`index` says in `notes` how a folder of one's own was read, and which tables a folder of CREMA-D or
IEMOCAP lacks and what is not known without them.

## Several corpora together

`--corpus` may be given several times. Speakers and clips then carry their corpus, as in
`ravdess/01` and `cafe/01`, who are two people; two folders of one published corpus hold the same
people, and a clip that is in both counts once.

```sh
python -m ser_core train studio --corpus ravdess=A --corpus emodb=B --protocol leave-one-corpus-out
```

## Labels

What every published label means stands in
[`ser_core/corpora/labels.toml`](../ser_core/corpora/labels.toml), to read and to edit. No two
labels of a corpus are merged there, and some mean nothing: IEMOCAP's `xxx` (the raters did not
agree) and `oth` (another emotion). Clips whose label means nothing, or is not asked for, are
counted and left out, and every score says how many (`evaluate`, `train`, and `runs` for all that
was ever trained). To choose:

- `--labels NAME` takes a named choice,
- `--labels FILE.toml` one of your own: a table `[map]` with lines such as `excited = "happy"`; what
  is not listed is left out; a label that no corpus has, or an emotion that is nearly one of the
  house's, is taken for a slip and refused,
- `--map excited=happy` changes one thing and may be given several times; `--map bored=` leaves out.
  On the left stands an emotion of the table below or a label as published.

```sh
python -m ser_core train studio --corpus iemocap=DIR --labels iemocap-4
```

"""


def page() -> str:
    """The whole page."""
    own = [name for name in CORPORA.names() if name not in ("labelled_folder", "synthetic")]
    order = [*sorted(own, key=lambda name: CORPORA.get(name).title.lower()), "labelled_folder"]
    parts = [INTRODUCTION, _choices(), _overview(order), *(_entry(CORPORA.get(n)) for n in order)]
    return "\n".join(part.strip("\n") + "\n" for part in [*parts, _entry(CORPORA.get("synthetic"))])


def _choices() -> str:
    rows = ["| Choice | What it is | Counts as |", "|:--|:--|:--|"]
    for name in labels.names():
        pairs = labels.choose(name).pairs
        said = ", ".join(a if a == b else f"{a} → {b}" for a, b in pairs.items())
        rows.append(f"| `{name}` | {labels.title(name)} | {said} |")
    return "\n".join(rows)


def _overview(names: list[str]) -> str:
    rows = ["## Overview", "", "| Corpus | Name | Language | Emotions |", "|:--|:--|:--|:--|"]
    for name in names:
        corpus = CORPORA.get(name)
        meant = emotions.order({word for word in labels.published(name).values() if word})
        said = ", ".join(meant) if corpus.published else "any"
        rows.append(f"| {corpus.title} | `{name}` | {corpus.language or 'any'} | {said} |")
    return "\n".join(rows)


def _entry(corpus: type[Corpus]) -> str:
    lines = [
        f"## {corpus.title}",
        "",
        corpus.content,
        "",
        f"- Licence: {corpus.licence}.",
        f"- To obtain: {corpus.obtain}",
        f"- To cite: {corpus.citation}",
        "",
        "```",
        corpus.layout.strip("\n"),
        "```",
        "",
        *_meanings(corpus),
        "",
        "```sh",
        f"python -m ser_core index {corpus.name} DIR",
        "```",
    ]
    return "\n".join([*lines, *_settings(corpus)])


def _meanings(corpus: type[Corpus]) -> list[str]:
    pairs = labels.published(corpus.name).items()
    known = [f"{label} → {word}" for label, word in pairs if word and word != label]
    same = [label for label, word in pairs if label == word]
    nothing = [label for label, word in pairs if not word]
    said = [", ".join(part) for part in (same, known) if part]
    return [f"Labels: {'; '.join(said)}{'; without: ' + ', '.join(nothing) if nothing else ''}."]


def _settings(corpus: type[Corpus]) -> list[str]:
    fields = corpus.config_type.model_fields
    if not fields:
        return []
    rows = [f"| `{name}` | {field.description} |" for name, field in fields.items()]
    return [
        "",
        "What is found out from the folder can also be said, with `--set KEY=VALUE` after `index`,",
        f"and with `--corpus-set {corpus.name}.KEY=VALUE` where several corpora may be given",
        "(the second folder of one's own is `labelled_folder-2`):",
        "",
        "| Setting | Meaning |",
        "|:--|:--|",
        *rows,
    ]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
