"""Reading and preparing sound: what users bring, good and bad."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_core import audio
from ser_core.audio import Preprocessing, Waveform
from ser_core.errors import AudioError

RATE = 16_000


def tone(duration_s: float, sampling_rate: int = RATE, hz: float = 440.0) -> Waveform:
    time_s = np.arange(round(duration_s * sampling_rate)) / sampling_rate
    return (0.5 * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


@pytest.mark.parametrize("ending", audio.FORMATS)
def test_every_promised_format_is_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"tone.{ending}"
    soundfile.write(path, tone(1.0, 44_100), 44_100)
    waveform, sampling_rate = audio.load(path)
    assert sampling_rate == 44_100
    assert waveform.dtype == np.float32
    assert waveform.size / sampling_rate == pytest.approx(1.0, abs=0.06)  # mp3 pads its frames
    assert np.abs(waveform).max() == pytest.approx(0.5, abs=0.05)


def test_stereo_becomes_the_mean_of_both_channels(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    left, right = tone(0.5), np.zeros(RATE // 2, np.float32)
    soundfile.write(path, np.stack([left, right], axis=1), RATE, "FLOAT")
    waveform, _ = audio.load(path)
    np.testing.assert_allclose(waveform, left / 2, atol=1e-7)


def wav(samples: Waveform, sampling_rate: int = RATE) -> io.BytesIO:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, sampling_rate, "FLOAT", format="WAV")
    buffer.seek(0)
    return buffer


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (io.BytesIO(b""), "not readable as audio"),
        (io.BytesIO(b"RIFF but not really a sound file at all" * 10), "not readable as audio"),
        (wav(np.zeros(0, np.float32)), "no sound in it"),
        (wav(np.zeros(RATE, np.float32)), "silent"),
        (wav(np.full(RATE, 0.3, np.float32)), "silent"),
        (wav(tone(9.0, 1_000), 1_000), "sampled at 1,000 Hz; speech needs at least 4,000 Hz"),
        (wav(tone(0.2)), "at least 0.3 s are needed, got 0.20 s"),
        (wav(np.where(tone(1.0) > 0.4, np.nan, tone(1.0)).astype(np.float32)), "not numbers"),
    ],
    ids=["empty", "not audio", "no samples", "silence", "constant", "low rate", "short", "nan"],
)
def test_unusable_sound_is_refused_in_plain_words(source: io.BytesIO, words: str) -> None:
    with pytest.raises(AudioError, match=words):
        audio.load(source)


def test_missing_and_empty_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"gone\.wav: no such file"):
        audio.load(tmp_path / "gone.wav")
    (tmp_path / "empty.wav").touch()
    with pytest.raises(AudioError, match=r"empty\.wav: the file is empty"):
        audio.load(tmp_path / "empty.wav")


def test_a_truncated_file_gives_what_is_left_or_a_clear_error(tmp_path: Path) -> None:
    whole = tmp_path / "whole.flac"
    soundfile.write(whole, tone(2.0), RATE)
    cut = tmp_path / "cut.flac"
    cut.write_bytes(whole.read_bytes()[:2000])
    try:
        waveform, _ = audio.load(cut)
    except AudioError as error:
        assert "cut.flac" in str(error)
    else:
        assert 0 < waveform.size < 2 * RATE


def test_a_header_that_promises_years_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "years.flac"
    soundfile.write(path, tone(2.0), RATE)
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F  # the last 36 bits of STREAMINFO's rate field: how many samples there are
    data[22:26] = b"\xff" * 4
    path.write_bytes(data)
    assert soundfile.info(path).duration > 3600 * 24 * 30
    with pytest.raises(AudioError, match=r"years\.flac: not readable"):
        audio.load(path)


def test_what_is_longer_than_asked_for_is_refused_whatever_its_header_says(
    tmp_path: Path,
) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, tone(3.0), RATE)
    assert audio.load(path, longest_s=3.0)[0].size == 3 * RATE
    with pytest.raises(AudioError, match="long.wav: 0 minutes long; at most 0 are taken"):
        audio.load(path, longest_s=2.9)


def test_resampling_keeps_pitch_and_length() -> None:
    resampled = audio.resample(tone(1.0, 48_000, hz=1000), 48_000, RATE)
    assert resampled.size == RATE
    assert np.argmax(np.abs(np.fft.rfft(resampled))) == 1000  # 1 Hz a bin


def test_preparing_trims_silence_and_sets_the_level() -> None:
    config = Preprocessing()
    padded = np.pad(tone(1.0), RATE)
    voice, start_s = audio.prepare(padded, RATE, config)
    assert start_s == pytest.approx(1.0 - config.trim_margin_s, abs=0.04)
    assert voice.size / RATE == pytest.approx(1.0 + 2 * config.trim_margin_s, abs=0.08)
    rms_db = 10 * np.log10(np.mean(voice.astype(float) ** 2))
    assert rms_db == pytest.approx(config.level_db, abs=0.01)


def test_preparing_does_not_depend_on_level_or_offset() -> None:
    config = Preprocessing()
    reference, _ = audio.prepare(np.pad(tone(1.0), 1000), RATE, config)
    quiet, _ = audio.prepare(np.pad(tone(1.0), 1000) * 0.01 + 0.2, RATE, config)
    assert quiet.size == pytest.approx(reference.size, abs=RATE * 0.02)
    common = min(quiet.size, reference.size)
    np.testing.assert_allclose(quiet[:common], reference[:common], atol=0.02)


def test_a_short_clip_is_centred_in_one_window() -> None:
    windows, starts = audio.windows(np.ones(RATE, np.float32), Preprocessing())
    assert windows.shape == (1, 3 * RATE)
    assert starts == [0.0]
    assert windows[0, RATE : 2 * RATE].all()
    assert not windows[0, :RATE].any()
    assert not windows[0, 2 * RATE :].any()


def test_windows_of_a_long_clip_cover_all_of_it() -> None:
    samples = np.arange(4 * RATE, dtype=np.float32)
    windows, starts = audio.windows(samples, Preprocessing(window_s=3.0, window_hop_s=1.5))
    assert starts == [0.0, 1.0]
    assert [window[0] for window in windows] == [0, RATE]


def test_windows_of_a_recording_skip_pauses_and_are_levelled_one_by_one() -> None:
    config = Preprocessing(window_s=3.0, window_hop_s=1.5)
    rng = np.random.default_rng(0)
    pause = rng.normal(0, 1e-4, 8 * RATE).astype(np.float32)
    recording = np.concatenate([tone(4.0), pause, tone(4.0) * np.float32(0.02)])
    windows, starts = audio.windows(recording, config)
    assert not any(4.0 <= start <= 9.0 for start in starts)
    assert min(starts) == 0.0
    assert max(starts) == pytest.approx(13.0)
    assert max(np.diff([start for start in starts if start <= 4.0])) <= config.window_hop_s
    loud, quiet = (10 * np.log10(np.mean(window[RATE:-RATE] ** 2)) for window in windows[[0, -1]])
    assert loud == pytest.approx(config.level_db, abs=0.1)
    assert quiet == pytest.approx(config.level_db, abs=0.1)


def test_steady_sound_without_a_pause_is_kept() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 10 * RATE).astype(np.float32)
    assert len(audio.windows(noise, Preprocessing())[1]) == 6


def test_wav_bytes_keep_the_level() -> None:
    quiet = tone(0.5) * np.float32(0.01)
    back, sampling_rate = soundfile.read(io.BytesIO(audio.to_wav_bytes(quiet, RATE)))
    assert sampling_rate == RATE
    np.testing.assert_allclose(back, quiet, atol=1 / 32768)


def test_samples_far_beyond_full_scale_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "integers.wav"
    soundfile.write(path, np.full(16_000, 20_000.0), 16_000, "FLOAT")
    with pytest.raises(AudioError, match=r"integers\.wav: samples up to 2e\+04; full scale is 1"):
        audio.load(path)


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="this is a folder"):
        audio.load(tmp_path)


def test_a_cut_by_the_clock_takes_no_notice_of_the_voice() -> None:
    config = Preprocessing(cut_from_s=0.5, cut_length_s=1.0)
    whole = tone(2.0)
    whole[: RATE // 4] = 0
    cut, start_s = audio.prepare(whole, RATE, config)
    assert (cut.size, start_s) == (RATE, 0.5)
    wanted = (whole - whole.mean())[RATE // 2 : RATE // 2 + RATE]
    np.testing.assert_allclose(cut, audio.set_level(wanted, -23.0))
    with pytest.raises(AudioError, match=r"too short: preprocessing\.cut_from_s \(0\.5 s\)"):
        audio.prepare(whole[: round(0.7 * RATE)], RATE, config)
