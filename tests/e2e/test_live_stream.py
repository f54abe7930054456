"""Stream: a microphone that speaks, one that is missing, one that is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser

from ser_core import audio, emotions
from ser_core.inference import Predictor
from tests.e2e.conftest import PHONE, Visit, Visitor
from tests.e2e.test_live import choose, heard, warning

Microphone = Callable[[Path], Browser]
RATE = 48_000


def spoken(path: Path, clip: Path) -> Path:
    """A room, the clip twice with a pause between, and the room for long: 16-bit WAV of 48 kHz."""
    waveform, rate = audio.load(clip)
    voice = audio.resample(waveform, rate, RATE)
    pause = np.zeros(2 * RATE, np.float32)
    said = np.concatenate([pause, voice, pause, voice, *[pause] * 15])
    room = 3e-4 * np.random.default_rng(0).standard_normal(said.size)
    soundfile.write(path, np.clip(said + room, -1, 1), RATE, subtype="PCM_16")
    return path


def button(seen: Visit, name: str):
    return seen.page.get_by_role("button", name=name, exact=True)


def start(seen: Visit) -> None:
    choose(seen, "Stream")
    button(seen, "Start").click()


def saved(seen: Visit, name: str, folder: Path) -> Path:
    with seen.page.expect_download() as coming:
        button(seen, name).click()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def no_fault(seen: Visit) -> None:
    assert seen.exceptions() == []
    assert seen.errors == []
    assert seen.strays == []


def test_speech_is_labelled_while_it_comes_and_saved_as_it_was_heard(
    visit: Visitor, with_microphone: Microphone, speech_wav: Path, tmp_path: Path
) -> None:
    microphone = spoken(tmp_path / "microphone.wav", speech_wav)
    seen = visit(browser=with_microphone(microphone))
    start(seen)
    heard(seen).wait_for()
    button(seen, "Stop").wait_for()  # still running
    assert heard(seen).inner_text().strip() in map(emotions.title, emotions.EMOTIONS)
    seen.page.get_by_text("Pause. Heard from").wait_for()
    button(seen, "Stop").click()
    button(seen, "Forget it").wait_for()
    seen.page.locator(".js-plotly-plot").first.wait_for()
    timeline = json.loads(saved(seen, "JSON", tmp_path).read_text("utf-8"))
    waveform, rate = audio.load(saved(seen, "WAV", tmp_path))
    assert timeline["duration_s"] == pytest.approx(len(waveform) / rate, abs=1e-3)
    assert len(timeline["segments"]) >= 1
    for segment in timeline["segments"]:
        cut = waveform[round(segment["start_s"] * rate) : round(segment["end_s"] * rate)]
        expected = Predictor.load().predict(cut, rate).probabilities
        assert segment["probabilities"] == pytest.approx(expected, abs=1e-5)
    assert list(seen.app.home.rglob("*.wav")) == []
    address = seen.page.locator("audio").first.get_attribute("src")
    assert address is not None
    assert seen.page.request.get(urljoin(seen.app.url, address)).ok
    button(seen, "Forget it").click()
    seen.page.get_by_text("Nothing heard yet").wait_for()
    assert seen.page.locator("audio").count() == 0
    no_fault(seen)
    seen.settle()
    assert seen.page.request.get(urljoin(seen.app.url, address)).status == 404


def test_a_real_sentence_on_a_phone(
    visit: Visitor, with_microphone: Microphone, real_clip: Path, tmp_path: Path
) -> None:
    microphone = spoken(tmp_path / "microphone.wav", real_clip)
    seen = visit(browser=with_microphone(microphone), size=PHONE)
    start(seen)
    last = seen.page.get_by_text("This machine's microphone").bounding_box()
    assert last is not None
    assert last["x"] + last["width"] < PHONE["width"], "the last way in is cut off"
    heard(seen).filter(has_text="Angry").wait_for()
    assert float(seen.page.get_by_role("meter", name="Level").get_attribute("aria-valuenow")) < 0
    no_fault(seen)


def test_leaving_the_page_ends_the_stream(
    visit: Visitor, with_microphone: Microphone, speech_wav: Path, tmp_path: Path
) -> None:
    seen = visit(browser=with_microphone(spoken(tmp_path / "microphone.wav", speech_wav)))
    start(seen)
    heard(seen).wait_for()
    links = seen.page.locator('[data-testid="stSidebarNavLink"]')
    links.filter(has_text="Home").click()
    seen.settle()
    links.filter(has_text="Live").click()
    button(seen, "Start").wait_for()
    button(seen, "Forget it").wait_for()  # what was heard up to then is there
    no_fault(seen)


def test_no_microphone_is_said(visit: Visitor) -> None:
    seen = visit()
    start(seen)
    seen.page.get_by_role("alert").filter(has_text="No microphone was found").wait_for()
    button(seen, "Start").wait_for()
    no_fault(seen)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "navigator.mediaDevices.getUserMedia = async () => "
            "{ throw new DOMException('no', 'NotAllowedError') }",
            "The microphone was refused",
        ),
        (
            "Object.defineProperty(navigator, 'mediaDevices', { value: undefined })",
            "keeps the microphone closed",
        ),
    ],
)
def test_a_closed_microphone_is_said(visit: Visitor, script: str, words: str) -> None:
    seen = visit()
    seen.page.add_init_script(script)
    start(seen)
    seen.page.get_by_role("alert").filter(has_text=words).wait_for()
    assert warning(seen).count() == 0
    no_fault(seen)
