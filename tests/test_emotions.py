"""The palette to colour-blind eyes and on every background it stands on; order and words."""

import re
import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from ser_core import emotions
from ser_core.corpora import CORPORA, labels
from ser_core.emotions import EMOTIONS, KNOWN

THEME = tomllib.loads(
    (Path(__file__).parent.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8")
)["theme"]
PAGES = {"#FFFFFF", "#0E1117"} | {THEME[mode]["backgroundColor"] for mode in ("light", "dark")}
PANELS = {THEME[mode]["secondaryBackgroundColor"] for mode in ("light", "dark")}

# Machado, Oliveira & Fernandes (2009), "A Physiologically-based Model for Simulation of Color
# Vision Deficiency", severity 1.0; they apply to linear RGB.
EYES = {
    "normal": np.eye(3),
    "protanope": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranope": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanope": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# sRGB (IEC 61966-2-1) to XYZ under D65.
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(colour: str) -> np.ndarray:
    """Linear RGB of a hex colour."""
    values = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2, from 1 to 21."""
    low, high = sorted(TO_XYZ[1] @ linear(colour) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB of linear RGB."""
    x, y, z = np.clip(rgb, 0, 1) @ TO_XYZ.T / TO_XYZ.sum(1)
    x, y, z = (
        np.cbrt(value) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116
        for value in (x, y, z)
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """CIEDE2000 of two CIELAB colours (Sharma, Wu & Dalal 2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    grey = 1.5 - 0.5 * np.sqrt(c7 / (c7 + 25**7))
    a1, a2 = a1 * grey, a2 * grey
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2([b1, b2], [a1, a2])) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = (h1 + turn / 2) % 360 if c1 * c2 else h1 + h2
    cosine = [np.cos(np.radians(n * hue - by)) for n, by in ((1, 30), (2, 0), (3, -6), (4, 63))]
    t = 1 + np.dot([-0.17, 0.24, 0.32, -0.20], cosine)
    squared = (lightness - 50) ** 2
    by_lightness = (l2 - l1) / (1 + 0.015 * squared / np.sqrt(20 + squared))
    by_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    by_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    bend = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7))
    bend *= np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    return float(np.sqrt(by_lightness**2 + by_chroma**2 + by_hue**2 + bend * by_chroma * by_hue))


def closest(eyes: str, colours: dict[str, str]) -> tuple[float, str, str]:
    """The two names whose colours these eyes tell apart least, and by how much."""
    seen = {name: lab(EYES[eyes] @ linear(colour)) for name, colour in colours.items()}
    return min((difference(seen[a], seen[b]), a, b) for a, b in combinations(seen, 2))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [  # from table 1 of Sharma, Wu & Dalal (2005)
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.1848, -84.8006), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_used_here_is_ciede2000(one, other, expected):
    assert difference(np.array(one), np.array(other)) == pytest.approx(expected, abs=5e-5)
    assert difference(np.array(other), np.array(one)) == pytest.approx(expected, abs=5e-5)


def test_the_check_would_find_the_classic_confusion():
    """Red and green of one lightness look alike to a deuteranope and not to others."""
    pair = {"red": "#C24B40", "green": "#6F8300"}
    assert closest("deuteranope", pair)[0] < 8
    assert closest("normal", pair)[0] > 40


@pytest.mark.parametrize(("eyes", "least"), [(eyes, 10.8) for eyes in EYES] + [("normal", 16)])
def test_every_pair_of_emotions_can_be_told_apart(eyes, least):
    apart, one, other = closest(eyes, {name: e.colour for name, e in EMOTIONS.items()})
    assert apart >= least, f"{one} and {other}"


@pytest.mark.parametrize("corpus", [n for n in CORPORA.names() if CORPORA.get(n).published])
@pytest.mark.parametrize("eyes", EYES)
def test_emotions_of_one_corpus_can_be_told_apart(eyes, corpus):
    mapped = set(labels.published(corpus).values()) - {""}
    apart, one, other = closest(eyes, {name: emotions.colour(name) for name in mapped})
    assert apart >= 10, f"{one} and {other}"


def test_every_further_emotion_differs_to_normal_eyes():
    apart, one, other = closest("normal", {name: e.colour for name, e in KNOWN.items()})
    assert apart >= 3.5, f"{one} and {other}"


@pytest.mark.parametrize("name", KNOWN)
def test_every_emotion_shows_on_light_and_dark(name):
    colour = emotions.colour(name)
    assert all(contrast(colour, page) >= 3 for page in PAGES)
    assert all(contrast(colour, panel) >= 2.7 for panel in PANELS)


def test_colours_keep_their_meaning():
    """Hue angles in CIELAB: red anger, golden joy, green disgust, blue sadness and calm."""
    hues = {}
    for name in EMOTIONS:
        _, a, b = lab(linear(emotions.colour(name)))
        hues[name] = np.degrees(np.arctan2(b, a)) % 360 if np.hypot(a, b) > 5 else None
    assert hues["neutral"] is None
    assert 25 < hues["angry"] < 60 < hues["happy"] < 90
    assert 130 < hues["disgust"] < 180 < 240 < hues["calm"] < hues["sad"] < 285
    light = {name: lab(linear(emotions.colour(name)))[0] for name in ("calm", "sad")}
    assert light["calm"] > light["sad"] + 10


def test_charts_of_streamlit_itself_use_the_palette():
    assert sorted(THEME["chartCategoricalColors"]) == sorted(e.colour for e in EMOTIONS.values())


def test_colours_are_plain_hex():
    for emotion in KNOWN.values():
        assert re.fullmatch("#[0-9A-F]{6}", emotion.colour)
        # Streamlit puts colours of its theme in place of these in charts.
        assert not re.fullmatch("#0000[0-9]{2}", emotion.colour)


def test_order_is_the_houses_whatever_comes_in():
    shuffled = ["angry", "zest", "calm", "surprised", "bored", "neutral"]
    expected = ["neutral", "calm", "angry", "surprised", "bored", "zest"]
    assert emotions.order(shuffled) == expected
    assert emotions.order(dict.fromkeys(shuffled)) == expected
    assert emotions.order(name for name in shuffled) == expected
    assert emotions.order([]) == []


def test_words_and_colours_of_labels_that_are_not_ours():
    assert emotions.title("fearful") == "Fearful"
    assert emotions.title("bored") == "Bored"
    assert emotions.title("zest") == "Zest"
    assert emotions.title("") == "Not mapped"
    assert emotions.colour("zest") == emotions.colour("neutral")


def test_every_emotion_is_filed_under_its_name():
    assert all(name == emotion.name for name, emotion in KNOWN.items())
    assert list(KNOWN)[:8] == list(EMOTIONS)
    assert len({emotion.title for emotion in KNOWN.values()}) == len(KNOWN)
