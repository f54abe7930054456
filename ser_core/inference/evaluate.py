"""Score a model on a corpus, through the very path that a recording takes on the Live page."""

import contextlib
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.corpora.combine import person
from ser_core.corpora.labels import PROBLEM, unmapped
from ser_core.emotions import order
from ser_core.errors import AudioError, CorpusError, ParameterError
from ser_core.evaluation.metrics import Scores, scores
from ser_core.features.statistics import Statistics
from ser_core.inference.predictor import Predictor

Change = Callable[[str, Waveform, int], Waveform]
"""From a clip's name, waveform and sampling rate (Hz) to what is heard in its stead."""


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on a corpus.

    Attributes:
        predictions: clip, speaker, emotion, predicted and one column of probabilities a label.
        left_out: clips that could not be scored, by reason.
        known_speakers: scored speakers that the model was trained on, as its card says; with any,
            the scores are partly a fit.
    """

    scores: Scores
    predictions: pd.DataFrame
    left_out: dict[str, int]
    known_speakers: list[str]


def evaluate(
    predictor: Predictor,
    table: pd.DataFrame,
    progress: Callable[[int, int], None] | None = None,
    change: Change | None = None,
) -> Evaluation:
    """Predict every clip of a table and compare with its label.

    Labels are compared by name: map those of the table beforehand (`ser_core.corpora.labels`). A
    clip whose label is mapped to nothing or to what the model does not have, or that has a problem,
    is counted and left out; unweighted recall is over the classes that are present. A model that
    was trained on features standardised by speaker gets each speaker's statistics, over all clips
    of the table and without their labels.

    Args:
        progress: told of clips done and all clips; it may raise TaskCancelled.
        change: what is done to every clip before it is heard, such as adding noise, at the model's
            sampling rate; the speaker's statistics are of the clips as they are.

    Raises:
        CorpusError: no clip is left to score.
    """
    left_out: dict[str, int] = {}
    rows = []
    voices = _voices(predictor, table)
    for done, clip in enumerate(table.to_dict("records")):
        if progress is not None:
            progress(done, len(table))
        answer = _predict_clip(predictor, clip, voices.get(clip["speaker"]), change)
        if isinstance(answer, str):
            left_out[answer] = left_out.get(answer, 0) + 1
        else:
            rows.append(answer)
    if not rows:
        reasons = "; ".join(f"{reason}: {count}" for reason, count in left_out.items())
        raise CorpusError(f"no clip can be scored ({reasons or 'the corpus has none'})")
    predictions = pd.DataFrame(rows)
    result = scores(
        predictions["emotion"].tolist(),
        predictions["predicted"].tolist(),
        predictions["speaker"].tolist(),
        order(set(predictor.labels)),
    )
    return Evaluation(result, predictions, left_out, _known_speakers(predictor, table, predictions))


def _known_speakers(
    predictor: Predictor, table: pd.DataFrame, predictions: pd.DataFrame
) -> list[str]:
    trained_on = predictor.card.get("trained_on", {"corpus": "", "speakers": []})
    heard = {person(trained_on["corpus"], speaker) for speaker in trained_on["speakers"]}
    scored = table[table["clip"].isin(predictions["clip"])]
    pairs = scored[["corpus", "speaker"]].astype(str).drop_duplicates().itertuples(index=False)
    return sorted({name for corpus, name in pairs if name and person(corpus, name) in heard})


def _voices(predictor: Predictor, table: pd.DataFrame) -> dict[str, Statistics]:
    """How each speaker sounds over all clips of the table, for a model that asks for it."""
    if not predictor.wants_speaker:
        return {}
    known = table[table["problems"].eq("") & table["speaker"].ne("")]
    voices = {}
    for speaker, clips in known.groupby("speaker", observed=True):
        with contextlib.suppress(ParameterError):  # none of their clips can be heard
            voices[str(speaker)] = Statistics.fit(_readable(predictor, clips["path"]))
    return voices


def _readable(predictor: Predictor, paths: Iterable[str]) -> Iterator[NDArray[np.float32]]:
    """Features of those that can be read; the others are counted when they are to be predicted."""
    for path in paths:
        with contextlib.suppress(AudioError):
            yield predictor.features_of_file(path)


def _predict_clip(
    predictor: Predictor,
    clip: dict[Hashable, Any],
    speaker: Statistics | None,
    change: Change | None,
) -> dict[str, Any] | str:
    """A row of predictions, or why the clip cannot be scored."""
    if clip["problems"]:
        return PROBLEM
    if not clip["emotion"]:
        return unmapped(str(clip["label"]))
    if clip["emotion"] not in predictor.labels:
        return f"the model has no label {clip['emotion']}"
    try:
        waveform, sampling_rate = audio.load(clip["path"])
        if change is not None:
            # What is added above the model's band is not heard, and must not count as noise.
            rate = predictor.preprocessing.sampling_rate
            waveform, sampling_rate = audio.resample(waveform, sampling_rate, rate), rate
            waveform = change(str(clip["clip"]), waveform, sampling_rate)
        prediction = predictor.predict(waveform, sampling_rate, speaker)
    except AudioError:
        return PROBLEM
    return {
        "clip": clip["clip"],
        "speaker": clip["speaker"],
        "emotion": clip["emotion"],
        "predicted": prediction.emotion,
        **prediction.probabilities,
    }
