"""`index`: clips, labels and problems of a corpus."""

import argparse
from pathlib import Path
from typing import Any

from ser_core.commands.shared import (
    add_json,
    add_set,
    called,
    label_counts,
    name_and_value,
    print_json,
    progress_line,
    set_options,
)
from ser_core.words import clips_of, count


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", help="name of the corpus, such as ravdess")
    parser.add_argument("folder", type=Path, metavar="DIR")
    add_set(parser, "how a folder of one's own is read, such as label_column=emotion")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.corpora.combine import Source

    settings = dict(name_and_value(text, "label_column=emotion") for text in options.set)
    with called(set_options(settings)):
        corpus = Source(options.corpus, options.folder, settings).corpus()
    found = corpus.listing(options.folder)
    table = corpus.index(options.folder, progress_line("clips"), found)
    problems = table.loc[table["problems"].ne(""), ["clip", "problems"]]
    mapped = table["emotion"].ne("")
    document: dict[str, Any] = {
        "corpus": options.corpus,
        "clips": len(table),
        "speakers": int(table.loc[table["speaker"].ne(""), "speaker"].nunique()),
        "emotions": label_counts(table.loc[mapped, "emotion"]),
        "labels": {label: int(count) for label, count in table["label"].value_counts().items()},
        "unmapped": label_counts(table.loc[~mapped, "label"]),
        "problems": [{"path": clip, "problem": problem} for clip, problem in problems.to_numpy()],
        "notes": corpus.notes(options.folder, found),
    }
    if options.json:
        print_json(document)
        return
    print(f"{options.corpus}: {clips_of(document['clips'], document['speakers'])}")
    for note in document["notes"]:
        print(f"  note: {note}")
    for emotion, number in document["emotions"].items():
        print(f"  {emotion:<10} {number:>6}")
    for label, number in document["unmapped"].items():
        clips = count(number, "clip")
        print(f"  {clips} with the label {label!r}, which is not mapped to an emotion")
    for item in document["problems"]:
        print(f"  problem: {item['path']}: {item['problem']}")
