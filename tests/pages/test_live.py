"""Live, as AppTest sees it: sound in, label out, and a calm sentence where there is none."""

import io
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
import soundfile
import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit.testing.v1 import AppTest

from ser_core import audio, emotions
from ser_core.audio import Waveform
from ser_core.corpora import library
from ser_core.inference import Predictor
from tests.conftest import SAMPLING_RATE, speech_like

APP = Path(__file__).resolve().parents[2] / "app.py"
ROW = re.compile(r'role="listitem".*?<span style="(.*?)">(\w+)</span>.*?>(\d\.\d\d)</span></div>')


@pytest.fixture
def live() -> AppTest:
    """The Live page, opened from the menu."""
    app = AppTest.from_file(APP, default_timeout=60).run()
    return app.switch_page("pages/live.py").run()


def wav(waveform: Waveform, sampling_rate: int = SAMPLING_RATE) -> bytes:
    return audio.to_wav_bytes(waveform, sampling_rate)


def upload(live: AppTest, name: str, content: bytes) -> AppTest:
    live.button_group[0].set_value("upload")
    live.run()
    live.file_uploader[0].set_value((name, content, "audio/wav"))
    return live.run()


def record(live: AppTest, waveform: Waveform) -> AppTest:
    live.audio_input[0].set_value(("audio.wav", wav(waveform, 48_000), "audio/wav"))
    return live.run()


def take_sample(live: AppTest) -> AppTest:
    live.button_group[0].set_value("sample")
    live.run()
    next(button for button in live.button if button.label == "Take a clip").click()
    return live.run()


def label(live: AppTest) -> str | None:
    """The emotion heard, or None."""
    found = [one.value for one in live.html if 'role="status"' in one.value]
    if not found:
        return None
    words = re.sub(r"<.*?>", "", found[0]).strip()
    return next(name for name in emotions.EMOTIONS if emotions.title(name) == words)


def bars(live: AppTest) -> list[tuple[str, float, bool]]:
    """Word, value and whether it is among the first three, for each bar of the answer."""
    [drawn] = [one.value for one in live.html if "Probability of each emotion" in one.value]
    return [(name, float(value), "600" in style) for style, name, value in ROW.findall(drawn)]


def words(live: AppTest) -> str:
    """Everything the page says."""
    parts = [*live.markdown, *live.caption, *live.html, *live.info, *live.warning]
    return "\n".join(part.value for part in parts)


def figure(live: AppTest) -> dict:
    [drawn] = live.get("plotly_chart")
    return json.loads(drawn.proto.spec)


