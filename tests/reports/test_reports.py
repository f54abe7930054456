"""Reports of finished runs: what they compute, what they say, and that they stand alone."""

import io
import json
import math
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser_core.__main__ import main
from ser_core.comparison import runs as finished
from ser_core.comparison.history import measures
from ser_core.comparison.loading import load
from ser_core.comparison.pairs import pairs_of
from ser_core.comparison.results import results_of
from ser_core.errors import ParameterError, TrackingError, UnknownNameError
from ser_core.evaluation.metrics import scores
from ser_core.reports import several, write
from ser_core.reports.write import compose, write_report
from ser_core.tracking import RunStore, open_store

LABELS = ["neutral", "happy", "sad"]


def write_run(folder: Path, skill: float = 1.0, seed: int = 0, clips: int = 180) -> Path:
    """A run's files: six speakers, three labels, and a network that is right at times."""
    rng, drawn = np.random.default_rng(7), np.random.default_rng(seed)
    truth = rng.integers(3, size=clips)
    logits = drawn.normal(0, 1, (clips, 3))
    logits[np.arange(clips), truth] += skill
    table = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    predictions = pd.DataFrame(
        {
            "clip": [f"c{n:03}.wav" for n in range(clips)],
            "speaker": [f"{n % 6:02}" for n in range(clips)],
            "fold": [n % 6 % 3 + 1 for n in range(clips)],
            "emotion": [LABELS[n] for n in truth],
            "predicted": [LABELS[n] for n in table.argmax(1)],
            **{label: table[:, n].round(6) for n, label in enumerate(LABELS)},
        }
    )
    folder.mkdir(parents=True)
    predictions.to_csv(folder / "predictions.csv", index=False)
    true, said, who = (predictions[name].tolist() for name in ("emotion", "predicted", "speaker"))
    document = scores(true, said, who, LABELS).as_dict()
    (folder / "scores.json").write_text(json.dumps({**document, "left_out": {"broken": 2}}))
    epochs = [
        {
            "number": number,
            "loss": 2 / number,
            "accuracy": 0.3 + number / 10,
            "validation_loss": math.nan,
            "validation_uar": 0.2 + number / 10,
            "validation_recall": {"sad": 0.1 * number},
        }
        for number in (1, 2, 3)
    ]
    history = [{"fold": n, "best_epoch": 2, "epochs": epochs[: n + 1]} for n in (1, 2)]
    (folder / "history.json").write_text(json.dumps(history))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """A store that nothing was written to."""
    return RunStore(f"sqlite:///{tmp_path}/none.db")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of two runs, without pictures beside the page."""
    folder = tmp_path_factory.mktemp("report")
    store = RunStore(f"sqlite:///{folder}/none.db")
    runs = [load(str(write_run(folder / name, 1.0, n)), store) for n, name in enumerate("ab")]
    write_report(runs, folder / "out", formats=())
    return folder / "out"


class TestRead:
    def test_scores_are_those_that_the_run_wrote(self, tmp_path: Path, store: RunStore) -> None:
        folder = write_run(tmp_path / "a")
        results = results_of(load(str(folder), store))
        written = json.loads((folder / "scores.json").read_text())
        assert results.scores.as_dict() == {key: written[key] for key in results.scores.as_dict()}
        assert results.run.folds == 3
        assert results.run.left_out == {"broken": 2}

    def test_every_measure_has_an_interval_around_it(self, tmp_path: Path, store: RunStore) -> None:
        results = results_of(load(str(write_run(tmp_path / "a")), store))
        found = results.measures()
        assert list(found)[:4] == ["UAR", "WAR", "macro F1", "weighted F1"]
        assert {"top-3", "ECE", "Brier score"} < set(found)
        for score in found.values():
            assert score.low <= score.value <= score.high

    def test_history_is_told_by_fold(self, tmp_path: Path, store: RunStore) -> None:
        known = measures(load(str(write_run(tmp_path / "a")), store).history)
        assert known["loss"] == [[2, 1], [2, 1, 2 / 3]]
        assert known["validation_recall/sad"][0] == pytest.approx([0.1, 0.2])
        assert "validation_loss" not in known  # it was never a number

    def test_further_heads_are_scored_where_their_truth_is_known(
        self, tmp_path: Path, store: RunStore
    ) -> None:
        folder = write_run(tmp_path / "a")
        table = pd.read_csv(folder / "predictions.csv", dtype={"speaker": str})
        table["gender"] = ["male", "female", ""] * 60
        table["predicted_gender"] = "male"
        table["valence"] = np.where(table.index % 2, table["happy"] * 4 + 1, np.nan)
        table["predicted_valence"] = table["happy"] * 4 + 1
        table.to_csv(folder / "predictions.csv", index=False)
        results = results_of(load(str(folder), store))
        assert results.heads["gender"].value == 0.5
        assert results.dimensions["valence"].clips == 90
        assert results.measures()["valence CCC"].value == pytest.approx(1)
        assert [one.name for one in results.groups["gender"]] == ["female", "male"]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda table: table.drop(columns="sad"), "no column sad"),
            (lambda table: table.iloc[:0], "no clip"),
        ],
    )
    def test_a_damaged_table_is_said(self, tmp_path: Path, store, change, message) -> None:
        folder = write_run(tmp_path / "a")
        table = change(pd.read_csv(folder / "predictions.csv"))
        table.to_csv(folder / "predictions.csv", index=False)
        with pytest.raises(TrackingError, match=message):
            load(str(folder), store)

    def test_a_run_that_is_not_there_is_said(self, store: RunStore) -> None:
        with pytest.raises(UnknownNameError, match="run 'nowhere' is not known"):
            load("nowhere", store)

    def test_runs_of_the_store_by_the_beginning_of_their_id(self, tmp_path: Path) -> None:
        """Also one that kept no history: the store was told of its epochs."""
        store = open_store()
        folder = write_run(tmp_path / "a")
        (folder / "history.json").unlink()
        tags = {"recipe": "studio", "protocol": "luna-jimenez", "corpus": "ravdess"}
        run_id = store.start("studio", {"training": {"seed": 4}}, tags)
        for step, loss in enumerate((3.0, 2.0), start=1):
            store.log_metrics(run_id, {"fold1.loss": loss}, step=step)
        with pytest.raises(TrackingError, match="kept no predictions.csv"):
            load(run_id, store)
        for name in ("predictions.csv", "scores.json"):
            store.log_artifact(run_id, folder / name)
        run = load(run_id[:10], store)
        assert (run.run_id, run.recipe, run.protocol) == (run_id, "studio", "luna-jimenez")
        assert (run.corpus, run.seeds) == ("ravdess", ("4",))
        assert measures(run.history) == {"loss": [[3.0, 2.0]]}
        assert store.history(run_id, "fold1.loss") == [(1, 3.0), (2, 2.0)]


class TestCompare:
    def test_runs_on_the_same_clips_are_compared_in_words(self, tmp_path: Path, store) -> None:
        skills = {"weak": 0.3, "strong": 2.5}
        folders = [
            write_run(tmp_path / name, skill, seed)
            for seed, (name, skill) in enumerate(skills.items())
        ]
        [pair] = pairs_of([results_of(load(str(folder), store)) for folder in folders])
        assert pair.comparison.uar.interval.high < 0
        assert re.match(
            r"strong is ahead of weak by \d+\.\d points of UAR, 95 % interval \d+\.\d to \d+\.\d, "
            r"on 180 clips of 6 speakers\.$",
            pair.sentence,
        )

    def test_what_may_be_luck_is_called_so(self, tmp_path: Path, store) -> None:
        folders = [write_run(tmp_path / str(seed), 1.0, seed) for seed in (1, 2)]
        [pair] = pairs_of([results_of(load(str(folder), store)) for folder in folders])
        assert pair.p > 0.05
        assert pair.sentence.endswith(": that may be luck.")

    def test_other_clips_are_not_compared(self, tmp_path: Path, store) -> None:
        folders = [write_run(tmp_path / str(clips), clips=clips) for clips in (180, 174)]
        runs = [load(str(folder), store) for folder in folders]
        report = write_report(runs, tmp_path / "out", formats=())
        assert report.sentences == []
        text = (tmp_path / "out" / "report.html").read_text()
        assert "not comparable: they were tested on different clips or labels" in text

    def test_groups_of_runs_with_other_clips_tell_how_many_each_has(
        self, tmp_path: Path, store: RunStore
    ) -> None:
        folders = [write_run(tmp_path / str(clips), clips=clips) for clips in (180, 120)]
        found = several.by_group([results_of(load(str(folder), store)) for folder in folders])
        [speakers] = [one for one in found if one.name == "by-speaker"]
        assert speakers.figure.layout.yaxis.ticktext[0] == "00 (20 to 30)"


class TestNoise:
    def test_the_curves_of_runs_that_kept_one_are_tables_and_figures(
        self, tmp_path: Path, store: RunStore
    ) -> None:
        folders = [write_run(tmp_path / name, 1.0, n, 60) for n, name in enumerate("abc")]
        for folder in folders[:2]:
            (folder / "noise.json").write_text(json.dumps({"points": noise_points()}))
        (folders[2] / "noise.json").write_text("{")  # damaged: as if there were none
        runs = [load(str(folder), store) for folder in folders]
        made = compose(runs)
        table = pd.read_csv(io.StringIO(made.texts["noise.csv"]), keep_default_na=False)
        assert table["name"].value_counts().to_dict() == {"a": 5, "b": 5}
        assert table["snr_db"].tolist()[:4] == ["", "30.0", "0.0", "30.0"]
        drawn = {each.name: each for each in made.pictures if each.section == "Noise"}
        assert list(drawn) == ["noise-white", "noise-pink"]
        named = [line.name for line in drawn["noise-white"].figure.data if line.showlegend is None]
        assert named == ["a", "b"]
        alone = compose(runs[:1])
        (picture,) = (each for each in alone.pictures if each.section == "Noise")
        named = [line.name for line in picture.figure.data if line.showlegend is None]
        assert named == ["white", "pink", "no noise", "chance"]
        assert "noise.csv" not in compose(runs[2:]).texts


def noise_points() -> list[dict[str, Any]]:
    """Without noise, and under two noises at two ratios."""
    score = {"value": 0.5, "low": 0.4, "high": None}
    scores = {"uar": score, "war": score, "macro_f1": score}
    at = [("none", None), *((name, ratio) for name in ("white", "pink") for ratio in (30.0, 0.0))]
    return [{"noise": name, "snr_db": ratio, "clips": 180, **scores} for name, ratio in at]


class TestWrite:
    def test_the_page_needs_nothing_from_outside(self, written: Path) -> None:
        text = (written / "report.html").read_text()
        own = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
        assert not re.search(r"(src|href)=|url\(|@import|https?://", own)
        assert "prefers-color-scheme: dark" in own

    def test_every_figure_has_its_place(self, written: Path) -> None:
        text = (written / "report.html").read_text()
        document = re.search(r'<script type="application/json" id="figures">(.*?)</script>', text)
        assert document is not None
        drawn = json.loads(document[1])["figures"]
        places = re.findall(r'<div id="([^"]+)"></div>', text)
        assert places == list(drawn)
        wanted = (
            "overview-uar confusion-row-a difference-a-b classes-recall reliability-mass "
            "by-speaker agreement-kappa training-validation-uar training-loss-a training-recall-b "
            "clips-by-speaker-a"
        )
        for part in wanted.split():
            assert part in drawn

    def test_names_cannot_break_the_page(self, tmp_path: Path, store: RunStore) -> None:
        run = load(str(write_run(tmp_path / "a")), store)
        table = run.predictions.assign(speaker="</script><b>" + run.predictions["speaker"])
        evil = finished.replace(run, name="<img src=x>", predictions=table)
        write_report([evil], tmp_path / "out", formats=())
        text = (tmp_path / "out" / "report.html").read_text()
        assert "<img" not in re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
        assert "</script><b>" not in text

    def test_tables_hold_every_score_with_its_facts(self, written: Path) -> None:
        table = pd.read_csv(written / "scores.csv")
        row = table[(table["name"] == "a") & (table["measure"] == "UAR")].iloc[0]
        assert (row["clips"], row["speakers"], row["folds"], row["left_out"]) == (180, 6, 3, 2)
        assert row["low"] < row["value"] < row["high"]
        classes = pd.read_csv(written / "classes.csv")
        assert classes.groupby("name")["support"].sum().tolist() == [180, 180]

    def test_the_text_can_be_read_in_a_terminal(self, written: Path) -> None:
        text = (written / "report.txt").read_text()
        assert "180 test clips of 6 speakers; left out: 2 (broken)" in text
        assert re.search(r"^sad +0\.\d{3} \[0\.\d{3}, 0\.\d{3}\]", text, re.MULTILINE)

    def test_the_same_run_twice_is_refused(self, tmp_path: Path, store: RunStore) -> None:
        run = load(str(write_run(tmp_path / "a")), store)
        with pytest.raises(ParameterError, match="must differ"):
            write_report([run, run], tmp_path / "out")
        (tmp_path / "file").touch()
        with pytest.raises(ParameterError, match="is a file; name a folder"):
            write_report([run], tmp_path / "file")


def test_the_command_writes_pictures_too(tmp_path: Path, capsys) -> None:
    folder = write_run(tmp_path / "a")
    out = tmp_path / "out"
    assert main(["report", str(folder), "--out", str(out), "--format", "svg"]) == 0
    assert f"open {out / 'report.html'}" in capsys.readouterr().out
    pictures = {path.name for path in (out / "figures").iterdir()}
    assert {"confusion-row-a.svg", "classes-a.svg", "reliability-width.svg"} < pictures
    assert all(path.stat().st_size > 2000 for path in (out / "figures").iterdir())


def test_the_command_says_what_is_missing(tmp_path: Path, capsys) -> None:
    assert main(["report", "nowhere", "--out", str(tmp_path)]) == 1
    assert "run 'nowhere' is not known" in capsys.readouterr().err


def test_drawing_that_is_stopped_says_nothing_of_what_it_calls_off(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    def pool(*_: object, **__: object) -> Any:
        def run(tasks: Any) -> Any:
            try:
                yield from ([] for _ in tasks)
            except GeneratorExit:
                warnings.warn("tasks have been cancelled", stacklevel=1)
                raise

        return run

    monkeypatch.setattr("joblib.Parallel", pool)
    pictures: Any = [None] * 3
    drawn = write._drawn_aside(lambda _: [], pictures)
    assert next(drawn) == []
    drawn.close()
    assert not recwarn.list
