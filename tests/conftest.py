"""What every test may ask for: a home of its own, real speech where there is some, and clips."""

import gc
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from filelock import FileLock
from xdist.remote import Producer

from ser_core.audio import Waveform
from tests import units

ROOT = Path(__file__).resolve().parent.parent
SAMPLING_RATE = 16_000

_session_home = tempfile.TemporaryDirectory(prefix="ser-studio-tests-")


def pytest_configure() -> None:
    """Keep the user's own folders out of it, doctests included, and everything quiet."""
    os.environ["SER_HOME"] = _session_home.name
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    # librosa's compiled functions: two processes that write one cache can crash each other. To
    # compile them takes longer than anything they are asked here.
    os.environ["NUMBA_CACHE_DIR"] = str(Path(_session_home.name) / "numba")
    os.environ["NUMBA_OPT"] = "0"
    # Clips are gone through in this process: tests run on all cores as it is, and to start others,
    # which compile librosa again, takes longer than the few clips of a test.
    os.environ["LOKY_MAX_CPU_COUNT"] = "1"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long ones first: what is begun last should be short."""
    items.sort(key=lambda item: units.rank(item.nodeid))


def pytest_collection_finish() -> None:
    """What is imported stays: Keras collects garbage at each training, and would go through it."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> units.ByUnit | None:
    """In place of `--dist loadfile`, which takes files with many tests for long ones."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return units.ByUnit(config, log)


def pytest_unconfigure() -> None:
    _session_home.cleanup()


@pytest.fixture(autouse=True)
def ser_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `SER_HOME` for this test alone."""
    home = tmp_path / "home"
    monkeypatch.setenv("SER_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def ravdess() -> Path:
    """Folder of real speech: RAVDESS in its published layout, WAV or FLAC."""
    place = os.environ.get("SER_RAVDESS", "")
    if not place:
        pytest.skip("needs real speech: set SER_RAVDESS to a folder that holds RAVDESS")
    root = Path(place).expanduser().resolve()
    if not root.is_dir():
        pytest.fail(f"SER_RAVDESS={place} is not a folder")
    return root


@pytest.fixture(scope="session")
def real_clip(ravdess: Path) -> Path:
    """One angry sentence of actor 12, loud and clear."""
    clips = sorted(ravdess.rglob("03-01-05-02-01-01-12.*"))
    if not clips:
        pytest.skip(f"{ravdess} does not hold 03-01-05-02-01-01-12, the clip this test listens to")
    return clips[0]


@pytest.fixture(scope="session")
def synthetic_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the synthetic demo corpus, generated once for all processes."""
    from ser_core.corpora.synthetic import generate

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root = shared / "corpora" / "synthetic"
    with FileLock(shared / "corpora.lock"):
        if not root.exists():
            generate(root)
    return root


@pytest.fixture(scope="session")
def speech() -> Waveform:
    """Two seconds that move like speech: gliding harmonics in syllables, a little noise, 16 kHz."""
    return speech_like(2.0)


@pytest.fixture
def speech_wav(tmp_path: Path, speech: Waveform) -> Path:
    """The `speech` clip as a 16-bit WAV file."""
    path = tmp_path / "speech.wav"
    soundfile.write(path, speech, SAMPLING_RATE)
    return path


def speech_like(duration_s: float, seed: int = 0) -> Waveform:
    """A voiced glide around 180 Hz, four syllables a second, peak 0.5.

    Args:
        duration_s: length in seconds.
        seed: of the noise and of the harmonics' phases.
    """
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * SAMPLING_RATE)) / SAMPLING_RATE
    f0_hz = 180 + 40 * np.sin(2 * np.pi * 0.7 * time_s)
    phase = 2 * np.pi * np.cumsum(f0_hz) / SAMPLING_RATE
    harmonics = (np.sin(k * phase + rng.uniform(0, 2 * np.pi)) / k for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 4 * time_s), 0, None) ** 0.5
    sound = sum(harmonics) * syllables + 0.01 * rng.standard_normal(time_s.size)
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)
