"""What a model card must hold for pages to show it, for cards that come from elsewhere."""

from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
    model_validator,
)

from ser_core.errors import ModelError
from ser_core.inference.distance import MOST_FEATURES, STEPS


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Score(_Part):
    value: float | None
    low: float | None
    high: float | None


class _Fold(_Part):
    test: list[str]
    validation: list[str]
    uar: float
    war: float


class _Confusion(_Part):
    labels: list[str]
    counts: list[list[float]]


class _Coverage(_Part):
    threshold: list[float] = Field(min_length=1)
    answered: list[float] = Field(min_length=1)
    accuracy: list[_Score] = Field(min_length=1)
    clips: int
    speakers: int
    source: str = ""

    @model_validator(mode="after")
    def _of_one_length(self) -> Self:
        if not len(self.threshold) == len(self.answered) == len(self.accuracy):
            raise ValueError("threshold, answered and accuracy differ in length")
        return self


class _Calibration(_Part):
    temperature: float
    ece_before: _Score
    ece_after: _Score
    source: str = ""


class _Ends(_Part):
    low: float
    middle: float
    high: float


class _Middle(_Part):
    mean: list[FiniteFloat] = Field(min_length=1, max_length=MOST_FEATURES)
    spread: list[FiniteFloat] = Field(min_length=1, max_length=MOST_FEATURES)
    distance: list[FiniteFloat] = Field(min_length=len(STEPS), max_length=len(STEPS))


class _Domain(_Part):
    level_db: _Ends
    background_db: _Ends
    bandwidth_hz: _Ends
    decay_s: _Ends | None = None
    features: _Middle | None = None


class _Arm(_Part):
    uar: _Score


class _Variant(_Part):
    words: str
    uar: float


class _Voice(_Part):
    helps: bool
    clips: int
    speakers: int
    voice_s: float
    difference: _Score
    variants: list[_Variant]
    without: _Arm
    with_: _Arm = Field(alias="with")


class _Card(_Part):
    title: str
    date: str
    corpus: str
    licence: str
    citation: str
    protocol: str
    training: str
    architecture: str
    interval: str
    note: str
    parameters: int
    clips: int
    seeds: list[int]
    uar: _Score
    war: _Score
    macro_f1: _Score
    recall: dict[str, float | None]
    confusion: _Confusion
    folds: list[_Fold]
    limits: list[str]
    responsible_use: list[str]
    calibration: _Calibration | None = None
    coverage: _Coverage | None = None
    domain: _Domain | None = None
    voice: _Voice | None = None
    left_out: dict[str, int] = Field(default_factory=dict)
    speakers_apart: bool = True


def check_card(card: dict[str, Any], name: str) -> None:
    """Make sure that a card has what is shown of it, and nothing that fetches from elsewhere.

    Raises:
        ModelError: it has not.
    """
    try:
        _Card.model_validate(card)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ModelError(
            f"{name}: the model card cannot be used ({place}: {first['msg']})"
        ) from None
    if any("](" in text for text in _texts(card)):
        raise ModelError(f"{name}: the model card holds links or pictures from elsewhere")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    return [text for part in parts for text in _texts(part)] if isinstance(parts, list) else []
