"""What is kept with a run at its end, for whoever looks into the run store."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from ser_core.comparison.loading import of_store
from ser_core.comparison.results import results_of
from ser_core.figures.static import write_static
from ser_core.reports.pictures import pictures_of
from ser_core.reports.write import FIGURES
from ser_core.tracking import RunStore

_KEPT = ("confusion-row", "classes", "reliability-width", "training-loss", "training-scores")


def keep_figures(run_id: str, store: RunStore) -> list[str]:
    """Draw confusion, classes, calibration and learning curves of a run, and keep them with it.

    Returns:
        The names of the files, below `figures/`.

    Raises:
        UnknownNameError: there is no such run.
        TrackingError: it kept no predictions, or the store cannot be read or written.
    """
    run = of_store(store.find(run_id), store)
    pictures = [
        picture
        for picture in pictures_of([results_of(run)], [])
        if picture.name.removesuffix(f"-{run.slug}") in _KEPT
    ]
    names: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / FIGURES
        folder.mkdir()
        for picture in pictures:
            names.append(f"{picture.name.removesuffix(f'-{run.slug}')}.png")
            write_static(picture.figure, folder / names[-1], picture.title)
        store.log_artifact(run_id, folder)
    return names


def keep_what_is_drawn(run_id: str, store: RunStore) -> str:
    """The same for a run that gets to its end whether or not figures can be kept.

    Returns:
        Why there are none, in words; "" where there are.
    """
    try:
        keep_figures(run_id, store)
    except Exception as error:  # a picture is nothing to lose a run for
        return f"no figures are kept with the run: {error}"
    return ""


def keep_log(run_id: str, lines: Sequence[str], store: RunStore) -> None:
    """Keep what was printed while a run went on, as the worker of a job does.

    Raises:
        TrackingError: the store cannot be written.
    """
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "log.txt"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        store.log_artifact(run_id, file)
