"""What a reader of the Dataset page sees and can do, from an empty home to a lost folder."""

import json
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from pages.components import balance_charts, dataset_clips, dataset_facts
from pages.components.dataset_facts import Filters
from ser_core import emotions, figures
from ser_core.corpora import Progress, library, synthetic
from ser_core.jobs.tasks import runner
from tests.test_figures import contrast

APP = Path(__file__).resolve().parents[2] / "app.py"

# Emotion, intensity, statement, actor: three speakers, uneven on purpose.
CLIPS = (
    ("05", "01", "01", "01"),
    ("05", "02", "02", "01"),
    ("03", "01", "01", "01"),
    ("05", "01", "01", "02"),
    ("04", "01", "02", "02"),
    ("03", "02", "01", "03"),
)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Six sound clips with RAVDESS names, each longer than the one before."""
    root = tmp_path / "voices"
    root.mkdir()
    for number, (emotion, intensity, statement, actor) in enumerate(CLIPS):
        write_clip(root / f"03-01-{emotion}-{intensity}-{statement}-01-{actor}.wav", 0.5 + number)
    return root


def write_clip(path: Path, duration_s: float) -> None:
    time_s = np.arange(round(duration_s * 16_000)) / 16_000
    soundfile.write(path, 0.1 * np.sin(2 * np.pi * 220 * time_s), 16_000)


def page(**query: str | list[str]) -> AppTest:
    """The page, reached through the app as a reader does, or by an address."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.run()
    app.query_params.update(query)
    return visit(app, "pages/dataset.py")


def visit(app: AppTest, where: str) -> AppTest:
    app.switch_page(where).run()
    assert not app.exception, app.exception
    return app


def again(app: AppTest) -> AppTest:
    """Let the work in the background end, then let the page draw what came of it.

    That may be more work: a folder that was recognised is then read.
    """
    for _ in range(5):
        for task in runner().all():
            runner().wait(task.key, timeout_s=60)
        app.run()
        assert not app.exception, app.exception
        if not any(task.running for task in runner().all()):
            break
    return app


def opened(root: Path) -> AppTest:
    library.open_folder(root)
    return page()


