"""What a machine can train on, found without TensorFlow."""

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

_TIMEOUT_S = 10.0
_FIRST_LOOK_S = 0.1


@dataclass(frozen=True)
class Device:
    """A graphics card, or the processor with all its cores.

    Attributes:
        name: "cpu", or "gpu:0" and so on.
        visible: value of CUDA_VISIBLE_DEVICES with which a process sees this device alone.
    """

    name: str
    title: str
    visible: str

    @property
    def kind(self) -> Literal["cpu", "gpu"]:
        """What it is."""
        return "cpu" if self.name == "cpu" else "gpu"


@dataclass(frozen=True)
class Load:
    """How busy a device is at an instant.

    Attributes:
        percent: of its time, 0 to 100.
        used_mib: memory that is taken.
        total_mib: memory that there is.
    """

    percent: float
    used_mib: float
    total_mib: float


def find_devices() -> tuple[Device, ...]:
    """The processor, and each graphics card that training can use.

    `CUDA_VISIBLE_DEVICES` hides cards here as it does elsewhere.
    """
    cards = _cards() if _can_use_cards() else []
    return (*cards, Device("cpu", f"CPU, {os.cpu_count() or 1} cores", "-1"))


def fits(device: Device, wish: str, devices: Sequence[Device]) -> bool:
    """Whether a job may run on a device.

    Args:
        device: which is free.
        wish: "auto" (a graphics card where there is one), "cpu", "gpu", or a device's name. A
            card that is not there any more is made up for as "auto" does.
        devices: all that there are.
    """
    if wish in ("cpu", device.name):
        return device.name == wish
    if wish in {one.name for one in devices}:
        return False
    best = "gpu" if any(one.kind == "gpu" for one in devices) else "cpu"
    return device.kind == best


def load(device: Device) -> Load | None:
    """How busy a device is; None where that cannot be known. Takes some 20 ms for a card."""
    if device.kind == "cpu":
        import psutil

        memory = psutil.virtual_memory()
        used = (memory.total - memory.available) / 2**20
        return Load(_PROCESSOR.percent(), used, memory.total / 2**20)
    rows = _ask("utilization.gpu,memory.used,memory.total", f"--id={device.visible}")
    try:
        return Load(*(float(word) for word in rows[0]))
    except (IndexError, TypeError, ValueError):
        return None


class _Processor:
    """How busy all cores were since the last look, or within a moment if there was none.

    psutil's own percentage counts for each thread by itself, and pages run in ever new ones.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._before: tuple[float, float] | None = None
        self._percent = 0.0

    def percent(self) -> float:
        """0 to 100."""
        with self._lock:
            if self._before is None:
                self._before = self._times()
                time.sleep(_FIRST_LOOK_S)
            busy_s, all_s = self._times()
            took_s = all_s - self._before[1]
            if took_s > 0:  # the clock of the system ticks a hundred times a second
                self._percent = min(100 * (busy_s - self._before[0]) / took_s, 100.0)
                self._before = busy_s, all_s
            return self._percent

    @staticmethod
    def _times() -> tuple[float, float]:
        import psutil

        times = psutil.cpu_times()
        idle_s = times.idle + getattr(times, "iowait", 0.0)
        all_s = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        return all_s - idle_s, all_s


_PROCESSOR = _Processor()


def _can_use_cards() -> bool:
    """TensorFlow for the CPU, which is installed by default, sees no cards."""
    try:
        metadata.version("tensorflow-cpu")
    except metadata.PackageNotFoundError:
        return True
    return False


def _cards() -> list[Device]:
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    allowed = None if shown is None else [word.strip() for word in shown.split(",")]
    return [
        Device(f"gpu:{row[0]}", row[2], row[1])
        for row in _ask("index,uuid,name")
        if len(row) == 3 and (allowed is None or {row[0], row[1]} & set(allowed))
    ]


def _ask(fields: str, *options: str) -> list[list[str]]:
    """What NVIDIA's tool says of each card; nothing where there is no tool or no card."""
    command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits", *options]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [[word.strip() for word in line.split(",")] for line in done.stdout.splitlines() if line]
