"""`quality`: what is odd about the clips of a corpus."""

import argparse
from pathlib import Path

from ser_core.commands.shared import (
    add_corpus,
    add_json,
    chosen_labels,
    chosen_sources,
    print_json,
    progress_line,
)
from ser_core.errors import ParameterError


def add(parser: argparse.ArgumentParser) -> None:
    add_corpus(parser)
    parser.add_argument("--out", type=Path, metavar="F.csv", help="write all findings as CSV")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.corpora import combine
    from ser_core.corpora.quality import KINDS, check

    if options.out is not None and not options.out.parent.is_dir():
        raise ParameterError(f"--out: {options.out.parent} is not a folder; make it first")
    sources, labels = chosen_sources(options), chosen_labels(options)
    report = check(labels.apply(combine.read(sources)), progress_line("clips"))
    if options.out is not None:
        options.out.write_text(report.to_csv(), encoding="utf-8")
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
    print(f"{report.clips} clips, {len(report.findings)} findings")
    for kind, count in report.counts().items():
        severe = " (severe)" if KINDS[kind].severe else ""
        print(f"{KINDS[kind].title}{severe}: {count}. {KINDS[kind].meaning}")
        for clip, words in report.of(kind)[["clip", "words"]].head(10).itertuples(index=False):
            print(f"  {clip + ': ' if clip else ''}{words}")
        if count > 10:
            print(f"  and {count - 10} more (--out and --json list all)")
    if options.out is not None:
        print(f"written to {options.out}")
