"""One registry for every extension point: corpora, extractors, augmenters and architectures."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ser_core.errors import ParameterError, UnknownNameError, listed

T = TypeVar("T")


class Registry(Generic[T]):
    """Named classes of one kind, each built from its own config.

    A class registers with its name and carries its config class as `config_type`:

    >>> from ser_core.config import Config
    >>> SHAPES = Registry("shape")
    >>> class SquareConfig(Config):
    ...     side: int = 1
    >>> @SHAPES.register("square")
    ... class Square:
    ...     config_type = SquareConfig
    ...     def __init__(self, config): self.config = config
    >>> SHAPES.create("square", side=2).config.side
    2
    >>> SHAPES.get("circle")
    Traceback (most recent call last):
    ...
    ser_core.errors.UnknownNameError: shape 'circle' is not known; known: square
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._classes: dict[str, type[T]] = {}

    def register(self, name: str) -> Callable[[type[T]], type[T]]:
        """Class decorator that files a class under `name`.

        Raises:
            ParameterError: the name is taken.
        """

        def file(cls: type[T]) -> type[T]:
            if name in self._classes:
                raise ParameterError(f"{self.kind} {name!r} is registered already")
            self._classes[name] = cls
            cls.name = name  # type: ignore[attr-defined]
            return cls

        return file

    def names(self) -> list[str]:
        """Registered names, sorted."""
        return sorted(self._classes)

    def get(self, name: str) -> type[T]:
        """The class filed under `name`.

        Raises:
            UnknownNameError: no such name; the message lists the known ones.
        """
        try:
            return self._classes[name]
        except KeyError:
            known = listed(name, self.names())
            raise UnknownNameError(f"{self.kind} {name!r} is not known; {known}") from None

    def create(self, name: str, **settings: Any) -> T:
        """Build the class filed under `name` from its config's settings.

        Raises:
            UnknownNameError: no such name.
            ParameterError: a setting is not allowed.
        """
        cls = self.get(name)
        return cls(cls.config_type.parse(settings))  # type: ignore[attr-defined, call-arg]
