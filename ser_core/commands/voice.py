"""`voice`: what it is worth to know how somebody ordinarily sounds; for a model, a stage for it."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import (
    add_corpus,
    add_json,
    chosen_labels,
    chosen_sources,
    print_json,
)
from ser_core.errors import ParameterError
from ser_core.words import clips_of

if TYPE_CHECKING:
    from ser_core.training.voice_measure import VoiceReading


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run_id", metavar="RUN", help="a run that was trained with --keep-folds, speakers apart"
    )
    add_corpus(parser)
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="write it into this model's card; where it helps, the model can know voices then",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.comparison.loading import of_store
    from ser_core.corpora import combine
    from ser_core.inference.model_file import find_model
    from ser_core.tracking import open_store
    from ser_core.training.voice_run import keep, measure_run

    store = open_store()
    found = store.find(options.run_id)
    folder = find_model(options.model) if options.model else None
    finished = of_store(found, store)
    files = store.files(found.run_id)
    assert files is not None  # it has predictions
    table = chosen_labels(options).apply(combine.read(chosen_sources(options)))
    if "copy" in finished.predictions:
        raise ParameterError(f"run {found.run_id}: copies were tested as clips of their own")
    measured = measure_run(files, finished.predictions, table, _progress)
    about = {"run": found.run_id, "recipe": found.recipe}
    kept = folder is not None and keep(measured, about, folder)
    if options.json:
        print_json({**measured.reading.as_dict(), **about, "model": options.model, "kept": kept})
        return
    for line in in_words(measured.reading, found.name):
        print(line)
    if folder is not None:
        print(
            f"{folder.name} can know voices now"
            if kept
            else f"{folder.name} is left without: its card says that it did not clearly help"
        )


def in_words(reading: "VoiceReading", name: str) -> list[str]:
    """The outcome, line by line."""
    gain = reading.gain()
    lines = [
        f"{name}, fold networks: {clips_of(gain.clips, gain.speakers)}; enrolled with "
        f"{reading.how}; {reading.voice_s:.1f} s of speech each"
    ]
    for arm, what in (
        ("without", "without a voice"),
        ("with", "with a voice"),
        ("alone", "the stage without a voice"),
    ):
        lines.append(f"  {what:<27} UAR {_interval(reading.scores(arm).uar.as_dict())}")
    change = gain.uar.interval.as_dict()
    lines.append(f"  difference                  {_change(change)}")
    if reading.variants:
        lines.append("  other ways to enrol, against that:")
    lines += [
        f"    {one.words}: UAR {one.uar:.3f}, {_change(one.change)}" for one in reading.variants
    ]
    return [*lines, "  in brackets: 95 % bootstrap over speakers"]


def _interval(score: dict[str, Any]) -> str:
    return "{value:.3f} [{low:.3f}, {high:.3f}]".format(**score)


def _change(change: dict[str, Any]) -> str:
    value, low, high = (100 * change[part] for part in ("value", "low", "high"))
    return f"{value:+.1f} points [{low:+.1f}, {high:+.1f}]"


def _progress(done: int, total: int, words: str) -> None:
    if sys.stderr.isatty() and (done % 20 == 0 or total < 20):
        print(f"\r{words}: {done:,}/{total:,} ", end="", file=sys.stderr, flush=True)
