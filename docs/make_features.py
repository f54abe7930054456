"""Writes the reference of features: `docs/features.md` and its pictures, from the code itself.

Run by `make docs`. The words come from the extractors' docstrings and configs; the pictures are
drawn of one clip of the synthetic corpus, by the figures that the app shows, in a browser.
"""

import io
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from plotly import graph_objects as go

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from docs.reference import Entry, contents_row, settings_table
from ser_core import figures
from ser_core.audio import Waveform
from ser_core.corpora import synthetic
from ser_core.features import EXTRACTORS, Extractor, LogMel, LogMelConfig, Signal

PAGE = Path(__file__).with_name("features.md")
PICTURES = Path(__file__).with_name("features")
CLIP = synthetic.Take(emotion=3, intensity=2, statement=1, repetition=1, actor=2)
RATE = synthetic.SAMPLING_RATE
WIDTH_PX = 800
GROUPS = {
    "frames": "Over time",
    "vector": "One vector a clip",
    "image": "Pictures",
    "own": "Your own",
}
INTRODUCTION = """# Features

What SER Studio can compute of a clip. Every extractor is named as in the app, in recipes and on the
command line, which writes what it gives to a NumPy file:

```sh
python -m ser_core extract log_mel clip.wav --out features.npy --set n_mels=40
```

In Python:

```python
from ser_core import audio
from ser_core.features import EXTRACTORS

waveform, sampling_rate = audio.load("clip.wav")
mfcc = EXTRACTORS.create("mfcc", n_mfcc=13)
features = mfcc.extract(audio.resample(waveform, sampling_rate, 16_000), 16_000)
```

Features over time have time first; frame i is centred on i hops. All values are float32, as they
are: standardising belongs to training.

The pictures show one clip with default settings: {seconds} s of a synthetic voice ("Kids are
talking by the door", happy, made by rule), no recording of a person.

![Waveform and log-mel spectrogram of the clip](features/clip.png)
"""
NO_PICTURE = {
    "opensmile": "No picture: it is optional, and drawn in the app where it is installed."
}
FOOTER = """
---

This page is written by `make docs` from the extractors' docstrings and settings; edit those.
"""


@cache
def clip() -> Waveform:
    """The clip that all pictures show, 16 kHz."""
    return synthetic.perform(CLIP).astype(np.float32)


def groups() -> Iterator[tuple[str, list[Extractor]]]:
    """Every extractor with default settings, under the heading where it belongs."""
    extractors = [EXTRACTORS.create(name) for name in EXTRACTORS.names()]
    for group, heading in GROUPS.items():
        members = [each for each in extractors if ("own" if each.by_name else each.kind) == group]
        yield heading, sorted(members, key=lambda each: each.title.lower())


def page() -> str:
    """The whole page."""
    seconds = f"{clip().size / RATE:.1f}"
    parts = [INTRODUCTION.format(seconds=seconds), *contents()]
    for heading, extractors in groups():
        parts += [f"## {heading}\n", *map(section, extractors)]
    return "\n".join(parts) + FOOTER


def contents() -> Iterator[str]:
    """A table of all extractors, each with its plain words."""
    yield "| extractor | name | what it is |\n|:--|:--|:--|"
    for heading, extractors in groups():
        yield f"| **{heading}** | | |"
        for each in extractors:
            yield contents_row(each.title, each.name, type(each))
    yield ""


def section(extractor: Extractor) -> str:
    """One extractor: words, picture, shape, settings, command and source."""
    entry = Entry.of(type(extractor))
    options = f" --set path={OWN_NAME}" if extractor.by_name else ""
    lines = [
        f"### {extractor.title}\n",
        f"`{extractor.name}` · {entry.plain}\n",
        f"{illustration(extractor)}\n",
        f"{entry.definition}\n" if entry.definition else "",
        f"{entry.shape} {measures(extractor)}".strip() + "\n",
        *settings_table(type(extractor.config)),
        "\n```sh",
        f"python -m ser_core extract {extractor.name} clip.wav --out {extractor.name}.npy{options}",
        "```\n",
        f"Source: {entry.source}\n",
    ]
    return "\n".join(line for line in lines if line)


