"""Home: what is ready, and the one next step."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import readiness
from pages.components.readiness import CorpusFacts, ModelFacts, next_step
from ser_core.corpora import library
from ser_core.inference import Predictor
from ser_core.jobs.tasks import runner
from ser_core.tracking import open_store

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(autouse=True)
def forget() -> None:
    """What other tests' homes held is kept for ten seconds; tests do not wait for that."""
    readiness.corpora.clear()
    runner()._tasks.pop(readiness.RUNS, None)


def home() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    runner().wait(readiness.RUNS, timeout_s=60)
    return app.run()


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption])


def test_fresh_start_leads_to_the_microphone() -> None:
    app = home()
    assert not app.exception
    [primary] = [button for button in app.button if button.proto.type == "primary"]
    assert primary.label == "Record a sentence"
    primary.click().run()
    assert app.title[0].value == "Live"


def test_fresh_start_says_what_is_there() -> None:
    said = words(home())
    card = Predictor.load().card
    assert "**Corpora** · none yet" in said
    assert "**Training runs** · none yet" in said
    assert card["title"] in said
    assert f"UAR {card['uar']['value']:.2f}" in said
    assert "cores" in said


def test_without_a_model_the_next_step_is_a_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser_core.inference.model_file.model_folders", dict)
    app = home()
    assert "**Models** · none yet" in words(app)
    [primary] = [button for button in app.button if button.proto.type == "primary"]
    primary.click().run()
    assert app.title[0].value == "Dataset"


def test_corpora_are_listed_with_their_size(synthetic_corpus: Path) -> None:
    entry = library.open_folder(synthetic_corpus)
    said = words(home())
    assert f":violet-badge[synthetic] · {entry.title} · 360 clips · 6 speakers" in said


def test_recorded_corpus_is_not_called_synthetic(ravdess: Path) -> None:
    entry = library.open_folder(ravdess)
    said = words(home())
    assert f"{entry.title} · " in said
    assert "synthetic]" not in said


def test_corpus_whose_folder_is_gone_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    entry = library.add("ravdess", folder)
    folder.rmdir()
    app = home()
    assert not app.exception
    assert entry.title in words(app)
    assert "no such folder" in words(app)


def test_runs_are_counted_by_their_state() -> None:
    store = open_store()
    for status in ("FINISHED", "FINISHED", "FAILED"):
        store.finish(store.start("a run", {}, {}), status)
    store.start("still at it", {}, {})
    said = words(home())
    assert "**Training runs** · 4" in said
    assert "2 finished" in said
    assert "1 failed" in said
    assert "1 running" in said


def test_unreadable_run_store_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    damaged = tmp_path / "mlflow.db"
    damaged.write_bytes(b"no database at all" * 100)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{damaged}")
    app = home()
    assert not app.exception
    assert "**Training runs** · not readable" in words(app)


def test_next_step_depends_on_what_is_there() -> None:
    model = ModelFacts("default", {})
    corpus = CorpusFacts("RAVDESS", "/somewhere", clips=10, speakers=2)
    unread = CorpusFacts("RAVDESS", "/somewhere")
    assert next_step([], [model]).page == "pages/live.py"
    assert next_step([corpus], [model]).page == "pages/live.py"
    assert next_step([corpus], []).page == "pages/training.py"
    assert next_step([unread], []).button == "Add a corpus"
    assert next_step([], []).page == "pages/dataset.py"
