"""Write the report of one run or several into a folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ser_core.comparison.pairs import pairs_of
from ser_core.comparison.results import Results, results_of
from ser_core.comparison.runs import FinishedRun
from ser_core.errors import ParameterError
from ser_core.figures.static import write_static
from ser_core.reports.page import page
from ser_core.reports.pictures import pictures_of
from ser_core.reports.tables import class_table, report_text, score_table

PAGE, SCORE_TABLE, CLASS_TABLE, TEXT = "report.html", "scores.csv", "classes.csv", "report.txt"
FIGURES = "figures"
FORMATS = ("svg", "png")

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Report:
    """What was written.

    Attributes:
        files: in the order they were written.
        sentences: how the runs compare, in words.
    """

    results: list[Results]
    files: list[Path]
    sentences: list[str]


def write_report(
    runs: Sequence[FinishedRun],
    folder: Path,
    formats: Sequence[str] = FORMATS,
    progress: Progress | None = None,
) -> Report:
    """Score runs and write tables, text, pictures and one HTML page.

    Args:
        runs: side by side, in this order.
        folder: made if it is missing; files of an earlier report in it are replaced.
        formats: of the pictures: "svg", "png", "pdf"; none for no pictures beside the page.
        progress: told of pictures; it may raise TaskCancelled.

    Raises:
        ParameterError: there is no run, one stands twice, or `folder` is no folder.
    """
    if not runs:
        raise ParameterError("runs: at least one is needed, got none")
    titles = [run.slug for run in runs]
    if len(set(titles)) < len(titles):
        raise ParameterError(f"runs must differ from each other, got {', '.join(titles)}")
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"--out: {folder} is a file; name a folder")
    (folder / FIGURES).mkdir(parents=True, exist_ok=True)
    results = [results_of(run) for run in runs]
    pairs = pairs_of(results)
    pictures = pictures_of(results, pairs)
    score_table(results).to_csv(folder / SCORE_TABLE, index=False)
    class_table(results).to_csv(folder / CLASS_TABLE, index=False)
    text = "\n\n".join(report_text(one) for one in results)
    (folder / TEXT).write_text(text, encoding="utf-8")
    (folder / PAGE).write_text(page(results, pairs, pictures), encoding="utf-8")
    files = [folder / name for name in (PAGE, SCORE_TABLE, CLASS_TABLE, TEXT)]
    for done, picture in enumerate(pictures):
        if progress is not None:
            progress(done, len(pictures), picture.title)
        for ending in formats:
            files.append(folder / FIGURES / f"{picture.name}.{ending}")
            write_static(picture.figure, files[-1], picture.title)
    return Report(results, files, [pair.sentence for pair in pairs])