class TestAnswer:
    def test_upload_gets_the_models_answer(self, live: AppTest) -> None:
        waveform = speech_like(2.0)
        upload(live, "speech.wav", wav(waveform))
        expected = Predictor.load().predict_file(io.BytesIO(wav(waveform)))
        assert not live.exception
        assert label(live) == expected.emotion
        shown = {name: value for name, value, _ in bars(live)}
        for name, probability in expected.probabilities.items():
            assert shown[emotions.title(name)] == pytest.approx(probability, abs=0.0051)
        assert f"**{expected.sure}**" in words(live)

    def test_bars_are_ranked_and_the_first_three_stand_out(self, live: AppTest) -> None:
        upload(live, "speech.wav", wav(speech_like(2.0)))
        values = [value for _, value, _ in bars(live)]
        assert values == sorted(values, reverse=True)
        assert [heavy for _, _, heavy in bars(live)] == [True] * 3 + [False] * 5

    def test_recording_gets_a_label(self, live: AppTest) -> None:
        assert live.audio_input[0].sample_rate == 48_000
        record(live, audio.resample(speech_like(2.0), SAMPLING_RATE, 48_000))
        assert not live.exception
        assert label(live) in emotions.EMOTIONS
        assert "Your recording · 2.0 s · 48 kHz" in words(live)

    def test_real_clip(self, live: AppTest, real_clip: Path) -> None:
        upload(live, real_clip.name, real_clip.read_bytes())
        assert label(live) == Predictor.load().predict_file(real_clip).emotion

    @pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
    def test_common_formats(self, live: AppTest, suffix: str, tmp_path: Path) -> None:
        clip = tmp_path / f"clip.{suffix}"
        soundfile.write(clip, speech_like(1.5), SAMPLING_RATE)
        upload(live, clip.name, clip.read_bytes())
        assert label(live) in emotions.EMOTIONS

    def test_short_clip_has_wave_and_log_mel_only(self, live: AppTest) -> None:
        upload(live, "short.wav", wav(speech_like(2.0)))
        kinds = [trace["type"] for trace in figure(live)["data"]]
        assert kinds == ["scatter", "scatter", "heatmap"]

    def test_long_clip_has_its_course_over_time(self, live: AppTest) -> None:
        upload(live, "long.wav", wav(speech_like(20)))
        traces = figure(live)["data"]
        course = [trace["name"] for trace in traces if trace.get("yaxis") == "y3"]
        assert course == [emotion.title for emotion in emotions.EMOTIONS.values()]
        assert {trace.get("xaxis", "x") for trace in traces} == {"x"}

    @pytest.mark.parametrize(("gain", "note"), [(0.002, "Quiet"), (50, "Clipped")])
    def test_notes_about_the_recording(self, live: AppTest, gain: float, note: str) -> None:
        loud = np.clip(gain * speech_like(2.0), -1, 1).astype(np.float32)
        upload(live, "odd.wav", wav(loud))
        assert label(live) is not None
        assert any(note in caption.value for caption in live.caption)

    def test_playback_is_as_loud_as_the_recording(self, live: AppTest) -> None:
        quiet = 0.01 * speech_like(1.5)
        upload(live, "quiet.wav", wav(quiet))
        kept, _ = soundfile.read(io.BytesIO(live.session_state["live:wav"][1]))
        assert np.abs(kept).max() == pytest.approx(np.abs(quiet).max(), abs=1e-4)

    def test_another_clip_replaces_answer_and_picture(self, live: AppTest) -> None:
        upload(live, "one.wav", wav(speech_like(1.0)))
        live.file_uploader[0].set_value(("two.wav", wav(speech_like(2.5)), "audio/wav"))
        live.run()
        assert "two.wav · 2.5 s" in words(live)
        assert "one.wav" not in words(live)
        assert figure(live)["layout"]["xaxis"]["range"] == [0, 2.5]

    def test_taking_the_file_away_takes_the_answer_away(self, live: AppTest) -> None:
        upload(live, "speech.wav", wav(speech_like(1.0)))
        live.file_uploader[0].set_value(None)
        live.run()
        assert label(live) is None
        assert "Nothing heard yet" in words(live)
        for slot in ("live:wav", "live:figure", "live_prediction"):
            assert slot not in live.session_state, "what was made of it is still in memory"

    def test_answer_outlives_a_look_at_another_page(self, live: AppTest) -> None:
        upload(live, "speech.wav", wav(speech_like(2.0)))
        before = bars(live)
        live.switch_page("pages/home.py").run()
        live.switch_page("pages/live.py").run()
        assert bars(live) == before
        assert live.button_group[0].value == "upload"


