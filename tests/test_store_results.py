"""Results about many clips: read back as they were, forgotten when old, harmless when broken."""

import os
from pathlib import Path

import numpy as np
import pytest

from ser_core.errors import StoreError
from ser_core.store import Clip, ResultStore, result_key


def test_what_is_put_is_got_back_by_another_store(tmp_path: Path) -> None:
    points = np.arange(6.0).reshape(3, 2)
    ResultStore(tmp_path / "maps").put("a", {"points": points, "rows": np.arange(3)})
    found = ResultStore(tmp_path / "maps").get("a")
    assert found is not None
    np.testing.assert_array_equal(found["points"], points)
    assert ResultStore(tmp_path / "maps").get("b") is None
    assert [path.name for path in (tmp_path / "maps").iterdir()] == ["a.npz"]


def test_file_cut_off_counts_as_missing(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    store.put("a", {"points": np.zeros((100, 2))})
    whole = (tmp_path / "a.npz").read_bytes()
    for size in (0, 10, len(whole) // 2):
        (tmp_path / "a.npz").write_bytes(whole[:size])
        assert store.get("a") is None


def test_results_used_longest_ago_make_room(tmp_path: Path) -> None:
    store = ResultStore(tmp_path, most=2)
    for age, key in ((30, "a"), (20, "b")):
        store.put(key, {"x": np.zeros(1)})
        past = (tmp_path / f"{key}.npz").stat().st_mtime - age
        os.utime(tmp_path / f"{key}.npz", (past, past))
    assert store.get("a") is not None  # used: now b is the oldest
    store.put("c", {"x": np.zeros(1)})
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["a", "c"]


def test_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        ResultStore(tmp_path / "file" / "maps").put("a", {"x": np.zeros(1)})


def test_key_depends_on_content_order_and_settings_not_on_names() -> None:
    one, two = Clip(Path("1.wav"), b"1" * 16), Clip(Path("2.wav"), b"2" * 16)
    moved = Clip(Path("elsewhere.wav"), one.key)
    key = result_key([one, two], ["pca"])
    assert key == result_key([moved, two], ["pca"])
    others = [([two, one], ["pca"]), ([one, two], ["t-sne"]), ([one, two], ["p", "ca"])]
    assert len({key, *(result_key(*other) for other in others)}) == 4
