"""An epoch, as the history of a training has it."""

from dataclasses import dataclass, field

_NAN = float("nan")


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training clips came to.

    Attributes:
        loss: mean over the batches, of all that is learned.
        accuracy: of the emotions in the batches, as they were augmented and while it learned.
        learning_rate: in the last step.
        validation_loss: cross-entropy of the emotions of the validation clips, without smoothing.
        validation_recall: of each emotion that occurs in the validation clips.
        validation_confusion: of all emotions; rows are what was acted, columns what was said.
    """

    number: int
    seconds: float
    learning_rate: float
    loss: float
    accuracy: float
    validation_loss: float = _NAN
    validation_accuracy: float = _NAN
    validation_uar: float = _NAN
    validation_recall: dict[str, float] = field(default_factory=dict)
    validation_confusion: list[list[int]] = field(default_factory=list)

    def score(self, monitor: str) -> float:
        """What picks the best epoch; greater is better."""
        if monitor == "last":
            return self.number
        if monitor == "loss":
            return -self.validation_loss
        return self.validation_uar if monitor == "uar" else self.validation_accuracy
