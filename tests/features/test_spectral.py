"""Spectral extractors against librosa, and on sounds of which the answer is known."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.features import EXTRACTORS, extract_all
from ser_core.features.chroma import chroma_filterbank
from ser_core.features.signal import Signal
from ser_core.features.tuning import estimate_tuning

RATE = 16_000
RELATIVE = 1e-3
FRAMES = {
    "default": {"sampling_rate": RATE, "n_fft": 2048, "hop_length": 512},
    "22 kHz": {"sampling_rate": 22_050, "n_fft": 1024, "hop_length": 256},
}
Frames = dict[str, int]
Reference = Callable[[Waveform, Frames], NDArray[np.floating]]


def spectral(feature: str, **settings: object) -> Reference:
    """A librosa feature of a waveform, time first; asked for late, as librosa compiles itself."""

    def of(waveform: Waveform, frames: Frames) -> NDArray[np.floating]:
        sizes = {"n_fft": frames["n_fft"], "hop_length": frames["hop_length"]}
        compute = getattr(librosa.feature, feature)
        return compute(y=waveform, sr=frames["sampling_rate"], **sizes, **settings).T

    return of


def timed(feature: str) -> Reference:
    """A librosa feature that is taken from samples, time first."""

    def of(waveform: Waveform, frames: Frames) -> NDArray[np.floating]:
        sizes = {"frame_length": frames["n_fft"], "hop_length": frames["hop_length"]}
        return getattr(librosa.feature, feature)(y=waveform, **sizes).T

    return of


def flatness(waveform: Waveform, frames: Frames) -> NDArray[np.floating]:
    sizes = {"n_fft": frames["n_fft"], "hop_length": frames["hop_length"]}
    return librosa.feature.spectral_flatness(y=waveform, **sizes).T


def log_mel(waveform: Waveform, frames: Frames) -> NDArray[np.floating]:
    power = librosa.feature.melspectrogram(
        y=waveform, sr=frames["sampling_rate"], **sizes_of(frames), n_mels=128, fmax=8000
    )
    return librosa.power_to_db(power, ref=np.max).T


def mfcc(waveform: Waveform, frames: Frames, n_mfcc: int) -> NDArray[np.floating]:
    return librosa.feature.mfcc(
        y=waveform,
        sr=frames["sampling_rate"],
        **sizes_of(frames),
        n_mfcc=n_mfcc,
        n_mels=128,
        fmax=8000,
    ).T


def sizes_of(frames: Frames) -> Frames:
    return {"n_fft": frames["n_fft"], "hop_length": frames["hop_length"]}


# Name, settings, librosa's way, and below which value differences do not count.
CASES = {
    "chroma": ("chroma", {}, spectral("chroma_stft", tuning=0), 1e-6),
    "chroma, 24 bins": (
        "chroma",
        {"n_chroma": 24, "tuning": 0.2},
        spectral("chroma_stft", n_chroma=24, tuning=0.2),
        1e-6,
    ),
    "chroma, tuning estimated": (
        "chroma",
        {"estimate_tuning": True},
        spectral("chroma_stft"),
        1e-6,
    ),
    "zero-crossing rate": (
        "zero_crossing_rate",
        {},
        timed("zero_crossing_rate"),
        0,
    ),
    "RMS": ("rms", {}, timed("rms"), 1e-6),
    "centroid": ("spectral_centroid", {}, spectral("spectral_centroid"), 0.01),
    "bandwidth": ("spectral_bandwidth", {}, spectral("spectral_bandwidth"), 0.01),
    "flatness": ("spectral_flatness", {}, flatness, 1e-6),
}


@pytest.fixture(scope="module")
def clips(ravdess: Path) -> dict[int, list[Waveform]]:
    """The same four real clips, calm to angry, at each sampling rate."""
    paths = [*sorted(ravdess.rglob("*-0[25]-02-01-01-1[01].*"))]
    assert len(paths) >= 4, "the folder has none of the clips this test listens to"
    loaded = [audio.load(path) for path in paths[:4]]
    rates = {frames["sampling_rate"] for frames in FRAMES.values()}
    return {rate: [audio.resample(*clip, rate) for clip in loaded] for rate in rates}


def tone(hz: float, duration_s: float = 1.0) -> Waveform:
    time_s = np.arange(round(duration_s * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


def noise(duration_s: float = 1.0) -> Waveform:
    samples = np.random.default_rng(0).normal(0, 0.1, round(duration_s * RATE))
    return samples.astype(np.float32)


def inside(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without the frames that reach beyond the sound."""
    return features[2:-2]


