"""A model that was saved without a temperature gets that of a run of its own recipe."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest

from ser_core import recipes
from ser_core.audio import Waveform
from ser_core.errors import ModelError
from ser_core.inference import Predictor
from ser_core.inference.card import check_card
from ser_core.inference.model_file import METADATA_KEY
from ser_core.paths import ASSETS
from ser_core.tracking import Run
from ser_core.training.recalibrate import recalibrate


class Kept:
    """One run of a store, with its files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = Run("a1b2c3d4e5", "studio", "FINISHED", "studio", "p", {}, {}, {}, 0.0, 1.0)

    def find(self, _: str) -> Run:
        return self.run

    def files(self, _: str) -> Path:
        return self.folder


def predictions(card: dict[str, Any]) -> pd.DataFrame:
    """As many clips of each kind as the card's confusion counts, heard with too little doubt."""
    rng = np.random.default_rng(0)
    labels, rows = card["confusion"]["labels"], []
    for true, counts in zip(labels, card["confusion"]["counts"], strict=True):
        for said, number in zip(labels, counts, strict=True):
            for _ in range(int(number)):
                shares = rng.dirichlet(np.ones(len(labels))) * 0.1
                shares[labels.index(said)] += 0.9
                rows.append(
                    {"emotion": true, "predicted": said, **dict(zip(labels, shares, strict=True))}
                )
    table = pd.DataFrame(rows)
    table.insert(0, "clip", [f"{n}.wav" for n in range(len(table))])
    table.insert(
        1, "speaker", rng.permutation(np.arange(len(table)) % card["speakers"]).astype(str)
    )
    return table


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The shipped model as it would be without a temperature."""
    folder = tmp_path / "model"
    shutil.copytree(ASSETS / "models" / "default", folder)
    network = onnx.load(str(folder / "model.onnx"))
    (entry,) = (each for each in network.metadata_props if each.key == METADATA_KEY)
    spec = json.loads(entry.value)
    entry.value = json.dumps({**spec, "temperature": 1.0})
    onnx.save(network, str(folder / "model.onnx"))
    card = json.loads((folder / "card.json").read_text("utf-8"))
    for name in ("calibration", "coverage"):
        card.pop(name, None)
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def test_a_run_of_the_same_recipe_calibrates_a_model(
    model: Path, tmp_path: Path, speech: Waveform
) -> None:
    before = Predictor.load(model)
    store = Kept(tmp_path / "run")
    store.folder.mkdir()
    predictions(before.card).to_csv(store.folder / "predictions.csv", index=False)
    (store.folder / "recipe.json").write_text(recipes.load("studio").model_dump_json())
    learned = recalibrate(str(model), "a1b2", store)  # type: ignore[arg-type]
    after = Predictor.load(model)
    assert after.spec.temperature == learned.temperature > 1
    assert learned.after.high < learned.before.low
    heard = [each.predict(speech, 16_000) for each in (before, after)]
    assert heard[0].emotion == heard[1].emotion
    assert max(heard[0].probabilities.values()) > max(heard[1].probabilities.values())
    card = after.card
    check_card(card, "model")
    for part in ("calibration", "coverage"):
        assert card[part]["source"].startswith("Of the fold models of run a1b2c3d4, trained by the")
    assert card["coverage"]["clips"] == card["clips"]
    assert card["ece"] == pytest.approx(learned.after.value)
    assert card["uar"] == before.card["uar"], "the scores stay those of its own training"

    other = recipes.load("studio").model_dump(mode="json")
    other["architecture"]["settings"]["dropout"] = 0.5
    (store.folder / "recipe.json").write_text(json.dumps(other))
    with pytest.raises(ModelError, match="these differ: architecture"):
        recalibrate(str(model), "a1b2", store)  # type: ignore[arg-type]
