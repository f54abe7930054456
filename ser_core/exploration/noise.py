"""Robustness to noise: how well a model still hears when noise is laid under the clips.

Every clip gets noise of a colour at one signal-to-noise ratio after another, and is heard as any
recording is: trimmed, levelled, cut into windows. A clip's noise depends on the seed, the colour
and its name alone, and is the same at every ratio but for its level, so that a curve falls because
of the level and not of another draw.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import audio, augment, features, inference, paths
from ser_core.audio import Waveform
from ser_core.augment import generator
from ser_core.augment.noise import SLOPES, at_snr, coloured_noise
from ser_core.corpora.combine import person
from ser_core.emotions import order
from ser_core.errors import AudioError, ParameterError
from ser_core.evaluation.metrics import Scores, scores
from ser_core.inference import Predictor
from ser_core.inference.evaluate import Change, evaluate
from ser_core.store import ResultStore, code_fingerprint, identify, result_key

SNR_DB = (30.0, 25.0, 20.0, 15.0, 10.0, 5.0, 0.0)
COLOURS = ("white", "pink")
CLEAN = "none"

Progress = Callable[[int, int, str], None]
"""Told of clips heard, clips to hear in all, and what is done; it may raise TaskCancelled."""


@dataclass(frozen=True)
class NoisePoint:
    """What is heard under one noise at one ratio; of clips as they are, `snr_db` is infinite."""

    colour: str
    snr_db: float
    scores: Scores

    def as_dict(self) -> dict[str, Any]:
        """The point for JSON; the ratio of clips as they are is null."""
        return {
            "noise": self.colour,
            "snr_db": self.snr_db if np.isfinite(self.snr_db) else None,
            "clips": self.scores.clips,
            "war": self.scores.war.as_dict(),
            "uar": self.scores.uar.as_dict(),
            "macro_f1": self.scores.macro_f1.as_dict(),
        }


@dataclass(frozen=True)
class Robustness:
    """Scores without noise, then for each colour and ratio.

    Attributes:
        left_out: clips that could not be scored as they are, by reason.
        known_speakers: scored speakers that the model was trained on. With any, the scores are
            partly a fit: only how far they fall with the noise says something, and that too kindly.
    """

    points: list[NoisePoint]
    left_out: dict[str, int]
    known_speakers: list[str]

    @property
    def clean(self) -> NoisePoint:
        """Without noise."""
        return self.points[0]

    def as_dict(self) -> dict[str, Any]:
        """All of it for JSON."""
        return {
            "clips": self.clean.scores.clips,
            "speakers": self.clean.scores.speakers,
            "left_out": self.left_out,
            "known_speakers": self.known_speakers,
            "points": [point.as_dict() for point in self.points],
        }

    def curve(self, colour: str) -> list[NoisePoint]:
        """Under one noise, from little of it to much."""
        return sorted((p for p in self.points if p.colour == colour), key=lambda p: -p.snr_db)


def unheard(predictor: Predictor, table: pd.DataFrame) -> pd.DataFrame:
    """The clips of speakers that the model was not trained on, as its card says."""
    trained_on = predictor.card.get("trained_on", {"corpus": "", "speakers": []})
    heard = {person(trained_on["corpus"], speaker) for speaker in trained_on["speakers"]}
    pairs = zip(table["corpus"].astype(str), table["speaker"].astype(str), strict=True)
    new = np.array([person(corpus, speaker) not in heard for corpus, speaker in pairs], bool)
    return table[new].reset_index(drop=True)


def evaluate_noise(
    predictor: Predictor,
    table: pd.DataFrame,
    colours: Sequence[str] = COLOURS,
    snr_db: Sequence[float] = SNR_DB,
    seed: int = 0,
    progress: Progress | None = None,
) -> Robustness:
    """Score a model on clips as they are and under noise; see `evaluate_folds`.

    Args:
        predictor: the model. One that was trained on all speakers has no test speakers left in its
            corpus: give it another corpus, or speakers that it never heard (`unheard`).
        table: utterances with their emotions.
    """
    return evaluate_folds([(predictor, table)], colours, snr_db, seed, progress)


def evaluate_folds(
    folds: Sequence[tuple[Predictor, pd.DataFrame]],
    colours: Sequence[str] = COLOURS,
    snr_db: Sequence[float] = SNR_DB,
    seed: int = 0,
    progress: Progress | None = None,
) -> Robustness:
    """Score models together, each on utterances of its own, as they are and under noise.

    What is heard is kept on disk, one noise at one ratio of one fold at a time: where the work was
    stopped, it goes on.

    Args:
        folds: each a model and utterances with their emotions, such as those it is tested on.
        colours: among "white", "pink", "brown" and "blue".
        snr_db: signal-to-noise ratios: mean power of the whole clip over that of the noise.
        seed: of the noise.
        progress: told how far the work is.

    Raises:
        ParameterError: a colour is not known, or a ratio is not a number.
        CorpusError: no clip is left to score.
        StoreError: the disk is full.
    """
    check_noise(colours, snr_db)
    wanted = [(CLEAN, float("inf")), *((c, float(snr)) for c in colours for snr in snr_db)]
    total = len(wanted) * sum(len(table) for _, table in folds)
    labels = order({label for predictor, _ in folds for label in predictor.labels})
    heard: list[list[dict[str, Any]]] = [[] for _ in wanted]
    done = 0
    for predictor, table in folds:
        clips = _known(table)
        for place, (colour, ratio) in enumerate(wanted):

            def tell(now: int, _: int, done: int = done, what: str = _words(colour, ratio)) -> None:
                if progress is not None:
                    progress(done + now, total, what)

            tell(0, 1)
            heard[place].append(_heard(predictor, table, clips, colour, ratio, seed, tell))
            done += len(table)
    return _pooled(wanted, heard, labels)


def _pooled(
    wanted: Sequence[tuple[str, float]], heard: list[list[dict[str, Any]]], labels: list[str]
) -> Robustness:
    """The scores of all folds together, for each colour and ratio."""
    points = [
        NoisePoint(colour, ratio, _scores(each, labels))
        for (colour, ratio), each in zip(wanted, heard, strict=True)
    ]
    left_out = sum((Counter(fold["left_out"]) for fold in heard[0]), Counter[str]())
    known = {name for fold in heard[0] for name in fold["known_speakers"]}
    return Robustness(points, dict(left_out), sorted(known))


def check_noise(colours: Sequence[str], snr_db: Sequence[float]) -> None:
    """Make sure that such noise can be laid.

    Raises:
        ParameterError: a colour is not known, or a ratio is not a number.
    """
    for colour in colours:
        if colour not in SLOPES:
            raise ParameterError(f"noise: one of {', '.join(SLOPES)}, got {colour!r}")
    if not np.isfinite(list(snr_db)).all():
        raise ParameterError(f"snr_db must be numbers, got {list(snr_db)}")


def _heard(
    predictor: Predictor,
    table: pd.DataFrame,
    clips: list[Any],
    colour: str,
    snr_db: float,
    seed: int,
    tell: Callable[[int, int], None],
) -> dict[str, Any]:
    """What the model hears under one noise, from disk where it is kept."""
    store = ResultStore(paths.home() / "cache" / "noise", most=1000)
    rows = table[["clip", "speaker", "label", "emotion", "problems"]].astype(str)
    code = code_fingerprint(audio, augment, features, inference, sys.modules[__name__])
    setting = [predictor.fingerprint(), code, colour, str(snr_db), str(seed)]
    key = result_key(clips, [*setting, rows.to_csv(index=False)])
    kept = store.get(key)
    if kept is None:
        document = _listen(predictor, table, colour, snr_db, seed, tell)
        kept = {"document": np.array(json.dumps(document))}
        store.put(key, kept)
    heard: dict[str, Any] = json.loads(str(kept["document"]))
    return heard


def _listen(
    predictor: Predictor,
    table: pd.DataFrame,
    colour: str,
    snr_db: float,
    seed: int,
    tell: Callable[[int, int], None],
) -> dict[str, Any]:
    evaluation = evaluate(predictor, table, tell, noise(colour, snr_db, seed))
    predictions = evaluation.predictions
    return {
        **{
            name: predictions[name].astype(str).tolist()
            for name in ("speaker", "emotion", "predicted")
        },
        "left_out": evaluation.left_out,
        "known_speakers": evaluation.known_speakers,
    }


def noise(colour: str, snr_db: float, seed: int = 0) -> Change | None:
    """What lays noise under a clip; None for none."""
    if colour == CLEAN:
        return None

    def change(clip: str, waveform: Waveform, sampling_rate: int) -> Waveform:
        own: int = int(generator(seed, colour, clip).integers(2**32))
        made: NDArray[np.float32] = coloured_noise(
            waveform.size, sampling_rate, SLOPES[colour], own
        )
        return at_snr(waveform, made, snr_db)

    return change


def _scores(heard: Sequence[dict[str, Any]], labels: list[str]) -> Scores:
    """Of all folds together."""
    emotion, predicted, speaker = (
        [word for fold in heard for word in fold[name]]
        for name in ("emotion", "predicted", "speaker")
    )
    return scores(emotion, predicted, speaker, labels)


def _known(table: pd.DataFrame) -> list[Any]:
    """The clips by their content; those that cannot be read are left out by `evaluate`."""
    found = []
    for path in table["path"]:
        try:
            found += identify([path])
        except AudioError:
            continue
    return found


def _words(colour: str, snr_db: float) -> str:
    return "without noise" if colour == CLEAN else f"{colour} noise at {snr_db:g} dB"
