"""Hear emotions while somebody speaks: windows as they come, and each segment once it has ended.

Whatever is judged, a window or a segment, is cut out of the stream as it came and given to
`Predictor.predict`: there is no second way from samples to probabilities, so the same samples get
the same answer here, on the command line and in an evaluation.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.config import Config
from ser_core.errors import AudioError, ParameterError
from ser_core.features.statistics import Statistics
from ser_core.inference.cautions import NO_SPEECH
from ser_core.inference.prediction import Prediction, Window
from ser_core.inference.predictor import Predictor
from ser_core.inference.ring import Ring
from ser_core.inference.several import predict_all
from ser_core.inference.voice_gate import GateConfig, VoiceGate

KEPT_WINDOWS = 3_600  # an hour of speech, at one a second
KEPT_SEGMENTS = 2_000


class StreamConfig(Config):
    """How a stream is heard."""

    hop_s: float = Field(1.0, ge=0.1, le=10, description="Time between two windows (s)")
    smoothing: float = Field(
        0.4,
        ge=0,
        lt=1,
        description="Weight of what was heard before in the same segment; 0: of each window alone",
    )
    gate: GateConfig = GateConfig()


@dataclass(frozen=True)
class Heard:
    """What is heard now: the last window of the stream.

    Attributes:
        start_s, end_s: of the window, in the stream.
        probabilities: of every label, smoothed over the windows of the segment.
        sure: "sure", "fairly sure" or "not sure" of the smoothed probabilities.
        prediction: of the window alone, as `Predictor.predict` gives it.
    """

    start_s: float
    end_s: float
    probabilities: dict[str, float]
    sure: str
    prediction: Prediction

    @property
    def emotion(self) -> str:
        """The most probable label."""
        return max(self.probabilities, key=lambda label: self.probabilities[label])


@dataclass(frozen=True)
class Segment:
    """A stretch of speech between two pauses, and what is heard in the whole of it.

    Attributes:
        start_s, end_s: in the stream or the recording.
        emotion: the most probable label.
        probabilities: of every label.
        sure: "sure", "fairly sure" or "not sure".
    """

    start_s: float
    end_s: float
    emotion: str
    probabilities: dict[str, float]
    sure: str


class Stream:
    """Hears one endless recording in bounded memory: some twenty seconds of it are kept.

    Not safe to share between threads.

    Args:
        predictor: the model that listens.
        sampling_rate: of what is fed, in Hz.
        config: how it is cut and smoothed.
        speaker: how the speaker usually sounds, for a model that `wants_speaker`.
        start: place of the first sample, for one that joins a stream that is going on.

    Attributes:
        start: as given.
        now: the last window that held voice, while its segment goes on; None in a pause.
        windows: the last hour's windows with smoothed probabilities, oldest first.
        segments: the last 2,000 segments that have ended, oldest first.
        lost_s: how much of the stream never arrived.
        late_s: how much arrived after it had been given up, and was left out.
    """

    def __init__(
        self,
        predictor: Predictor,
        sampling_rate: int,
        config: StreamConfig | None = None,
        speaker: Statistics | None = None,
        start: int = 0,
    ) -> None:
        self.predictor = predictor
        self.sampling_rate = sampling_rate
        self.config = config or StreamConfig()
        self._speaker = speaker
        self._gate = VoiceGate(sampling_rate, self.config.gate)
        gate = self.config.gate
        kept_s = gate.longest_s + gate.pause_s + self.config.hop_s + 1
        kept_s = max(kept_s, predictor.preprocessing.window_s + self.config.hop_s)
        self._ring = Ring(round(kept_s * sampling_rate))
        self.start = start
        self._ring.restart(start)
        self._gate.restart(start)
        self._window = round(predictor.preprocessing.window_s * sampling_rate)
        self._hop = round(self.config.hop_s * sampling_rate)
        self._smoothed: dict[str, float] | None = None
        self.now: Heard | None = None
        self.windows: deque[Window] = deque(maxlen=KEPT_WINDOWS)
        self.segments: deque[Segment] = deque(maxlen=KEPT_SEGMENTS)
        self.lost_s = self.late_s = 0.0

    @property
    def position(self) -> int:
        """The place in the stream of the next sample."""
        return self._ring.stop

    @property
    def duration_s(self) -> float:
        """How long the stream has been going on."""
        return self.position / self.sampling_rate

    @property
    def noise_db(self) -> float:
        """Level of the background, in dB re full scale."""
        return self._gate.noise_db

    def feed(self, samples: Waveform, position: int | None = None) -> list[Heard]:
        """Take the next samples, and hear what can be heard with them.

        Args:
            samples: (num_samples,) float32 in [-1, 1], of any length.
            position: place of the first of them in the stream, where the sender counts. What came
                before is left out; a gap ends the segment, as nobody knows what was said in it.

        Returns:
            What each window says that has ended in these samples, in time order.

        Raises:
            ParameterError: `samples` is not one channel of numbers.
        """
        if samples.ndim != 1 or not np.isfinite(samples).all():
            raise ParameterError(
                f"samples: one channel of finite numbers is needed, got shape {samples.shape}"
            )
        fresh = self._in_order(samples, self.position if position is None else position)
        heard = []
        while fresh.size:
            to_hop = self._hop - self.position % self._hop
            part, fresh = fresh[:to_hop], fresh[to_hop:]
            self._ring.append(part)
            self._end(self._gate.feed(part))
            if self.position % self._hop == 0 and (now := self._hear()) is not None:
                heard.append(now)
        return heard

    def finish(self) -> None:
        """End the segment that is going on."""
        self._end(self._gate.finish())
        self._gate.restart(self.position)
        self._forget()

    def _in_order(self, samples: Waveform, position: int) -> Waveform:
        """What of the samples is new, after a gap has been noted."""
        gap = position - self.position
        if gap > 0:
            self.lost_s += gap / self.sampling_rate
            self.finish()
            self._ring.restart(position)
            self._gate.restart(position)
        late = min(max(0, -gap), samples.size)
        self.late_s += late / self.sampling_rate
        return samples[late:]

    def _hear(self) -> Heard | None:
        """The window that ends now, as far as it lies in the segment that is going on."""
        onset = self._gate.onset
        if onset is None:
            self._forget()
            return None
        start = max(onset, self.position - self._window)
        prediction = self._judge(start, self.position)
        if prediction is None:
            return None
        self._smoothed = self._smooth(prediction.probabilities)
        start_s = start / self.sampling_rate
        sure = self.predictor.sureness(max(self._smoothed.values()))
        if NO_SPEECH in prediction.notes:
            sure = prediction.sure
        self.now = Heard(start_s, self.duration_s, self._smoothed, sure, prediction)
        self.windows.append(Window(start_s, self.duration_s, self._smoothed))
        return self.now

    def _smooth(self, fresh: dict[str, float]) -> dict[str, float]:
        if self._smoothed is None:
            return fresh
        weight = self.config.smoothing
        return {
            label: weight * self._smoothed[label] + (1 - weight) * share
            for label, share in fresh.items()
        }

    def _end(self, ended: list[tuple[int, int]]) -> None:
        """Judge segments that have ended."""
        for start, stop in ended:
            prediction = self._judge(start, stop)
            if prediction is not None:
                self.segments.append(_segment(prediction, start, stop, self.sampling_rate))
            self._forget()

    def _judge(self, start: int, stop: int) -> Prediction | None:
        """What is heard in a stretch; None where that is nothing that can be judged."""
        try:
            return self.predictor.predict(
                self._ring.read(start, stop), self.sampling_rate, self._speaker
            )
        except AudioError:
            return None

    def _forget(self) -> None:
        self.now = self._smoothed = None


def segments_of(
    predictor: Predictor,
    waveform: Waveform,
    sampling_rate: int,
    config: GateConfig | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Segment]:
    """The segments that a stream of a whole recording would end with.

    Args:
        waveform: (num_samples,) float32 in [-1, 1].
        sampling_rate: Hz.
        progress: told of segments done and all segments; it may raise TaskCancelled.

    Raises:
        AudioError: empty, silent, shorter than 0.3 s, or not finite.
    """
    return segments_of_all([predictor], waveform, sampling_rate, config, progress)[0]


def segments_of_all(
    predictors: Sequence[Predictor],
    waveform: Waveform,
    sampling_rate: int,
    config: GateConfig | None = None,
    progress: Callable[[int, int], None] | None = None,
    copies: int = 0,
) -> list[list[Segment]]:
    """The segments of a recording as each of several models hears them; see `segments_of`.

    Where they begin and end is the same for all.

    Args:
        copies: see `predict_all`.
    """
    audio.check(waveform, sampling_rate)
    gate = VoiceGate(sampling_rate, config)
    bounds = [*gate.feed(waveform), *gate.finish()]
    found: list[list[Segment]] = [[] for _ in predictors]
    for done, (start, stop) in enumerate(bounds):
        if progress is not None:
            progress(done, len(bounds))
        try:
            heard = predict_all(predictors, waveform[start:stop], sampling_rate, copies)
        except AudioError:
            continue
        for own, prediction in zip(found, heard, strict=True):
            own.append(_segment(prediction, start, stop, sampling_rate))
    return found


def segments_from(
    predictor: Predictor, windows: Sequence[Window], waveform: Waveform, sampling_rate: int
) -> list[Segment]:
    """Segments of a recording that was heard already: each the mean of the windows that meet it.

    Costs next to nothing, where `segments_of` hears all of the recording again.
    """
    gate = VoiceGate(sampling_rate)
    found = []
    for start, stop in [*gate.feed(waveform), *gate.finish()]:
        start_s, end_s = start / sampling_rate, stop / sampling_rate
        met = [one for one in windows if one.start_s < end_s and one.end_s > start_s]
        if not met:
            continue
        labels = list(met[0].probabilities)
        rows = np.array([[one.probabilities[label] for label in labels] for one in met])
        shares = dict(zip(labels, predictor.pool(rows).tolist(), strict=True))
        best = max(shares, key=lambda label: shares[label])
        found.append(Segment(start_s, end_s, best, shares, predictor.sureness(shares[best])))
    return found


def _segment(prediction: Prediction, start: int, stop: int, sampling_rate: int) -> Segment:
    return Segment(
        start / sampling_rate,
        stop / sampling_rate,
        prediction.emotion,
        prediction.probabilities,
        prediction.sure,
    )
