"""Label preservation on the page: steps chosen, measured in the background, seen and heard."""

import doctest
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from pages.components import augmentation_flips
from ser_core.augment import ChainConfig, Step
from ser_core.corpora import library
from ser_core.exploration import preservation
from ser_core.jobs.tasks import runner
from tests.conftest import SAMPLING_RATE, speech_like
from tests.pages.dataset.page import again, words

CHAIN = ChainConfig(
    waveform=(Step(name="noise", probability=0.5),),
    batch=(Step(name="spec_augment"), Step(name="mixup")),
)


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six clips: two speakers, calm, sad and angry."""
    root = tmp_path_factory.mktemp("voices")
    for actor in ("01", "02"):
        for seed, emotion in enumerate(("02", "04", "05")):
            voice = speech_like(0.8 + 0.1 * seed, seed + 10 * int(actor))
            soundfile.write(root / f"03-01-{emotion}-01-01-01-{actor}.wav", voice, SAMPLING_RATE)
    return root


def script() -> None:
    import streamlit as st

    from pages.components.augmentation_preservation import preservation_view

    state = st.session_state
    preservation_view(state["entry"], state["table"], state["chain"], state["model"])


def opened(root: Path, chain: ChainConfig | None = CHAIN, model: str = "default") -> AppTest:
    entry = library.open_folder(root)
    table = library.cached_table(entry, 60)
    app = AppTest.from_function(script, default_timeout=60)
    for name, value in {"entry": entry, "table": table, "chain": chain, "model": model}.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def shown(app: AppTest, column: str) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if column in one.value)


def test_examples_in_docstrings() -> None:
    result = doctest.testmod(augmentation_flips)
    assert result.attempted > 0
    assert result.failed == 0


def test_from_a_chain_to_a_clip_whose_decision_flipped(voices: Path) -> None:
    app = opened(voices)
    (steps,) = app.multiselect
    assert steps.value == ["1:noise", "2:spec_augment", "chain"]
    assert "mixup" not in steps.options
    assert not app.dataframe
    check = app.button("preservation_check")
    assert check.label == "Check 6 clips"
    assert "changed and heard 11 times" in words(app)
    check.click().run()
    again(app)
    numbers = shown(app, "Right (%)")
    assert len(numbers) == 5 + 5 + 1
    assert numbers["Step"].unique().tolist() == [
        "1. Noise",
        "2. SpecAugment",
        "Whole chain, as it is set",
    ]
    assert numbers["Setting"].tolist()[4] == "Signal-to-noise ratio 0 dB"
    flips = shown(app, "Heard")
    counted = numbers["Flipped"].str.extract(r"(\d+) of 6")[0].astype(int).sum()
    assert len(flips) == counted > 0
    heard = flips["Heard"].str.split(" → ", expand=True)
    assert (heard[0] != heard[1]).all()
    assert "Chosen from 6 clips" in words(app)
    assert "6 clips of 2 speakers" in words(app)
    assert preservation.CAVEAT in words(app)
    assert f"{flips['Clip'].iloc[0]} · acted" in words(app)

    # One step alone has the axis of its own setting; it was looked at already.
    app.multiselect[0].set_value(["1:noise"]).run()  # not `steps`: with it goes the click of above
    assert not app.exception
    assert set(shown(app, "Right (%)")["Step"]) == {"1. Noise"}
    app.multiselect[0].set_value([]).run()
    assert "Choose a step to look at" in words(app)

    # Clips of one emotion alone.
    app.selectbox("preservation_acted").set_value("sad").run()
    app.multiselect[0].set_value(["1:noise"]).run()
    assert app.button("preservation_check").label == "Check 2 clips"

    later = opened(voices)
    assert len(shown(later, "Right (%)")) == 11, "kept on disk"


def test_without_a_chain_usual_steps_are_offered_and_work_can_be_stopped(
    voices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(clips: Any, wanted: Any, predictor: Any, progress: Any) -> None:
        while True:
            progress(1, 10, "noise")
            time.sleep(0.01)

    monkeypatch.setattr(preservation, "measure", endless)
    app = opened(voices, chain=None)
    (steps,) = app.multiselect
    assert steps.value == ["noise", "pitch_shift", "speed"]
    assert not {"Background noise", "Saturation", "CutMix"} & set(steps.options)
    app.button("preservation_check").click().run()
    (key,) = [task.key for task in runner().all() if task.running]
    app.button(f"stop:{key}").click().run()
    again(app)
    assert "was stopped" in words(app)
    assert app.button("preservation_check").label == "Check 6 clips"


def test_what_cannot_be_is_said(voices: Path) -> None:
    assert "model 'gone' is not known" in words(opened(voices, model="gone"))
