"""How long it takes to load and score finished runs for a comparison: fifty against two.

Runs are made up: 1,440 clips of 24 speakers and eight emotions each, written as training writes
them. Each figure comes from a process of its own that has imported everything and read nothing:
"first" with nothing kept on disk, "later" with what the first one kept, "again" in memory, as a
page's rerun finds it. Loaded, scored with intervals, set into the table of runs; then every run
against the first.

Then the page: what one more run of its script takes once all is read, without a browser, with two
runs chosen; of each view, the median of several, by the clock and in the server's processor time,
which other work on the machine changes less; by processes with few and with many runs in turns, so
that such work meets both. The goal is one second by the clock, and twice the processor time that it
takes where there are but two runs. Last, a tick that a stack is made anew for: of six runs, or of
two.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ser_core.comparison.loading import of_store_all
from ser_core.comparison.pairs import against
from ser_core.comparison.results import results_of
from ser_core.comparison.table import runs_table
from ser_core.emotions import EMOTIONS
from ser_core.evaluation.metrics import confusion
from ser_core.tracking import Run, RunStore

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

CLIPS, SPEAKERS, EPOCHS, FOLDS = 1440, 24, 40, 6
MANY, FEW = 50, 2
GOAL_S, RATIO = 1.0, 2.0
TURNS = 4
STAGES = ("load", "score", "table", "against the first")
LABELS = list(EMOTIONS)

T = TypeVar("T")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--runs", type=int, default=MANY, help=argparse.SUPPRESS)
    parser.add_argument("--page", action="store_true", help="measure only the page")
    options = parser.parse_args()
    if options.folder is not None and options.page:
        print(json.dumps(measure_page(options.folder, options.runs, options.repeats)))
        return
    if options.folder is not None:
        print(json.dumps([measure(options.folder, options.runs) for _ in range(2)]))
        return
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(MANY):
            write_run(folder / f"{number:02}", number)
        if not options.page:
            report(folder, options.repeats)
        report_page(folder, options.repeats)


def report(folder: Path, repeats: int) -> None:
    print(f"| runs | | {' | '.join(STAGES)} | all |")
    print(f"|--:|:--|{'--:|' * (len(STAGES) + 1)}")
    later: dict[int, float] = {}
    for runs in (FEW, MANY):
        for word in ("first", "later"):
            homes = [folder / f"home-{runs}-{n}" for n in range(repeats)]
            found = [fresh(folder, runs, home) for home in homes]
            row(runs, word, [once for once, _ in found])
            if word == "later":
                row(runs, "again", [again for _, again in found])
                later[runs] = statistics.median(sum(once) for once, _ in found)
    met = "met" if later[MANY] <= GOAL_S else "missed"
    print(f"\n{MANY} runs, later: {later[MANY]:.2f} s, goal {GOAL_S:g} s: {met}")


def row(runs: int, word: str, times: list[list[float]]) -> None:
    """Medians and ranges, in milliseconds."""
    columns = [*zip(*times, strict=True), [sum(each) for each in times]]
    cells = (
        f"{1000 * statistics.median(each):,.0f} ms"
        f" ({1000 * min(each):,.0f}–{1000 * max(each):,.0f})"
        for each in columns
    )
    print(f"| {runs} | {word} | {' | '.join(cells)} |", flush=True)


def fresh(folder: Path, runs: int, home: Path) -> tuple[list[float], list[float]]:
    """What a new process takes, and takes again."""
    once, again = in_a_process(folder, runs, home)
    return once, again


def in_a_process(folder: Path, runs: int, home: Path, *more: str) -> Any:
    """What this file prints in a process of its own."""
    command = [sys.executable, __file__, "--folder", str(folder), "--runs", str(runs), *more]
    environment = {**os.environ, "SER_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def report_page(folder: Path, repeats: int) -> None:
    """Views from left to right, two and fifty runs below each other."""
    times: dict[int, dict[str, list[list[float]]]] = {FEW: {}, MANY: {}}
    for turn in range(TURNS):
        for runs, views in times.items():
            home = folder / f"page-{runs}-{turn}"
            measured = in_a_process(folder, runs, home, "--page", "--repeats", str(repeats))
            for view, each in measured.items():
                views.setdefault(view, []).extend(each)
    found = {runs: {view: medians(views[view]) for view in views} for runs, views in times.items()}
    print(f"\n| runs | | {' | '.join(found[FEW])} |\n|--:|:--|{'--:|' * len(found[FEW])}")
    for runs, views in found.items():
        for word, place in (("by the clock", 0), ("of a processor", 1)):
            cells = (f"{1000 * seconds[place]:,.0f} ms" for seconds in views.values())
            print(f"| {runs} | {word} | {' | '.join(cells)} |")
    slowest = max(clock for clock, _ in found[MANY].values())
    ratios = {
        view: found[MANY][view][1] / processor
        for view, (_, processor) in found[FEW].items()
        if not view.startswith("a tick")
    }
    worst = max(ratios, key=ratios.__getitem__)
    met = "met" if slowest <= GOAL_S and ratios[worst] <= RATIO else "missed"
    print(
        f"\n{MANY} runs, page: {slowest:.2f} s at most; {ratios[worst]:.2f} times the processor "
        f"time of {FEW} runs at most ({worst}), goal {GOAL_S:g} s and {RATIO:g}: {met}"
    )


def medians(times: list[list[float]]) -> list[float]:
    return [statistics.median(each) for each in zip(*times, strict=True)]


def measure_page(folder: Path, number: int, repeats: int) -> dict[str, list[list[float]]]:
    """Seconds of reruns in each view, by the clock and of a processor."""
    from streamlit.testing.v1 import AppTest

    from pages.components import comparison_source, comparison_views
    from ser_core import tracking
    from ser_core.jobs.tasks import runner

    found = [run_of(folder / f"{place:02}", place) for place in range(number)]
    store = RunStore(f"sqlite:///{folder}/none.db")
    store.runs = lambda: found  # type: ignore[method-assign]
    tracking.open_store = lambda: store
    comparison_source._FRESH_S = 1e9  # reading anew goes on beside a rerun, not in it
    app = AppTest.from_file(
        str(Path(__file__).resolve().parents[1] / "app.py"), default_timeout=300
    )
    app.switch_page("pages/comparison.py")
    app.run()
    runner().wait(comparison_source._key(), timeout_s=300)
    app.run()
    seconds = {}
    for view in comparison_views.VIEWS:
        app.button_group("comparison_view").set_value(view).run()
        seconds[view] = [both_timed(app.run) for _ in range(repeats)]
        if app.exception:
            raise RuntimeError(f"{view}: {app.exception[0].message}")
    seconds["a tick, with a stack"] = ticks(app, found, repeats)
    return seconds


def ticks(app: "AppTest", found: list[Run], repeats: int) -> list[list[float]]:
    """Seconds of the run in which another run is ticked and its ensemble made, of up to six."""
    from pages.components import comparison_choice

    times = []
    for turn in range(repeats):
        app.session_state[comparison_choice.ENSEMBLES] = ["stack"]
        app.session_state["comparison_ensembles_made"] = {}
        first = [one.run_id for one in found[turn : turn + comparison_choice.MOST]]
        app.session_state[comparison_choice.RUNS] = first[:-1]
        app.button_group("comparison_view").set_value("confusions").run()
        app.session_state[comparison_choice.RUNS] = first
        times.append(both_timed(app.run))
    return times


def both_timed(work: Callable[[], object]) -> list[float]:
    """Seconds by the clock, and of a processor in all threads of this process."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return [time.perf_counter() - clock, time.process_time() - processor]


