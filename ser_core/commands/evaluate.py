"""`evaluate`: score a model on a corpus."""

import argparse
import math
from typing import TYPE_CHECKING, Any

from ser_core.commands import evaluate_noise
from ser_core.commands.shared import (
    add_corpus,
    add_json,
    chosen_clips,
    chosen_labels,
    chosen_sources,
    print_json,
    progress_line,
)
from ser_core.words import clips_of

if TYPE_CHECKING:
    from ser_core.evaluation.metrics import Interval
    from ser_core.inference.evaluate import Evaluation


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model",
        help="name of a model, or the path of its folder or ONNX file; with --snr also a run's id",
    )
    add_corpus(parser)
    parser.add_argument("--channel", choices=("speech", "song"), help="score only this channel")
    parser.add_argument("--speakers", nargs="+", metavar="S", help="score only these speakers")
    evaluate_noise.add(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.corpora import combine
    from ser_core.inference import Predictor
    from ser_core.inference.evaluate import evaluate

    sources, labels = chosen_sources(options), chosen_labels(options)
    corpus = combine.key([source.name for source in sources])
    if options.snr is not None and (run := evaluate_noise.run_of(options.model)):
        evaluate_noise.run_folds(options, run, labels.apply(combine.read(sources)), corpus)
        return
    predictor = Predictor.load(options.model)
    table = labels.apply(combine.read(sources))
    table = chosen_clips(table, options.channel, options.speakers)
    if options.snr is not None:
        evaluate_noise.run(options, predictor, table, corpus)
        return
    evaluation = evaluate(predictor, table, progress_line("clips"))
    scores = evaluation.scores
    if options.json:
        document = _document(predictor.name, corpus, evaluation)
        print_json({**document, "label_map": labels.as_dict()})
        return
    channels = " and ".join(sorted(set(table["channel"])))
    tested = clips_of(scores.clips, scores.speakers, f"{channels} clip")
    print(f"{predictor.name} on {corpus}: {tested}")
    known = len(evaluation.known_speakers)
    print(f"  a saved model on this corpus; {_heard(known, 'trained_on' in predictor.card)}")
    if changed := labels.words():
        print(f"  labels: {changed}")
    for reason, number in evaluation.left_out.items():
        print(f"  left out: {number:,} ({reason})")
    for name, score in (("UAR", scores.uar), ("WAR", scores.war), ("macro F1", scores.macro_f1)):
        print(f"  {name:<9} {_with_interval(score)}")
    for label, recall in scores.recall.items():
        print(f"  recall of {label:<10} {recall.value:.3f}")
    print("  in brackets: 95 % bootstrap over speakers")


def _heard(known: int, told: bool) -> str:
    """How many of the scored speakers the model knows, and what follows.

    >>> _heard(1, told=True)
    '1 of its speakers was in its training: this is a fit, not a score'
    """
    if not told:
        return "on whom it was trained is not known"
    if not known:
        return "none of its speakers was in its training"
    were = "was" if known == 1 else "were"
    return f"{known} of its speakers {were} in its training: this is a fit, not a score"


def _document(model: str, corpus: str, evaluation: "Evaluation") -> dict[str, Any]:
    scores = evaluation.scores
    return {
        "model": model,
        "corpus": corpus,
        "clips": scores.clips,
        "left_out": evaluation.left_out,
        "war": scores.war.value,
        "uar": scores.uar.value,
        "macro_f1": scores.macro_f1.value,
        "labels": list(scores.labels),
        "recall": {label: recall.value for label, recall in scores.recall.items()},
        "confusion": scores.counts.tolist(),
        "intervals": {
            name: interval.as_dict()
            for name, interval in (
                ("war", scores.war),
                ("uar", scores.uar),
                ("macro_f1", scores.macro_f1),
            )
        },
        "known_speakers": evaluation.known_speakers,
    }


def _with_interval(score: "Interval") -> str:
    if math.isnan(score.low):
        return f"{score.value:.3f} (no interval: it needs two speakers)"
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"
