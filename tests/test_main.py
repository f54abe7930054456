"""The command line, from a corpus to a label."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ser_core.__main__ import main
from ser_core.commands.shared import nested_settings
from ser_core.config import Component, Config
from ser_core.features import EXTRACTORS
from ser_core.training.order import Order
from ser_core.training.run_models import check_name
from tests.jobs import made

# studio's own network takes TensorFlow three times as long to prepare as this one.
TINY = [
    *("--set", "epochs=1", "--set", "copies=0", "--set", "validation_speakers=1"),
    *("--set", "architecture=residual_cnn1d", "--set", "stem_filters=4"),
    *("--set", "block_filters=[4]", "--set", "dense_units=4", "--set", "optimiser=sgd"),
]


@pytest.fixture(scope="module")
def few(synthetic_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus folder of four speakers, every fourth clip: 60 clips."""
    root = tmp_path_factory.mktemp("few")
    for clip in sorted(synthetic_corpus.rglob("*.wav"))[:240:4]:
        (root / clip.parent.name).mkdir(exist_ok=True)
        shutil.copy(clip, root / clip.parent.name)
    return root


@pytest.fixture(scope="module")
def trained_home(few: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home in which `train` has run once, and what it printed."""
    home = tmp_path_factory.mktemp("trained")
    printed = home / "printed.txt"
    corpus = f"synthetic={few}"
    with pytest.MonkeyPatch.context() as patch, printed.open("w", encoding="utf-8") as out:
        patch.setenv("SER_HOME", str(home))
        patch.setattr("sys.stdout", out)
        train = ["train", "studio", "--corpus", corpus, "--folds", "2", *TINY]
        status = main(train)
        status += main([*train, "--resume", "--model", "mine"])
    assert status == 0
    return home, printed.read_text(encoding="utf-8")


@pytest.fixture
def home(trained_home: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SER_HOME", str(trained_home[0]))
    return trained_home[0]


def output(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def test_index_counts_clips(capsys: pytest.CaptureFixture[str], synthetic_corpus: Path) -> None:
    document = json.loads(output(capsys, "index", "synthetic", synthetic_corpus, "--json"))
    assert document["corpus"] == "synthetic"
    assert document["speakers"] == 6
    assert document["clips"] == sum(document["emotions"].values()) == 360
    assert document["problems"] == []
    words = output(capsys, "index", "synthetic", synthetic_corpus)
    assert "360 clips of 6 speakers" in words


def test_training_ends_with_the_run_and_its_scores(
    trained_home: tuple[Path, str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert home.is_dir()
    lines = trained_home[1].splitlines()
    document = json.loads(output(capsys, "runs", "--json"))
    assert [run["status"] for run in document] == ["FINISHED", "FINISHED"]
    newest = document[0]
    assert lines[-1] == newest["run_id"]
    assert (newest["recipe"], newest["protocol"]) == ("studio", "speaker-independent")
    metrics = newest["metrics"]
    assert metrics["uar_low"] <= metrics["uar"] <= metrics["uar_high"]
    assert document[1]["metrics"]["uar"] == metrics["uar"]  # resumed folds give the same scores
    assert newest["run_id"] in output(capsys, "runs")
    assert (newest["corpus"], newest["clips"], newest["folds"]) == ("synthetic", 60, 2)
    assert (newest["left_out"], newest["label_map"]["map"]) == ({}, {})


def test_a_models_name_is_replaced_by_its_own_order_or_who_says_so(
    home: Path, few: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    train = ["train", "studio", "--corpus", f"synthetic={few}", "--folds", "2", "--model", "mine"]
    asked: list[Order] = []

    def trained(order: Order) -> str:
        check_name(order)
        asked.append(order)
        return "a run"

    monkeypatch.setattr("ser_core.commands.train._trained", trained)
    for words in (train, [*train, "--resume"]):  # the second is of another order
        assert main(words) == 1
        said = capsys.readouterr().err
        assert re.search(r"a model 'mine' already \(Studio.*, or replace it \(--replace\)", said)
    assert main([*train, "--replace"]) == 0
    assert main([*train, *TINY]) == 1
    assert main([*train, *TINY, "--resume"]) == 0, "it may have been stopped after it was saved"
    assert [order.replace for order in asked] == [True, False]

    job = made.make_job(home / "jobs", "SCHEDULED", asked=made.order(model_name="other"))
    assert main([*train[:-1], "other", "--replace"]) == 1
    assert f"job {job.job_id} is to save its model as 'other'; take" in capsys.readouterr().err
    shutil.rmtree(job.path)


def test_a_trained_model_predicts_and_is_scored(
    home: Path, capsys: pytest.CaptureFixture[str], few: Path
) -> None:
    assert (home / "models" / "mine" / "card.json").is_file()
    clips = sorted(few.rglob("*.wav"))[:2]
    document = json.loads(output(capsys, "predict", *clips, "--model", "mine", "--json"))
    assert [item["path"] for item in document] == [str(clip) for clip in clips]
    for item in document:
        assert item["model"] == "mine"
        assert sum(item["probabilities"].values()) == pytest.approx(1)
        assert item["emotion"] in item["probabilities"]
    scored = json.loads(
        output(capsys, "evaluate", "mine", "--corpus", f"synthetic={few}", "--json")
    )
    assert scored["clips"] == 60
    assert scored["left_out"] == {}
    assert set(scored["recall"]) == set(scored["labels"])
    assert sum(map(sum, scored["confusion"])) == 60
    assert scored["uar"] == pytest.approx(sum(scored["recall"].values()) / len(scored["recall"]))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["index", "ravdes", "."], "corpus 'ravdes' is not known; known: "),
        (["index", "ravdess", "gone"], "gone: no such folder"),
        (["extract", "log_mle", "x.wav", "--out", "x"], "did you mean log_mel?"),
        (["extract", "mfcc", "x.wav", "--out", "x", "--set", "n_mfc=1"], "did you mean n_mfcc?"),
        (["extract", "mfcc", "x.wav", "--out", "x", "--set", "n_mfcc=0"], "--set n_mfcc: "),
        (
            ["extract", "functionals", "x.wav", "--out", "x", "--set", "frames.n_mfcc=0"],
            "extract: --set frames.n_mfcc: input should be greater than or equal to 1 (got 0)",
        ),
        (["index", "labelled_folder", ".", "--set", "speaker_pattern=("], "--set speaker_pattern:"),
        (
            ["splits", "--corpus", "emodb=x", "--corpus-set", "emodb.table=y"],
            "--corpus-set emodb.table is not known; there are no settings",
        ),
        (["extract", "mfcc", "x.wav", "--out", "x", "--set", "a.b=1"], "a.b is not known; known: "),
        (["extract", "mfcc", "gone.wav", "--out", "x"], "gone.wav: no such file"),
        (["predict", "gone.wav"], "gone.wav: no such file"),
        (["train", "studio", "--corpus", "synthetic=x", "--model", "a/b"], "got 'a/b'"),
        (["train", "studio", "--corpus", "synthetic=x", "--model", "default"], "a shipped model"),
        (["predict", "x.wav", "--model", "nope"], "model 'nope' is not known"),
        (["train", "nope", "--corpus", "synthetic=x"], "recipe 'nope' is not known"),
        (["train", "studio", "--corpus", "x"], "expected NAME=DIR"),
        (["train", "studio", "--corpus", "synthetic=x", "--set", "epochs"], "expected KEY=VALUE"),
        (
            ["train", "svm", "--corpus", "synthetic=.", "--set", "seed=1", "--set", "seed=2"],
            "--set seed: takes one value, got 1 and 2 in two --set",
        ),
        (["train", "studio", "--corpus", "synthetic=x", "--set", "epochs=0"], "--set epochs: inp"),
        (["train", "studio", "--corpus", "synthetic=x", "--set", "n_mels=0"], "--set n_mels: inp"),
        (["train", "studio", "--corpus", "synthetic=x", "--folds", "1"], "train: --folds: input"),
        (["evaluate", "default", "--corpus", "ravdess="], "expected NAME=DIR"),
    ],
)
def test_a_mistake_is_one_line_and_a_status(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_one_bad_file_costs_the_others_nothing(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound" * 20)
    assert main(["predict", str(bad), str(speech_wav), "--json"]) == 1
    printed = capsys.readouterr()
    assert [item["path"] for item in json.loads(printed.out)] == [str(speech_wav)]
    assert "bad.wav: not readable as audio" in printed.err


def test_a_score_on_training_speakers_is_called_a_fit(
    home: Path, capsys: pytest.CaptureFixture[str], few: Path
) -> None:
    assert home.is_dir()
    score = ["evaluate", "mine", "--corpus", f"synthetic={few}", "--speakers", "01"]
    words = output(capsys, *score)
    assert "on synthetic: 15 speech clips of 1 speaker\n" in words
    assert "saved model on this corpus; 1 of its speakers was in its training: this is a" in words
    scored = json.loads(output(capsys, *score, "--json"))
    assert scored["known_speakers"] == ["01"]
    assert scored["clips"] == 15
    assert scored["intervals"]["uar"]["low"] is None  # one speaker: no interval
    unseen = ["evaluate", "default", *score[2:]]
    assert json.loads(output(capsys, *unseen, "--json"))["known_speakers"] == []
    assert main([*score[:-1], "99"]) == 1
    assert "speaker 99: not in the corpus" in capsys.readouterr().err


def test_an_unknown_protocol_is_refused_before_training(
    capsys: pytest.CaptureFixture[str], synthetic_corpus: Path
) -> None:
    corpus = f"synthetic={synthetic_corpus}"
    assert main(["train", "studio", "--corpus", corpus, "--protocol", "random"]) == 1
    assert "known: emobox, leave-one-corpus-out, " in capsys.readouterr().err


def test_extract_writes_what_the_library_gives(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, speech: np.ndarray, tmp_path: Path
) -> None:
    out = tmp_path / "F.npy"
    settings = ("--set", "n_mels=40", "--set", "reference=peak")
    printed = output(capsys, "extract", "log_mel", speech_wav, "--out", out, *settings, "--json")
    document = json.loads(printed)
    assert document["extractor"] == "log_mel"
    assert document["settings"]["n_mels"] == 40
    assert (document["dtype"], document["unit"]) == ("float32", "dB")
    assert (document["sampling_rate"], document["hop_s"]) == (16_000, 0.0125)
    written = np.load(out)
    assert document["shape"] == list(written.shape)
    assert len(document["features"]) == written.shape[1] == 40
    extractor = EXTRACTORS.create("log_mel", n_mels=40, reference="peak")
    np.testing.assert_allclose(written, extractor.extract(speech, 16_000), atol=0.2)  # 16-bit file
    words = output(capsys, "extract", "log_mel", speech_wav, "--out", out)
    assert words == f"log_mel: (161, 64) float32 in dB, written to {out}\n"


def test_extract_writes_under_just_the_name_given(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("features", "features.NPY", "features.npy.old"):
        output(capsys, "extract", "mfcc", speech_wav, "--out", folder / name)
    names = {path.name for path in folder.iterdir()}
    assert names == {"features", "features.NPY", "features.npy.old"}
    assert np.load(folder / "features").shape == (63, 40)


def test_extract_refuses_a_place_that_is_no_file(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    assert main(["extract", "mfcc", str(speech_wav), "--out", str(tmp_path / "gone" / "F")]) == 1
    assert "gone is not a folder; make it first" in capsys.readouterr().err
    assert main(["extract", "mfcc", str(speech_wav), "--out", str(tmp_path)]) == 1
    said = f"--out: {tmp_path} is a folder; name a file in it, such as {tmp_path / 'mfcc.npy'}"
    assert said in capsys.readouterr().err
    assert main(["extract", "mfcc", str(speech_wav), "--out", str(speech_wav)]) == 1
    assert "speech.wav is the sound file itself" in capsys.readouterr().err
    assert not (tmp_path / "gone").exists()


def test_a_disk_that_refuses_in_mid_write_leaves_the_old_file(
    speech_wav: Path, tmp_path: Path
) -> None:
    """The system's limit on the size of files stands for a full disk."""
    folder = tmp_path / "out"
    folder.mkdir()
    out = folder / "F.npy"
    out.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-m", "ser_core", "extract", "mfcc", str(speech_wav), "--out", str(out)],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == f"ser_core extract: --out: {out} cannot be written (File too large)\n"
    assert out.read_bytes() == b"old"
    assert [path.name for path in folder.iterdir()] == ["F.npy"]


def test_extract_says_what_it_left_out_of_the_users_table(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    table = tmp_path / "own.csv"
    table.write_text("file,emotion,x,y\nspeech.wav,sad,1,2\n", encoding="utf-8")
    extract = ["extract", "precomputed", speech_wav, "--set", f"path={table}"]
    words = output(capsys, *extract, "--out", tmp_path / "F.npy")
    assert words.endswith("left out of own.csv: emotion (a label)\n")
    document = json.loads(output(capsys, *extract, "--out", tmp_path / "F.npy", "--json"))
    assert document["features"] == ["x", "y"]
    assert document["notes"] == ["left out of own.csv: emotion (a label)"]
    assert np.load(tmp_path / "F.npy").tolist() == [1, 2]


def test_extract_takes_settings_of_the_extractor_within(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    out = tmp_path / "F.npy"
    extract = ["extract", "functionals", speech_wav, "--out", out, "--json"]
    settings = ["--set", "frames.name=log_mel", "--set", "frames.n_mels=16"]
    document = json.loads(output(capsys, *extract, *settings))
    assert document["settings"]["frames"]["name"] == "log_mel"
    assert np.load(out).shape == (16 * 13,)
    assert main([*map(str, extract), "--set", "frames.n_mles=16"]) == 1
    assert "did you mean n_mels?" in capsys.readouterr().err


class Within(Config):
    frames: Component = Component(name="mfcc", settings={"n_mfcc": 13})
    share: float = 0.5


def test_a_dotted_setting_reaches_the_extractor_within() -> None:
    assert nested_settings(Within, {"share": 1}) == {"share": 1}
    more = nested_settings(Within, {"frames.n_mels": 64})
    assert more == {"frames": {"name": "mfcc", "settings": {"n_mfcc": 13, "n_mels": 64}}}
    other = nested_settings(Within, {"frames.settings.n_mels": 64, "frames.name": "log_mel"})
    assert other == {"frames": {"name": "log_mel", "settings": {"n_mels": 64}}}
    assert nested_settings(Within, {"frame.name": "x"}) == {"frame.name": "x"}


def test_who_stops_a_training_is_told_how_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ser_core.training import run

    def stopped(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "train", stopped)
    monkeypatch.setenv("SER_HOME", str(tmp_path))
    assert main(["train", "linear", "--corpus", f"ravdess={tmp_path}"]) == 130
    said = capsys.readouterr()
    assert "the same command with --resume goes on" in said.out
    assert said.err == "ser_core train: stopped\n"
