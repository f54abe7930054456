"""One player for several versions of a sound, to switch between them at the same instant.

All versions run on one Web Audio clock, and the button of a version only turns its gain up and the
others' down: before and after are heard within the same word. The samples go to the browser as the
16-bit PCM that `python -m ser_core augment` writes: what is played is what the file would hold, at
its own loudness, with no lossy codec and no normalisation in between, in half the bytes of float32.

The player is written in three files that the browser gets as one module, in this order:
`ab_player_clock.js` plays, `ab_player_tracks.js` draws, `ab_player.js` is what the user touches.
"""

import hashlib
import io
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components.live_input import plain
from ser_core.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_VERSIONS = 9  # one for each digit key
MOST_BYTES = 100_000_000  # half of what Streamlit sends in one message
LOWEST_HZ, HIGHEST_HZ = 3_000, 192_000  # what Web Audio is sure to play, and some more
_SILENT_RMS = 1e-5  # -100 dB re full scale, less than a bit
_PARTS = ("ab_player_clock.js", "ab_player_tracks.js", "ab_player.js")

_player = st.components.v2.component(
    "ab_player",
    css=Path(__file__).with_name("ab_player.css").read_text(encoding="utf-8"),
    js="\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _PARTS),
)


@dataclass(frozen=True, eq=False)
class Version:
    """One version of a sound.

    Args:
        title: what it is called on its button; no two of a player are called the same.
        waveform: (num_samples,) float32, full scale is 1.
        note: a few words below the title, such as "SNR 12.3 dB".
        action: what a button beside it says; "" for none.
    """

    title: str
    waveform: "NDArray[np.float32]"
    note: str = ""
    action: str = ""


def ab_player(
    versions: Sequence[Version],
    sampling_rate: int,
    key: str,
    on_action: Callable[[int], None] | None = None,
) -> None:
    """Draw a player of two to nine versions of a sound.

    Space plays and pauses, 1 to 9 (or A and B) and the arrows up and down choose the version, left
    and right seek, L loops the stretch that was dragged in a waveform. Position, version and loop
    stay while the page is run again. With new samples under the same key the sound goes on from
    where it was, in the version of the same title: so a slider is turned by ear.

    What cannot be played is said in the player's place.

    Args:
        versions: two to nine; may differ in length.
        sampling_rate: of all of them, in Hz.
        key: unique on the page; letters, digits, "_" and "-".
        on_action: called before the page runs again with the place of the version, from 0, whose
            action was pressed.

    Example:
        A clip and what an augmenter made of it; outside a page nothing is drawn.

        >>> import numpy as np
        >>> from ser_core.augment import AUGMENTERS
        >>> waveform = np.sin(np.arange(16_000) / 20).astype(np.float32)
        >>> noise = AUGMENTERS.create("noise")
        >>> draw = noise.draw(np.random.default_rng(0))
        >>> changed = noise.apply(waveform, 16_000, draw)
        >>> note = f"SNR {draw['snr_db']:.1f} dB"
        >>> versions = [Version("Original", waveform), Version("With noise", changed, note)]
        >>> ab_player(versions, 16_000, key="augmentation")
    """
    try:
        data = pack(versions, sampling_rate, key)
    except ParameterError as error:
        st.error(plain(str(error)), icon=":material/hearing_disabled:")
        return

    def pressed() -> None:
        place = st.session_state[key]["action"]
        if on_action is not None and isinstance(place, int) and 0 <= place < len(versions):
            on_action(place)

    _player(data=data, key=key, on_action_change=pressed)


def pack(versions: Sequence[Version], sampling_rate: int, key: str) -> bytes:
    """What the browser gets: a header of facts, then the samples of all versions.

    Returns:
        The header's length in bytes (4 bytes, little-endian), the header as JSON, and the samples
        of one version after the other in 16 bits, little-endian.

    Raises:
        ParameterError: too few or too many versions, two of one title, samples that are not a
            sound, a sampling rate that browsers do not play, or more than fits into one message.
    """
    _check(versions, sampling_rate)
    samples = [_as_in_a_file(version.waveform, sampling_rate) for version in versions]
    known = zip(versions, samples, matched_db(samples), strict=True)
    header = {
        "key": key,
        "sampling_rate": int(sampling_rate),
        "versions": [_facts(version, played, level) for version, played, level in known],
    }
    facts = json.dumps(header).encode()
    facts += b" " * (len(facts) % 2)  # samples of two bytes start at an even one
    return b"".join(
        [len(facts).to_bytes(4, "little"), facts, *(each.tobytes() for each in samples)]
    )


