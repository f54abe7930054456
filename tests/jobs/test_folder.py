"""A job's files: half-written, damaged, long; and what the worker writes into them."""

import json
import os
from pathlib import Path

import pytest

from ser_core.jobs import device as devices
from ser_core.jobs import folder as folders
from ser_core.jobs.device import Device, fits
from ser_core.jobs.folder import JobFolder, State
from ser_core.training import events, worker
from ser_core.training.worker import EventLog


@pytest.fixture
def job():
    return folders.new_job({"recipe": {"name": "studio"}}, folders.jobs_folder())


def test_ids_sort_by_time():
    root = folders.jobs_folder()
    made = [folders.new_job({}, root).job_id for _ in range(50)]
    assert folders.list_jobs(root) == made
    queued = [JobFolder(root / job_id).state().queued for job_id in made]
    assert queued == sorted(set(queued))


def test_a_line_that_is_not_whole_waits_until_it_is(job):
    log = EventLog(job.path / "events.jsonl")
    log.append(events.Message(words="one"))
    whole = job.events_size()
    with (job.path / "events.jsonl").open("a") as file:
        file.write('{"time": 2, "kind": "message", "wor')
    reading = job.read_events()
    assert ([one.words for _, one in reading.events], reading.offset) == (["one"], whole)
    with (job.path / "events.jsonl").open("a") as file:
        file.write('ds": "two"}\n')
    assert [one.words for _, one in job.read_events(whole).events] == ["two"]


def test_a_half_line_of_a_killed_worker_spoils_only_itself(job):
    path = job.path / "events.jsonl"
    path.write_bytes(b'{"time": 1, "kind": "message", "words": "one"}\n{"time": 2, "ki')
    EventLog(path).append(events.Message(words="three"))
    with path.open("ab") as file:
        file.write(b'\xff\xfe\n[]\n{"kind": "of the future"}\n')
    assert [one.words for _, one in job.read_events().events] == ["one", "three"]


def test_how_it_ended_is_the_last_word(job):
    log = EventLog(job.path / "events.jsonl")
    log.ended("FAILED", "no number")
    reading = job.read_events()
    assert (reading.events, reading.ended.status, reading.ended.reason) == (
        [],
        "FAILED",
        "no number",
    )
    assert folders.recovered(job).reason == "no number"


def test_the_state_comes_back_whole(job):
    state = State(status="RUNNING", device="gpu:0", attempt=2, started=1.5, offset=7)
    job.write_state(state)
    assert job.state() == state
    assert [path.name for path in job.path.iterdir() if path.name.startswith(".")] == []
    (job.path / "state.json").write_text('{"status": "DREAMING", "progress": {"fold_uar": {}}}')
    assert job.state() is None


def test_a_long_log_is_cut_at_its_old_end(tmp_path):
    log = tmp_path / "log.txt"
    with log.open("ab") as output:
        output.write(b"".join(b"line %05d\n" % number for number in range(1000)))
        output.flush()
        worker.shorten(log, limit=4000)
        output.write(b"and on\n")
    lines = log.read_text().splitlines()
    assert log.stat().st_size < 2100
    assert (lines[0], lines[-2], lines[-1]) == ("(older lines are cut)", "line 00999", "and on")
    assert all(len(line) == 10 for line in lines[1:-1])


def test_two_workers_do_not_share_a_folder(job, capsys):
    from filelock import FileLock

    with FileLock(job.path / "worker.lock"):
        assert worker.main([str(job.path)]) == worker.Exit.BUSY
    assert "another worker has" in capsys.readouterr().out


def test_what_was_left_half_removed_is_removed(job):
    job.path.rename(job.path.with_name(f".deleted-{job.job_id}"))
    folders.clean(folders.jobs_folder())
    assert list(folders.jobs_folder().iterdir()) == []


def test_what_is_being_made_at_this_moment_is_left_to_its_maker(job):
    root = folders.jobs_folder()
    for name in (".new-now", ".new-long-ago"):
        (root / name).mkdir()
    os.utime(root / ".new-long-ago", (0, 0))
    (root / ".new-done").symlink_to(root / "nowhere")  # seen, and renamed before it is looked at
    folders.clean(root)
    kept = {path.name for path in root.iterdir()}
    assert kept == {job.job_id, ".new-now", ".new-done"}


def test_which_device_a_job_may_have():
    cpu = Device("cpu", "CPU", "-1")
    card, other = (Device(f"gpu:{number}", "card", f"GPU-{number}") for number in range(2))
    all_of_them = [card, other, cpu]
    asked = ("auto", "gpu", "cpu", "gpu:1", "gpu:7")
    allowed = {wish: [one.name for one in all_of_them if fits(one, wish, all_of_them)]
               for wish in asked}  # fmt: skip
    cards = ["gpu:0", "gpu:1"]
    assert allowed == {"auto": cards, "gpu": cards, "cpu": ["cpu"], "gpu:1": ["gpu:1"],
                       "gpu:7": cards}  # fmt: skip
    assert all(fits(cpu, wish, [cpu]) for wish in asked)


def test_cards_are_found_as_they_are_shown(monkeypatch):
    rows = [["0", "GPU-a", "H200"], ["1", "GPU-b", "H200"], ["broken"]]
    monkeypatch.setattr(devices, "_ask", lambda *_: rows)
    monkeypatch.setattr(devices, "_can_use_cards", lambda: True)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert [one.name for one in devices.find_devices()] == ["gpu:0", "gpu:1", "cpu"]
    for shown, names in (("1", ["gpu:1"]), ("GPU-a", ["gpu:0"]), ("-1", []), ("", [])):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
        assert [one.name for one in devices.find_devices()] == [*names, "cpu"]


def test_how_busy_the_processor_is():
    found = devices.load(Device("cpu", "CPU", "-1"))
    assert 0 <= found.percent <= 100
    assert 0 < found.used_mib < found.total_mib


def test_an_order_file_that_is_damaged_is_told_of(job):
    from ser_core.errors import ParameterError
    from ser_core.training import order_file

    for text, words in (("{", "cannot be read"), (json.dumps({"recipe": {}}), "a whole order")):
        (job.path / "order.json").write_text(text)
        with pytest.raises(ParameterError, match=words):
            order_file.read(job.path / "order.json")


def test_checkpoints_stay_until_the_job_is_said_to_be_done(tmp_path):
    checkpoint = tmp_path / worker.CHECKPOINTS / "final" / "checkpoint.npz"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    (tmp_path / worker.EVENTS).mkdir()  # nothing can be written there
    assert worker._work(tmp_path, lambda *_: "run") == worker.Exit.DISK
    assert checkpoint.exists()
    (tmp_path / worker.EVENTS).rmdir()
    assert worker._work(tmp_path, lambda *_: "run") == worker.Exit.FINISHED
    assert not checkpoint.exists()


def test_results_are_there_whole_or_not_at_all(tmp_path, monkeypatch):
    for name in (worker.CHECKPOINTS, worker.ARTIFACTS):
        (tmp_path / name).mkdir()
    (tmp_path / worker.CHECKPOINTS / "scores.json").write_text("{}")

    def half(_, target):
        Path(target).write_text("{")
        raise OSError("no space left")

    with monkeypatch.context() as full:
        full.setattr(worker.shutil, "copyfile", half)
        worker._keep_results(tmp_path)
    assert not (tmp_path / worker.ARTIFACTS / "scores.json").exists()
    worker._keep_results(tmp_path)
    assert (tmp_path / worker.ARTIFACTS / "scores.json").read_text() == "{}"
