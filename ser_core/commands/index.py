"""`index`: clips, labels and problems of a corpus."""

import argparse
from pathlib import Path
from typing import Any

from ser_core.commands.shared import (
    add_json,
    add_set,
    called,
    label_counts,
    left_out_words,
    name_and_value,
    print_json,
    progress_line,
    set_options,
)
from ser_core.errors import ParameterError
from ser_core.words import clips_of, count

_MOST_PROBLEMS = 10  # in words; the document has all


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", help="name of the corpus, such as ravdess")
    parser.add_argument("folder", metavar="DIR")
    add_set(parser, "how a folder of one's own is read, such as label_column=emotion")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.corpora.combine import Source
    from ser_core.corpora.labels import unusable

    if not options.folder.strip():
        raise ParameterError("DIR: nothing given; name the folder that holds the clips")
    root = Path(options.folder)
    settings = dict(name_and_value(text, "label_column=emotion") for text in options.set)
    with called(set_options(settings)):
        corpus = Source(options.corpus, root, settings).corpus()
    found = corpus.listing(root)
    table = corpus.index(root, progress_line("clips"), found)
    problems = table.loc[table["problems"].ne(""), ["clip", "problems"]]
    sound = table[table["problems"].eq("")]
    mapped = sound["emotion"].ne("")
    document: dict[str, Any] = {
        "corpus": options.corpus,
        "clips": len(table),
        "speakers": int(table.loc[table["speaker"].ne(""), "speaker"].nunique()),
        "emotions": label_counts(sound.loc[mapped, "emotion"]),
        "labels": {label: int(count) for label, count in sound["label"].value_counts().items()},
        "unmapped": label_counts(sound.loc[~mapped, "label"]),
        "left_out": unusable(table),
        "problems": [{"path": clip, "problem": problem} for clip, problem in problems.to_numpy()],
        "notes": corpus.notes(root, found),
    }
    if options.json:
        print_json(document)
    else:
        _print(document)


def _print(document: dict[str, Any]) -> None:
    from ser_core.emotions import KNOWN

    known = clips_of(document["clips"], document["speakers"])
    print(f"{document['corpus']}: {known}{left_out_words(document['left_out'])}")
    for note in document["notes"]:
        print(f"  note: {note}")
    for emotion, number in document["emotions"].items():
        own = "" if emotion in KNOWN else "  no known emotion: a label of its own"
        print(f"  {emotion:<10} {number:>6}{own}")
    for label, number in document["unmapped"].items():
        said = f"the label {label!r}, which is not mapped to an emotion" if label else "no label"
        print(f"  {count(number, 'clip')} with {said}")
    for item in document["problems"][:_MOST_PROBLEMS]:
        print(f"  problem: {item['path']}: {item['problem']}")
    if (more := len(document["problems"]) - _MOST_PROBLEMS) > 0:
        print(f"  and {count(more, 'more problem')} (--json has all)")