def measure(folder: Path, number: int) -> list[float]:
    """Seconds of each stage."""
    runs = [run_of(folder / f"{place:02}", place) for place in range(number)]
    store = RunStore(f"sqlite:///{folder}/none.db")
    loaded, load_s = timed(lambda: of_store_all(runs, store)[0])
    results, score_s = timed(lambda: [results_of(run) for run in loaded])
    _, table_s = timed(lambda: runs_table(results))
    _, against_s = timed(lambda: against(results[0], results[1:]))
    return [load_s, score_s, table_s, against_s]


def timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    found = work()
    return found, time.perf_counter() - start


def run_of(folder: Path, number: int) -> Run:
    """As the run store would know it."""
    return Run(
        run_id=f"{number:032}",
        name="made-up",
        status="FINISHED",
        recipe="studio",
        protocol="speaker-independent",
        metrics={"uar": 0.5},
        parameters={"training.seed": str(number)},
        tags={"corpus": "ravdess"},
        started=float(number),
        ended=float(number + 60),
        artifacts=str(folder),
    )


def write_run(folder: Path, seed: int) -> None:
    """What training leaves: predictions, scores and the course of training."""
    rng = np.random.default_rng(seed)
    truth = np.arange(CLIPS) % len(LABELS)
    logits = rng.normal(0, 1, (CLIPS, len(LABELS)))
    logits[np.arange(CLIPS), truth] += 1 + seed % 5 / 5
    said = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    speaker = np.arange(CLIPS) * SPEAKERS // CLIPS + 1
    table = pd.DataFrame(
        {
            "clip": [f"speech/Actor_{one:02}/clip-{n:04}.wav" for n, one in enumerate(speaker)],
            "speaker": [f"{one:02}" for one in speaker],
            "fold": speaker % FOLDS + 1,
            "emotion": [LABELS[one] for one in truth],
            "predicted": [LABELS[one] for one in said.argmax(1)],
            **{label: said[:, place].round(6) for place, label in enumerate(LABELS)},
        }
    )
    folder.mkdir(parents=True)
    table.to_csv(folder / "predictions.csv", index=False)
    counts = confusion(table["emotion"].tolist(), table["predicted"].tolist(), LABELS)
    scores = {"confusion": {"labels": LABELS, "counts": counts.tolist()}, "left_out": {}}
    (folder / "scores.json").write_text(json.dumps(scores))
    recall = dict.fromkeys(LABELS, 0.5)
    epoch = {"seconds": 1.5, "loss": 1.2, "validation_uar": 0.5, "validation_recall": recall}
    epochs = [{"number": number, **epoch} for number in range(1, EPOCHS + 1)]
    history = [{"fold": fold + 1, "best_epoch": 30, "epochs": epochs} for fold in range(FOLDS)]
    (folder / "history.json").write_text(json.dumps(history))


if __name__ == "__main__":
    main()
