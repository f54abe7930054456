"""What the player of versions sends to the browser, and what it says when it cannot."""

import doctest
import io
import json
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from pages.components import ab_player
from pages.components.ab_player import Version, pack
from ser_core import audio
from ser_core.errors import ParameterError
from tests.conftest import SAMPLING_RATE, speech_like


def unpack(data: bytes) -> tuple[dict[str, Any], list[NDArray[np.int16]]]:
    """The header, and the samples of each version."""
    size = int.from_bytes(data[:4], "little")
    header = json.loads(data[4 : 4 + size])
    assert size % 2 == 0
    samples = np.frombuffer(data, "<i2", offset=4 + size)
    ends = np.cumsum([version["num_samples"] for version in header["versions"]])
    assert ends[-1] == samples.size
    return header, np.split(samples, ends[:-1])


def test_examples_in_docstrings() -> None:
    result = doctest.testmod(ab_player)
    assert result.attempted > 0
    assert result.failed == 0


def test_samples_are_those_of_a_file_at_their_own_level() -> None:
    before = speech_like(0.5)
    after = 3 * speech_like(0.7, seed=1)
    header, samples = unpack(
        pack([Version("Große Stille", before), Version("b", after, "louder")], SAMPLING_RATE, "k")
    )
    for waveform, sent in zip((before, after), samples, strict=True):
        wav = io.BytesIO(audio.to_wav_bytes(waveform, SAMPLING_RATE))
        np.testing.assert_array_equal(sent, soundfile.read(wav, dtype="int16")[0])
    assert header["sampling_rate"] == SAMPLING_RATE
    first, second = header["versions"]
    assert (first["title"], first["note"], first["over_db"]) == ("Große Stille", "", 0)
    assert (second["title"], second["note"]) == ("b", "louder")
    assert second["over_db"] == pytest.approx(20 * np.log10(1.5), abs=0.1)
    assert first["digest"] != second["digest"]


def test_same_loudness_is_the_same_rms_and_clips_nothing() -> None:
    rng = np.random.default_rng(0)
    hiss = (0.05 * rng.standard_normal(8_000)).clip(-1, 1).astype(np.float32)
    click = np.zeros(8_000, np.float32)
    click[::500] = 0.9
    versions = [Version("hiss", 4 * hiss), Version("click", click), Version("quiet", hiss)]
    header, samples = unpack(pack(versions, SAMPLING_RATE, "k"))
    gains = [10 ** (version["matched_db"] / 20) for version in header["versions"]]
    played = [gain * each / 32768 for gain, each in zip(gains, samples, strict=True)]
    rms = [np.sqrt(np.mean(each**2)) for each in played]
    assert rms == pytest.approx([rms[0]] * 3, rel=0.01)
    assert max(np.abs(each).max() for each in played) == pytest.approx(1, rel=0.01)


SOUND = np.full(100, 0.1, np.float32)
BROKEN = np.array([0.1, np.nan], np.float32)


@pytest.mark.parametrize(
    ("versions", "sampling_rate", "said"),
    [
        ([], 16_000, "takes 2 to 9 of them, got 0"),
        ([Version("a", SOUND)], 16_000, "got 1"),
        ([Version(str(n), SOUND) for n in range(10)], 16_000, "got 10"),
        ([Version("a", SOUND), Version("a", SOUND)], 16_000, "got two “a”"),
        ([Version("a", SOUND), Version("b", SOUND[:0])], 16_000, "“b”: no sound in it"),
        ([Version("a", BROKEN), Version("b", SOUND)], 16_000, "“a”: damaged"),
        ([Version("a", SOUND), Version("b", SOUND[None])], 16_000, r"float32 \(1, 100\)"),
        ([Version("a", SOUND), Version("b", SOUND)], 0, "must be 3,000 to 192,000 Hz, got 0"),
    ],
)
def test_bad_input_is_named(versions: list[Version], sampling_rate: int, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        pack(versions, sampling_rate, "k")


def test_more_than_a_message_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ab_player, "MOST_BYTES", 60 * 16_000 * 2)
    minute = np.zeros(60 * 16_000, np.float32)
    with pytest.raises(ParameterError, match="at most 1 minutes at 16,000 Hz .* got 2; choose"):
        pack([Version("a", minute), Version("b", minute)], 16_000, "k")


def script() -> None:
    import numpy as np

    from pages.components.ab_player import Version, ab_player

    sound = np.full(1_000, 0.25, np.float32)
    ab_player([Version("one", sound), Version("two", 2 * sound)], 16_000, "good")
    ab_player([Version("one", sound), Version("two", sound * np.nan)], 16_000, "bad")


def test_page_gets_the_player_or_a_sentence() -> None:
    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception
    (player,) = app.get("bidi_component")
    header, samples = unpack(player.proto.bytes)
    assert [version["title"] for version in header["versions"]] == ["one", "two"]
    assert header["key"] == "good"
    assert samples[1][0] == pytest.approx(2 * samples[0][0], abs=1)
    (error,) = app.error
    assert error.value.replace("\\", "") == "“two”: damaged, some samples are not numbers"
