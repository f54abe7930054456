"""What commands share: options, settings, progress, and what they print and write."""

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ser_core.errors import NameTakenError, ParameterError, SettingsError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ser_core.config import Config
    from ser_core.corpora.combine import Source
    from ser_core.corpora.labels import Labels


USUAL_PROTOCOL = "speaker-independent"


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the words of a command in one line, as every other mistake is."""

    def error(self, message: str) -> NoReturn:
        """End the program with status 2."""
        name = self.prog.removeprefix("python -m ")
        self.exit(2, f"{name}: {message.removeprefix('argument ')}; see {self.prog} --help\n")


class ProtocolHelp(argparse.HelpFormatter):
    """Help that lists the protocols; they are loaded for those only who ask for it."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        words = super()._get_help_string(action)
        if action.dest != "protocol":
            return words
        from ser_core.corpora.protocols import PROTOCOLS

        usual = action.default or USUAL_PROTOCOL
        return f"{words} {', '.join(PROTOCOLS.names())} (default: {usual})"


def add_protocol(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--protocol",
        default=USUAL_PROTOCOL,
        metavar="P",
        help="how clips are split (see docs/protocols.md):",
    )
    parser.add_argument(
        "--folds", type=int, help="number of folds, where the protocol leaves it open"
    )


def add_corpus(parser: argparse.ArgumentParser) -> None:
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


def add_set(parser: argparse.ArgumentParser, words: str = "change a setting") -> None:
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=words)


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def add_replace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--replace", action="store_true", help="a model of that name may be replaced"
    )


@contextlib.contextmanager
def or_replace() -> Iterator[None]:
    """Say how a model is replaced, where one has the name.

    Raises:
        NameTakenError: one has.
    """
    try:
        yield
    except NameTakenError as error:
        raise NameTakenError(f"{error}, or replace it (--replace)") from None


@contextlib.contextmanager
def called(names: Mapping[str, str]) -> Iterator[None]:
    """What is wrong with a setting is said of the option that set it, as the user wrote it.

    Args:
        names: from a setting, by its dotted name or the last part of it, to its option.

    Raises:
        ParameterError: a setting is not allowed.
    """
    try:
        yield
    except SettingsError as error:
        in_code = error.in_code
        said = error.told(lambda setting: _option(setting, names) or in_code(setting))
        raise ParameterError(said) from None


def _option(setting: str, names: Mapping[str, str]) -> str:
    """The option that a setting was given by; "" for none.

    >>> names = {"epochs": "--set epochs", "frames.n_mels": "--set frames.n_mels"}
    >>> _option("training.epochs", names), _option("n_mels", names), _option("folds", names)
    ('--set epochs', '--set frames.n_mels', '')
    """
    if setting in names:
        return names[setting]
    ends = (option for key, option in names.items() if f".{setting}".endswith(f".{key}"))
    within = (option for key, option in names.items() if f".{key}".endswith(f".{setting}"))
    return next(chain(ends, within), "") if setting else ""


def set_options(keys: Iterable[str]) -> dict[str, str]:
    """For `called`: every key was given by `--set`."""
    return {key: f"--set {key}" for key in keys}


def nested_settings(config_type: "type[Config]", changes: dict[str, Any]) -> dict[str, Any]:
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


def save_array(path: Path, array: "NDArray[Any]") -> None:
    """Write a .npy; see `write_file`."""
    import numpy as np

    whole = io.BytesIO()  # `np.save` would add a suffix to a name, and hide why a disk refuses
    np.save(whole, array, allow_pickle=False)
    write_file(path, whole.getvalue())


def write_file(path: Path, content: bytes, option: str = "--out") -> None:
    """Write a file beside its place and rename it, so that nothing half-written is left.

    Raises:
        ParameterError: `path` is no place for a file, or the disk is full.
    """
    check_out(path, option=option)
    target = path.resolve()  # a link stays a link
    part = target.with_name(f".{os.getpid()}.part")  # a long name would not bear a suffix
    try:
        part.write_bytes(content)
        part.replace(target)
    except PermissionError:
        raise ParameterError(f"{option}: {_may_not(path)}") from None
    except OSError as error:
        raise ParameterError(f"{option}: {path} cannot be written ({reason(error)})") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def check_out(path: Path, example: str = "", option: str = "--out") -> None:
    """Whether a file may be written there: said before the work is done, not after.

    Args:
        path: what stands after the option.
        example: what the file may be called, for who gives a folder.
        option: which says where to.

    Raises:
        ParameterError: it is a folder or a device, its folder is not there, or is write-protected.
    """
    if path.is_dir():
        named = f", such as {path / example}" if example else ""
        raise ParameterError(f"{option}: {path} is a folder; name a file in it{named}")
    if path.exists() and not path.is_file():
        raise ParameterError(f"{option}: {path} is not a file that could be replaced")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ParameterError(f"{option}: {path.parent} is not a folder; make it first")
    if not os.access(path.resolve().parent, os.W_OK):
        raise ParameterError(f"{option}: {_may_not(path)}")


