"""What holds for every extractor: the contract that training, pages and the store rely on."""

import numpy as np
import pytest

from ser_core.audio import Waveform
from ser_core.errors import AudioError, ParameterError
from ser_core.features import EXTRACTORS, Extractor, Signal, extract_all
from ser_core.features.opensmile import OpenSmile

NOT_HERE = [] if OpenSmile.available() else ["opensmile"]
BY_SOUND = [
    name for name in EXTRACTORS.names() if not EXTRACTORS.get(name).by_name and name not in NOT_HERE
]
SKIPPED = [
    pytest.param(name, marks=pytest.mark.skip(reason=f"needs the optional package {name}"))
    for name in NOT_HERE
]
DIMENSIONS = {"vector": 1, "image": 3}


def of_speech(extractor: Extractor, waveform: Waveform) -> np.ndarray:
    return extractor.of(Signal(waveform, 16_000).at(extractor.sampling_rate or 16_000))


@pytest.mark.parametrize("name", BY_SOUND + SKIPPED)
class TestEveryExtractor:
    def test_gives_finite_float32_of_its_kind_and_the_same_each_time(
        self, name: str, speech: Waveform
    ) -> None:
        extractor = EXTRACTORS.create(name)
        features = of_speech(extractor, speech)
        assert features.dtype == np.float32
        assert np.isfinite(features).all()
        assert features.ndim == DIMENSIONS.get(extractor.kind, features.ndim)
        assert features.ndim >= 2 or extractor.kind == "vector"
        np.testing.assert_array_equal(features, of_speech(extractor, speech))

    def test_frames_follow_the_length_of_the_clip_and_nothing_else_does(
        self, name: str, speech: Waveform
    ) -> None:
        extractor = EXTRACTORS.create(name)
        once = of_speech(extractor, speech)
        twice = of_speech(extractor, np.concatenate([speech, speech]))
        if extractor.kind == "frames":
            assert extractor.hop_s is not None
            assert len(once) == pytest.approx(2 / extractor.hop_s, abs=2)
            assert len(twice) == pytest.approx(4 / extractor.hop_s, abs=2)
            assert once.shape[1:] == twice.shape[1:]
        else:
            assert once.shape == twice.shape

    def test_names_its_features(self, name: str, speech: Waveform) -> None:
        extractor = EXTRACTORS.create(name)
        names = extractor.feature_names()
        assert len(set(names)) == len(names)
        assert len(names) in {0, of_speech(extractor, speech).shape[-1]}

    @pytest.mark.parametrize("duration_s", [0.001, 0.3])
    def test_very_short_clips_do_not_break_it(
        self, name: str, duration_s: float, speech: Waveform
    ) -> None:
        extractor = EXTRACTORS.create(name)
        features = of_speech(extractor, speech[: round(duration_s * 16_000)])
        assert np.isfinite(features).all()

    def test_silence_does_not_break_it(self, name: str) -> None:
        features = of_speech(EXTRACTORS.create(name), np.zeros(16_000, np.float32))
        assert np.isfinite(features).all()

    def test_the_waveform_is_left_as_it_was(self, name: str, speech: Waveform) -> None:
        before = speech.copy()
        of_speech(EXTRACTORS.create(name), speech)
        np.testing.assert_array_equal(speech, before)

    def test_another_sampling_rate_is_refused(self, name: str, speech: Waveform) -> None:
        with pytest.raises(ParameterError, match=r"is set to 16000 Hz, got 44100 Hz"):
            EXTRACTORS.create(name).extract(speech, 44_100)

    def test_says_what_it_is(self, name: str) -> None:
        cls = EXTRACTORS.get(name)
        assert cls.title
        assert cls.__doc__
        assert "Shape" in cls.__doc__
        assert "Source:" in cls.__doc__
        for field in cls.config_type.model_fields.values():
            assert field.description


