"""A recipe: everything that makes a model what it is, as data."""

from pathlib import Path

from ser_core.errors import ParameterError
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
    "variants",
]


def load_toml(path: Path) -> Recipe:
    """A recipe from a TOML file.

    Raises:
        ParameterError: the file is not TOML, or a field is not allowed.
    """
    import tomllib

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{path.name}: not a readable recipe ({error})") from None
    return complete(Recipe.parse(data))