def check_apart(out: Path, audio: Path) -> None:
    """A sound file is not to be replaced by what was made of it."""
    if out.exists() and out.samefile(audio):
        raise ParameterError(f"--out: {out} is the sound file itself")


def _may_not(path: Path) -> str:
    return f"nothing may be written into {path.absolute().parent}; choose another folder"


def reason(error: OSError) -> str:
    """Why the system refused, without its number.

    >>> reason(OSError(28, "No space left on device", "F.csv"))
    'No space left on device'
    """
    return error.strerror or str(error)


def check_folds(protocol: str) -> None:
    """A protocol whose folds are given takes no other number of them."""
    from ser_core.corpora.protocols import PROTOCOLS

    if "folds" not in PROTOCOLS.get(protocol).config_type.model_fields:
        raise ParameterError(f"--folds: {protocol} has its own number of folds, leave it out")


def chosen_sources(options: argparse.Namespace) -> "list[Source]":
    from ser_core.corpora import combine

    keys = [text.partition("=")[0] for text in options.corpus_set]
    with called({key.partition(".")[2]: f"--corpus-set {key}" for key in keys}):
        return combine.sources(options.corpus, options.corpus_set)


def chosen_labels(options: argparse.Namespace) -> "Labels":
    from ser_core.corpora import labels

    return labels.choose(options.labels, options.map)


def chosen_clips(
    table: "pd.DataFrame", channel: str | None, speakers: list[str] | None
) -> "pd.DataFrame":
    """The rows of a channel and of speakers, where some are asked for."""
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


def name_and_value(text: str, example: str) -> tuple[str, str]:
    """`KEY=VALUE` as a name and a word."""
    key, separator, value = text.partition("=")
    if not separator:
        raise ParameterError(f"--set: expected KEY=VALUE such as {example}, got {text!r}")
    return key, value


def assignment(text: str) -> tuple[str, Any]:
    """`epochs=1` as a name and a value; the value is read as JSON, else taken as a word."""
    key, value = name_and_value(text, "epochs=1")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def assignments(texts: Iterable[str]) -> dict[str, Any]:
    """What all `--set` say, by name.

    >>> assignments(["epochs=1", "name=word"])
    {'epochs': 1, 'name': 'word'}

    Raises:
        ParameterError: one is no KEY=VALUE, or a name is given twice.
    """
    found: dict[str, Any] = {}
    for key, value in map(assignment, texts):
        if key in found:
            raise ParameterError(
                f"--set {key}: takes one value, got {found[key]!r} and {value!r} in two --set"
            )
        found[key] = value
    return found


def label_counts(labels: Any) -> dict[str, int]:
    from ser_core.emotions import order

    counts = labels.value_counts()
    return {label: int(counts[label]) for label in order(set(labels))}


def left_out_words(reasons: Mapping[str, int]) -> str:
    """How many clips are left out and why, to stand after how many are not.

    >>> left_out_words({"label 'xxx' is not mapped to an emotion": 2, "no label": 1})
    "; 3 left out: 2 (label 'xxx' is not mapped to an emotion), 1 (no label)"
    >>> left_out_words({})
    ''
    """
    parts = [f"{number:,} ({reason})" for reason, number in reasons.items()]
    return f"; {sum(reasons.values()):,} left out: {', '.join(parts)}" if parts else ""


def progress_line(what: str) -> Any:
    """Progress on standard error, for people only."""

    def show(done: int, total: int, _: str = "") -> None:
        if sys.stderr.isatty() and done % 20 == 0:
            print(f"\r{what}: {done}/{total}", end="", file=sys.stderr, flush=True)

    return show


def aligned(rows: Sequence[Sequence[str]], numbers: Container[str]) -> list[str]:
    """Rows as lines, their columns below one another.

    Args:
        rows: the headings first.
        numbers: headings of the columns that stand to the right.

    >>> aligned([("name", "clips"), ("a", "12")], {"clips"})
    ['name  clips', 'a        12']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    columns = list(zip(rows[0], widths, strict=True))
    lines = []
    for row in rows:
        cells = zip(row, columns, strict=True)
        padded = (
            f"{c:>{wide}}" if head in numbers else f"{c:<{wide}}" for c, (head, wide) in cells
        )
        lines.append("  ".join(padded).rstrip())
    return lines


def print_json(document: Any) -> None:
    print(json.dumps(document, indent=1, ensure_ascii=False))
