"""What knowing a voice is worth: a shift that is a speaker's own is undone, and nothing leaks."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_core.errors import CorpusError, ModelError
from ser_core.inference import Predictor
from ser_core.inference.card import check_card
from ser_core.inference.model_file import ModelFolder, find_model
from ser_core.inference.voice_functionals import NAMES
from ser_core.training.voice_choice import first_groups, predict_enrolled, score, speakers
from ser_core.training.voice_measure import measure, roles, ways_to_enrol
from ser_core.training.voice_run import Measured, keep
from ser_core.training.voice_stage import Heard, StageSettings, fit_stage

LABELS = ("neutral", "happy", "sad")
SETTINGS = StageSettings(half_answers_s=1.0, half_sound_s=0.5, penalty=0.03)
TRIED = [SETTINGS], [StageSettings(float("inf"), float("inf"), 0.03)]


def table(speakers: int = 9) -> pd.DataFrame:
    """Two sentences, twice each, in each emotion."""
    rows = [
        {
            "clip": f"{speaker}-{emotion}-{words}-{repetition}",
            "speaker": f"{speaker:02}",
            "fold": speaker % 3 + 1,
            "emotion": emotion,
            "statement": words,
            "repetition": repetition,
            "duration_s": 3.0,
        }
        for speaker in range(speakers)
        for emotion in LABELS
        for words in ("kids", "dogs")
        for repetition in (1, 2)
    ]
    return pd.DataFrame(rows)


def heard(shift: float, seed: int = 0) -> Heard:
    """Emotions apart in three features; what networks said is noise; each speaker is shifted."""
    clips, _ = roles(table())
    rng = np.random.default_rng(seed)
    own = {speaker: shift * rng.normal(size=len(NAMES)) for speaker in clips["speaker"].unique()}
    functionals = []
    for clip in clips.to_dict("records"):
        each = rng.normal(scale=0.4, size=(2, len(NAMES))) + own[clip["speaker"]]
        each[:, :3] += 3 * np.eye(3)[LABELS.index(clip["emotion"])]
        functionals.append(each)
    logits = [rng.normal(size=(2, 3)) for _ in functionals]
    return Heard.of(clips, LABELS, logits, functionals, [3.0] * len(clips))


def test_a_speakers_own_shift_is_undone_and_no_shift_costs_nothing() -> None:
    for shift, least in ((0.0, 0.8), (3.0, 0.8)):
        one = heard(shift)
        rows = np.flatnonzero(one.clips["fold"].eq(1) & one.clips["tested"])
        others = speakers(one, {2, 3})
        stage = fit_stage(one, others, SETTINGS)
        known = predict_enrolled(stage, one, rows, first_groups(one))
        assert score(one, rows, known) >= least
        unknown = stage.predict(one, rows, None)
        if shift:
            assert score(one, rows, unknown) < 0.7


def test_both_arms_stand_on_the_same_clips_and_nobody_enrols_with_what_is_tested() -> None:
    one = heard(3.0)
    reading = measure(one, "neutral clips", tried=TRIED)
    tested = set(reading.predictions["clip"])
    enrolled = set(one.clips.loc[one.clips["enrols"].eq(1), "clip"])
    assert len(tested) == 54
    assert not tested & enrolled
    assert reading.helps
    card = reading.as_dict()
    assert card["with"]["uar"]["value"] > card["without"]["uar"]["value"] + 0.3
    assert card["difference"]["low"] > 0
    assert {each["words"] for each in card["variants"]} == {
        "one clip",
        "only sentences other than the one tested",
        "somebody else's voice",
    }


def test_what_does_not_help_is_not_offered() -> None:
    one = heard(0.0)
    noise = np.random.default_rng(1).normal(size=one.features.shape)
    noise[:, :3] = 4 * np.eye(3)[one.targets[one.owner]]  # networks that know it all
    knows = Heard(one.clips, LABELS, noise, one.owner, one.voice_s)
    reading = measure(knows, "neutral clips", tried=TRIED)
    assert not reading.helps


def test_who_enrols_with_what() -> None:
    clips, how = roles(table())
    assert "repetition 1" in how
    assert set(clips.loc[clips["tested"], "repetition"]) == {2}
    assert set(clips.loc[clips["enrols"].gt(0), "emotion"]) == {"neutral"}
    once = table().assign(repetition=0)
    clips, how = roles(once)
    assert "10 s" in how
    assert clips.groupby("speaker")["enrols"].sum().eq(4).all()
    assert not (clips["tested"] & clips["enrols"].gt(0)).any()
    with pytest.raises(CorpusError, match="speaker 00"):
        roles(once[~(once["speaker"].eq("00") & once["emotion"].eq("neutral"))])


def test_another_sentence_is_another_sentence() -> None:
    one = heard(0.0)
    way = ways_to_enrol(one)["only sentences other than the one tested"]
    said = one.clips["statement"]
    for row in np.flatnonzero(one.clips["tested"]):
        assert set(said.iloc[way(row)]) == {"kids", "dogs"} - {said.iloc[row]}


def test_a_stage_is_kept_beside_a_model_of_its_recipe_where_it_helps(tmp_path: Path) -> None:
    shutil.copytree(find_model("default").path, tmp_path / "mine")
    folder = ModelFolder("mine", tmp_path / "mine")
    labels = Predictor(folder).labels
    one = heard(3.0)
    reading = measure(one, "neutral clips", tried=TRIED)
    run = {"run": "1a2b", "recipe": "studio"}
    with pytest.raises(ModelError, match="tells apart"):
        keep(Measured(one, reading), run, folder)
    all_labels = Measured(replace(one, labels=labels), reading)
    with pytest.raises(ModelError, match="recipe studio; the run's is svm"):
        keep(all_labels, {"run": "1a2b", "recipe": "svm"}, folder)
    poor = replace(reading, predictions=reading.predictions.assign(**{"with": "neutral"}))
    assert not keep(replace(all_labels, reading=poor), run, folder)
    card = folder.card()
    assert card["voice"]["helps"] is False
    assert card["voice"]["own_run"] is False
    check_card(card, "mine")
    assert not Predictor(folder).can_know_voices