def of(name: str, waveform: Waveform, **settings: object) -> NDArray[np.float32]:
    return EXTRACTORS.create(name, **settings).extract(waveform, RATE)


class TestEqualToLibrosa:
    @pytest.mark.parametrize("case", CASES)
    @pytest.mark.parametrize("setting", FRAMES)
    def test_on_real_clips(self, case: str, setting: str, clips: dict[int, list[Waveform]]) -> None:
        for waveform in clips[FRAMES[setting]["sampling_rate"]]:
            self.compare(case, FRAMES[setting], waveform)

    @pytest.mark.parametrize("case", CASES)
    def test_on_a_made_clip(self, case: str, speech: Waveform) -> None:
        self.compare(case, FRAMES["default"], speech)

    def compare(self, case: str, frames: Frames, waveform: Waveform) -> None:
        name, settings, reference, floor = CASES[case]
        extractor = EXTRACTORS.create(name, **frames, **settings)
        ours = extractor.extract(waveform, frames["sampling_rate"])
        np.testing.assert_allclose(ours, reference(waveform, frames), rtol=RELATIVE, atol=floor)


class TestRolloff:
    @pytest.mark.parametrize("setting", FRAMES)
    @pytest.mark.parametrize("share", [0.85, 0.5])
    def test_equals_librosa_up_to_ties(
        self, setting: str, share: float, clips: dict[int, list[Waveform]], speech: Waveform
    ) -> None:
        frames = FRAMES[setting]
        rate = frames["sampling_rate"]
        extractor = EXTRACTORS.create("spectral_rolloff", **frames, share=share)
        reference = spectral("spectral_rolloff", roll_percent=share)
        for waveform in [*clips[rate], audio.resample(speech, RATE, rate)]:
            ours, theirs = extractor.extract(waveform, rate), reference(waveform, frames)
            other = np.flatnonzero(ours != theirs)
            self.check_ties(waveform, frames, share, other)
            np.testing.assert_allclose(ours, theirs, atol=1.001 * rate / frames["n_fft"])

    def check_ties(
        self, waveform: Waveform, frames: Frames, share: float, other: NDArray[np.intp]
    ) -> None:
        """Frames may differ only where the sum meets the share within rounding."""
        assert other.size <= 2
        magnitude = np.abs(librosa.stft(waveform.astype(np.float64), **sizes_of(frames)))
        below = np.cumsum(magnitude[:, other], axis=0)
        nearest = np.abs(below / below[-1:] - share).min(axis=0, initial=1)
        assert (nearest < 1e-5).all()

    def test_lies_where_the_share_of_a_flat_spectrum_does(self) -> None:
        rolloff = inside(of("spectral_rolloff", noise(), share=0.5))
        assert rolloff.mean() == pytest.approx(4000, rel=0.05)


class TestContrast:
    @pytest.mark.parametrize("setting", FRAMES)
    def test_equals_librosa_where_there_is_sound(
        self, setting: str, clips: dict[int, list[Waveform]], speech: Waveform
    ) -> None:
        frames = FRAMES[setting]
        rate = frames["sampling_rate"]
        extractor = EXTRACTORS.create("spectral_contrast", **frames)
        for waveform in [*clips[rate], audio.resample(speech, RATE, rate)]:
            theirs = spectral("spectral_contrast")(waveform, frames)
            np.testing.assert_allclose(extractor.extract(waveform, rate), theirs, atol=1e-3)

    @pytest.mark.parametrize("settings", [{}, {"n_bands": 3, "fmin_hz": 300, "quantile": 0.2}])
    def test_equals_librosa_on_noise(self, settings: dict[str, float]) -> None:
        renamed = {"fmin" if key == "fmin_hz" else key: settings[key] for key in settings}
        theirs = spectral("spectral_contrast", **renamed)(noise(), FRAMES["default"])
        np.testing.assert_allclose(
            of("spectral_contrast", noise(), **settings), theirs, rtol=RELATIVE, atol=1e-3
        )

    def test_is_high_for_a_tone_in_noise_in_its_band_only(self) -> None:
        contrast = inside(of("spectral_contrast", tone(1200) + 0.1 * noise())).mean(axis=0)
        names = EXTRACTORS.create("spectral_contrast").feature_names()
        assert names[contrast.argmax()] == "800–1600 Hz"

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"n_bands": 7}, r"below half the sampling rate \(8000 Hz\), got 12800 Hz"),
            ({"n_fft": 64}, r"at least one bin .* \(250 Hz\), got 200 Hz"),
        ],
    )
    def test_bands_without_bins_are_refused(self, settings: dict[str, int], message: str) -> None:
        with pytest.raises(ParameterError, match=message):
            EXTRACTORS.create("spectral_contrast", **settings)

    def test_the_coarsest_transform_it_allows_has_bins_in_every_band(self) -> None:
        assert np.isfinite(of("spectral_contrast", noise(), n_fft=80)).all()


