"""The Dataset page's map and averages: made in the background, kept, all of it to be heard."""

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from pages.components import (
    average_work,
    balance_charts,
    dataset_address,
    dataset_averages,
    dataset_balance,
    dataset_map,
    dataset_map_points,
    dataset_neighbours,
    map_work,
)
from pages.components.map_work import Method, Wanted
from ser_core.corpora import library
from ser_core.errors import AudioError, ParameterError, TaskCancelled
from ser_core.features import EXTRACTORS
from ser_core.features.store import FeatureStore
from ser_core.jobs.tasks import runner
from tests.conftest import SAMPLING_RATE, speech_like
from tests.pages.dataset.page import again, choose, page, query_of, words

NAMES = [
    f"03-01-{emotion}-01-{statement}-01-{actor}.wav"
    for actor in ("01", "02")
    for emotion in ("04", "05")
    for statement in ("01", "02")
]


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight clips: two speakers, sad and angry, two statements; all of different length."""
    root = tmp_path_factory.mktemp("voices")
    for seed, name in enumerate(NAMES):
        soundfile.write(root / name, speech_like(0.8 + 0.05 * seed, seed), SAMPLING_RATE)
    return root


def clips_of(root: Path) -> pd.DataFrame:
    table = library.cached_table(library.open_folder(root), 60)
    assert table is not None
    return map_work.clips_to_draw(table)


def wanted(name: str = "vector181", method: Method = "PCA", within: bool = False) -> Wanted:
    return Wanted(EXTRACTORS.create(name), method, within)


def silent(done: int, total: int, words: str = "") -> None:
    """Progress that nobody looks at."""


def test_examples_in_docstrings() -> None:
    for module in (balance_charts, dataset_averages, dataset_balance, dataset_neighbours):
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0


class TestMapWork:
    def test_kept_by_content_so_that_the_second_visit_computes_nothing(
        self, voices: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clips = clips_of(voices)
        assert map_work.find(clips, wanted()) is None
        assert map_work.lacking(clips, wanted()) == len(NAMES)
        made = map_work.make(clips, wanted(), silent)
        monkeypatch.setattr(FeatureStore, "fetch", None)
        kept = map_work.find(clips, wanted())
        assert kept is not None
        np.testing.assert_array_equal(kept.points, made.points)
        assert kept.rows.tolist() == list(range(len(NAMES)))
        assert 0 < kept.shares.sum() <= 1 + 1e-9
        assert map_work.find(clips, wanted(within=True)) is None
        assert map_work.find(clips, wanted(method="t-SNE")) is None
        assert map_work.find(clips.iloc[::-1], wanted()) is None

    def test_speakers_differences_can_be_taken_away(self, voices: Path) -> None:
        clips = clips_of(voices)
        made = map_work.make(clips, wanted(within=True), silent)
        for rows in clips.groupby("speaker", observed=True).indices.values():
            np.testing.assert_allclose(made.near[rows].mean(axis=0), 0, atol=1e-4)

    def test_clip_that_cannot_be_used_is_left_out_and_the_map_made(
        self, voices: Path, tmp_path: Path
    ) -> None:
        clips = clips_of(voices)
        broken = tmp_path / "broken.wav"
        broken.write_bytes(b"RIFF" + bytes(range(200)))
        clips.loc[3, "path"] = str(broken)
        clips.loc[5, "path"] = str(tmp_path / "gone.wav")
        made = map_work.make(clips, wanted(), silent)
        assert made.rows.tolist() == [0, 1, 2, 4, 6, 7]
        assert made.points.shape == (6, 2)
        clips["path"] = str(broken)
        with pytest.raises(AudioError, match="two clips"):
            map_work.make(clips, wanted(), silent)

    def test_features_of_uneven_shape_are_refused_in_words(self, voices: Path) -> None:
        with pytest.raises(ParameterError, match="one vector of the same length"):
            map_work.make(clips_of(voices), wanted("mfcc"), silent)

    def test_many_clips_are_sampled_and_those_with_a_problem_left_out(self) -> None:
        table = pd.DataFrame({"clip": np.arange(7000).astype(str), "problems": ""})
        table.loc[:9, "problems"] = "empty file"
        drawn = map_work.clips_to_draw(table)
        assert len(drawn) == 5000
        assert (drawn["problems"] == "").all()
        assert drawn["clip"].equals(map_work.clips_to_draw(table)["clip"])


class TestAverageWork:
    def test_only_what_passes_is_averaged_against_the_speakers_usual_pitch(
        self, voices: Path
    ) -> None:
        clips = clips_of(voices)
        passed = (clips["emotion"] == "angry").to_numpy()
        made = average_work.make(clips, passed, silent)
        assert made.names.tolist() == ["angry"]
        assert (made.clips.tolist(), made.speakers.tolist()) == ([4], [2])
        assert made.spectrograms.shape[:2] == (1, 100)
        assert made.melodies.shape == (1, 4, 100)
        assert clips["emotion"].iloc[int(made.typical[0])] == "angry"
        # The voices glide around one pitch, so their melodies stay within its glide.
        assert np.nanmax(np.abs(made.melodies[0, :3])) < 6
        kept = average_work.find(clips, passed)
        assert kept is not None
        np.testing.assert_array_equal(kept.spectrograms, made.spectrograms)
        assert average_work.find(clips, ~passed) is None

    def test_nobody_known_is_no_speaker(self, voices: Path) -> None:
        clips = clips_of(voices).assign(speaker="")
        made = average_work.make(clips, np.ones(len(clips), bool), silent)
        assert made.speakers.tolist() == [0, 0]
        assert "of all clips, as nobody says who speaks" in dataset_averages._words(clips, 8, False)

    def test_whisper_has_a_spectrogram_and_no_melody(self, tmp_path: Path) -> None:
        noise = np.random.default_rng(0).standard_normal(SAMPLING_RATE) * 0.05
        soundfile.write(tmp_path / NAMES[0], noise, SAMPLING_RATE)
        clips = clips_of(tmp_path)
        made = average_work.make(clips, np.ones(1, bool), silent)
        assert np.isnan(made.melodies[0, :3]).all()
        assert np.isfinite(made.spectrograms).all()

    def test_can_be_stopped_and_goes_on_from_there(self, voices: Path) -> None:
        def stop(done: int, total: int, words: str = "") -> None:
            if words.startswith("averaging"):
                raise TaskCancelled("stopped")

        clips = clips_of(voices)
        with pytest.raises(TaskCancelled):
            average_work.make(clips, np.ones(len(clips), bool), stop)
        assert average_work.lacking(clips) == 0


def view(root: Path, name: str) -> AppTest:
    """The page at one of its views, once what it makes is made."""
    library.open_folder(root)
    app = page()
    app.session_state["dataset_view"] = name
    app.run()
    return again(app)


def selection(*rows: int, lasso: bool = False) -> dict[str, Any]:
    """What a browser reports of points chosen on the map."""
    points = [{"customdata": {"0": row}} for row in rows]
    return {"selection": {"points": points, "box": [], "lasso": [{}] if lasso else []}}


class TestMapView:
    def test_points_are_heard_listed_and_shown_alone(
        self, voices: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = view(voices, "map")
        assert "8 points" in words(app)
        assert "points that are near sound alike" in words(app)
        assert len(app.get("plotly_chart")) == 2  # the map, and the clip in hand
        heard = [one for one in app.button if str(one.key).startswith("map_hear:")]
        assert len(heard) == 5
        assert "speaker 0" in heard[0].label
        heard[0].click().run()
        assert len(app.get("audio")) == 2
        assert not app.exception

        app.selectbox("map_colour").set_value("speaker").run()
        app.selectbox("map_colour").set_value("duration_s").run()
        assert not app.exception

        # A lasso, as the browser would report it: its clips are listed, one click shows only them.
        app.session_state["map_chosen"] = NAMES[:3]
        app.run()
        assert "3 clips caught" in words(app)
        assert list(app.dataframe[0].value["clip"]) == NAMES[:3]
        app.button("map_only").click().run()
        assert app.session_state["dataset_view"] == "clips"
        assert list(app.dataframe[0].value["clip"]) == NAMES[:3]
        assert any(one.label == "3 clips caught on the map" for one in app.button)

        # The address brings them, as long as their names fit in; otherwise it says that it cannot.
        other = page(**query_of(app))
        assert list(other.dataframe[0].value["clip"]) == NAMES[:3]
        assert "Left out" not in words(other)
        monkeypatch.setattr(dataset_address, "_MOST_NAMED", 10)
        app.run()
        assert query_of(app)["caught"] == ["3"]
        assert "the choice of 3 clips on the map" in words(page(**query_of(app)))

    def test_clips_without_features_are_not_said_to_be_sampled(self, voices: Path) -> None:
        clips = clips_of(voices)
        made = map_work.make(clips, wanted(), silent)
        some = dataset_map_points.Drawn(made, clips[:6], np.ones(6, bool), unusable=2)
        facts = dataset_map_points._facts(some, wanted(), clips)
        assert facts.startswith("6 points; 2 clips could not be used. PCA")
        many = pd.concat([clips] * 2)
        facts = dataset_map_points._facts(some, wanted(), many)
        assert "6 points, drawn at random from 16 clips; 2 clips could not be used" in facts

    def test_unknown_speakers_are_left_out_of_a_clips_words(self, voices: Path) -> None:
        clips = clips_of(voices)
        assert "speaker 0" in dataset_map_points._texts(clips)[0]
        assert not any(
            "speaker" in text for text in dataset_map_points._texts(clips.assign(speaker=""))
        )

    def test_a_click_takes_the_clip_and_a_lasso_does_not(
        self, voices: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clips = clips_of(voices)
        made = map_work.make(clips, wanted(), silent)
        drawn = dataset_map_points.Drawn(made, clips, np.ones(len(clips), bool))
        held: dict[str, Any] = {}
        monkeypatch.setattr(dataset_map_points.st, "session_state", held)
        held["map_plot"] = selection(4)
        dataset_map_points._select(drawn)
        assert held["dataset_clip"] == clips["clip"][4]
        held["map_plot"] = selection(6, 2, lasso=True)
        dataset_map_points._select(drawn)
        assert held["dataset_clip"] == clips["clip"][4]
        assert held["map_chosen"] == [clips["clip"][2], clips["clip"][6]]
        held["map_plot"] = selection()
        dataset_map_points._select(drawn)
        assert held["dataset_clip"] == clips["clip"][4]

    def test_long_work_waits_for_a_click_and_filters_make_points_faint(
        self, voices: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dataset_map, "_QUICK_S", 0.0)
        app = view(voices, "map")
        assert "every clip is a point" in words(app)
        assert "features of 8 clips are computed" in words(app)
        assert not [task for task in runner().all() if task.running]
        app.button("map_make").click().run()
        again(app)
        assert "8 points" in words(app)
        choose(app, "emotion", "angry")
        assert "the 4 that the filters leave out are faint" in words(app)

    def test_settings_that_are_refused_say_so(self, voices: Path) -> None:
        app = view(voices, "map")
        app.selectbox("map_features").set_value("functionals:mfcc").run()
        again(app)
        assert "8 points" in words(app)
        app.number_input("map_form:functionals:mfcc:fmax_hz").set_value(9_000.0).run()
        assert not app.exception
        assert "half the sampling rate" in words(app)


class TestAverageView:
    def test_each_emotion_of_the_filter_with_its_size_and_a_typical_clip(
        self, voices: Path
    ) -> None:
        app = view(voices, "averages")
        assert words(app).count("4 clips · 2 speakers") == 2
        assert len(app.get("plotly_chart")) == 2
        app.button("averages_hear:angry").click().run()
        assert len(app.get("audio")) == 1
        choose(app, "emotion", "sad")
        again(app)
        assert len(app.get("plotly_chart")) == 1
        assert not app.exception
