"""A run store that machines share: a real MLflow server, where one can be started."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

from ser_core import promotion
from ser_core.__main__ import main
from ser_core.exchange.pack import export_run
from ser_core.exchange.unpack import import_run
from ser_core.tracking import RunStore, open_store
from tests.conftest import ROOT

WITHIN_S = 600  # a busy machine takes minutes to load it


@pytest.fixture
def server(tmp_path, monkeypatch):
    """The address of a server of its own."""
    program = whole_mlflow()
    if program is None:
        pytest.skip("needs MLflow as a whole: `make mlflow` installs it, or set SER_MLFLOW")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = tmp_path / "server"
    place.mkdir()
    where = {
        "--host": "127.0.0.1",
        "--port": str(port),
        "--workers": "1",
        "--backend-store-uri": f"sqlite:///{place}/mlflow.db",
        "--artifacts-destination": str(place / "artifacts"),
    }
    process = subprocess.Popen(
        [program, "server", *(word for pair in where.items() for word in pair)],
        cwd=place,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    try:
        wait_for(f"{address}/health")
        yield address
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def whole_mlflow() -> str | None:
    """MLflow's program, not of its small build."""
    if find_spec("flask"):
        return shutil.which("mlflow", path=str(Path(sys.executable).parent))
    beside = ROOT / ".venv-mlflow" / "bin" / "mlflow"
    return os.environ.get("SER_MLFLOW") or (str(beside) if beside.exists() else None)


def wait_for(address: str) -> None:
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"{address} does not answer within {WITHIN_S} s")


def test_a_run_is_trained_read_promoted_and_handed_on_over_a_server(
    server: str, synthetic_corpus: Path, tmp_path: Path, speech_wav: Path, capsys
) -> None:
    corpus = ["--corpus", f"synthetic={synthetic_corpus}"]
    assert main(["train", "svm", *corpus, "--folds", "3", "--model", "shared"]) == 0
    assert main(["train", "d-mlp", *corpus, "--folds", "3", "--set", "epochs=2"]) == 0
    capsys.readouterr()
    store = open_store()
    assert store.uri == server
    mlp, svm = store.runs()
    assert (svm.name, svm.status, mlp.status) == ("svm", "FINISHED", "FINISHED")
    assert svm.tags["host"] == socket.gethostname()
    assert [step for step, _ in store.history(mlp.run_id, "fold3.loss")] == [1, 2]
    kept = {Path(name).name for name in store.names(svm.run_id)}
    assert kept >= {"predictions.csv", "scores.json", "environment.json", "data.json"}
    assert kept >= {"recipe.json", "log.txt", "confusion-row.png", "model.onnx", "card.json"}
    assert mlp.parameters["training.epochs"] == "2"
    assert promotion.remove_model("shared") == "default"
    promotion.promote(svm.run_id, "again", store=store)
    assert main(["predict", str(speech_wav), "--model", "again"]) == 0
    packed = export_run(svm.run_id, tmp_path, store)
    own = RunStore(f"sqlite:///{tmp_path}/own.db", tmp_path / "artifacts")
    taken = import_run(packed.path, own)
    assert own.find(taken.run_id).metrics["uar"] == svm.metrics["uar"]
    # And what was handed on by somebody else is taken in by the server.
    mine = import_run(export_run(taken.run_id, tmp_path / "b.zip", own).path, other(server))
    assert mine.origin_run == svm.run_id


def other(server: str) -> RunStore:
    """The server as if the run had never been there."""
    store = RunStore(server)
    for run in store.runs():
        if run.name == "svm":
            store._client().delete_run(run.run_id)
    return store
