"""Live with several models, heads beside emotion, and changed versions of a recording."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components import live_several, live_streamed
from ser_core import audio, emotions, paths
from ser_core.audio import Waveform
from ser_core.inference import Predictor, Segment
from ser_core.inference.model_file import NETWORK
from ser_core.inference.timeline_files import Timeline
from tests.conftest import SAMPLING_RATE, speech_like
from tests.inference.handmade import HEADS, make_model

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture
def live(ser_home: Path) -> AppTest:
    """The Live page of somebody who has promoted two models, with heads and without."""
    make_model(ser_home / "models" / "heads", 1, heads=HEADS, card={})
    make_model(ser_home / "models" / "plain", 2)
    app = AppTest.from_file(APP, default_timeout=60).run()
    return app.switch_page("pages/live.py").run()


def upload(live: AppTest, seconds: float) -> AppTest:
    live.button_group[0].set_value("upload")
    live.run()
    pause = np.zeros(SAMPLING_RATE, np.float32)
    talk = np.concatenate([speech_like(seconds / 2 - 0.5), pause, speech_like(seconds / 2 - 0.5)])
    data = audio.to_wav_bytes(talk, SAMPLING_RATE)
    live.file_uploader[0].set_value(("talk.wav", data, "audio/wav"))
    return live.run()


def words(live: AppTest) -> str:
    parts = [*live.markdown, *live.caption, *live.html, *live.info, *live.warning]
    return "\n".join(part.value for part in parts)


def test_models_stand_side_by_side_with_all_they_say(live: AppTest) -> None:
    upload(live, 8.0)
    assert "Side by side" not in words(live)
    assert "Also heard" not in words(live)

    live.sidebar.selectbox[0].set_value("heads")
    live.sidebar.multiselect[0].set_value(["default", "plain"])
    live.run()
    assert not live.exception
    said = words(live)
    assert "**Side by side, on the whole recording.**" in said
    assert "heads and plain have no label calm, fearful, disgust, surprised." in said
    for number, name in enumerate(("heads", "default", "plain"), start=1):
        assert f"{number} · {name}</div>" in said
        assert said.count(f'aria-label="Most probable emotions, {name}"') == 1
    for part in ("Also heard", "Voice", "Valence", "unpleasant", " of 2 segments."):
        assert part in said
    lanes = json.loads(live.get("plotly_chart")[-1].proto.spec)["data"]
    assert [lane["name"] for lane in lanes] == ["heads", "default", "plain"]
    assert list(live.dataframe[-1].value.columns) == [
        "from (s)",
        "to (s)",
        "heads",
        "default",
        "plain",
        "agree",
    ]
    _versions_are_averaged_over(live)


def _versions_are_averaged_over(live: AppTest) -> None:
    live.session_state["live:copies"] = 2
    live.sidebar.toggle[0].set_value(True)
    live.run()
    assert not live.exception
    clip = live.session_state["live_clip"]
    expected = Predictor.load("heads").predict(clip.waveform, clip.sampling_rate, copies=2)
    shown = live.session_state["live_prediction"][1].predictions
    assert shown[0].probabilities == expected.probabilities
    assert [len(each.versions) for each in shown] == [3, 3, 0]
    assert "Heard 3 times, as it is and in 2 changed versions: " in words(live)

    live.sidebar.selectbox[0].set_value("plain")  # which cannot be heard in versions
    live.run()
    assert not live.exception
    assert live.sidebar.toggle[0].disabled
    assert "Heard 3 times" not in words(live)
    _others_hear_a_stream_beside_it_and_once_it_has_ended(live, clip.waveform)


def _others_hear_a_stream_beside_it_and_once_it_has_ended(
    live: AppTest, waveform: Waveform
) -> None:
    plain = Predictor.load("plain")
    known = live_streamed.begin("a", SAMPLING_RATE, plain, dtype="float32")
    live_streamed.hear(known, waveform, 0, plain, [Predictor.load("default")])
    live.session_state["live:streamed"] = known
    live.button_group[0].set_value("stream")
    live.run()
    [rows] = [one.value for one in live.html if "What other models hear" in one.value]
    heard = known.beside[0].now
    assert heard is not None
    for part in ("default</span>", emotions.title(heard.emotion), heard.sure):
        assert part in rows
    assert f"<b>{heard.probabilities[heard.emotion]:.2f}</b>" in rows
    assert "Side by side" not in words(live)
    live_streamed.stop(known)
    live.run()
    assert not live.exception
    assert "**Side by side, on the whole recording.**" in words(live)
    assert "1 · plain</div>" in words(live)
    assert "What other models hear" not in words(live)
    lanes = json.loads(live.get("plotly_chart")[-1].proto.spec)["data"]
    assert [lane["name"] for lane in lanes] == ["plain", "default"]
    assert list(lanes[0]["base"]) == list(lanes[1]["base"])
    _what_cannot_listen_is_left_out_with_a_sentence(live)


def _what_cannot_listen_is_left_out_with_a_sentence(live: AppTest) -> None:
    broken = paths.home() / "models" / "heads" / NETWORK
    broken.write_bytes(broken.read_bytes()[:-100])
    live.sidebar.multiselect[0].set_value(["default", "heads"])
    live.run()
    assert not live.exception
    assert "Left out beside it. heads" in words(live)
    lanes = json.loads(live.get("plotly_chart")[-1].proto.spec)["data"]
    assert [lane["name"] for lane in lanes] == ["plain", "default"]


def test_one_model_alone_says_how_to_get_others() -> None:
    app = AppTest.from_file(APP, default_timeout=60).run()
    live = app.switch_page("pages/live.py").run()
    assert "One model is here" in live.sidebar.caption[0].value
    assert len(live.sidebar.multiselect) == 0


def test_what_one_model_took_for_a_pause_is_not_compared() -> None:
    word, sentence = (
        Segment(start_s, start_s + 0.4, "sad", {"sad": 1.0}, "sure") for start_s in (1.0, 70.0)
    )
    both = [Timeline("a", 90, [], [word, sentence]), Timeline("b", 90, [], [sentence])]
    assert live_several.heard_by_all(both) == [[sentence, sentence]]
