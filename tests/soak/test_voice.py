"""Your voice, all the way on real speech: fold networks, measurement, stage, command, answer."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ser_core import audio
from ser_core.inference import Predictor

pytestmark = pytest.mark.soak

ROOT = Path(__file__).resolve().parents[2]
GAIN = 'augmentation.waveform=[{"name":"gain"}]'


@pytest.fixture(scope="module")
def corpus(ravdess: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six speakers' speech."""
    root = tmp_path_factory.mktemp("six")
    for actor in ("01", "02", "03", "04", "05", "06"):
        shutil.copytree(ravdess / "speech" / f"Actor_{actor}", root / f"Actor_{actor}")
    return root


def ser_core(*words: str, home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ser_core", *words],
        cwd=ROOT,
        env={**os.environ, "SER_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_a_run_gives_a_stage_that_goes_by_a_voice(
    corpus: Path, ser_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ["--corpus", f"ravdess={corpus}"]
    words = ["--folds", "3", "--keep-folds", "--model", "mine", "--set", "augmentation.copies=1"]
    said = ser_core("train", "linear", *own, *words, "--set", GAIN, home=ser_home)
    run = said.split()[-1]
    found = json.loads(ser_core("voice", run, *own, "--model", "mine", "--json", home=ser_home))
    assert (found["clips"], found["speakers"]) == (6 * 30, 6)
    assert {each["words"] for each in found["variants"]} >= {"one clip", "calm clips too"}
    assert 0.1 < found["without"]["uar"]["value"] < 0.9
    monkeypatch.setenv("SER_HOME", str(ser_home))
    model = Predictor.load("mine")
    assert model.card["voice"]["run"] == run
    assert model.card["voice"]["own_run"]
    assert model.can_know_voices == found["helps"] == found["kept"]
    if not model.can_know_voices:
        return
    ordinary = sorted((corpus / "Actor_06").glob("03-01-01-01-0?-01-06.*"))
    voice = model.enrol([audio.load(path) for path in ordinary])
    assert 2 < voice.voice_s < 6
    clip = next((corpus / "Actor_06").glob("03-01-05-02-01-02-06.*"))
    known = model.knowing(voice).predict_file(clip)
    assert known.probabilities != model.predict_file(clip).probabilities
    files = [word for path in ordinary * 2 for word in ("--voice", str(path))]
    said = ser_core("predict", str(clip), "--model", "mine", "--json", *files, home=ser_home)
    [row] = json.loads(said)
    twice = model.knowing(model.enrol([audio.load(path) for path in ordinary * 2]))
    expected = twice.predict_file(clip).probabilities
    assert row["probabilities"] == pytest.approx(expected, abs=1e-5)
    assert np.isclose(sum(expected.values()), 1)
