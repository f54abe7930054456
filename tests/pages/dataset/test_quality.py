"""The quality report on the Dataset page: asked for or at once, by kind, each finding heard."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from pages.components import dataset_quality
from ser_core.corpora import library
from tests.conftest import SAMPLING_RATE, speech_like
from tests.pages.dataset.page import again, choose, page, reload, words

NAMES = [f"03-01-0{emotion}-01-01-01-0{actor}" for actor in (1, 2, 3) for emotion in (3, 5)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two emotions of three actors, all sound."""
    for number, name in enumerate(NAMES):
        clip = speech_like(1.0 + 0.1 * number, seed=number)
        soundfile.write(tmp_path / f"{name}.wav", clip, SAMPLING_RATE)
    return tmp_path


def quality(root: Path) -> AppTest:
    library.open_folder(root)
    app = page()
    app.session_state["dataset_view"] = "quality"
    app.run()
    return again(app)


def test_sound_clips_have_no_findings(root: Path) -> None:
    app = quality(root)
    assert app.success[0].value == "Nothing odd was found in 6 clips."
    assert "clips checked, no problems" in words(app)
    assert not app.dataframe
    assert not app.get("download_button")


def test_findings_are_counted_explained_heard_and_saved(root: Path) -> None:
    first, second = (root / f"{name}.wav" for name in NAMES[:2])
    second.write_bytes(first.read_bytes())
    uneven = np.where(np.arange(16_000) % 40 < 20, 1.0, -0.5)
    soundfile.write(root / f"{NAMES[2]}.wav", uneven, SAMPLING_RATE)
    (root / f"{NAMES[5]}.wav").unlink()  # actor 03 is angry no more
    app = quality(root)
    assert app.error[0].value.startswith("4 findings in 5 clips. **2 severe:**")
    assert "2 severe findings" in words(app)  # in the title
    assert "no problems" not in words(app)
    assert "Speaker 03 has no speech clip of angry" in words(app)
    (kinds,) = [one for one in app.pills if one.key == "quality_kinds"]
    assert [option.split("] ")[-1] for option in kinds.options] == [
        "Same audio 2", "Clipped 1", "Offset 1",
    ]  # fmt: skip
    assert "copy on both sides of a split leaks" in words(app)
    kinds.set_value("duplicate").run()
    found = app.dataframe[0].value
    assert found["clip"].tolist() == [first.name, second.name]
    assert len(app.get("audio")) == 2
    assert app.get("download_button")

    choose(app, "speaker", "02")
    assert "that pass the filters" in words(app)
    assert "severe finding" not in words(app)
    assert app.dataframe[0].value["clip"].unique().tolist() == [f"{NAMES[2]}.wav"]


def test_what_takes_long_is_asked_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_quality, "_CLIP_S", 60.0)
    app = quality(root)
    assert "6 clips take about 6 min" in words(app)
    app.button("quality_check").click().run()
    again(app)
    assert "Nothing odd was found" in app.success[0].value


def test_a_clip_overwritten_by_another_as_long_is_looked_at_again(root: Path) -> None:
    app = quality(root)
    assert "Nothing odd" in app.success[0].value
    second = root / f"{NAMES[1]}.wav"
    silent = np.zeros(soundfile.info(second).frames)
    soundfile.write(second, silent, SAMPLING_RATE)  # of the same length
    reload(app)
    assert app.error[0].value.startswith("1 finding in 6 clips. **1 severe:**")


def test_long_names_are_shown_by_their_ends(tmp_path: Path) -> None:
    folder = tmp_path / "a_folder_with_a_very_long_name_of_its_own"
    folder.mkdir()
    for name in NAMES[:2]:
        soundfile.write(folder / f"{name}.wav", speech_like(1.0, seed=1), SAMPLING_RATE)
    app = quality(tmp_path)
    found = app.dataframe[0].value
    assert found["clip"].tolist() == [f"…/{name}.wav" for name in NAMES[:2]]
    assert found["words"][0] == f"the same sound as …/{NAMES[1]}.wav"
