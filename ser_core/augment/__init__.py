"""Augmenters: of waveforms before features, of batches of spectrograms after."""

from ser_core.augment import spectrogram as _spectrogram  # noqa: F401  (registers itself)
from ser_core.augment import waveform as _waveform  # noqa: F401  (registers itself)
from ser_core.augment.base import AUGMENTERS, Augmenter, BatchAugmenter, Draw, WaveformAugmenter

__all__ = ["AUGMENTERS", "Augmenter", "BatchAugmenter", "Draw", "WaveformAugmenter"]
