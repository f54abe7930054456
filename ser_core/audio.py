"""Sound in and out: read any common format, mono, resample, trim, set the level, cut windows.

Everything that turns a file or a recording into the samples a model sees is here, so that
training, evaluation, the command line and the Live page hear exactly the same.
"""

import io
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from pydantic import Field

from ser_core.config import Config
from ser_core.errors import AudioError

Waveform = NDArray[np.float32]
"""Samples of one channel, shape (num_samples,), float32 in [-1, 1]."""

MIN_DURATION_S = 0.3
MIN_SAMPLING_RATE = 4_000  # Hz: below, nothing of a voice is left but its pitch
MAX_PEAK = 1_000.0  # 60 dB above full scale: such a file holds integers, or nonsense
SILENCE_PEAK = 1e-4  # -80 dB re full scale: below the last bits of 16-bit dither
FORMATS = ("wav", "flac", "ogg", "mp3")
_BLOCK = 2**18  # samples of all channels
_UNKNOWN = 2**62  # frames: what a header means that says more than this


class Preprocessing(Config):
    """What is done to a recording before features are taken, in this order."""

    sampling_rate: int = Field(16_000, ge=8_000, le=48_000, description="Hz, after resampling")
    trim_db: float = Field(
        35.0,
        gt=0,
        le=100,
        description="Ends quieter than this below the loudest frame are cut (dB)",
    )
    trim_margin_s: float = Field(0.05, ge=0, le=1, description="Kept around the voice (s)")
    cut_from_s: float = Field(
        0.0, ge=0, le=30, description="Where a cut by the clock begins (s); see cut_length_s"
    )
    cut_length_s: float = Field(
        0.0,
        ge=0,
        le=30,
        description="Length of a cut by the clock (s), in place of the ends that are quieter than "
        "trim_db; 0: cut by the voice",
    )
    level_db: float = Field(
        -23.0, ge=-60, le=0, description="RMS level after normalisation (dB re full scale)"
    )
    window_s: float = Field(3.0, gt=0.3, le=30, description="Length of one model input (s)")
    window_hop_s: float = Field(1.5, gt=0.1, le=30, description="Step between windows (s)")


def load(source: Path | str | BinaryIO, longest_s: float | None = None) -> tuple[Waveform, int]:
    """Read a sound file as one channel.

    Args:
        source: path or open binary file in any format libsndfile reads (wav, flac, ogg, mp3).
        longest_s: what is longer is refused before it is in memory; None: anything is taken.

    Returns:
        Waveform (num_samples,), the mean of all channels, and its sampling rate in Hz.

    Raises:
        AudioError: missing, empty, not audio, damaged, silent, shorter than 0.3 s, or too long.
    """
    name = Path(source).name if isinstance(source, str | Path) else "the recording"
    if isinstance(source, str | Path):
        path = Path(source)
        if path.is_dir():
            raise AudioError(f"{path}: this is a folder; a sound file is needed")
        if not path.is_file():
            raise AudioError(f"{name}: no such file")
        if path.stat().st_size == 0:
            raise AudioError(f"{name}: the file is empty (0 bytes)")
    try:
        waveform, sampling_rate = _read(source, name, longest_s)
    except (soundfile.LibsndfileError, RuntimeError, TypeError, EOFError) as error:
        reason = getattr(error, "error_string", error)  # without the file object's address
        raise AudioError(
            f"{name}: not readable as audio; allowed are {', '.join(FORMATS)} ({reason})"
        ) from None
    check(waveform, sampling_rate, name)
    return waveform, sampling_rate


