"""What tells runs of one recipe apart."""

from collections.abc import Mapping, Sequence

_MOST = 3  # settings in a line
_MOST_LETTERS = 24  # of a value
_SAID_ELSEWHERE = ("title", "description", "selection", "corpus", "root", "labels")
_CHAIN, _CHAIN_TITLE = "augmentation.", "augmentation.title"


def differences(runs: Sequence[tuple[str, Mapping[str, str]]]) -> list[str]:
    """The settings in which each run differs from others of its recipe, in a line; "" for none.

    A setting that was not there yet when one of them was trained is not compared. A chain of
    augmenters that has another title is told by that, not by each of its steps.

    Args:
        runs: the recipe and the flat settings of each.

    >>> differences([("svm", {"a.c": "1", "a.g": "0"}), ("svm", {"a.c": "10", "a.g": "0"})])
    ['c 1', 'c 10']
    """
    said = []
    for recipe, own in runs:
        others = [settings for name, settings in runs if name == recipe]
        keys = [
            key
            for key, value in own.items()
            if key.partition(".")[0] not in _SAID_ELSEWHERE
            and all(key in other for other in others)
            and any(other[key] != value for other in others)
        ]
        told = [_words(key, own[key]) for key in keys if _tells(key, keys)]
        more = f" and {len(told) - _MOST} more" if told[_MOST:] else ""
        said.append(", ".join(told[:_MOST]) + more)
    return said


def _words(key: str, value: str) -> str:
    if key == _CHAIN_TITLE:  # a table has little room, and which recipe it is stands beside
        return _cut(value.partition(": ")[2] or value) if value else "no augmentation"
    return f"{key.removesuffix('.name').rpartition('.')[2]} {_cut(value)}"


def _tells(key: str, keys: Sequence[str]) -> bool:
    """Not what a chain says of itself, nor its steps where its title says as much."""
    if not key.startswith(_CHAIN) or key == _CHAIN_TITLE:
        return True
    return _CHAIN_TITLE not in keys and key != "augmentation.description"


def _cut(value: str) -> str:
    return value if len(value) <= _MOST_LETTERS else f"{value[:_MOST_LETTERS]} …"
