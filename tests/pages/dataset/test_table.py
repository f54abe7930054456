"""The balance, the table and the clip in hand of the Dataset page."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pages.components import balance_charts, dataset_clips, dataset_facts
from ser_core import figures
from ser_core.corpora import library
from tests.pages.dataset.page import (
    choose,
    files,
    opened,
    table,
    words,
    write_clip,
)
from tests.test_figures import contrast


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
        for name in ("count_bars", "heatmap", "duration_figure", "clip_figure", "themed"):
            monkeypatch.delattr(figures, name)
        monkeypatch.setattr("ser_core.figures.finishing.themed", None)
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
