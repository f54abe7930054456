"""`evaluate --snr`: how well a model still hears when noise is laid under the clips."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import check_out, print_json
from ser_core.words import clips_of

if TYPE_CHECKING:
    import pandas as pd

    from ser_core.exploration.noise import Robustness
    from ser_core.inference import Predictor


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--snr",
        nargs="*",
        type=float,
        metavar="DB",
        help="score under noise too, at these signal-to-noise ratios (default: 30 25 … 0), on "
        "speakers the model was not trained on, where there are any",
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
    from ser_core.figures.static import picture_format

    if options.picture:
        picture_format(options.picture)
        check_out(options.picture, "noise.svg", "--picture")
    new = unheard(predictor, table)
    chosen = new if len(new) else table
    found = evaluate_noise(
        predictor, chosen, options.noise or COLOURS, options.snr or SNR_DB, progress=_progress
    )
    passed = len(table) - len(chosen)
    if options.picture:
        _draw(found, predictor, options.picture)
    if options.json:
        print_json(_document(found, predictor, corpus, passed))
    else:
        _tell(found, predictor, corpus, passed)


def _progress(done: int, total: int, words: str) -> None:
    if sys.stderr.isatty() and done % 20 == 0:
        print(f"\r{words}: {done:,}/{total:,} ", end="", file=sys.stderr, flush=True)


def _document(
    found: "Robustness", predictor: "Predictor", corpus: str, passed: int
) -> dict[str, Any]:
    return {
        "model": predictor.name,
        "corpus": corpus,
        "clips": found.clean.scores.clips,
        "speakers": found.clean.scores.speakers,
        "left_out": {**found.left_out, **({_TRAINED_ON: passed} if passed else {})},
        "known_speakers": found.known_speakers,
        "points": [point.as_dict() for point in found.points],
    }


_TRAINED_ON = "of speakers the model was trained on"


def _tell(found: "Robustness", predictor: "Predictor", corpus: str, passed: int) -> None:
    clean = found.clean.scores
    clips = clips_of(clean.clips, clean.speakers)
    print(f"{predictor.name} under noise, on {corpus}: {clips}")
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


def _draw(found: "Robustness", predictor: "Predictor", path: Path) -> None:
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
    write_static(figure, path, f"{predictor.name}: UAR under noise")
