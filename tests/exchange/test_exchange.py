"""A run handed from one home to another, and archives that are refused."""

import hashlib
import io
import json
import math
import pickle
import shutil
import stat
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from ser_core import promotion
from ser_core.__main__ import main
from ser_core.comparison.loading import load
from ser_core.errors import ExchangeError, TrackingError
from ser_core.exchange.pack import export_run
from ser_core.exchange.unpack import import_run
from ser_core.paths import ASSETS
from ser_core.tracking import RunStore

LABELS = ["calm", "happy", "sad"]


def stored(root: Path) -> RunStore:
    root.mkdir()
    return RunStore(f"sqlite:///{(root / 'mlflow.db').as_posix()}", root / "artifacts")


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A store with a finished run that kept all that a run keeps."""
    root = tmp_path_factory.mktemp("here")
    store = stored(root / "runs")
    made = root / "made"
    write_files(made)
    tags = {
        "recipe": "studio",
        "protocol": "speakers",
        "corpus": "synthetic",
        "host": "a",
        "job": 1,
    }
    run_id = store.start("studio", {"epochs": 3, "root": "/home/somebody/speech"}, tags)
    store.log_steps(run_id, {1: {"fold1.loss": 2.0}, 2: {"fold1.loss": math.nan}})
    store.log_metrics(run_id, {"uar": 2 / 3})
    for path in sorted(made.iterdir()):
        store.log_artifact(run_id, path)
    store.finish(run_id)
    store.start("still running")
    return store


def write_files(folder: Path) -> None:
    (folder / "figures").mkdir(parents=True)
    (folder / "fold-models").mkdir()
    (folder / "mine").mkdir()
    for name in ("model.onnx", "card.json"):  # a run keeps no stage for a voice
        shutil.copy(ASSETS / "models" / "default" / name, folder / "mine")
    np.savez(folder / "mine" / "weights.npz", allow_pickle=False, a=np.ones((2, 3)))
    shutil.copytree(folder / "mine", folder / "fold-models" / "fold-1")
    table = pd.DataFrame(
        {
            "clip": ["1", "2", "3"],
            "speaker": ["a", "b", ""],
            "fold": 1,
            "emotion": LABELS,
            "predicted": ["calm", "happy", "calm"],
            **{label: [1 / 3] * 3 for label in LABELS},
        }
    )
    table.to_csv(folder / "predictions.csv", index=False)
    scores = {"confusion": {"labels": LABELS}, "left_out": {"no label": 2}}
    (folder / "scores.json").write_text(json.dumps(scores))
    (folder / "history.json").write_text("[]")
    (folder / "log.txt").write_text("/home/somebody/speech")
    Image.new("RGB", (4, 4)).save(folder / "figures" / "confusion.png")


@pytest.fixture(scope="module")
def packed(here, tmp_path_factory):
    run = next(run for run in here.runs() if run.status == "FINISHED")
    return export_run(run.run_id[:8], tmp_path_factory.mktemp("packed"), here)


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    return stored(tmp_path_factory.mktemp("there") / "runs")


def test_a_run_arrives_whole_marked_and_once(packed, there, here, speech_wav):
    assert packed.left_out == ["log.txt"]
    with zipfile.ZipFile(packed.path) as archive:
        everything = b"".join(map(archive.read, archive.namelist()))
    assert b"/home/somebody" not in everything
    taken = import_run(packed.path, there)
    (run,) = there.runs()
    origin = packed.run
    assert (run.run_id, run.name, run.status) == (taken.run_id, "studio", "FINISHED")
    assert (run.recipe, run.protocol, run.parameters) == ("studio", "speakers", {"epochs": "3"})
    assert run.metrics["uar"] == pytest.approx(2 / 3)
    assert there.history(run.run_id, "fold1.loss")[0] == (1, 2.0)
    assert math.isnan(there.history(run.run_id, "fold1.loss")[1][1])
    assert (run.started, run.ended) == (origin.started, origin.ended)
    assert run.tags["origin_run"] == origin.run_id
    assert run.origin.startswith("imported on ")
    assert not {"job", "host", "incoming"} & set(run.tags)
    assert load(run.run_id, there).digest == load(origin.run_id, here).digest
    assert there.names(run.run_id) == [n for n in here.names(origin.run_id) if n != "log.txt"]
    promotion.promote(run.run_id, "guest", store=there)
    assert main(["predict", str(speech_wav), "--model", "guest"]) == 0
    with pytest.raises(
        ExchangeError, match=r"is here already: imported on \d{4}-.* as " + run.run_id
    ):
        import_run(packed.path, there)
    with pytest.raises(ExchangeError, match="is here already: it was trained here"):
        import_run(packed.path, here)
    again = export_run(run.run_id, packed.path.parent / "again.zip", there)
    with pytest.raises(ExchangeError, match="trained here"):  # it is still the same run
        import_run(again.path, here)


def test_only_a_finished_run_is_handed_on(here, tmp_path):
    running = next(run for run in here.runs() if run.status == "RUNNING")
    with pytest.raises(ExchangeError, match="is RUNNING: only a finished run is handed on"):
        export_run(running.run_id, tmp_path, here)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_fails_in_the_middle_keeps_nothing(packed, here, tmp_path, monkeypatch):
    client, before = here._client(), ids(here)
    write, seen = client.log_artifacts, []

    def refuse(run_id, folder):
        write(run_id, folder)
        seen.append((client.get_run(run_id).info.artifact_uri, ids(here)))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(client, "log_artifacts", refuse)
    another = rewritten(packed.path, tmp_path / "a.zip", lambda _, run: run.update(run_id="b"))
    with pytest.raises(TrackingError, match="No space left"):
        import_run(another, here)
    ((place, while_it_came),) = seen
    assert while_it_came == before == ids(here)
    assert not Path(place.removeprefix("file://")).exists()


def ids(store):
    return [run.run_id for run in store.runs()]


def rewritten(path: Path, into: Path, change, listed=True) -> Path:
    """A copy of a run's ZIP file with other members, their digests put right if `listed`."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(members.pop("run.json"))
    change(members, document)
    if listed:
        document["files"] = {
            name.removeprefix("files/"): {
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for name, content in members.items()
        }
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr("run.json", json.dumps(document))
        for name, content in members.items():
            archive.writestr(name, content)
    return into


def put(name, content):
    return lambda members, document: members.update({name: content})


def arrays(**what):
    buffer = io.BytesIO()
    np.savez(buffer, **what)
    return buffer.getvalue()


def edited_card(members, document):
    card = json.loads(members["files/mine/card.json"])
    card["note"] = "![](http://example.org/seen.png)"
    members["files/mine/card.json"] = json.dumps(card).encode()


class Harm:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


OBJECTS = np.array([Harm()], object)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("files/mine/model.keras", b"x"), "'files/mine/model.keras' in it belongs to no run"),
        (put("files/a.pkl", pickle.dumps(1)), "belongs to no run"),
        (put("files/clip.wav", b"RIFF"), "belongs to no run"),
        (put("../../evil.json", b"{}"), "this archive is refused"),
        (put("files/../../scores.json", b"{}"), "this archive is refused"),
        (put("/etc/scores.json", b"{}"), "this archive is refused"),
        (put("C:\\scores.json", b"{}"), "belongs to no run"),
        (put("files/mine/weights.npz", arrays(a=OBJECTS)), "holds objects, which are never loaded"),
        (put("files/mine/weights.npz", pickle.dumps(Harm())), "weights.npz in it is damaged"),
        (put("files/scores.json", b"[" * 100_000), "scores.json in it cannot be used"),
        (put("files/figures/confusion.png", b"<svg/>"), "confusion.png in it cannot be used"),
        (put("files/mine/card.json", b"{}"), "the model card cannot be used"),
        (edited_card, "holds links or pictures from elsewhere"),
        (put("files/predictions.csv", b"clip\n1\n"), "its predictions cannot be read"),
        (lambda members, run: run["history"].update(uar=[[0, 0.9]]), "claims a UAR of 0.9000"),
        (lambda members, run: run.update(version=2), "a newer version"),
        (lambda members, run: run.update(format="zip"), "run.json cannot be used"),
        (lambda members, run: run.update(name="<b>\n"), "run.json cannot be used"),
        (lambda members, run: members.pop("files/predictions.csv"), "holds no predictions.csv"),
        (put("files/mine/model.onnx", b"no network"), "this is no ONNX file"),
    ],
)
def test_what_is_not_in_order_is_refused_in_words(
    packed, tmp_path, here, ser_home, change, words, tmp_path_factory
):
    def as_another(members, document):
        document["run_id"] = "another"
        change(members, document)

    bad = rewritten(packed.path, tmp_path / "bad.zip", as_another)
    before = ids(here)
    with pytest.raises(ExchangeError, match=words):
        import_run(bad, here)
    assert ids(here) == before
    assert list((ser_home / "cache").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} <= {"bad.zip", "home", "clip.wav"}


