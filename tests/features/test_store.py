"""The feature store: what is computed, what is read back, and what survives."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_core import audio
from ser_core.errors import AudioError, ParameterError, StoreError, TaskCancelled
from ser_core.features import EXTRACTORS, Extractor, Signal
from ser_core.features.source import WholeClip
from ser_core.features.store import FeatureStore, Request
from ser_core.store import Clip
from ser_core.store.shelf import Arrays, Shelf
from tests.conftest import SAMPLING_RATE, speech_like

MFCC = EXTRACTORS.create("mfcc", n_mfcc=13)
LOG_MEL = EXTRACTORS.create("log_mel")


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Twenty short clips, all different; enough for more than one process."""
    folder = tmp_path / "clips"
    folder.mkdir()
    paths = [folder / f"clip-{number:02}.wav" for number in range(20)]
    for number, path in enumerate(paths):
        soundfile.write(path, speech_like(0.4, seed=number), SAMPLING_RATE)
    return paths


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the clips that are opened to be computed, in this process."""
    opened: list[str] = []
    load = audio.load

    def count(source: Path) -> tuple[audio.Waveform, int]:
        opened.append(Path(source).name)
        return load(source)

    monkeypatch.setattr(audio, "load", count)
    return opened


def direct(path: Path, extractor: Extractor) -> np.ndarray:
    waveform, rate = audio.load(path)
    return extractor.of(Signal(waveform, rate).at(extractor.sampling_rate or rate))


def assert_same(features: np.ndarray, wanted: np.ndarray) -> None:
    """Equal but for the last bits, which depend on how many threads multiply matrices."""
    np.testing.assert_allclose(features, wanted, rtol=1e-5, atol=1e-4)


def test_features_are_those_of_the_extractor_in_the_order_asked(clips: list[Path]) -> None:
    order = [*clips[10:], *clips[:10]]
    mfcc, log_mel = FeatureStore().fetch(order, [Request(MFCC), Request(LOG_MEL)])
    assert len(mfcc) == len(log_mel) == 20
    for path, cepstrum, bands in zip(order, mfcc, log_mel, strict=True):
        assert_same(cepstrum, direct(path, MFCC))
        assert_same(bands, direct(path, LOG_MEL))


def test_one_process_and_several_give_the_same(clips: list[Path], tmp_path: Path) -> None:
    (several,) = FeatureStore(tmp_path / "a").fetch(clips, [Request(MFCC)], jobs=2)
    (one,) = FeatureStore(tmp_path / "b").fetch(clips, [Request(MFCC)], jobs=1)
    for here, there in zip(several, one, strict=True):
        assert_same(here, there)


def test_the_second_time_only_reads(clips: list[Path], counted: list[str]) -> None:
    calls: list[tuple[int, int]] = []
    FeatureStore().fetch(clips, [Request(MFCC)], jobs=1)
    assert sorted(counted) == sorted(path.name for path in clips)
    counted.clear()
    (again,) = FeatureStore().fetch(clips, [Request(MFCC)], lambda *call: calls.append(call[:2]))
    assert counted == []
    assert calls == []
    assert isinstance(again[0].base.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        again[0][0, 0] = 1


def test_two_requests_open_each_clip_once_and_compute_only_what_is_missing(
    clips: list[Path], counted: list[str]
) -> None:
    store = FeatureStore()
    store.fetch(clips[:5], [Request(MFCC), Request(LOG_MEL)], jobs=1)
    assert len(counted) == 5
    counted.clear()
    store.fetch(clips[:6], [Request(MFCC), Request(EXTRACTORS.create("log_mel"))], jobs=1)
    assert counted == [clips[5].name]


def test_other_settings_are_other_features(clips: list[Path]) -> None:
    store = FeatureStore()
    (few,) = store.fetch(clips[:2], [Request(MFCC)])
    (more,) = store.fetch(clips[:2], [Request(EXTRACTORS.create("mfcc", n_mfcc=20))])
    assert few[0].shape[1] == 13
    assert more[0].shape[1] == 20


def test_a_moved_clip_is_still_known_and_a_changed_one_is_not(
    clips: list[Path], counted: list[str], tmp_path: Path
) -> None:
    store = FeatureStore()
    store.fetch(clips[:2], [Request(MFCC)], jobs=1)
    moved = tmp_path / "elsewhere.wav"
    shutil.copy(clips[0], moved)
    soundfile.write(clips[1], speech_like(0.5, seed=99), SAMPLING_RATE)
    counted.clear()
    (features,) = store.fetch([moved, clips[1]], [Request(MFCC)], jobs=1)
    assert counted == [clips[1].name]
    assert_same(features[1], direct(clips[1], MFCC))


def test_a_bad_clip_is_named_and_costs_the_others_nothing(
    clips: list[Path], counted: list[str]
) -> None:
    clips[3].write_bytes(b"no sound" * 30)
    clips[7].write_bytes(b"")
    with pytest.raises(AudioError, match=r"clip-0[37].*; and 1 more clip"):
        FeatureStore().fetch(clips, [Request(MFCC)], jobs=1)
    counted.clear()
    good = [path for path in clips if path not in {clips[3], clips[7]}]
    FeatureStore().fetch(good, [Request(MFCC)], jobs=1)
    assert counted == []


def test_a_missing_file_is_named(clips: list[Path], tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"gone\.wav: cannot be read"):
        FeatureStore().fetch([*clips, tmp_path / "gone.wav"], [Request(MFCC)])


def test_stopping_keeps_what_is_finished(clips: list[Path], counted: list[str]) -> None:

    def stop_while_computing(done: int, _total: int, words: str = "") -> None:
        if words.startswith("computing"):
            raise TaskCancelled("stopped")

    store = FeatureStore()
    with pytest.raises(TaskCancelled):
        store.fetch(clips, [Request(MFCC)], stop_while_computing, jobs=1)
    kept = store.count(clips, Request(MFCC))
    assert 0 < kept < 20
    counted.clear()
    store.fetch(clips, [Request(MFCC)], jobs=1)
    assert len(counted) == 20 - kept


def test_progress_counts_clips_up_to_all_of_them(clips: list[Path]) -> None:
    calls: list[tuple[int, int]] = []
    FeatureStore().fetch(clips, [Request(MFCC)], lambda *call: calls.append(call[:2]), jobs=2)
    reading, computing = calls[:20], calls[20:]
    assert reading == [(done, 20) for done in range(1, 21)]
    assert [total for _, total in computing] == [20] * len(computing)
    assert [done for done, _ in computing] == sorted(done for done, _ in computing)
    assert computing[-1] == (20, 20)


def test_what_is_kept_can_be_listed_counted_and_cleared(clips: list[Path]) -> None:
    store = FeatureStore()
    assert store.kept() == []
    assert store.size_bytes() == 0
    mfcc, _ = store.fetch(clips, [Request(MFCC), Request(LOG_MEL)])
    kept = {each.about["extractor"]: each for each in store.kept()}
    assert set(kept) == {"mfcc", "log_mel"}
    assert kept["mfcc"].clips == 20
    assert kept["mfcc"].about["settings"]["n_mfcc"] == 13
    assert kept["mfcc"].about["source"] == "whole clips"
    assert kept["mfcc"].size_bytes >= sum(array.nbytes for array in mfcc)
    assert store.size_bytes() == kept["mfcc"].size_bytes + kept["log_mel"].size_bytes
    store.clear(kept["mfcc"].key)
    assert [each.about["extractor"] for each in store.kept()] == ["log_mel"]
    assert store.count(clips, Request(MFCC)) == 0
    assert store.count(clips, Request(LOG_MEL)) == 20
    assert_same(mfcc[3], direct(clips[3], MFCC))  # still in use, still there
    store.clear()
    assert store.kept() == []
    store.clear()  # nothing there is fine too


@pytest.mark.parametrize("key", ["", "..", ".", "../clips", "/etc"])
def test_clear_stays_inside_the_store(clips: list[Path], key: str) -> None:
    store = FeatureStore()
    store.fetch(clips[:1], [Request(MFCC)])
    with pytest.raises(ParameterError, match="nothing is kept under"):
        store.clear(key)
    assert clips[0].is_file()
    assert store.count(clips[:1], Request(MFCC)) == 1


def test_a_full_disk_is_said_and_leaves_no_half_batch(
    clips: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FeatureStore()
    store.fetch(clips[:2], [Request(MFCC)], jobs=1)
    save = np.save

    def full(path: Path, *arguments: object) -> None:
        if path.name == "index.npy":
            raise OSError(28, "No space left on device")
        save(path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", full)
        with pytest.raises(StoreError, match="cannot be written .No space left on device"):
            store.fetch(clips[:4], [Request(MFCC)], jobs=1)
    assert not list(store.folder.rglob(".draft-*"))
    assert store.count(clips[:2], Request(MFCC)) == 2


def test_rows_cut_off_by_a_crash_are_computed_anew(clips: list[Path]) -> None:
    store = FeatureStore()
    store.fetch(clips[:3], [Request(MFCC)], jobs=1)
    rows = next(store.folder.rglob("rows.npy"))
    with rows.open("r+b") as file:
        file.truncate(200)
    (features,) = store.fetch(clips[:3], [Request(MFCC)], jobs=1)
    assert_same(features[2], direct(clips[2], MFCC))


def test_an_extractor_that_cannot_work_stops_at_once(clips: list[Path]) -> None:
    precomputed = EXTRACTORS.create("precomputed", path=str(clips[0].parent / "nowhere"))
    with pytest.raises(ParameterError, match="nowhere"):
        FeatureStore().fetch(clips, [Request(precomputed)], jobs=1)


def test_signals_of_a_whole_clip_are_the_clip_at_the_rate_asked(clips: list[Path]) -> None:
    clip = Clip(clips[0], b"")
    (signal_8k,) = WholeClip().signals(clip, 8000)
    assert signal_8k.sampling_rate == 8000
    assert signal_8k.waveform.size == pytest.approx(0.4 * 8000, abs=2)
    (own,) = WholeClip().signals(clip, None)
    assert own.sampling_rate == SAMPLING_RATE


def test_what_two_writers_kept_twice_counts_once(clips: list[Path]) -> None:
    store = FeatureStore()

    def other_writer(done: int, _total: int, words: str = "") -> None:
        if words.startswith("computing") and done < 20:
            FeatureStore().fetch(clips[:4], [Request(MFCC)], jobs=1)

    store.fetch(clips, [Request(MFCC)], other_writer, jobs=1)
    (kept,) = store.kept()
    assert kept.clips == 20
    stored = sum(len(Shelf(path.parent)._rows) for path in store.folder.rglob("about.json"))
    assert stored == 20


def test_clearing_during_an_extraction_leaves_nothing_that_is_not_listed(
    clips: list[Path],
) -> None:
    store = FeatureStore()
    store.fetch(clips[:2], [Request(MFCC)], jobs=1)

    def clear(done: int, _total: int, words: str = "") -> None:
        if words.startswith("computing") and done < 10:
            store.clear()

    (features,) = store.fetch(clips, [Request(MFCC)], clear, jobs=1)
    assert_same(features[0], direct(clips[0], MFCC))
    (kept,) = store.kept()
    assert kept.clips == 18


def test_clips_without_features_make_no_entry(clips: list[Path]) -> None:
    clips[0].write_bytes(b"no sound" * 30)
    with pytest.raises(AudioError):
        FeatureStore().fetch(clips[:1], [Request(MFCC)])
    assert FeatureStore().kept() == []


def test_precomputed_features_of_two_folders_are_told_apart(
    clips: list[Path], tmp_path: Path
) -> None:
    for value, emotion in enumerate(("happy", "sad")):
        for root in ("own", "corpus"):
            (tmp_path / root / emotion).mkdir(parents=True)
        np.save(tmp_path / "own" / emotion / "x.npy", np.full(4, value, np.float32))
        shutil.copy(clips[0], tmp_path / "corpus" / emotion / "x.wav")
    extractor = EXTRACTORS.create("precomputed", path=str(tmp_path / "own"))
    files = [tmp_path / "corpus" / emotion / "x.wav" for emotion in ("happy", "sad")]
    (features,) = FeatureStore().fetch(files, [Request(extractor)], jobs=1)
    assert [array.tolist() for array in features] == [[0] * 4, [1] * 4]


def _write_many(folder: str, writer: int) -> None:
    shelf = Shelf(Path(folder))
    for number in range(10):
        keys = [bytes([writer, number, item]).ljust(16, b"\0") for item in range(5)]
        shelf.write({key: np.full((3, 2), writer, np.float32) for key in keys})


def test_rows_of_many_arrays_are_picked_at_once_as_they_would_be_one_by_one(tmp_path: Path) -> None:
    rng, shelf = np.random.default_rng(0), Shelf(tmp_path)
    keys = [bytes([number]) * 16 for number in range(9)]
    made = {key: rng.normal(size=(3, 4, 2)).astype(np.float32) for key in keys}
    for start in range(0, 9, 4):  # in files of their own
        shelf.write({key: made[key] for key in keys[start : start + 4]})
    odd, even = np.arange(1, 9, 2), np.arange(0, 9, 2)
    parts = [(rows, shelf.arrays([keys[row] for row in rows])) for rows in (odd, even)]
    arrays = Arrays.together(parts)
    rows, nth = rng.integers(0, 9, 30), rng.integers(0, 3, 30)
    one_by_one = [made[keys[row]][version] for row, version in zip(rows, nth, strict=True)]
    np.testing.assert_array_equal(arrays.pick(rows, nth), one_by_one)
    np.testing.assert_array_equal(list(arrays), [made[key] for key in keys])
    with pytest.raises(IndexError, match="fewer rows"):
        arrays.pick(rows, nth + 1)


def test_writers_side_by_side_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    folder = str(tmp_path / "shelf")
    writers = [context.Process(target=_write_many, args=(folder, each)) for each in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    shelf = Shelf(Path(folder))
    for writer in (1, 2):
        for number in range(10):
            for item in range(5):
                found = shelf[bytes([writer, number, item]).ljust(16, b"\0")]
                np.testing.assert_array_equal(found, np.full((3, 2), writer))


def test_a_writer_killed_in_mid_write_leaves_nothing_to_read(tmp_path: Path) -> None:
    code = """
import sys, time
from pathlib import Path
import numpy as np
from ser_core.store.shelf import Shelf
save = np.save
def slow(path, array):
    save(path, array)
    print("writing", flush=True)
    time.sleep(60)
np.save = slow
Shelf(Path(sys.argv[1])).write({bytes(16): np.zeros((4, 4), np.float32)})
"""
    folder = tmp_path / "shelf"
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGKILL)
    (draft,) = folder.iterdir()
    shelf = Shelf(folder)
    assert bytes(16) not in shelf
    shelf.write({bytes(16): np.ones((4, 4), np.float32)})
    np.testing.assert_array_equal(Shelf(folder)[bytes(16)], np.ones((4, 4)))
    assert draft.exists()  # its writer might still be at work
    long_ago = time.time() - 7200
    os.utime(draft, (long_ago, long_ago))
    shelf.write({bytes([1] * 16): np.ones((4, 4), np.float32)})
    assert not draft.exists()
