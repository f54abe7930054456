"""What the generated pages of the reference share: docstrings taken apart, settings, links."""

import inspect
import re
from dataclasses import dataclass
from typing import Any

from ser_core.config import Component, Config


@dataclass(frozen=True)
class Entry:
    """The docstring of a class that is registered, taken apart."""

    plain: str
    definition: str
    shape: str
    source: str

    @classmethod
    def of(cls, documented: type) -> "Entry":
        """First paragraph; what follows; the one that begins with Shape; that with Source."""
        first, *rest = inspect.cleandoc(documented.__doc__ or "").split("\n\n")
        shape = next((part for part in rest if part.startswith("Shape")), "")
        source = next(part for part in rest if part.startswith("Source:"))
        definition = "\n\n".join(part for part in rest if part not in (shape, source))
        return cls(first, definition, shape, source.removeprefix("Source:").strip())


def anchor(title: str) -> str:
    """What a heading is linked by: lower case, dashes for blanks, no other signs.

    >>> anchor("Mel + MFCC (image)")
    'mel--mfcc-image'
    """
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def contents_row(title: str, name: str, documented: type) -> str:
    """A row of the table of contents: linked title, name, plain words."""
    words = " ".join(Entry.of(documented).plain.split())
    return f"| [{title}](#{anchor(title)}) | `{name}` | {words} |"


def settings_table(config_type: type[Config]) -> list[str]:
    """Lines of a table of all settings."""
    usual = config_type()
    rows = [_setting(name, usual) for name in config_type.model_fields]
    return ["| setting | default | allowed | what it is |", "|:--|:--|:--|:--|", *rows]


def _setting(name: str, usual: Config) -> str:
    schema = type(usual).model_json_schema()["properties"][name]
    default = _written(getattr(usual, name))
    cells = (f"`{name}`", default, _allowed(schema), schema.get("description", ""))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _written(value: Any) -> str:
    """A value as it is typed on the command line."""
    if isinstance(value, Component):
        return f"`{value.name}`"
    if value in ("", (), [], None):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        value = list(value)
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _allowed(schema: dict[str, Any]) -> str:
    """Choices or bounds of a setting."""
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    if schema.get("type") == "boolean":
        return "`true`, `false`"
    if schema.get("type") == "array":
        return "a list"
    if schema.get("type") not in ("integer", "number"):
        return "an extractor" if "$ref" in schema or "allOf" in schema else "text"
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {schema[key]:g}" for key, sign in signs.items() if key in schema]
    step = [f"multiple of {schema['multipleOf']:g}"] if "multipleOf" in schema else []
    return ", ".join(bounds + step)
