"""Which labels count as which: named choices, files, pairs, and what is said of the rest."""

from pathlib import Path

import pandas as pd
import pytest

from ser_core import emotions
from ser_core.corpora import CORPORA, labels
from ser_core.errors import ParameterError, UnknownNameError
from tests.corpora import made


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    """IEMOCAP's eight turns, each with a label of its own."""
    return CORPORA.get("iemocap")().index(made.iemocap(tmp_path))


def mapped(table: pd.DataFrame, chosen: labels.Labels) -> dict[str, str]:
    found = chosen.apply(table)
    return dict(zip(found["label"], found["emotion"], strict=True))


def test_without_a_choice_every_emotion_stays(table: pd.DataFrame) -> None:
    assert labels.choose().apply(table) is table
    assert labels.left_out(table) == {
        "label 'oth' is not mapped to an emotion": 1,
        "label 'xxx' is not mapped to an emotion": 1,
    }


def test_the_usual_four_classes_of_iemocap(table: pd.DataFrame) -> None:
    chosen = labels.choose("iemocap-4")
    found = mapped(table, chosen)
    assert found == {
        "neu": "neutral", "hap": "happy", "exc": "happy", "sad": "sad", "ang": "angry",
        "fru": "", "oth": "", "xxx": "",
    }  # fmt: skip
    assert sum(labels.left_out(chosen.apply(table)).values()) == 3
    assert chosen.name == "iemocap-4"


def test_a_pair_changes_one_thing_and_nothing_else(table: pd.DataFrame) -> None:
    found = mapped(table, labels.choose(None, ["excited=happy", "oth=other", "frustrated="]))
    assert (found["exc"], found["oth"], found["fru"]) == ("happy", "other", "")
    assert (found["hap"], found["xxx"], found["ang"]) == ("happy", "", "angry")


def test_pairs_come_on_top_of_a_choice(table: pd.DataFrame) -> None:
    chosen = labels.choose("iemocap-4", ["fru=angry"])
    assert mapped(table, chosen)["fru"] == "angry"
    assert chosen.name == "iemocap-4, fru=angry"
    assert chosen.as_dict()["map"]["excited"] == "happy"


def test_a_file_says_what_counts(table: pd.DataFrame, tmp_path: Path) -> None:
    path = made.write_text(tmp_path / "two.toml", '[map]\nangry = "loud"\nxxx = "unsure"\n')
    found = mapped(table, labels.choose(str(path)))
    assert {label for label, emotion in found.items() if emotion} == {"ang", "xxx"}
    assert found["ang"] == "loud"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[maps]\n", r"has no table \[map\]"),
        ("[map", "not a readable table of labels"),
        ("[map]\na = 1\n", "must hold pairs"),
        ("map = 3\n", "must hold pairs"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = made.write_text(tmp_path / "x.toml", text)
    with pytest.raises(ParameterError, match=said):
        labels.choose(str(path))
    with pytest.raises(ParameterError, match="not a readable table"):
        labels.choose(str(tmp_path / "gone.toml"))


def test_mistyped_names_get_the_closest_one(table: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="known: basic-7, iemocap-4.*did you mean iemocap-4"):
        labels.choose("iemocap4")
    with pytest.raises(
        ParameterError, match="map exited=happy: no clip has this.*did you mean excited"
    ):
        labels.choose(None, ["exited=happy"]).apply(table)
    for wrong in ("happy", "=happy"):
        with pytest.raises(ParameterError, match="--map: expected LABEL=EMOTION"):
            labels.choose(None, [wrong])


@pytest.mark.parametrize("choice", [None, "iemocap-4"])
def test_a_mistyped_emotion_makes_no_class(table: pd.DataFrame, choice: str | None) -> None:
    with pytest.raises(ParameterError, match="map sad=hapy: no such emotion.*did you mean happy"):
        labels.choose(choice, ["sad=hapy"]).apply(table)


def test_words_of_the_table_and_of_a_file_are_emotions_too(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    own = table.assign(label="zest", emotion="zest")
    own.loc[0, ["label", "emotion"]] = "gusto"
    assert set(labels.choose(None, ["gusto=zest"]).apply(own)["emotion"]) == {"zest"}
    assert set(labels.choose(None, ["zest=zest"]).apply(own)["emotion"]) == {"gusto", "zest"}
    path = made.write_text(tmp_path / "two.toml", '[map]\nangry = "loud"\n')
    assert mapped(table, labels.choose(str(path), ["exc=loud"]))["exc"] == "loud"


@pytest.mark.parametrize("name", labels.names())
def test_named_choices_use_emotions_of_the_house(name: str) -> None:
    chosen = labels.choose(name)
    assert {*chosen.pairs, *chosen.pairs.values()} <= set(emotions.KNOWN)


def test_nothing_is_merged_unless_somebody_asks() -> None:
    for name in CORPORA.names():
        if CORPORA.get(name).published:
            meanings = [emotion for emotion in labels.published(name).values() if emotion]
            assert len(meanings) == len(set(meanings)), name


def test_a_typed_pair_is_checked_beside_a_choice_too(table: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match="map exited=happy: no clip has this label.*excited"):
        labels.choose("iemocap-4", ["exited=happy"]).apply(table)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('exited = "happy"', r"own.toml, \[map\] exited=happy: neither this corpus.*mean excited"),
        ('angry = "hapy"', "own.toml.* angry=hapy: no such emotion; did you mean happy"),
    ],
)
def test_a_slip_in_a_file_is_refused(
    table: pd.DataFrame, tmp_path: Path, line: str, said: str
) -> None:
    path = made.write_text(tmp_path / "own.toml", f'[map]\nsad = "sad"\nboredom = "calm"\n{line}\n')
    with pytest.raises(ParameterError, match=said):
        labels.choose(str(path)).apply(table)


def test_what_cannot_be_used_is_counted_by_reason() -> None:
    rows = [
        ("", "", ""), ("xxx", "", ""), ("sad", "sad", ""), ("sad", "sad", "same clip as a.wav"),
        ("xxx", "", "empty file"),
    ]  # fmt: skip
    found = labels.unusable(pd.DataFrame(rows, columns=["label", "emotion", "problems"]))
    assert found == {
        "problem with the clip": 1,
        "another file is the same clip": 1,
        "no label": 1,
        "label 'xxx' is not mapped to an emotion": 1,
    }
