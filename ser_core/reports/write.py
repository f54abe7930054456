"""Write the report of one run or several into a folder."""

import io
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ser_core.comparison.pairs import Pair, pairs_of
from ser_core.comparison.reported import beside
from ser_core.comparison.results import Results, results_of
from ser_core.comparison.runs import FinishedRun
from ser_core.comparison.table import runs_table
from ser_core.errors import ParameterError
from ser_core.figures.packed import unpacked
from ser_core.figures.static import write_static
from ser_core.reports.markdown import markdown
from ser_core.reports.noise import noise_table
from ser_core.reports.page import page
from ser_core.reports.picture import Picture
from ser_core.reports.pictures import pictures_of
from ser_core.reports.tables import class_table, pair_table, report_text, score_table

PAGE, SCORE_TABLE, CLASS_TABLE, TEXT = "report.html", "scores.csv", "classes.csv", "report.txt"
RUN_TABLE, PAIR_TABLE, MARKDOWN = "runs.csv", "differences.csv", "report.md"
NOISE_TABLE = "noise.csv"
FIGURES = "figures"
FORMATS = ("svg", "png")
_PROCESSES = 2

Progress = Callable[[int, int, str], None]
_Draw = Callable[[Picture], list[Path]]


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


@dataclass(frozen=True)
class Composed:
    """A report before it is written.

    Attributes:
        texts: by the name of the file.
    """

    results: list[Results]
    pairs: list[Pair]
    pictures: list[Picture]
    texts: dict[str, str]


def write_report(
    runs: Sequence[FinishedRun],
    folder: Path,
    formats: Sequence[str] = FORMATS,
    progress: Progress | None = None,
    aside: bool = False,
) -> Report:
    """Score runs and write tables, text, pictures and one HTML page.

    Args:
        runs: side by side, in this order.
        folder: made if it is missing; files of an earlier report in it are replaced.
        formats: of the pictures: "svg", "png", "pdf"; none for no pictures beside the page.
        progress: told of pictures; it may raise TaskCancelled.
        aside: draw in processes of their own, so that nothing else in this one has to wait: for a
            server that others use meanwhile.

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
    made = compose(runs)
    files = [folder / name for name in made.texts]
    for file, text in zip(files, made.texts.values(), strict=True):
        file.write_text(text, encoding="utf-8")
    draw = partial(_draw, folder / FIGURES, formats)
    with closing((_drawn_aside if aside else _drawn_here)(draw, made.pictures)) as drawn:
        for done, picture in enumerate(made.pictures):
            if progress is not None:
                progress(done, len(made.pictures), picture.title)
            files += next(drawn)
    return Report(made.results, files, [pair.sentence for pair in made.pairs])


def _draw(folder: Path, formats: Sequence[str], picture: Picture) -> list[Path]:
    files = [folder / f"{picture.name}.{ending}" for ending in formats]
    for file in files:
        write_static(picture.figure, file, picture.title)
    return files


def _draw_unpacked(draw: _Draw, picture: Picture) -> list[Path]:
    return draw(replace(picture, figure=unpacked(picture.figure)))


def _drawn_here(draw: _Draw, pictures: Sequence[Picture]) -> Generator[list[Path]]:
    for one in pictures:
        yield draw(one)


def _drawn_aside(draw: _Draw, pictures: Sequence[Picture]) -> Generator[list[Path]]:
    """What `draw` returns for each picture, in their order, from processes of their own."""
    from joblib import Parallel, delayed

    # With one process joblib would draw in this one.
    drawn = Parallel(_PROCESSES, return_as="generator")(
        delayed(_draw_unpacked)(draw, one) for one in pictures
    )
    try:
        for files in drawn:  # noqa: UP028  `yield from` would close it before what follows
            yield files
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib says that work was cancelled: it was
            drawn.close()


def compose(runs: Sequence[FinishedRun]) -> Composed:
    """A report in memory: what is written but for the pictures, which take longer.

    Raises:
        ParameterError: a run's predictions hold a label or a probability that cannot be.
    """
    results = [results_of(run) for run in runs]
    pairs = pairs_of(results)
    pictures = pictures_of(results, pairs)
    reported = beside(run.corpus for run in runs if run.corpus)
    texts = {
        PAGE: page(results, pairs, pictures, reported),
        SCORE_TABLE: score_table(results).to_csv(index=False),
        CLASS_TABLE: class_table(results).to_csv(index=False),
        RUN_TABLE: runs_table(results, reported).to_csv(index=False),
        MARKDOWN: markdown(results, pairs, reported),
        TEXT: "\n\n".join(report_text(one) for one in results),
    }
    if any(run.noise for run in runs):
        texts[NOISE_TABLE] = noise_table(results).to_csv(index=False)
    if pairs:
        texts[PAIR_TABLE] = pair_table(pairs).to_csv(index=False)
    return Composed(results, pairs, pictures, texts)


def report_zip(
    runs: Sequence[FinishedRun],
    formats: Sequence[str] = FORMATS,
    progress: Progress | None = None,
    aside: bool = False,
) -> bytes:
    """The files of `write_report` as one ZIP archive.

    Raises:
        ParameterError: as `write_report`.
    """
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as name:
        report = write_report(runs, Path(name), formats, progress, aside)
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in report.files:
                archive.write(file, file.relative_to(name))
    return buffer.getvalue()
