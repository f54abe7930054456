"""`preserve`: how often augmentation makes a model hear another emotion, by strength."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import (
    add_corpus,
    add_json,
    add_set,
    assignments,
    called,
    check_out,
    chosen_clips,
    chosen_labels,
    chosen_sources,
    print_json,
    progress_line,
    set_options,
    write_file,
)
from ser_core.errors import ParameterError
from ser_core.words import clips_of, count

if TYPE_CHECKING:
    from ser_core.exploration.perturbed import Wanted
    from ser_core.exploration.preservation import Preservation


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "augmenters",
        nargs="+",
        metavar="CHAIN_OR_AUGMENTER",
        help="name of a preset, such as b, or of a chain's F.toml; or augmenters, such as noise",
    )
    add_corpus(parser)
    parser.add_argument("--channel", choices=("speech", "song"), help="only clips of this channel")
    parser.add_argument("--speakers", nargs="+", metavar="S", help="only clips of these speakers")
    parser.add_argument("--model", default="default", metavar="NAME", help="who listens")
    parser.add_argument("--clips", type=int, default=100, metavar="N", help="how many are changed")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of clips and the draws")
    add_set(parser, "change a setting of a single augmenter")
    parser.add_argument(
        "--out", type=Path, metavar="F.csv", help="write what is heard in every changed clip as CSV"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.corpora import combine
    from ser_core.exploration.preservation import measure, sample
    from ser_core.inference import Predictor

    if options.out is not None:
        check_out(options.out, "flips.csv")
    if options.seed < 0:
        raise ParameterError(f"--seed: at least 0, got {options.seed}")
    wanted = _wanted(options)
    sources, labels = chosen_sources(options), chosen_labels(options)
    predictor = Predictor.load(options.model)
    table = labels.apply(combine.read(sources))
    table = chosen_clips(table, options.channel, options.speakers)
    clips = sample(table, predictor.labels, options.clips, options.seed)
    made = measure(clips, wanted, predictor, progress_line("clips"))
    if options.out is not None:
        trials = made.trials.drop(columns=["path", "number", "part"])
        write_file(options.out, trials.to_csv(index=False).encode())
    if options.json:
        corpus = combine.key([source.name for source in sources])
        print_json({"model": predictor.name, "corpus": corpus, **_document(made, options.seed)})
        return
    _print(made, predictor.name)
    if options.out is not None:
        print(f"written to {options.out}")


def _wanted(options: argparse.Namespace) -> "Wanted":
    """One chain with its steps, or augmenters each alone."""
    from ser_core.augment import AUGMENTERS, Step
    from ser_core.commands.augment import chain_named
    from ser_core.exploration.perturbed import Wanted
    from ser_core.exploration.preservation import of_chain

    names = options.augmenters
    if not set(names) <= set(AUGMENTERS.names()):
        unknown = next(name for name in names if name not in AUGMENTERS.names())
        chain = chain_named(unknown)
        if len(names) > 1 or options.set:
            raise ParameterError(f"{unknown}: a chain is looked at by itself and as it is")
        wanted = of_chain(chain, options.seed)
        if not wanted.steps:
            raise ParameterError(f"{unknown}: all its steps mix examples, so no label is to keep")
        return wanted
    if options.set and len(names) > 1:
        raise ParameterError("--set: it changes one augmenter; name one only")
    settings = assignments(options.set)
    with called(set_options(settings)):
        for name in names:
            AUGMENTERS.create(name, **settings)
    return Wanted(tuple(Step(name=n, settings=settings) for n in names), seed=options.seed)


def _print(made: "Preservation", model: str) -> None:
    from ser_core.exploration.preservation import CAVEAT

    people = len(set(made.before["speaker"]) - {""})
    right = made.accuracy()
    print(f"{model} on {clips_of(len(made.before), people)}: {100 * right.value:.0f} % right as is")
    for reason, number in made.left_out.items():
        print(f"  left out: {number:,} ({reason})")
    for step, rows in made.summary().groupby(["part", "step"], sort=False):
        print(step[1])
        for row in rows.to_dict("records"):
            print(f"  {row['setting']:<36} {_words(row)}")
    print("  in brackets: 95 % intervals over speakers")
    print(CAVEAT)


def _words(row: dict[Any, Any]) -> str:
    if not row["clips"]:
        return "nothing is left to hear"
    ends = f" [{100 * row['share_low']:.0f}, {100 * row['share_high']:.0f}]"
    share = f"{100 * row['share']:3.0f} %{'' if math.isnan(row['share_low']) else ends}"
    flips = f"{row['flips']:,} of {count(row['clips'], 'clip')} flipped"
    return f"{flips}, {share}; {100 * row['accuracy']:.0f} % right"


def _document(made: "Preservation", seed: int) -> dict[str, Any]:
    from ser_core.exploration.preservation import CAVEAT

    rows = made.summary().drop(columns="part").to_dict("records")
    return {
        "clips": len(made.before),
        "speakers": len(set(made.before["speaker"]) - {""}),
        "seed": seed,
        "left_out": made.left_out,
        "accuracy": made.accuracy().as_dict(),
        "steps": [{str(key): _known(value) for key, value in row.items()} for row in rows],
        "flipped": made.flipped[
            ["step", "strength", "setting", "clip", "speaker", "emotion", "before", "heard"]
        ]
        .astype(object)
        .map(_known)
        .to_dict("records"),
        "caveat": CAVEAT,
    }


def _known(value: Any) -> Any:
    """What is not a number is null in JSON."""
    return None if isinstance(value, float) and math.isnan(value) else value
