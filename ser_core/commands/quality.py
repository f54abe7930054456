"""`quality`: what is odd about the clips of a corpus."""

import argparse
from pathlib import Path

from ser_core.commands.shared import (
    add_corpus,
    add_json,
    check_out,
    chosen_labels,
    chosen_sources,
    print_json,
    progress_line,
    write_file,
)
from ser_core.words import count


def add(parser: argparse.ArgumentParser) -> None:
    add_corpus(parser)
    parser.add_argument("--out", type=Path, metavar="F.csv", help="write all findings as CSV")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.corpora import combine
    from ser_core.corpora.quality import KINDS, check

    if options.out is not None:
        check_out(options.out, "findings.csv")
    sources, labels = chosen_sources(options), chosen_labels(options)
    report = check(labels.apply(combine.read(sources)), progress_line("clips"))
    if options.out is not None:
        write_file(options.out, report.to_csv().encode())
    if options.json:
        document = {
            "corpus": combine.key([source.name for source in sources]),
            "clips": report.clips,
            "severe": sum(n for kind, n in report.counts().items() if KINDS[kind].severe),
            "counts": report.counts(),
            "findings": report.findings.drop(columns="path").to_dict("records"),
        }
        print_json(document)
        return
    print(f"{count(report.clips, 'clip')}, {count(len(report.findings), 'finding')}")
    for kind, number in report.counts().items():
        severe = " (severe)" if KINDS[kind].severe else ""
        print(f"{KINDS[kind].title}{severe}: {number:,}. {KINDS[kind].meaning}")
        for clip, words in report.of(kind)[["clip", "words"]].head(10).itertuples(index=False):
            print(f"  {clip + ': ' if clip else ''}{words}")
        if number > 10:
            print(f"  and {number - 10:,} more (--out and --json list all)")
    if options.out is not None:
        print(f"written to {options.out}")
