"""Whether the files of a run from elsewhere are what their names say. No code in them is run."""

import contextlib
import json
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ser_core.errors import ExchangeError, ModelError
from ser_core.exchange.members import Kind
from ser_core.inference.card import check_card

_MOST_PIXELS = 50_000_000
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def check_file(path: Path, kind: Kind, name: str) -> None:
    """Make sure that a file is what it is called; networks are tried out elsewhere (`trial`).

    Raises:
        ExchangeError: it is not.
    """
    check = _CHECKS.get(kind)
    if check is None:
        return
    try:
        check(path, name)
    except ExchangeError:
        raise
    except (ModelError, ValueError, OSError, KeyError, EOFError, RecursionError) as error:
        raise ExchangeError(f"{name} in it cannot be used ({_first(error)})") from None
    except zipfile.BadZipFile as error:
        raise ExchangeError(f"{name} in it is damaged ({_first(error)})") from None


def document(path: Path) -> dict[str, Any] | list[Any]:
    """A JSON file.

    Raises:
        ValueError: it is none, or holds a single value.
    """
    found = json.loads(path.read_text("utf-8"))
    if not isinstance(found, dict | list):
        raise ValueError("a document is needed")
    return found


def _document(path: Path, _: str) -> None:
    document(path)


def _card(path: Path, name: str) -> None:
    card = document(path)
    if not isinstance(card, dict):
        raise ValueError("a model card is needed")
    if not name.startswith("fold-models/"):  # those are not shown
        check_card(card, name)


def _picture(path: Path, name: str) -> None:
    from PIL import Image

    with contextlib.suppress(SyntaxError), Image.open(path, formats=["PNG"]) as picture:
        if math.prod(picture.size) > _MOST_PIXELS:
            raise ExchangeError(f"{name} in it has more than {_MOST_PIXELS:,} pixels")
        picture.verify()
        return
    raise ValueError("no picture")


def _weights(path: Path, name: str) -> None:
    """Arrays of numbers only, each as long as it says; a pickle in one is never read."""
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.compress_type != zipfile.ZIP_STORED or not info.filename.endswith(".npy"):
                raise ValueError(f"{info.filename} is no plain array")
            with archive.open(info) as file:
                read = _HEADERS[np.lib.format.read_magic(file)]
                shape, _, dtype = read(file)
                size = math.prod(shape) * dtype.itemsize
                if dtype.hasobject or dtype.kind not in "fiubU":
                    raise ExchangeError(f"{name} in it holds objects, which are never loaded")
                if file.tell() + size != info.file_size:
                    raise ValueError(f"{info.filename} is not as long as it says")


def _first(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]


_CHECKS: dict[Kind, Callable[[Path, str], None]] = {
    "document": _document,
    "card": _card,
    "picture": _picture,
    "weights": _weights,
}
