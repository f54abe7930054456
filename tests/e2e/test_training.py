"""Training in a browser: a job is started and left, found finished, and its model hears a clip."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import expect

from ser_core.corpora import library, synthetic
from tests.e2e.conftest import PHONE, App, Visitor
from tests.e2e.test_live import emotion

MODEL = "first-steps"
TINY = "recipe=d-mlp&set=epochs=2&set=augmentation={}&set=folds=2&set=validation_speakers=1"
AT_WORK_MS = 600_000  # for a worker that steps back behind everything else on a busy machine


@pytest.fixture
def corpus(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A part of the synthetic corpus, on the app's list: four speakers, four emotions, twice."""
    for take in synthetic.takes():
        if take.actor <= 4 and take.emotion <= 4 and take.repetition == 1:
            path = tmp_path / "few" / take.path
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, synthetic.perform(take), synthetic.SAMPLING_RATE)
    with monkeypatch.context() as patch:
        patch.setenv("SER_HOME", str(app.home))
        library.open_folder(tmp_path / "few", library.DEMO)
    yield tmp_path / "few"
    shutil.rmtree(app.home / "models" / MODEL, ignore_errors=True)


@pytest.mark.timeout(900)
def test_a_job_is_started_left_and_found_finished_and_its_model_hears(
    visit: Visitor, corpus: Path
) -> None:
    seen = visit()
    seen.page.set_default_timeout(60_000)
    seen.open(f"/training?{TINY}")
    seen.page.get_by_text("2 speaker-independent folds").first.wait_for()
    seen.page.get_by_role("textbox", name="Save the model as").fill(MODEL)
    seen.page.get_by_role("textbox", name="Save the model as").press("Enter")
    seen.settle()
    start = seen.page.get_by_role("button", name="Start training")
    expect(start).to_be_enabled(timeout=60_000)
    start.click()
    seen.page.get_by_text("The job is in line. You may close this tab").wait_for()
    job = seen.page.url.rpartition("job=")[2]
    assert seen.exceptions() == []
    seen.page.close()

    back = visit()
    back.page.set_default_timeout(60_000)
    back.open(f"/training?view=jobs&job={job}")
    back.page.get_by_text(f"Model {MODEL} can be chosen").wait_for(timeout=AT_WORK_MS)
    back.page.get_by_role("button", name="Open in Live").click()
    back.page.get_by_role("heading", name="Live").wait_for()
    clip = sorted(corpus.rglob("*.wav"))[0]
    back.page.get_by_test_id("stButtonGroup").get_by_text("Upload", exact=True).click()
    back.page.locator('input[type="file"]').set_input_files(clip)
    assert emotion(back)
    back.page.get_by_text("MLP on functionals of MFCC").first.wait_for()
    assert back.exceptions() == []
    assert back.errors == []


@pytest.mark.parametrize(("dark", "size"), [(True, PHONE)])
def test_the_form_fits_a_phone_and_says_what_stands_in_the_way(
    visit: Visitor, corpus: Path, dark: bool, size: dict[str, int]
) -> None:
    seen = visit(dark=dark, size=size)
    seen.page.set_default_timeout(60_000)
    seen.open("/training?recipe=studio&protocol=leave-one-session-out")
    seen.page.get_by_text("needs more than one session").first.wait_for()
    expect(seen.page.get_by_role("button", name="Start training")).to_be_disabled(timeout=60_000)
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not seen.page.evaluate(wide)
    assert seen.exceptions() == []
    assert seen.errors == []
