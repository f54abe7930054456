"""Import of a run: refused in words, or taken in and its model promoted."""

import shutil
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ser_core.errors import ExchangeError
from ser_core.exchange import unpack
from ser_core.exchange.unpack import Imported
from ser_core.inference import list_models
from ser_core.paths import ASSETS


def script() -> None:
    from pages.components.run_import import run_import

    run_import()


def ended(app: AppTest) -> AppTest:
    """The page once no task runs any more."""
    from ser_core.jobs.tasks import runner

    while (task := runner().snapshot("import run")) is not None and task.running:
        time.sleep(0.01)
    return app.run()


def test_an_upload_is_refused_or_taken_in_and_promoted(
    ser_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def taken(file: Path, progress: object) -> Imported:
        seen.append(file)
        if file.read_bytes() == b"bad":
            raise ExchangeError(f"{file.name}: refused, for it is bad")
        return Imported("a1", "stu*dio", "lab3", "b2", ["theirs"])

    monkeypatch.setattr(unpack, "import_run", taken)
    app = AppTest.from_function(script).run()
    app.file_uploader[0].upload("../../run.zip", b"bad", "application/zip").run()
    app = ended(app)
    assert "run.zip: refused, for it is bad" in app.error[0].value
    app.file_uploader[0].upload("run.zip", b"good", "application/zip").run()
    app = ended(app)
    assert "**stu\\*dio** from lab3 is among the runs" in app.success[0].value
    assert all(file.parent.parent == ser_home / "cache" for file in seen)
    assert list((ser_home / "cache").iterdir()) == []

    class Kept:
        def find(self, reference: str) -> object:
            from ser_core.tracking import Run

            return Run(reference, "studio", "FINISHED", "", "", {}, {}, {}, 0.0, 1.0)

        def names(self, run_id: str, folder: str = "") -> list[str]:
            return ["theirs/card.json", "theirs/model.onnx"]

        def fetch(self, run_id: str, name: str, folder: Path) -> object:
            return shutil.copy(ASSETS / "models" / "default" / Path(name).name, folder)

    monkeypatch.setattr("ser_core.promotion.open_store", Kept)
    app.text_input("run_import_name").set_value("default")
    app.button("run_import_promote").click().run()
    assert "is the name of a shipped model" in app.error[0].value
    app.text_input("run_import_name").set_value("guest")
    app.button("run_import_promote").click().run()
    assert "**guest** can be chosen on Live" in app.success[1].value
    assert not app.exception
    assert list_models() == ["default", "guest"]
