"""The main job: record, upload or take a clip, and read what the model hears in it."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from playwright.sync_api import Browser, FilePayload, Locator

from ser_core import emotions
from tests.conftest import SAMPLING_RATE, speech_like
from tests.e2e.conftest import PHONE, ROOT, Visit, Visitor

Microphone = Callable[[Path], Browser]
NOTE_WHAT_IS_ASKED = """
window.asked = []
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
navigator.mediaDevices.getUserMedia = (wanted) => { window.asked.push(wanted); return open(wanted) }
"""


def heard(visit: Visit) -> Locator:
    """The line that names the emotion."""
    return visit.page.locator(".st-key-live_emotion").get_by_role("status")


def warning(visit: Visit) -> Locator:
    return visit.page.get_by_test_id("stAlert")


def emotion(visit: Visit) -> str:
    """The name of the emotion heard, once it is there."""
    word = heard(visit).inner_text().strip()
    names = {emotions.title(name): name for name in emotions.EMOTIONS}
    assert word in names, word
    return names[word]


def choose(visit: Visit, source: str) -> None:
    visit.open("/live")
    visit.page.get_by_test_id("stButtonGroup").get_by_text(source, exact=True).click()
    visit.settle()


def upload(visit: Visit, file: Path | FilePayload) -> None:
    """Give the page a file, or another one."""
    visit.page.locator('input[type="file"]').set_input_files(file)


def send(visit: Visit, file: Path) -> None:
    choose(visit, "Upload")
    upload(visit, file)


def record(visit: Visit, seconds: float) -> float:
    """Record for a while; the time (monotonic, s) at which Stop was clicked."""
    visit.open("/live")
    visit.page.get_by_role("button", name="Record", exact=True).click()
    stop = visit.page.get_by_role("button", name="Stop recording")
    stop.wait_for()
    visit.page.wait_for_timeout(round(1000 * seconds))
    stop.click()
    return time.monotonic()


def as_wav(clip: Path, folder: Path) -> Path:
    """The clip as 16-bit 48 kHz WAV: what Chromium takes for a microphone."""
    waveform, sampling_rate = soundfile.read(clip, dtype="float32", always_2d=True)
    path = folder / "microphone.wav"
    soundfile.write(path, waveform.mean(axis=1), sampling_rate, subtype="PCM_16")
    return path


def predicted_by_command_line(clip: Path) -> str:
    command = [sys.executable, "-m", "ser_core", "predict", str(clip), "--json"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    answer: str = json.loads(done.stdout)[0]["emotion"]
    return answer


def duration_s(clip: Path) -> float:
    return float(soundfile.info(clip).duration)


def check_answer(visit: Visit) -> None:
    """All that belongs to an answer: a bar for each class, how sure, the picture, no fault."""
    bars = visit.page.get_by_role("list", name="Probability of each emotion")
    values = [float(text) for text in re.findall(r"\d\.\d\d", bars.inner_text())]
    assert len(values) == len(emotions.EMOTIONS)
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1, abs=0.05)
    assert re.search(r"\b(fairly sure|not sure|sure)\b", visit.page.locator("body").inner_text())
    visit.page.locator(".js-plotly-plot").first.wait_for()
    assert visit.exceptions() == []
    assert visit.errors == []
    assert visit.strays == []


def written(path: Path, waveform: NDArray[np.floating]) -> Path:
    soundfile.write(path, waveform, SAMPLING_RATE)
    return path


class TestRecording:
    def test_real_clip_is_labelled_soon_after_stop(
        self, visit: Visitor, with_microphone: Microphone, real_clip: Path, tmp_path: Path
    ) -> None:
        microphone = as_wav(real_clip, tmp_path)
        seen = visit(browser=with_microphone(microphone))
        stopped = record(seen, duration_s(microphone))
        heard(seen).wait_for()
        print(f"from Stop to the label: {time.monotonic() - stopped:.2f} s")
        assert emotion(seen) in emotions.EMOTIONS
        check_answer(seen)

    def test_synthetic_clip_on_a_phone_and_another_that_replaces_it(
        self, visit: Visitor, with_microphone: Microphone, speech_wav: Path
    ) -> None:
        seen = visit(browser=with_microphone(as_wav(speech_wav, speech_wav.parent)), size=PHONE)
        record(seen, duration_s(speech_wav))
        heard(seen).wait_for()
        check_answer(seen)
        first = seen.page.get_by_text(re.compile(r"· \d+\.\d s ·")).inner_text()
        seen.page.get_by_role("button", name="Record", exact=True).click()
        seen.page.wait_for_timeout(200)
        seen.page.get_by_role("button", name="Stop recording").click()
        again = seen.page.get_by_text(re.compile(r"· \d+\.\d s ·|cannot be used")).first
        again.wait_for()
        seen.page.wait_for_function(
            "before => !document.body.innerText.includes(before)", arg=first, timeout=20_000
        )
        assert seen.exceptions() == []

    def test_silence_is_said(
        self, visit: Visitor, with_microphone: Microphone, tmp_path: Path
    ) -> None:
        silence = tmp_path / "silence.wav"
        soundfile.write(silence, np.zeros(3 * 48_000), 48_000, subtype="PCM_16")
        seen = visit(browser=with_microphone(silence))
        seen.page.add_init_script(NOTE_WHAT_IS_ASKED)
        record(seen, 1.5)
        warning(seen).filter(has_text="silent").wait_for()
        [asked] = seen.page.evaluate("asked")
        for processing in ("echoCancellation", "noiseSuppression", "autoGainControl"):
            assert asked["audio"][processing] is False
        assert heard(seen).count() == 0
        assert seen.exceptions() == []


class TestUpload:
    def test_common_formats_and_the_command_lines_label(
        self, visit: Visitor, real_clip: Path, tmp_path: Path
    ) -> None:
        expected = predicted_by_command_line(real_clip)
        seen = visit()
        choose(seen, "Upload")
        for suffix in ("wav", "flac", "ogg", "mp3"):
            upload(seen, written(tmp_path / f"clip.{suffix}", speech_like(1.5)))
            seen.page.get_by_text(f"clip.{suffix} · 1.5 s").wait_for()
            check_answer(seen)
        upload(seen, real_clip)
        seen.page.get_by_text(f"{real_clip.name} · ").wait_for()
        assert emotion(seen) == expected
        check_answer(seen)

    def test_a_long_clip_is_listened_to_and_shown_over_time(
        self, visit: Visitor, tmp_path: Path
    ) -> None:
        clip = written(tmp_path / "lecture.flac", speech_like(300))
        seen = visit()
        choose(seen, "Upload")
        before = seen.page.get_by_text("Nothing heard yet")
        before.wait_for()
        upload(seen, clip)
        seen.page.get_by_text("Listening to 5 min of sound").wait_for()
        assert before.count() == 0
        seen.page.get_by_text("lecture.flac · 300.0 s").wait_for()
        check_answer(seen)

    def test_what_cannot_be_heard_is_named_and_an_answer_follows(
        self, visit: Visitor, speech_wav: Path, tmp_path: Path
    ) -> None:
        seen = visit()
        choose(seen, "Upload")
        contents = {
            "empty": b"",
            "text": b"this is no sound at all",
            "header": b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00",
        }
        for name, content in contents.items():
            upload(seen, {"name": f"{name}.wav", "mimeType": "audio/wav", "buffer": content})
            message = warning(seen).filter(has_text=f"{name}.wav")
            message.wait_for()
            assert "not readable as audio" in message.inner_text()
            assert "0x" not in message.inner_text(), "an address in memory tells nobody anything"
            assert heard(seen).count() == 0
        for said, waveform in {"silent": np.zeros(8000), "too short": speech_like(0.2)}.items():
            upload(seen, written(tmp_path / f"{said}.wav", waveform))
            warning(seen).filter(has_text=f"{said};").wait_for()
            assert heard(seen).count() == 0
        upload(seen, speech_wav)
        heard(seen).wait_for()
        check_answer(seen)


class TestSample:
    def test_without_a_corpus_the_synthetic_voice_speaks(self, visit: Visitor) -> None:
        seen = visit()
        choose(seen, "Sample")
        seen.page.get_by_role("button", name="Take a clip").click()
        heard(seen).wait_for()
        assert seen.page.get_by_text("Synthetic voice").count() > 0
        check_answer(seen)


def test_an_answer_outlives_a_look_at_another_page_and_nothing_is_left_on_disk(
    visit: Visitor, speech_wav: Path
) -> None:
    seen = visit()
    send(seen, speech_wav)
    heard(seen).wait_for()
    before = emotion(seen)
    for title in ("Home", "Live"):
        seen.page.locator('[data-testid="stSidebarNavLink"]').filter(has_text=title).click()
        seen.settle()
    assert emotion(seen) == before
    sounds = {".wav", ".flac", ".ogg", ".mp3", ".webm"}
    assert [path for path in seen.app.home.rglob("*") if path.suffix in sounds] == []