def _facts(
    version: Version, played: "NDArray[np.int16]", matched: float | None
) -> dict[str, object]:
    """What the header says of a version."""
    return {
        "title": version.title,
        "note": version.note,
        "action": version.action,
        "num_samples": played.size,
        "digest": hashlib.blake2b(played.data, digest_size=16).hexdigest(),
        "over_db": over_db(version.waveform),
        "matched_db": matched,
    }


def over_db(waveform: "NDArray[np.float32]") -> float:
    """By how much the loudest sample is above full scale, in dB rounded up to a tenth; else 0.

    >>> import numpy as np
    >>> over_db(np.array([0.1, -2.0], np.float32)), over_db(np.array([1.0], np.float32))
    (6.1, 0.0)
    """
    peak = _peak(waveform)
    return math.ceil(200 * math.log10(peak)) / 10 if peak > 1 else 0.0


def matched_db(samples: Sequence["NDArray[np.int16]"]) -> list[float | None]:
    """Gains in dB that give all versions the RMS of the first one that is not silent.

    Where that would push a sample above full scale, all are lowered by what is too much.

    Args:
        samples: of each version, 16 bits.

    Returns:
        A gain for each version; None for a silent one.

    >>> import numpy as np
    >>> loud = np.array([10_000, -10_000], np.int16)
    >>> matched_db([loud, loud // 2, 0 * loud])
    [0.0, 6.02, None]
    >>> matched_db([3 * loud, np.array([20_000, 0, 0, 0], np.int16)])
    [-5.25, 4.29]
    """
    import numpy as np

    scaled = [each.astype(np.float32) / 32768 for each in samples]
    rms = [math.sqrt(np.dot(each, each) / each.size) for each in scaled]
    peaks = [_peak(each) for each in scaled]
    reference = next((level for level in rms if level > _SILENT_RMS), 1.0)
    gains = [reference / level if level > _SILENT_RMS else None for level in rms]
    loudest = max((peak * gain for peak, gain in zip(peaks, gains, strict=True) if gain), default=1)
    fitting = max(1.0, loudest)
    return [gain and round(20 * math.log10(gain / fitting), 2) for gain in gains]


def _peak(samples: "NDArray[np.floating[Any]]") -> float:
    """Largest magnitude; NaN where a sample is."""
    return max(float(samples.max()), -float(samples.min()))


def _as_in_a_file(waveform: "NDArray[np.float32]", sampling_rate: int) -> "NDArray[np.int16]":
    """Samples as a 16-bit WAV file of them holds them."""
    import soundfile

    from ser_core import audio

    wav = io.BytesIO(audio.to_wav_bytes(waveform, sampling_rate))
    samples: NDArray[np.int16] = soundfile.read(wav, dtype="int16")[0]
    return samples.astype("<i2", copy=False)


def _check(versions: Sequence[Version], sampling_rate: int) -> None:
    if not 2 <= len(versions) <= MOST_VERSIONS:
        raise ParameterError(
            f"versions: a player takes 2 to {MOST_VERSIONS} of them, got {len(versions)}"
        )
    if not LOWEST_HZ <= sampling_rate <= HIGHEST_HZ:
        raise ParameterError(
            f"sampling_rate must be {LOWEST_HZ:,} to {HIGHEST_HZ:,} Hz, got {sampling_rate:,}"
        )
    titles = [version.title for version in versions]
    if twice := [title for title in titles if titles.count(title) > 1]:
        raise ParameterError(f"versions: each needs a title of its own, got two “{twice[0]}”")
    for version in versions:
        _check_waveform(version)
    in_all = sum(version.waveform.size for version in versions)
    if 2 * in_all > MOST_BYTES:
        most_s = MOST_BYTES / 2 / sampling_rate
        raise ParameterError(
            f"versions: together at most {most_s / 60:.0f} minutes at {sampling_rate:,} Hz can be "
            f"compared, got {in_all / sampling_rate / 60:.0f}; choose a shorter clip"
        )


def _check_waveform(version: Version) -> None:
    import numpy as np

    waveform: Any = version.waveform
    if not isinstance(waveform, np.ndarray) or waveform.ndim != 1 or waveform.dtype.kind != "f":
        got = f"{waveform.dtype} {waveform.shape}" if isinstance(waveform, np.ndarray) else "none"
        raise ParameterError(
            f"“{version.title}”: a waveform is an array (num_samples,) of float32, got {got}"
        )
    if waveform.size == 0:
        raise ParameterError(f"“{version.title}”: no sound in it (0 samples)")
    if not math.isfinite(_peak(waveform)):
        raise ParameterError(f"“{version.title}”: damaged, some samples are not numbers")
