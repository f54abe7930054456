"""The machine's microphone against a virtual capture device: PulseAudio's null sink, by ALSA."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_core import audio
from ser_core.inference import Predictor, segments_of

RATE = 48_000
LISTEN = """
import sys, threading
import numpy as np
from ser_core.inference.microphone import Microphone, input_devices
device = next(each for each in input_devices() if each.name == "virtual")
blocks = []
with Microphone(device) as microphone:
    print(microphone.sampling_rate, flush=True)
    threading.Thread(target=lambda: (sys.stdin.readline(), microphone.stop()), daemon=True).start()
    for block in microphone:
        blocks.append(block)
assert microphone.overflows == 0
assert blocks[-1].position + blocks[-1].samples.size == sum(b.samples.size for b in blocks)
np.save(sys.argv[1], np.concatenate([block.samples for block in blocks]))
"""
SERVER = (
    "pulseaudio -n --daemonize=no --exit-idle-time=-1 --use-pid-file=no "
    "-L module-native-protocol-unix "
    "-L 'module-null-sink sink_name=speaker rate=48000 channels=1 format=s16le'"
)
DEVICE = 'pcm.virtual { type pulse device "speaker.monitor" }\nctl.virtual { type pulse }\n'


@pytest.fixture
def sound_system(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a process whose only sound device hears what "speaker" plays."""
    missing = [name for name in ("pulseaudio", "pactl", "pacat") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} missing: apt-get install pulseaudio pulseaudio-utils")
    (tmp_path / ".asoundrc").write_text(DEVICE, "utf-8")
    here = dict.fromkeys(("HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH"), str(tmp_path))
    environment = {**os.environ, **here}
    with subprocess.Popen(
        f"exec {SERVER}", shell=True, env=environment, stderr=subprocess.DEVNULL
    ) as server:
        try:
            ask = "for i in $(seq 100); do pactl info && exit; sleep 0.1; done; exit 1"
            subprocess.run(ask, shell=True, env=environment, check=True, capture_output=True)
            yield environment
        finally:
            server.terminate()


def heard(sound_system: dict[str, str], played: Path, folder: Path) -> "np.ndarray":
    """What the microphone gives while a file of 16-bit samples is played, and a second around."""
    kept = folder / "heard.npy"
    command = [sys.executable, "-c", LISTEN, str(kept)]
    with subprocess.Popen(
        command, env=sound_system, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as listening:
        assert listening.stdin is not None
        assert listening.stdout is not None
        assert int(listening.stdout.readline()) == RATE
        play = ["pacat", "--device=speaker", "--format=s16le", "--rate=48000", "--channels=1"]
        subprocess.run([*play, str(played)], env=sound_system, check=True, timeout=120)
        listening.stdin.write("\n")
        listening.stdin.flush()
        assert listening.wait(timeout=60) == 0
    return np.load(kept)


def test_a_real_clip_that_is_played_is_heard_as_its_file(
    sound_system: dict[str, str], real_clip: Path, tmp_path: Path
) -> None:
    voice, rate = audio.load(real_clip)
    pause = np.zeros(2 * RATE, np.float32)
    sound = np.concatenate([pause, audio.resample(voice, rate, RATE), pause])
    soundfile.write(tmp_path / "played.raw", sound, RATE, "PCM_16")
    played = np.fromfile(tmp_path / "played.raw", "<i2") / np.float32(32768)
    came = heard(sound_system, tmp_path / "played.raw", tmp_path)

    first = np.flatnonzero(came)[0] - np.flatnonzero(played)[0]
    stop = np.flatnonzero(played)[-1] + 1
    start = max(0, -first)
    cut, expected = came[first + start : first + stop], played[start:stop]
    assert np.abs(cut - expected).max() <= 2**-15 + 1e-9  # the device's last bit

    predictor = Predictor.load()
    said, as_file = predictor.predict(cut, RATE), predictor.predict(expected, RATE)
    assert said.emotion == as_file.emotion
    assert said.probabilities == pytest.approx(as_file.probabilities, abs=1e-3)
    [segment] = segments_of(predictor, came, RATE)
    assert segment.emotion == as_file.emotion
