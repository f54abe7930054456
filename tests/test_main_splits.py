"""`splits` on the command line: folds and leaks, for people and for programs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ser_core.__main__ import main
from ser_core.corpora.protocols import PROTOCOLS


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


@pytest.fixture
def corpus(synthetic_corpus: Path) -> str:
    return f"synthetic={synthetic_corpus}"


def test_folds_and_leaks_as_a_document(capsys: pytest.CaptureFixture[str], corpus: str) -> None:
    document = json.loads(output(capsys, "splits", "--corpus", corpus, "--folds", "3", "--json"))
    assert document["corpus"] == "synthetic"
    assert document["protocol"] == "speaker-independent"
    assert document["speakers_apart"] is True
    assert document["words"] == "3 speaker-independent folds"
    assert (document["clips"], document["left_out"], document["notes"]) == (360, 0, [])
    assert [fold["fold"] for fold in document["folds"]] == [1, 2, 3]
    for fold in document["folds"]:
        assert [fold[part]["clips"] for part in ("train", "validation", "test")] == [120] * 3
        test = fold["test"]
        assert len(test["speakers"]) == 2
        assert test["genders"] == {"female": 60, "male": 60, "unknown": 0}
        assert sum(test["emotions"].values()) == 120
        assert test["duration_s"] > 100
        assert fold["untrained"] == []
    assert document["leaks"]["leaks"] is False
    assert "2 of 2 statements" in document["leaks"]["sentence"]
    said = [row for row in document["leaks"]["table"] if row["what"] == "audio"]
    assert len(said) == 9
    assert {row["shared"] for row in said} == {0}


def test_folds_and_leaks_in_words(
    capsys: pytest.CaptureFixture[str], synthetic_corpus: Path, tmp_path: Path
) -> None:
    root = tmp_path / "corpus"
    shutil.copytree(synthetic_corpus, root)
    first, second = (next(root.rglob(f"*-{speaker}.wav")) for speaker in ("01", "02"))
    shutil.copyfile(first, second)
    (root / "again").mkdir()
    shutil.copyfile(first, root / "again" / first.name)
    split = ["splits", "--corpus", f"synthetic={root}", "--protocol"]
    words = output(capsys, *split, "loso")
    assert "6 speaker-independent folds" in words
    assert "360 clips; 1 left out: 1 (another file is the same clip)\n" in words
    assert words.index("leaks: ") < words.index("fold 1: ")
    assert "fold 1: speaker 01" in words
    assert "leaks: 2 clips' audio stand on both sides" in words
    assert f"{first.relative_to(root).as_posix()} (test), " in words
    words = output(capsys, *split, "loso", "--names-only")
    assert "no leak: " in words
    assert "audio was not compared" in words
    words = output(capsys, *split, "stratified-holdout", "--seed", "7")
    assert "speakers are mixed: this score says nothing about new voices" in words
    assert "leaks: 6 of 6 speakers" in words
    assert words != output(capsys, *split, "stratified-holdout", "--seed", "8")
    words = output(capsys, *split, "speaker-independent", "--folds", "9")
    assert "note: folds reduced to 6: only 6 speakers" in words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--protocol", "los"], "protocol 'los' is not known; known: emobox, "),
        (["--protocol", "los"], "did you mean loso?"),
        (["--protocol", "loso", "--folds", "3"], "--folds: loso has its own number of folds"),
        (["--protocol", "luna-jimenez"], "tests actors of ravdess: "),
        (["--protocol", "leave-one-language-out"], "got one, en"),
        (["--folds", "1"], "splits: --folds: input should be greater than or equal to 2 (got 1)"),
        (["--protocol", "stratified-kfold", "--seed", "-1"], "splits: --seed: "),
        (["--validation-speakers", "0"], "splits: --validation-speakers: "),
    ],
)
def test_a_mistake_is_one_line(
    capsys: pytest.CaptureFixture[str], corpus: str, options: list[str], words: str
) -> None:
    assert main(["splits", "--corpus", corpus, *options]) == 1
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""


def test_no_number_is_one_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["splits", "--corpus", "emodb=x", "--folds", "x"])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert said == (
        "ser_core splits: --folds: invalid int value: 'x'; see python -m ser_core splits --help\n"
    )


@pytest.mark.parametrize("command", ["train", "splits"])
def test_help_lists_every_protocol(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    words = "".join(capsys.readouterr().out.split())  # however the lines are broken
    assert ",".join(PROTOCOLS.names()) in words
    assert "default:speaker-independent" in words


def test_other_commands_do_not_load_what_the_help_needs() -> None:
    code = (
        "import sys\nfrom ser_core.__main__ import _parser\n"
        "_parser().parse_args(['train', 'x', '--corpus', 'y'])\n"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], check=True)
