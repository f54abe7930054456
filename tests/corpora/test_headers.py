"""Headers of many files: in order, whether they are read one by one or side by side."""

from pathlib import Path

import pytest

from ser_core.corpora import headers
from ser_core.errors import TaskCancelled
from tests.corpora import made


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    return [
        str(made.write_clip(tmp_path / f"{n}.wav", duration_s=0.3 + n / 100)) for n in range(40)
    ]


@pytest.fixture(params=[60.0, -1.0], ids=["fast", "slow"])
def drive(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A drive that answers at once, and one that has to be waited for."""
    monkeypatch.setattr(headers, "_SLOW_S", request.param)
    monkeypatch.setattr(headers, "_AT_ONCE", 3)


@pytest.mark.usefixtures("drive")
def test_headers_come_in_the_order_of_the_files(paths: list[str]) -> None:
    seen: list[tuple[int, int]] = []
    found = headers.read(paths, lambda done, total: seen.append((done, total)))
    assert [header.duration_s for header in found] == pytest.approx(
        [0.3 + n / 100 for n in range(40)]
    )
    assert seen[0] == (0, 40)
    assert seen[-1] == (40, 40)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.usefixtures("drive")
def test_what_was_read_before_a_stop_is_kept(paths: list[str]) -> None:
    def stop(done: int, total: int) -> None:
        if done >= 6:
            raise TaskCancelled("stopped")

    found: list[headers.Header] = []
    with pytest.raises(TaskCancelled):
        headers.read_into(found, paths, stop)
    assert len(found) == 6


def test_nothing_to_read() -> None:
    assert headers.read([]) == []


def test_a_file_that_went_away_has_a_problem(tmp_path: Path) -> None:
    assert headers.read_one(str(tmp_path / "gone.wav")) == (0.0, 0, "the file went away")


def test_a_clone_without_its_sound_is_recognised(tmp_path: Path) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 71000\n"
    path = made.write_text(tmp_path / "1001_DFA_ANG_XX.wav", text)
    assert "git lfs pull" in headers.read_one(str(path)).problem
