"""Why a training failed, in words for its user."""

import errno

from ser_core.errors import SerError

# As TensorFlow, PyTorch and JAX call it; comparing names imports none of them.
_OUT_OF_MEMORY = ("ResourceExhaustedError", "OutOfMemoryError")

# What Python says where there is no room for a thread's stack, or a limit of threads is reached.
_NO_THREAD = "can't start new thread"


def reason(error: BaseException) -> str:
    """One line for people, whatever it was.

    >>> reason(OSError(28, "No space left on device", "/data/fold-1"))
    'the disk is full: /data/fold-1'
    >>> reason(MemoryError())
    'out of memory; try a smaller training.batch_size, or close what else runs'
    >>> reason(KeyError("mfcc"))
    "unexpected: KeyError: 'mfcc'"
    """
    if isinstance(error, SerError):
        return str(error)
    if is_memory(error):
        return "out of memory; try a smaller training.batch_size, or close what else runs"
    if isinstance(error, OSError) and error.strerror:
        what = "the disk is full" if error.errno == errno.ENOSPC else error.strerror
        return f"{what}: {error.filename}" if error.filename else what
    first = (str(error).strip().splitlines() or [""])[0]
    return f"unexpected: {type(error).__name__}: {first[:300]}".removesuffix(": ")


def is_memory(error: BaseException) -> bool:
    """Whether memory ran out, of the machine or of its GPU."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ in _OUT_OF_MEMORY
        or "RESOURCE_EXHAUSTED" in str(error)
        or _NO_THREAD in str(error)
    )


def in_words(error: BaseException) -> BaseException:
    """The error to be raised in its stead: one whose message is meant for the user, if it can be.

    What nobody has foreseen stays as it is, for its traceback is all that can be told of it.
    """
    known = is_memory(error) or (isinstance(error, OSError) and error.strerror)
    return SerError(reason(error)) if known and not isinstance(error, SerError) else error
