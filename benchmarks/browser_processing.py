"""What a browser's echo cancellation, noise suppression and automatic gain change in a voice.

Chromium's microphone plays clips of RAVDESS (SER_RAVDESS names its folder); a page takes them in
with all processing off, as the Live page asks for, then with each part on. It takes about twice as
long as the clips do.
"""

import argparse
import base64
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile
from playwright.sync_api import sync_playwright
from scipy.signal import correlate

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import table
from ser_core import audio
from ser_core.features import LogMel, LogMelConfig
from ser_core.inference import Predictor
from tests.e2e.browser import find_or_get

RATE, PAUSE_S, REACH = 48_000, 0.8, 12_000
PARTS = ("echoCancellation", "noiseSuppression", "autoGainControl")
ASKED = {
    "off": (),
    "echo cancellation": PARTS[:1],
    "noise suppression": PARTS[1:2],
    "automatic gain": PARTS[2:],
    "all three": PARTS,
}
PAGE = """<!doctype html><title>Takes in what the microphone hears</title><script>
const WORKLET = `registerProcessor("take", class extends AudioWorkletProcessor {
  process([channels]) { if (channels[0]) this.port.postMessage(channels[0].slice()); return true }
})`
window.take = async (audio, samples) => {
  const media = await navigator.mediaDevices.getUserMedia({ audio })
  const context = new AudioContext({ sampleRate: 48000 })
  const address = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }))
  await context.audioWorklet.addModule(address)
  const node = new AudioWorkletNode(context, "take", { numberOfOutputs: 0 })
  const all = new Float32Array(samples)
  let size = 0
  const full = new Promise((done) => {
    node.port.onmessage = ({ data }) => {
      all.set(data.subarray(0, samples - size), size)
      size = Math.min(samples, size + data.length)
      if (size === samples) done()
    }
  })
  context.createMediaStreamSource(media).connect(node)
  await full
  window.taken = all
  return media.getAudioTracks()[0].getSettings()
}
window.part = (start, stop) => {
  const bytes = new Uint8Array(window.taken.slice(start, stop).buffer)
  let text = ""
  for (let at = 0; at < bytes.length; at += 32768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32768))
  return btoa(text)
}
</script>"""
LOUDNESS = LogMel(LogMelConfig.parse({"floor_db": -100}))


