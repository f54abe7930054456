"""Augmenters: one file each; of waveforms before features, of batches of features after."""

from ser_core.augment import amplitude_noise as _amplitude_noise  # noqa: F401
from ser_core.augment import background_noise as _background_noise  # noqa: F401
from ser_core.augment import band_pass as _band_pass  # noqa: F401
from ser_core.augment import brightness as _brightness  # noqa: F401
from ser_core.augment import clipping as _clipping  # noqa: F401
from ser_core.augment import contrast as _contrast  # noqa: F401
from ser_core.augment import cutmix as _cutmix  # noqa: F401
from ser_core.augment import flip as _flip  # noqa: F401
from ser_core.augment import frequency_response as _frequency_response  # noqa: F401
from ser_core.augment import gain as _gain  # noqa: F401
from ser_core.augment import mixup as _mixup  # noqa: F401
from ser_core.augment import noise as _noise  # noqa: F401
from ser_core.augment import pitch_and_tempo as _pitch_and_tempo  # noqa: F401
from ser_core.augment import pitch_shift as _pitch_shift  # noqa: F401
from ser_core.augment import reverberation as _reverberation  # noqa: F401
from ser_core.augment import saturation as _saturation  # noqa: F401
from ser_core.augment import spec_augment as _spec_augment  # noqa: F401
from ser_core.augment import spectrogram_tempo as _spectrogram_tempo  # noqa: F401
from ser_core.augment import speed as _speed  # noqa: F401
from ser_core.augment import stretch_and_resample as _stretch_and_resample  # noqa: F401
from ser_core.augment import time_shift as _time_shift  # noqa: F401
from ser_core.augment import time_stretch as _time_stretch  # noqa: F401
from ser_core.augment import vocal_tract as _vocal_tract  # noqa: F401
from ser_core.augment import whole_image_mix as _whole_image_mix  # noqa: F401
from ser_core.augment.base import (
    AUGMENTERS,
    Augmenter,
    BatchAugmenter,
    Draw,
    WaveformAugmenter,
)
from ser_core.augment.chain import (
    BatchChain,
    Chain,
    ChainConfig,
    DrawnStep,
    Step,
    generator,
    replay,
)
from ser_core.augment.chain_file import load_chain, save_chain
from ser_core.augment.fitting import check_fits, fitted
from ser_core.augment.versions import placed, version

__all__ = [
    "AUGMENTERS",
    "Augmenter",
    "BatchAugmenter",
    "BatchChain",
    "Chain",
    "ChainConfig",
    "Draw",
    "DrawnStep",
    "Step",
    "WaveformAugmenter",
    "check_fits",
    "fitted",
    "generator",
    "load_chain",
    "placed",
    "replay",
    "save_chain",
    "version",
]
