"""Processes killed in the middle of work: what they leave behind is whole or not there."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from ser_core import audio
from ser_core.corpora.synthetic import Synthetic, generate
from ser_core.features import EXTRACTORS, Signal
from ser_core.features.store import FeatureStore, Request
from tests.e2e.conftest import ROOT

KILLS = 12
CLIPS = 360
GENERATE = "import sys, pathlib; from ser_core.corpora.synthetic import generate; {call}"


def test_generation_killed_at_any_time_leaves_all_or_nothing(tmp_path: Path) -> None:
    root = tmp_path / "corpora" / "synthetic"
    code = GENERATE.format(call="generate(pathlib.Path(sys.argv[1]))")
    command = [sys.executable, "-c", code, str(root)]
    began = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True)
    whole_s = time.monotonic() - began
    killed = 0
    for delay_s in np.random.default_rng(0).uniform(0, whole_s, KILLS):
        if root.exists():
            check_whole(root)
            shutil.rmtree(root)
        process = subprocess.Popen(command, cwd=ROOT)
        time.sleep(delay_s)
        process.kill()
        killed += process.wait() != 0
    assert killed > KILLS // 2, "it was broken off"
    if not root.exists():
        generate(root)
    check_whole(root)
    # What a killed process had begun stays hidden beside it, never to be taken for a corpus.
    left = [path.name for path in root.parent.iterdir() if path != root]
    assert all(name.startswith(".synthetic-") for name in left), left


def check_whole(root: Path) -> None:
    table = Synthetic().index(root)
    assert len(table) == CLIPS
    assert (table["problems"] == "").all()


def test_extraction_killed_at_any_time_is_taken_up_where_it_was(
    synthetic_corpus: Path, ser_home: Path
) -> None:
    clips = sorted(synthetic_corpus.rglob("*.wav"))
    code = """
import sys
from pathlib import Path
from ser_core.features import EXTRACTORS, store
from ser_core.store import computed
computed._FLUSH_S = 0.2
clips = sorted(Path(sys.argv[1]).rglob("*.wav"))
requests = [store.Request(EXTRACTORS.create(name)) for name in ("mfcc", "f0")]
store.FeatureStore().fetch(clips, requests)
"""
    requests = [Request(EXTRACTORS.create(name)) for name in ("mfcc", "f0")]
    kept = 0
    for delay_s in np.random.default_rng(0).uniform(2, 8, KILLS):
        process = subprocess.Popen([sys.executable, "-c", code, str(synthetic_corpus)], cwd=ROOT)
        time.sleep(delay_s)
        process.kill()
        process.wait()
        now = FeatureStore().count(clips, requests[0])
        assert now >= kept
        kept = now
    features = FeatureStore().fetch(clips, requests)
    for request, arrays in zip(requests, features, strict=True):
        for path, array in list(zip(clips, arrays, strict=True))[::30]:
            waveform, rate = audio.load(path)
            wanted = request.extractor.of(Signal(waveform, rate).at(16_000))
            np.testing.assert_allclose(array, wanted, rtol=1e-4, atol=1e-3)
