"""What the labels of a corpus in the list count as: kept, applied, and said to commands."""

from pathlib import Path

import pytest

from ser_core.corpora import combine, labels, library
from ser_core.errors import UnknownNameError
from tests.corpora import made


def test_a_choice_is_kept_and_comes_back(tmp_path: Path) -> None:
    entry = library.open_folder(made.emodb(tmp_path), "emodb")
    assert not entry.labels.pairs
    chosen = library.set_labels(entry, "basic-7", {"boredom": "neutral", "fear": ""})
    assert chosen.id == entry.id
    assert library.entries() == [chosen]
    assert library.open_folder(tmp_path, "emodb") == chosen
    table = chosen.labels.apply(library.table(chosen))
    counts_as = dict(zip(table["label"], table["emotion"], strict=True))
    assert counts_as.get("boredom", "neutral") == "neutral"
    assert counts_as.get("fear", "") == ""
    with pytest.raises(UnknownNameError, match="labels 'four' are not known"):
        library.set_labels(entry, "four", {})


def test_a_command_reads_the_same(tmp_path: Path) -> None:
    parts = [
        library.open_folder(made.emodb(tmp_path / "a b"), "emodb"),
        library.open_folder(made.cafe(tmp_path / "c"), "cafe"),
    ]
    entry = library.set_labels(library.add_combined(parts), "basic-7", {"boredom": "neutral"})
    words = entry.arguments()
    roots = [words[place + 1] for place, word in enumerate(words) if word == "--corpus"]
    assert roots == [f"emodb={tmp_path / 'a b'}", f"cafe={tmp_path / 'c'}"]
    choice = words[words.index("--labels") + 1]
    pairs = [words[place + 1] for place, word in enumerate(words) if word == "--map"]
    table = labels.choose(choice, pairs).apply(combine.read(combine.sources(roots)))
    own = entry.labels.apply(library.table(entry))
    assert table["emotion"].tolist() == own["emotion"].tolist()


def test_settings_of_a_folder_of_ones_own_are_said(tmp_path: Path) -> None:
    made.write_clips(tmp_path, ("angry/s1_a.wav", "sad/s2_b.wav"))
    settings = {"speaker_pattern": r"/(\w\d)_"}
    entry = library.open_folder(tmp_path, "labelled_folder", settings=settings)
    assert entry.arguments()[-2:] == [
        "--corpus-set", r"labelled_folder.speaker_pattern=/(\w\d)_",
    ]  # fmt: skip


def test_each_folder_of_ones_own_keeps_its_own_settings(tmp_path: Path) -> None:
    parts = []
    for name, pattern in (("a", r"/(\w)\d"), ("b", r"/\w(\d)")):
        root = made.write_clips(tmp_path / name, ("angry/s1.wav", "sad/s2.wav"))
        settings = {"speaker_pattern": pattern}
        parts.append(library.open_folder(root, "labelled_folder", settings=settings))
    words = library.add_combined(parts).arguments()
    roots, settings = (
        [words[place + 1] for place, word in enumerate(words) if word == option]
        for option in ("--corpus", "--corpus-set")
    )
    read = combine.read(combine.sources(roots, settings))
    assert set(read["speaker"]) == {
        "labelled_folder/s", "labelled_folder-2/1", "labelled_folder-2/2",
    }  # fmt: skip
