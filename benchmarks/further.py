"""What some thirty clips of one's own are worth to a model that goes on learning with them.

The networks of a run's folds, each with the speakers that it never heard: such a speaker's clips of
repetition 1 are "my recordings", those of repetition 2 are tested, before and after. Also: where
the sentence tested is never among one's own, and what becomes of the fold's other speakers.
"""

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import table
from ser_core.corpora import combine
from ser_core.corpora.combine import Source
from ser_core.evaluation.comparison import compare
from ser_core.evaluation.metrics import scores
from ser_core.inference import Predictor
from ser_core.training import trainer
from ser_core.training.answers import predict
from ser_core.training.config import complete
from ser_core.training.cross_validation import Study
from ser_core.training.starting_point import further

ALL, OTHER, OTHERS = "all of the other repetition", "other sentence only", "other people's clips"
Mask, Rows = NDArray[np.bool_], NDArray[np.intp]
Row = tuple[str, str, str, str]  # speaker, true, before, after


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folds", type=Path, help="fold-models of a run with --keep-folds")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of folds; else all")
    asked = parser.parse_args()
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="2", CUDA_VISIBLE_DEVICES="-1")
    root = os.environ.get("SER_RAVDESS")
    if not root:
        parser.error("SER_RAVDESS must name a folder with RAVDESS")
    clips = combine.read([Source("ravdess", Path(root), {})])
    clips = clips[clips["channel"] == "speech"]
    found: dict[str, list[Row]] = defaultdict(list)
    folders = sorted(asked.folds.glob("fold-*"), key=lambda folder: int(folder.name[5:]))
    for folder in folders:
        if asked.only and int(folder.name[5:]) not in asked.only:
            continue
        for arm, row in arms(folder, clips):
            found[arm].append(row)
    show(found)


def arms(folder: Path, clips: pd.DataFrame) -> Iterator[tuple[str, Row]]:
    """What a fold's network says of each of its unheard speakers, before and after."""
    before = Predictor.load(folder)
    heard = set(before.card["trained_on"]["speakers"])
    mine = clips[~clips["speaker"].isin(heard)].assign(problems="").reset_index(drop=True)
    said = [before.predict_file(path).emotion for path in mine["path"]]
    with TemporaryDirectory() as work:
        study = Study(mine, complete(further(str(folder))), Path(work))
        for speaker in sorted(set(mine["speaker"])):
            own = (mine["speaker"] == speaker).to_numpy()
            for learned, tests in parts(mine, own):
                after = answers(study, learned)
                for arm, row in ((arm, row) for arm, rows in tests.items() for row in rows):
                    at = mine.iloc[row]
                    yield arm, (str(at["speaker"]), at["emotion"], said[row], after[row])
            print(f"{folder.name}, speaker {speaker}", file=sys.stderr)


def parts(mine: pd.DataFrame, own: Mask) -> Iterator[tuple[Rows, dict[str, Rows]]]:
    """Rows to learn from, with the rows to test by arm."""
    first, second = (mine["repetition"].astype(int).eq(n).to_numpy() for n in (1, 2))
    tests = {ALL: np.flatnonzero(own & second), OTHERS: np.flatnonzero(~own & second)}
    yield np.flatnonzero(own & first), tests
    for sentence in sorted(set(mine["statement"])):
        same = mine["statement"].eq(sentence).to_numpy()
        yield np.flatnonzero(own & first & ~same), {OTHER: np.flatnonzero(own & second & same)}


def answers(study: Study, learned: Rows) -> list[str]:
    """Labels of all rows, by a network that has gone on with some."""
    nobody = np.empty(0, np.intp)
    fitted = trainer.fit(study.examples, study.targets, learned, nobody, study.recipe)
    said = predict(fitted, study.examples, np.arange(len(study.table)))
    return [study.labels[int(best)] for best in said.argmax(axis=1)]


def show(found: dict[str, list[Row]]) -> None:
    lines = []
    for arm, rows in found.items():
        speakers, true, before, after = (list(column) for column in zip(*rows, strict=True))
        labels = sorted(set(true) | set(before) | set(after))
        each = [scores(true, said, speakers, labels).uar for said in (before, after)]
        gain = compare(true, after, before, speakers, labels).uar.interval
        points = f"{100 * gain.value:+.1f} [{100 * gain.low:+.1f}, {100 * gain.high:+.1f}]"
        uars = [f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]" for one in each]
        lines.append([arm, f"{len(rows):,}", str(len(set(speakers))), *uars, points])
    heads = ["learned from, or tested on", "answers", "speakers", "before", "after", "points"]
    table("UAR of repetition 2", heads, lines)


if __name__ == "__main__":
    main()
