"""Files that are no sound, or say what is not true of themselves: what an upload may be."""

import gzip
import io
import struct
import zipfile
from typing import Any

import numpy as np
import soundfile

from tests.conftest import SAMPLING_RATE, speech_like


def sound(
    form: str = "WAV", subtype: str | None = None, rate: int = SAMPLING_RATE, channels: int = 1
) -> bytes:
    """Speech of 0.8 s in a format of libsndfile."""
    buffer = io.BytesIO()
    speech = np.repeat(speech_like(0.8)[:, None], channels, axis=1)
    soundfile.write(buffer, speech, rate, subtype, format=form)
    return buffer.getvalue()


def floats(values: Any) -> bytes:
    """A WAV file of floats, whatever they are."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.asarray(values), SAMPLING_RATE, "FLOAT", format="WAV")
    return buffer.getvalue()


def header(
    code: int = 1,
    channels: int = 1,
    rate: int = 16_000,
    bits: int = 16,
    said: int = 32_000,
    data: bytes = bytes(range(256)) * 125,
) -> bytes:
    """A WAV file whose header says anything."""
    align = channels * bits // 8 & 0xFFFF
    chunk = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, code, channels, rate, rate * align & 0xFFFFFFFF, align, bits
    )
    size = min(4 + len(chunk) + 8 + said, 2**32 - 1)
    return (
        struct.pack("<4sI4s", b"RIFF", size, b"WAVE")
        + chunk
        + b"data"
        + struct.pack("<I", said)
        + data
    )


def files() -> dict[str, bytes]:
    """Each by a name that says what is odd about it; some of them can be heard."""
    wav, flac, ogg, mp3 = (sound(form) for form in ("WAV", "FLAC", "OGG", "MP3"))
    level = np.tile(np.float32([1.0, -1.0]), 8_000)
    return {
        "empty.wav": b"",
        "one byte.wav": b"R",
        "text.wav": b"this is no sound at all\n" * 40,
        "page.mp3": b"<!doctype html><html><body><script>alert(1)</script></body></html>",
        "archive.ogg": zipped(wav),
        "packed.wav": gzip.compress(wav),
        "bomb.flac": gzip.compress(bytes(20_000_000)),
        "picture.mp3": b"\x89PNG\r\n\x1a\n" + bytes(5_000),
        "program.wav": b"\x7fELF\x02\x01\x01" + bytes(5_000),
        "zeros.mp3": bytes(200_000),
        "ones.mp3": b"\xff" * 200_000,
        "noise.ogg": np.random.default_rng(0).bytes(200_000),
        "header only.wav": header(said=0, data=b""),
        "header without data.flac": flac[:42],
        "first page.ogg": ogg[:60],
        "half.mp3": mp3[: len(mp3) // 2],
        "half.flac": flac[: len(flac) // 2],
        "half.ogg": ogg[: len(ogg) // 2],
        "four gigabytes.wav": header(said=2**32 - 1),
        "less than said.wav": header(said=31_000_000),
        "no channel.wav": header(channels=0),
        "many channels.wav": header(channels=1_024),
        "most channels.wav": header(channels=65_535),
        "no rate.wav": header(rate=0),
        "one hertz.wav": header(rate=1),
        "four gigahertz.wav": header(rate=2**32 - 1),
        "negative rate.wav": header(rate=2**31),
        "no bits.wav": header(bits=0),
        "odd bits.wav": header(bits=13),
        "many bits.wav": header(bits=65_535),
        "unknown code.wav": header(code=0xABCD),
        "adpcm of noise.wav": header(code=0x11, bits=4),
        "gsm of noise.wav": header(code=0x31, bits=0),
        "not numbers.wav": floats(np.full(8_000, np.nan)),
        "one is no number.wav": floats([*speech_like(0.8), np.nan]),
        "endless.wav": floats([*speech_like(0.8), np.inf, -np.inf]),
        "huge.wav": floats(level * 1e30),
        "tiny.wav": floats(level * 1e-30),
        "offset.wav": floats(np.ones(16_000)),
        "silent.wav": floats(np.zeros(16_000)),
        "short.wav": floats(speech_like(0.1)),
        "lowest rate.wav": sound(rate=100),
        "highest rate.wav": sound(rate=6_144_000),
        "tag.mp3": b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + mp3,
        "unknown length.flac": unknown_length(flac),
        "twice.flac": flac + flac,
        "twice.ogg": ogg + ogg,
        "twice.wav": wav + wav,
        "reversed.wav": wav[::-1],
        "named wrongly.mp3": wav,
        "other container.wav": sound("AIFF"),
        "sixty-four bits.wav": sound("W64"),
        "raf.wav": sound("RF64"),
        "eight channels.flac": sound("FLAC", channels=8),
        "a \u202ename\u202c <b>of</b> *signs* $x$ `y` [z](w).wav": b"RIFF",
        f"{'long' * 60}.wav": b"no sound",
    }


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("clip.wav", data)
    return buffer.getvalue()


def unknown_length(flac: bytes) -> bytes:
    """A FLAC file whose header does not know how long it is, as of a live broadcast."""
    changed = bytearray(flac)
    changed[21] &= 0xF0  # low bits of the byte that the 36-bit number of samples begins in
    changed[22:26] = bytes(4)
    return bytes(changed)
