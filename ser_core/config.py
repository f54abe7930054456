"""The base of every config: frozen, keyword-only, validated, and named by a fingerprint."""

import hashlib
import json
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from ser_core.errors import SettingsError, listed

_MOST_SHOWN = 120  # characters of a value that is not allowed


class Config(BaseModel):
    """Settings of an extractor, augmenter, architecture or run.

    Units, bounds and help stand in the fields, so that forms, the command line and error messages
    are drawn from one place.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )

    @field_validator("*", mode="before")
    @classmethod
    def _a_boolean_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """True would pass for 1."""
        if isinstance(value, bool) and _numeric(cls, info.field_name):
            raise ValueError("a number is needed")
        return value

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


def _numeric(owner: type[BaseModel], name: str | None) -> bool:
    kinds: tuple[Any, ...] = (int, float, int | None, float | None)
    return name is not None and owner.model_fields[name].annotation in kinds


_IN_WORDS = {
    "missing": "is missing",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}
"""What pydantic says in words of Python, as one says it of a file."""


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
    if item["type"] == "missing":
        return [(name, f" {_IN_WORDS['missing']}")]
    message = _IN_WORDS.get(item["type"], message)
    return [(name, f": {message} (got {_short(item['input'])})")]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]} …"
