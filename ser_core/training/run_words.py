"""What a run says of its scores."""

import math

from ser_core.corpora.splits import split_notes, split_words
from ser_core.evaluation.metrics import Interval
from ser_core.models import Baseline
from ser_core.training.cross_validation import Study
from ser_core.training.faults import leak_warning, leak_words
from ser_core.training.material import INNER_FOLDS
from ser_core.training.order import Order
from ser_core.training.results import CrossValidation
from ser_core.training.rows import copies_in
from ser_core.words import clips_of


def summary(results: CrossValidation) -> str:
    """The run's scores in one line."""
    scores = results.scores()
    copies = copies_in(results.predictions)
    some = f", of which {copies:,} are augmented copies" if copies else ""
    return (
        f"UAR {_with_ends(scores.uar)}, WAR {_with_ends(scores.war)} on "
        f"{clips_of(scores.clips, scores.speakers)}{some} (95 % bootstrap over speakers), "
        f"{split_of(results)}"
    )


def left_out_words(study: Study) -> str:
    """How many clips the scores are not about, and why."""
    parts = [f"{number:,} ({reason})" for reason, number in study.left_out.items()]
    return f"left out: {', '.join(parts)}"


def split_of(results: CrossValidation) -> str:
    """Folds, protocol and what has to be said with them: "partial", "folds reduced"."""
    folds = [result.fold for result in results.folds]
    return f"{split_words(folds)} ({'; '.join([folds[0].protocol, *split_notes(folds)])})"


def _with_ends(score: Interval) -> str:
    if math.isnan(score.low):
        return f"{score.value:.3f} (no interval: it needs two speakers)"
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"


def manner(order: Order) -> str:
    """What has to be said with the protocol."""
    training, faults = order.recipe.training, order.recipe.faults
    leaks = leak_warning(leak_words(faults, order.protocol))
    words = f", {leaks}" if leaks else ""
    if faults.frozen_mixes:
        words += ", batches and their mixes drawn once for all epochs"
    if isinstance(order.recipe.network(), Baseline):
        words += (
            ", all training clips learned at once: no epochs, batches or optimiser, and validation "
            "clips choose nothing"
        )
    if training.standardisation == "speaker":
        words += ", features standardised by each speaker's own clips, test speakers' included"
    if training.test_copies:
        words += (
            f", answers averaged over each test clip and {training.test_copies} augmented versions "
            "of it, which a saved model does not do"
        )
    if order.choices:
        words += (
            f", settings chosen for each fold among {len(order.choices)} by {INNER_FOLDS} "
            "speaker-independent folds of what it trains and validates on"
        )
    if training.init_from:
        words += f", starting from the weights of {training.init_from!r}"
    return words
