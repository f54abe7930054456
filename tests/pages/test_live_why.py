"""Why, on the Live page: asked for, computed aside, shown, and kept for the next look."""

import json
from functools import partial
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components import live_why
from ser_core.audio import Preprocessing
from ser_core.inference import Prediction, Segment, Window, saliency
from ser_core.inference.recording import Recording
from ser_core.jobs.tasks import runner
from tests.conftest import SAMPLING_RATE, speech_like

SCRIPT = """
import streamlit as st
from pages.components import live_why
model, clip, prediction, *segment = st.session_state["given"]
live_why.why_view(model, clip, lambda: prediction, *segment)
"""


class Loudness:
    """Calls loud sounds angry; counts how often it is asked."""

    labels = ("calm", "angry")
    preprocessing = Preprocessing()

    def __init__(self) -> None:
        self.asked = 0

    def hear_windows(self, windows: Any, _: object = None) -> Any:
        self.asked += len(windows)
        angry = 1 / (1 + np.exp(3 - 60 * np.sqrt(np.square(windows).mean(axis=1))))
        return np.stack([1 - angry, angry], axis=1)

    def pool(self, said: Any) -> Any:
        return said.mean(axis=0)

    def fingerprint(self) -> str:
        return "loudness"


@pytest.fixture
def given() -> tuple[Any, ...]:
    waveform = speech_like(2.0)
    clip = live_why.Clip("upload", "a.wav", waveform, SAMPLING_RATE, mark="one")
    said = {"angry": 0.9, "calm": 0.1}
    prediction = Prediction("angry", said, [Window(0, 2, said)], 2.0, "sure", [])
    return Loudness(), clip, prediction


@pytest.fixture(autouse=True)
def few_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saliency, "explain", partial(saliency.explain, masks=16))


def opened(given: tuple[Any, ...]) -> AppTest:
    """The expander, opened."""
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["given"] = given
    app.session_state["why"] = True
    return app.run()


def axis(app: AppTest) -> list[float]:
    """From when to when the picture shows."""
    [drawn] = app.get("plotly_chart")
    ends: list[float] = json.loads(drawn.proto.spec)["layout"]["xaxis"]["range"]
    return ends


def wait(app: AppTest) -> AppTest:
    """Until the work that a run began has ended, and the page has drawn it."""
    for asked in app.session_state["live:why"].values():
        runner().wait(asked.task, 60)
    return app.run()


def test_it_is_computed_when_asked_and_then_kept(given: tuple[Any, ...]) -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["given"] = given
    app.run()
    assert given[0].asked == 0
    app.session_state["why"] = True
    app.run()
    wait(app)
    assert not app.exception
    once = given[0].asked
    assert axis(app) == pytest.approx([0, 2.0], abs=0.02)
    assert "**Angry** has a probability of" in app.markdown[0].value
    app.selectbox[0].set_value("calm")
    app.run()
    assert "**Calm** has a probability of" in app.markdown[0].value
    assert given[0].asked - once == 10  # the parts of another label, but no masks
    app.selectbox[0].set_value("angry")
    app.run()
    assert given[0].asked - once == 10


def test_what_went_wrong_is_said_and_can_be_tried_again(given: tuple[Any, ...]) -> None:
    model, clip, prediction = given
    model.hear_windows = lambda *_: 1 / 0
    app = wait(opened((model, clip, prediction)))
    assert "did not finish" in app.error[0].value
    del model.hear_windows
    app.button[0].click().run()
    wait(app)
    assert not app.error
    assert app.markdown


def test_a_long_recording_is_asked_about_where_the_answer_is_clearest() -> None:
    waveform = np.tile(speech_like(3.0), 3)
    starts_s = Recording.of(waveform, SAMPLING_RATE, Loudness.preprocessing).starts_s
    assert len(starts_s) > 3
    shares = [0.9 if place == 2 else 0.6 for place in range(len(starts_s))]
    windows = [
        Window(start_s, start_s + 3, {"angry": share, "calm": 1 - share})
        for start_s, share in zip(starts_s, shares, strict=True)
    ]
    prediction = Prediction("angry", windows[0].probabilities, windows, 9.0, "sure", [])
    clip = live_why.Clip("upload", "a.wav", waveform, SAMPLING_RATE, mark="long")
    app = opened((Loudness(), clip, prediction))
    best = f"{starts_s[2]:.1f}–{starts_s[2] + 3:.1f} s · Angry 0.90"
    assert app.selectbox[1].options[app.selectbox[1].index] == best
    start_s, end_s = axis(wait(app))
    assert start_s == pytest.approx(starts_s[2] - 0.25, abs=0.3)
    assert end_s - start_s < 4.0
    said = {"angry": 0.2, "calm": 0.8}
    segment = Segment(starts_s[1] + 0.2, starts_s[1] + 2.7, "calm", said, "sure")
    app.session_state["given"] = (*app.session_state["given"], segment)
    app.run()
    assert app.selectbox[1].value == 1
    assert app.selectbox[0].value == "calm", "what was heard in the segment"
