"""`evaluate --snr`: how well a model, or the folds of a run, still hear under added noise."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import check_out, print_json
from ser_core.errors import CorpusError, ParameterError, UnknownNameError
from ser_core.words import clips_of

if TYPE_CHECKING:
    import pandas as pd

    from ser_core.exploration.noise import Robustness
    from ser_core.inference import Predictor
    from ser_core.tracking import Run


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--snr",
        nargs="*",
        type=float,
        metavar="DB",
        help="score under noise too, at these signal-to-noise ratios (default: 30 25 … 0), on "
        "speakers the model was not trained on, where there are any; of a run that kept its fold "
        "models, each hears the clips it was tested on, and the curve is kept with the run",
    )
    parser.add_argument(
        "--noise",
        nargs="+",
        metavar="COLOUR",
        help="of --snr: white, pink, brown, blue (default: white pink)",
    )
    parser.add_argument(
        "--picture", type=Path, metavar="F", help="of --snr: draw the curve, as .svg, .png or .pdf"
    )


def run(
    options: argparse.Namespace, predictor: "Predictor", table: "pd.DataFrame", corpus: str
) -> None:
    from ser_core.exploration.noise import COLOURS, SNR_DB, evaluate_noise, unheard

    _check_picture(options)
    new = unheard(predictor, table)
    chosen = new if len(new) else table
    found = evaluate_noise(
        predictor, chosen, options.noise or COLOURS, options.snr or SNR_DB, progress=_progress
    )
    _answer(options, found, predictor.name, corpus, len(table) - len(chosen))


def run_of(reference: str) -> "Run | None":
    """The run that is meant, or None where it is a model.

    Raises:
        UnknownNameError: it is neither.
    """
    from ser_core.inference.model_file import find_model
    from ser_core.tracking import open_store

    try:
        find_model(reference)
    except UnknownNameError as no_model:
        runs = [run for run in open_store().runs() if run.run_id.startswith(reference)]
        if len(runs) != 1:
            raise UnknownNameError(f"{no_model}; nor is it one run, see `runs`") from None
        return runs[0]
    return None


def run_folds(options: argparse.Namespace, run: "Run", table: "pd.DataFrame", corpus: str) -> None:
    """The same for the folds of a run, which keeps what comes of it."""
    if options.channel or options.speakers:
        raise ParameterError(
            "--channel, --speakers: of a run, all clips that it was tested on are heard; leave "
            "them out, or name one of its fold models"
        )
    _check_picture(options)
    found = keep_noise(run, table, options.noise, options.snr)
    _answer(options, found, f"run {run.run_id[:8]} ({run.name})", corpus, 0)


def keep_noise(
    run: "Run",
    table: "pd.DataFrame",
    colours: list[str] | None = None,
    ratios: list[float] | None = None,
) -> "Robustness":
    """Let each fold model of a run hear its own test clips under noise, and keep the scores.

    Args:
        run: finished, with its fold models (`train --keep-folds`).
        table: the corpus that it was tested on.

    Raises:
        ParameterError: it kept no fold models.
        CorpusError: a clip that it was tested on is not in the table.
    """
    from ser_core.comparison.noise import NOISE
    from ser_core.exploration.noise import COLOURS, SNR_DB, evaluate_folds
    from ser_core.tracking import open_store

    store = open_store()
    found = evaluate_folds(
        list(_folds(run, table)), colours or COLOURS, ratios or SNR_DB, progress=_progress
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / NOISE
        file.write_text(json.dumps(found.as_dict(), indent=1), encoding="utf-8")
        store.log_artifact(run.run_id, file)
    return found


def _folds(run: "Run", table: "pd.DataFrame") -> "Iterator[tuple[Predictor, pd.DataFrame]]":
    """Each fold's model and the clips it was tested on; a fold that kept none stops it."""
    from ser_core.comparison.loading import of_store
    from ser_core.inference import Predictor
    from ser_core.tracking import open_store

    store = open_store()
    predictions = of_store(run, store).predictions
    files = store.files(run.run_id) or Path()
    for number, tested in predictions.groupby("fold"):
        folder = files / "fold-models" / f"fold-{number}"
        if not folder.is_dir():
            raise ParameterError(
                f"run {run.run_id} kept no model of fold {number}; train it with --keep-folds, or "
                "with --snr"
            )
        yield Predictor.load(folder), tested_clips(tested, table)


