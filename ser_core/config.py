"""The base of every config: frozen, keyword-only, validated, and named by a fingerprint."""

import hashlib
import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from ser_core.errors import ParameterError


class Config(BaseModel):
    """Settings of an extractor, augmenter, architecture or run.

    Units, bounds and help stand in the fields, so that forms, the command line and error messages
    are drawn from one place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @classmethod
    def parse(cls, settings: dict[str, Any]) -> Self:
        """Build the config from plain values.

        Raises:
            ParameterError: a value is unknown, of the wrong type or out of bounds.
        """
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise ParameterError(_one_line(cls.__name__, error)) from None

    def fingerprint(self) -> str:
        """SHA-256 of the config's sorted JSON: the name of caches and runs made with it."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _one_line(owner: str, error: ValidationError) -> str:
    """Name parameter, bound and value of each problem: `LogMelConfig.n_mels: … (got 0)`."""
    problems = []
    for item in error.errors():
        field = ".".join(str(part) for part in item["loc"])
        problems.append(f"{owner}.{field}: {item['msg'].lower()} (got {item['input']!r})")
    return "; ".join(problems)
