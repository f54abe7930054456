"""The inspector's stacked features, and two clips side by side."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pages.components import clip_compare
from ser_core.features import EXTRACTORS
from tests.conftest import SAMPLING_RATE, speech_like
from tests.pages.dataset.page import opened, words

CLIP = "03-01-05-01-01-01-01.wav"


def row(clip: str, speaker: str, emotion: str, **more: str) -> dict[str, object]:
    facts = {"statement": "kids", "intensity": "normal", "channel": "speech", "repetition": 1}
    return {"clip": clip, "speaker": speaker, "emotion": emotion, "problems": "", **facts, **more}


def test_counterparts_are_what_an_ear_would_compare() -> None:
    table = pd.DataFrame(
        [
            row("in hand", "01", "angry"),
            row("calm, strong", "01", "calm", intensity="strong"),
            row("calm", "01", "calm"),
            row("other words", "01", "sad", statement="dogs"),
            row("broken", "01", "happy", problems="empty file"),
            row("other voice", "02", "angry"),
            row("other voice and emotion", "02", "sad"),
        ]
    )
    found = clip_compare.counterparts(table.iloc[0], table)
    assert found == {
        "calm": "Calm, same speaker and statement",
        "other voice": "Speaker 02, same emotion and statement",
    }


def test_measures_say_what_was_changed() -> None:
    sound = speech_like(1.0)
    one = clip_compare._hear(sound, SAMPLING_RATE).measures
    softer = clip_compare._hear(0.1 * np.tile(sound, 2), SAMPLING_RATE).measures
    assert one["Mean pitch"] == pytest.approx(200, abs=25)
    assert softer["Duration"] - one["Duration"] == pytest.approx(1.0)
    assert softer["Level"] - one["Level"] == pytest.approx(-20, abs=0.1)
    said = clip_compare.differences(one, softer)
    assert "| Duration | 1.00 s | 2.00 s | +1.00 s |" in said
    assert "−20.0 dB |" in said
    noise = np.random.default_rng(0).standard_normal(8_000).astype(np.float32)
    whisper = clip_compare._hear(noise, SAMPLING_RATE).measures
    assert "| none | – |" in clip_compare.differences(one, whisper)


def test_features_below_one_another_and_a_clip_beside_it(clips: Path) -> None:
    app = opened(clips)
    app.session_state["dataset_clip"] = CLIP
    app.run()
    before = len(app.get("plotly_chart"))
    app.toggle("features_open").set_value(True).run()
    assert app.multiselect("features_stack").value == ["Pitch", "Energy"]
    assert len(app.get("plotly_chart")) == before + 1
    every = app.multiselect("features_stack").options
    assert {"MFCC", "Chroma", "Spectral centroid"} <= set(every)
    app.multiselect("features_stack").set_value(every).run()
    assert not app.exception, app.exception
    assert len(app.get("plotly_chart")) == before + 1
    app.toggle("features_open").set_value(False).run()

    app.toggle("compare_open").set_value(True).run()
    assert not app.exception, app.exception
    assert app.selectbox("compare_with").value == "03-01-03-01-01-01-01.wav"  # happy, same words
    assert len(app.get("audio")) == 3
    assert len(app.get("plotly_chart")) == before + 4
    assert "| Duration | 0.50 s | 2.50 s | +2.00 s |" in words(app)

    app.button("compare_hold").click().run()
    assert "Held" in words(app)
    app.session_state["dataset_clip"] = "03-01-04-01-02-01-02.wav"  # nothing like it
    app.run()
    assert app.selectbox("compare_with").value == CLIP
    assert "| Duration | 4.50 s | 0.50 s | −4.00 s |" in words(app)


def test_every_frame_extractor_can_be_stacked() -> None:
    from pages.components import feature_stack

    rows = feature_stack._rows()
    assert list(rows)[:4] == ["Pitch", "Energy", "MFCC", "Chroma"]
    frames = {name for name in EXTRACTORS.names() if EXTRACTORS.get(name).kind == "frames"}
    assert {row.extractor for row in rows.values()} == frames
