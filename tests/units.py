"""Which tests `make test` runs in one process, and in which order processes take them up."""

from xdist.scheduler import LoadFileScheduling

TOGETHER = {
    "tests/e2e/": "one server and one browser",
    "tests/features/test_f0.py": "librosa, which compiles itself",
    "tests/features/test_log_mel.py": "librosa, which compiles itself",
    "tests/features/test_spectral.py": "librosa, which compiles itself",
    "tests/features/test_vector181.py": "librosa, which compiles itself",
    "tests/augment/test_pitch_and_time.py": "librosa, which compiles itself",
}
"""Beginnings of paths, and what the tests below them share."""

LONG = ("tests/e2e/", "tests/jobs/", "tests/training/", "tests/test_main", "tests/pages/", "tests/")
"""Beginnings of paths, longest units first, so that none is left over for the end."""


def unit_of(path: str) -> str:
    """What a file is run together with: by default only itself.

    >>> unit_of("tests/e2e/test_live.py"), unit_of("tests/test_audio.py")
    ('one server and one browser', 'tests/test_audio.py')
    """
    return next((unit for start, unit in TOGETHER.items() if path.startswith(start)), path)


def rank(path: str) -> int:
    """Place of a file in the order in which it is begun.

    >>> rank("tests/e2e/test_live.py") < rank("tests/test_audio.py") < rank("ser_core/audio.py")
    True
    """
    return next((place for place, at in enumerate(LONG) if path.startswith(at)), len(LONG))


class ByUnit(LoadFileScheduling):
    """Gives each process whole units, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid.split("::", 1)[0])
