"""One browser window, hundreds of clips: the server must not grow with every one."""

from pathlib import Path

import psutil
import pytest
import soundfile

from tests.conftest import SAMPLING_RATE, speech_like
from tests.e2e.conftest import Visitor
from tests.e2e.test_live import heard, send

CLIPS = 200
SETTLED = 20
GROWTH_MB = 100


def resident_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 2**20


@pytest.mark.soak
def test_memory_stays_level_over_many_uploads(visit: Visitor, tmp_path: Path) -> None:
    seen = visit()
    clip = tmp_path / "first.wav"
    soundfile.write(clip, speech_like(3), SAMPLING_RATE)
    send(seen, clip)
    sizes = []
    for number in range(CLIPS):
        clip = tmp_path / f"clip-{number}.wav"
        soundfile.write(clip, speech_like(3, seed=number), SAMPLING_RATE)
        seen.page.locator('input[type="file"]').set_input_files(clip)
        seen.page.get_by_text(f"{clip.name} ·").wait_for()
        heard(seen).wait_for()
        sizes.append(resident_mb(seen.app.process.pid))
    print(f"after {SETTLED} clips {sizes[SETTLED]:.0f} MB, after {CLIPS} {sizes[-1]:.0f} MB")
    assert sizes[-1] - sizes[SETTLED] < GROWTH_MB
    assert seen.exceptions() == []
