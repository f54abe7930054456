"""Processes killed in the middle of work: what they leave behind is whole or not there."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from ser_core.corpora.synthetic import Synthetic, generate
from tests.e2e.conftest import ROOT

KILLS = 12
CLIPS = 360
GENERATE = "import sys, pathlib; from ser_core.corpora.synthetic import generate; {call}"


def test_generation_killed_at_any_time_leaves_all_or_nothing(tmp_path: Path) -> None:
    root = tmp_path / "corpora" / "synthetic"
    code = GENERATE.format(call="generate(pathlib.Path(sys.argv[1]))")
    for delay_s in np.random.default_rng(0).uniform(0.5, 12, KILLS):
        process = subprocess.Popen([sys.executable, "-c", code, str(root)], cwd=ROOT)
        time.sleep(delay_s)
        process.kill()
        process.wait()
        if root.exists():
            break
    generate(root)
    table = Synthetic().index(root)
    assert len(table) == CLIPS
    assert (table["problems"] == "").all()
    # What a killed process had begun stays hidden beside it, never to be taken for a corpus.
    left = [path.name for path in root.parent.iterdir() if path != root]
    assert all(name.startswith(".synthetic-") for name in left), left
