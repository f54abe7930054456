"""What is chosen on the Dataset page, and how its address keeps it."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ser_core.corpora import library
from tests.pages.dataset.page import (
    CLIPS,
    choose,
    files,
    opened,
    page,
    query_of,
    reload,
    set_query,
    table,
    visit,
    words,
    write_clip,
)


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
