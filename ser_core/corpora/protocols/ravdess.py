"""Protocols with the folds that papers and our own model used on RAVDESS, by actor."""

from typing import ClassVar

import pandas as pd

from ser_core.config import Config
from ser_core.corpora.folds import Fold, column, people
from ser_core.corpora.protocols.base import PROTOCOLS, SplitProtocol
from ser_core.corpora.protocols.speakers import Groups, HeldOutConfig, speaker_folds
from ser_core.errors import CorpusError

CORPUS = "ravdess"

RAVDESS_20_FOLDS = (
    ("01", "02", "03", "04"),
    ("05", "06", "07", "08"),
    ("10", "11", "12", "13"),
    ("15", "16", "17", "18"),
    ("20", "21", "23", "24"),
)
"""Test actors of the five folds that the shipped model's scores come from: 20 of the 24."""

LUNA_JIMENEZ_FOLDS = (
    ("02", "05", "14", "15", "16"),
    ("03", "06", "07", "13", "18"),
    ("10", "11", "12", "19", "20"),
    ("08", "17", "21", "23", "24"),
    ("01", "04", "09", "22"),
)

EMOBOX_FOLDS = (
    ("01", "11", "20", "21"),
    ("04", "10", "12", "14"),
    ("08", "09", "19", "23"),
    ("03", "05", "07", "24"),
    ("02", "15", "16", "18"),
    ("06", "13", "17", "22"),
)


class ActorFolds(SplitProtocol):
    """Folds that name the actors they test. Other speakers of the table only train or validate."""

    kept_apart = "speakers: who is tested never trains and never chooses the epoch."
    not_apart = "the two sentences, the room and the microphone."
    speakers_apart = True
    tested_once = True
    config_type: ClassVar[type[Config]] = HeldOutConfig
    test_actors: ClassVar[tuple[tuple[str, ...], ...]]
    first_name: ClassVar[str] = ""
    """How the first fold is called in the source; the others count on from there."""
    partial: ClassVar[bool] = True
    """Whether the folds may be run while some of their actors are absent."""

    def __init__(self, config: HeldOutConfig) -> None:
        self.config = config

    def folds(self, table: pd.DataFrame) -> list[Fold]:
        """See `SplitProtocol.folds`."""
        present = _actors(table)
        wanted = [actor for group in self.test_actors for actor in group]
        absent = sorted(set(wanted) - set(present))
        if len(absent) == len(wanted) or (absent and not self.partial):
            raise CorpusError(self._missing(absent, table))
        groups: Groups = [[present[a] for a in group if a in present] for group in self.test_actors]
        names = self._names()
        kept = [(group, name) for group, name in zip(groups, names, strict=True) if group]
        return speaker_folds(
            table,
            [group for group, _ in kept],
            self.config.validation_speakers,
            self.name,
            self._notes(absent, [n for group, n in zip(groups, names, strict=True) if not group]),
            [name for _, name in kept],
        )

    def _names(self) -> list[str]:
        if not self.first_name:
            return [""] * len(self.test_actors)
        letter, number = self.first_name[:-1], int(self.first_name[-1])
        return [f"{letter}{number + i}" for i in range(len(self.test_actors))]

    def _notes(self, absent: list[str], empty: list[str]) -> list[str]:
        notes = [f"partial: actors {', '.join(absent)} absent"] if absent else []
        if empty:
            notes.append(f"left out, as none of their actors is there: {', '.join(empty)}")
        return notes

    def _missing(self, absent: list[str], table: pd.DataFrame) -> str:
        there = sorted(_actors(table)) or sorted(set(column(table, "corpus")))
        return (
            f"{self.name} tests actors of {CORPUS}: {', '.join(absent)} not in the corpus; it has "
            f"{', '.join(there)}"
        )


@PROTOCOLS.register("ravdess-20")
class Ravdess20(ActorFolds):
    """Five folds of four of those 20 actors that the shipped model was made from."""

    title = "RAVDESS, the shipped model's five folds"
    use = "To compare with the shipped model: its card's scores come from these folds."
    source = "SER Studio; actors 09, 14, 19 and 22 are never tested, and train where they are there"
    test_actors = RAVDESS_20_FOLDS
    partial = False  # a score by that name must not mean less than it does on the card


@PROTOCOLS.register("luna-jimenez")
class LunaJimenez(ActorFolds):
    """The five folds of actors by which RAVDESS scores are most often compared."""

    title = "RAVDESS, five folds of Luna-Jiménez et al. (2021)"
    use = (
        "To compare with papers that use these folds. They name no validation actors: here those "
        "are taken from the training actors."
    )
    source = (
        "Luna-Jiménez C, Griol D, Callejas Z, Kleinlein R, Montero JM, Fernández-Martínez F (2021) "
        "Multimodal Emotion Recognition on RAVDESS Dataset Using Transfer Learning. Sensors "
        "21(22): 7665."
    )
    test_actors = LUNA_JIMENEZ_FOLDS
    first_name = "F0"


@PROTOCOLS.register("emobox")
class EmoBox(ActorFolds):
    """The six folds of four actors of the EmoBox benchmark."""

    title = "RAVDESS, six folds of EmoBox (2024)"
    use = (
        "To compare with scores of the EmoBox benchmark. Its folds name no validation actors: here "
        "those are taken from the training actors."
    )
    source = (
        "Ma Z, Chen M, Zhang H, et al. (2024) EmoBox: Multilingual Multi-corpus Speech Emotion "
        "Recognition Toolkit and Benchmark. Interspeech, 1580-1584."
    )
    test_actors = EMOBOX_FOLDS
    first_name = "EmoBox 1"


def _actors(table: pd.DataFrame) -> dict[str, str]:
    """RAVDESS's actors by number, with the names that they have in the table."""
    named = people(table)
    here = named[column(table, "corpus").eq(CORPUS) & named.ne("")].unique()
    return {name.removeprefix(f"{CORPUS}/"): name for name in here}
