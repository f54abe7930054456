"""Several models on one recording: decoded, prepared and analysed once."""

from collections.abc import Sequence

from ser_core.audio import Waveform
from ser_core.inference.prediction import Prediction
from ser_core.inference.predictor import Predictor
from ser_core.inference.recording import Recording, answers


def predict_all(
    predictors: Sequence[Predictor],
    waveform: Waveform,
    sampling_rate: int,
    copies: int = 0,
    seed: int = 0,
) -> list[Prediction]:
    """What each of several models hears in a recording; the same as `Predictor.predict` says.

    Models of the same preprocessing share the prepared recording, and those of them that take the
    same features share these.

    Args:
        predictors: in whose order the answers come.
        waveform: (num_samples,) float32 in [-1, 1].
        sampling_rate: Hz.
        copies: see `Predictor.predict`; of models that cannot make any, the recording alone.
        seed: see `Predictor.predict`.

    Raises:
        AudioError: empty, silent, shorter than 0.3 s, or not finite.
    """
    found: dict[int, Prediction] = {}
    groups: dict[str, list[int]] = {}
    for place, each in enumerate(predictors):
        groups.setdefault(each.preprocessing.fingerprint(), []).append(place)
    for places in groups.values():
        group = [predictors[place] for place in places]
        recording = Recording.of(waveform, sampling_rate, group[0].preprocessing)
        found.update(zip(places, _all_heard(group, recording, copies, seed), strict=True))
    return [found[place] for place in range(len(predictors))]


def _all_heard(
    group: Sequence[Predictor], recording: Recording, copies: int, seed: int
) -> list[Prediction]:
    """What models of one preprocessing hear in a recording."""
    if copies:  # each is given versions of its own
        return [
            each.predict_recording(recording, None, copies if each.changes else 0, seed)
            for each in group
        ]
    windows = recording.windows
    said = answers([each.network for each in group], windows, [None] * len(group))
    return [each.judge(recording, windows, own) for each, own in zip(group, said, strict=True)]
