"""Stream on the Live page: what comes from the browser is checked, put in order and heard."""

import base64
import gc
import json
import weakref
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.components import live_input, live_stream, live_streamed
from ser_core import audio, emotions
from ser_core.__main__ import main
from ser_core.audio import Waveform
from ser_core.inference import Predictor, Stream, saliency, segments_of
from ser_core.inference.evaluate import evaluate
from ser_core.jobs.tasks import runner
from tests.conftest import SAMPLING_RATE, speech_like
from tests.inference.handmade import make_model

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load()


@pytest.fixture(scope="module")
def samples() -> "np.ndarray[Any, np.dtype[np.int16]]":
    """Speech from 1 to 5 and from 7 to 9 s of 10 s, 16 bits at 16 kHz."""
    sound = 1e-3 * np.random.default_rng(0).standard_normal(10 * SAMPLING_RATE)
    sound[SAMPLING_RATE : 5 * SAMPLING_RATE] += speech_like(4.0)
    sound[7 * SAMPLING_RATE : 9 * SAMPLING_RATE] += speech_like(2.0)
    return np.round(np.clip(sound, -1, 1) * 32767).astype("<i2")


def message(samples: Any, position: int = 0, **other: Any) -> dict[str, Any]:
    pcm = base64.b64encode(samples.tobytes()).decode()
    said = {"stream": "a", "rate": SAMPLING_RATE, "position": position, "last": False, "pcm": pcm}
    return {**said, **other}


