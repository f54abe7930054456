"""Features in the Dataset page's inspector: drawn for the clip in hand, extracted, cleared."""

import doctest
import importlib.util
import shlex
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components import feature_extraction, feature_storage, feature_words
from ser_core.__main__ import main
from ser_core.errors import AudioError
from ser_core.features import EXTRACTORS
from ser_core.features.store import FeatureStore, Request
from ser_core.jobs.tasks import runner
from tests.pages.dataset.page import again, opened, visit, words, write_clip

PICTURES = 4  # two charts of the corpus and the clip's own


@pytest.mark.parametrize("module", [feature_words, feature_extraction])
def test_examples_in_docstrings(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def shown(root: Path, extractor: str = "mfcc") -> AppTest:
    """The page with the features of the first clip."""
    app = opened(root)
    app.session_state["features_how"] = "One in detail"
    app.toggle("features_open").set_value(True).run()
    app.selectbox("features_extractor").set_value(extractor).run()
    assert not app.exception, app.exception
    return app


def setting(app: AppTest, name: str, extractor: str = "mfcc") -> Any:
    return app.number_input(f"features_form:{extractor}:{name}")


def pictures(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def array(app: AppTest) -> Any:
    return app.session_state["dataset:features"][1].features


class TestView:
    def test_nothing_is_computed_until_it_is_asked_for(self, clips: Path) -> None:
        app = opened(clips)
        assert not app.toggle("features_open").value
        assert pictures(app) == PICTURES
        assert "dataset:features" not in app.session_state

    def test_shows_what_the_extractor_makes_of_the_clip(self, clips: Path) -> None:
        app = shown(clips)
        assert pictures(app) == PICTURES + 1
        assert "79 frames × 40 values · every 32 ms · computed in" in words(app)
        assert "The shape of the spectrum in few numbers" in words(app)
        assert array(app).shape == (79, 40)

    def test_every_extractor_is_drawn_or_says_what_it_lacks(self, clips: Path) -> None:
        app = shown(clips)
        for name in EXTRACTORS.names():
            app.selectbox("features_extractor").set_value(name).run()
            assert not app.exception, name
            assert pictures(app) == PICTURES + 1 or app.warning, name

    def test_settings_are_drawn_and_stay_with_the_next_clip_and_page(self, clips: Path) -> None:
        app = shown(clips)
        setting(app, "n_mfcc").set_value(13).run()
        assert array(app).shape == (79, 13)
        app.session_state["dataset_clip"] = "03-01-04-01-02-01-02.wav"
        app.run()
        assert array(app).shape == (141, 13)
        visit(app, "pages/home.py")
        visit(app, "pages/dataset.py")
        assert app.toggle("features_open").value
        assert app.selectbox("features_extractor").value == "mfcc"
        assert array(app).shape == (141, 13)

    def test_computed_once_while_the_same_is_shown(self, clips: Path) -> None:
        app = shown(clips)
        before = array(app)
        app.run()
        assert array(app) is before

    def test_refused_settings_keep_the_picture_and_say_what_to_change(self, clips: Path) -> None:
        app = shown(clips)
        setting(app, "fmax_hz").set_value(9_000.0).run()
        assert not app.exception
        said = words(app)
        assert "fmin_hz < fmax_hz <= half the sampling rate (8000 Hz)" in said
        assert "The picture shows the last settings that work" in said
        assert pictures(app) == PICTURES + 1
        app.button("features_form:mfcc:reset").click().run()
        assert not app.warning
        assert setting(app, "fmax_hz").value == 8_000

    def test_features_of_ones_own_are_asked_for_in_words(self, clips: Path) -> None:
        app = shown(clips, "precomputed")
        assert "a folder or CSV with your features is needed" in words(app)
        assert pictures(app) == PICTURES
        folder = clips.parent / "own"
        folder.mkdir()
        np.save(folder / "03-01-03-01-01-01-01.npy", np.arange(5.0))
        app.text_input("features_form:precomputed:path").set_value(str(folder)).run()
        assert not app.exception
        assert "5 values" in words(app)
        app.session_state["dataset_clip"] = "03-01-04-01-02-01-02.wav"
        app.run()
        assert not app.exception
        assert "03-01-04-01-02-01-02" in app.warning[0].value

    @pytest.mark.skipif(
        importlib.util.find_spec("opensmile") is not None, reason="opensmile is installed"
    )
    def test_missing_package_is_named_with_its_licence(self, clips: Path) -> None:
        app = shown(clips, "opensmile")
        assert "opensmile" in app.warning[0].value
        assert "audEERING Research License" in app.warning[0].value

    def test_clip_without_sound_has_no_features(self, clips: Path) -> None:
        (clips / "03-01-03-01-01-01-01.wav").write_bytes(b"")
        app = opened(clips)
        assert not [one for one in app.toggle if one.key == "features_open"]

    @pytest.mark.parametrize(
        ("extractor", "changed"),
        [("mfcc", {"n_mfcc": 13, "fmin_hz": 50.0}), ("functionals", {"frames": "rms"})],
    )
    def test_command_line_gives_the_same_array(
        self, extractor: str, changed: dict[str, Any], clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = shown(clips, extractor)
        for name, value in changed.items():
            widget = app.selectbox if isinstance(value, str) else app.number_input
            widget(f"features_form:{extractor}:{name}").set_value(value).run()
        [line] = [code.value for code in app.code if "extract" in code.value]
        python, _, module, *arguments = shlex.split(line)
        assert (python, module) == ("python", "ser_core")
        monkeypatch.chdir(clips)
        main(arguments)
        np.testing.assert_array_equal(np.load(arguments[-1]), array(app))


def extract(app: AppTest) -> AppTest:
    app.button("features_extract").click().run()
    return again(app)


def endless(store: FeatureStore, files: Any, requests: Any, progress: Any) -> None:
    while True:
        progress(1, 6)


def storage(app: AppTest) -> list[str]:
    """Labels of what is on disk."""
    return [one.label for one in app.expander if one.label.startswith("Features on disk")]


class TestAllClips:
    def test_second_time_only_reads(self, clips: Path) -> None:
        app = shown(clips)
        assert app.button("features_extract").label == "Extract for 6 clips"
        assert storage(app) == []
        extract(app)
        assert "Features of 6 clips on disk" in words(app)
        assert "From now on they are only read" in words(app)
        extract(app)
        assert "All were there, and only read" in words(app)
        app.button("features_dismiss").click().run()
        assert "All were there" not in words(app)
        paths = sorted(clips.glob("*.wav"))
        assert FeatureStore().count(paths, Request(EXTRACTORS.create("mfcc"))) == len(paths)

    def test_clips_with_problems_are_left_out_and_counted(self, clips: Path) -> None:
        write_clip(clips / "03-01-07-01-01-01-02.wav", 0.1)
        app = shown(clips)
        assert app.button("features_extract").label == "Extract for 6 clips"
        next(clips.glob("03-01-04*")).write_bytes(b"changed since the folder was read")
        extract(app)
        said = words(app)
        assert "Features of 5 clips on disk" in said
        assert "Left out: 2 clips with a problem" in said
        assert "03-01-04" in said

    def test_it_can_be_stopped(self, clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        app = shown(clips)
        monkeypatch.setattr(FeatureStore, "fetch", endless)
        app.button("features_extract").click().run()
        assert app.button("features_extract").disabled
        (stop,) = [one for one in app.button if str(one.key).startswith("stop:features:")]
        stop.click().run()
        again(app)
        assert "MFCC of 6 clips was stopped" in words(app)
        assert "What was finished is kept" in words(app)
        assert not app.button("features_extract").disabled

    def test_what_goes_wrong_is_said(self, clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(store: FeatureStore, files: Any, requests: Any, progress: Any) -> None:
            raise AudioError("the first clip: not a sound")

        app = shown(clips)
        monkeypatch.setattr(FeatureStore, "fetch", full)
        extract(app)
        assert "did not finish: the first clip: not a sound" in words(app)


class TestStorage:
    def test_says_what_is_kept_and_clears_one_or_all(self, clips: Path) -> None:
        app = extract(shown(clips))
        setting(app, "n_mfcc").set_value(13).run()
        extract(app)
        [label] = storage(app)
        assert label.endswith(" kB")
        app.session_state["features_on_disk"] = True
        app.run()
        assert "**MFCC** · 6 clips" in words(app)
        assert "**MFCC** · n_mfcc 13 · 6 clips" in words(app)
        first, second = FeatureStore().kept()
        app.button(f"features_clear:{first.key}").click().run()
        assert [part.key for part in FeatureStore().kept()] == [second.key]
        assert "**MFCC** · 6 clips" not in words(app)
        app.button("features_clear_all").click().run()
        assert FeatureStore().kept() == []
        assert storage(app) == []

    def test_nothing_is_cleared_while_it_is_written(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = extract(shown(clips))
        app.session_state["features_on_disk"] = True
        monkeypatch.setattr(FeatureStore, "fetch", endless)
        app.button("features_extract").click().run()
        (kept,) = FeatureStore().kept()
        assert app.button(f"features_clear:{kept.key}").disabled
        runner().stop(app.session_state["features_task"])
        again(app)
        assert not app.button(f"features_clear:{kept.key}").disabled

    def test_a_slow_disk_does_not_hold_the_page(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = extract(shown(clips))
        go_on = threading.Event()
        kept = FeatureStore.kept

        def slow(store: FeatureStore) -> Any:
            go_on.wait(30)
            return kept(store)

        monkeypatch.setattr(FeatureStore, "kept", slow)
        feature_storage.look_again()
        app.run()
        assert "Features on disk: counting" in words(app)
        go_on.set()
        again(app)
        assert len(storage(app)) == 1