def words(app: AppTest) -> str:
    """All that is written on the page, without the marks that keep Markdown from styling it."""
    kinds = (app.title, app.markdown, app.caption, app.error, app.warning, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def table(app: AppTest) -> pd.DataFrame:
    return next(one.value for one in app.dataframe if one.key == "dataset_grid")


def files(app: AppTest) -> list[str]:
    return list(table(app)["clip"])


def choose(app: AppTest, column: str, *values: str) -> AppTest:
    """Set the filter of one column."""
    (pills,) = [one for one in app.pills if str(one.key).endswith(f":{column}")]
    pills.set_value(list(values)).run()
    assert not app.exception, app.exception
    return app


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


class TestFilters:
    def test_values_add_up_within_a_column_and_narrow_across(self, clips: Path) -> None:
        app = opened(clips)
        choose(app, "emotion", "angry", "sad")
        assert len(files(app)) == 4
        choose(app, "gender", "female")
        assert files(app) == ["03-01-04-01-02-01-02.wav", "03-01-05-01-01-01-02.wav"]
        assert "2 of 6 clips" in words(app)
        assert "1 of 3 speakers" in words(app)

    def test_every_facet_and_the_duration_filter(self, clips: Path) -> None:
        app = opened(clips)
        choose(app, "speaker", "01")
        choose(app, "intensity", "normal")
        assert len(files(app)) == 2
        app.slider[0].set_value((2.0, 3.0)).run()
        assert files(app) == ["03-01-03-01-01-01-01.wav"]

    def test_filters_outlive_a_page_change(self, clips: Path) -> None:
        app = opened(clips)
        choose(app, "emotion", "happy")
        app.slider[0].set_value((2.0, 3.0)).run()
        visit(app, "pages/home.py")
        visit(app, "pages/dataset.py")
        assert files(app) == ["03-01-03-01-01-01-01.wav"]
        assert app.slider[0].value == (2.0, 3.0)

    def test_clearing_shows_everything(self, clips: Path) -> None:
        app = opened(clips)
        assert app.button("dataset_clear").disabled
        choose(app, "emotion", "happy")
        app.slider[0].set_value((2.0, 3.0)).run()
        app.button("dataset_clear").click().run()
        assert len(files(app)) == len(CLIPS)
        assert app.button("dataset_clear").disabled

    def test_nothing_left_says_so(self, clips: Path) -> None:
        app = opened(clips)
        choose(app, "emotion", "sad")
        choose(app, "gender", "male")
        assert "No clip passes all filters" in words(app)
        assert "0 of 6 clips" in words(app)
        assert "dataset_grid" not in [one.key for one in app.dataframe]

    def test_value_that_vanished_from_the_folder_is_dropped(self, clips: Path) -> None:
        app = opened(clips)
        choose(app, "emotion", "sad")
        next(clips.glob("03-01-04*")).unlink()
        reload(app)
        assert len(files(app)) == len(CLIPS) - 1

    def test_what_does_not_differ_is_not_asked(self, clips: Path) -> None:
        app = opened(clips)
        asked = {str(one.key).rsplit(":", 1)[-1] for one in app.pills}
        assert asked == {"emotion", "speaker", "gender", "intensity", "statement"}


def reload(app: AppTest) -> AppTest:
    """Open the menu of corpora and look for changes."""
    app.session_state["dataset_menu"] = True
    app.run()
    app.button("dataset_reload").click().run()
    return again(app)


class TestAddress:
    def test_says_what_is_shown_and_shows_what_it_says(self, clips: Path) -> None:
        app = opened(clips)
        (entry,) = library.entries()
        assert query_of(app) == {"data": [entry.id], "view": ["clips"]}
        choose(app, "emotion", "angry", "sad")
        choose(app, "gender", "female")
        app.slider[0].set_value((2.0, 4.6)).run()
        query = query_of(app)
        assert query["emotion"] == ["angry", "sad"]
        assert query["duration"] == ["2.0-4.6"]

        other = page(**query)
        assert files(other) == files(app)
        assert "Left out" not in words(other)
        assert query_of(other) == query
        visit(other, "pages/home.py")
        visit(other, "pages/dataset.py")
        assert query_of(other) == query

    def test_what_is_not_there_is_left_out_and_said(self, clips: Path) -> None:
        library.open_folder(clips)
        app = page(
            data="tess-000000000000",
            view="nowhere",
            emotion=["zest", "angry"],
            duration="long",
            problems="maybe",
            fold="1",
            protocol="coin",
            colour="red",
            labels="sour",
            map="happy=hapy",
            says="zzz",
            caught="250",
            clip="gone.wav",
        )
        said = words(app)
        for part in (
            "tess-000000000000",
            "no view “nowhere”",
            "no clip has the emotion “zest”",
            "“long” is no range",
            "not “maybe”",
            "the split cannot be made here",
            "“colour” is no filter",
            "the labels “sour” are not known",
            "“happy=hapy” maps no label",
            "“zzz” is not searched for",
            "the choice of 250 clips on the map",
            "1 clip that the corpus does not have",
        ):
            assert part in said
        assert len(files(app)) == 3
        choose(app, "emotion", "happy")
        assert "Left out" not in words(app)

    @pytest.mark.parametrize("settings", ["[1]", "{", '{"name": "loso"}'])
    def test_settings_that_are_none_are_said_without_our_internals(
        self, clips: Path, settings: str
    ) -> None:
        library.open_folder(clips)
        said = words(page(protocol="loso", fold="1", settings=settings))
        assert f"“{settings}” are no settings of a split" in said

    def test_address_from_another_machine_means_the_corpus_of_that_name(self, clips: Path) -> None:
        library.open_folder(clips)
        app = page(data="ravdess-000000000000", emotion="sad")
        assert files(app) == ["03-01-04-01-02-01-02.wav"]
        assert "Left out" not in words(app)

    def test_labels_of_the_address_are_said_and_can_be_taken_over(self, clips: Path) -> None:
        entry = library.set_labels(library.open_folder(clips), "", {"happy": "excited"})
        app = page()
        as_published = {"data": [entry.id], "view": ["clips"]}
        assert query_of(app) == {**as_published, "map": ["happy=excited"]}
        choose(app, "emotion", "excited")
        query = query_of(app)

        library.set_labels(entry, "", {})
        other = page(**query)
        assert "other labels: happy → Excited. Here they are as published" in words(other)
        assert "no clip has the emotion “excited”" in words(other)
        other.button("labels_offered").click().run()
        assert not other.exception
        assert len(files(other)) == 2
        assert "other labels" not in words(other)
        assert query_of(other) == query

        third = page(**as_published)
        assert "other labels: as published. Here they are happy → Excited" in words(third)
        choose(third, "emotion", "sad")
        assert "other labels" not in words(third)

    def test_browsers_back_is_followed_and_a_late_click_is_not_undone(self, clips: Path) -> None:
        app = opened(clips)
        before = query_of(app)
        choose(app, "emotion", "sad")
        set_query(app, before)
        app.run()
        assert len(files(app)) == len(CLIPS)
        (pills,) = [one for one in app.pills if str(one.key).endswith(":emotion")]
        choose(app, "gender", "female")
        set_query(app, before)  # the click below was made before the browser had the new address
        (pills,) = [one for one in app.pills if str(one.key).endswith(":emotion")]
        pills.set_value(["sad"]).run()
        assert files(app) == ["03-01-04-01-02-01-02.wav"]

    def test_part_of_a_split_is_a_filter(self, clips: Path) -> None:
        library.open_folder(clips)
        app = page(protocol="loso", fold="1", part="test")
        assert "Left out" not in words(app)
        speakers = set(table(app)["speaker"])
        assert len(speakers) == 1
        (parts,) = [one for one in app.segmented_control if str(one.key).endswith(":part")]
        parts.set_value("train").run()
        assert query_of(app)["part"] == ["train"]
        assert set(table(app)["speaker"]).isdisjoint(speakers)


def query_of(app: AppTest) -> dict[str, list[str]]:
    found = app.query_params
    return {name: [some] if isinstance(some, str) else list(some) for name, some in found.items()}


def set_query(app: AppTest, query: dict[str, list[str]]) -> None:
    app.query_params.clear()
    app.query_params.update(query)


class TestChips:
    def test_each_filter_is_taken_off_alone_and_comes_back(self, clips: Path) -> None:
        app = opened(clips)
        choose(app, "emotion", "angry", "sad")
        choose(app, "gender", "female")
        chips = {one.label: one for one in app.button if str(one.key).startswith("dataset_chip")}
        assert list(chips) == ["Angry", "Sad", "female"]
        assert opener_count(app) == 3
        chips["female"].click().run()
        assert len(files(app)) == 4
        app.button("dataset_back").click().run()
        assert len(files(app)) == 2
        assert query_of(app)["gender"] == ["female"]

    def test_two_corpora_can_be_told_apart(self, clips: Path, tmp_path: Path) -> None:
        other = tmp_path / "crema"
        other.mkdir()
        write_clip(other / "1001_DFA_ANG_XX.wav", 1.0)
        library.add_combined([library.open_folder(clips), library.open_folder(other)])
        app = page()
        choose(app, "corpus", "crema_d")
        assert files(app) == ["crema_d/1001_DFA_ANG_XX.wav"]
        assert "CREMA-D" in [one.label for one in app.button]


def opener_count(app: AppTest) -> int:
    """What the button that opens the filters on a phone says is on."""
    (opener,) = [one for one in app.get("bidi_component") if "filters_opener" in one.proto.id]
    count: int = json.loads(opener.proto.json)["count"]
    return count


class TestBalance:
    def test_heatmap_names_every_emotion_in_line_with_the_bars(self, clips: Path) -> None:
        app = opened(clips)
        bars, grid = (json.loads(one.proto.spec)["layout"] for one in app.get("plotly_chart")[:2])
        for layout in (bars, grid):
            assert layout["yaxis"]["dtick"] == 1
        assert bars["height"] == grid["height"]
        assert bars["margin"]["b"] == grid["margin"]["b"]
        # Plotly would make room for marks at the edges, and the rows would stand out of line.
        assert grid["yaxis"]["range"] == [2.5, -0.5]
        assert grid["yaxis"]["autorange"] is False

    def test_nothing_is_drawn_anew_while_the_numbers_are_the_same(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = opened(clips)
        for name in ("count_bars", "heatmap", "duration_figure", "clip_figure", "template"):
            monkeypatch.delattr(figures, name)
        monkeypatch.setattr("ser_core.figures.finishing.template", None)
        app.run()
        assert not app.exception
        assert len(app.get("plotly_chart")) == 4

    @pytest.mark.parametrize("dark", [False, True])
    def test_counts_can_be_read_on_every_cell(self, dark: bool) -> None:
        template = figures.template(dark)
        scale = template.data.heatmap[0].colorscale
        for share in np.linspace(0, balance_charts.FULLEST, 10):
            assert contrast(between(scale, share), template.layout.font.color) >= 4.5


def between(scale: Sequence[tuple[float, str]], share: float) -> str:
    """The colour at a share of a scale of "#RRGGBB"."""
    places = [place for place, _ in scale]
    parts = np.array([[int(name[at : at + 2], 16) for at in (1, 3, 5)] for _, name in scale])
    mixed = [round(float(np.interp(share, places, part))) for part in parts.T]
    return "#{:02X}{:02X}{:02X}".format(*mixed)


class TestLongTable:
    def test_all_rows_are_sorted_and_the_page_follows_the_choice(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dataset_clips, "PAGE_ROWS", 2)
        app = opened(clips)
        assert len(files(app)) == 3  # and a row of the page after
        whole = list(library.table(library.entries()[0])["clip"])
        app.session_state["dataset_clip"] = whole[3]
        app.run()
        assert files(app) == whole[1:5]
        assert "3–4 of 6" in words(app)
        app.session_state["dataset_sort"] = ("duration_s", True)
        app.session_state["dataset_clip"] = ""
        app.run()
        assert list(table(app)["duration_s"]) == [5.5, 4.5, 3.5]

    def test_rows_are_sorted_as_the_filters_list_them(self) -> None:
        few = dataset_facts.compact(
            pd.DataFrame(
                {
                    **dict.fromkeys(dataset_facts.FACETS, ""),
                    "emotion": ["sad", "angry", "neutral"],
                    "speaker": ["s10", "", "s2"],
                    "clip": ["b", "c", "a"],
                    "problems": ["", "empty", ""],
                    "duration_s": [2.0, np.nan, 1.0],
                }
            )
        )

        def rows(column: str, downwards: bool = False) -> list[int]:
            return list(dataset_clips.sorted_rows(few, column, downwards))

        assert rows("emotion") == [2, 0, 1]
        assert rows("speaker") == [2, 0, 1]
        assert rows("speaker", downwards=True) == [0, 2, 1]  # not given stays last
        assert rows("clip", downwards=True) == [1, 0, 2]
        assert rows("duration_s") == [2, 0, 1]
        assert rows("problems") == [1, 0, 2]


class TestClip:
    def test_first_clip_is_ready_and_a_choice_is_followed(self, clips: Path) -> None:
        app = opened(clips)
        assert "03-01-03-01-01-01-01.wav · 2.50 s · 16 kHz" in words(app)
        app.session_state["dataset_clip"] = "03-01-04-01-02-01-02.wav"
        app.run()
        assert "03-01-04-01-02-01-02.wav · 4.50 s · 16 kHz" in words(app)
        assert app.session_state["dataset_grid"]["selection"]["cells"] == [[2, "emotion"]]

    def test_choice_stays_with_its_clip_when_rows_move(self, clips: Path) -> None:
        app = opened(clips)
        app.session_state["dataset_clip"] = "03-01-05-01-01-01-02.wav"
        choose(app, "emotion", "angry")
        assert "03-01-05-01-01-01-02.wav · " in words(app)
        assert app.session_state["dataset_grid"]["selection"]["cells"] == [[1, "emotion"]]
        choose(app, "emotion", "happy")
        assert "03-01-03-01-01-01-01.wav · " in words(app)

    def test_corrupt_clip_is_a_sentence_not_a_traceback(self, clips: Path) -> None:
        broken = clips / "03-01-06-01-01-01-02.wav"
        broken.write_bytes(b"RIFF" + bytes(range(256)))
        app = opened(clips)
        assert "1 problem" in words(app)
        app.session_state["dataset_clip"] = broken.name
        app.run()
        assert not app.exception
        assert "not readable as audio" in app.error[0].value
        assert "Training leaves this clip out" in app.error[0].value

    def test_clip_deleted_since_is_a_sentence_not_a_traceback(self, clips: Path) -> None:
        app = opened(clips)
        (clips / "03-01-03-01-01-01-01.wav").unlink()
        app.run()
        assert not app.exception
        assert "no such file" in app.error[0].value

    def test_problems_are_listed_with_their_sentences(self, clips: Path) -> None:
        (clips / "03-01-06-01-01-01-02.wav").write_bytes(b"")
        write_clip(clips / "03-01-07-01-01-01-02.wav", 0.1)
        app = opened(clips)
        listed = app.dataframe[1].value.set_index("clip")["problems"]
        assert listed["03-01-06-01-01-01-02.wav"] == "empty file"
        assert "too short: 0.10 s" in listed["03-01-07-01-01-01-02.wav"]
        app.button("dataset_show_problems").click().run()
        assert files(app) == ["03-01-06-01-01-01-02.wav", "03-01-07-01-01-01-02.wav"]
        app.session_state["dataset_view"] = "balance"
        app.run()
        assert "Counted with 2 clips that training leaves out: a problem." in words(app)


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


class TestFacts:
    def test_unknown_speakers_are_not_counted_as_none(self, clips: Path) -> None:
        found = dataset_facts.compact(library.table(library.open_folder(clips)))
        assert dataset_facts.facts(found, found) == ["6 clips", "3 speakers", "18.0 s"]
        nobody = found.assign(speaker="")
        assert dataset_facts.facts(nobody, nobody)[1] == "speakers unknown"
        some = pd.concat([found] * 3, ignore_index=True)
        some["speaker"] = [f"{row:02}" for row in range(18)]
        assert dataset_facts.facts(some, some[:1])[:2] == ["1 of 18 clips", "1 of 18 speakers"]

    def test_durations_are_counted_in_round_steps(self) -> None:
        some = pd.DataFrame({"duration_s": [0.31, 0.3, 2.0, np.nan, 1.0], "emotion": "sad"})
        some.loc[4, "emotion"] = "angry"
        found = some.astype({"emotion": "category"})
        edges, counts = dataset_facts.duration_counts(found, ["sad", "angry"])
        np.testing.assert_allclose(edges, np.arange(0.3, 2.15, 0.1))
        assert list(np.flatnonzero(counts["sad"])) == [0, 17]
        assert counts["sad"][0] == 2
        assert list(np.flatnonzero(counts["angry"])) == [7]
        assert sum(int(one.sum()) for one in counts.values()) == 4
        none = found.assign(duration_s=np.nan)
        assert dataset_facts.duration_counts(none, ["sad"])[0].size == 0

    def test_balance_names_the_rarest_and_who_lacks_what(self, clips: Path) -> None:
        found = library.table(library.open_folder(clips))
        names = ["happy", "sad", "angry", "calm"]
        crossed = dataset_facts.class_by_speaker(dataset_facts.compact(found), names)
        assert crossed.to_dict("index") == {
            "happy": {"01": 1, "02": 0, "03": 1},
            "sad": {"01": 0, "02": 1, "03": 0},
            "angry": {"01": 2, "02": 1, "03": 0},
            "calm": {"01": 0, "02": 0, "03": 0},
        }
        assert dataset_facts.balance(10 * crossed) == (
            "Sad is rarest with 10 clips; the commonest emotion has 3.0 times as many. "
            "3 of 3 speakers lack some emotion."
        )

    def test_balance_counts_neither_unmapped_clips_nor_unknown_speakers(self) -> None:
        crossed = pd.DataFrame({"01": [20, 21, 90], "": [20, 21, 90]}, index=["sad", "angry", ""])
        even = "All emotions have about as many clips."
        assert dataset_facts.balance(crossed) == f"{even} Every known speaker has every emotion."
        assert dataset_facts.balance(crossed[["01"]]) == f"{even} Every speaker has every emotion."
        assert dataset_facts.balance(crossed[[""]]) == f"{even} Nobody says who speaks."
        assert dataset_facts.balance(crossed.loc[["sad", ""]]) == ""
        crossed.loc["sad", "01"] = 0
        assert dataset_facts.balance(crossed).endswith("1 of 1 known speaker lacks some emotion.")

    def test_clips_without_an_emotion_are_called_the_same_in_filters_and_charts(self) -> None:
        assert dataset_facts.word("emotion", "") == emotions.title("") == "Not mapped"
        assert dataset_facts.word("speaker", "") == dataset_facts.NOT_GIVEN

    def test_clips_of_one_length_are_remarked_on(self) -> None:
        rng = np.random.default_rng(0)
        natural = pd.DataFrame(
            {
                "duration_s": rng.uniform(3, 5, 60),
                "channel": "speech",
                "problems": "",
                "sampling_rate": 48_000,
            }
        )
        assert dataset_facts.remarks(natural) == []
        cut = natural.assign(duration_s=natural["duration_s"].clip(upper=3.5), sampling_rate=16_000)
        cut.loc[:2, "sampling_rate"] = 44_100
        lengths, rates = dataset_facts.remarks(cut)
        assert "speech clips last exactly 3.500 s" in lengths
        assert rates == "Sampling rates differ: most clips have 16 kHz, 3 clips another."

    def test_remark_on_song_goes_when_only_speech_is_shown(self) -> None:
        rng = np.random.default_rng(0)
        lengths = np.r_[rng.uniform(3, 5, 30), np.full(30, 4.0)]
        mixed = pd.DataFrame(
            {
                "duration_s": lengths,
                "channel": ["speech"] * 30 + ["song"] * 30,
                "problems": "",
                "sampling_rate": [48_000] * 30 + [44_100] * 30,
            }
        )
        assert len(dataset_facts.remarks(mixed, mixed)) == 2
        speech, song = mixed.iloc[:30], mixed.iloc[30:]
        assert dataset_facts.remarks(mixed, speech) == []
        (cut,) = dataset_facts.remarks(mixed, song)
        assert "song clips last exactly 4.000 s" in cut

    def test_speakers_are_in_counting_order(self) -> None:
        speakers = pd.DataFrame({"speaker": ["s10", "s2", "", "s1"]})
        assert dataset_facts.choices(speakers, "speaker") == ["s1", "s2", "s10", ""]

    def test_no_filter_returns_the_table_itself(self, clips: Path) -> None:
        found = library.table(library.open_folder(clips))
        assert Filters().apply(found) is found


def test_real_corpus_is_shown_whole(ravdess: Path) -> None:
    app = opened(ravdess)
    clips = len(list(ravdess.rglob("03-0[12]-*.*")))
    assert f"{clips:,} clips" in words(app)
    assert len(table(app)) == clips
    choose(app, "emotion", "angry")
    choose(app, "channel", "speech")
    assert set(table(app)["speaker"]) == set(library.table(library.entries()[0])["speaker"])


def test_hundred_thousand_clips_are_counted_and_filtered(
    clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = library.table(library.open_folder(clips))
    many = pd.concat([few] * 16_667, ignore_index=True).iloc[:100_000]
    many["speaker"] = (many.index // 100).astype(str)
    many["clip"] = many.index.astype(str) + ".wav"
    monkeypatch.setattr(library, "cached_table", lambda *_: many)
    app = page()
    assert "100,000 clips" in words(app)
    choose(app, "emotion", "sad")
    assert f"{(many['emotion'] == 'sad').sum():,} of 100,000 clips" in words(app)
    assert len(table(app)) == dataset_clips.PAGE_ROWS + 1  # and a row of the page after
