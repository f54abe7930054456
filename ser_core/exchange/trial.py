"""Tries out the networks of a run from elsewhere: `python -m ser_core.exchange.trial FOLDER`.

In a process of its own, with little memory and time: a network may ask for more of both than there
is, and whoever takes the run in must live on. Prints what is wrong, or nothing.
"""

import contextlib
import subprocess
import sys
from pathlib import Path

from ser_core.errors import ExchangeError, ModelError
from ser_core.inference.model_check import check_model
from ser_core.inference.model_file import NETWORK, ModelFolder

_TIME_S = 120
_MEMORY_BYTES = 8 << 30  # of addresses; libraries alone take one or two
_PROJECT = Path(__file__).resolve().parent.parent.parent


def try_networks(folder: Path) -> None:
    """Let every network below a folder listen, in a process of its own.

    Raises:
        ExchangeError: one is not as it should be.
    """
    if not list(folder.rglob(NETWORK)):
        return
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ser_core.exchange.trial", str(folder)],
            capture_output=True,
            text=True,
            timeout=_TIME_S,
            check=False,
            cwd=_PROJECT,
        )
    except subprocess.TimeoutExpired:
        raise ExchangeError(f"its model gives no answer within {_TIME_S} s") from None
    if done.returncode:
        said = done.stdout.strip().splitlines()[-1:]
        words = said[0] if said else "trying it out needs too much memory or ends in a crash"
        raise ExchangeError(f"its model cannot be used: {words}")


def main(folder: Path) -> int:
    """Check each network; the first that is not right is told, and the exit status is 1."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    for network in sorted(folder.rglob(NETWORK)):
        try:
            check_model(ModelFolder(network.parent.name, network.parent))
        except ModelError as error:
            sys.stdout.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
