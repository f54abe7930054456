"""What was heard when, as files for tables, programs and Audacity."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ser_core.emotions import order
from ser_core.inference.prediction import Window
from ser_core.inference.streaming import Segment


@dataclass(frozen=True)
class Timeline:
    """What a model heard in a recording; all times in the recording, in seconds."""

    model: str
    duration_s: float
    windows: Sequence[Window]
    segments: Sequence[Segment]

    def speech_s(self) -> float:
        """How long somebody spoke."""
        return sum(one.end_s - one.start_s for one in self.segments)

    def shares(self) -> dict[str, float]:
        """Share of the speech that was heard as each emotion, the largest first."""
        lengths: dict[str, float] = {}
        for one in self.segments:
            lengths[one.emotion] = lengths.get(one.emotion, 0.0) + one.end_s - one.start_s
        in_all = sum(lengths.values())
        return {name: s / in_all for name, s in sorted(lengths.items(), key=lambda each: -each[1])}

    def since(self, start_s: float) -> "Timeline":
        """The part of it that begins at a time, counted from there."""

        def moved(one: Any) -> dict[str, Any]:
            times = {"start_s": one.start_s - start_s, "end_s": one.end_s - start_s}
            return {**vars(one), **times}

        return Timeline(
            self.model,
            self.duration_s - start_s,
            [Window(**moved(one)) for one in self.windows if one.start_s >= start_s],
            [Segment(**moved(one)) for one in self.segments if one.start_s >= start_s],
        )


def to_csv(timelines: Sequence[Timeline]) -> str:
    """One line a segment and model: times, label, how sure, and the probability of every label.

    A label that a model does not have is left empty.
    """
    every = [(whole.model, one) for whole in timelines for one in whole.segments]
    labels = order({label for _, one in every for label in one.probabilities})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["model", "start_s", "end_s", "emotion", "probability", "sure", *labels])
    for model, one in every:
        said = one.probabilities
        shares = [f"{said[label]:.6f}" if label in said else "" for label in labels]
        times = [f"{one.start_s:.3f}", f"{one.end_s:.3f}"]
        writer.writerow([model, *times, one.emotion, f"{said[one.emotion]:.6f}", one.sure, *shares])
    return text.getvalue()


def to_json(timelines: Sequence[Timeline]) -> str:
    """Everything: segments, and the windows from which the course over time is drawn.

    Of several models a list of what each heard.
    """
    found = [
        {
            "model": each.model,
            "duration_s": each.duration_s,
            "speech_s": each.speech_s(),
            "shares": each.shares(),
            "segments": [vars(one) for one in each.segments],
            "windows": [vars(one) for one in each.windows],
        }
        for each in timelines
    ]
    return json.dumps(found if len(found) > 1 else found[0], indent=1)


def to_audacity(timelines: Sequence[Timeline]) -> str:
    """A label track: Audacity reads it with File, Import, Labels. Each label names its model."""
    return "".join(
        f"{one.start_s:.6f}\t{one.end_s:.6f}\t"
        f"{each.model}: {one.emotion} {one.probabilities[one.emotion]:.2f}\n"
        for each in timelines
        for one in each.segments
    )
