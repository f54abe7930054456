"""The leak meter: what stands on both sides in each arm, and that nothing else differs."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ser_core import recipes
from ser_core.__main__ import main
from ser_core.corpora.combine import Source
from ser_core.errors import CorpusError, ParameterError
from ser_core.training import leak_meter
from ser_core.training.config import override
from ser_core.training.leak_meter import ARMS, LeakOrder, Pool, measure, split


def pool(speakers: int = 6, each: int = 12, versions: int = 3) -> Pool:
    number = speakers * each
    return Pool(
        np.arange(number) % 4,
        np.repeat([f"{speaker:02}" for speaker in range(speakers)], each),
        versions,
    )


@pytest.mark.parametrize(
    ("arm", "relatives", "speakers"),
    [("copies-first", True, True), ("random", False, True), ("speakers-apart", False, False)],
)
def test_what_stands_on_both_sides(arm: str, relatives: bool, speakers: bool) -> None:
    whole = pool()
    clip, who = whole.clip, np.repeat(whole.speakers, whole.versions)
    parts = split(arm, whole, 3, 0, 100)
    tested = np.concatenate([part.test for part in parts])
    np.testing.assert_array_equal(np.sort(tested), np.arange(clip.size))
    for part in parts:
        assert part.train.size == 100
        assert not {*part.train} & {*part.test}
        assert bool({*clip[part.train]} & {*clip[part.test]}) is relatives
        assert bool({*who[part.train]} & {*who[part.test]}) is speakers
    again = split(arm, whole, 3, 0, 100)
    assert all(np.array_equal(a.train, b.train) for a, b in zip(parts, again, strict=True))
    assert not np.array_equal(parts[0].test, split(arm, whole, 3, 1, 100)[0].test)


@pytest.fixture
def order_(few_clips: Path) -> LeakOrder:
    recipe = override(recipes.load("linear"), {"copies": 2, "c": 1.0})
    return LeakOrder(recipe, (Source("synthetic", few_clips),), folds=3, seeds=(0, 1))


def test_arms_differ_in_the_split_alone_and_are_taken_up_again(
    order_: LeakOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted: list[tuple[int, int]] = []
    fit = leak_meter.fit

    def stopped(*parts: object) -> object:
        if len(fitted) == 8:
            raise KeyboardInterrupt
        fitted.append((len(parts[2]), parts[4].training.seed))  # type: ignore[arg-type, attr-defined]
        return fit(*parts)  # type: ignore[arg-type]

    monkeypatch.setattr(leak_meter, "fit", stopped)
    with pytest.raises(KeyboardInterrupt):
        measure(order_, lambda _: None)
    fitted.append((0, 0))  # beyond the eighth, nothing stops it any more
    said: list[str] = []
    reading = measure(order_, said.append)
    assert sum("fold" in words for words in said) == 3 * 2 * 3 - 8
    del fitted[8]
    assert len(fitted) == 18
    assert {rows for rows, _ in fitted} == {reading.arms[0].training_rows}
    assert sorted(seed for _, seed in fitted) == [0] * 9 + [1] * 9
    first, random, apart = reading.arms
    assert [arm.name for arm in reading.arms] == list(ARMS)
    assert first.relatives > 0.8
    assert random.relatives == apart.relatives == apart.heard == 0
    assert random.heard == first.heard == 1
    assert {arm.originals.clips for arm in reading.arms} == {2 * 60}
    assert {arm.with_copies.clips for arm in reading.arms} == {3 * 2 * 60}
    assert f"a UAR of {apart.originals.uar.value:.3f}" in reading.sentence
    kept = json.loads((reading.folder / "leak-meter.json").read_text(encoding="utf-8"))
    assert kept["arms"][0]["originals"]["uar"]["value"] == first.originals.uar.value


def test_command_prints_the_figures_and_writes_them(
    few_clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["leak-meter", "linear", "--corpus", f"synthetic={few_clips}", "--folds", "3"]
    command += ["--set", "copies=1", "--set", "c=1"]
    assert main([*command, "--json", "--out", str(tmp_path / "out")]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [arm["arm"] for arm in document["arms"]] == list(ARMS)
    table = (tmp_path / "out" / "leak-meter.md").read_text(encoding="utf-8")
    assert f"{document['arms'][2]['originals']['uar']['value']:.3f} [" in table
    assert re.search(
        r"^\d+ clips of \d speakers of synthetic; 3 folds, 1 seed, 1 epoch; in brackets: 95 %",
        table,
        re.M,
    )
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "speakers kept apart: UAR" in printed
    assert ", fold 1" not in printed  # all of it was kept


def test_what_would_spoil_the_comparison_is_refused(order_: LeakOrder) -> None:
    recipe = order_.recipe
    for changes, words in (
        ({"augmentation": {}}, "copies: .* got 0 copies and 0 waveform steps"),
        ({"test_copies": 2}, "training.test_copies: not in the leak meter"),
    ):
        with pytest.raises(ParameterError, match=words):
            measure(replace(order_, recipe=override(recipe, changes)))
    with pytest.raises(ParameterError, match="folds: 2 to 100 are allowed, got 1"):
        measure(replace(order_, folds=1))
    with pytest.raises(ParameterError, match="seeds: one or more"):
        measure(replace(order_, seeds=()))


def test_speakers_must_be_known_and_several(few_clips: Path, tmp_path: Path) -> None:
    shutil.copytree(next(few_clips.iterdir()), tmp_path / "corpus" / "Actor_01")
    recipe = override(recipes.load("linear"), {"copies": 1})
    order_ = LeakOrder(recipe, (Source("synthetic", tmp_path / "corpus"),))
    with pytest.raises(CorpusError, match="two speakers are needed .* got one"):
        measure(order_, lambda _: None)


def test_an_emotion_of_one_speaker_alone_is_refused(few_clips: Path, tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    shutil.copytree(few_clips, root)
    for speaker in sorted(root.iterdir())[1:]:
        for clip in speaker.glob("03-01-04-*"):
            clip.unlink()
    recipe = override(recipes.load("linear"), {"copies": 1})
    order_ = LeakOrder(recipe, (Source("synthetic", root),), folds=3)
    with pytest.raises(CorpusError, match="some fold tests sad and learns from no such clip"):
        measure(order_, lambda _: None)
