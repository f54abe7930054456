"""`quality`: what is odd about the clips of a corpus."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from ser_core.corpora.quality import Report

_MOST = 5  # findings of a kind in words


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
    _print(report)
    if options.out is not None:
        print(f"written to {options.out}")


def _print(report: "Report") -> None:
    """How many findings of each kind, then the first of each, severe ones first."""
    from ser_core.corpora.quality import KINDS

    whole = int(report.findings["clip"].eq("").sum())
    about = f", {whole:,} of them about the corpus as a whole" if whole else ""
    found = count(len(report.findings), "finding")
    print(f"{count(report.clips, 'clip')}, {found}{about}")
    for kind, number in report.counts().items():
        print(f"  {number:>6,}  {KINDS[kind].title}{' (severe)' * KINDS[kind].severe}")
    for kind, number in report.counts().items():
        print(f"{KINDS[kind].title}: {KINDS[kind].meaning}")
        for clip, words in report.of(kind)[["clip", "words"]].head(_MOST).itertuples(index=False):
            print(f"  {clip + ': ' if clip else ''}{words}")
        if number > _MOST:
            print(f"  and {number - _MOST:,} more (--json or --out has all)")
