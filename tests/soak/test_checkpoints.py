"""A training killed again and again: what it ends with is what an unbroken one ends with."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from ser_core.tracking import open_store
from tests.conftest import ROOT

KILLS = int(os.environ.get("SER_KILLS", "6"))
EPOCHS = 12
AT_MOST_S = 3.0  # from an epoch that was told until the kill
TINY = [
    *("copies=0", f"epochs={EPOCHS}", "batch_size=16", "validation_speakers=1", "patience=0"),
    *("stem_filters=4", "block_filters=[4,4]", "recurrent_units=4", "attention_units=4"),
    "deterministic=true",
]


def command(root: Path) -> list[str]:
    train = ["train", "studio", "--corpus", f"synthetic={root}"]
    settings = [part for one in TINY for part in ("--set", one)]
    holdout = ["--protocol", "stratified-holdout"]
    return [sys.executable, "-u", "-m", "ser_core", *train, *holdout, *settings]


def run_id(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()[-1]


def killed(command: list[str], after_s: float) -> bool:
    """Kill a training some time after its first epoch; False if it got to its end."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(r"epoch \d+/\d+", line):
            break
    time.sleep(after_s)
    process.kill()
    process.stdout.close()
    return process.wait() != 0


def test_a_training_killed_at_any_time_ends_as_if_it_had_not_been(few_clips: Path) -> None:
    wanted = run_id(command(few_clips))
    again = command(few_clips)
    kills = 0
    for after_s in np.random.default_rng(0).uniform(0, AT_MOST_S, KILLS):
        kills += killed(again, after_s)
        again = [*command(few_clips), "--resume"]
    assert kills, "it was broken off"
    done = run_id(again)
    print(f"{kills} kills")
    pd.testing.assert_frame_equal(predictions(done), predictions(wanted))
    for metric in ("fold1.loss", "fold1.validation_uar"):
        got, whole = (open_store().history(run, metric) for run in (done, wanted))
        assert [step for step, _ in got] == list(range(1, EPOCHS + 1))
        assert got == whole


def predictions(run_id: str) -> pd.DataFrame:
    files = open_store().files(run_id)
    assert files is not None
    return pd.read_csv(files / "predictions.csv")
