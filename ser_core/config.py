"""The base of every config: frozen, keyword-only, validated, and named by a fingerprint."""

import hashlib
import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ser_core.errors import SettingsError, listed


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
            SettingsError: a value is unknown, of the wrong type or out of bounds.
        """
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            problems = [each for item in error.errors() for each in _problems(cls, item)]
            raise SettingsError(cls.__name__, problems) from None

    def fingerprint(self) -> str:
        """SHA-256 of the config's sorted JSON: the name of caches and runs made with it."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class Component(Config):
    """A registered class by name, with its settings."""

    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


def _problems(owner: type[BaseModel], item: Any) -> list[tuple[str, str]]:
    """Parameter, and bound and value: `("n_mels", ": … (got 0)")`."""
    name = ".".join(map(str, item["loc"]))
    if item["type"] == "extra_forbidden" and len(item["loc"]) == 1:
        known = listed(name, owner.model_fields) if owner.model_fields else "there are no settings"
        return [(name, f" is not known; {known}")]
    within = item.get("ctx", {}).get("error")
    if isinstance(within, SettingsError):  # of a class that this setting names
        return [(f"{name}.{inner}".strip("."), words) for inner, words in within.problems]
    message = item["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if not item["loc"]:  # it is about several settings at once, and names them itself
        return [("", f": {message}")]
    return [(name, f": {message} (got {item['input']!r})")]
