"""The Comparison page: who is ahead, what cannot be compared, and every view of made-up runs."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import (
    comparison_address,
    comparison_audio,
    comparison_source,
    comparison_table,
    comparison_views,
)
from pages.components.comparison_confusion import Cell
from ser_core import recipes
from ser_core.comparison.runs import FinishedRun
from ser_core.corpora import library
from ser_core.corpora.combine import Source
from ser_core.corpora.library import CorpusEntry
from ser_core.jobs.tasks import runner
from ser_core.tracking import Run
from ser_core.training.order import Order
from tests.comparison.made import LABELS, drawn_run

APP = Path(__file__).resolve().parents[2] / "app.py"
GOOD, FAIR, OTHER = "good", "fair", "other"


class Store:
    """What the page asks of a run store."""

    def __init__(self, runs: list[Run]) -> None:
        self._runs = runs

    def runs(self) -> list[Run]:
        return self._runs

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        return []


def kept(run: FinishedRun, folder: Path, leaks: str = "") -> Run:
    """A run as it lies in the store."""
    folder.mkdir(parents=True)
    run.predictions.to_csv(folder / "predictions.csv", index=False)
    scores = {"confusion": {"labels": LABELS}, "left_out": {}, "leaks": [leaks] * bool(leaks)}
    (folder / "scores.json").write_text(json.dumps(scores))
    epochs = [{"number": n, "loss": 2 / n, "validation_uar": 0.5} for n in (1, 2, 3)]
    (folder / "history.json").write_text(json.dumps([{"fold": 1, "epochs": epochs}]))
    return Run(
        run_id=run.run_id, name=run.name, status="FINISHED", recipe=run.recipe,
        protocol=run.protocol, metrics={"uar": 0.5},
        parameters={"training.learning_rate": run.name, "root": "/gone"},
        tags={"corpus": run.corpus}, started=0.0, ended=60.0, artifacts=str(folder),
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Two runs that can be compared, and one of another protocol that leaks."""
    folder = tmp_path_factory.mktemp("runs")
    found = [
        kept(drawn_run(GOOD, 2.0, 1, clips=80), folder / GOOD),
        kept(drawn_run(FAIR, 0.6, 2, clips=80), folder / FAIR),
    ]
    other = drawn_run(OTHER, 2.5, 3, clips=80, protocol="stratified-kfold")
    return [*found, kept(other, folder / OTHER, leaks="speakers are mixed")]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open the page with these runs in the store."""

    def opened(there: list[Run], **query: str) -> AppTest:
        monkeypatch.setattr("ser_core.tracking.open_store", lambda: Store(there))
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.query_params.update(query)
        app.switch_page("pages/comparison.py")
        app.run()
        runner().wait(comparison_source._key(), timeout_s=60)
        return run(app)

    return opened


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error)
    return "\n".join(element.value for kind in kinds for element in kind).replace("\\", "")


def test_without_a_run_the_page_leads_to_training(page: Callable[..., AppTest]) -> None:
    app = page([])
    assert "No run is finished yet" in words(app)
    [train] = [button for button in app.button if button.label == "Train a model"]
    train.click()
    assert run(app).title[0].value == "Training"


def test_a_run_that_is_found_beside_the_page_is_drawn_by_itself(
    page: Callable[..., AppTest], made: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = page([])
    may_read, again, drawn = threading.Event(), comparison_source._draw_again_if_new, []
    monkeypatch.setattr(comparison_source, "_FRESH_S", 0.0)
    monkeypatch.setattr(Store, "runs", lambda _: may_read.wait(60) and [*made[:1]])
    monkeypatch.setattr(comparison_source, "_draw_again_if_new", lambda *it: drawn.append(it))
    assert "No run is finished yet" in words(run(app))  # what is known, until the rest is read
    [looked] = drawn
    monkeypatch.setattr("streamlit.rerun", lambda: drawn.append(()))
    again(*looked)
    assert drawn == [looked]  # nothing new yet
    may_read.set()
    runner().wait(comparison_source._key(), timeout_s=60)
    again(*looked)
    assert drawn == [looked, ()]


def test_one_run_shows_its_own_score_and_what_a_second_would_add(
    page: Callable[..., AppTest], made: list[Run]
) -> None:
    app = page(made[:1])
    said = words(app)
    assert "#### good · good0000: UAR 90.2 % [79.6, 95.6]" in said
    assert "80 test clips of 8 speakers" in said
    assert "Tick a second run that was tested under loso" in said
    assert "Missed by good" in said


def test_the_better_of_two_is_named_and_every_view_opens(
    page: Callable[..., AppTest], made: list[Run]
) -> None:
    app = page(made)
    said = words(app)
    assert "good · good0000 is ahead of fair · fair0000 by" in said
    assert "on 80 clips of 8 speakers" in said
    assert "not comparable" not in said  # the run under another protocol is not chosen
    assert app.query_params["runs"] == "good0000,fair0000"
    table = app.dataframe[0].value.set_index("id")
    assert table.loc["fair0000", "compared"] == "✓ comparable"
    assert "their protocols differ (loso and stratified-kfold)" in table.loc["other000", "compared"]
    assert table["beside"].tolist() == ["●", "✓", "✗"]

    app.session_state["comparison_cell"] = Cell(("fair0000",), "happy", "sad")
    said = words(run(app))
    assert "Happy heard as sad by fair · fair0000" in said
    assert app.query_params["cell"] == "fair0000,happy,sad"
    assert "are not on this machine any more" in said
    clips = app.dataframe[1].value
    assert clips["confidence"].is_monotonic_decreasing
    assert set(clips["predicted"]) == {"sad"}

    for name in comparison_views.VIEWS:
        app.button_group("comparison_view").set_value(name)
        assert ("cell" in run(app).query_params) == (name == "confusions")
    app.button_group("comparison_view").set_value("ensemble")
    run(app)
    app.button_group("comparison_ensembles_shown").set_value(["average", "stack"])
    assert "average of 2" in words(run(app))
    assert app.query_params["ensemble"] == "average,stack"
    rows = app.dataframe[0].value
    assert rows["run"].str.contains("∑").tolist() == [True, True, False, False, False]
    assert rows["UAR"].notna().all()
    app.button_group("comparison_view").set_value("pairs")
    run(app)
    assert len(run(app).dataframe[1].value) == 6  # pairs of four, in later runs, too


def test_the_address_names_runs_and_what_cannot_be_compared_is_said(
    page: Callable[..., AppTest], made: list[Run]
) -> None:
    app = page(made, runs="good,other,nobody", view="scores")
    said = words(app)
    assert "there is no finished run “nobody”" in said
    assert "These runs cannot be compared" in said
    assert "their protocols differ" in said
    assert "other · other000 leaks, so that its scores are too high: speakers are mixed" in said
    assert app.query_params["view"] == "scores"
    app.toggle("comparison_others").set_value(True)
    rows = run(app).dataframe[0].value
    assert "nobody" in words(app)
    assert rows["run"].str.contains("(reported)", regex=False).sum() > 5


def test_a_cell_in_the_address_leads_to_its_clips_for_as_long_as_its_runs_are_chosen(
    page: Callable[..., AppTest], made: list[Run]
) -> None:
    """Written by a click, followed by a link; what is not there is said, and nothing breaks."""
    link = {"runs": "good,fair", "view": "confusions"}
    app = page(made, **link, cell="good0000,fair0000,happy,sad")
    assert "Happy heard as sad by only one of good · good0000 and fair · fair0000" in words(app)
    framed = [json.loads(chart.proto.spec)["layout"].get("shapes") for chart in charts(app)]
    assert [bool(frames) for frames in framed] == [False, False, True]
    app.query_params["cell"] = "fair0000,sad,sad"  # another link is opened
    assert "Sad heard as sad by fair · fair0000" in words(run(app))
    app.session_state["comparison_runs"] = ["good0000"]  # and its run is ticked off
    assert "Missed by good" in words(run(app))
    assert "cell" not in app.query_params
    for wrong in ("good0000,happy,bored", "fair0000,good0000,sad,sad"):
        app.query_params.update({**link, "cell": wrong})
        said = words(run(app))
        assert f"there is no cell “{wrong}”" in said
        assert "Missed by both models" in said
        assert "cell" not in app.query_params
    for wrong in ("", "happy", "sad,sad", "a,b,c,d,e"):
        assert comparison_address._cell(wrong) is None


def charts(app: AppTest) -> list[Any]:
    return list(app.get("plotly_chart"))[:3]


def test_a_line_that_is_no_run_does_not_stay_ticked(monkeypatch: pytest.MonkeyPatch) -> None:
    def tick(*rows: int) -> dict[str, object]:
        said: dict[str, object] = {"grid": {"selection": {"rows": [*rows]}}}
        said["comparison_runs"] = ["a"]
        monkeypatch.setattr("streamlit.session_state", said)
        comparison_table._tick("grid", ["", "a", "b"])
        return said

    assert tick(1, 2)["comparison_runs"] == ["a", "b"]
    assert "comparison_generation" not in tick(1, 2)  # the table stays as it is
    assert tick(0, 1)["comparison_runs"] == ["a"]
    assert tick(0, 1)["comparison_generation"] == 1  # it is drawn anew, without that tick


def test_the_report_is_made_when_it_is_asked_for(
    page: Callable[..., AppTest], made: list[Run]
) -> None:
    app = page(made[:2])
    app.session_state["comparison_report"] = True
    run(app)
    [make] = [button for button in app.button if button.label == "Make page and tables"]
    make.click()
    run(app)
    runner().wait(make.key.removesuffix(":make"), timeout_s=60)
    run(app)
    labels = {each.proto.label for each in app.get("download_button")}
    assert {"Page (HTML)", "Scores (CSV)", "Differences (CSV)", "Tables (Markdown)"} <= labels


def test_several_corpora_are_found_in_whatever_order_they_were_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = tuple(CorpusEntry(name, name, tmp_path / name) for name in ("ravdess", "emodb"))
    together = CorpusEntry(library.COMBINED, "both", parts[0].root, parts=parts)
    monkeypatch.setattr(library, "entries", lambda: [together])
    order = Order(recipes.load("svm"), tuple(Source(p.name, p.root) for p in parts), "loso")
    assert order.roots == f"{tmp_path / 'emodb'}, {tmp_path / 'ravdess'}"
    assert comparison_audio._candidates(order.corpus, order.roots) == [together]
    monkeypatch.setattr(library, "entries", list)
    [made] = comparison_audio._candidates(order.corpus, order.roots)
    assert [(part.name, part.root.name) for part in made.parts] == [
        ("emodb", "emodb"),
        ("ravdess", "ravdess"),
    ]
