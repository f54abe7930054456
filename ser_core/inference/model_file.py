"""Model files: one ONNX network with its whole preprocessing inside, and a card beside it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from ser_core import paths
from ser_core.audio import Preprocessing
from ser_core.config import Component, Config
from ser_core.errors import ModelError, ParameterError, UnknownNameError

NETWORK = "model.onnx"
CARD = "card.json"
METADATA_KEY = "ser_studio"
DEFAULT = "default"
"""The shipped model, which is taken where no other was chosen."""

CHOSEN = "default.json"
"""File in `SER_HOME/models` that names the model taken where none is asked for."""


class ModelSpec(Config):
    """What has to be known to use a network; it travels inside the ONNX file's metadata.

    The network's first layer standardises features by the training clips' statistics. They stand
    here too where it was trained on features standardised by speaker, so that a known speaker's
    features can be moved to where the training clips' are.

    Attributes:
        labels: the emotions, in the order of the outputs of the head `emotion`.
        inputs: the extractor of each of the network's inputs.
        further: what else it says, by head: the classes in the order of the outputs, or none for
            a dimension such as valence.
        temperature: by which the probabilities of the emotions are tempered; see
            `ser_core.evaluation.temperature`.
        sure_above: a label this probable was right at least 85 % of the time, after tempering.
        not_sure_below: a label less probable was right less than half of the time.
        feature_mean: of each feature, by input.
        feature_std: the same.
    """

    labels: tuple[str, ...]
    preprocessing: Preprocessing
    inputs: dict[str, Component] = Field(min_length=1)
    further: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    temperature: float = Field(1.0, gt=0, le=100)
    sure_above: float
    not_sure_below: float
    standardisation: Literal["corpus", "speaker"] = "corpus"
    feature_mean: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    feature_std: dict[str, tuple[float, ...]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _of_one_input(cls, data: Any) -> Any:
        """Files written when every network had one input, called `features`."""
        if not isinstance(data, dict) or "extractor" not in data:
            return data
        data = dict(data)
        settings = data.pop("extractor_settings", {})
        data["inputs"] = {"features": {"name": data.pop("extractor"), "settings": settings}}
        for name in ("feature_mean", "feature_std"):
            values = data.pop(name, ())
            data[name] = {"features": values} if values else {}
        return data


@dataclass(frozen=True)
class ModelFolder:
    """Where a model and its card lie."""

    name: str
    path: Path

    @property
    def network(self) -> Path:
        """The ONNX file."""
        return self.path / NETWORK

    def card(self) -> dict[str, Any]:
        """The model card; empty if there is none.

        Raises:
            ModelError: the card is not readable.
        """
        file = self.path / CARD
        if not file.is_file():
            return {}
        try:
            card: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(f"{self.name}: the model card is not readable ({error})") from None
        return card

    def write_card(self, card: dict[str, Any]) -> None:
        """Write the model card in place of the one there is."""
        draft = self.path / f".{CARD}"
        draft.write_text(json.dumps(card, indent=1, ensure_ascii=False), encoding="utf-8")
        draft.replace(self.path / CARD)


def model_folders() -> dict[str, ModelFolder]:
    """Every model by name: those shipped, then those in `SER_HOME/models`."""
    found: dict[str, ModelFolder] = {}
    for root in (paths.ASSETS / "models", paths.home() / "models"):
        for network in sorted(root.glob(f"*/{NETWORK}")):
            folder = network.parent
            found.setdefault(folder.name, ModelFolder(folder.name, folder))
    return found


def check_new_name(name: str) -> None:
    """Make sure that a model can be saved, found and chosen under a name.

    Raises:
        ParameterError: other characters than letters, digits, "-" and "_", or a shipped name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name):
        raise ParameterError(
            f'model name: up to 64 letters, digits, "-" and "_" are allowed, got {name!r}'
        )
    if (paths.ASSETS / "models" / name / NETWORK).is_file():
        raise ParameterError(f"model name: {name!r} is the name of a shipped model; take another")


def list_models() -> list[str]:
    """Names of all models: the default first, then the shipped one."""
    chosen = default_name()
    names = list(model_folders())
    return sorted(names, key=lambda name: (name != chosen, name != DEFAULT, name))


def default_name() -> str:
    """The model that is taken where none is asked for: the chosen one, else the shipped one."""
    try:
        chosen = json.loads((paths.home() / "models" / CHOSEN).read_text("utf-8"))["name"]
    except (OSError, ValueError, KeyError, TypeError):
        return DEFAULT
    return chosen if isinstance(chosen, str) and chosen in model_folders() else DEFAULT


def find_model(name_or_path: str | Path) -> ModelFolder:
    """A model by name, or by the path of its folder or ONNX file.

    Raises:
        UnknownNameError: no such model; the message lists the known ones.
    """
    known = model_folders()
    if str(name_or_path) in known:
        return known[str(name_or_path)]
    path = Path(name_or_path)
    folder = path.parent if path.suffix == ".onnx" else path
    if (folder / NETWORK).is_file():
        return ModelFolder(folder.resolve().name, folder)
    names = ", ".join(list_models()) or "none"
    raise UnknownNameError(f"model {str(name_or_path)!r} is not known; known: {names}")


def read_spec(text: str | None, name: str) -> ModelSpec:
    """The spec from an ONNX file's metadata.

    Raises:
        ModelError: it is missing or damaged, so the file is not one of ours.
    """
    if text is None:
        raise ModelError(f"{name}: not a SER Studio model (its ONNX file says no preprocessing)")
    try:
        return ModelSpec.parse(json.loads(text))
    except (ValueError, ParameterError) as error:
        raise ModelError(f"{name}: the model's preprocessing is not readable ({error})") from None
