"""Log-mel against librosa."""

from pathlib import Path

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.features import LogMel, LogMelConfig
from ser_core.features.mel import hz_to_mel, mel_filterbank, mel_to_hz

TOLERANCE_DB = 1e-3


def librosa_log_mel(waveform: Waveform, c: LogMelConfig) -> NDArray[np.float32]:
    mel = librosa.feature.melspectrogram(
        y=waveform,
        sr=c.sampling_rate,
        n_fft=c.n_fft,
        hop_length=c.hop_length,
        n_mels=c.n_mels,
        fmin=c.fmin_hz,
        fmax=c.fmax_hz,
        pad_mode="constant",
    )
    return 10 * np.log10(np.maximum(mel, 10 ** (c.floor_db / 10))).T


@pytest.mark.parametrize(
    "settings",
    [{}, {"n_fft": 2048, "hop_length": 512, "n_mels": 128, "fmin_hz": 0.0, "floor_db": -80.0}],
    ids=["studio", "librosa's frames"],
)
def test_equals_librosa_on_real_clips(ravdess: Path, settings: dict[str, float]) -> None:
    config = LogMelConfig.parse(settings)
    clips = sorted(ravdess.rglob("*-05-02-01-01-1[0-3].*"))
    assert clips, "the folder has none of the clips this test listens to"
    for clip in clips:
        waveform = audio.resample(*audio.load(clip), config.sampling_rate)
        ours = LogMel(config).extract(waveform, config.sampling_rate)
        np.testing.assert_allclose(ours, librosa_log_mel(waveform, config), atol=TOLERANCE_DB)


@pytest.mark.parametrize("silence", [(0, 0), (5_000, 9_123), (256, 257)], ids=str)
def test_equals_librosa_on_a_made_clip(speech: Waveform, silence: tuple[int, int]) -> None:
    config, within = LogMelConfig(), np.pad(speech, silence)
    ours = LogMel(config).extract(within, 16_000)
    np.testing.assert_allclose(ours, librosa_log_mel(within, config), atol=TOLERANCE_DB)


def test_a_tone_lands_in_the_band_of_its_frequency() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000).astype(np.float32)
    extractor = LogMel()
    loudest = extractor.extract(tone, 16_000).mean(axis=0).argmax()
    assert extractor.band_centres_hz()[loudest] == pytest.approx(1000, rel=0.05)


def test_the_wrong_sampling_rate_is_refused(speech: Waveform) -> None:
    with pytest.raises(ParameterError, match="set to 16000 Hz, got 44100 Hz"):
        LogMel().extract(speech, 44_100)


def test_mel_scale_goes_both_ways_and_meets_librosa() -> None:
    hz = np.linspace(0, 8000, 50)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz)), hz, atol=1e-9)
    np.testing.assert_allclose(hz_to_mel(hz), librosa.hz_to_mel(hz), atol=1e-9)


def test_the_shared_filterbank_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="read-only"):
        mel_filterbank(16_000, 512, 64, 40.0, 8000.0)[0, 0] = 1