def _read(
    source: Path | str | BinaryIO, name: str, longest_s: float | None
) -> tuple[Waveform, int]:
    """The mean of all channels, read in blocks: a damaged header may promise years of sound."""
    blocks = [np.zeros(0, np.float32)]
    opened = source if isinstance(source, str | Path) else _Steady(source)
    with soundfile.SoundFile(opened) as file:
        known = file.frames if file.frames < _UNKNOWN else 0
        _check_longest(known / file.samplerate, longest_s, name)
        step, length = max(1, _BLOCK // file.channels), 0
        while (block := file.read(step, dtype="float32", always_2d=True)).size:
            length += len(block)
            _check_longest(length / file.samplerate, longest_s, name)
            with np.errstate(all="ignore"):  # what is no number is found by `check`
                blocks.append(block.mean(axis=1))
        return np.concatenate(blocks), file.samplerate


class _Steady:
    """A binary file that stays where it is when a damaged header leads to before its beginning.

    The error would not reach the caller, only the log, with a traceback.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.read, self.tell = file, file.read, file.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        with suppress(ValueError, OSError):
            self._file.seek(offset, whence)
        return self._file.tell()


def _check_longest(duration_s: float, longest_s: float | None, name: str) -> None:
    if longest_s is not None and duration_s > longest_s:
        raise AudioError(
            f"{name}: {duration_s / 60:.0f} minutes long; at most {longest_s / 60:.0f} are taken "
            "at once"
        )


def check(waveform: Waveform, sampling_rate: int, name: str = "the recording") -> None:
    """Make sure that a waveform can be listened to by a model.

    Raises:
        AudioError: not finite, far beyond full scale, empty, shorter than 0.3 s, silent, or sampled
            below 4 kHz.
    """
    if waveform.size == 0:
        raise AudioError(f"{name}: no sound in it (0 samples)")
    if sampling_rate < MIN_SAMPLING_RATE:
        raise AudioError(
            f"{name}: sampled at {sampling_rate:,} Hz; speech needs at least "
            f"{MIN_SAMPLING_RATE:,} Hz"
        )
    check_samples(waveform, name)
    duration_s = waveform.size / sampling_rate
    if duration_s < MIN_DURATION_S:
        raise AudioError(
            f"{name}: too short; at least {MIN_DURATION_S} s are needed, got {duration_s:.2f} s"
        )
    if np.ptp(waveform) / 2 < SILENCE_PEAK:  # a constant offset is no sound
        raise AudioError(f"{name}: silent; the loudest sample is below -80 dB of full scale")


def check_samples(waveform: NDArray[np.floating[Any]], name: str) -> None:
    """Make sure that samples are numbers of a size that sound has.

    Raises:
        AudioError: not finite, or more than 60 dB beyond full scale.
    """
    peak = float(np.abs(waveform).max())
    if not np.isfinite(peak):
        raise AudioError(f"{name}: damaged, some samples are not numbers")
    if peak > MAX_PEAK:
        raise AudioError(
            f"{name}: samples up to {peak:.3g}; full scale is 1, at most {MAX_PEAK:,.0f} is allowed"
        )


def resample(waveform: Waveform, sampling_rate: int, target: int) -> Waveform:
    """Resample to `target` Hz with soxr at high quality.

    >>> resample(np.zeros(48_000, np.float32), 48_000, 16_000).shape
    (16000,)
    """
    if sampling_rate == target:
        return waveform
    return np.asarray(soxr.resample(waveform, sampling_rate, target, quality="HQ"), np.float32)


def voice_bounds(waveform: Waveform, config: Preprocessing) -> tuple[int, int]:
    """First and one-past-last sample of what is louder than `trim_db` below the loudest frame.

    Frames of 32 ms every 8 ms are compared by RMS, with `trim_margin_s` kept on both sides.
    """
    frame, hop = round(0.032 * config.sampling_rate), round(0.008 * config.sampling_rate)
    squares = np.concatenate(([0.0], np.cumsum(waveform.astype(np.float64) ** 2)))
    starts = np.arange(0, max(1, waveform.size - frame + 1), hop)
    stops = np.minimum(starts + frame, waveform.size)
    power = squares[stops] - squares[starts]
    loud = np.flatnonzero(power >= power.max() * 10 ** (-config.trim_db / 10))
    margin = round(config.trim_margin_s * config.sampling_rate)
    return max(0, int(starts[loud[0]]) - margin), min(waveform.size, int(stops[loud[-1]]) + margin)


def _bounds(waveform: Waveform, config: Preprocessing) -> tuple[int, int]:
    """First and one-past-last sample of what is kept: of the voice, or as the clock says.

    Raises:
        AudioError: less than 0.3 s is left by the clock.
    """
    if not config.cut_length_s:
        return voice_bounds(waveform, config)
    start = round(config.cut_from_s * config.sampling_rate)
    stop = min(waveform.size, start + round(config.cut_length_s * config.sampling_rate))
    if stop - start < MIN_DURATION_S * config.sampling_rate:
        raise AudioError(
            f"too short: preprocessing.cut_from_s ({config.cut_from_s:g} s) and cut_length_s "
            f"({config.cut_length_s:g} s) leave less than {MIN_DURATION_S} s of "
            f"{waveform.size / config.sampling_rate:.2f} s"
        )
    return start, stop


def set_level(waveform: Waveform, level_db: float) -> Waveform:
    """Scale to an RMS of `level_db` re full scale; samples may then exceed [-1, 1], unclipped."""
    rms = float(np.sqrt(np.mean(waveform.astype(np.float64) ** 2)))
    return waveform * np.float32(10 ** (level_db / 20) / max(rms, 1e-9))


def prepare(
    waveform: Waveform, sampling_rate: int, config: Preprocessing
) -> tuple[Waveform, float]:
    """A recording as the model hears it: resampled, trimmed, level set.

    Args:
        waveform: (num_samples,) at `sampling_rate` Hz.

    Returns:
        Waveform at `config.sampling_rate`, and the time in the recording where it starts (s).

    Raises:
        AudioError: empty, silent, too short or not finite.
    """
    check(waveform, sampling_rate)
    resampled = resample(waveform, sampling_rate, config.sampling_rate)
    resampled = resampled - resampled.mean()  # cheap microphones add an offset
    start, stop = _bounds(resampled, config)
    return set_level(resampled[start:stop], config.level_db), start / config.sampling_rate


def fix_length(waveform: Waveform, num_samples: int) -> Waveform:
    """Pad with zeros on both sides, or keep the middle.

    >>> fix_length(np.ones(2, np.float32), 4).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    missing = num_samples - waveform.size
    if missing <= 0:
        start = -missing // 2
        return waveform[start : start + num_samples]
    return np.pad(waveform, (missing // 2, missing - missing // 2))


def windows(waveform: Waveform, config: Preprocessing) -> tuple[NDArray[np.float32], list[float]]:
    """Cut a prepared waveform into model inputs.

    A clip that fits is centred in one window; a longer one is cut every `window_hop_s`, with the
    last window ending at the last sample. In a recording of three windows and more, pauses are
    left out, and each window is trimmed and levelled as if it were a clip: else one loud sentence
    would push all others out of the range that the model knows.

    Returns:
        Windows (num_windows, window_samples) and the time each starts in the waveform (s).
    """
    length = round(config.window_s * config.sampling_rate)
    if waveform.size <= length:
        return fix_length(waveform, length)[None], [0.0]
    hop = round(config.window_hop_s * config.sampling_rate)
    starts = [*range(0, waveform.size - length, hop), waveform.size - length]
    cut = np.stack([waveform[start : start + length] for start in starts])
    if len(starts) > 2:
        spoken = _spoken(cut, config)
        cut = np.stack([_as_clip(window, config) for window in cut[spoken]])
        starts = [start for start, keep in zip(starts, spoken, strict=True) if keep]
    return cut, [start / config.sampling_rate for start in starts]


def _spoken(cut: NDArray[np.float32], config: Preprocessing) -> NDArray[np.bool_]:
    """Which windows (num_windows, samples) hold at least 0.3 s of voice; all, if none does.

    Voice stands 9 dB above the quietest tenth of the recording, or is within 20 dB of its loudest.
    """
    frame = round(0.03 * config.sampling_rate)
    frames = cut[:, : cut.shape[1] // frame * frame].reshape(len(cut), -1, frame)
    level_db = 10 * np.log10(np.einsum("wft,wft->wf", frames, frames) / frame + 1e-12)
    threshold = min(np.percentile(level_db, 10) + 9, level_db.max() - 20)
    spoken = (level_db > threshold).sum(axis=1) * 0.03 >= MIN_DURATION_S
    return spoken if spoken.any() else np.ones(len(cut), bool)


def _as_clip(window: Waveform, config: Preprocessing) -> Waveform:
    start, stop = voice_bounds(window, config)
    return fix_length(set_level(window[start:stop], config.level_db), window.size)


def to_wav_bytes(waveform: Waveform, sampling_rate: int) -> bytes:
    """A 16-bit WAV file in memory; samples beyond [-1, 1] are clipped, the level is kept."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(waveform, -1, 1), sampling_rate, "PCM_16", format="WAV")
    return buffer.getvalue()
