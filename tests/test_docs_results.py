"""What was measured: every document is whole, and its command says what was trained."""

import json
from pathlib import Path
from typing import Any

import pytest

from docs import make_leaks, make_results
from docs.measured import FOLDER
from ser_core import recipes
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.training.config import override


@pytest.fixture(params=sorted(FOLDER.glob("*.json")), ids=lambda file: file.stem)
def found(request: pytest.FixtureRequest) -> dict[str, Any]:
    file: Path = request.param
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


def test_scores_lie_in_their_intervals(found: dict[str, Any]) -> None:
    parts = [found] if "uar" in found else [arm["originals"] for arm in found["arms"]]
    for part in parts:
        for name in ("uar", "war", "macro_f1"):
            assert 0 < part[name]["low"] <= part[name]["value"] <= part[name]["high"] < 1


def test_settings_that_were_changed_are_settings(found: dict[str, Any]) -> None:
    changes = {key: _value(text) for key, text in found["changes"].items()}
    recipe = override(recipes.load(found["recipe"]), changes)
    if "epochs" in found:
        assert recipe.training.epochs == found["epochs"]
    if "protocol" in found:
        assert found["protocol"] in PROTOCOLS.names()


def test_every_document_stands_on_its_page(found: dict[str, Any]) -> None:
    text = make_leaks.page() if found["kind"] == "leaks" else make_results.page()
    part = found if "uar" in found else found["arms"][0]["originals"]
    assert f"{part['uar']['value']:.3f} [" in text
    assert all(f"{key}={value}" in text for key, value in found["changes"].items())


def test_no_recipe_is_passed_over() -> None:
    text = make_results.page()
    assert all(f"`{name}`" in text for name in recipes.names())


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
