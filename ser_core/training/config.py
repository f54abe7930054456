"""A recipe: everything that makes a model what it is, as data."""

from pathlib import Path
from typing import Any

from ser_core.errors import ParameterError, SettingsError
from ser_core.training.completion import complete
from ser_core.training.overrides import nested, override, variants
from ser_core.training.recipe import Channel, DataConfig, Features, Recipe, Task, TrainingConfig

__all__ = [
    "Channel",
    "DataConfig",
    "Features",
    "Recipe",
    "Task",
    "TrainingConfig",
    "complete",
    "load_toml",
    "nested",
    "override",
    "recipe_toml",
    "variants",
]


def load_toml(path: Path) -> Recipe:
    """A recipe from a TOML file.

    Raises:
        ParameterError: the file is not TOML, or a field is not allowed.
    """
    import tomllib

    if not path.is_file():
        raise ParameterError(f"{path}: no such file")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{path.name}: not a readable recipe ({error})") from None
    try:
        recipe = Recipe.parse(data)
    except SettingsError as error:  # as its fields are called in the file
        raise ParameterError(f"{path.name}: {error.told(str)}") from None
    return complete(recipe)


def recipe_toml(recipe: Recipe) -> str:
    """A recipe as the text of a TOML file, with every setting; `load_toml` reads the same again."""
    import tomli_w

    text: str = tomli_w.dumps(_without_none(recipe.model_dump(mode="json")))
    return text


def _without_none(table: dict[str, Any]) -> dict[str, Any]:
    """TOML has no word for what is not set."""
    return {
        key: _without_none(value) if isinstance(value, dict) else value
        for key, value in table.items()
        if value is not None
    }
