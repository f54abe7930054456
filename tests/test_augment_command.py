"""`python -m ser_core augment`: what it writes is what the library gives."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from ser_core import audio
from ser_core.__main__ import main
from ser_core.augment import AUGMENTERS


def output(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["augment", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_it_writes_what_the_library_gives(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    out = tmp_path / "changed.wav"
    command = ("speed", speech_wav, "--seed", 7, "--out", out, "--set", "min_rate=0.9")
    document = json.loads(output(capsys, *command, "--json"))
    augmenter = AUGMENTERS.create("speed", min_rate=0.9)
    draw = augmenter.draw(np.random.default_rng(7))
    assert document["drawn"] == [
        {"place": 0, "name": "speed", "settings": {"min_rate": 0.9}, "draw": draw}
    ]
    waveform, sampling_rate = audio.load(speech_wav)
    changed = augmenter.apply(waveform, sampling_rate, draw)
    assert out.read_bytes() == audio.to_wav_bytes(changed, sampling_rate)
    assert document["duration_s"] == changed.size / sampling_rate
    assert document["limited_samples"] == 0
    words = output(capsys, *command)
    assert f"speed: rate {draw['rate']:.4g}\n2.00 s became {document['duration_s']:.2f} s" in words


def test_it_takes_presets_and_files_of_chains(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    out = tmp_path / "changed.wav"
    names = []
    for copy in range(3):
        text = output(capsys, "b", speech_wav, "--out", out, "--copy", copy, "--json")
        names += [step["name"] for step in json.loads(text)["drawn"]]
    assert names == ["amplitude_noise", "time_stretch", "pitch_shift"]
    chain = tmp_path / "mine.toml"
    chain.write_text("[[waveform]]\nname = 'gain'\nsettings = { min_gain_db = 6 }\n")
    words = output(capsys, chain, speech_wav, "--out", out)
    assert words.startswith("gain: gain_db 6\n2.00 s became 2.00 s, written to ")


def test_what_was_drawn_is_applied_again(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    first, again, draws = (tmp_path / name for name in ("first.wav", "again.wav", "draws.json"))
    draws.write_text(output(capsys, "d", speech_wav, "--seed", 3, "--out", first, "--json"))
    output(capsys, draws, speech_wav, "--seed", 9, "--out", again)
    assert again.read_bytes() == first.read_bytes()
    assert first.read_bytes() != speech_wav.read_bytes()


def test_steps_for_some_emotions_are_told_the_clips(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    chain = tmp_path / "mine.toml"
    chain.write_text("[[waveform]]\nname = 'gain'\nclasses = ['sad']\n")
    command = (chain, speech_wav, "--out", tmp_path / "changed.wav", "--json")
    acted = {
        emotion: len(json.loads(output(capsys, *command, *emotion))["drawn"])
        for emotion in ((), ("--emotion", "sad"), ("--emotion", "happy"))
    }
    assert list(acted.values()) == [0, 1, 0]


def test_it_says_what_a_listener_should_know(
    capsys: pytest.CaptureFixture[str], speech_wav: Path, tmp_path: Path
) -> None:
    out = tmp_path / "changed.wav"
    loud = ("--set", "min_gain_db=20", "--set", "max_gain_db=20")
    assert "samples beyond full scale are limited" in output(
        capsys, "gain", speech_wav, "--out", out, *loud
    )
    chain = tmp_path / "mine.toml"
    chain.write_text("[[waveform]]\nname = 'gain'\nprobability = 0\n")
    assert "nothing was drawn this time" in output(capsys, chain, speech_wav, "--out", out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sped"], "augmenter or preset 'sped' is not known; known: .*did you mean speed"),
        (["mixup"], "mixup: it changes batches of features, not a sound; these do: amplitude"),
        (["a"], "a: it has no step that changes a sound, only batches"),
        (["b", "--set", "x=1"], "--set: the settings of a chain stand in its file"),
        (["speed", "--set", "rate=1"], "--set rate is not known; known: min_rate"),
        (["speed", "--seed", "-1"], "--seed: at least 0, got -1"),
        (["no.toml"], "no.toml: not a readable chain"),
        (["no.json"], "no.json: not a readable list of draws"),
        (["b", "--emotion", "hapy"], "--emotion: 'hapy' is not known; .*did you mean happy"),
        (["b", "--copy", "7"], r"--copy: b makes 3 copies, counted from 0 to 2; got 7"),
        (["background_noise"], "folder: a folder with recordings of noise is needed"),
        (["speed", "--out", "changed.mp3"], "--out: a WAV file is written, name it so"),
    ],
)
def test_it_says_what_is_wrong(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], speech_wav: Path
) -> None:
    name, *rest = arguments
    out = speech_wav.with_name("changed.wav")
    assert main(["augment", name, str(speech_wav), "--out", str(out), *rest]) == 1
    error = capsys.readouterr().err
    assert re.search(message, error)
    assert error.count("\n") == 1
    assert not out.exists()


def test_it_never_writes_over_the_sound_file(
    capsys: pytest.CaptureFixture[str], speech_wav: Path
) -> None:
    before = speech_wav.read_bytes()
    assert main(["augment", "gain", str(speech_wav), "--out", str(speech_wav)]) == 1
    assert "is the sound file itself" in capsys.readouterr().err
    assert speech_wav.read_bytes() == before
