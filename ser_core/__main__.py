"""The command line: the same library without a browser. See `python -m ser_core --help`."""

import argparse
import contextlib
import io
import json
import math
import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ser_core.errors import AudioError, ParameterError, SerError, UnknownNameError, listed

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ser_core.augment import ChainConfig, DrawnStep, WaveformAugmenter
    from ser_core.config import Config
    from ser_core.corpora.combine import Source
    from ser_core.corpora.download import Download
    from ser_core.corpora.labels import Labels
    from ser_core.evaluation.metrics import Interval
    from ser_core.inference.evaluate import Evaluation


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors meant for the user become one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except SerError as error:
        print(f"ser_core {options.command}: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder that may not be written
        print(f"ser_core {options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"ser_core {options.command}: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m ser_core", description="Speech emotion recognition")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_index(commands.add_parser("index", help="clips, labels and problems of a corpus"))
    _add_download(commands.add_parser("download", help="fetch a corpus that anybody may download"))
    _add_extract(commands.add_parser("extract", help="features of one sound file"))
    _add_augment(commands.add_parser("augment", help="one sound file, changed at random"))
    _add_quality(commands.add_parser("quality", help="what is odd about the clips of a corpus"))
    _add_splits(
        commands.add_parser(
            "splits", help="folds of a protocol, and what leaks", formatter_class=_ProtocolHelp
        )
    )
    _add_train(
        commands.add_parser(
            "train", help="train a recipe over folds", formatter_class=_ProtocolHelp
        )
    )
    _add_evaluate(commands.add_parser("evaluate", help="score a model on a corpus"))
    _add_predict(commands.add_parser("predict", help="the emotion in sound files"))
    _add_runs(commands.add_parser("runs", help="all training runs"))
    return parser


def _add_index(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", help="name of the corpus, such as ravdess")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="how a folder of one's own is read, such as label_column=emotion",
    )
    _add_json(parser)
    parser.set_defaults(run=_index)


def _add_download(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", nargs="?", help="ravdess or emodb; without it, what there is")
    part = parser.add_mutually_exclusive_group()
    part.add_argument("--song", action="store_true", help="RAVDESS song instead of speech")
    part.add_argument("--all", action="store_true", help="every archive of the corpus")
    parser.add_argument("--yes", action="store_true", help="agree to the licence, do not ask")
    _add_json(parser)
    parser.set_defaults(run=_download)


def _add_extract(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("extractor", help="name of an extractor, such as log_mel")
    parser.add_argument("audio", type=Path, metavar="AUDIO")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="F.npy", help="NumPy file to write"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a setting; one of an extractor within, as frames.name=log_mel",
    )
    _add_json(parser)
    parser.set_defaults(run=_extract)


class _ProtocolHelp(argparse.HelpFormatter):
    """Help that lists the protocols; they are loaded for those only who ask for it."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        words = super()._get_help_string(action)
        if action.dest != "protocol":
            return words
        from ser_core.corpora.protocols import PROTOCOLS

        return f"{words} {', '.join(PROTOCOLS.names())} (default: {action.default})"


def _add_augment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "augmenter", help="name of an augmenter, such as speed; of a preset, such as b; or F.toml"
    )
    parser.add_argument("audio", type=Path, metavar="AUDIO")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="F.wav", help="16-bit sound file to write"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument(
        "--copy", type=int, default=0, metavar="K", help="which copy, where steps take turns"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting"
    )
    _add_json(parser)
    parser.set_defaults(run=_augment)


def _add_protocol(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--protocol",
        default="speaker-independent",
        metavar="P",
        help="how clips are split (see docs/protocols.md):",
    )
    parser.add_argument(
        "--folds", type=int, help="number of folds, where the protocol leaves it open"
    )


def _add_quality(parser: argparse.ArgumentParser) -> None:
    _add_corpus(parser)
    parser.add_argument("--out", type=Path, metavar="F.csv", help="write all findings as CSV")
    _add_json(parser)
    parser.set_defaults(run=_quality)


def _add_splits(parser: argparse.ArgumentParser) -> None:
    _add_corpus(parser)
    _add_protocol(parser)
    parser.add_argument(
        "--validation-speakers", type=int, default=2, metavar="N", help="who choose the epoch"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draw, where there is one")
    parser.add_argument(
        "--names-only", action="store_true", help="do not read the files to compare their audio"
    )
    _add_json(parser)
    parser.set_defaults(run=_splits)


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", help="name of a recipe, such as studio")
    _add_corpus(parser)
    _add_protocol(parser)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a recipe's field"
    )
    parser.add_argument("--model", metavar="NAME", help="then train on everybody and save as NAME")
    parser.add_argument(
        "--resume", action="store_true", help="keep the folds an interrupted run has finished"
    )
    parser.set_defaults(run=_train)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="name of a model, or the path of its folder or ONNX file")
    _add_corpus(parser)
    parser.add_argument("--channel", choices=("speech", "song"), help="score only this channel")
    parser.add_argument("--speakers", nargs="+", metavar="S", help="score only these speakers")
    _add_json(parser)
    parser.set_defaults(run=_evaluate)


def _add_predict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("audio", nargs="+", type=Path, metavar="AUDIO")
    parser.add_argument("--model", default="default", help="name or path of a model")
    _add_json(parser)
    parser.set_defaults(run=_predict)


def _add_runs(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.set_defaults(run=_runs)


def _add_corpus(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--corpus",
        required=True,
        action="append",
        metavar="NAME=DIR",
        help="ravdess=PATH; may be given several times, then speakers are called ravdess/01",
    )
    parser.add_argument(
        "--corpus-set",
        action="append",
        default=[],
        metavar="NAME.KEY=VALUE",
        help="how a folder of one's own is read: labelled_folder.label_column=emotion",
    )
    parser.add_argument(
        "--labels", metavar="NAME", help="a choice of labels, such as iemocap-4, or a .toml file"
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="LABEL=EMOTION",
        help="count a label as an emotion, such as excited=happy; nothing after = leaves it out",
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _index(options: argparse.Namespace) -> None:
    from ser_core.corpora.combine import Source
    from ser_core.corpora.labelled_folder import LabelledFolder

    settings = dict(_parted(text, "label_column=emotion") for text in options.set)
    corpus = Source(options.corpus, options.folder, settings).corpus()
    found = corpus.listing(options.folder)
    table = corpus.index(options.folder, _progress("clips"), found)
    problems = table.loc[table["problems"].ne(""), ["clip", "problems"]]
    mapped = table["emotion"].ne("")
    document: dict[str, Any] = {
        "corpus": options.corpus,
        "clips": len(table),
        "speakers": int(table.loc[table["speaker"].ne(""), "speaker"].nunique()),
        "emotions": _counts(table.loc[mapped, "emotion"]),
        "labels": {label: int(count) for label, count in table["label"].value_counts().items()},
        "unmapped": _counts(table.loc[~mapped, "label"]),
        "problems": [{"path": clip, "problem": problem} for clip, problem in problems.to_numpy()],
    }
    if isinstance(corpus, LabelledFolder):
        document["notes"] = [corpus.preview(options.folder, found).sentence()]
    if options.json:
        _print_json(document)
        return
    print(f"{options.corpus}: {document['clips']} clips of {document['speakers']} speakers")
    for note in document.get("notes", ()):
        print(f"  {note}")
    for emotion, count in document["emotions"].items():
        print(f"  {emotion:<10} {count:>6}")
    for label, count in document["unmapped"].items():
        print(f"  {count} clips with the label {label!r}, which is not mapped to an emotion")
    for item in document["problems"]:
        print(f"  problem: {item['path']}: {item['problem']}")


def _download(options: argparse.Namespace) -> None:
    from ser_core.corpora.download import download

    if options.corpus is None:
        _list_downloads(options.json)
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
            download(entry, _download_progress(entry))
        except KeyboardInterrupt:
            print("\nwhat has arrived is kept: the same command goes on from there", file=words)
            raise
    if options.json:
        _print_json([_download_document(entry) for entry in chosen])
        return
    for entry in chosen:
        state = "downloaded" if entry in missing else "was there already"
        print(f"{entry.title}: {entry.clips:,} clips, {state}, in {entry.folder}")
    print(f"next: python -m ser_core index {chosen[0].corpus} {shlex.quote(str(chosen[0].root))}")


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
        "checksum": f"MD5 {entry.md5}" if entry.md5 else "none published; size and clips checked",
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
        documents = [_download_document(entry) for entry in DOWNLOADS.values()]
        _print_json({"downloads": documents, "elsewhere": asked})
        return
    for entry in DOWNLOADS.values():
        state = "installed" if entry.installed else megabytes(entry.bytes)
        print(f"{entry.name:<15} {state:<10} {entry.contains}; {entry.licence}")
    for name, text in asked.items():
        print(f"{name:<15} {'elsewhere':<10} {text}")


def _download_document(entry: "Download") -> dict[str, Any]:
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


def _download_progress(entry: "Download") -> Any:
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


def _extract(options: argparse.Namespace) -> None:
    from ser_core import audio
    from ser_core.features import EXTRACTORS, Signal

    changes = dict(_assignment(text) for text in options.set)
    settings = _nested(EXTRACTORS.get(options.extractor).config_type, changes)
    extractor = EXTRACTORS.create(options.extractor, **settings)
    waveform, sampling_rate = audio.load(options.audio)
    _check_apart(options.out, options.audio)
    signal = Signal(waveform, sampling_rate, options.audio)
    features = extractor.of(signal.at(extractor.sampling_rate or sampling_rate))
    notes = extractor.notes()
    _save(options.out, features)
    if options.json:
        _print_json(
            {
                "extractor": extractor.name,
                "settings": extractor.config.model_dump(mode="json"),
                "kind": extractor.kind,
                "shape": features.shape,
                "dtype": str(features.dtype),
                "unit": extractor.unit,
                "sampling_rate": extractor.sampling_rate,
                "hop_s": extractor.hop_s,
                "features": extractor.feature_names(),
                "notes": notes,
                "out": str(options.out),
            }
        )
        return
    unit = f" in {extractor.unit}" if extractor.unit else ""
    print(f"{extractor.name}: {features.shape} {features.dtype}{unit}, written to {options.out}")
    for note in notes:
        print(f"  {note}")


def _check_apart(out: Path, audio: Path) -> None:
    if out.exists() and out.samefile(audio):
        raise ParameterError(f"--out: {out} is the sound file itself")


def _nested(config_type: "type[Config]", changes: dict[str, Any]) -> dict[str, Any]:
    """Settings in which a dotted name reaches into an extractor within: `frames.n_mels`.

    Another extractor (`frames.name`) starts from its own default settings.
    """
    from ser_core.config import Component

    fields = config_type.model_fields
    within = {name: field.default for name, field in fields.items()}
    within = {name: part for name, part in within.items() if isinstance(part, Component)}
    settings: dict[str, Any] = {}
    for key, value in changes.items():
        first, *rest = key.split(".")
        if first not in within or not rest:
            settings[key] = value
            continue
        usual = within[first]
        name = changes.get(f"{first}.name", usual.name)
        part = settings.setdefault(
            first, {"name": name, "settings": dict(usual.settings) if name == usual.name else {}}
        )
        if rest != ["name"]:
            part["settings"][".".join(rest).removeprefix("settings.")] = value
    return settings


def _save(path: Path, array: "NDArray[Any]") -> None:
    """Write a .npy; see `_write`."""
    import numpy as np

    whole = io.BytesIO()  # `np.save` would add a suffix to a name, and hide why a disk refuses
    np.save(whole, array, allow_pickle=False)
    _write(path, whole.getvalue())


def _write(path: Path, content: bytes) -> None:
    """Write a file beside its place and rename it, so that nothing half-written is left.

    Raises:
        ParameterError: `path` is no place for a file, or the disk is full.
    """
    if path.exists() and not path.is_file():
        raise ParameterError(f"--out: {path} is not a file that could be replaced")
    if not path.parent.is_dir():
        raise ParameterError(f"--out: {path.parent} is not a folder; make it first")
    target = path.resolve()  # a link stays a link
    part = target.with_name(f".{os.getpid()}.part")  # a long name would not bear a suffix
    try:
        part.write_bytes(content)
        part.replace(target)
    except OSError as error:
        raise ParameterError(
            f"--out: {path} cannot be written ({error.strerror or error})"
        ) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _augment(options: argparse.Namespace) -> None:
    import numpy as np

    from ser_core import audio
    from ser_core.augment import replay

    if options.out.suffix.lower() != ".wav":
        raise ParameterError(f"--out: a WAV file is written, name it so; got {options.out.name}")
    drawn = _drawn(options)
    waveform, sampling_rate = audio.load(options.audio)
    _check_apart(options.out, options.audio)
    changed = replay(waveform, sampling_rate, drawn)
    _write(options.out, audio.to_wav_bytes(changed, sampling_rate))
    limited = int(np.count_nonzero(np.abs(changed) > 1))
    before_s, after_s = (each.size / sampling_rate for each in (waveform, changed))
    if options.json:
        _print_json(
            {
                "augmenter": options.augmenter,
                "seed": options.seed,
                "copy": options.copy,
                "drawn": [step.document() for step in drawn],
                "sampling_rate": sampling_rate,
                "duration_before_s": before_s,
                "duration_s": after_s,
                "limited_samples": limited,
                "out": str(options.out),
            }
        )
        return
    for step in drawn:
        values = [f"{key} {_short(value)}" for key, value in step.document()["draw"].items()]
        print(f"{step.name}: {', '.join(values)}")
    if not drawn:
        print("nothing was drawn this time: the sound stays as it is")
    print(f"{before_s:.2f} s became {after_s:.2f} s, written to {options.out}")
    if limited:
        print(f"  {limited} samples beyond full scale are limited in the file")


def _drawn(options: argparse.Namespace) -> "list[DrawnStep]":
    """What is drawn with the seed: of one augmenter, or of a chain."""
    import numpy as np

    from ser_core.augment import AUGMENTERS, Chain, DrawnStep

    for option in ("seed", "copy"):
        if getattr(options, option) < 0:
            raise ParameterError(f"--{option}: at least 0, got {getattr(options, option)}")
    rng, name = np.random.default_rng(options.seed), options.augmenter
    if name in AUGMENTERS.names():
        settings = dict(_assignment(text) for text in options.set)
        return [DrawnStep(0, name, settings, _of_waveforms(name, settings).draw(rng))]
    config = _chain(name)
    if options.set:
        raise ParameterError("--set: the settings of a chain stand in its file; leave it out")
    if not config.waveform:
        raise ParameterError(f"{name}: it has no step that changes a sound, only batches")
    return Chain(config).draw(rng, copy=options.copy)


def _chain(name: str) -> "ChainConfig":
    """A preset, or a chain in a file."""
    from ser_core.augment import AUGMENTERS, load_chain, presets

    if name.lower().endswith(".toml"):
        return load_chain(Path(name))
    known = [*presets.names(), *presets.kept()]
    if name not in known:
        names = listed(name, [*AUGMENTERS.names(), *known])
        raise UnknownNameError(f"augmenter or preset {name!r} is not known; {names}")
    return presets.load(name)


def _of_waveforms(name: str, settings: dict[str, Any]) -> "WaveformAugmenter":
    from ser_core.augment import AUGMENTERS, WaveformAugmenter

    augmenter = AUGMENTERS.create(name, **settings)
    if not isinstance(augmenter, WaveformAugmenter):
        known = [n for n in AUGMENTERS.names() if issubclass(AUGMENTERS.get(n), WaveformAugmenter)]
        raise ParameterError(
            f"{name}: it changes batches of features, not a sound; these do: {', '.join(known)}"
        )
    return augmenter


def _short(value: Any) -> str:
    if isinstance(value, list):
        return " × ".join(_short(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _quality(options: argparse.Namespace) -> None:
    from ser_core.corpora import combine
    from ser_core.corpora.quality import KINDS, check

    if options.out is not None and not options.out.parent.is_dir():
        raise ParameterError(f"--out: {options.out.parent} is not a folder; make it first")
    sources, labels = _sources(options), _labels(options)
    report = check(labels.apply(combine.read(sources)), _progress("clips"))
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
        _print_json(document)
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


def _splits(options: argparse.Namespace) -> None:
    from ser_core.corpora import combine
    from ser_core.corpora.splits import describe_split, leak_check, protocol_folds

    if options.folds is not None:
        _check_folds(options.protocol)
    sources, labels = _sources(options), _labels(options)
    corpus = combine.key([source.name for source in sources])
    table = labels.apply(combine.read(sources))
    num_folds = 5 if options.folds is None else options.folds
    folds = protocol_folds(
        table, options.protocol, num_folds, options.validation_speakers, options.seed
    )
    check = leak_check(table, folds, not options.names_only, _progress("clips"))
    document = {"corpus": corpus, "seed": options.seed, **describe_split(table, folds, check)}
    if options.json:
        _print_json(document)
    else:
        _print_split(document)


def _check_folds(protocol: str) -> None:
    """A protocol whose folds are given takes no other number of them."""
    from ser_core.corpora.protocols import PROTOCOLS

    if "folds" not in PROTOCOLS.get(protocol).config_type.model_fields:
        raise ParameterError(f"--folds: {protocol} has its own number of folds, leave it out")


def _print_split(split: dict[str, Any]) -> None:
    print(f"{split['title']}: {split['words']}")
    print(f"  kept apart: {split['kept_apart']}")
    print(f"  not kept apart: {split['not_apart']}")
    print(f"  {split['clips']} clips; {split['left_out']} left out (a problem, or no emotion)")
    for note in split["notes"]:
        print(f"  note: {note}")
    for fold in split["folds"]:
        print(f"fold {fold['fold']}{fold['name'] and ': ' + fold['name']}")
        for part in ("train", "validation", "test"):
            print(f"  {part:<10} {_part_words(fold[part])}")
        if fold["untrained"]:
            labels = ", ".join(fold["untrained"])
            print(f"  this fold cannot be scored: no training clip is labelled {labels}")
    print(split["leaks"]["sentence"])
    pairs = [pair for pair in split["leaks"]["clips"] if pair["side"] == "test"]
    for pair in pairs[:20]:
        print(
            f"  {pair['what']}: {pair['clip']} (test), {pair['other_clip']} ({pair['other_side']})"
        )
    if len(pairs) > 20:
        print(f"  and {len(pairs) - 20} more (--json lists all)")


def _part_words(part: dict[str, Any]) -> str:
    names = part["speakers"]
    voices = f"{len(names)} speakers" if len(names) > 8 else f"speakers {', '.join(names) or '?'}"
    counts = {**part["genders"], **part["emotions"]}
    shares = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    return f"{part['clips']:>5} clips of {voices}: {shares}"


def _train(options: argparse.Namespace) -> None:
    from ser_core import recipes
    from ser_core.training.config import override

    sources, labels = _sources(options), _labels(options)
    changes = dict(_assignment(text) for text in options.set)
    if options.folds is not None:
        _check_folds(options.protocol)
        changes["training.folds"] = options.folds
    recipe = override(recipes.load(options.recipe), changes)
    from ser_core.training.run import Order, train

    order = Order(recipe, tuple(sources), options.protocol, labels, options.model, options.resume)
    print(train(order, lambda words: print(words, flush=True)))


def _evaluate(options: argparse.Namespace) -> None:
    from ser_core.corpora import combine
    from ser_core.inference import Predictor
    from ser_core.inference.evaluate import evaluate

    sources, labels = _sources(options), _labels(options)
    predictor = Predictor.load(options.model)
    table = labels.apply(combine.read(sources))
    table = _chosen(table, options.channel, options.speakers)
    evaluation = evaluate(predictor, table, _progress("clips"))
    scores = evaluation.scores
    if options.json:
        corpus = combine.key([source.name for source in sources])
        document = _evaluation_document(predictor.name, corpus, evaluation)
        _print_json({**document, "label_map": labels.as_dict()})
        return
    channels = " and ".join(sorted(set(table["channel"])))
    print(f"{predictor.name} on {scores.clips} clips ({channels}) of {scores.speakers} speakers")
    if evaluation.known_speakers:
        count = len(evaluation.known_speakers)
        print(f"  it was trained on {count} of these speakers: this is a fit, not a score")
    for reason, count in evaluation.left_out.items():
        print(f"  left out: {count} ({reason})")
    for name, score in (("UAR", scores.uar), ("WAR", scores.war), ("macro F1", scores.macro_f1)):
        print(f"  {name:<9} {_with_interval(score)}")
    for label, recall in scores.recall.items():
        print(f"  recall of {label:<10} {recall.value:.3f}")
    print("  in brackets: 95 % bootstrap over speakers")


def _chosen(
    table: "pd.DataFrame", channel: str | None, speakers: list[str] | None
) -> "pd.DataFrame":
    """The rows that the user wants scored."""
    for column, wanted in (("channel", channel and [channel]), ("speaker", speakers)):
        missing = sorted(set(wanted or []) - set(table[column]))
        if missing:
            known = ", ".join(sorted(set(table[column])))
            raise ParameterError(
                f"{column} {', '.join(missing)}: not in the corpus; it has {known}"
            )
        if wanted:
            table = table[table[column].isin(wanted)]
    return table.reset_index(drop=True)


def _evaluation_document(model: str, corpus: str, evaluation: "Evaluation") -> dict[str, Any]:
    scores = evaluation.scores
    return {
        "model": model,
        "corpus": corpus,
        "clips": scores.clips,
        "left_out": evaluation.left_out,
        "war": scores.war.value,
        "uar": scores.uar.value,
        "macro_f1": scores.macro_f1.value,
        "labels": list(scores.labels),
        "recall": {label: recall.value for label, recall in scores.recall.items()},
        "confusion": scores.counts.tolist(),
        "intervals": {
            name: interval.as_dict()
            for name, interval in (
                ("war", scores.war),
                ("uar", scores.uar),
                ("macro_f1", scores.macro_f1),
            )
        },
        "known_speakers": evaluation.known_speakers,
    }


def _predict(options: argparse.Namespace) -> None:
    from ser_core.inference import Predictor

    predictor = Predictor.load(options.model)
    document: list[dict[str, Any]] = []
    problems = []
    for path in options.audio:
        try:
            prediction = predictor.predict_file(path)
        except AudioError as error:  # one bad file costs the others nothing
            problems.append(str(error))
            continue
        document.append(
            {
                "path": str(path),
                "model": predictor.name,
                "emotion": prediction.emotion,
                "probabilities": prediction.probabilities,
                "sure": prediction.sure,
                "notes": prediction.notes,
            }
        )
        if not options.json:
            top = ", ".join(f"{label} {share:.2f}" for label, share in prediction.top(3))
            notes = "".join(f"\n  {note}" for note in prediction.notes)
            print(f"{path}: {prediction.emotion} ({prediction.sure}; {top}){notes}")
    if options.json:
        _print_json(document)
    if problems:
        raise AudioError("; ".join(problems))


def _runs(options: argparse.Namespace) -> None:
    from ser_core.tracking import open_store

    runs = open_store().runs()
    if options.json:
        keys = ("run_id", "name", "status", "recipe", "protocol", "metrics")
        _print_json([{key: _json_value(getattr(run, key)) for key in keys} for run in runs])
        return
    for run in runs:
        uar = f"UAR {run.metrics['uar']:.3f}" if "uar" in run.metrics else ""
        print(f"{run.run_id}  {run.status:<9} {run.recipe:<10} {run.protocol:<20} {uar}")
    if not runs:
        print("no runs yet; start one with: python -m ser_core train studio --corpus ravdess=DIR")


def _sources(options: argparse.Namespace) -> "list[Source]":
    from ser_core.corpora import combine

    return combine.sources(options.corpus, options.corpus_set)


def _labels(options: argparse.Namespace) -> "Labels":
    from ser_core.corpora import labels

    return labels.choose(options.labels, options.map)


def _parted(text: str, example: str) -> tuple[str, str]:
    """`KEY=VALUE` as a name and a word."""
    key, separator, value = text.partition("=")
    if not separator:
        raise ParameterError(f"--set: expected KEY=VALUE such as {example}, got {text!r}")
    return key, value


def _assignment(text: str) -> tuple[str, Any]:
    """`epochs=1` as a name and a value; the value is read as JSON, else taken as a word."""
    key, value = _parted(text, "epochs=1")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _counts(labels: Any) -> dict[str, int]:
    from ser_core.emotions import order

    counts = labels.value_counts()
    return {label: int(counts[label]) for label in order(set(labels))}


def _progress(what: str) -> Any:
    """Progress on standard error, for people only."""

    def show(done: int, total: int, _: str = "") -> None:
        if sys.stderr.isatty() and done % 20 == 0:
            print(f"\r{what}: {done}/{total}", end="", file=sys.stderr, flush=True)

    return show


def _with_interval(score: "Interval") -> str:
    if math.isnan(score.low):
        return f"{score.value:.3f} (no interval: it needs two speakers)"
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"


def _json_value(value: Any) -> Any:
    """JSON has no word for a metric that is not a number: null says it."""
    if isinstance(value, dict):
        return {key: _json_value(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
