"""Spectrogram as a picture."""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.features.base import EXTRACTORS, Extractor, MelConfig
from ser_core.features.decibels import decibels
from ser_core.features.signal import Array, Signal

ColourMap = Literal["magma", "viridis"]

_FLOOR_DB = -100.0

# Every fifth of the 256 colours of Smith & van der Walt's maps (dedicated to the public, CC0), from
# low to high; straight lines between them stay within 1/255 of the rest.
_ANCHORS: dict[str, str] = {
    "viridis": """
        440154 46085C 471063 481769 481D6F 482475 472A7A 46307E 453781 433D84 414287 3F4889 3D4E8A
        3A538B 38598C 355E8D 33638D 31688E 2E6D8E 2C718E 2A768E 297B8E 27808E 25848E 23898E 218E8D
        20928C 1F978B 1E9C89 1FA188 21A585 24AA83 28AE80 2EB37C 35B779 3DBC74 46C06F 50C46A 5AC864
        65CB5E 70CF57 7CD250 89D548 95D840 A2DA37 B0DD2F BDDF26 CAE11F D8E219 E5E419 F1E51D FDE725
    """,
    "magma": """
        000004 02020B 050416 090720 0E0B2B 140E36 1A1042 21114E 29115A 311165 390F6E 420F75 4A1079
        52137C 5A167E 621980 6A1C81 721F81 792282 812581 892881 912B81 992D80 A1307E AA337D B2357B
        BA3878 C23B75 CA3E72 D2426F D9466B E04C67 E75263 EC5860 F1605D F4695C F7725C F97B5D FB8560
        FC8E64 FD9869 FEA16E FEAA74 FEB47B FEBD82 FEC68A FECF92 FED89A FDE2A3 FDEBAC FCF4B6 FCFDBF
    """,
}


class SpectrogramImageConfig(MelConfig):
    """Frames and bands of the spectrogram, size and colours of the picture."""

    top_db: float = Field(
        80.0, gt=0, le=200, description="Darkest shade: this far below the loudest cell (dB)"
    )
    height: int = Field(128, ge=16, le=1024, description="Height (pixels, frequency)")
    width: int = Field(128, ge=16, le=1024, description="Width (pixels, time)")
    colour: Literal["grey", "rgb"] = Field(
        "grey", description="One channel of brightness, or three of a colour map"
    )
    colour_map: ColourMap = Field("magma", description="Colours from quiet to loud, for rgb")


@EXTRACTORS.register("spectrogram_image")
class SpectrogramImage(Extractor):
    """The whole clip as one picture of fixed size: time to the right, frequency upwards.

    Log-mel spectrogram in dB (Slaney's scale, as `log_mel`), limited to `top_db` below the clip's
    loudest cell; low frequencies at the bottom. Brought to `height` × `width` by linear
    interpolation where it grows and by averages of overlapping triangles where it shrinks, so that
    nothing is skipped or aliased. The contrast is stretched for each clip by itself: its darkest
    pixel becomes 0, its brightest 1 (a clip of one shade is 0 everywhere), so that loudness and, as
    every clip gets the same width, duration do not show. In colour, the shades pass through a map
    of even steps to the eye.

    Shape (height, width, 1) in grey, (height, width, 3) in colour: red, green, blue in [0, 1].

    Source: Badshah, Ahmad, Rahim & Baik (2017), "Speech emotion recognition from spectrograms with
    deep convolutional neural network", PlatCon; colour maps of Smith & van der Walt (2015), "A
    better default colormap for Matplotlib", SciPy conference.
    """

    config_type = SpectrogramImageConfig
    title = "Spectrogram image"
    kind = "image"

    def __init__(self, config: SpectrogramImageConfig | None = None) -> None:
        self.config: SpectrogramImageConfig = config or SpectrogramImageConfig()

    def _compute(self, signal: Signal) -> Array:
        c = self.config
        power = signal.mel_power(c.n_fft, c.hop_length, c.n_mels, c.fmin_hz, c.fmax_hz)
        upright = decibels(power, _FLOOR_DB, c.top_db).T[::-1]
        shades = stretch(resize(upright, c.height, c.width))
        return shades[..., None] if c.colour == "grey" else coloured(shades, c.colour_map)

    def feature_names(self) -> tuple[str, ...]:
        """Red, green and blue; none for grey."""
        return ("red", "green", "blue") if self.config.colour == "rgb" else ()


def resize(picture: Array, height: int, width: int) -> Array:
    """A picture in another size, smoothed before pixels are left out.

    Args:
        picture: (any height, any width) float32.
        height: of the result, in pixels.
        width: of the result, in pixels.

    Returns:
        (height, width) float32; what has the size already comes back as it is.
    """
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(picture, np.float32))
    return np.array(image.resize((width, height), Image.Resampling.BILINEAR), np.float32)


def stretch(picture: Array) -> Array:
    """Shades from 0, the least, to 1, the greatest; a picture of one shade becomes 0.

    >>> stretch(np.array([[-80, -60], [-40, 0]], np.float32)).tolist()
    [[0.0, 0.25], [0.5, 1.0]]
    """
    low, high = picture.min(), picture.max()
    return (picture - low) / np.float32(max(high - low, 1e-9))


def coloured(shades: Array, colour_map: ColourMap) -> Array:
    """Shades in [0, 1] of any shape as red, green and blue in [0, 1] on a new last axis."""
    anchors = _anchors(colour_map)
    places = np.linspace(0, 1, len(anchors))
    channels = [np.interp(shades, places, anchors[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


@lru_cache(maxsize=2)
def _anchors(colour_map: ColourMap) -> NDArray[np.float64]:
    """Colours at even steps, shape (num_colours, 3), in [0, 1]."""
    return np.array([list(bytes.fromhex(word)) for word in _ANCHORS[colour_map].split()]) / 255
