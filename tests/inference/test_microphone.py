"""The machine's microphone, with a stand-in for `sounddevice`: all samples in order, no hang."""

import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from ser_core.errors import MicrophoneError
from ser_core.inference import microphone
from ser_core.inference.microphone import InputDevice, Microphone, input_devices
from tests.conftest import speech_like
from tests.fake_sounddevice import BUILT_IN, HEADSET, SPEAKER, FakeSounddevice


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSounddevice]:
    made = FakeSounddevice(BUILT_IN, SPEAKER, HEADSET)
    monkeypatch.setitem(sys.modules, "sounddevice", made)
    monkeypatch.setattr(microphone, "_portaudio", threading.Lock())
    monkeypatch.setattr(microphone, "_open", set())
    return made


class TestDevices:
    def test_inputs_are_listed_with_the_systems_choice_first(self, fake: FakeSounddevice) -> None:
        assert input_devices() == [
            InputDevice(2, "Headset", "Core Audio", 1, 16_000, default=True),
            InputDevice(0, "Built-in", "Core Audio", 2, 44_100),
        ]
        fake.system = "ALSA"
        assert [each.sampling_rate for each in input_devices()] == [48_000, 48_000]

    def test_what_is_plugged_in_later_is_found_unless_a_microphone_is_open(
        self, fake: FakeSounddevice
    ) -> None:
        fake.plugged_in.append({**HEADSET, "name": "USB"})
        with Microphone(input_devices()[0]):
            assert len(input_devices(again=True)) == 2
        assert [each.name for each in input_devices(again=True)] == ["Headset", "Built-in", "USB"]

    def test_no_device_is_an_empty_list(self, fake: FakeSounddevice) -> None:
        fake.devices.clear()
        assert input_devices() == []

    def test_missing_portaudio_is_a_hint_that_names_the_package(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Missing:
            @staticmethod
            def find_spec(name: str, *_: object) -> None:
                if name == "sounddevice":
                    raise OSError("PortAudio library not found")

        monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
        monkeypatch.setattr(sys, "meta_path", [Missing, *sys.meta_path])
        with pytest.raises(MicrophoneError, match="apt-get install libportaudio2"):
            input_devices()

    def test_missing_package_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "sounddevice", None)
        with pytest.raises(MicrophoneError, match="requirements"):
            input_devices()


class TestMicrophone:
    def test_every_sample_comes_once_and_in_order(self, fake: FakeSounddevice) -> None:
        sound = speech_like(2.0)
        with Microphone(input_devices()[1]) as opened:
            fake.streams[0].hear(sound[:7_000])
            [first] = opened.take()
            fake.streams[0].hear(sound[7_000:], block=417)
            [second] = opened.take()
            assert opened.take() == []
            assert opened.level_db == pytest.approx(20 * np.log10(np.abs(sound).max()), abs=6)
        assert fake.streams[0].asked["channels"] == 2
        assert (first.position, second.position) == (0, 7_000)
        np.testing.assert_array_equal(np.concatenate([first.samples, second.samples]), sound)

    def test_iterating_ends_when_it_is_stopped_and_gives_the_rest(
        self, fake: FakeSounddevice
    ) -> None:
        with Microphone(input_devices()[0]) as opened:
            fake.streams[0].hear(np.ones(500, np.float32))
            blocks = iter(opened)
            assert next(blocks).samples.size == 500
            fake.streams[0].hear(np.ones(300, np.float32))
        assert [block.samples.size for block in blocks] == [300]

    def test_what_nobody_takes_leaves_a_gap_and_no_memory(self, fake: FakeSounddevice) -> None:
        with Microphone(input_devices()[0], queue_s=1.0) as opened:
            fake.streams[0].hear(np.arange(40_000, dtype=np.float32))
            [block] = opened.take()
        assert block.position == block.samples[0] == 24_000
        assert block.samples.size == 16_000

    def test_an_overflow_is_counted_and_leaves_a_gap(self, fake: FakeSounddevice) -> None:
        with Microphone(input_devices()[0]) as opened:
            fake.streams[0].hear(np.ones(1_000, np.float32))
            fake.streams[0].hear(np.ones(2_000, np.float32), overflow=True)
            before, after = opened.take()
        assert opened.overflows == 1
        assert before.position == 0
        assert after.position > 1_000
        assert after.samples.size == 2_000

    def test_a_device_that_is_pulled_out_is_said_and_given_back(
        self, fake: FakeSounddevice
    ) -> None:
        opened = Microphone(input_devices()[0])
        fake.streams[0].hear(np.ones(100, np.float32))
        fake.streams[0].pull_out()
        assert not opened.running
        assert opened.ended.startswith("Headset was taken away")
        assert len(opened.take()) == 1
        opened.stop()
        assert fake.streams[0].closed

    def test_a_device_that_falls_silent_is_said(
        self, fake: FakeSounddevice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Microphone(input_devices()[0]) as opened:
            assert opened.running
            monkeypatch.setattr(microphone, "_STALLED_S", 0.0)
            assert not opened.running
        assert "gives no sound any more" in opened.ended

    def test_stop_takes_less_than_a_second_though_the_driver_hangs(
        self, fake: FakeSounddevice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(microphone, "STOP_S", 0.05)
        monkeypatch.setattr(microphone, "_PATIENCE_S", 0.01)
        opened, fake.hangs = Microphone(input_devices()[0]), True
        began = time.monotonic()
        opened.stop()
        assert time.monotonic() - began < 1
        assert not opened.running
        assert opened.ended == ""
        with pytest.raises(MicrophoneError, match="does not answer"):
            input_devices()

    def test_it_closes_itself_when_nobody_listens(self, fake: FakeSounddevice) -> None:
        wanted = [True, False]
        opened = Microphone(input_devices()[0], wanted=lambda: wanted.pop(0))
        other = Microphone(input_devices()[1], unheard_s=-1)
        for stream in fake.streams:
            stream.hear(np.ones(5_000, np.float32))
        for each, blocks in ((opened, 2), (other, 1)):
            assert not each.running
            assert "nobody was listening" in each.ended
            each.stop()
            assert sum(block.samples.size for block in each.take()) == blocks * 1_000
        assert all(stream.closed for stream in fake.streams)

    def test_a_device_that_cannot_be_opened_is_a_sentence(self, fake: FakeSounddevice) -> None:
        fake.refuses = "Device unavailable"
        with pytest.raises(MicrophoneError, match=r"Headset cannot be opened \(Device unavail"):
            Microphone(input_devices()[0])
        fake.refuses = ""
        with Microphone(input_devices()[0]) as opened:
            assert opened.running
