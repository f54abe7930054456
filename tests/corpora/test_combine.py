"""Corpora as a user types them, and several as one table."""

from pathlib import Path

import pytest

from ser_core.corpora import COLUMNS, combine
from ser_core.errors import CorpusError, ParameterError, UnknownNameError
from tests.corpora import made


def test_sources_as_typed() -> None:
    found = combine.sources(
        ["ravdess=a=b", "labelled_folder=c"], ["labelled_folder.label_column=emotion"]
    )
    assert [(source.name, source.root) for source in found] == [
        ("ravdess", Path("a=b")),
        ("labelled_folder", Path("c")),
    ]
    assert found[1].settings == {"label_column": "emotion"}
    assert found[0].settings == {}


@pytest.mark.parametrize(
    ("texts", "settings", "said"),
    [
        (["ravdess"], [], "--corpus: expected NAME=DIR such as ravdess=PATH, got 'ravdess'"),
        (["=x"], [], "--corpus: expected NAME=DIR"),
        (["ravdess=x"], ["table=y"], "--corpus-set: expected NAME.KEY=VALUE with NAME among rav"),
        (["ravdess=x"], ["ravdess.table=y"], "CorpusConfig.table is not known"),
        (["ravdess=x"], ["ravdess.table"], "--corpus-set: expected NAME.KEY=VALUE, got"),
    ],
)
def test_mistakes_are_named_before_a_folder_is_read(
    texts: list[str], settings: list[str], said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        combine.sources(texts, settings)


def test_an_unknown_corpus_is_named() -> None:
    with pytest.raises(
        UnknownNameError, match="corpus 'ravdes' is not known.*did you mean ravdess"
    ):
        combine.sources(["ravdes=x"])


def test_one_corpus_stays_as_it_is(tmp_path: Path) -> None:
    made.emodb(tmp_path)
    table = combine.read(combine.sources([f"emodb={tmp_path}"]))
    assert set(table["speaker"]) == {"03", "08", "09", "16"}
    assert table["clip"].iloc[0] == "wav/03a01Fa.wav"


def test_several_corpora_keep_people_and_clips_apart(tmp_path: Path) -> None:
    made.emodb(tmp_path / "a")
    made.cafe(tmp_path / "b")
    chosen = combine.sources([f"emodb={tmp_path / 'a'}", f"cafe={tmp_path / 'b'}"])
    table = combine.read(chosen)
    assert tuple(table.columns) == COLUMNS
    assert {"emodb/03", "cafe/03", "emodb/08", "cafe/08"} <= set(table["speaker"])
    assert table["clip"].is_unique
    assert table.index.tolist() == list(range(15))


def test_a_missing_folder_among_several_is_named(tmp_path: Path) -> None:
    made.emodb(tmp_path / "a")
    with pytest.raises(CorpusError, match="b: no such folder"):
        combine.read(combine.sources([f"emodb={tmp_path / 'a'}", f"cafe={tmp_path / 'b'}"]))
