"""What a user asks for: a recipe on one corpus or several, under a protocol."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ser_core.corpora import combine
from ser_core.corpora.combine import Source
from ser_core.corpora.labels import Labels
from ser_core.training.config import Recipe


@dataclass(frozen=True)
class Order:
    """What a user asks for: a recipe on one corpus or several, under a protocol.

    Attributes:
        sources: the corpora, in their folders.
        labels: which emotions count as which.
        resume: whether to go on from the last finished epoch of an interrupted run.
        keep_folds: whether the model of each fold is kept with the run.
        choices: changes to the recipe, of which inner folds choose one for each fold; see `nested`.
        replace: whether a model that has the name already may be replaced.
    """

    recipe: Recipe
    sources: tuple[Source, ...]
    protocol: str
    labels: Labels = field(default_factory=Labels)
    model_name: str | None = None
    resume: bool = False
    keep_folds: bool = False
    choices: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    replace: bool = False

    @property
    def corpus(self) -> str:
        """Registered name, or the names of several joined by "+"."""
        return combine.key([source.name for source in self.sources])

    @property
    def roots(self) -> str:
        """The folders, in the order of the names in `corpus`."""
        found = sorted(self.sources, key=lambda source: source.name)
        return ", ".join(str(source.root) for source in found)

    @property
    def fingerprint(self) -> str:
        """Tells apart what is trained: neither what becomes of it, nor how it is gone about."""
        roots = [
            f"{one.name}={one.root.resolve()}{sorted(one.settings.items())}" for one in self.sources
        ]
        asked = [self.recipe.fingerprint(), *roots, self.protocol, str(self.labels.as_dict())]
        key = "-".join([*asked, *(str(dict(each)) for each in self.choices)])
        return hashlib.sha256(key.encode()).hexdigest()[:16]