def test_what_was_changed_on_the_way_is_refused(packed, tmp_path, there):
    def change(members, document):
        document["run_id"] = "another"
        members["files/history.json"] = b"[1]"

    bad = rewritten(packed.path, tmp_path / "bad.zip", change, listed=False)
    with pytest.raises(ExchangeError, match=r"history.json in it was changed or damaged"):
        import_run(bad, there)


def test_links_bombs_and_what_is_no_archive_are_refused(tmp_path, there, monkeypatch):
    monkeypatch.setattr("ser_core.exchange.unpack.MOST_BYTES", 2_000_000)
    link = zipfile.ZipInfo("files/scores.json")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(600):
            archive.writestr(f"files/figures/{number}.png", "")
    with zipfile.ZipFile(tmp_path / "large.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("files/scores.json", bytes(2_000_001))
    (tmp_path / "text.zip").write_text("no archive")
    (tmp_path / "cut.zip").write_bytes((tmp_path / "bomb.zip").read_bytes()[:-30])
    for name, words in (
        ("link.zip", "this archive is refused"),
        ("bomb.zip", "600 files in it, at most 500 belong"),
        ("large.zip", "it unpacks to 2,000,001 bytes, at most 2,000,000"),
        ("text.zip", "it is no ZIP file"),
        ("cut.zip", "it is no ZIP file, or damaged"),
        ("gone.zip", "No such file"),
    ):
        with pytest.raises(ExchangeError, match=words):
            import_run(tmp_path / name, there)