def tested_clips(tested: "pd.DataFrame", table: "pd.DataFrame") -> "pd.DataFrame":
    """The utterances that a run was tested on, with the labels that it was scored by.

    Args:
        tested: rows of the run's predictions; copies, which lie in no file, are passed over.
        table: of its corpus, with whatever labels.

    Raises:
        CorpusError: a clip is not in the table.
    """
    from ser_core.training.rows import COPY

    clips = tested[tested[COPY].eq(0)] if COPY in tested else tested
    labels = dict(zip(clips["clip"], clips["emotion"], strict=True))
    if missing := sorted({*labels} - {*table["clip"]}):
        raise CorpusError(
            f"{missing[0]}: not in the corpus that was given, nor are {len(missing) - 1:,} other "
            "clips that the run was tested on"
        )
    found = table[table["clip"].isin(labels)]
    return found.assign(emotion=found["clip"].map(labels))


def _check_picture(options: argparse.Namespace) -> None:
    from ser_core.figures.static import picture_format

    if options.picture:
        picture_format(options.picture)
        check_out(options.picture, "noise.svg", "--picture")


def _answer(
    options: argparse.Namespace, found: "Robustness", name: str, corpus: str, passed: int
) -> None:
    """Draw and print what came of it.

    Args:
        name: of what was scored.
        passed: clips of speakers that it knows, which were not heard.
    """
    if options.picture:
        _draw(found, name, options.picture)
    if options.json:
        print_json(_document(found, name, corpus, passed))
    else:
        _tell(found, name, corpus, passed)


def _progress(done: int, total: int, words: str) -> None:
    if sys.stderr.isatty() and done % 20 == 0:
        print(f"\r{words}: {done:,}/{total:,} ", end="", file=sys.stderr, flush=True)


def _document(found: "Robustness", name: str, corpus: str, passed: int) -> dict[str, Any]:
    known = found.as_dict()
    known["left_out"] = {**found.left_out, **({_TRAINED_ON: passed} if passed else {})}
    return {"model": name, "corpus": corpus, **known}


_TRAINED_ON = "of speakers the model was trained on"


def _tell(found: "Robustness", name: str, corpus: str, passed: int) -> None:
    clean = found.clean.scores
    clips = clips_of(clean.clips, clean.speakers)
    print(f"{name} under noise, on {corpus}: {clips}")
    if found.known_speakers:
        known = len(found.known_speakers)
        print(
            f"  it was trained on {known} of these speakers: this is a fit, not a score; only how"
        )
        print("  far it falls says something, and that too kindly")
    if passed:
        print(f"  left out: {passed:,} ({_TRAINED_ON})")
    for reason, number in found.left_out.items():
        print(f"  left out: {number:,} ({reason})")
    for point in found.points:
        what = "no noise" if point is found.clean else f"{point.colour}, {point.snr_db:g} dB"
        uar, war = point.scores.uar, point.scores.war
        print(
            f"  {what:<14} UAR {uar.value:.3f} [{uar.low:.3f}, {uar.high:.3f}]  WAR {war.value:.3f}"
        )
    print("  in brackets: 95 % bootstrap over speakers")


def _draw(found: "Robustness", name: str, path: Path) -> None:
    from ser_core.figures import snr_figure
    from ser_core.figures.static import write_static

    colours = list(dict.fromkeys(point.colour for point in found.points[1:]))
    curves = {
        colour: [[p.scores.uar.value, p.scores.uar.low, p.scores.uar.high] for p in curve]
        for colour in colours
        if (curve := found.curve(colour))
    }
    ratios = [point.snr_db for point in found.curve(colours[0])]
    clean = found.clean.scores
    figure = snr_figure(ratios, curves, clean.uar.value, 1 / len(clean.classes))
    write_static(figure, path, f"{name}: UAR under noise")
