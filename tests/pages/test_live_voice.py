"""Your voice and My recordings on the Live page, as AppTest sees them."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components import live_recordings, live_voice
from ser_core.corpora import library, recordings
from ser_core.inference import Predictor
from ser_core.inference.model_file import find_model
from ser_core.inference.voice import STAGE
from tests.conftest import SAMPLING_RATE, speech_like
from tests.inference.made_voice import with_stage
from tests.pages.test_live import APP, label, wav, words


@pytest.fixture(scope="module")
def knows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_stage(tmp_path_factory.mktemp("models") / "knows")


@pytest.fixture
def live(ser_home: Path, knows: Path) -> AppTest:
    """The Live page with a model that can go by a voice."""
    shutil.copytree(knows, ser_home / "models" / "knows")
    without = shutil.ignore_patterns(STAGE)
    shutil.copytree(knows, ser_home / "models" / "bare", ignore=without)
    app = AppTest.from_file(APP, default_timeout=60).run().switch_page("pages/live.py")
    app.session_state["model"] = "knows"
    app.session_state["voice"] = True  # the expander is open
    return app.run()


def enrol(live: AppTest, content: bytes) -> None:
    send(live, "Or a file", content)


def upload(live: AppTest, content: bytes) -> None:
    live.button_group[0].set_value("upload")
    live.run()
    send(live, "A recording", content)


def send(live: AppTest, label_begins: str, content: bytes) -> None:
    to = next(one for one in live.file_uploader if one.label.startswith(label_begins))
    to.set_value(("speech.wav", content, "audio/wav"))
    live.run()


def pills(live: AppTest) -> Any:
    return next(one for one in live.button_group if one.label == "Put it right")


def progress(live: AppTest) -> str:
    return "".join(one.proto.text for one in live.get("progress"))


def titles(live: AppTest) -> str:
    return "\n".join(one.label for one in live.expander)


def test_a_voice_is_known_used_switched_off_and_deleted(live: AppTest) -> None:
    assert not live.exception
    assert "north wind" in words(live)
    enrol(live, wav(np.zeros(SAMPLING_RATE, np.float32)))
    assert "silent" in words(live)
    enrol(live, wav(speech_like(3.0)))
    assert "3 of 10 s of speech in hand; from 5 s on it is used" in progress(live)
    clip = speech_like(2.0, seed=3)
    upload(live, wav(clip))
    assert "Goes by your voice" not in words(live)
    enrol(live, wav(speech_like(4.0, seed=1)))
    assert not live.exception
    assert "7 of 10 s of speech in hand; it is used already" in progress(live)
    assert "Goes by your voice, known from 7 s" in words(live)
    model = Predictor.load("knows")
    pieces = [(speech_like(3.0), SAMPLING_RATE), (speech_like(4.0, seed=1), SAMPLING_RATE)]
    as_stored = [(np.round(sound * 2**15) / 2**15, rate) for sound, rate in pieces]
    knowing = model.knowing(model.enrol([(s.astype(np.float32), r) for s, r in as_stored]))
    heard = (np.round(clip * 2**15) / 2**15).astype(np.float32)
    assert label(live) == knowing.predict(heard, SAMPLING_RATE).emotion
    next(one for one in live.sidebar.toggle if one.label == "Use my voice").set_value(False)
    live.run()
    assert "Goes by your voice" not in words(live)
    assert label(live) == model.predict(heard, SAMPLING_RATE).emotion
    live.button(key="voice:delete").click()
    live.run()
    assert "in hand" not in progress(live)
    assert not [one for one in live.sidebar.toggle if one.label == "Use my voice"]


def test_a_model_without_the_stage_says_so(live: AppTest) -> None:
    live.session_state["model"] = "bare"
    live.run()
    assert "Your voice: not for this model" in titles(live)
    assert "cannot go by a voice" in words(live)


def test_speakers_are_kept_apart_where_each_emotion_is_of_three() -> None:
    def said(emotion: str, *speakers: str) -> list[recordings.Kept]:
        return [recordings.Kept("", emotion, "", each, "") for each in speakers]

    kept = said("happy", "a", "b", "c")
    assert live_recordings.can_keep_apart([*kept, *said("sad", "a", "b", "c", "c")])
    assert not live_recordings.can_keep_apart([*kept, *said("sad", "a", "b", "b")])
    words = live_recordings.measured(3, apart=False)
    assert words.startswith("These are of 3 speakers, but not every emotion is of three of them")


def _enough_of_them_train_the_chosen_model_further(live: AppTest) -> None:
    more = [
        recordings.save(speech_like(0.5), SAMPLING_RATE, emotion)
        for emotion in ("sad", "sad", "angry")
    ]
    live.run()
    assert "These are of one speaker, too few to keep some apart to test on." in words(live)
    assert "Train knows further" in [one.proto.label for one in live.get("page_link")]
    model = find_model("knows")
    mine = {"corpus": "labelled_folder", "speakers": ["me"]}
    model.write_card({**model.card(), "trained_on": mine})
    live.run()
    assert "it has learned from this voice already" in words(live)
    for one in more:
        recordings.delete(one.name)
    live.run()


def test_a_label_is_put_right_saved_and_deleted(
    live: AppTest, ser_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(live, wav(speech_like(2.0)))
    heard = label(live)
    pills(live).set_value("sad")
    live.run()
    assert not live.exception
    assert "Saved in My recordings as Sad" in words(live)
    [one] = recordings.kept()
    assert (one.emotion, one.heard, one.speaker) == ("sad", heard, "me")
    assert "My recordings" in titles(live)
    [corpus] = library.entries()
    table = library.table(corpus)
    assert corpus.title == "My recordings"
    assert table[["emotion", "speaker"]].to_numpy().tolist() == [["sad", "me"]]
    pills(live).set_value("angry")
    live.run()
    assert [each.emotion for each in recordings.kept()] == ["angry"]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        pills(live).set_value("happy")
        live.run()
    assert not live.exception
    assert "No space left" in live.error[0].value
    assert [each.emotion for each in recordings.kept()] == ["angry"]  # nothing is lost
    assert not list((ser_home / "recordings").rglob(".*"))
    live.session_state["my_recordings"] = True
    live.run()
    assert "Once there are 4 clips or more, of two emotions or more" in words(live)
    _enough_of_them_train_the_chosen_model_further(live)
    next(one for one in live.button if one.label == "Delete").click()
    live.run()
    assert recordings.kept() == []
    assert library.entries() == []
    assert "My recordings" not in titles(live)
    assert "Nothing is saved before you choose" in words(live)


def test_no_more_is_asked_for_once_there_is_plenty_of_speech_or_of_sound() -> None:
    spoken = live_voice.Piece(np.zeros(8_000, np.float32), 8_000, 59.0)
    mostly_pause = live_voice.Piece(np.zeros(300 * 8_000, np.float32), 8_000, 2.0)
    assert not live_voice.Enrolled([spoken]).full
    assert live_voice.Enrolled([spoken, spoken]).full
    assert live_voice.Enrolled([mostly_pause]).full
