"""TensorFlow's notices stay out of what `train` prints; its errors do not."""

import importlib
import os
import sys

import pytest

from ser_core import models
from ser_core.models import quiet


@pytest.mark.parametrize(("given", "kept"), [(None, "2"), ("0", "0")])
def test_only_errors_are_written_unless_somebody_asks_for_more(
    given: str | None, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", given or "")
    if given is None:
        monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    importlib.reload(quiet)
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == kept


def test_it_comes_with_the_architectures() -> None:
    assert models.quiet is sys.modules["ser_core.models.quiet"]
