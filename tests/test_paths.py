"""Everything the app keeps stands in one folder that the user can choose."""

from pathlib import Path

import platformdirs
import pytest

from ser_core import paths
from ser_core.errors import ParameterError


def test_the_user_chooses_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("SER_HOME", str(tmp_path / "mine"))
    assert paths.home() == tmp_path / "mine"


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_choice_it_is_the_platforms_data_folder(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("SER_HOME")
    else:
        monkeypatch.setenv("SER_HOME", value)
    assert paths.home() == platformdirs.user_data_path("ser-studio", appauthor=False)
    assert paths.home().is_absolute()


def test_a_home_below_the_users_own_folder_may_be_written_short(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("SER_HOME", "~/speech")
    assert paths.home() == tmp_path / "speech"


def test_a_relative_home_is_made_absolute_for_workers_started_elsewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SER_HOME", "data")
    assert paths.home() == Path.cwd() / "data"


def test_asking_for_the_home_makes_nothing_and_asking_for_a_folder_makes_it(ser_home):
    assert not paths.home().exists()
    made = paths.folder("cache", "index")
    assert made == ser_home / "cache" / "index"
    assert made.is_dir()
    (made / "kept").touch()
    assert paths.folder("cache", "index") == made
    assert (made / "kept").exists()


def test_a_home_that_cannot_be_made_is_named(ser_home):
    ser_home.write_text("a file where the folder should be")
    with pytest.raises(
        ParameterError, match=r"SER_HOME must be a folder .* got .*home \("
    ) as caught:
        paths.folder("cache")
    assert str(ser_home) in str(caught.value)


def test_what_ships_stands_beside_the_library():
    assert paths.ASSETS.is_dir()
    assert (paths.ASSETS.parent / "ser_core" / "paths.py").samefile(paths.__file__)
