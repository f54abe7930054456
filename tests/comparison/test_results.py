"""Results are computed once and kept, load fast, and tell whose clips are hard."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_core.comparison import kept, pairs, results
from ser_core.comparison.loading import load, of_store_all
from ser_core.comparison.pairs import against, agreed, pairs_of
from ser_core.comparison.results import results_of
from ser_core.comparison.runs import FinishedRun
from ser_core.errors import ParameterError
from ser_core.reports.tables import about
from ser_core.store import Recent
from ser_core.tracking import Run, RunStore
from tests.comparison.made import LABELS, drawn_run, run_of
from tests.reports.test_reports import write_run


def forbidden(*_: object) -> None:
    pytest.fail("it was computed again")


def test_intervals_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_memory", Recent(10))
    one, other = (drawn_run(name, 1.0, seed) for seed, name in enumerate("ab"))
    first, [pair] = results_of(one), pairs_of([results_of(one), results_of(other)])
    monkeypatch.setattr(kept, "_memory", Recent(10))  # as in the next process
    monkeypatch.setattr(results, "_numbers", forbidden)
    monkeypatch.setattr(pairs, "compare", forbidden)
    again = results_of(replace(one, name="another name"))
    assert again.scores.as_dict() == first.scores.as_dict()
    assert again.probability.as_dict() == first.probability.as_dict()
    assert again.measures() == first.measures()
    [same] = pairs_of([results_of(one), results_of(other)])
    assert same.comparison == pair.comparison


def test_other_answers_are_scored_anew() -> None:
    run = drawn_run("a", 1.0, 0)
    changed = replace(run, predictions=run.predictions.assign(predicted="sad"))
    assert run.digest != changed.digest
    assert results_of(changed).scores.uar.value == pytest.approx(1 / 3)


def test_what_the_corpus_knows_changes_no_score() -> None:
    run = drawn_run("a", 1.0, 0)
    clips = run.predictions["clip"]
    facts = pd.DataFrame(
        {
            "clip": clips,
            "gender": np.where(np.arange(len(clips)) % 2, "female", "male"),
            "intensity": "",
            "statement": "",
            "duration_s": 3.0,
            "snr_db": np.linspace(-5, 30, len(clips)),
        }
    )
    known = run.with_facts(facts)
    assert known.digest == run.digest
    groups = results_of(known).groups
    assert [one.name for one in groups["gender"]] == ["female", "male"]
    assert groups["SNR"][0].name.startswith("−5–")
    assert sum(one.clips for one in groups["SNR"]) == 240
    assert "intensity" not in groups


def test_a_full_disk_is_no_reason_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_memory", Recent(10))
    (tmp_path / "file").touch()
    monkeypatch.setenv("SER_HOME", str(tmp_path / "file"))
    assert results_of(drawn_run("a", 1.0, 0)).scores.clips == 240


def test_what_is_kept_comes_back_as_it_was() -> None:
    found = results_of(drawn_run("a", 1.0, 0))
    kind = type(found.probability)
    back = kept.rebuilt(kind, kept.plain(found.probability))
    assert back.as_dict() == found.probability.as_dict()
    assert back.reliability.clips.dtype == found.probability.reliability.clips.dtype


class TestSentence:
    def test_a_difference_that_holds_up(self) -> None:
        [pair] = against(*_scored([drawn_run("weak", 0.3, 0)], [drawn_run("strong", 2.5, 1)]))
        assert pair.sentence.startswith("strong · strong00 is ahead of weak · weak0000 by ")
        assert pair.sentence.endswith(" on 240 clips of 8 speakers.")
        assert pair.is_clear

    def test_many_comparisons_ask_for_more(self) -> None:
        """One pair is clear by itself; among ten it is said not to be, and why."""
        runs = [drawn_run(f"r{seed}", 1.0 + 0.1 * seed, seed) for seed in range(5)]
        found = pairs_of([results_of(run) for run in runs])
        assert len(found) == 10
        alone = [pair.comparison.uar.p for pair in found]
        assert all(pair.p >= p for pair, p in zip(found, alone, strict=True))
        unclear = [pair for pair, p in zip(found, alone, strict=True) if p < 0.05 <= pair.p]
        for pair in unclear:
            assert "one of 10 comparisons made together" in pair.sentence

    def test_the_same_answers_are_level(self) -> None:
        run = drawn_run("a", 1.0, 0)
        [pair] = pairs_of(_scored([run, replace(run, name="b")])[0])
        assert pair.sentence == (
            "a · a0000000 and b · a0000000 are level in UAR on 240 clips of 8 speakers."
        )

    def test_one_speaker_cannot_tell(self) -> None:
        true = ["sad", "happy", "neutral"]
        runs = [
            run_of(name, true, said, speakers=["0"] * 3)
            for name, said in (("a", true), ("b", ["sad"] * 3))
        ]
        [pair] = pairs_of(_scored(runs)[0])
        assert "one speaker cannot tell whether that is luck" in pair.sentence
        assert not pair.is_clear

    def test_speakers_whom_nobody_knows_are_not_called_one(self) -> None:
        true = ["sad", "happy", "neutral"]
        known = [run_of("a", true, true), run_of("b", true, ["sad"] * 3)]
        runs = [replace(one, predictions=one.predictions.assign(speaker="")) for one in known]
        [results] = _scored(runs)
        assert results[0].scores.speakers == 0
        assert "3 test clips, speakers unknown; no clip was left out" in about(results[0])
        [pair] = pairs_of(results)
        assert "on 3 clips, speakers unknown; who does not know who speaks" in pair.sentence


def test_agreement_counts_by_hand() -> None:
    true = ["sad", "sad", "happy", "happy", "neutral", "neutral"]
    one = run_of("a", true, ["sad", "sad", "happy", "sad", "sad", "sad"])
    other = run_of("b", true, ["sad", "happy", "sad", "happy", "sad", "happy"])
    found = agreed(one, other)
    parts = (found.both_right, found.only_first, found.only_second, found.both_wrong)
    assert parts == (1, 2, 1, 2)
    assert (found.same_mistake, found.same.value) == (1, pytest.approx(2 / 6))


def test_runs_of_the_store_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RunStore(f"sqlite:///{tmp_path}/none.db")
    folder = write_run(tmp_path / "a")
    facts = {"name": "studio", "status": "FINISHED", "recipe": "studio", "protocol": "loso"}
    run = Run(
        run_id="1" * 32,
        **facts,
        metrics={"uar": 0.5, "parameters": 1234.0},
        parameters={"features.name": "functionals", "features.settings.frames.name": "mfcc"},
        tags={"corpus": "ravdess"},
        started=10.0,
        ended=70.0,
        artifacts=str(folder),
    )
    gone = replace(run, run_id="2" * 32, artifacts=str(tmp_path / "nowhere"))
    [found], missing = of_store_all([run, gone], store)
    assert list(missing) == ["2" * 32]
    assert "kept no predictions.csv" in missing["2" * 32]
    assert (found.features, found.num_parameters, found.epochs) == (
        "functionals of mfcc",
        1234,
        2.5,
    )
    assert found.training_s == 60.0
    assert of_store_all([run], store)[0][0] is found
    table = pd.read_csv(folder / "predictions.csv", dtype=str).assign(predicted="sad")
    time.sleep(0.01)
    table.to_csv(folder / "predictions.csv", index=False)
    changed = of_store_all([run], store)[0][0]
    assert set(changed.predictions["predicted"]) == {"sad"}
    assert load(str(folder), store).title == "a"


def test_labels_that_cannot_be_are_said() -> None:
    run = drawn_run("a", 1.0, 0)
    broken = replace(run, predictions=run.predictions.assign(predicted="bored"))
    with pytest.raises(ParameterError, match="predicted must be one of neutral, happy, sad"):
        results_of(broken)
    assert run.labels == LABELS


def _scored(*many: list[FinishedRun]) -> list:
    found = [[results_of(run) for run in runs] for runs in many]
    return [found[0][0], found[1]] if len(found) > 1 else found
