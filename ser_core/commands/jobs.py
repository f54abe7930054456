"""`jobs`: training jobs in line, running and done; call one off, go on with one, read its log."""

import argparse
import datetime as dt
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import add_json, aligned, print_json

if TYPE_CHECKING:
    from ser_core.jobs.book import Job
    from ser_core.jobs.manager import JobManager

_HEADINGS = ("asked", "recipe", "corpus", "protocol", "state", "how far", "job")


def add(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    what = parser.add_subparsers(dest="what")
    for name, words in (
        ("cancel", "ask a job to stop"),
        ("resume", "put a job in line again that broke off; it goes on from its last epoch"),
        ("log", "the end of what a job printed"),
    ):
        one = what.add_parser(name, help=words)
        one.add_argument("job", help="its id, or a part of it that no other has")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.jobs.manager import JobManager

    manager = JobManager()  # not started: it reads and asks, and the app's carries out
    if options.what is None:
        _list(manager.jobs(), options.json)
        return
    job = manager.find(options.job)
    if options.what == "log":
        print(manager.log(job.job_id), end="")
    elif options.what == "cancel":
        manager.cancel(job.job_id)
        print(f"{job.job_id}: asked to stop")
    else:
        manager.resume(job.job_id)
        print(f"{job.job_id}: in line again{_patience(manager)}")


def _patience(manager: "JobManager") -> str:
    return "" if manager.is_led() else "; it begins once the app runs (make app)"


def _list(jobs: "list[Job]", as_json: bool) -> None:
    if as_json:
        print_json([_document(job) for job in jobs])
    elif not jobs:
        print("no jobs")
    else:
        print("\n".join(aligned([_HEADINGS, *map(_row, jobs)], set())))


def _row(job: "Job") -> tuple[str, ...]:
    asked = dt.datetime.fromtimestamp(job.state.queued, dt.UTC).astimezone()
    place = f" ({job.place})" if job.place else ""
    far = job.state.reason or job.progress.words.partition(" (")[0]
    return (
        f"{asked:%Y-%m-%d %H:%M}",
        job.recipe,
        job.corpus,
        job.protocol,
        job.word + place,
        far[:60],
        job.job_id,
    )


def _document(job: "Job") -> dict[str, Any]:
    progress = job.progress
    return {
        "job_id": job.job_id,
        "run_id": job.state.run_id,
        "status": job.status,
        "reason": job.state.reason,
        "interrupted": job.state.interrupted,
        "can_resume": job.state.can_resume,
        "place": job.place,
        "recipe": job.recipe,
        "corpus": job.corpus,
        "protocol": job.protocol,
        "model": job.model_name,
        "device": job.state.device,
        "fold": progress.fold,
        "folds": progress.folds,
        "epoch": progress.epoch,
        "epochs": job.epochs,
        "scores": progress.scores,
        "eta_s": job.eta_s,
        "elapsed_s": job.elapsed_s,
        "folder": str(job.path),
    }
