"""This machine's microphone on the Live page, with a stand-in for `sounddevice`."""

import sys
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.components import live_microphone
from ser_core.inference import microphone
from tests.conftest import SAMPLING_RATE, speech_like
from tests.fake_sounddevice import BUILT_IN, HEADSET, FakeSounddevice

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeSounddevice:
    made = FakeSounddevice(BUILT_IN, HEADSET)
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    monkeypatch.setattr(microphone, "_open", set())
    # The browser is on this machine.
    monkeypatch.setattr(type(st.context), "ip_address", None)
    return made


def opened() -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.switch_page("pages/live.py").run()
    app.button_group[0].set_value("microphone")
    return app.run()


def words(live: AppTest) -> str:
    parts = [*live.markdown, *live.caption, *live.html, *live.info, *live.warning]
    return "\n".join(part.value for part in parts)


def press(live: AppTest, label: str) -> None:
    next(one for one in live.button if one.label == label).click()
    live.run()
    assert not live.exception


def test_listens_then_stops_then_forgets(fake: FakeSounddevice) -> None:
    sound = 1e-3 * np.random.default_rng(0).standard_normal(6 * SAMPLING_RATE)
    sound[SAMPLING_RATE : 5 * SAMPLING_RATE] += speech_like(4.0)
    sound = sound.astype(np.float32)
    live = opened()
    assert live.selectbox[0].options == ["Headset (Core Audio)", "Built-in (Core Audio)"]
    press(live, "Start")
    fake.streams[0].hear(sound[: 4 * SAMPLING_RATE])
    live.run()
    assert 'role="status"' in words(live)
    assert "Heard from 1." in words(live)
    assert 'role="meter"' in words(live)
    fake.streams[0].hear(sound[4 * SAMPLING_RATE :])
    press(live, "Stop")
    assert fake.streams[0].closed
    known = live.session_state["live:streamed"]
    np.testing.assert_array_equal(known.clip.waveform, sound)
    assert "**1 segment**" in words(live)
    press(live, "Forget it")
    assert "Nothing heard yet" in words(live)


def test_a_device_that_goes_or_is_taken_is_said_and_the_page_goes_on(
    fake: FakeSounddevice,
) -> None:
    live = opened()
    fake.refuses = "Device unavailable"
    press(live, "Start")
    assert "Headset cannot be opened" in live.warning[0].value
    fake.refuses = ""
    press(live, "Start")
    fake.streams[0].hear(speech_like(2.0))
    fake.streams[0].pull_out()
    live.run()
    assert "Headset was taken away. What was heard up to then is kept." in words(live)
    assert live.session_state["live:streamed"].clip.duration_s == 2
    press(live, "Start")
    live.button_group[0].set_value("upload")
    live.run()
    assert fake.streams[1].closed
    assert not live.exception


def test_nothing_to_listen_with_is_a_hint(
    fake: FakeSounddevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.devices.clear()
    live = opened()
    assert "No microphone was found on this machine" in live.info[0].value
    press(live, "Look again")
    assert live.selectbox[0].value == "Headset (Core Audio)"
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    press(live, "Look again")
    assert "requirements.txt" in live.info[0].value


def test_a_visitor_from_elsewhere_does_not_get_it(fake: FakeSounddevice) -> None:
    live = opened()
    live.context = {"url": "https://studio.example/live"}
    live.run()
    assert "not of yours" in live.info[0].value
    assert [one.label for one in live.button] == []
    assert not live_microphone.is_here("http://localhost:8501/live", "10.0.0.7")