class TestChroma:
    @pytest.mark.parametrize(
        ("hz", "pitch_class"), [(440, "A"), (880, "A"), (261.63, "C"), (622.25, "D♯")]
    )
    def test_a_tone_lands_in_its_pitch_class(self, hz: float, pitch_class: str) -> None:
        chroma = inside(of("chroma", tone(hz)))
        names = EXTRACTORS.create("chroma").feature_names()
        assert {names[place] for place in chroma.argmax(axis=1)} == {pitch_class}
        assert chroma.max() == pytest.approx(1)

    def test_finds_by_how_much_a_tone_is_out_of_tune(self) -> None:
        sharp = Signal(tone(440 * 2 ** (0.3 / 12)), RATE)
        assert estimate_tuning(sharp, 2048, 512, 12) == pytest.approx(0.3, abs=0.05)

    def test_estimated_tuning_does_for_a_recording_what_a_set_one_does(self) -> None:
        sharp = tone(440 * 2 ** (0.3 / 12))
        tuning = estimate_tuning(Signal(sharp, RATE), 2048, 512, 12)
        estimated = of("chroma", sharp, estimate_tuning=True)
        np.testing.assert_array_equal(estimated, of("chroma", sharp, tuning=tuning))
        assert not np.array_equal(estimated, of("chroma", sharp))

    def test_silence_has_no_tuning(self) -> None:
        assert estimate_tuning(Signal(np.zeros(RATE, np.float32), RATE), 2048, 512, 12) == 0

    def test_names_finer_bins_by_cents(self) -> None:
        names = EXTRACTORS.create("chroma", n_chroma=36).feature_names()
        assert names[:4] == ("C", "C +33 cents", "C +67 cents", "C♯")

    def test_the_shared_filterbank_cannot_be_changed_by_accident(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            chroma_filterbank(RATE, 2048, 12, 0.0)[0, 0] = 1


class TestKnownSounds:
    @pytest.mark.parametrize("hz", [500, 1500, 6000])
    def test_centroid_and_bandwidth_of_a_tone(self, hz: float) -> None:
        assert inside(of("spectral_centroid", tone(hz))) == pytest.approx(hz, rel=0.02)
        assert inside(of("spectral_bandwidth", tone(hz))).max() < 150

    def test_noise_is_flat_and_wide_and_a_tone_is_not(self) -> None:
        assert inside(of("spectral_flatness", noise())).min() > 0.4
        assert inside(of("spectral_flatness", tone(1000))).max() < 1e-3
        assert inside(of("spectral_centroid", noise())).mean() == pytest.approx(4000, rel=0.05)
        flat_hz = 8000 / np.sqrt(12)  # standard deviation of a uniform distribution
        assert inside(of("spectral_bandwidth", noise())).mean() == pytest.approx(flat_hz, rel=0.05)

    def test_a_tone_crosses_zero_twice_a_period(self) -> None:
        rate = inside(of("zero_crossing_rate", tone(1000)))
        assert rate == pytest.approx(2 * 1000 / RATE, rel=0.01)

    def test_rms_of_a_tone_is_its_amplitude_over_root_two(self) -> None:
        assert inside(of("rms", tone(1000))) == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("chroma", 0),
            ("zero_crossing_rate", 0),
            ("rms", 0),
            ("spectral_centroid", 0),
            ("spectral_bandwidth", 0),
            ("spectral_rolloff", 0),
            ("spectral_contrast", 0),
            ("spectral_flatness", 1),
        ],
    )
    def test_silence(self, name: str, value: float) -> None:
        assert of(name, np.zeros(RATE, np.float32)) == pytest.approx(value, abs=1e-6)


