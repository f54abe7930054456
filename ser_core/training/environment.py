"""What a run was made with and of, in a few lines of JSON kept beside its scores."""

import hashlib
import os
import platform
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from ser_core.store import Clip

ENVIRONMENT = "environment.json"
DATA = "data.json"

_PACKAGES = ("keras", "tensorflow", "torch", "jax", "numpy", "scikit-learn", "onnx", "soxr")
_GIT_TIMEOUT_S = 5


def environment() -> dict[str, Any]:
    """Versions, device and commit; what is not there is left out.

    Importing Keras is left to whoever trains: it is looked at here, and imported then.
    """
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
        **_devices(),
    }
    if commit := _commit(Path(__file__).parent):
        found["commit"] = commit
    return found


def data_fingerprint(clips: Sequence[Clip]) -> dict[str, Any]:
    """How many clips there are, and one digest of what they hold, wherever they lie.

    It is the same for the same recordings in another folder, order or under other names.
    """
    digest = hashlib.sha256()
    for key in sorted(clip.key for clip in clips):
        digest.update(key)
    return {"clips": len(clips), "digest": digest.hexdigest()}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _devices() -> dict[str, Any]:
    import keras

    backend = str(keras.backend.backend())
    found: dict[str, Any] = {
        "backend": backend,
        "devices": [str(device) for device in keras.distribution.list_devices()],
    }
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
        if names := [str(each["device_name"]) for each in details if "device_name" in each]:
            found["gpus"] = names
    return found


def _commit(folder: Path) -> str:
    """Of the checkout that the code is run from; empty where it is none."""
    try:
        top = _git(folder, "rev-parse", "--show-toplevel")
        if Path(top) != folder.resolve().parents[1]:
            return ""  # installed in a folder of another project
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{commit} with changes" if changed else commit


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=_GIT_TIMEOUT_S,
    )
    return done.stdout.strip()
