"""The errors users may see, each one plain sentence: what, what was allowed, what came."""

from collections.abc import Callable, Iterable
from typing import Any


class SerError(Exception):
    """Base of all errors whose message is meant for the user.

    Pages and the command line show `str(error)` and never a traceback for these.
    """


class ParameterError(SerError, ValueError):
    """A setting has a value outside what is allowed."""


class NameTakenError(ParameterError):
    """Something has the name already, and may be replaced by who says so."""


class SettingsError(ParameterError):
    """Settings of a config are unknown or outside what is allowed.

    Args:
        owner: name of the config's class.
        problems: each with the setting's dotted name ("" where it is about several) and what is
            wrong with it, as it follows the name.
    """

    def __init__(self, owner: str, problems: Iterable[tuple[str, str]]) -> None:
        self.owner = owner
        self.problems = tuple(problems)
        super().__init__(self.told(self.in_code))

    def told(self, called: Callable[[str], str]) -> str:
        """The problems in one line, each setting called as somebody knows it.

        >>> SettingsError("MelConfig", [("n_mels", ": at least 1 (got 0)")]).told("--set {}".format)
        '--set n_mels: at least 1 (got 0)'
        """
        return "; ".join(called(name) + words for name, words in self.problems)

    def in_code(self, name: str) -> str:
        """What a setting is called in Python: `MelConfig.n_mels`."""
        return f"{self.owner}.{name}" if name else self.owner

    def __reduce__(self) -> tuple[Any, ...]:
        """As it was made, for the way back from a worker process."""
        return type(self), (self.owner, self.problems)


class UnknownNameError(SerError, LookupError):
    """A name is not registered; the message lists the known ones."""


class AudioError(SerError):
    """A recording cannot be used: missing, corrupt, empty, silent or too short."""


class MicrophoneError(SerError):
    """This machine's microphone cannot be used."""


class CorpusError(SerError):
    """A corpus folder or a split cannot be used."""


class ModelError(SerError):
    """A model file is missing, damaged or of another kind."""


class TrackingError(SerError):
    """The run store cannot be read or written."""


class ExchangeError(SerError):
    """A run cannot be handed on, or one from elsewhere is refused."""


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
