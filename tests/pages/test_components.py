"""Pieces that pages share: kept values, tasks with a stop, bars, text shown as it is."""

import doctest
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components import live_input, models, tasks
from ser_core import paths
from ser_core.errors import CorpusError
from ser_core.inference import Predictor
from ser_core.jobs.tasks import Progress, TaskSnapshot, runner

APP = Path(__file__).resolve().parents[2] / "app.py"
KEY = "test-panel"


def test_a_model_is_opened_once_until_a_file_of_it_changes() -> None:
    """A voice stage or a card may be written beside the network while the app runs."""
    folder = paths.home() / "models" / "mine"
    shutil.copytree(paths.ASSETS / "models" / "default", folder)
    first = models.predictor("mine")
    assert models.predictor("mine") is first
    (folder / "card.json").write_text(json.dumps({**first.card, "title": "Another"}), "utf-8")
    again = models.predictor("mine")
    assert again is not first
    assert again.card["title"] == "Another"


@pytest.mark.parametrize("module", [live_input, models, tasks], ids=lambda module: module.__name__)
def test_examples_in_docstrings(module: ModuleType) -> None:
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


class TestKeep:
    @staticmethod
    def overtaken() -> None:
        """The browser never sees the first run."""
        import streamlit as st

        from pages.components import state

        state.keep("view", "clips")
        st.segmented_control("View", ["clips", "map"], key="view")
        state.keep("plays", default=True)
        st.toggle("Plays", key="plays")
        if "second" not in st.session_state:
            st.session_state["second"] = True
            st.rerun()

    def test_what_a_widget_shows_arrives_though_the_run_that_set_it_is_overtaken(self) -> None:
        app = AppTest.from_function(self.overtaken).run()
        view, plays = app.button_group[0].proto, app.toggle[0].proto
        assert view.set_value
        assert plays.set_value
        assert plays.value
        app.toggle("plays").set_value(False).run()
        assert not app.toggle("plays").value

    @staticmethod
    def addressed() -> None:
        """An address sets a widget; two runs in a row are overtaken."""
        import streamlit as st

        from pages.components import state

        runs = st.session_state["runs"] = st.session_state.get("runs", 0) + 1
        if runs == 1:
            state.give("view", "map")
        state.keep("view", "clips")
        st.segmented_control("View", ["clips", "map"], key="view")
        if runs < 3:
            st.rerun()

    def test_what_an_address_sets_arrives_though_several_runs_are_overtaken(self) -> None:
        app = AppTest.from_function(self.addressed).run()
        assert app.session_state["view"] == "map"
        assert app.button_group[0].proto.set_value

    @staticmethod
    def script() -> None:
        import streamlit as st

        from pages.components import state

        if st.session_state.get("page", "one") == "one":
            state.keep("choice", "b")
            st.selectbox("Choice", ["a", "b", "c"], key="choice")
        else:
            st.write("another page")

    def test_default_comes_first_and_a_choice_outlives_another_page(self) -> None:
        app = AppTest.from_function(self.script, default_timeout=60).run()
        assert app.selectbox[0].value == "b"
        app.selectbox[0].set_value("c").run()
        app.session_state["page"] = "two"
        app.run()
        assert len(app.selectbox) == 0
        app.session_state["page"] = "one"
        app.run()
        assert app.selectbox[0].value == "c"


class TestTaskPanel:
    @pytest.fixture(autouse=True)
    def stopped(self) -> Iterator[None]:
        yield
        runner().stop(KEY)
        runner().wait(KEY, timeout_s=10)
        runner()._tasks.pop(KEY, None)

    @staticmethod
    def script() -> None:
        from pages.components.tasks import task_panel

        task_panel("test-panel")

    def panel(self) -> AppTest:
        app = AppTest.from_function(self.script, default_timeout=60).run()
        assert not app.exception
        return app

    def test_nothing_is_drawn_without_a_task(self) -> None:
        assert len(self.panel().main) == 0

    def test_running_task_shows_progress_and_can_be_stopped(self) -> None:
        reported = threading.Event()

        def work(progress: Progress) -> None:
            while True:
                progress(30, 120)
                reported.set()

        runner().start(KEY, "Read the clips", work)
        assert reported.wait(10)
        app = self.panel()
        [bar] = app.get("progress")
        assert bar.proto.value == 25
        assert bar.proto.text.startswith("Read the clips · 30 of 120")
        app.button[0].click().run()
        ended = runner().wait(KEY, timeout_s=10)
        assert ended is not None
        assert ended.state == "stopped"
        assert "Read the clips was stopped" in self.panel().info[0].value

    def test_failed_task_says_why(self) -> None:
        def work(_: Progress) -> None:
            raise CorpusError("/gone: no such folder")

        runner().start(KEY, "Read the clips", work)
        runner().wait(KEY, timeout_s=10)
        assert "did not finish: /gone: no such folder" in self.panel().error[0].value

    def test_done_task_says_how_long_it_took(self) -> None:
        runner().start(KEY, "Read the clips", lambda _: 7)
        runner().wait(KEY, timeout_s=10)
        assert self.panel().caption[0].value == "Read the clips: done in 1 s"