def illustration(extractor: Extractor) -> str:
    """The picture with its words, or why there is none."""
    if extractor.name in NO_PICTURE:
        return NO_PICTURE[extractor.name]
    words = f"{extractor.title} of the synthetic clip"
    if extractor.by_name:
        words = "A log-mel spectrogram of 16 bands, saved as .npy and read as precomputed features"
    return f"![{words}](features/{extractor.name}.png)"


def measures(extractor: Extractor) -> str:
    """Shape on the clip, unit and step, as far as there are any."""
    words = []
    if extractor.name not in NO_PICTURE and not extractor.by_name:
        words.append(f"Of the clip: {features_of(extractor).shape}.")
    if extractor.unit:
        words.append(f"Unit: {extractor.unit}.")
    if extractor.hop_s:
        words.append(f"A frame every {1000 * extractor.hop_s:g} ms by default.")
    return " ".join(words)


def features_of(extractor: Extractor) -> np.ndarray[Any, Any]:
    """Features of the clip."""
    signal = Signal(clip(), RATE, Path("clip.wav"))
    return extractor.of(signal.at(extractor.sampling_rate or RATE))


# Pictures


def drawings() -> Iterator[tuple[str, go.Figure]]:
    """Every picture by its name; precomputed features are made on the fly."""
    yield "clip", clip_drawing()
    for _, extractors in groups():
        for each in extractors:
            if each.by_name:
                yield each.name, own_drawing()
            elif each.name not in NO_PICTURE:
                yield each.name, drawing(each)


def clip_drawing() -> go.Figure:
    """Waveform and log-mel of the clip on one time axis."""
    mel = LogMel(LogMelConfig())
    hop_s = mel.hop_s or 1.0
    return figures.clip_figure(clip(), RATE, features_of(mel), hop_s, mel.band_centres_hz())


def drawing(extractor: Extractor) -> go.Figure:
    """What the app shows of an extractor."""
    return figures.feature_figure(
        features_of(extractor),
        extractor.kind,
        extractor.feature_names(),
        extractor.unit,
        extractor.hop_s,
        clip().size / RATE,
    )


OWN_NAME = "my_features"


def own_drawing() -> go.Figure:
    """A matrix in a file of its own, as a user would bring it."""
    with TemporaryDirectory() as folder:
        mel = EXTRACTORS.create("log_mel", n_mels=16)
        np.save(Path(folder) / "clip.npy", features_of(mel))
        return drawing(
            EXTRACTORS.create("precomputed", path=folder, shape="frames", hop_s=mel.hop_s)
        )


def draw_all() -> None:
    """Render all pictures as PNG, in one browser."""
    from playwright.sync_api import sync_playwright
    from plotly.offline import get_plotlyjs

    from tests.e2e.browser import find_or_get

    PICTURES.mkdir(exist_ok=True)
    for stale in PICTURES.glob("*.png"):
        stale.unlink()
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
        browser = playwright.chromium.launch(executable_path=find_or_get(), args=arguments)
        size: Any = {"width": WIDTH_PX, "height": 800}
        tab = browser.new_page(viewport=size, device_scale_factor=1.5)
        tab.set_content(
            '<!doctype html><body style="margin:0;background:#fff"><div id="figure"></div></body>'
        )
        tab.add_script_tag(content=get_plotlyjs())
        for name, figure in drawings():
            figure.update_layout(template=figures.template(dark=False), width=WIDTH_PX)
            show = (
                f"Plotly.newPlot('figure', {{...{figure.to_json()}, config: {{staticPlot: true}}}})"
            )
            tab.evaluate(f"() => {show}.then(() => null)")
            picture = tab.locator("#figure").screenshot()
            (PICTURES / f"{name}.png").write_bytes(smaller(picture))
        browser.close()


def smaller(png: bytes) -> bytes:
    """The same picture in 256 colours, each at most a few steps off, at a third of its size."""
    from PIL import Image

    small = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        # Not the usual median cut: it spends its colours on the white and blurs the rare ones.
        method, dither = Image.Quantize.MAXCOVERAGE, Image.Dither.NONE
        palette = image.convert("RGB").quantize(256, method=method, dither=dither)
        palette.save(small, "PNG", optimize=True)
    return small.getvalue()


def main() -> None:
    """Write the page and draw its pictures."""
    PAGE.write_text(page(), encoding="utf-8")
    draw_all()


if __name__ == "__main__":
    main()
