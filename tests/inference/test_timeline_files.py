"""What was heard when, as other programs read it."""

import csv
import io
import json
from dataclasses import replace

import pytest

from ser_core.inference import Segment, Window
from ser_core.inference.timeline_files import Timeline, to_audacity, to_csv, to_json


@pytest.fixture
def timeline() -> Timeline:
    calm, angry = {"calm": 0.75, "angry": 0.25}, {"calm": 0.1, "angry": 0.9}
    segments = [
        Segment(0.5, 2.5, "calm", calm, "fairly sure"),
        Segment(3.0, 9.0, "angry", angry, "sure"),
    ]
    return Timeline("default", 10.0, [Window(0.5, 1.5, calm), Window(3.0, 6.0, angry)], segments)


def test_table_has_a_line_for_each_segment(timeline: Timeline) -> None:
    first, second = csv.DictReader(io.StringIO(to_csv([timeline])))
    assert (first["start_s"], first["end_s"], first["emotion"]) == ("0.500", "2.500", "calm")
    assert float(second["probability"]) == float(second["angry"]) == 0.9
    assert second["sure"] == "sure"


def test_json_has_all_of_it(timeline: Timeline) -> None:
    read = json.loads(to_json([timeline]))
    assert read["shares"] == {"angry": 0.75, "calm": 0.25}
    assert read["speech_s"] == 8
    assert read["segments"][1] == vars(timeline.segments[1])
    assert read["windows"][0] == vars(timeline.windows[0])


def test_audacity_reads_start_end_and_label(timeline: Timeline) -> None:
    assert to_audacity([timeline]) == (
        "0.500000\t2.500000\tdefault: calm 0.75\n3.000000\t9.000000\tdefault: angry 0.90\n"
    )


def test_files_of_several_models_say_whose_each_line_is(timeline: Timeline) -> None:
    other = replace(
        timeline, model="mine", segments=[Segment(0.5, 2.5, "bored", {"bored": 1.0}, "sure")]
    )
    rows = [*csv.DictReader(io.StringIO(to_csv([timeline, other])))]
    assert [row["model"] for row in rows] == ["default", "default", "mine"]
    assert (rows[0]["bored"], rows[2]["calm"], float(rows[2]["bored"])) == ("", "", 1.0)
    assert [each["model"] for each in json.loads(to_json([timeline, other]))] == ["default", "mine"]
    assert to_audacity([timeline, other]).endswith("\tmine: bored 1.00\n")


def test_nothing_heard_gives_files_without_segments() -> None:
    empty = Timeline("default", 3.0, [], [])
    assert to_audacity([empty]) == ""
    assert to_csv([empty]) == "model,start_s,end_s,emotion,probability,sure\n"
    assert json.loads(to_json([empty]))["shares"] == {}


def test_a_later_part_counts_from_its_own_start(timeline: Timeline) -> None:
    part = timeline.since(2.0)
    assert part.duration_s == 8
    assert [(one.start_s, one.end_s) for one in part.segments] == [(1, 7)]
    assert [(one.start_s, one.end_s) for one in part.windows] == [(1, 4)]
