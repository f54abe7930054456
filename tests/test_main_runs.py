"""`runs`: a table for people, a document for programs, and what no score may be without."""

import json
import math
from typing import Any, ClassVar

import pytest

from ser_core import recipes, tracking
from ser_core.__main__ import main
from ser_core.tracking import Run
from ser_core.training.config import override

ID = "0123456789abcdef0123456789abcdef"
SCORES = {
    "clips": 1234,
    "speakers": 10,
    "left_out": {"label 'xxx' is not mapped to an emotion": 2507, "problem with the clip": 1},
    "label_map": {"name": "iemocap-4", "map": {"exc": "happy"}, "only_these": True},
}


def run_of(**changes: Any) -> Run:
    facts: dict[str, Any] = {
        "run_id": ID,
        "name": "studio",
        "status": "FINISHED",
        "recipe": "studio",
        "protocol": "loso",
        "metrics": {"uar": 0.61, "uar_low": 0.55, "uar_high": 0.6666, "war": 0.6}
        | {f"fold{number}.loss": 0.5 for number in range(1, 11)},
        "parameters": {},
        "tags": {"corpus": "iemocap"},
        "started": 1_700_000_000.0,
        "ended": 1_700_000_060.0,
    }
    return Run(**(facts | changes))


class Kept:
    """A store of runs that are given, with their scores."""

    recipes: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init__(self, *pairs: tuple[Run, dict[str, Any] | None]) -> None:
        self.pairs = pairs

    def runs(self) -> list[Run]:
        return [run for run, _ in self.pairs]

    def document(self, run: Run, name: str) -> dict[str, Any] | None:
        if name == "recipe.json":
            return self.recipes.get(run.run_id)
        assert name == "scores.json"
        return next(scores for kept, scores in self.pairs if kept is run)


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def print_runs(*pairs: tuple[Run, dict[str, Any] | None], as_json: bool = False) -> str:
        monkeypatch.setattr(tracking, "open_store", lambda: Kept(*pairs))
        assert main(["runs", *(["--json"] if as_json else [])]) == 0
        return capsys.readouterr().out

    return print_runs


def test_a_score_stands_with_its_interval_clips_and_what_is_left_out(printed: Any) -> None:
    lines = printed((run_of(), SCORES)).splitlines()
    assert " ".join(lines[0].split()) == (
        "date recipe corpus protocol folds clips UAR left out run"
    )
    assert lines[1].startswith("2023-11-1")
    words = lines[1].split()[2:]
    assert words[:5] == ["studio", "iemocap", "loso", "10", "1,234"]
    assert words[5:] == ["0.610", "[0.550,", "0.667]", "2,508", ID]
    assert lines[2] == (
        "    left out: 2,507 (label 'xxx' is not mapped to an emotion), 1 (problem with the clip)"
    )
    assert lines[3] == "    labels: iemocap-4"
    assert "95 % bootstrap over speakers" in lines[-1]


def test_columns_stand_below_one_another_whatever_is_missing(printed: Any) -> None:
    old = run_of(metrics={"uar": 0.5, "uar_low": math.nan, "uar_high": math.nan}, recipe="d-cnn1d")
    failed = run_of(metrics={}, status="FAILED", tags={})
    lines = printed((run_of(), SCORES), (old, None), (failed, None)).splitlines()
    rows = [line for line in lines if line.endswith(ID)]
    assert len({line.index(ID) for line in rows}) == 1
    assert [line[lines[0].index("UAR") :].split()[0] for line in rows] == [
        "0.610",
        "0.500",
        "failed",
    ]


def test_runs_of_one_recipe_are_told_apart_by_what_was_set(
    printed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {
        "0" * 32: recipes.load("svm"),
        "1" * 32: override(recipes.load("svm"), {"c": 1, "seed": 3}),
        "2" * 32: recipes.load("d-mlp", faithful=True),
        "3" * 32: override(recipes.load("svm"), {"augmentation": {}, "title": "another"}),
    }
    documents = {key: recipe.model_dump(mode="json") for key, recipe in kept.items()}
    monkeypatch.setattr(Kept, "recipes", documents | {"4" * 32: {"of": "another version"}})
    pairs = [(run_of(run_id=str(number) * 32), None) for number in range(5)]
    lines = printed(*pairs).splitlines()[1:-1]
    assert [line.split()[-1] if line[0] != " " else line.strip() for line in lines] == [
        "0" * 32,
        "1" * 32,
        "changed: architecture.settings.c=1.0, seed=3",
        "2" * 32,
        "changed: faithful=true",
        "3" * 32,
        "changed: augmentation={}",
        "4" * 32,
    ]
    said = [one["changed"] for one in json.loads(printed(*pairs, as_json=True))]
    assert said[:2] == [{}, {"architecture.settings.c": 1.0, "training.seed": 3}]
    assert said[4] is None


def test_a_score_of_mixed_speakers_says_so(printed: Any) -> None:
    words = "speakers are mixed: this score says nothing about new voices"
    mixed = SCORES | {"protocol": f"5 folds, {words} (stratified-kfold)"}
    assert f"    {words}\n" in printed((run_of(), mixed))
    assert words not in printed((run_of(), SCORES | {"protocol": "5 speaker-independent folds"}))


def test_many_reasons_are_summed_up_and_listed_for_programs(printed: Any) -> None:
    reasons = {
        f"label {label!r} is not mapped to an emotion": 9 - i for i, label in enumerate("abcde")
    }
    pair = (run_of(), SCORES | {"left_out": reasons})
    assert "7 (label 'c' is not mapped to an emotion), 11 (see --json)" in printed(pair)
    assert json.loads(printed(pair, as_json=True))[0]["left_out"] == reasons


def test_the_document_keeps_its_keys_and_says_more(printed: Any) -> None:
    old = run_of(metrics={"loss": math.nan}, status="RUNNING", ended=None)
    documents = json.loads(printed((run_of(), SCORES), (old, None), as_json=True))
    first, second = documents
    assert list(first)[:6] == ["run_id", "name", "status", "recipe", "protocol", "metrics"]
    assert (first["corpus"], first["folds"], first["clips"]) == ("iemocap", 10, 1234)
    assert first["started"] == "2023-11-14T22:13:20+00:00"
    assert first["left_out"] == SCORES["left_out"]
    assert first["label_map"] == SCORES["label_map"]
    assert second["metrics"] == {"loss": None}
    assert (second["left_out"], second["folds"], second["ended"]) == (None, None, None)


def test_no_runs_say_how_to_start_one(printed: Any) -> None:
    assert "no runs yet; start one with: python -m ser_core train" in printed()
    assert json.loads(printed(as_json=True)) == []
