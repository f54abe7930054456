"""openSMILE's feature sets, where the user has installed its package."""

import hashlib
import importlib
import importlib.metadata
import importlib.util
import threading
from functools import cached_property
from typing import Any, Literal

import numpy as np
from pydantic import Field

from ser_core.errors import AudioError, ParameterError
from ser_core.features.base import EXTRACTORS, Extractor, RateConfig
from ser_core.features.signal import Array, Signal

PACKAGE = "opensmile"
LICENCE = (
    "audEERING Research License: non-commercial use, such as research, teaching and personal "
    "experiments; no product may use it, or models and features made with it, without a commercial "
    "licence"
)
_SHORTEST_S = 0.1  # both sets need windows of 60 ms


class OpenSmileConfig(RateConfig):
    """Which feature set, at which sampling rate."""

    feature_set: Literal["eGeMAPSv02", "ComParE_2016"] = Field(
        "eGeMAPSv02",
        description=f"88 or 6 373 values. openSMILE is not free software ({LICENCE})",
    )


@EXTRACTORS.register("opensmile")
class OpenSmile(Extractor):
    """The standard feature sets of affective computing, by the openSMILE program.

    eGeMAPSv02: 88 functionals of pitch, jitter, shimmer, loudness, formants, spectral slopes and
    MFCC, chosen for what they mean. ComParE_2016: 6 373 functionals of 65 low-level descriptors and
    their deltas, chosen to leave nothing out. Computed by the `opensmile` package; clips shorter
    than 0.1 s are padded with silence.

    Optional: SER Studio neither contains nor installs it. `pip install opensmile` puts it beside
    SER Studio, under the audEERING Research License: non-commercial use, such as research, teaching
    and personal experiments, and companies' research that is meant for publication and no part of
    product development; no product, free or paid, may use it, or models and features made with it,
    without a commercial licence of audEERING. The text in the package is what counts.

    Shape (88,) or (6373,).

    Source: Eyben et al. (2016), "The Geneva Minimalistic Acoustic Parameter Set (GeMAPS) for voice
    research and affective computing", IEEE Trans. Affective Computing 7(2); Schuller et al. (2016),
    "The INTERSPEECH 2016 Computational Paralinguistics Challenge"; program: Eyben, Wöllmer &
    Schuller (2010), "openSMILE", ACM Multimedia.
    """

    config_type = OpenSmileConfig
    title = "openSMILE"
    kind = "vector"

    def __init__(self, config: OpenSmileConfig | None = None) -> None:
        self.config: OpenSmileConfig = config or OpenSmileConfig()
        self._one_at_a_time = threading.Lock()  # the program's state is shared by its calls

    @staticmethod
    def available() -> bool:
        """Whether the user has installed the package."""
        try:
            return importlib.util.find_spec(PACKAGE) is not None
        except ValueError:  # a module without a spec stands in its place
            return False

    def _compute(self, signal: Signal) -> Array:
        """Raises ParameterError without the package, AudioError where a value is missing."""
        missing = round(_SHORTEST_S * signal.sampling_rate) - signal.waveform.size
        waveform = np.pad(signal.waveform, (0, max(0, missing)))
        with self._one_at_a_time:
            values = np.asarray(self._program(waveform, signal.sampling_rate), np.float32).ravel()
        if not np.isfinite(values).all():
            raise AudioError("openSMILE finds no value for some features of this recording")
        return values

    def feature_names(self) -> tuple[str, ...]:
        """The package's own names; none where it is not installed."""
        return tuple(self._program.feature_names) if self.available() else ()

    def fingerprint(self) -> str:
        """Names what comes out: the settings, and the package's version if it is installed."""
        try:
            version = importlib.metadata.version(PACKAGE)
        except importlib.metadata.PackageNotFoundError:
            version = ""
        return hashlib.sha256(f"{super().fingerprint()} {version}".encode()).hexdigest()

    @cached_property
    def _program(self) -> Any:
        """The program, set up for the feature set."""
        try:
            package = importlib.import_module(PACKAGE)
        except (ImportError, OSError) as error:  # OSError: a library that it needs is missing
            raise ParameterError(
                f"opensmile: the package is not installed or does not load ({error}); to install "
                f"it: pip install opensmile. It is not free software: {LICENCE}"
            ) from None
        return package.Smile(self.config.feature_set, package.FeatureLevel.Functionals)
