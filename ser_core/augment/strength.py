"""How strongly an augmenter acts, as one number that means the same for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Leading:
    """A drawn parameter that makes an augmenter weak or strong, from nothing to far beyond use.

    Attributes:
        name: of the parameter, as draws have it.
        title: what people call it.
        unit: of its values; "" for factors and shares.
        ladder: values of rising strength. The first changes nothing; the last is more than anybody
            would train with, or the bound of the setting.
        either_way: "sign" where its opposite is as strong and drawn as often, "ratio" where one
            over it is, "" where there is no other way.
        bounds: the settings that bound it, where they are not min_ and max_ of its name.

    >>> semitones = Leading(name="semitones", title="Shift", unit="semitones",
    ...                     ladder=(0, 1, 2, 4, 6), either_way="sign")
    >>> semitones.at(0), semitones.at(0.5), semitones.at(1), semitones.words(0.5)
    (0.0, 2.0, 6.0, '±2 semitones')
    """

    name: str
    title: str
    unit: str
    ladder: tuple[float, ...]
    either_way: Literal["", "sign", "ratio"] = ""
    bounds: tuple[str, ...] = ()

    def at(self, strength: float) -> float:
        """The value at a strength from 0 (the first of the ladder) to 1 (the last)."""
        return float(np.interp(strength, np.linspace(0, 1, len(self.ladder)), self.ladder))

    def drawn(self, strength: float, like: Any, rng: np.random.Generator) -> Any:
        """The value at a strength, one way or the other, in the shape of `like`, a usual draw."""
        value = self.at(strength)
        if not self.either_way:
            drawn = np.full(np.shape(like), value)
        else:
            opposite = -value if self.either_way == "sign" else 1 / value
            drawn = np.where(rng.random(np.shape(like)) < 0.5, opposite, value)
        return drawn if isinstance(like, np.ndarray) else float(drawn)

    def number(self, strength: float) -> str:
        """The value at a strength in words, without its unit."""
        text = f"{self.at(strength):,.4g}"
        return {"": "", "sign": "±", "ratio": "×/÷"}[self.either_way] + text

    def words(self, strength: float) -> str:
        """The value at a strength in words, with its unit."""
        return f"{self.number(strength)} {self.unit}".strip()


def of_tempo(title: str) -> Leading:
    """The drawn `rate` of an augmenter that plays, speaks or stretches faster or slower."""
    ladder = (1, 1.1, 1.2, 1.3, 1.4, 1.5)
    return Leading(name="rate", title=title, unit="", ladder=ladder, either_way="ratio")


def of_pitch() -> Leading:
    """The drawn `semitones` of an augmenter that shifts the pitch."""
    ladder = (0, 1, 2, 3, 4, 6)
    return Leading(
        name="semitones", title="Shift", unit="semitones", ladder=ladder, either_way="sign"
    )


def words(leading: Sequence[Leading], strength: float) -> str:
    """All values at a strength in words.

    >>> words((Leading(name="snr_db", title="SNR", unit="dB", ladder=(100, 0)),), 0.9)
    'SNR 10 dB'
    """
    return ", ".join(f"{lead.title} {lead.words(strength)}" for lead in leading)
