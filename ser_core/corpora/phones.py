"""The sounds of English that the synthetic voice can make, as targets for a formant synthesiser.

Formants are those of an adult male tract of `REFERENCE_TRACT_CM`; the voice scales them to its own
length. Vowels: Peterson & Barney (1952), "Control methods used in a study of the vowels", JASA 24.
Consonants, the nasal pole and its zero: Klatt (1980), "Software for a cascade/parallel formant
synthesizer", JASA 67, table II. Durations: after the inherent durations of Klatt (1979), "Synthesis
by rule of segmental durations in English sentences".
"""

from typing import NamedTuple

from ser_core.errors import ParameterError

REFERENCE_TRACT_CM = 17.0
NASAL_POLE_HZ = 270.0


class Segment(NamedTuple):
    """A steady stretch of a phone; the voice glides from one to the next.

    `voice`, `breath` (noise made at the glottis) and `noise` (made in the mouth) are amplitudes,
    1 being that of a vowel's voice. A nasal zero on the nasal pole cancels it: no nasality.
    """

    ms: float
    f1_hz: float
    f2_hz: float
    f3_hz: float
    voice: float = 0.0
    breath: float = 0.0
    noise: float = 0.0
    noise_hz: float = 3000.0
    noise_width_hz: float = 2000.0
    nasal_zero_hz: float = NASAL_POLE_HZ


def _vowel(ms: float, f1_hz: float, f2_hz: float, f3_hz: float) -> Segment:
    return Segment(ms, f1_hz, f2_hz, f3_hz, voice=1.0)


_CONSONANTS: dict[str, tuple[Segment, ...]] = {
    "B": (
        Segment(55, 200, 1100, 2150, voice=0.15),
        Segment(8, 250, 1100, 2150, voice=0.2, noise=0.15, noise_hz=1000, noise_width_hz=1200),
    ),
    "D": (
        Segment(45, 200, 1600, 2600, voice=0.15),
        Segment(10, 250, 1600, 2600, voice=0.2, noise=0.2, noise_hz=4200, noise_width_hz=2500),
    ),
    "G": (
        Segment(50, 200, 1990, 2850, voice=0.15),
        Segment(14, 250, 1990, 2850, voice=0.2, noise=0.2, noise_hz=2200, noise_width_hz=900),
    ),
    "K": (
        Segment(55, 300, 1990, 2850),
        Segment(18, 300, 1990, 2850, noise=0.3, noise_hz=2200, noise_width_hz=900),
        Segment(35, 400, 1990, 2850, breath=0.12),
    ),
    "T": (
        Segment(50, 400, 1600, 2600),
        Segment(14, 400, 1600, 2600, noise=0.35, noise_hz=4500, noise_width_hz=2500),
        Segment(32, 400, 1600, 2600, breath=0.1, noise=0.06, noise_hz=4500, noise_width_hz=2500),
    ),
    "S": (Segment(110, 320, 1390, 2530, noise=0.3, noise_hz=6000, noise_width_hz=2500),),
    "Z": (Segment(75, 240, 1390, 2530, voice=0.2, noise=0.14, noise_hz=6000, noise_width_hz=2500),),
    "DH": (Segment(42, 270, 1290, 2540, voice=0.3, noise=0.03, noise_hz=5000),),
    "R": (Segment(85, 370, 1150, 1550, voice=0.7),),
    "NG": (Segment(80, 480, 1990, 2850, voice=0.45, nasal_zero_hz=450),),
}

_VOWELS: dict[str, tuple[Segment, ...]] = {
    "AA": (_vowel(180, 730, 1090, 2440),),
    "AH": (_vowel(110, 640, 1190, 2390),),
    "AO": (_vowel(185, 570, 840, 2410),),
    "AY": (_vowel(125, 730, 1090, 2440), _vowel(100, 390, 1990, 2550)),
    "IH": (_vowel(115, 390, 1990, 2550),),
}

PHONES = _CONSONANTS | _VOWELS
"""Segments of each phone, by its ARPAbet name."""


def parse(word: str) -> list[tuple[str, int | None]]:
    """Phones of a word in ARPAbet with their stress: 1 or 0 for vowels, None for consonants.

    >>> parse("K IH1 D Z")
    [('K', None), ('IH', 1), ('D', None), ('Z', None)]

    Raises:
        ParameterError: a phone is not known, or a vowel carries no stress mark.
    """
    return [_parse_phone(phone) for phone in word.split()]


def _parse_phone(phone: str) -> tuple[str, int | None]:
    name, stress = phone.rstrip("01"), phone[-1]
    if name in _VOWELS and stress in "01":
        return name, int(stress)
    if phone in _CONSONANTS:
        return phone, None
    vowels = ", ".join(f"{vowel}0 {vowel}1" for vowel in sorted(_VOWELS))
    known = f"{', '.join(sorted(_CONSONANTS))}, {vowels}"
    raise ParameterError(f"phone must be one of {known}; got {phone!r}")
