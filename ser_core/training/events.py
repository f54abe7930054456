"""What training tells of itself while it goes on: one small JSON document for each thing.

The command line prints `words(event)`; a job writes events to a file, a line each, from which they
are read back by whoever follows it. Importing this imports no Keras.
"""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, TypeAdapter, ValidationError

from ser_core.errors import ParameterError


class _Event(BaseModel):
    """Fields that are not known are passed over: a newer version may have written them."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Message(_Event):
    """Something to be read by people only."""

    kind: Literal["message"] = "message"
    words: str


class FeaturesMade(_Event):
    """How many clips' features are there."""

    kind: Literal["features"] = "features"
    done: int
    total: int
    doing: str = ""


class FoldStarted(_Event):
    """A network begins to learn.

    Attributes:
        fold: its number, from 1; 0 is the final model, which learns from every clip.
        folds: how many there are.
        name: of the fold, where the protocol gives it one.
        from_epoch: the last one that an interrupted run had finished; 0 at the beginning.
    """

    kind: Literal["fold_started"] = "fold_started"
    fold: int
    folds: int
    name: str = ""
    from_epoch: int = 0


class BatchDone(_Event):
    """How far an epoch is, at most twice a second; batches are counted from 1."""

    kind: Literal["batch"] = "batch"
    fold: int
    epoch: int
    batch: int
    batches: int


class EpochDone(_Event):
    """An epoch is over, and can be taken up from.

    Attributes:
        epochs: as many as there will be at most.
        scores: `accuracy` while it learned, and `validation_loss`, `validation_accuracy` and
            `validation_uar`, as far as there are validation clips.
        recall: of each emotion that occurs in the validation clips.
        confusion: of the validation clips; rows are what was acted, columns what was said.
        labels: of rows and columns.
        eta_s: seconds to the end of the last fold, should no epoch be saved.
        again: an interrupted run had finished it; told again for those who have not heard of it,
            because whoever finished it may have ended before it was told.
    """

    kind: Literal["epoch"] = "epoch"
    fold: int
    folds: int
    epoch: int
    epochs: int
    loss: float
    scores: dict[str, float] = {}
    recall: dict[str, float] = {}
    confusion: list[list[int]] = []
    labels: list[str] = []
    seconds: float
    eta_s: float
    learning_rate: float
    again: bool = False


class FoldFinished(_Event):
    """A fold's test clips are scored."""

    kind: Literal["fold_finished"] = "fold_finished"
    fold: int
    folds: int
    uar: float
    war: float
    best_epoch: int = 0


class RunStarted(_Event):
    """The run store knows the run."""

    kind: Literal["run_started"] = "run_started"
    run_id: str


class ModelSaved(_Event):
    """A model can be used."""

    kind: Literal["model_saved"] = "model_saved"
    name: str
    folder: str = ""


class Finished(_Event):
    """The run is over and its scores are kept."""

    kind: Literal["finished"] = "finished"
    run_id: str


Event = (
    Message
    | FeaturesMade
    | FoldStarted
    | BatchDone
    | EpochDone
    | FoldFinished
    | RunStarted
    | ModelSaved
    | Finished
)
"""Any of them."""

DRAWING = "drawing the pictures"
"""The last message of a run, before it is finished."""

Report = Callable[[Event], None]
"""Told how the work goes on."""

_READER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Discriminator("kind")])


def write(event: Event) -> str:
    """An event as one line of JSON, without the line's end.

    >>> write(Message(words="looking at the clips"))
    '{"kind":"message","words":"looking at the clips"}'
    """
    return event.model_dump_json()


def read(line: str | bytes) -> Event:
    """The event of a line.

    >>> read('{"kind": "finished", "run_id": "5ab1"}')
    Finished(kind='finished', run_id='5ab1')

    Raises:
        ParameterError: the line is no event, or of a kind that this version does not know.
    """
    try:
        return _READER.validate_json(line)
    except ValidationError as error:
        raise ParameterError(
            f"a line of events.jsonl must be an event ({error.errors()[0]['msg']}), got {line!r}"
        ) from None


def words(event: Event) -> str:
    """What the command line prints; empty for what passes too fast to be read.

    >>> words(FoldFinished(fold=2, folds=5, uar=0.5, war=0.6, best_epoch=11))
    'fold 2/5: test UAR 0.500 (epoch 11)'
    """
    match event:
        case Message():
            return event.words
        case FeaturesMade():
            return f"features: {event.doing or f'{event.done:,} of {event.total:,} clips'}"
        case FoldStarted():
            return _start_words(event)
        case EpochDone():
            return "" if event.again else _epoch_words(event)
        case FoldFinished():
            what = _fold_words(event.fold, event.folds)
            return f"{what}: test UAR {event.uar:.3f} (epoch {event.best_epoch})"
        case ModelSaved():
            return f"model saved as {event.name!r} in {event.folder}"
    return ""


def silent(event: Event) -> None:
    """For those who need not be told."""


def _fold_words(fold: int, folds: int) -> str:
    return f"fold {fold}/{folds}" if fold else "final model"


def _start_words(event: FoldStarted) -> str:
    """Only what could not be guessed."""
    if not event.from_epoch:
        return ""
    return f"{_fold_words(event.fold, event.folds)}: going on after epoch {event.from_epoch}"


def _epoch_words(event: EpochDone) -> str:
    what = f"{_fold_words(event.fold, event.folds)}, epoch {event.epoch}/{event.epochs}"
    seen = ""
    if event.recall:
        each = ", ".join(f"{label} {recall:.2f}" for label, recall in event.recall.items())
        seen = f"validation UAR {event.scores['validation_uar']:.3f} ({each}), "
    left = f"{event.seconds:.1f} s, about {event.eta_s / 60:.0f} min left"
    return f"{what}: loss {event.loss:.3f}, {seen}{left}"
