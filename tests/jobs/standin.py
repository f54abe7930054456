"""A worker that trains nothing: `python -m tests.jobs.standin JOB_DIR`.

The order says what it does: `folds` × `epochs` of `epoch_s` seconds, and what goes wrong where.
It goes on after the last epoch that its checkpoint tells of, and tells those before again.
"""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ser_core.errors import SerError, TaskCancelled
from ser_core.training import events, worker


def training(folder: Path, report: events.Report, should_stop: Callable[[], bool]) -> str:
    order = json.loads((folder / worker.ORDER).read_text())
    plan = {"folds": 1, "epochs": 3, "epoch_s": 0.02, **order.get("plan", {})}
    checkpoint = folder / worker.CHECKPOINTS / "done.json"
    done = json.loads(checkpoint.read_text()) if checkpoint.exists() else 0
    report(events.Message(words=f"sees {os.environ['CUDA_VISIBLE_DEVICES']}"))
    for step in range(1, done + 1):
        report(epoch(step, plan, again=True))
    for step in range(done + 1, plan["folds"] * plan["epochs"] + 1):
        until = time.monotonic() + plan["epoch_s"]
        while time.monotonic() < until:
            if should_stop() and not plan.get("deaf"):
                raise TaskCancelled("stopped")
            time.sleep(0.005)
        if step == plan.get("at") and done < step:
            go_wrong(plan["wrong"], folder)
        draft = checkpoint.with_suffix(".new")
        draft.write_text(json.dumps(step))
        draft.replace(checkpoint)
        time.sleep(plan.get("tell_s", 0))
        if step == plan.get("untold"):
            os.kill(os.getpid(), signal.SIGKILL)
        report(epoch(step, plan))
    report(events.Finished(run_id="of the stand-in"))
    return "of the stand-in"


def epoch(step: int, plan: dict[str, Any], again: bool = False) -> events.EpochDone:
    fold, number = divmod(step - 1, plan["epochs"])
    return events.EpochDone(
        fold=fold + 1,
        folds=plan["folds"],
        epoch=number + 1,
        epochs=plan["epochs"],
        loss=1 / step,
        scores={"validation_uar": 0.5},
        seconds=plan["epoch_s"],
        eta_s=1.0,
        learning_rate=0.1,
        again=again,
    )


def go_wrong(how: str, folder: Path) -> None:
    match how:
        case "error":
            raise SerError("the loss is no longer a number")
        case "bug":
            raise ZeroDivisionError("division by zero")
        case "memory":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash":
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.kill(os.getpid(), signal.SIGSEGV)
        case "disk":
            limit = (folder / worker.EVENTS).stat().st_size + 10
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        case "exit":
            os.write(1, b"a library gave up\n")
            os._exit(7)
        case "child":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            (folder / "child").write_text(str(child.pid))
            os.kill(os.getpid(), signal.SIGKILL)
        case "deaf" | "wrapped":
            when_terminated(how, folder)


def when_terminated(how: str, folder: Path) -> None:
    if how == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        time.sleep(0.3)  # things are left in order, while the manager asks again
        (folder / "tidied").touch()
        raise SystemError("returned a result with an exception set") from None


if __name__ == "__main__":
    sys.exit(worker.main(sys.argv[1:], training))