def test_one_pass_gives_what_each_extractor_gives_alone(speech: Waveform) -> None:
    extractors = [EXTRACTORS.create(name) for name in BY_SOUND]
    for extractor, features in zip(
        extractors, extract_all(extractors, speech, 16_000), strict=True
    ):
        np.testing.assert_array_equal(features, of_speech(extractor, speech))


def test_one_pass_transforms_each_frame_setting_once(
    speech: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ser_core.features import signal

    done = []
    transform = signal.power_spectrogram
    monkeypatch.setattr(
        signal,
        "power_spectrogram",
        lambda waveform, *settings, **precise: (
            done.append((*settings, *precise)) or transform(waveform, *settings, **precise)
        ),
    )
    frames = {"n_fft": 1024, "hop_length": 256}
    extractors = [
        EXTRACTORS.create(name, **(frames if "n_fft" in cls.config_type.model_fields else {}))
        for name in BY_SOUND
        if "n_fft" in (cls := EXTRACTORS.get(name)).config_type.model_fields
    ]
    extract_all([*extractors, EXTRACTORS.create("log_mel")], speech, 16_000)
    # Valleys of the spectral contrast need double precision.
    assert sorted(done) == [(512, 200), (1024, 256), (1024, 256, "precise")]


def test_a_signal_must_be_one_channel_of_numbers() -> None:
    with pytest.raises(AudioError, match=r"shape \(num_samples,\) is needed, got \(2, 100\)"):
        Signal(np.zeros((2, 100), np.float32), 16_000)
    with pytest.raises(AudioError, match="got \\(0,\\)"):
        Signal(np.zeros(0, np.float32), 16_000)
    with pytest.raises(AudioError, match="not numbers"):
        Signal(np.full(100, np.nan, np.float32), 16_000)
    with pytest.raises(AudioError, match="floating-point samples .* got int16"):
        Signal(np.ones(100, np.int16), 16_000)
    with pytest.raises(AudioError, match=r"samples up to 1e\+20; full scale is 1"):
        Signal(np.full(100, 1e20, np.float32), 16_000)
    with pytest.raises(ParameterError, match="sampling_rate: more than 0 Hz, got 0"):
        Signal(np.ones(100, np.float32), 0)


def test_double_precision_and_lists_are_taken_as_single_precision(speech: Waveform) -> None:
    rms = EXTRACTORS.create("rms")
    wanted = rms.extract(speech, 16_000)
    for waveform in (speech.astype(np.float64), speech.tolist()):
        features = rms.extract(waveform, 16_000)
        assert features.dtype == np.float32
        np.testing.assert_array_equal(features, wanted)


def test_what_is_shared_cannot_be_changed(speech: Waveform) -> None:
    few, many = (EXTRACTORS.create("mfcc", n_mfcc=number) for number in (13, 40))
    first, second = extract_all([few, many], speech, 16_000)
    before = second.copy()
    with pytest.raises(ValueError, match="read-only"):
        first -= first.mean(axis=0)
    np.testing.assert_array_equal(second, before)


def test_values_that_are_not_numbers_are_no_features(speech: Waveform) -> None:
    class Broken(Extractor):
        name = "broken"
        config = EXTRACTORS.create("rms").config

        def _compute(self, signal: Signal) -> np.ndarray:
            return np.full((3, 1), np.nan, np.float32)

        def feature_names(self) -> tuple[str, ...]:
            return ()

    with pytest.raises(AudioError, match="broken: some values of this clip are not numbers"):
        Broken().extract(speech, 16_000)


def test_settings_and_name_make_the_fingerprint() -> None:
    plain = EXTRACTORS.create("mfcc")
    assert plain.fingerprint() == EXTRACTORS.create("mfcc").fingerprint()
    assert plain.fingerprint() != EXTRACTORS.create("mfcc", n_mfcc=13).fingerprint()
    assert plain.fingerprint() != EXTRACTORS.create("log_mel").fingerprint()
