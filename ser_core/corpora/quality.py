"""Is a corpus sound? What is odd about its clips, each finding with the clip to listen to.

What was measured of a clip is kept (see `ser_core.corpora.measures`), so that a second report opens
none.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ser_core.audio import MAX_PEAK, MIN_DURATION_S, SILENCE_PEAK
from ser_core.corpora.labels import SAME_CLIP
from ser_core.corpora.measures import RUN, UNREADABLE, Measures, measures
from ser_core.emotions import order
from ser_core.store import Progress
from ser_core.words import count, minus

COLUMNS = ("kind", "clip", "path", "words", "value", "group")
"""What it is (a key of `KINDS`), where ("" for the corpus as a whole), in words, as a number; clips
of one sound have one number in `group`, from 1 (0: none)."""

QUIET_DB = -45.0
OFFSET = 0.02  # of full scale
UNUSUAL_LENGTH = 3.0  # times shorter or longer than the median
MANY = 20  # clips of a channel from which on a pattern is no chance
SAME_LENGTH = 0.25  # share of clips of exactly one length that is remarkable
FEW = 1 / 3  # of the commonest label's clips
_MOST_NAMED = 8  # speakers in one sentence
_MOST_TWINS = 3  # clips of one sound in one sentence


class Kind(NamedTuple):
    """A kind of finding.

    Attributes:
        title: its name for people.
        meaning: when a clip counts, and why it matters.
        severe: the file is at fault and training leaves it out, or its score cannot be trusted.
    """

    title: str
    meaning: str
    severe: bool = False


KINDS = {
    "unreadable": Kind(
        "Unreadable", "The file is damaged or no sound; training leaves it out.", True
    ),
    "empty": Kind("Empty", "There is no sample in the file; training leaves it out.", True),
    "damaged": Kind(
        "Damaged", "Samples are no numbers, or far beyond full scale; training leaves it out.", True
    ),
    "silent": Kind("Silent", "The loudest sample is below -80 dB; training leaves it out.", True),
    "too_short": Kind(
        "Too short", f"Shorter than {MIN_DURATION_S} s; training leaves it out.", True
    ),
    "repeated": Kind(
        "Listed twice", "Another file stands for the same utterance; this one is left out.", True
    ),
    "duplicate": Kind(
        "Same audio",
        "Sample by sample the same sound as another clip: a copy on both sides of a split leaks.",
        True,
    ),
    "clipped": Kind(
        "Clipped", f"{RUN} samples and more in a row at full scale: distortion sounds like anger."
    ),
    "quiet": Kind(
        "Quiet",
        f"Below {minus(f'{QUIET_DB:.0f}')} dB re full scale: noise may be heard as feeling.",
    ),
    "offset": Kind("Offset", f"The mean is more than {OFFSET:.0%} of full scale away from zero."),
    "short": Kind("Unusually short", f"Over {UNUSUAL_LENGTH:g} times shorter than the median."),
    "long": Kind("Unusually long", f"Over {UNUSUAL_LENGTH:g} times longer than the median."),
    "stereo": Kind("Several channels", "The mean of the channels is used."),
    "sampling_rate": Kind(
        "Odd sampling rate", "Another one than most clips have: it may give a class away."
    ),
    "cut": Kind("Same length", "Many clips last exactly as long: they may have been cut off."),
    "no_label": Kind(
        "No emotion",
        "The label maps to none: there is no class to train on or to score. The clip may be sound.",
    ),
    "few": Kind("Rare emotion", "Fewer than a third of the commonest emotion's clips."),
    "missing_class": Kind(
        "Emotion missing", "The speaker has no clip of an emotion that others have."
    ),
}
"""Every kind of finding, the severe ones first."""


@dataclass(frozen=True)
class Report:
    """Findings about a corpus.

    Attributes:
        findings: a table with `COLUMNS`, severe kinds first, then by clip.
        clips: how many clips were looked at.
    """

    findings: pd.DataFrame
    clips: int

    def counts(self) -> dict[str, int]:
        """How many findings of each kind, in the order of `KINDS`; kinds without one left out."""
        found = self.findings["kind"].value_counts()
        return {kind: int(found[kind]) for kind in KINDS if kind in found}

    def of(self, kind: str) -> pd.DataFrame:
        """The findings of one kind."""
        return self.findings[self.findings["kind"] == kind]

    def partners(self, clip: str) -> list[str]:
        """Clips that sound the same as this one, or stand for the same utterance."""
        own = self.findings[self.findings["clip"].eq(clip)]
        groups = self.findings["group"].isin(own.loc[own["group"] > 0, "group"])
        twins = self.findings.loc[groups & self.findings["clip"].ne(clip), "clip"]
        listed = own.loc[own["kind"].eq("repeated"), "words"].str.removeprefix(SAME_CLIP)
        return list(dict.fromkeys([*twins, *listed]))

    def to_csv(self) -> str:
        """All findings as CSV, with titles for people."""
        titles = self.findings["kind"].map(lambda kind: KINDS[kind].title)
        table = self.findings.assign(kind=titles).drop(columns="path")
        text: str = table.to_csv(index=False)
        return text


def check(table: pd.DataFrame, progress: Progress | None = None) -> Report:
    """Look at every clip of a table and at the table as a whole.

    Args:
        table: utterances, as readers make it.
        progress: called with clips opened and clips to open; it may stop the work.

    Raises:
        StoreError: the disk is full.
    """
    looked = _looked_at(table, progress)
    rows = list(_twins(looked[looked["samples"] > 0]))
    # Length, sampling rate and emotions are compared with those of the same corpus.
    for _, corpus in looked.groupby("corpus", observed=True):
        rows += [*_clip_findings(corpus), *_table_findings(corpus)]
    findings = pd.DataFrame(rows, columns=list(COLUMNS))
    rank = {kind: number for number, kind in enumerate(KINDS)}
    findings = findings.sort_values(
        ["kind", "clip"], key=lambda c: c.map(rank) if c.name == "kind" else c, kind="stable"
    )
    return Report(findings.reset_index(drop=True), len(table))


def with_problems(table: pd.DataFrame, progress: Progress | None = None) -> pd.DataFrame:
    """The table with those clips marked that no model can hear: damaged or silent ones.

    Readers open no clip further than its header; this opens each once, ever.

    Args:
        table: utterances, as readers make it.
        progress: called with clips opened and clips to open; it may stop the work.
    """
    looked = _looked_at(table, progress)
    told = looked["problems"].astype(str)
    sound = told.eq("") & looked["samples"].gt(0)
    damaged, silent = _damage(looked), looked["peak"] < SILENCE_PEAK
    told = told.mask(sound & silent, "silent: no sample above -80 dB of full scale")
    told = told.mask(sound & damaged, "damaged: samples are no numbers or far beyond full scale")
    told = told.mask(told.eq("") & looked["samples"].eq(0), "not readable as audio")
    return table.assign(problems=told.to_numpy())


def _looked_at(table: pd.DataFrame, progress: Progress | None) -> pd.DataFrame:
    """The table with a column for each of `Measures`."""
    here = [path for path in table["path"] if Path(path).is_file()]
    known = dict(zip(here, measures(here, progress), strict=True))
    looked = pd.DataFrame(
        [known.get(path, UNREADABLE) for path in table["path"]], columns=Measures._fields
    )
    return pd.concat([table.reset_index(drop=True), looked], axis=1)


def _damage(looked: pd.DataFrame) -> "pd.Series[bool]":
    return looked["whole"].eq(0) | looked["peak"].gt(MAX_PEAK)


Row = tuple[str, str, str, str, float, int]
Words = Callable[[Any], str]


def _rows(kind: str, found: pd.DataFrame, words: Words, value: str) -> Iterator[Row]:
    """A finding for each row, with words made of it and the value in one of its columns."""
    for clip in found.itertuples():
        yield kind, str(clip.clip), str(clip.path), words(clip), float(getattr(clip, value)), 0


def _clip_findings(table: pd.DataFrame) -> Iterator[Row]:
    """Findings about single clips."""
    usable = table["readable"].eq(1) & table["samples"].gt(0)
    yield from _damaged(table[~usable])
    damaged = table[usable & _damage(table)]
    yield from _rows("damaged", damaged, lambda _: "no numbers, or far beyond full scale", "peak")
    clips = table[usable & ~_damage(table)]
    for finder in (_left_out, _level, _length, _format):
        yield from finder(clips)


def _damaged(clips: pd.DataFrame) -> Iterator[Row]:
    empty = clips["problems"].eq("empty file") | clips["readable"].eq(1)
    yield from _rows("empty", clips[empty], lambda _: "no sample in the file", "samples")
    yield from _rows(
        "unreadable", clips[~empty], lambda clip: clip.problems or "the file went away", "samples"
    )


def _left_out(clips: pd.DataFrame) -> Iterator[Row]:
    repeated = clips[clips["problems"].str.startswith(SAME_CLIP)]
    yield from _rows("repeated", repeated, lambda clip: clip.problems, "samples")
    short = clips[clips["duration_s"] < MIN_DURATION_S]
    yield from _rows("too_short", short, lambda clip: f"{clip.duration_s:.2f} s", "duration_s")
    unlabelled = clips[clips["emotion"].eq("")]
    yield from _rows("no_label", unlabelled, _label_words, "samples")


def _label_words(clip: Any) -> str:
    return f"label {clip.label!r}" if clip.label else "no label"


def _level(clips: pd.DataFrame) -> Iterator[Row]:
    clips = clips.assign(level_db=20 * np.log10(np.maximum(clips["rms"], 1e-9)))
    silent = clips["peak"] < SILENCE_PEAK
    quiet = clips[~silent & (clips["level_db"] < QUIET_DB)]
    yield from _rows(
        "silent", clips[silent], lambda _: "no sample above −80 dB of full scale", "level_db"
    )
    yield from _rows("quiet", quiet, lambda clip: minus(f"{clip.level_db:.0f} dB"), "level_db")
    clipped = clips[clips["clipped"] > 0]
    yield from _rows(
        "clipped", clipped, lambda clip: f"{clip.clipped:.0f} samples at full scale", "clipped"
    )
    offset = clips[clips["mean"].abs() > OFFSET]
    yield from _rows(
        "offset", offset, lambda clip: minus(f"{clip.mean:+.1%} of full scale"), "mean"
    )


def _length(clips: pd.DataFrame) -> Iterator[Row]:
    long_enough = clips[clips["duration_s"] >= MIN_DURATION_S]
    median_s = long_enough["duration_s"].median()

    def words(clip: Any) -> str:
        return f"{clip.duration_s:.2f} s, the median is {median_s:.2f} s"

    short = long_enough[long_enough["duration_s"] * UNUSUAL_LENGTH < median_s]
    yield from _rows("short", short, words, "duration_s")
    long = long_enough[long_enough["duration_s"] > median_s * UNUSUAL_LENGTH]
    yield from _rows("long", long, words, "duration_s")


def _format(clips: pd.DataFrame) -> Iterator[Row]:
    stereo = clips[clips["channels"] > 1]
    yield from _rows("stereo", stereo, lambda clip: f"{clip.channels:.0f} channels", "channels")
    if clips.empty:
        return
    usual = int(clips["sampling_rate"].mode().iloc[0])
    odd = clips[clips["sampling_rate"] != usual]
    yield from _rows(
        "sampling_rate",
        odd,
        lambda clip: f"{clip.sampling_rate / 1000:g} kHz, most have {usual / 1000:g} kHz",
        "sampling_rate",
    )


def _twins(clips: pd.DataFrame) -> Iterator[Row]:
    """Clips that sound the same to the last bit; silence sounds like any other silence."""
    heard = clips[clips["peak"] >= SILENCE_PEAK]
    digest = ["digest_high", "digest_low"]
    twins = heard[heard.duplicated(digest, keep=False)].groupby(digest)
    for number, (_, group) in enumerate(twins, start=1):
        few = group["clip"].head(_MOST_TWINS + 1).tolist()
        for clip in group.itertuples():
            others = [name for name in few if name != clip.clip][:_MOST_TWINS]
            more = len(group) - 1 - len(others)
            words = f"the same sound as {', '.join(others)}" + f" and {more:,} more" * (more > 0)
            yield "duplicate", str(clip.clip), str(clip.path), words, float(len(group)), number


def _table_findings(table: pd.DataFrame) -> Iterator[Row]:
    """Findings about the corpus as a whole: balance, and lengths that are too much alike."""
    sound = table[table["problems"].eq("") & table["emotion"].ne("")]
    for finder in (_rare, _missing_classes, _cut):
        yield from finder(sound)


def _rare(sound: pd.DataFrame) -> Iterator[Row]:
    counts = sound["emotion"].astype(str).value_counts()
    for emotion in order(set(counts.index)):
        share = counts[emotion] / counts.max()
        if share < FEW:
            words = f"{emotion} has {counts[emotion]:,}, {counts.idxmax()} {counts.max():,} clips"
            yield "few", "", "", words, float(share), 0


def _missing_classes(sound: pd.DataFrame) -> Iterator[Row]:
    """By channel: song has fewer emotions than speech, and lacks nothing."""
    for channel, clips in sound.groupby("channel", observed=True):
        everybody = set(clips["emotion"].astype(str))
        lacking: dict[tuple[str, ...], list[str]] = {}
        for speaker, own in clips.groupby("speaker", observed=True):
            missing = order(everybody - set(own["emotion"].astype(str)))
            if missing and speaker:
                lacking.setdefault(tuple(missing), []).append(str(speaker))
        for emotions, speakers in lacking.items():
            words = _lack(speakers, channel, emotions)
            yield "missing_class", "", "", words, float(len(speakers)), 0


def _lack(speakers: list[str], channel: Any, emotions: Sequence[str]) -> str:
    shown = ", ".join(speakers[:_MOST_NAMED])
    more = f" and {len(speakers) - _MOST_NAMED} more" if len(speakers) > _MOST_NAMED else ""
    who = f"speaker {shown} has" if len(speakers) == 1 else f"speakers {shown}{more} have"
    return f"{who} no {channel!s} clip of {', '.join(emotions)}"


def _cut(sound: pd.DataFrame) -> Iterator[Row]:
    for _, words, share in _same_length(sound):
        yield "cut", "", "", words, share, 0


def _same_length(sound: pd.DataFrame) -> Iterator[tuple[str, str, float]]:
    """Channels, what to say of them, and the share of their clips that last exactly as long.

    Takes differ in length by more than a sample; many of one length were cut.
    """
    for channel, clips in sound.groupby("channel", observed=True):
        commonest = clips["duration_s"].value_counts()
        if commonest.empty:  # no header was read yet
            continue
        share = float(commonest.iloc[0] / len(clips))
        if len(clips) >= MANY and share > SAME_LENGTH:
            words = (
                f"{commonest.iloc[0]:,} of {len(clips):,} {channel!s} clips last exactly "
                f"{commonest.index[0]:.3f} s"
            )
            yield str(channel), words, share


def remarks(table: pd.DataFrame, shown: pd.DataFrame | None = None) -> list[str]:
    """What is odd about the corpus as a whole, as far as the table tells it: no clip is opened.

    Args:
        table: all clips of the corpus.
        shown: some of them; what concerns none of these is not said.
    """
    sound = table[table["problems"] == ""]
    asked = sound if shown is None else shown[shown["problems"] == ""]
    channels = set(asked["channel"].unique())
    found = [
        f"{words}: they may have been cut off."
        for channel, words, _ in _same_length(sound)
        if channel in channels
    ]
    rates = sound.loc[sound["sampling_rate"] > 0, "sampling_rate"].value_counts()
    if asked.loc[asked["sampling_rate"] > 0, "sampling_rate"].nunique() > 1:
        others = int(rates.iloc[1:].sum())
        found.append(
            f"Sampling rates differ: most clips have {rates.index[0] / 1000:g} kHz, "
            f"{count(others, 'clip')} another."
        )
    return found