class Quiet(SimpleHTTPRequestHandler):
    """Tells nobody of its requests."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--speakers", default="20,21,23,24")
    asked = parser.parse_args()
    speakers = [int(number) for number in asked.speakers.split(",")]
    clips = chosen(Path(os.environ["SER_RAVDESS"]), speakers)
    with TemporaryDirectory() as folder:
        places = play_list(clips, Path(folder) / "microphone.wav")
        (Path(folder) / "index.html").write_text(PAGE, "utf-8")
        with served(Path(folder)) as address, ThreadPoolExecutor(3) as pool:
            taken = pool.map(partial(recorded, Path(folder), address), ASKED.values())
            heard = dict(zip(ASKED, taken, strict=True))
        played, _ = soundfile.read(Path(folder) / "microphone.wav", dtype="float32")
    show(Predictor.load(), {name: cut(played, each, places) for name, each in heard.items()})


def chosen(root: Path, speakers: Sequence[int]) -> list[Path]:
    """The first sentence, in each emotion, strong where there is a choice; mixed, always alike."""
    found = [
        next(
            root.rglob(f"03-01-{emotion:02d}-{1 if emotion == 1 else 2:02d}-01-01-{speaker:02d}.*")
        )
        for speaker in speakers
        for emotion in range(1, 9)
    ]
    np.random.default_rng(0).shuffle(found)
    return found


def play_list(clips: Sequence[Path], path: Path) -> list[slice]:
    """Write all clips with pauses between them; where each is."""
    sound, places, at = [np.zeros(2 * RATE)], [], 2 * RATE
    for clip in clips:
        waveform, rate = audio.load(clip)
        waveform = audio.resample(waveform, rate, RATE)
        places.append(slice(at, at + waveform.size))
        sound += [waveform, np.zeros(round(PAUSE_S * RATE))]
        at += waveform.size + sound[-1].size
    whole = np.concatenate([*sound, np.zeros(3 * RATE)])
    whole += 10 ** (-75 / 20) * np.random.default_rng(0).standard_normal(whole.size)
    soundfile.write(path, np.clip(whole, -1, 1), RATE, "PCM_16")
    return places


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("localhost", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()


def recorded(folder: Path, address: str, on: Sequence[str]) -> np.ndarray:
    """What the page gets of all that is played, with these parts of the processing on."""
    path = folder / "microphone.wav"
    samples = round(soundfile.info(path).frames - RATE / 2)
    options = (
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_or_get(), args=list(options))
        page = browser.new_context(permissions=["microphone"]).new_page()
        page.set_default_timeout(0)
        page.goto(address)
        wanted = {part: part in on for part in PARTS}
        said = page.evaluate("([how, samples]) => window.take(how, samples)", [wanted, samples])
        assert {part: said[part] for part in PARTS} == wanted, "the browser did as it was asked"
        step = 10 * RATE
        spans = [[at, at + step] for at in range(0, samples, step)]
        parts = [page.evaluate("([from, to]) => window.part(from, to)", span) for span in spans]
        browser.close()
    return np.concatenate([np.frombuffer(base64.b64decode(part), "<f4") for part in parts])


def cut(played: np.ndarray, heard: np.ndarray, places: Sequence[slice]) -> list[np.ndarray]:
    """The clips out of what was heard: each is where it is most like what was played."""
    opening = 30 * RATE
    alike = correlate(heard[:opening], played[:opening], method="fft")
    late = int(alike.argmax()) - opening + 1
    found = []
    for place in places:
        start = max(0, place.start + late - REACH)
        near = heard[start : place.stop + late + REACH]
        at = int(np.abs(correlate(near, played[place], method="fft", mode="valid")).argmax())
        late = start + at - place.start
        found.append(near[at : at + place.stop - place.start])
    return found


def show(predictor: Predictor, heard: dict[str, list[np.ndarray]]) -> None:
    plain = heard.pop("off")
    rows = [(name, *row(predictor, plain, changed)) for name, changed in heard.items()]
    heads = ("on", "level", "over pauses", "spectrum", "probability", "over 0.1", "same label")
    table(f"{len(plain)} clips, median [5 %, 95 %], against all off", heads, rows)


def row(predictor: Predictor, plain: list[np.ndarray], changed: list[np.ndarray]) -> list[str]:
    found = np.array([differences(*pair) for pair in zip(plain, changed, strict=True)]).T
    said = [[predictor.predict(one, RATE) for one in each] for each in (plain, changed)]
    moved = np.array(
        [
            max(abs(b.probabilities[label] - share) for label, share in a.probabilities.items())
            for a, b in zip(*said, strict=True)
        ]
    )
    same = sum(a.emotion == b.emotion for a, b in zip(*said, strict=True))
    cells = [f"{middle(each)} dB" for each in found]
    return [*cells, middle(moved, 2), f"{(moved > 0.1).sum()}", f"{same}"]


def differences(plain: np.ndarray, changed: np.ndarray) -> tuple[float, float, float]:
    """In dB: level, distance of speech from the quietest tenth, and RMS over bands of speech."""
    level = 10 * np.log10(np.mean(changed**2) / np.mean(plain**2))
    before, after = (
        LOUDNESS.extract(audio.resample(one, RATE, 16_000), 16_000) for one in (plain, changed)
    )
    loudness = before.mean(axis=1)
    speech, pauses = (
        (loudness > np.percentile(loudness, 60)),
        loudness <= np.percentile(loudness, 10),
    )
    over = [each[speech].mean() - each[pauses].mean() for each in (before, after)]
    moved = after[speech] - before[speech]
    return float(level), float(over[1] - over[0]), float(np.std(moved))


def middle(values: np.ndarray, digits: int = 1) -> str:
    low, median, high = np.percentile(values, [5, 50, 95])
    return f"{median:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


if __name__ == "__main__":
    main()
