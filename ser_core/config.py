"""The base of every config: frozen, keyword-only, validated, and named by a fingerprint."""

import hashlib
import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ser_core.errors import ParameterError, listed


class Config(BaseModel):
    """Settings of an extractor, augmenter, architecture or run.

    Units, bounds and help stand in the fields, so that forms, the command line and error messages
    are drawn from one place.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    @classmethod
    def parse(cls, settings: dict[str, Any]) -> Self:
        """Build the config from plain values.

        Raises:
            ParameterError: a value is unknown, of the wrong type or out of bounds.
        """
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            raise ParameterError(_one_line(cls, error)) from None

    def fingerprint(self) -> str:
        """SHA-256 of the config's sorted JSON: the name of caches and runs made with it."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class Component(Config):
    """A registered class by name, with its settings."""

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


def _one_line(owner: type[BaseModel], error: ValidationError) -> str:
    """Name parameter, bound and value of each problem: `LogMelConfig.n_mels: … (got 0)`."""
    return "; ".join(_problem(owner, item) for item in error.errors())


def _problem(owner: type[BaseModel], item: Any) -> str:
    name = ".".join([owner.__name__, *map(str, item["loc"])])
    if item["type"] == "extra_forbidden" and len(item["loc"]) == 1:
        return f"{name} is not known; {listed(str(item['loc'][0]), owner.model_fields)}"
    message = item["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if not item["loc"]:  # it is about several settings at once, and names them itself
        return f"{name}: {message}"
    return f"{name}: {message} (got {item['input']!r})"
