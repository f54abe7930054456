"""What is heard in a recording, and in each stretch of it."""

from dataclasses import dataclass, field

Further = dict[str, float] | float
"""Probabilities of classes such as `female`, or the value of a dimension such as `valence`."""


@dataclass(frozen=True)
class Window:
    """What is heard in one stretch of a recording; times in the recording, in seconds."""

    start_s: float
    end_s: float
    probabilities: dict[str, float]


@dataclass(frozen=True)
class Prediction:
    """What is heard in a whole recording.

    Attributes:
        emotion: the most probable label.
        probabilities: of every label, in house order; they sum to 1.
        windows: the same for each window, in time order.
        duration_s: length of the recording.
        sure: "sure", "fairly sure" or "not sure", from how often the fold models were right at
            such a probability; always "not sure" of a sound too steady to be speech.
        notes: plain sentences about what may be wrong with the recording.
        further: what else the model says, by task: probabilities of classes such as `female`, or
            the value of a dimension such as `valence`.
        versions: where it was heard in changed versions too: the probabilities of each, that of
            the recording as it is first.
    """

    emotion: str
    probabilities: dict[str, float]
    windows: list[Window]
    duration_s: float
    sure: str
    notes: list[str]
    further: dict[str, Further] = field(default_factory=dict)
    versions: list[dict[str, float]] = field(default_factory=list)

    def top(self, n: int = 3) -> list[tuple[str, float]]:
        """The `n` most probable labels with their probabilities."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])[:n]