def streamed(predictor: Predictor, samples: Any) -> live_stream.Streamed:
    """All of it, second by second, with half a second sent twice each time; stopped."""
    known = None
    for at in range(0, samples.size, SAMPLING_RATE):
        start = max(0, at - SAMPLING_RATE // 2)
        sent = message(samples[start : at + SAMPLING_RATE], start)
        known = live_stream.take_in(known, sent, predictor)
    known = live_stream.take_in(known, message(samples[:0], samples.size, last=True), predictor)
    assert known is not None
    return known


def as_read(samples: Any) -> Waveform:
    return samples.astype(np.float32) / np.float32(32768)


class TestMessages:
    def test_sound_arrives_whole_and_is_heard_as_a_file_of_it(
        self, predictor: Predictor, samples: Any
    ) -> None:
        known = streamed(predictor, samples)
        assert not known.running
        assert known.clip is not None
        np.testing.assert_array_equal(known.clip.waveform, as_read(samples))
        expected = segments_of(predictor, as_read(samples), SAMPLING_RATE)
        assert list(known.stream.segments) == expected
        assert known.sound.stop == samples.size
        assert known.sound.read(0, samples.size).size == 0, "kept once, in the clip"

    def test_what_never_came_is_silence_in_its_place(
        self, predictor: Predictor, samples: Any
    ) -> None:
        rate = SAMPLING_RATE
        known = live_stream.take_in(None, message(samples[:rate]), predictor)
        late = message(samples[3 * rate : 4 * rate], 3 * rate, last=True)
        known = live_stream.take_in(known, late, predictor)
        assert known is not None
        assert known.clip is not None
        assert known.stream.lost_s == 2
        assert known.clip.duration_s == 4
        assert not known.clip.waveform[rate : 3 * rate].any()

    def test_another_start_begins_anew(self, predictor: Predictor, samples: Any) -> None:
        known = streamed(predictor, samples)
        fresh = live_stream.take_in(known, message(samples[:100], stream="b"), predictor)
        assert fresh is not None
        assert fresh is not known
        assert (fresh.name, fresh.sound.stop, fresh.clip) == ("b", 100, None)

    def test_a_model_chosen_meanwhile_goes_on(self, predictor: Predictor, samples: Any) -> None:
        half = samples.size // 2
        known = live_stream.take_in(None, message(samples[:half]), predictor)
        other = Predictor.load()
        known = live_stream.take_in(known, message(samples[half:], half, last=True), other)
        assert known is not None
        assert known.stream.predictor is other
        assert known.stream.lost_s == 0
        assert [round(one.start_s) for one in known.stream.segments] == [7]

    def test_models_beside_hear_what_the_first_hears_while_it_comes(
        self, predictor: Predictor, samples: Any, tmp_path: Path
    ) -> None:
        other = Predictor.load(make_model(tmp_path / "other"))
        parts = np.split(samples, 5)
        known = live_stream.take_in(None, message(parts[0]), predictor)
        assert known is not None
        for number, part in enumerate(parts[1:-1], start=1):
            at = number * part.size
            known = live_stream.take_in(known, message(part, at), predictor, other)
            assert known is not None
        [beside] = known.beside
        begun = parts[0].size  # joined late, and has heard all since
        alone = Stream(other, SAMPLING_RATE, start=begun)
        alone.feed(as_read(np.concatenate(parts[1:-1])))
        assert beside.windows == alone.windows
        assert beside.segments == alone.segments
        assert [round(one.end_s) for one in beside.segments] == [5]

        last = message(parts[-1], samples.size - parts[-1].size)
        known = live_stream.take_in(known, last, other, predictor)  # the two change places
        assert known is not None
        assert known.stream is beside
        assert [each.predictor for each in known.beside] == [predictor]
        known = live_stream.take_in(known, message(samples[:0], samples.size), other)
        assert known is not None
        assert known.beside == []

    @pytest.mark.parametrize(
        "nonsense",
        [
            None,
            [],
            {},
            {"stream": 3},
            {"position": -1},
            {"position": "0"},
            {"rate": 10**9},
            {"rate": None},
            {"pcm": "?"},
            {"pcm": "AAAA"},
            {"pcm": None},
        ],
    )
    def test_nonsense_changes_nothing(
        self, predictor: Predictor, samples: Any, nonsense: Any
    ) -> None:
        sent = {**message(samples[:10]), **nonsense} if isinstance(nonsense, dict) else nonsense
        if nonsense == {}:
            sent = {}
        assert live_stream.take_in(None, sent, predictor) is None

    def test_a_far_away_position_costs_no_memory(self, predictor: Predictor, samples: Any) -> None:
        known = live_stream.take_in(None, message(samples[:10], 2**50), predictor)
        assert known is not None
        assert known.sound.stop == 2**50 + 10
        assert known.sound.stop - known.sound.start == 10


def test_page_stream_command_and_evaluation_give_one_answer(
    predictor: Predictor, samples: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = streamed(predictor, samples)
    segments, files = list(known.stream.segments), []
    for number, one in enumerate(segments):
        cut = samples[round(one.start_s * SAMPLING_RATE) : round(one.end_s * SAMPLING_RATE)]
        files.append(tmp_path / f"{number}.wav")
        soundfile.write(files[-1], cut, SAMPLING_RATE, "PCM_16")
    assert main(["predict", *map(str, files), "--json"]) == 0
    by_command = json.loads(capsys.readouterr().out)
    table = pd.DataFrame({"path": map(str, files), "clip": [path.name for path in files]})
    same = {"speaker": "1", "emotion": "happy", "corpus": "mine", "label": "happy", "problems": ""}
    by_evaluation = evaluate(predictor, table.assign(**same)).predictions
    assert len(segments) == len(by_command) == len(by_evaluation) == 2
    for one, path, said, (_, row) in zip(
        segments, files, by_command, by_evaluation.iterrows(), strict=True
    ):
        uploaded = live_input.take("upload", path.name, path.read_bytes())
        assert isinstance(uploaded, live_input.Clip)
        by_page = predictor.predict(uploaded.waveform, uploaded.sampling_rate)
        expected = pytest.approx(one.probabilities, abs=1e-5)
        assert by_page.probabilities == expected
        assert said["probabilities"] == expected
        assert {label: row[label] for label in predictor.labels} == expected
        assert one.emotion == by_page.emotion == said["emotion"] == row["predicted"]


class TestPage:
    @pytest.fixture
    def live(self) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60).run()
        app.switch_page("pages/live.py").run()
        app.button_group[0].set_value("stream")
        return app.run()

    def words(self, live: AppTest) -> str:
        return "\n".join(
            part.value for part in [*live.markdown, *live.caption, *live.html, *live.warning]
        )

    def test_empty_then_at_work_then_done_then_forgotten(
        self, live: AppTest, predictor: Predictor, samples: Any
    ) -> None:
        assert not live.exception
        assert "Once started, a label" in self.words(live)
        assert live.toggle[0].disabled, "a stream has no changed versions"
        live.session_state["live:streamed"] = live_stream.take_in(
            None, message(samples[: 4 * SAMPLING_RATE]), predictor
        )
        live.run()
        assert 'role="status"' in self.words(live)
        assert "Heard from 1." in self.words(live)
        live.session_state["live:streamed"] = streamed(predictor, samples)
        live.run()
        assert not live.exception
        assert "**2 segments** · speech 6." in self.words(live)
        [table] = live.dataframe
        assert list(table.value["from (s)"]) == pytest.approx([1, 7], abs=0.3)
        [chart] = live.get("plotly_chart")
        traces = json.loads(chart.proto.spec)["data"]
        assert [trace["type"] for trace in traces].count("bar") == 1
        assert len(live.get("download_button")) == 4
        next(one for one in live.button if one.label == "Forget it").click()
        live.run()
        assert "Once started, a label" in self.words(live)

    def test_what_is_forgotten_is_gone_from_memory(
        self, live: AppTest, predictor: Predictor, samples: Any
    ) -> None:
        known = streamed(predictor, samples)
        assert known.clip is not None
        held = [weakref.ref(one) for one in (known, known.stream, known.sound, known.clip)]
        held.append(weakref.ref(known.clip.waveform))
        live.session_state["live:streamed"] = known
        live.run()
        del known
        next(one for one in live.button if one.label == "Forget it").click()
        live.run()
        gc.collect()
        assert [one() for one in held] == [None] * 5
        for slot in ("live:streamed", "live:wav", "live:figure"):
            assert slot not in live.session_state

    def test_another_model_chosen_after_stop_hears_what_is_kept(
        self, predictor: Predictor, samples: Any
    ) -> None:
        known = streamed(predictor, samples)
        before, other = list(known.stream.segments), Predictor.load()
        live_streamed.hear_again(known, other)
        assert known.stream.predictor is other
        assert list(known.stream.segments) == before
        assert known.stream.duration_s == samples.size / SAMPLING_RATE

    def test_another_model_chosen_on_the_way_has_heard_all_in_the_end(
        self, predictor: Predictor, samples: Any
    ) -> None:
        half, last = np.split(samples, [6 * SAMPLING_RATE])
        known = live_stream.take_in(None, message(half), Predictor.load())
        live_stream.take_in(known, message(last, half.size, last=True), predictor)
        assert known is not None
        assert len(known.stream.segments) == 1
        assert not live_streamed.has_heard_all(known, predictor)
        live_streamed.hear_again(known, predictor)
        assert live_streamed.has_heard_all(known, predictor)
        assert len(known.stream.segments) == 2

    def test_why_of_what_was_streamed_goes_with_it(
        self, live: AppTest, predictor: Predictor, samples: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(saliency, "explain", partial(saliency.explain, masks=16))
        live.session_state["live:streamed"] = streamed(predictor, samples)
        live.session_state["why"] = True
        live.run()
        for asked in live.session_state["live:why"].values():
            runner().wait(asked.task, 60)
        live.run()
        assert not live.exception
        last = live.session_state["live:streamed"].stream.segments[-1]
        assert f"**{emotions.title(last.emotion)}** has a probability of" in self.words(live)
        next(one for one in live.button if one.label == "Forget it").click()
        live.run()
        for slot in ("live:why", "live:why:figure"):
            assert slot not in live.session_state

    def test_silence_is_said_with_what_to_check(self, live: AppTest, predictor: Predictor) -> None:
        quiet = np.zeros(3 * SAMPLING_RATE, "<i2")
        known = live_stream.take_in(None, message(quiet), predictor)
        live.session_state["live:streamed"] = known
        live.run()
        assert "Listening" in self.words(live)
        live_stream.take_in(known, message(quiet[:0], quiet.size, last=True), predictor)
        live.run()
        assert "No speech was heard in 3 s" in live.warning[0].value
        assert "not muted" in live.warning[0].value

    def test_choice_outlives_a_look_at_another_page(self, live: AppTest) -> None:
        live.switch_page("pages/home.py").run()
        live.switch_page("pages/live.py").run()
        assert not live.exception
        assert "Once started, a label" in self.words(live)


def test_long_recording_has_segments_and_files() -> None:
    live = AppTest.from_file(APP, default_timeout=60).run().switch_page("pages/live.py").run()
    live.button_group[0].set_value("upload")
    live.run()
    sound = audio.to_wav_bytes(speech_like(9.0), SAMPLING_RATE)
    live.file_uploader[0].set_value(("long.wav", sound, "audio/wav"))
    live.run()
    assert not live.exception
    assert any("segment" in one.value for one in live.markdown)
    assert [one.proto.label for one in live.get("download_button")] == [
        "CSV",
        "JSON",
        "Audacity labels",
        "WAV",
    ]


def test_not_sure_below_what_the_user_sets_and_what_that_brings(
    monkeypatch: pytest.MonkeyPatch, predictor: Predictor
) -> None:
    before = {**predictor.card, "coverage": None}  # a card of before there were curves
    monkeypatch.setattr(Predictor, "load", lambda *_: predictor)
    monkeypatch.setattr(predictor, "card", before)
    st.cache_resource.clear()
    live = AppTest.from_file(APP, default_timeout=60).run().switch_page("pages/live.py").run()
    live.button_group[0].set_value("upload")
    live.run()
    sound = audio.to_wav_bytes(speech_like(9.0), SAMPLING_RATE)
    live.file_uploader[0].set_value(("long.wav", sound, "audio/wav"))
    live.run()
    assert not any("Not sure" in one.value for one in live.html)
    live.slider[0].set_value(0.95)
    live.session_state["trust"] = True
    live.run()
    assert any('role="status"' in one.value and "Not sure" in one.value for one in live.html)
    assert all(word.startswith("Not sure (") for word in live.dataframe[0].value["emotion"])
    said = "\n".join(one.value for one in live.markdown)
    assert "The card of this model holds no curve" in said
    assert f"below **{predictor.spec.not_sure_below:.2f}**" in said
    right = {"value": 0.8, "low": 0.7, "high": 0.9}
    curve = {"threshold": [0.0, 0.9], "answered": [1.0, 0.25], "accuracy": [right, right]}
    card = {**before, "coverage": {**curve, "clips": 1200, "speakers": 20}}
    monkeypatch.setattr(predictor, "card", card)
    live.run()
    assert not live.exception
    said = "\n".join(one.value for one in live.markdown)
    assert "At 0.90 and above, 25 % of clips get an answer, and 80 % [70, 90]" in said
    assert len(live.get("plotly_chart")) == 2