class TestLongClip:
    @pytest.fixture
    def said_meanwhile(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What the page says while it is busy."""
        said: list[str] = []
        spinner = st.spinner

        def note(text: str) -> AbstractContextManager[None]:
            said.append(text)
            return spinner(text)

        monkeypatch.setattr(st, "spinner", note)
        return said

    def test_page_says_once_that_it_listens(self, live: AppTest, said_meanwhile: list[str]) -> None:
        upload(live, "long.wav", wav(speech_like(65)))
        assert not live.exception
        assert said_meanwhile == ["Listening to 1 min 5 s of sound"]
        assert label(live) is not None
        assert "Nothing heard yet" not in words(live)
        live.run()
        assert len(said_meanwhile) == 1
        assert label(live) is not None

    def test_short_clip_needs_no_words(self, live: AppTest, said_meanwhile: list[str]) -> None:
        upload(live, "short.wav", wav(speech_like(2.0)))
        assert label(live) is not None
        assert said_meanwhile == []

    def test_long_silence_is_refused_like_a_short_one(self, live: AppTest) -> None:
        upload(live, "silence.wav", wav(np.zeros(25 * SAMPLING_RATE, np.float32)))
        assert not live.exception
        assert "silent" in live.warning[0].value


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty"),
            (b"RIFF no sound at all", "not readable as audio"),
            (wav(np.zeros(SAMPLING_RATE, np.float32)), "silent;"),
            (wav(speech_like(0.2)), "too short;"),
        ],
        ids=["empty", "corrupt", "silent", "short"],
    )
    def test_file_that_cannot_be_used_is_named(
        self, live: AppTest, content: bytes, reason: str
    ) -> None:
        upload(live, "clip.wav", content)
        assert not live.exception
        [message] = live.warning
        assert message.value.startswith("clip.wav cannot be used: ")
        assert reason in message.value
        assert "Try another file" in message.value
        assert "object at" not in message.value
        assert label(live) is None
        assert len(live.get("plotly_chart")) == 0

    def test_silent_microphone_is_told_what_to_check(self, live: AppTest) -> None:
        record(live, np.zeros(2 * 48_000, np.float32))
        [message] = live.warning
        assert "silent" in message.value
        assert "not muted" in message.value

    def test_hours_are_refused_before_they_are_decoded(self, live: AppTest) -> None:
        buffer = io.BytesIO()
        hour = np.full(3600 * 8000, 0.1, np.float32)
        soundfile.write(buffer, hour, 8000, "PCM_U8", format="WAV")
        upload(live, "lecture.wav", buffer.getvalue())
        [message] = live.warning
        assert "60 minutes long; at most 10 are taken at once" in message.value

    def test_name_of_a_file_is_shown_as_it_is(self, live: AppTest) -> None:
        upload(live, "a_*b*_<i>.wav", b"no sound")
        assert live.warning[0].value.startswith(r"a\_\*b\*\_\<i\>.wav cannot be used")
        live.file_uploader[0].set_value(("a<i>b.wav", wav(speech_like(1.0)), "audio/wav"))
        live.run()
        assert "a&lt;i&gt;b.wav · 1.0 s" in words(live)

    def test_answer_follows_after_a_refusal(self, live: AppTest) -> None:
        upload(live, "broken.wav", b"no sound")
        live.file_uploader[0].set_value(("good.wav", wav(speech_like(1.0)), "audio/wav"))
        live.run()
        assert label(live) is not None
        assert len(live.warning) == 0


class TestSample:
    def test_synthetic_voice_needs_no_corpus_and_is_called_so(self, live: AppTest) -> None:
        take_sample(live)
        assert not live.exception
        assert label(live) in emotions.EMOTIONS
        assert re.search(r"Synthetic voice 0\d · \d\.\d s · 16 kHz · acted: ", words(live))

    def test_clips_differ_from_turn_to_turn(self, live: AppTest) -> None:
        first = figure(take_sample(live))["layout"]["xaxis"]["range"]
        second = figure(take_sample(live))["layout"]["xaxis"]["range"]
        assert first != second

    def test_clip_of_the_users_corpus_says_whose_it_is(
        self, live: AppTest, synthetic_corpus: Path
    ) -> None:
        entry = library.open_folder(synthetic_corpus)
        take_sample(live)
        assert re.search(rf"{entry.title}, speaker \d+ · ", words(live))
        assert "says little" not in words(live)
        assert label(live) in emotions.EMOTIONS

    def test_clip_the_model_may_have_learned_from_is_no_evidence(
        self, live: AppTest, ravdess: Path
    ) -> None:
        library.open_folder(ravdess)
        assert "says little" in words(take_sample(live))

    def test_lost_corpus_is_a_sentence(self, live: AppTest, tmp_path: Path) -> None:
        folder = tmp_path / "gone"
        folder.mkdir()
        library.add("ravdess", folder)
        folder.rmdir()
        take_sample(live)
        assert not live.exception
        assert "no such folder" in live.warning[0].value


class TestTrust:
    def test_page_says_where_sound_stays_and_what_the_model_is_not(self, live: AppTest) -> None:
        said = words(live)
        assert "nothing is written to disk" in said
        assert "acted speech" in said
        assert "no lie detector and no diagnosis" in said
        assert "Art. 5(1)(f)" in said

    def test_uploads_stay_in_memory_while_they_arrive(self, live: AppTest) -> None:
        live.button_group[0].set_value("upload")
        live.run()
        limit_bytes = live.file_uploader[0].proto.max_upload_size_mb * 2**20
        assert MultiPartParser.spool_max_size > limit_bytes > 0

    def test_score_stands_beside_the_title_with_its_interval(self, live: AppTest) -> None:
        card = Predictor.load().card
        score = card["uar"]
        expected = f"UAR {score['value']:.2f} [{score['low']:.2f}, {score['high']:.2f}]"
        assert any(expected in caption.value for caption in live.caption)

    def test_model_card_tells_everything_when_it_is_opened(self, live: AppTest) -> None:
        assert len(live.get("plotly_chart")) == 0
        live.session_state["card"] = True
        live.run()
        card = Predictor.load().card
        said = words(live)
        for text in (card["protocol"], card["interval"], card["licence"], card["note"]):
            assert text in said
        assert all(limit in said for limit in card["limits"])
        assert f"{card['clips']:,} clips" in said
        for fold in card["folds"]:
            assert f"| {', '.join(fold['test'])} | {', '.join(fold['validation'])} |" in said
        assert f": {', '.join(map(str, card['seeds']))}" in said
        assert "Recall of each emotion" in said
        kinds = [trace["type"] for trace in figure(live)["data"]]
        assert kinds.count("heatmap") == 1  # beside it the numbers on its cells

    @pytest.mark.parametrize(
        ("url", "closed"),
        [
            ("http://10.0.0.5:8501/live", True),
            ("http://studio.example/live", True),
            ("https://studio.example/live", False),
            ("http://localhost:8501/live", False),
            ("http://127.0.0.1:8501/live", False),
        ],
    )
    def test_closed_microphone_is_explained(self, live: AppTest, url: str, closed: bool) -> None:
        live.context = {"url": url}
        live.run()
        assert any("HTTPS" in info.value for info in live.info) == closed


class TestWithoutModel:
    @pytest.fixture
    def without(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AppTest]:
        def start() -> AppTest:
            app = AppTest.from_file(APP, default_timeout=60).run()
            return app.switch_page("pages/live.py").run()

        monkeypatch.setattr("ser_core.inference.model_file.model_folders", dict)
        return start

    def test_page_says_how_to_get_one(self, without: Callable[[], AppTest]) -> None:
        live = without()
        assert not live.exception
        assert live.title[0].value == "Live"
        assert "There is no model yet" in live.info[0].value
        assert "python -m ser_core train studio" in live.code[0].value
        assert len(live.audio_input) == 0

    def test_damaged_model_is_named(
        self, ser_home: Path, without: Callable[[], AppTest], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.undo()
        folder = ser_home / "models" / "a-broken-one"
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(b"no network")
        monkeypatch.setenv("SER_HOME", str(ser_home))
        live = without()
        live.sidebar.selectbox[0].set_value("a-broken-one")
        live.run()
        assert not live.exception
        assert "a-broken-one" in live.info[0].value
