"""Why a label: which places in time and frequency a model's answer hangs on.

Parts of the sound are made silent at random, some hundred times, and the model is asked each time;
a straight line through its answers says what each place adds to the label's log-odds. No gradients
are needed, so it works for every model: networks on frames or pictures, and baselines on
functionals.

The masks act on the sound, after it is trimmed and levelled and before features are taken: all that
follows is the predictor's own path, what is explained is what is played, and the same mask means
the same for every model. To mask features instead would be faster by a quarter only, would mean
something else for every extractor, and could not be listened to.

Random masks after Petsiuk, Das & Saenko (2018), "RISE: randomized input sampling for explanation
of black-box models", BMVC; the line through the answers after Ribeiro, Singh & Guestrin (2016),
"'Why should I trust you?': explaining the predictions of any classifier", KDD.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.features.mel import hz_to_mel
from ser_core.features.statistics import Statistics
from ser_core.inference.predictor import Predictor
from ser_core.inference.recording import Recording
from ser_core.inference.time_frequency import Array, Plane, band_middles_hz, weights

MASKS = 320
MOST_HEARD = 384  # windows in all: of a voice in two windows, there are fewer masks
MOST_WINDOWS = 2  # of a longer recording, one window is explained
_CELL_S = 0.1  # about half a syllable
_MOST_COLUMNS = 30
_ROWS = 8
_KEPT = 0.5  # of the cells, in each mask
_STIFFNESS = 1.0  # of the line, in units of a cell's own spread over the masks
_PART = 16  # masks between two reports
_LEAST, _MOST = 1e-6, 1 - 1e-6  # probabilities have log-odds between these

Report = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Saliency:
    """What each place of a sound adds to each label.

    Attributes:
        probabilities: of every label in the whole sound.
        sound: what was explained, as the model hears it, on its plane.
        start_s: where it begins in the recording.
        cells: by label, (num_columns, num_rows): what its log-odds lose where a cell is silent.
        columns_s: (num_columns,) middle of each column, from the start of the sound.
        rows_hz: (num_rows,) middle of each row.
    """

    probabilities: dict[str, float]
    sound: Plane
    start_s: float
    cells: dict[str, NDArray[np.float64]]
    columns_s: NDArray[np.float64]
    rows_hz: NDArray[np.float64]

    @property
    def end_s(self) -> float:
        """Where the sound ends in the recording."""
        return self.start_s + self.sound.duration_s

    def at(
        self, label: str, times_s: NDArray[np.float64], bands_hz: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """What places between the cells' middles add to a label.

        Args:
            label: one of the model's.
            times_s: (num_times,) in the recording.
            bands_hz: (num_bands,).

        Returns:
            (num_times, num_bands); not a number before and after the sound.
        """
        inside = (times_s >= self.start_s) & (times_s <= self.end_s)
        over_time = weights(times_s - self.start_s, self.columns_s)
        over_bands = weights(hz_to_mel(bands_hz), hz_to_mel(self.rows_hz))
        return np.where(inside[:, None], over_time @ self.cells[label] @ over_bands.T, np.nan)

    def marked(self, label: str, share: float) -> NDArray[np.bool_]:
        """The places that add most to a label: (num_frames, BANDS) of the sound's plane.

        Args:
            label: one of the model's.
            share: of the plane, in (0, 1).

        Raises:
            ParameterError: another share.
        """
        times_s = np.minimum(self.start_s + self.sound.times_s, self.end_s)
        added = self.at(label, times_s, self.sound.bands_hz)
        return added >= self.least(label, share)

    def least(self, label: str, share: float) -> float:
        """What a marked place adds at least; see `marked`.

        Raises:
            ParameterError: a share that is not in (0, 1).
        """
        if not 0 < share < 1:
            raise ParameterError(f"share must be between 0 and 1, got {share}")
        times_s = np.minimum(self.start_s + self.sound.times_s, self.end_s)
        return float(np.quantile(self.at(label, times_s, self.sound.bands_hz), 1 - share))


@dataclass(frozen=True, eq=False)
class Parts:
    """A sound taken apart, and what the model says of each part.

    Attributes:
        mattered: the marked places alone, (num_samples,).
        rest: everything else, (num_samples,).
        mattered_says: probability of each label in the first.
        rest_says: in the second.
        elsewhere: of the explained label, where as much was taken away at other times: the mean.
    """

    mattered: Waveform
    rest: Waveform
    mattered_says: dict[str, float]
    rest_says: dict[str, float]
    elsewhere: float


def explain(
    predictor: Predictor,
    waveform: Waveform,
    sampling_rate: int,
    window: int | None = None,
    *,
    speaker: Statistics | None = None,
    masks: int = MASKS,
    seed: int = 0,
    report: Report | None = None,
) -> Saliency:
    """What a model's answer hangs on in a recording, for every label at once.

    Args:
        predictor: any model.
        waveform: (num_samples,) float32 in [-1, 1].
        sampling_rate: Hz.
        window: which of the prediction's windows; needed where a recording has more than two, as
            the model hears each for itself.
        speaker: as `Predictor.predict` was given.
        masks: how often the model is asked; of two windows, at most half of `MOST_HEARD` times.
        seed: of the masks.
        report: told how many masks are done, of how many; may raise to stop.

    Raises:
        AudioError: the recording cannot be used; see `Predictor.predict`.
        ParameterError: no such window, or none is chosen of many.
    """
    voice, start_s = _stretch(predictor, waveform, sampling_rate, window)
    sound = Plane(voice, predictor.preprocessing.sampling_rate)
    columns_s = _columns_s(sound.duration_s)
    rows_hz = band_middles_hz(_ROWS, sound.sampling_rate)
    ask = _Listener(predictor, speaker)
    number = min(masks, MOST_HEARD // ask.num_windows(voice))
    drawn = _drawn(number, columns_s.size, seed)
    over_time = weights(sound.times_s, columns_s)
    over_bins = weights(hz_to_mel(sound.bins_hz), hz_to_mel(rows_hz)).T
    said = []
    for first in range(0, len(drawn), _PART):
        if report:
            report(first, len(drawn))
        gains = over_time @ drawn[first : first + _PART] @ over_bins
        said.append(ask([sound.played(each) for each in gains]))
    slopes = _line(drawn.reshape(len(drawn), -1), _log_odds(np.concatenate(said)))
    cells = slopes.T.reshape(-1, columns_s.size, _ROWS)
    return Saliency(
        dict(zip(predictor.labels, ask([voice])[0].tolist(), strict=True)),
        sound,
        start_s,
        dict(zip(predictor.labels, cells, strict=True)),
        columns_s,
        rows_hz,
    )


def take_apart(
    predictor: Predictor,
    saliency: Saliency,
    label: str,
    share: float,
    speaker: Statistics | None = None,
    elsewhere: int = 8,
) -> Parts:
    """The marked places alone, and everything else; both resynthesised with the sound's own phases.

    Args:
        predictor: the model that was explained.
        saliency: as `explain` gives it.
        label: whose places are marked.
        share: of the plane that is marked.
        speaker: as `explain` was given.
        elsewhere: at how many other times as much is taken away, in the same frequencies; of none
            nothing is told.

    Raises:
        ParameterError: `share` is not between 0 and 1.
    """
    marked, sound = saliency.marked(label, share), saliency.sound
    shifts = np.linspace(0, len(marked), elsewhere + 2)[1:-1].astype(int)
    others = [np.roll(marked, shift, axis=0) for shift in shifts]
    mattered, rest = sound.kept(marked), sound.kept(~marked)
    said = _Listener(predictor, speaker)([mattered, rest, *(sound.kept(~one) for one in others)])
    place = predictor.labels.index(label)
    first, second = (dict(zip(predictor.labels, row.tolist(), strict=True)) for row in said[:2])
    away = float(said[2:, place].mean()) if others else float("nan")
    return Parts(mattered, rest, first, second, away)


class _Listener:
    """Asks a model of sounds that are prepared already, all of one length, many at a time."""

    def __init__(self, predictor: Predictor, speaker: Statistics | None) -> None:
        self._predictor, self._speaker = predictor, speaker

    def __call__(self, voices: Sequence[Waveform]) -> NDArray[np.float64]:
        """Probabilities (num_voices, num_labels)."""
        cut = [audio.windows(each, self._predictor.preprocessing)[0] for each in voices]
        said = self._predictor.hear_windows(np.concatenate(cut), self._speaker)
        by_voice = said.reshape(len(voices), -1, said.shape[-1])
        return np.stack([self._predictor.pool(each) for each in by_voice])

    def num_windows(self, voice: Waveform) -> int:
        """In how many windows a sound is heard."""
        return len(audio.windows(voice, self._predictor.preprocessing)[1])


def _stretch(
    predictor: Predictor, waveform: Waveform, sampling_rate: int, window: int | None
) -> tuple[Waveform, float]:
    """What is explained of a recording, as the model hears it, and where it begins there (s)."""
    config = predictor.preprocessing
    recording = Recording.of(waveform, sampling_rate, config)
    number = len(recording.windows)
    if number <= MOST_WINDOWS:
        return recording.voice, recording.starts_s[0]
    if window is None or not 0 <= window < number:
        raise ParameterError(
            f"window: the recording has {number} windows, choose one from 0 to {number - 1}, got "
            f"{window}"
        )
    # As `audio.windows` gives it, without the silence it is filled with: long recordings' windows
    # are trimmed one by one.
    voice, offset_s = audio.prepare(waveform, sampling_rate, config)
    start = round((recording.starts_s[window] - offset_s) * config.sampling_rate)
    cut = voice[start : start + recording.windows.shape[1]]
    first, end = audio.voice_bounds(cut, config)
    start_s = recording.starts_s[window] + first / config.sampling_rate
    return audio.set_level(cut[first:end], config.level_db), start_s


def _columns_s(seconds: float) -> NDArray[np.float64]:
    number = min(_MOST_COLUMNS, max(3, round(seconds / _CELL_S)))
    return (np.arange(number) + 0.5) * seconds / number


def _drawn(number: int, columns: int, seed: int) -> Array:
    """Masks (num_masks, columns, _ROWS), 1 where a cell stays.

    Every second one keeps what the one before takes away, so that no cell is there more often than
    others: fewer masks tell as much (Covert & Lee 2021, "Improving KernelSHAP", AISTATS).
    """
    drawn = np.random.default_rng(seed).random((-(-number // 2), columns, _ROWS)) < _KEPT
    return np.stack([drawn, ~drawn], axis=1).reshape(-1, columns, _ROWS).astype(np.float32)


def _log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(probability, _LEAST, _MOST)
    return np.log(inside / (1 - inside))


def _line(drawn: Array, answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each cell adds to the answers, by ridge regression on which cells are there.

    Args:
        drawn: (num_masks, num_cells), 1 where a cell is there.
        answers: (num_masks, num_labels).

    Returns:
        (num_cells, num_labels).
    """
    there = drawn.astype(np.float64) - _KEPT
    stiffness = _STIFFNESS * len(drawn) * _KEPT * (1 - _KEPT)
    inner = there.T @ there + stiffness * np.eye(there.shape[1])
    slopes: NDArray[np.float64] = np.linalg.solve(inner, there.T @ (answers - answers.mean(axis=0)))
    return slopes
