"""`python -m ser_core preserve`: what it prints and writes is what the library measures."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
import soundfile

from ser_core.__main__ import main
from tests.conftest import SAMPLING_RATE, speech_like

NAMES = [
    f"03-01-{emotion}-01-01-01-{actor}.wav" for actor in ("01", "02") for emotion in ("04", "05")
]


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clips: two speakers, sad and angry."""
    root = tmp_path_factory.mktemp("voices")
    for seed, name in enumerate(NAMES):
        soundfile.write(root / name, speech_like(0.8 + 0.1 * seed, seed), SAMPLING_RATE)
    return root


def output(capsys: pytest.CaptureFixture[str], voices: Path, *arguments: object) -> str:
    command = [str(part) for part in arguments]
    assert main(["preserve", *command, "--corpus", f"ravdess={voices}"]) == 0
    return capsys.readouterr().out


def test_what_is_printed_and_written_agrees(
    capsys: pytest.CaptureFixture[str], voices: Path, tmp_path: Path
) -> None:
    out = tmp_path / "flips.csv"
    asked = ("noise", "speed", "--out", out)
    document = json.loads(output(capsys, voices, *asked, "--json"))
    assert (document["model"], document["corpus"]) == ("default", "ravdess")
    assert (document["clips"], document["speakers"], document["seed"]) == (4, 2, 0)
    assert [row["step"] for row in document["steps"]] == ["noise"] * 5 + ["speed"] * 5
    assert document["steps"][4]["setting"] == "Signal-to-noise ratio 0 dB"
    trials = pd.read_csv(out, keep_default_na=False)
    assert len(trials) == 4 * 10
    flipped = trials[trials["flipped"]]
    for row in document["steps"]:
        those = flipped[(flipped["step"] == row["step"]) & (flipped["strength"] == row["strength"])]
        assert row["flips"] == len(those)
    assert len(document["flipped"]) == len(flipped)
    words = output(capsys, voices, *asked)
    assert re.search(r"default on 4 clips of 2 speakers: \d+ % right as is\n", words)
    strongest = document["steps"][4]["flips"]
    assert re.search(rf"noise ratio 0 dB +{strongest} of 4 clips flipped", words)
    assert "What a model keeps to is not what a listener hears." in words


def test_a_chain_is_looked_at_step_by_step_and_as_a_whole(
    capsys: pytest.CaptureFixture[str], voices: Path, tmp_path: Path
) -> None:
    chain = tmp_path / "mine.toml"
    gain = "name = 'gain'\nsettings = { min_gain_db = 0, max_gain_db = 0 }"
    chain.write_text(f"[[waveform]]\n{gain}\n[[batch]]\nname = 'mixup'\n")
    document = json.loads(output(capsys, voices, chain, "--json", "--clips", 2))
    assert document["clips"] == 2
    steps = [(row["step"], row["strength"]) for row in document["steps"]]
    assert steps[-2:] == [("gain", 1.0), ("chain", None)]
    assert document["steps"][-1]["flips"] == 0, "0 dB changes nothing"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nois"], "augmenter or preset 'nois' is not known; known: .*did you mean noise"),
        (["mixup"], "mixup: it mixes examples and their labels, so there is no label to keep"),
        (["b", "noise"], "b: a chain is looked at by itself and as it is"),
        (["noise", "speed", "--set", "min_snr_db=1"], "--set: it changes one augmenter"),
        (["noise", "--set", "snr=1"], "--set snr is not known; known: min_snr_db"),
        (["noise", "--clips", "0"], "clips: at least 1, got 0"),
        (["noise", "--seed", "-1"], "--seed: at least 0, got -1"),
        (["noise", "--channel", "song"], "channel song: not in the corpus; it has speech"),
        (["background_noise"], "folder: a folder with recordings of noise is needed"),
    ],
)
def test_it_says_what_is_wrong(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], voices: Path
) -> None:
    assert main(["preserve", *arguments, "--corpus", f"ravdess={voices}"]) == 1
    error = capsys.readouterr().err
    assert re.search(message, error)
    assert error.count("\n") == 1
