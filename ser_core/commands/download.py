"""`download`: fetch a corpus that anybody may download, or make the demo corpus."""

import argparse
import math
import shlex
import sys
import time
from typing import TYPE_CHECKING, Any, TextIO

from ser_core.commands.shared import add_json, print_json
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.words import count

if TYPE_CHECKING:
    from ser_core.corpora.download import Download


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "corpus",
        nargs="?",
        help="ravdess or emodb, or synthetic for demo voices that are made here; without it, what "
        "there is",
    )
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--song", action="store_true", help="RAVDESS song instead of speech")
    part.add_argument("--all", action="store_true", help="every archive of the corpus")
    parser.add_argument("--yes", action="store_true", help="agree to the licence, do not ask")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.corpora.detection import DEMO
    from ser_core.corpora.download import download

    if options.corpus is None:
        _list_downloads(options.json)
        return
    if options.corpus == DEMO:
        _make_demo(options)
        return
    chosen = _chosen_downloads(options)
    missing = [entry for entry in chosen if not entry.installed]
    words = sys.stderr if options.json else sys.stdout
    for entry in missing:
        _introduce(entry, words)
    if missing and not options.yes:
        _ask(sum(entry.bytes - entry.arrived_bytes for entry in missing))
    for entry in chosen:
        try:
            download(entry, progress_of(entry))
        except KeyboardInterrupt:
            print("\nwhat has arrived is kept: the same command goes on from there", file=words)
            raise
    if options.json:
        print_json([_document(entry) for entry in chosen])
        return
    for entry in chosen:
        state = "downloaded" if entry in missing else "was there already"
        print(f"{entry.title}: {count(entry.clips, 'clip')}, {state}, in {entry.folder}")
    print(f"next: python -m ser_core index {chosen[0].corpus} {shlex.quote(str(chosen[0].root))}")


def _make_demo(options: argparse.Namespace) -> None:
    """The synthetic corpus, which the Dataset page offers as well; nothing is fetched."""
    from ser_core.corpora import library

    if options.song or options.all:
        raise ParameterError("--song, --all: synthetic has one part, leave them out")
    entry = library.demo()
    clips = len(library.table(entry))
    if options.json:
        print_json([{"corpus": entry.name, "title": entry.title, "root": str(entry.root)}])
        return
    print(f"{entry.title}: {count(clips, 'clip')}, in {entry.root}")
    print(f"next: python -m ser_core index {entry.name} {shlex.quote(str(entry.root))}")


def _chosen_downloads(options: argparse.Namespace) -> "list[Download]":
    from ser_core.corpora import CORPORA
    from ser_core.corpora.download import downloads_of

    try:
        known = downloads_of(options.corpus)
    except UnknownNameError as error:
        if options.corpus in CORPORA.names():
            where = getattr(CORPORA.get(options.corpus), "obtain", "")
            raise UnknownNameError(f"{error}. {where}".removesuffix(". ")) from None
        raise
    if options.all:
        return known
    if not options.song:
        return known[:1]
    songs = [entry for entry in known if entry.part == "song"]
    if not songs:
        raise ParameterError(f"--song: {options.corpus} has no song, leave it out")
    return songs


def _introduce(entry: "Download", out: TextIO) -> None:
    """Everything that must be known before a download."""
    from ser_core.corpora.download import megabytes

    size = f"{megabytes(entry.bytes)}, about {megabytes(entry.unpacked_bytes)} unpacked"
    if entry.arrived_bytes:
        size += f"; {megabytes(entry.arrived_bytes)} are here already"
    lines = {
        "size": size,
        "licence": entry.licence,
        "to cite": entry.citation,
        "from": f"{entry.url} ({entry.page})",
        "checksum": entry.checked,
        "into": str(entry.folder),
    }
    print(f"{entry.title}: {entry.contains}", file=out)
    for name, text in lines.items():
        print(f"  {name + ':':<10} {text}", file=out)


def _ask(size: int) -> None:
    """Go on only when the user says so.

    Raises:
        ParameterError: nobody is there to ask, or the answer is no.
    """
    from ser_core.corpora.download import megabytes

    if not sys.stdin.isatty():
        raise ParameterError("--yes: nobody can be asked here; give it to agree to the licence")
    print(f"Download {megabytes(size)} under this licence? [y/N] ", end="", file=sys.stderr)
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise ParameterError("nothing was downloaded")


def _list_downloads(as_json: bool) -> None:
    from ser_core.corpora import CORPORA
    from ser_core.corpora.download import DOWNLOADS, megabytes

    asked = {name: getattr(CORPORA.get(name), "obtain", "") for name in CORPORA.names()}
    here = {entry.corpus for entry in DOWNLOADS.values()}
    asked = {name: text for name, text in asked.items() if "://" in text and name not in here}
    if as_json:
        documents = [_document(entry) for entry in DOWNLOADS.values()]
        print_json({"downloads": documents, "elsewhere": asked})
        return
    for entry in DOWNLOADS.values():
        state = "installed" if entry.installed else megabytes(entry.bytes)
        print(f"{entry.name:<15} {state:<10} {entry.contains}; {entry.licence}")
    for name, text in asked.items():
        print(f"{name:<15} {'elsewhere':<10} {text}")


def _document(entry: "Download") -> dict[str, Any]:
    return {
        "name": entry.name,
        "corpus": entry.corpus,
        "title": entry.title,
        "bytes": entry.bytes,
        "md5": entry.md5,
        "clips": entry.clips,
        "licence": entry.licence,
        "citation": entry.citation,
        "page": entry.page,
        "url": entry.url,
        "installed": entry.installed,
        "folder": str(entry.folder),
        "root": str(entry.root),
    }


def progress_of(entry: "Download") -> Any:
    """One line on standard error that keeps itself up to date; nothing where nobody watches."""
    from ser_core.corpora.download import megabytes

    told, phase, begun, first, last = -math.inf, -1, 0.0, 0, (-1, -1)

    def show(done: int, total: int) -> None:
        nonlocal told, phase, begun, first, last
        now = time.monotonic()
        soon = now - told < 0.2 and (done < total or not total)
        if soon or last == (done, total) or not sys.stderr.isatty():
            return
        last = (done, total)
        if total != phase:
            phase, begun, first = total, now, done
        told, words = now, "waiting for another process"
        if total:
            what = "downloaded" if total == entry.bytes else "unpacked"
            words = f"{megabytes(done)} of {megabytes(total)} {what}"
        if first < done < total and now - begun > 2:
            words += f", {(now - begun) * (total - done) / (done - first):,.0f} s left"
        end = "\n" if total and done >= total else ""
        print(f"\r{entry.title}: {words:<50}", end=end, file=sys.stderr, flush=True)

    return show
