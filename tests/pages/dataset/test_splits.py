"""The splits of the Dataset page: folds, what leaks, and the command that trains on them."""

import shlex
from pathlib import Path

import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from pages.components import dataset_facts, dataset_folds, dataset_labels, split_work
from ser_core.corpora import combine, labels, library
from ser_core.corpora.splits import Fold, protocol_folds
from ser_core.jobs.tasks import runner
from tests.conftest import SAMPLING_RATE, speech_like
from tests.pages.dataset.page import again, page, words

ACTORS = ("01", "02", "03", "04")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two emotions, twice, of each of four actors; one clip of actor 04 is actor 01's sound."""
    for number, actor in enumerate(ACTORS):
        for take, emotion in enumerate(("03", "05", "03", "05")):
            sound = speech_like(0.5, seed=10 * number + take)
            if (actor, take) == ("04", 3):
                sound = speech_like(0.5, seed=0)
            name = f"03-01-{emotion}-01-0{1 + take // 2}-01-{actor}.wav"
            soundfile.write(tmp_path / name, sound, SAMPLING_RATE)
    return tmp_path


def splits(root: Path, protocol: str = "speaker-independent") -> AppTest:
    library.open_folder(root)
    app = page()
    app.session_state["dataset_view"] = "splits"
    app.session_state["splits_protocol"] = protocol
    app.run()
    return again(app)


def test_folds_leaks_and_the_command(root: Path) -> None:
    app = splits(root)
    assert app.error[0].value.startswith("**4 speaker-independent folds")
    assert "2 clips' audio" in words(app)
    assert "Folds reduced to 4: only 4 speakers" in words(app)
    command = shlex.split(app.code[0].value)
    assert command[:5] == ["python", "-m", "ser_core", "train", "studio"]
    assert command[5:] == [
        *("--corpus", f"ravdess={root}", "--protocol", "speaker-independent"),
        *("--folds", "5", "--set", "training.validation_speakers=2"),
    ]
    compared = app.dataframe[0].value.set_index("what")
    assert compared.loc["Speakers", "test_train"] == "0 of 4"
    assert compared.loc["Statements", "test_train"] == "8 of 8"
    pairs = app.dataframe[1].value
    assert set(pairs["clip"]) == {"03-01-03-01-01-01-01.wav", "03-01-05-01-02-01-04.wav"}
    assert len(app.get("audio")) == 2

    app.number_input("splits_folds").set_value(2).run()
    again(app)
    assert "2 speaker-independent folds" in app.error[0].value
    assert "--folds 2" in app.code[0].value


def test_mixed_speakers_are_said_first_and_what_cannot_be_is_said_in_words(root: Path) -> None:
    app = splits(root, "stratified-kfold")
    assert app.error[0].value.startswith("**5 folds, speakers are mixed")
    assert "4 of 4 speakers" in app.error[0].value
    assert app.code[0].value.endswith("--set training.seed=0")
    app.selectbox("splits_protocol").set_value("leave-one-session-out").run()
    again(app)
    assert "needs more than one session among the clips, got none" in app.info[0].value
    assert not app.code
    app.selectbox("splits_protocol").set_value("emobox").run()
    again(app)
    assert "Partial: actors 05" in words(app)


@pytest.mark.parametrize("protocol", ["speaker-independent", "stratified-kfold", "loso"])
def test_the_command_trains_on_the_folds_that_are_shown(root: Path, protocol: str) -> None:
    entry = library.set_labels(library.open_folder(root), "basic-7", {"angry": "sad"})
    table = dataset_facts.compact(dataset_labels.mapped(entry, library.table(entry)))
    choice = split_work.Choice(protocol, 3, 1, 7)
    task = runner().start(protocol, "Split", split_work.work(table, choice, False))
    shown = runner().wait(task.key, 60).result.folds

    words = shlex.split(split_work.train_command(entry, choice))[4:]
    given = {
        option: [words[place + 1] for place, word in enumerate(words) if word == option]
        for option in ("--corpus", "--labels", "--map", "--protocol", "--folds", "--set")
    }
    assert given["--labels"] == ["basic-7"]
    assert given["--map"] == ["angry=sad"]
    settings = dict(each.split("=") for each in given["--set"])
    read = combine.read(combine.sources(given["--corpus"]))
    trained = protocol_folds(
        labels.choose(given["--labels"][0], given["--map"]).apply(read),
        given["--protocol"][0],
        int(given["--folds"][0]) if given["--folds"] else 5,
        int(settings.get("training.validation_speakers", 2)),
        int(settings.get("training.seed", 0)),
    )
    assert [fold.key for fold in shown] == [fold.key for fold in trained]


def test_a_part_of_a_fold_can_be_shown_in_the_table(root: Path) -> None:
    app = splits(root)
    app.selectbox("splits_part_fold").set_value(2).run()
    app.button("splits_show").click().run()
    assert app.session_state["dataset_view"] == "clips"
    shown = app.dataframe[0].value
    assert shown["speaker"].nunique() == 1
    assert len(shown) == 4


@pytest.mark.parametrize("protocol", ["stratified-holdout", "stratified-kfold", "loso"])
def test_the_parts_of_every_kind_of_split_can_be_shown(root: Path, protocol: str) -> None:
    app = splits(root, protocol)
    app.button("splits_show").click().run()
    assert not app.exception
    assert not any("cannot be made" in words for words in words(app).splitlines())
    assert 0 < len(app.dataframe[0].value) < 16


def test_a_fold_that_is_only_numbered_has_no_name() -> None:
    named = {"EmoBox 1": "", "EmoBox 2": "EmoBox 2", "Ses1": "Ses1", "": ""}
    for name, shown in named.items():
        fold = Fold((), (), (), protocol="emobox", name=name)
        assert dataset_folds.own_name(fold, 1) == shown
