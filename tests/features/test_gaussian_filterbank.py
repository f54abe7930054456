"""The Gaussian filterbank: its filters, and each step against SciPy."""

from pathlib import Path

import numpy as np
import pytest
import scipy.fft
import scipy.ndimage
import scipy.signal
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.features import EXTRACTORS, Extractor
from ser_core.features.gaussian_filterbank import GaussianFilterbankConfig, gaussian_filters


def scipy_power_db(waveform: Waveform, filters: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Log power spectrogram of the default frames, step by step in double precision."""
    window = scipy.signal.get_window("hann", 2048)
    padded = np.pad(waveform.astype(np.float64), 1024)
    frames = [padded[at : at + 2048] * window for at in range(0, len(waveform) + 1, 512)]
    power = np.abs(scipy.fft.rfft(frames)) ** 2
    level = 10 * np.log10(np.maximum(power if filters is None else power @ filters, 1e-10))
    return np.maximum(level, level.max() - 80)


def slopes(features: NDArray[np.float64], degree: int) -> NDArray[np.float64]:
    return scipy.signal.savgol_filter(features, 9, polyorder=degree, deriv=degree, axis=0)


@pytest.fixture(scope="module")
def clips(ravdess: Path) -> list[Waveform]:
    paths = sorted(ravdess.rglob("03-01-05-02-01-01-1[0-2].*"))
    assert paths, "the folder has none of the clips this test listens to"
    return [audio.resample(*audio.load(path), 16_000) for path in paths]


class TestGaussianFilterbank:
    def test_equals_scipy_step_by_step_on_real_clips(self, clips: list[Waveform]) -> None:
        edges = scipy_mel_points(64)
        centres, sigmas = edges[1:-1], 0.5 * (edges[2:] - edges[:-2]) / 2
        bins_hz = np.arange(1025) * 16_000 / 2048
        filters = np.exp(-((bins_hz[:, None] - centres) ** 2) / (2 * sigmas**2))
        extractor = EXTRACTORS.create("gaussian_filterbank", deltas=2)
        for clip in clips:
            level = scipy_power_db(clip, filters)
            cepstrum = scipy.fft.dct(level, type=2, norm="ortho", axis=1)[:, :40]
            expected = np.hstack([cepstrum, slopes(cepstrum, 1), slopes(cepstrum, 2)])
            np.testing.assert_allclose(extractor.extract(clip, 16_000), expected, atol=2e-3)

    @pytest.mark.parametrize("scale", ["mel", "linear"])
    def test_each_filter_peaks_at_its_centre_and_has_its_width(self, scale: str) -> None:
        config = GaussianFilterbankConfig.parse(
            {"n_fft": 8192, "n_filters": 20, "n_coefficients": 20, "scale": scale}
        )
        centres_hz, sigmas_hz = config.shapes_hz()
        bins_hz = np.fft.rfftfreq(8192, 1 / 16_000)
        for column, centre, sigma in zip(
            gaussian_filters(config).T, centres_hz, sigmas_hz, strict=True
        ):
            at = np.interp([centre, centre - sigma, centre + sigma], bins_hz, column)
            np.testing.assert_allclose(at, np.exp([0, -0.5, -0.5]), atol=2e-3)
            assert bins_hz[column.argmax()] == pytest.approx(centre, abs=1)

    def test_centres_are_equally_spaced_on_the_scale(self) -> None:
        linear = GaussianFilterbankConfig(
            scale="linear", n_filters=15, n_coefficients=15
        ).shapes_hz()[0]
        np.testing.assert_allclose(linear, np.arange(500, 8_000, 500))
        mel = GaussianFilterbankConfig(n_filters=15, n_coefficients=15).shapes_hz()[0]
        np.testing.assert_allclose(mel, scipy_mel_points(15)[1:-1])

    def test_width_scales_the_filters(self) -> None:
        narrow = GaussianFilterbankConfig(width=0.4).shapes_hz()[1]
        wide = GaussianFilterbankConfig(width=1.2).shapes_hz()[1]
        np.testing.assert_allclose(wide, 3 * narrow)

    @pytest.mark.parametrize("tone_hz", [400, 1_000, 3_000])
    def test_a_tone_lands_in_the_filter_of_its_frequency(self, tone_hz: int) -> None:
        config = GaussianFilterbankConfig(n_filters=40)
        tone = np.sin(2 * np.pi * tone_hz * np.arange(16_000) / 16_000).astype(np.float32)
        extractor = EXTRACTORS.create("gaussian_filterbank", n_filters=40, n_coefficients=40)
        level = scipy.fft.idct(extractor.extract(tone, 16_000)[10:20].mean(axis=0), norm="ortho")
        nearest = np.abs(config.shapes_hz()[0] - tone_hz).argmin()
        assert level.argmax() == nearest

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"n_filters": 20, "n_coefficients": 21}, r"at most n_filters \(20\), got 21"),
            ({"fmin_hz": 5_000, "fmax_hz": 4_000}, "got 5000 and 4000 Hz"),
            ({"sampling_rate": 8_000}, r"half the sampling rate \(4000 Hz\)"),
            ({"n_fft": 256}, "may fall between the spectrum's bins, 62.5 Hz apart"),
        ],
    )
    def test_settings_that_make_no_filterbank_are_refused(
        self, settings: dict[str, float], message: str
    ) -> None:
        with pytest.raises(ParameterError, match=message):
            EXTRACTORS.create("gaussian_filterbank", **settings)


def scipy_mel_points(count: int) -> NDArray[np.float64]:
    """Slaney's scale from its definition: 200/3 Hz a mel up to 1 kHz, 27 steps to 6.4 kHz above."""
    mels = np.linspace(0, 15 + np.log(8) / (np.log(6.4) / 27), count + 2)
    return np.where(mels < 15, mels * 200 / 3, 1000 * 6.4 ** ((mels - 15) / 27))


class TestSmoothedSpectrogram:
    @pytest.mark.parametrize(
        ("axes", "sigmas"), [("time and frequency", (2, 2)), ("frequency", (0, 2))]
    )
    def test_equals_scipy_step_by_step_on_real_clips(
        self, axes: str, sigmas: tuple[float, float], clips: list[Waveform]
    ) -> None:
        extractor = EXTRACTORS.create("smoothed_spectrogram", axes=axes)
        for clip in clips:
            smooth = scipy.ndimage.gaussian_filter(scipy_power_db(clip, None), sigmas)
            cepstrum = scipy.fft.dct(smooth, type=2, norm="ortho", axis=1)[:, 1:64]
            expected = np.hstack([cepstrum, slopes(cepstrum, 1), slopes(cepstrum, 2)])
            np.testing.assert_allclose(extractor.extract(clip, 16_000), expected, atol=5e-3)

    def test_loudness_is_left_out(self, speech: Waveform) -> None:
        extractor = EXTRACTORS.create("smoothed_spectrogram")
        louder = extractor.extract(1.5 * speech, 16_000)
        np.testing.assert_allclose(louder, extractor.extract(speech, 16_000), atol=2e-2)

    def test_smoothing_takes_the_fine_grain_away(self, speech: Waveform) -> None:
        def grain(sigma: float) -> float:
            extractor: Extractor = EXTRACTORS.create(
                "smoothed_spectrogram", sigma=sigma, n_coefficients=256, deltas=0
            )
            return float(np.abs(extractor.extract(speech, 16_000)[:, 200:]).mean())

        assert grain(4.0) < grain(2.0) < grain(0.0)

    def test_more_coefficients_than_the_spectrum_has_are_refused(self) -> None:
        with pytest.raises(ParameterError, match=r"at most n_fft / 2 \(32\), got 63"):
            EXTRACTORS.create("smoothed_spectrogram", n_fft=64)
