"""Label preservation: how often a step of augmentation makes a model hear another emotion.

A step is made stronger and stronger, from nothing to more than anybody would train with, over a
sample of a corpus; each clip is changed as training changes it, heard by a model, and compared with
what the model heard before. Where the decision flips, the label may no longer hold.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import audio, augment, features, inference, paths
from ser_core.augment import ChainConfig
from ser_core.errors import AudioError, CorpusError, ParameterError
from ser_core.evaluation.intervals import SHARE, UNBOUNDED, Bounds, Interval, mean_interval
from ser_core.exploration import perturbed
from ser_core.exploration.perturbed import Listener, Part, Voice, Wanted, mixes, parts_of, prepared
from ser_core.inference import Predictor
from ser_core.store import (
    Clip,
    Progress,
    ResultStore,
    code_fingerprint,
    identified,
    identify,
    result_key,
)

Array = NDArray[np.float32]

CLIPS = 100
CAVEAT = (
    "What a model keeps to is not what a listener hears. A model that was trained with a step, or "
    "on these very clips, is steadier under it than under others and than it would be on unknown "
    "voices; where it flips, listen."
)


@dataclass(frozen=True)
class Preservation:
    """What came of it.

    Attributes:
        before: one row a clip: clip, path, speaker, emotion, heard (the label that the model gives
            it unchanged) and probability (of the emotion it has).
        trials: one row for each clip, step and strength: the same columns of the changed clip, with
            part (place among steps, the chain last), step, strength (NaN: own settings), setting
            (in words), before (heard unchanged), drop (of the probability) and flipped. Heard is ""
            where nothing was left to hear.
        left_out: clips of the sample that could not be used, by reason.
    """

    before: pd.DataFrame
    trials: pd.DataFrame
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def flipped(self) -> pd.DataFrame:
        """Trials in which another label is heard than before."""
        return self.trials[self.trials["flipped"]]

    def accuracy(self) -> Interval:
        """Share of the unchanged clips that are heard as they are labelled."""
        return _mean(self.before["heard"] == self.before["emotion"], self.before["speaker"])

    def summary(self) -> pd.DataFrame:
        """One row for each step and strength, with 95 % intervals over speakers.

        Columns part, step, strength, setting; clips (that could be heard), flips; share (of flips),
        drop (mean fall of the probability of the clip's emotion), accuracy, each with _low and
        _high.
        """
        rows: list[dict[str, Any]] = []
        names = ["part", "step", "strength", "setting"]
        for key, trials in self.trials.groupby(names, sort=False, dropna=False):
            heard = trials[trials["heard"] != ""]
            right = heard["heard"] == heard["emotion"]
            scores = {"share": heard["flipped"], "drop": heard["drop"], "accuracy": right}
            row: dict[str, Any] = dict(zip(names, key, strict=True))
            row |= {"clips": len(heard), "flips": int(heard["flipped"].sum())}
            for name, values in scores.items():
                score = _mean(values, heard["speaker"], UNBOUNDED if name == "drop" else SHARE)
                row |= {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high}
            rows.append(row)
        return pd.DataFrame(rows)


@dataclass(frozen=True)
class Sounds:
    """A clip of a trial, to be listened to.

    Attributes:
        before: (num_samples,) as it was, trimmed and levelled.
        after: as it was changed; None where only features were.
        sampling_rate: Hz.
        drawn: what was drawn for it, in words; "" where only features were changed.
    """

    before: Array
    after: Array | None
    sampling_rate: int
    drawn: str


def of_chain(chain: ChainConfig, seed: int = 0) -> Wanted:
    """Every step of a chain alone, and the chain as a whole, but for steps that mix examples."""
    batch = tuple(step for step in chain.batch if not mixes(step))
    kept = chain.model_copy(update={"batch": batch})
    steps = (*kept.waveform, *kept.batch)
    return Wanted(steps, kept if steps else None, seed=seed)


def sample(
    table: pd.DataFrame, labels: Sequence[str], clips: int = CLIPS, seed: int = 0
) -> pd.DataFrame:
    """Clips to look at, as even over emotions, and within them over speakers, as can be.

    Args:
        table: utterances; those with a problem or of an emotion not among the labels are left out.
        labels: of the model.
        clips: how many, where there are so many.
        seed: of the choice.

    Returns:
        Rows of the table, in its order.

    Raises:
        CorpusError: no clip is left.
        ParameterError: `clips` is less than 1.
    """
    if clips < 1:
        raise ParameterError(f"clips: at least 1, got {clips}")
    fit = (table["problems"] == "") & table["emotion"].isin(labels)
    if not fit.any():
        raise CorpusError("no clip without a problem has an emotion that the model knows")
    rng = np.random.default_rng(seed)
    left: dict[str, dict[str, list[int]]] = {}
    emotions, speakers = (table[name].astype(str).to_numpy() for name in ("emotion", "speaker"))
    for row in rng.permutation(np.flatnonzero(fit)):
        left.setdefault(emotions[row], {}).setdefault(speakers[row], []).append(int(row))
    chosen: list[int] = []
    taken = dict.fromkeys(speakers[fit.to_numpy()], 0)
    while left and len(chosen) < clips:
        for emotion in sorted(left)[: clips - len(chosen)]:
            voices = left[emotion]
            speaker = min(voices, key=lambda name: taken[name])
            chosen.append(voices[speaker].pop())
            taken[speaker] += 1
            if not voices[speaker]:
                del voices[speaker]
            if not voices:
                del left[emotion]
    return table.iloc[sorted(chosen)].reset_index(drop=True)


def find(clips: pd.DataFrame, wanted: Wanted, predictor: Predictor) -> Preservation | None:
    """What was measured before, read from disk; no sound file is opened for it.

    Raises:
        ParameterError: a step is not to be looked at, see `measure`.
    """
    known = identified(list(clips["path"]))
    if len(known) < len(clips):
        return None
    store, parts = _store(), parts_of(wanted, predictor)
    kept = [store.get(_key(part, known, clips, predictor)) for part in (None, *parts)]
    found = [each for each in kept if each is not None]
    if len(found) < len(kept):
        return None
    return _assembled(clips, parts, found, predictor)


def measure(
    clips: pd.DataFrame, wanted: Wanted, predictor: Predictor, progress: Progress | None = None
) -> Preservation:
    """Change every clip by every step at every strength, and ask the model.

    Clips are brought to the model's rate, trimmed and levelled as in training, then changed; what
    comes out is heard as it is, and not prepared again, as training does not either. A clip's draws
    depend on the seed and its content alone, and are the same at every strength but for that.
    Spectrogram steps change the features that the network is given, standardised by the statistics
    of all these clips. What is measured is kept on disk, step by step: where the work was stopped,
    it goes on.

    Args:
        clips: see `sample`.
        wanted: what to look at.
        predictor: the model.
        progress: told of clips; it may stop the work.

    Raises:
        CorpusError: no clip can be heard.
        ParameterError: a step mixes examples, cannot act on this model's features, or lacks a file.
        StoreError: the disk is full.
    """
    tell = progress or _silent
    parts = parts_of(wanted, predictor)
    voices, usable = _voices(clips, predictor, tell)
    store = _store()
    keys = [_key(part, [v.clip for v in voices], usable, predictor) for part in (None, *parts)]
    kept = [store.get(key) for key in keys]
    listener = Listener(voices, predictor)
    missing = [number for number, arrays in enumerate(kept) if arrays is None]
    for turn, number in enumerate(missing):
        part = None if number == 0 else parts[number - 1]
        name = "hearing the clips as they are" if part is None else part.title.lower()

        def told(done: int, turn: int = turn, name: str = name) -> None:
            tell(turn * len(voices) + done, len(missing) * len(voices), name)

        kept[number] = listener.hear(part, told)
        store.put(keys[number], kept[number] or {})
    found = [each for each in kept if each is not None]
    made = _assembled(usable, parts, found, predictor)
    lost = len(clips) - len(usable)
    return Preservation(made.before, made.trials, {"problem with the clip": lost} if lost else {})


def sounds(trial: Mapping[Any, Any], wanted: Wanted, predictor: Predictor) -> Sounds:
    """A clip as it was and as it was changed in a trial.

    Args:
        trial: a row of `Preservation.trials`.
        wanted: what the trial is from.
        predictor: the model.

    Raises:
        AudioError: the clip cannot be read any more.
        ParameterError: a file that a step needs is not there.
    """
    part = parts_of(wanted, predictor)[int(trial["part"])]
    (clip,) = identify([trial["path"]])
    number, emotion, strength = int(trial["number"]), str(trial["emotion"]), trial["strength"]
    voice = Voice(clip, number, emotion, "", prepared(clip.path, predictor))
    rate = predictor.preprocessing.sampling_rate
    if not part.sounds:
        return Sounds(voice.waveform, None, rate, "")
    after = part.sound(voice, rate, float(strength))
    return Sounds(voice.waveform, after, rate, part.drawn(voice, float(strength)))


def _voices(
    clips: pd.DataFrame, predictor: Predictor, tell: Progress
) -> tuple[list[Voice], pd.DataFrame]:
    """The clips that can be read, prepared as in training, and their rows.

    Raises:
        CorpusError: none can.
    """
    voices: list[Voice] = []
    rows: list[int] = []
    emotions, speakers = (clips[name].astype(str).tolist() for name in ("emotion", "speaker"))
    for row, path in enumerate(clips["path"]):
        tell(row, len(clips), "reading the clips")
        try:
            waveform = prepared(Path(path), predictor)
            audio.check(waveform, predictor.preprocessing.sampling_rate)  # it may be short by now
            (clip,) = identify([path])
        except AudioError:
            continue
        voices.append(Voice(clip, len(rows), emotions[row], speakers[row], waveform))
        rows.append(row)
    if not voices:
        raise CorpusError("none of the clips can be read")
    return voices, clips.iloc[rows].reset_index(drop=True)


def _assembled(
    clips: pd.DataFrame,
    parts: Sequence[Part],
    kept: Sequence[Mapping[str, NDArray[Any]]],
    predictor: Predictor,
) -> Preservation:
    """Arrays as tables; the first are those of the clips as they are."""
    names = np.array([*predictor.labels, ""], dtype=object)  # perturbed.NOT_HEARD is the last
    base = clips[["clip", "path", "speaker", "emotion"]].astype(str)
    base = base.assign(heard=names[kept[0]["label"][0]], probability=kept[0]["probability"][0])
    base = base.assign(number=np.arange(len(base)))
    tables = [
        base.assign(
            part=place,
            step=part.name,
            strength=strength,
            setting=part.setting(strength),
            before=base["heard"],
            heard=names[arrays["label"][row]],
            probability=arrays["probability"][row],
        )
        for place, (part, arrays) in enumerate(zip(parts, kept[1:], strict=True))
        for row, strength in enumerate(part.strengths)
    ]
    trials = pd.concat(tables, ignore_index=True)
    before = np.tile(base["probability"], len(tables))
    trials["drop"] = before - trials["probability"]
    trials["flipped"] = trials["heard"].ne(trials["before"]) & trials["heard"].ne("")
    return Preservation(base, trials)


def _mean(values: "pd.Series[Any]", speakers: "pd.Series[Any]", bounds: Bounds = SHARE) -> Interval:
    """A mean over clips with its interval over speakers."""
    if values.empty:
        return Interval(np.nan, np.nan, np.nan)
    return mean_interval(values.to_numpy(float), speakers.to_numpy(str), bounds=bounds)


def _store() -> ResultStore:
    return ResultStore(paths.home() / "cache" / "preservation", most=1000)


def _key(
    part: Part | None, known: Sequence[Clip], clips: pd.DataFrame, predictor: Predictor
) -> str:
    """Names what is measured of a part, or of the clips as they are."""
    code = code_fingerprint(audio, augment, features, inference, perturbed)
    emotions, speakers = (list(clips[name].astype(str)) for name in ("emotion", "speaker"))
    what = json.dumps(None if part is None else part.document(), sort_keys=True)
    voices = speakers if predictor.wants_speaker else []
    return result_key(known, [predictor.fingerprint(), code, what, *emotions, *voices])


def _silent(done: int, total: int, words: str = "") -> None:
    """Progress that nobody looks at."""
