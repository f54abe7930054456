"""What the form comes to: the runs, their orders, and the command that asks for the same."""

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ser_core.corpora.library import CorpusEntry
from ser_core.training import changes
from ser_core.training.config import Recipe, nested, override, variants

if TYPE_CHECKING:
    from ser_core.training.order import Order

MOST_JOBS = 200
_PROGRAM = ("python", "-m", "ser_core", "train")


@dataclass(frozen=True)
class Asked:
    """What is asked for, besides the recipe.

    Attributes:
        corpus: with its labels.
        protocol: how clips are split.
        model_name: what the model is to be saved as; "" for none.
        keep_folds: whether each fold's model is kept.
    """

    corpus: CorpusEntry
    protocol: str
    model_name: str = ""
    keep_folds: bool = False


@dataclass(frozen=True)
class Plan:
    """Runs that can be started.

    Attributes:
        said: what is set in the recipe, a list of values for what is varied.
        each: what is varied in each run, and its recipe.
        choices: changes among which each fold of a run chooses one by itself; none for no choice.
    """

    asked: Asked
    recipe: str
    faithful: bool
    said: dict[str, Any]
    each: tuple[tuple[dict[str, Any], Recipe], ...]
    choices: tuple[dict[str, Any], ...] = ()

    def orders(self) -> "list[Order]":
        """An order for each run.

        Raises:
            UnknownNameError: the corpus' choice of labels is not known any more.
        """
        from ser_core.corpora.combine import Source
        from ser_core.corpora.labels import choose
        from ser_core.training.order import Order

        asked, corpus = self.asked, self.asked.corpus
        parts = corpus.parts or (corpus,)
        pairs = [f"{label}={emotion}" for label, emotion in corpus.label_pairs.items()]
        return [
            Order(
                recipe,
                tuple(Source(part.name, part.root, dict(part.settings)) for part in parts),
                asked.protocol,
                choose(corpus.label_choice or None, pairs),
                asked.model_name or None,
                keep_folds=asked.keep_folds,
                choices=self.choices,
            )
            for _, recipe in self.each
        ]

    def arguments(self) -> list[str]:
        """What stands after `python -m ser_core train`."""
        words = [self.recipe, *["--faithful"] * self.faithful, *self.asked.corpus.arguments()]
        words += ["--protocol", self.asked.protocol]
        for key, value in self.said.items():
            words += ["--set", f"{key}={changes.text(value)}"]
        words += ["--select"] if self.choices else []
        words += ["--model", self.asked.model_name] if self.asked.model_name else []
        return words + ["--keep-folds"] * self.asked.keep_folds

    def command(self) -> str:
        """The command that trains the same in a terminal."""
        return shlex.join([*_PROGRAM, *self.arguments()])


def make(
    base: Recipe,
    name: str,
    faithful: bool,
    wanted: Recipe,
    vary: dict[str, list[Any]],
    asked: Asked,
    select: bool = False,
) -> Plan:
    """The plan of a recipe and of what is varied in it.

    Args:
        base: the shipped recipe.
        name: of it.
        faithful: whether it is in the form of its original.
        wanted: the recipe, complete.
        vary: values by dotted names.
        asked: corpus, protocol and what is kept.
        select: whether each fold chooses among the values, seeds apart, instead of a run for each.

    Raises:
        SerError: a value is not allowed, or does not go with another.
    """
    fixed = {key: value for key, value in changes.between(base, wanted).items() if key not in vary}
    said = fixed | vary
    runs, choices = nested(base, said) if select else (variants(base, said), [])
    each = []
    for one in runs:
        alone = {key: value for key, value in one.items() if key in vary}
        each.append((alone, override(base, one)))
    return Plan(asked, name, faithful, said, tuple(each), tuple(choices))
