"""The errors users may see, each one plain sentence: what, what was allowed, what came."""

from collections.abc import Iterable


class SerError(Exception):
    """Base of all errors whose message is meant for the user.

    Pages and the command line show `str(error)` and never a traceback for these.
    """


class ParameterError(SerError, ValueError):
    """A setting has a value outside what is allowed."""


class UnknownNameError(SerError, LookupError):
    """A name is not registered; the message lists the known ones."""


class AudioError(SerError):
    """A recording cannot be used: missing, corrupt, empty, silent or too short."""


class CorpusError(SerError):
    """A corpus folder or a split cannot be used."""


class ModelError(SerError):
    """A model file is missing, damaged or of another kind."""


class TrackingError(SerError):
    """The run store cannot be read or written."""


class StoreError(SerError):
    """Kept features cannot be read or written."""


class TaskCancelled(SerError):
    """The user stopped a background task."""


def listed(name: str, known: Iterable[str]) -> str:
    """The known names, and which of them a mistyped one was meant to be.

    >>> listed("mfc", ["chroma", "mfcc"])
    'known: chroma, mfcc; did you mean mfcc?'
    """
    import difflib

    names = list(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"known: {', '.join(names)}" + "".join(f"; did you mean {word}?" for word in close)
