"""Questions that need Keras, answered by a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ser_core.errors import ModelError, ParameterError, SerError

_ROOT = Path(__file__).resolve().parents[2]
_FOR_USERS = 2  # the last line of errors is meant for the user


def ask_aside(
    module: str,
    order: Mapping[str, Any],
    what: str,
    environment: Mapping[str, str],
    timeout_s: float,
) -> str:
    """What a module that is run as a program answers to a JSON document; see `answer`.

    Args:
        what: is being done, in messages: "studio_crnn: not described".
        environment: beside that of this process.

    Raises:
        ParameterError: the order cannot be carried out; the message is the module's own.
        ModelError: it failed, or took too long.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps(order),
            cwd=_ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModelError(
            f"{what} within {timeout_s:g} s; the machine is too busy, try again"
        ) from None
    if done.returncode == _FOR_USERS:
        raise ParameterError(done.stderr.strip().splitlines()[-1])
    if done.returncode < 0:
        stopped = signal.Signals(-done.returncode).name
        raise ModelError(f"{what} (its process was ended by {stopped}: is there enough memory?)")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise ModelError(f"{what} ({last})")
    return done.stdout


def answer(work: Callable[[Any], str]) -> int:
    """Read an order from standard input and print what `work` makes of it; the exit status."""
    try:
        text = work(json.load(sys.stdin))
    except SerError as error:
        sys.stderr.write(f"\n{error}\n")
        return _FOR_USERS
    sys.stdout.write(text)
    return 0
