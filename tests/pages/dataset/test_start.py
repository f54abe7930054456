"""The Dataset page before a corpus is open, and with one whose folder is lost."""

import shutil
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from ser_core.corpora import Progress, library, synthetic
from ser_core.jobs.tasks import runner
from tests.pages.dataset.page import (
    CLIPS,
    again,
    choose,
    files,
    opened,
    page,
    reload,
    table,
    words,
    write_clip,
)


class TestStart:
    def test_empty_home_offers_the_demo_and_a_folder(self) -> None:
        app = page()
        assert app.title[0].value == "Dataset"
        assert "Nothing to explore yet" in words(app)
        assert "synthetic" in words(app)
        assert not app.button("dataset_demo").disabled
        assert app.text_input("dataset_path").value == ""
        assert not app.dataframe

    def test_typed_folder_is_read_and_shown(self, clips: Path) -> None:
        app = page()
        app.text_input("dataset_path").set_value(f'"{clips}"')
        open_button(app).click().run()
        again(app)
        assert "6 clips" in words(app)
        assert "3 speakers" in words(app)
        assert "headers read, no problems" in words(app)
        assert len(table(app)) == len(CLIPS)
        assert library.entries()[0].root == clips

    def test_mistyped_folder_is_named_at_once(self) -> None:
        app = page()
        app.text_input("dataset_path").set_value("/no/such/place")
        open_button(app).click().run()
        assert "/no/such/place: no such folder" in words(app)
        assert not app.exception

    def test_folder_without_clips_says_what_was_expected(self, tmp_path: Path) -> None:
        write_clip(tmp_path / "kick.wav", 0.5)
        app = page()
        app.text_input("dataset_path").set_value(str(tmp_path))
        open_button(app).click().run()
        again(app)
        said = "no clip of a known corpus among 1 file; known are"
        assert said in words(app)
        assert "Synthetic demo voices" not in words(app)
        app.button("dataset_dismiss").click().run()
        assert "no RAVDESS clip" not in words(app)
        assert "Nothing to explore yet" in words(app)

    def test_newer_mistake_replaces_what_came_of_the_folder_before(self, tmp_path: Path) -> None:
        write_clip(tmp_path / "kick.wav", 0.5)
        app = page()
        app.text_input("dataset_path").set_value(str(tmp_path))
        open_button(app).click().run()
        again(app)
        assert "did not finish" in words(app)
        app.text_input("dataset_path").set_value(str(tmp_path / "kick.wav"))
        open_button(app).click().run()
        assert "did not finish" not in words(app)
        assert "this is a file; give the folder" in words(app)

    def test_demo_is_made_by_one_click_and_called_synthetic(
        self, synthetic_corpus: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def copy(root: Path, seed: int = 0, progress: Progress | None = None) -> None:
            shutil.copytree(synthetic_corpus, root)

        monkeypatch.setattr(synthetic, "generate", copy)
        app = page()
        app.button("dataset_demo").click().run()
        again(app)
        assert ":violet-badge[synthetic]" in words(app)
        assert "360 clips" in words(app)
        assert "6 speakers" in words(app)

    def test_making_the_demo_can_be_stopped(self) -> None:
        app = page()
        app.button("dataset_demo").click().run()
        app.button("stop:demo corpus").click().run()
        again(app)
        assert "was stopped" in words(app)
        assert not app.button("dataset_demo").disabled
        assert library.entries() == []


def open_button(app: AppTest) -> object:
    (button,) = [one for one in app.button if one.label == "Open folder"]
    return button


class TestFolderInUse:
    def test_slow_folder_is_listed_in_the_background(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(library, "cached_table", lambda *_: None)  # too slow to wait for
        library.open_folder(clips)
        earlier = [task.key for task in runner().all()]  # other tests' tasks, ended in their ways
        app = again(page())
        assert len(table(app)) == len(CLIPS)
        new = [task.state for task in runner().all() if task.key not in earlier]
        assert new == ["done"]

    def test_clips_are_there_before_their_headers(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        library.add("ravdess", clips)
        go_on, read = threading.Event(), library.table

        def slow(*given: object) -> pd.DataFrame:
            assert go_on.wait(60)
            return read(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(library, "table", slow)
        app = page()
        for _ in range(100):
            app.run()
            if any(one.key == "dataset_grid" for one in app.dataframe):
                break
            time.sleep(0.05)
        assert table(app)["duration_s"].isna().all()
        assert "6 clips" in words(app)
        choose(app, "emotion", "angry")
        assert len(files(app)) == 3
        go_on.set()
        again(app)
        assert list(table(app)["duration_s"]) == [0.5, 3.5, 1.5]
        assert not app.slider[0].disabled

    def test_folder_that_vanishes_is_named_and_may_come_back(self, clips: Path) -> None:
        app = opened(clips)
        away = clips.rename(clips.with_name("elsewhere"))
        app.run()
        assert not app.exception
        assert "no such folder" in app.error[0].value
        assert not app.dataframe
        away.rename(clips)
        app.button("dataset_look").click().run()
        assert len(table(app)) == len(CLIPS)

    def test_lost_folder_can_be_taken_off_the_list(self, clips: Path) -> None:
        app = opened(clips)
        shutil.rmtree(clips)
        app.run()
        app.button("dataset_forget_lost").click().run()
        assert "Nothing to explore yet" in words(app)
        assert library.entries() == []

    def test_folder_that_lost_its_clips_says_so(self, clips: Path) -> None:
        app = opened(clips)
        for path in clips.iterdir():
            path.unlink()
        reload(app)
        assert "no RAVDESS clip found" in words(app)
        write_clip(clips / "03-01-03-01-01-01-01.wav", 1.0)
        app.button("dataset_again").click().run()
        again(app)
        assert len(table(app)) == 1

    def test_new_clips_are_found_when_asked(self, clips: Path) -> None:
        app = opened(clips)
        write_clip(clips / "03-01-08-01-01-01-03.wav", 1.0)
        assert len(table(app)) == len(CLIPS)
        reload(app)
        assert len(table(app)) == len(CLIPS) + 1

    def test_rerun_neither_lists_the_folder_nor_opens_its_files(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = opened(clips)

        def forbidden(*_: object) -> None:
            raise AssertionError("the corpus was read again")

        monkeypatch.setattr(library, "cached_table", forbidden)
        monkeypatch.setattr(library, "table", forbidden)
        choose(app, "emotion", "angry")
        assert len(table(app)) == 3

    def test_mistake_in_the_menu_leaves_the_corpus_alone(self, clips: Path) -> None:
        app = opened(clips)
        app.session_state["dataset_menu"] = True
        app.run()
        app.text_input("dataset_path").set_value(str(clips / "no"))
        open_button(app).click().run()
        assert f"{clips / 'no'}: no such folder" in words(app)
        assert len(table(app)) == len(CLIPS)

    def test_demo_that_lost_its_clips_can_be_made_again(
        self, synthetic_corpus: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def copy(root: Path, seed: int = 0, progress: Progress | None = None) -> None:
            shutil.copytree(synthetic_corpus, root)

        monkeypatch.setattr(synthetic, "generate", copy)
        root = library.demo().root
        app = page()
        for clip in root.rglob("*.wav"):
            clip.unlink()
        reload(app)
        app.button("dataset_remake").click().run()
        again(app)
        assert "360 clips" in words(app)

    def test_corpora_opened_before_can_be_turned_to(self, clips: Path, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.mkdir()
        write_clip(other / "03-01-08-01-01-01-03.wav", 1.0)
        library.open_folder(other)
        app = opened(clips)
        app.session_state["dataset_menu"] = True
        app.run()
        (entry,) = [entry for entry in library.entries() if entry.root == other]
        app.radio("dataset_recent").set_value(entry.id).run()
        assert files(app) == ["03-01-08-01-01-01-03.wav"]