class TestTwoChannels:
    frames: ClassVar[Frames] = {"sampling_rate": RATE, "n_fft": 1024, "hop_length": 512}

    def test_are_librosas_log_mel_and_mfcc(
        self, clips: dict[int, list[Waveform]], speech: Waveform
    ) -> None:
        for waveform in [*clips[RATE], speech]:
            channels = of("mel_mfcc", waveform, normalise=False)
            assert channels.shape == (1 + waveform.size // 512, 128, 2)
            theirs = [log_mel(waveform, self.frames), mfcc(waveform, self.frames, 128)]
            np.testing.assert_allclose(
                channels, np.stack(theirs, axis=-1), rtol=RELATIVE, atol=1e-3
            )

    def test_are_normalised_each_on_its_own(self, speech: Waveform) -> None:
        plain, normal = of("mel_mfcc", speech, normalise=False), of("mel_mfcc", speech)
        for channel in range(2):
            assert normal[..., channel].mean() == pytest.approx(0, abs=1e-5)
            assert normal[..., channel].std() == pytest.approx(1, abs=1e-5)
            together = np.corrcoef(plain[..., channel].ravel(), normal[..., channel].ravel())
            assert together[0, 1] == pytest.approx(1)

    def test_a_channel_that_does_not_vary_becomes_zero(self) -> None:
        assert not of("mel_mfcc", np.zeros(RATE, np.float32))[..., 0].any()

    def test_one_alone_is_as_it_stands_beside_the_other(self, speech: Waveform) -> None:
        both = of("mel_mfcc", speech)
        for place, name in enumerate(("log_mel", "mfcc")):
            np.testing.assert_array_equal(
                of("mel_mfcc", speech, channels=name), both[..., place : place + 1]
            )

    def test_are_named(self) -> None:
        names = EXTRACTORS.create("mel_mfcc").feature_names()
        assert names == ("Log-mel spectrogram", "MFCC")


class TestFrameMatrix:
    @pytest.mark.parametrize("setting", FRAMES)
    def test_is_librosas_five_features_side_by_side(
        self, setting: str, clips: dict[int, list[Waveform]]
    ) -> None:
        frames = FRAMES[setting]
        rate = frames["sampling_rate"]
        for waveform in clips[rate]:
            parts = [
                log_mel(waveform, frames),
                mfcc(waveform, frames, 40),
                spectral("chroma_stft", tuning=0)(waveform, frames),
                timed("zero_crossing_rate")(waveform, frames),
                timed("rms")(waveform, frames),
            ]
            ours = EXTRACTORS.create("frame_matrix", **frames).extract(waveform, rate)
            assert ours.shape[1] == 182
            theirs = np.concatenate(parts, axis=1)
            np.testing.assert_allclose(ours[:, :168], theirs[:, :168], rtol=RELATIVE, atol=1e-3)
            np.testing.assert_allclose(ours[:, 168:], theirs[:, 168:], rtol=RELATIVE, atol=1e-6)

    def test_names_say_which_column_is_what(self) -> None:
        names = EXTRACTORS.create("frame_matrix").feature_names()
        assert len(names) == 182
        assert (names[128], names[168], *names[180:]) == (
            "MFCC 1",
            "C",
            "Zero-crossing rate",
            "RMS",
        )


def test_one_request_computes_each_filterbank_product_and_cepstrum_once(
    speech: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ser_core.features import mfcc as mfcc_module
    from ser_core.features import signal as signal_module

    done = []

    def counted(module: object, function: str) -> None:
        plain = getattr(module, function)

        def count(*arguments: object) -> object:
            done.append(function)
            return plain(*arguments)

        monkeypatch.setattr(module, function, count)

    counted(signal_module, "power_spectrogram")
    counted(signal_module, "mel_power")
    counted(mfcc_module, "_cepstrum")
    frames = {"n_fft": 1024, "hop_length": 512}
    names = ("frame_matrix", "mel_mfcc", "mfcc", "chroma", "spectral_centroid")
    extract_all([EXTRACTORS.create(name, **frames) for name in names], speech, RATE)
    assert sorted(done) == ["_cepstrum", "mel_power", "power_spectrogram"]
