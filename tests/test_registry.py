"""The one extension point: names, configs, and errors that list what is known."""

import pytest
from pydantic import Field

from ser_core.config import Config
from ser_core.errors import ParameterError, SerError, UnknownNameError
from ser_core.registry import Registry


class SquareConfig(Config):
    side: int = Field(1, ge=1)


@pytest.fixture
def shapes():
    registry = Registry("shape")

    @registry.register("square")
    class Square:
        config_type = SquareConfig

        def __init__(self, config):
            self.config = config

    return registry


def test_a_class_is_found_and_built_by_its_name(shapes):
    square = shapes.create("square", side=3)
    assert type(square) is shapes.get("square")
    assert square.config == SquareConfig(side=3)
    assert shapes.create("square").config.side == 1


def test_a_class_knows_its_name(shapes):
    assert shapes.get("square").name == "square"


def test_names_are_sorted_and_a_copy(shapes):
    shapes.register("circle")(type("Circle", (), {}))
    assert shapes.names() == ["circle", "square"]
    shapes.names().clear()
    assert shapes.names() == ["circle", "square"]


def test_an_unknown_name_lists_the_known_ones(shapes):
    shapes.register("circle")(type("Circle", (), {}))
    with pytest.raises(UnknownNameError) as caught:
        shapes.create("triangle")
    assert str(caught.value) == "shape 'triangle' is not known; known: circle, square"
    assert isinstance(caught.value, SerError)


def test_a_name_is_given_once(shapes):
    first = shapes.get("square")
    with pytest.raises(ParameterError, match="shape 'square' is registered already"):
        shapes.register("square")(type("Other", (), {}))
    assert shapes.get("square") is first


def test_a_setting_that_is_not_allowed_is_named(shapes):
    with pytest.raises(ParameterError, match=r"SquareConfig\.side: .* \(got 0\)"):
        shapes.create("square", side=0)


def test_registries_do_not_share_names(shapes):
    assert Registry("other").names() == []