def test_progress_tells_the_time_left() -> None:
    snapshot = TaskSnapshot("k", "Make", "running", 5, 10, "", 0.0, 4.0, 75.0, "", None)
    assert tasks.progress_words(snapshot) == "Make · 5 of 10 · about 1 min 15 s left"
    named = replace(snapshot, words="speaker 3")
    assert tasks.progress_words(named) == "Make · speaker 3 · about 1 min 15 s left"


class TestModelCard:
    @staticmethod
    def script() -> None:
        import streamlit as st

        from pages.components import models
        from ser_core.inference import Predictor

        card = {**Predictor.load().card, "clips": 12_345, "seeds": [3, 7]}
        card.pop("untouched_folds", None)
        models.show_card({**card, **st.session_state.get("more", {})})

    def said(self, **more: object) -> str:
        app = AppTest.from_function(self.script, default_timeout=60)
        app.session_state["more"] = more
        app.run()
        assert not app.exception
        return "\n".join(part.value for part in [*app.markdown, *app.caption])

    def test_numbers_are_written_as_on_dataset(self) -> None:
        said = self.said()
        assert "12,345 clips" in said
        assert "Seeds: 3, 7" in said

    def test_validation_speakers_stand_beside_those_tested_on(self) -> None:
        fold = {"test": ["01", "02"], "validation": ["05"], "uar": 0.711, "war": 0.7}
        assert "| 2 | 01, 02 | 05 | 0.71 | 0.70 |" in self.said(folds=[fold, fold])

    def test_folds_that_no_setting_saw_are_told_apart_where_known(self) -> None:
        assert "Settings were chosen" not in self.said()
        said = self.said(untouched_folds={"folds": [4], "uar": 0.5})
        assert "on speakers of the other folds; fold 4 alone: UAR 0.50." in said

    def test_clips_left_out_stand_beside_every_score(self) -> None:
        assert "Left out" not in self.said(left_out={})
        card: dict[str, Any] = {
            "left_out": {"label 'xxx' is not mapped to an emotion": 2_507, "too short": 1},
            "label_map": {"name": "", "map": {"exc": "happy"}, "only_these": False},
        }
        said = self.said(**card).replace("\\", "")
        assert "2,507 clips (label 'xxx' is not mapped to an emotion), 1 clip (too short)" in said
        assert "exc counts as happy" in said
        shipped = Predictor.load().card
        assert models.facts("studio", {**shipped, **card}).endswith(" · 2,508 clips left out")
        assert models.facts("studio", {**shipped, "left_out": {}}).endswith("on unseen speakers")


class TestEmotion:
    @staticmethod
    def script() -> None:
        from pages.components.emotion import show_bars

        show_bars({"angry": 0.1, "<b>odd</b>": 0.7, "neutral": 0.2})
        show_bars({"angry": 0.9, "neutral": 0.2}, label="Recall", ranked=False)

    def test_ranked_by_size_or_in_house_order_and_escaped(self) -> None:
        ranked, plain = AppTest.from_function(self.script, default_timeout=60).run().html
        assert "<b>odd" not in ranked.value
        places = [ranked.value.index(word) for word in ("&lt;b&gt;odd", "Neutral", "Angry")]
        assert places == sorted(places)
        assert plain.value.index("Neutral") < plain.value.index("Angry")
        assert 'aria-label="Recall"' in plain.value


class TestClipView:
    @staticmethod
    def script() -> None:
        import numpy as np

        from pages.components.clip_view import clip_view

        rng = np.random.default_rng(0)
        clip_view(0.1 * rng.standard_normal(16_000).astype(np.float32), 16_000, "one", "noise")

    def test_player_and_picture_are_named_for_screen_readers(self) -> None:
        app = AppTest.from_function(self.script, default_timeout=60).run()
        assert not app.exception
        assert app.get("audio")[0].proto.alt == "Play noise"
        assert "noise" in app.get("plotly_chart")[0].proto.alt

    def test_same_clip_is_encoded_once(self) -> None:
        app = AppTest.from_function(self.script, default_timeout=60).run()
        before = app.session_state["one:wav"]
        app.run()
        assert app.session_state["one:wav"] is before
        assert np.frombuffer(before[1][44:], np.int16).size == 16_000


def test_page_opened_first_by_its_address_runs_inside_the_app() -> None:
    """Streamlit would run the bare page: no page config, no logo, a menu of file names."""
    app = AppTest.from_file(APP, default_timeout=60).switch_page("pages/live.py").run()
    assert app.title[0].value == "Live"
    menu = {str(page["page_name"]) for page in app._registered_pages.values()}
    assert menu >= {"Home", "Dataset", "Live"}


def test_click_in_the_first_session_is_not_lost() -> None:
    """Beginning a run anew would drop what was clicked."""
    app = AppTest.from_file(APP, default_timeout=60).run()
    app.button(key="next_step").click().run()
    assert app.title[0].value == "Live"
