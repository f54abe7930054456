"""Results of a run, kept on disk: intervals take longer to compute than anything else here."""

import contextlib
import dataclasses
import json
import typing
from collections.abc import Callable
from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar

import numpy as np

from ser_core import evaluation, paths
from ser_core.errors import StoreError
from ser_core.store import Recent, ResultStore, code_fingerprint, result_key

T = TypeVar("T")

_MOST = 2000  # some 10 kB each
_memory: Recent[str, Any] = Recent(_MOST)


def kept(kind: type[T], made: list[str], make: Callable[[], T]) -> T:
    """A result from memory or disk, or made and kept there.

    Args:
        kind: a dataclass of numbers, words, arrays, lists, dicts and other such dataclasses.
        made: all that it depends on, besides the code of `ser_core.evaluation`.
        make: makes it.
    """
    key = result_key([], [kind.__name__, _code(), *made])
    result: T = _memory.get(key, lambda: _from_disk(kind, key, make))
    return result


def _from_disk(kind: type[T], key: str, make: Callable[[], T]) -> T:
    store = ResultStore(paths.home() / "cache" / "comparison", most=_MOST)
    found = store.get(key)
    if found is not None:
        return rebuilt(kind, json.loads(str(found["document"])))
    result = make()
    with contextlib.suppress(StoreError):  # what cannot be kept is made again the next time
        store.put(key, {"document": np.array(json.dumps(plain(result)))})
    return result


@lru_cache(maxsize=1)
def _code() -> str:
    return code_fingerprint(evaluation)


def plain(value: Any) -> Any:
    """Dataclasses and arrays as what JSON knows; numbers that are none stay so."""
    if dataclasses.is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def rebuilt(kind: Any, value: Any) -> Any:
    """What `plain` was made of.

    Args:
        kind: of what it was, as annotated: `dict[str, Interval]`.
        value: what `plain` gave.
    """
    if dataclasses.is_dataclass(kind):
        made: Any = kind
        return made(**{name: rebuilt(each, value[name]) for name, each in _fields(made)})
    outer, inner = typing.get_origin(kind), typing.get_args(kind)
    if outer is list:
        return [rebuilt(inner[0], each) for each in value]
    if outer is tuple:
        return tuple(rebuilt(inner[0], each) for each in value)
    if outer is dict:
        return {key: rebuilt(inner[1], each) for key, each in value.items()}
    if outer is np.ndarray:
        return np.asarray(value, dtype=_dtype(inner))
    if outer in (UnionType, typing.Union) and value is not None:
        return rebuilt(inner[0], value)
    return value


@lru_cache(maxsize=64)
def _fields(kind: Any) -> list[tuple[str, Any]]:
    hints = typing.get_type_hints(kind)
    return [(one.name, hints[one.name]) for one in dataclasses.fields(kind)]


def _dtype(arguments: tuple[Any, ...]) -> Any:
    """Of `NDArray[np.int64]`, which is `ndarray[tuple[…], dtype[np.int64]]`."""
    return typing.get_args(arguments[-1])[0]
