"""`report`: figures, tables and one page of finished runs."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core.commands.shared import chosen_labels, chosen_sources
from ser_core.errors import CorpusError

if TYPE_CHECKING:
    from ser_core.comparison.runs import FinishedRun


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="a run's id or the beginning of it (see `runs`), or a folder with its files",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.add_argument(
        "--format",
        action="append",
        choices=("svg", "png", "pdf"),
        help="of the pictures; may be given several times (default: svg and png)",
    )
    parser.add_argument(
        "--corpus",
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="where the corpus lies now, for accuracy by gender, intensity, statement and duration "
        "(default: where it lay when the run was trained)",
    )
    parser.set_defaults(run=run, corpus_set=[], labels=None, map=[])


def run(options: argparse.Namespace) -> None:
    from ser_core.comparison.loading import load
    from ser_core.reports.write import FORMATS, PAGE, write_report
    from ser_core.tracking import open_store

    store = open_store()
    runs = [_with_facts(load(reference, store), options) for reference in options.runs]
    report = write_report(runs, options.out, options.format or FORMATS, _progress)
    for sentence in report.sentences:
        print(sentence)
    print(f"{len(report.files)} files in {options.out}; open {options.out / PAGE}")


def _with_facts(run: "FinishedRun", options: argparse.Namespace) -> "FinishedRun":
    """What the corpus knows of the clips, where it can be read."""
    from ser_core.corpora import combine
    from ser_core.corpora.combine import Source

    if options.corpus:
        sources = chosen_sources(options)
    else:
        names = [name for name in run.corpus.split(combine.TOGETHER) if name]
        roots = run.root.split(", ")
        if len(names) != 1 or len(roots) != 1 or not Path(roots[0]).is_dir():
            print(f"{run.title}: no gender, intensity or duration known; name --corpus NAME=DIR")
            return run
        sources = [Source(names[0], Path(roots[0]))]
    try:
        table = chosen_labels(options).apply(combine.read(sources))
    except CorpusError as error:
        print(f"{run.title}: the corpus cannot be read ({error})", file=sys.stderr)
        return run
    return run.with_facts(table)


def _progress(done: int, total: int, _: str) -> None:
    if sys.stderr.isatty():
        print(f"\rpictures: {done + 1}/{total}", end="", file=sys.stderr, flush=True)
