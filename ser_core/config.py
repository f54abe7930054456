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
            problems = [each for item in _located(error) for each in _problems(cls, item)]
            raise SettingsError(cls.__name__, _joined(problems)) from None

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
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}
"""What pydantic says in words of Python, as one says it of a file."""


def _located(error: ValidationError) -> list[Any]:
    """What is wrong, each with its place as the user wrote it.

    Of a setting that may be one of several kinds, pydantic says for each kind why it is not that,
    at a place that has the kind's name in it: `class_weights.dict[str,float].sad`. What lies within
    the value says more than that it is of another kind. A list whose items are wrong is said to be
    empty, too.
    """
    items: list[Any] = [
        {**item, "loc": tuple(part for part in item["loc"] if "[" not in str(part))}
        for item in error.errors()
    ]
    within = {item["loc"][:end] for item in items for end in range(1, len(item["loc"]))}
    return [item for item in items if item["loc"] not in within] or items


def _problems(owner: type[BaseModel], item: Any) -> list[tuple[str, str]]:
    """Parameter, and bound and value: `("n_mels", ": … (got 0)")`."""
    name = ".".join(map(str, item["loc"]))
    if item["type"] == "extra_forbidden":
        *above, own = map(str, item["loc"])
        fields = _fields_of(owner, above)
        known = listed(own, fields) if fields else "there are no settings"
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
    if item["type"] == "too_short":
        message = f"must have {item['ctx']['min_length']} or more"
    return [(name, f": {message} (got {_short(item['input'])})")]


def _fields_of(owner: type[BaseModel], path: list[str]) -> list[str]:
    """The settings of a config within another one; [] where that is no config."""
    for part in path:
        found = owner.model_fields.get(part)
        within = found.annotation if found else None
        if not (isinstance(within, type) and issubclass(within, BaseModel)):
            return []
        owner = within
    return list(owner.model_fields)


def _joined(problems: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """One sentence of a setting that may be one of several kinds and is none of them.

    >>> _joined([("weights", ": must be 'none' (got 3)"), ("weights", ": must be a table (got 3)")])
    [('weights', ": must be 'none', or must be a table (got 3)")]
    """
    found: dict[str, str] = {}
    for name, words in problems:
        if (before := found.get(name)) is None:
            found[name] = words
            continue
        said, got, value = before.partition(" (got ")
        found[name] = f"{said}, or {words.removeprefix(': ').partition(' (got ')[0]}{got}{value}"
    return list(found.items())


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]} …"
