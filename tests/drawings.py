"""Figures as tests draw and read them."""

from dataclasses import dataclass

import numpy as np
from plotly import graph_objects as go

from ser_core import figures
from ser_core.audio import Waveform
from ser_core.features import EXTRACTORS, LogMel

RATE = 16_000


HOP_S = 200 / RATE


@dataclass(frozen=True)
class Stretch:
    start_s: float
    end_s: float
    probabilities: dict[str, float]


def clip(waveform: Waveform, windows: tuple[Stretch, ...] = ()) -> go.Figure:
    log_mel = LogMel()
    decibels = log_mel.extract(waveform, RATE)
    centres = log_mel.band_centres_hz()
    return figures.clip_figure(waveform, RATE, decibels, HOP_S, centres, windows)


def tone(hz: float, duration_s: float = 1.0) -> Waveform:
    time_s = np.arange(round(duration_s * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


def drawn(name: str, waveform: Waveform, **settings: object) -> tuple[go.Figure, np.ndarray]:
    """An extractor's features of a 16 kHz waveform and their figure."""
    extractor = EXTRACTORS.create(name, **settings)
    features = extractor.extract(waveform, RATE)
    figure = figures.feature_figure(
        features,
        extractor.kind,
        extractor.feature_names(),
        extractor.unit,
        extractor.hop_s,
        waveform.size / RATE,
    )
    return figure, features
