"""Features on disk: computed once for each clip and setting, in parallel, then only read.

They are kept under the digest of the file's bytes and the fingerprints of the extractor and of
what of the clip is taken, so that a moved corpus is still known, and a changed clip or setting is
computed anew. Standardisation is not part of it: it belongs to a training run and its speakers.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ser_core import audio, features, paths
from ser_core.features.base import EXTRACTORS, Extractor
from ser_core.features.signal import Array
from ser_core.features.source import Source, WholeClip
from ser_core.store import Clip, ClipStore, code_fingerprint
from ser_core.store.shelf import KEY_BYTES


class FeatureStore(ClipStore):
    """The features kept under one folder.

    Args:
        folder: where; `SER_HOME/cache/features` when not given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(folder or paths.home() / "cache" / "features")


@dataclass(frozen=True)
class Request:
    """Features asked of a `FeatureStore`.

    Attributes:
        extractor: what is computed.
        source: what of each clip it is computed from.
    """

    extractor: Extractor
    source: Source = field(default_factory=WholeClip)

    def fingerprint(self) -> str:
        """Names what is kept for this request."""
        code = code_fingerprint(features, audio)
        parts = self.extractor.fingerprint(), self.source.fingerprint(), code
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    def key(self, clip: Clip) -> bytes:
        """Names a clip's features among those of this request."""
        if not self.extractor.by_name:
            return clip.key
        named = clip.key + str(clip.path.absolute()).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(named, digest_size=KEY_BYTES).digest()

    def compute(self, clip: Clip) -> Array:
        """The clip's features: an array of the extractor's kind, or a stack of such arrays."""
        signals = self.source.signals(clip, self.extractor.sampling_rate)
        arrays = [self.extractor.of(signal) for signal in signals]
        return np.stack(arrays) if self.source.stacked else arrays[0]

    def about(self) -> dict[str, Any]:
        """Extractor, settings and source, in plain values."""
        return {
            "extractor": self.extractor.name,
            "settings": self.extractor.config.model_dump(mode="json"),
            "source": self.source.describe(),
        }

    def __reduce__(self) -> tuple[Callable[..., "Request"], tuple[Any, ...]]:
        """Travels to other processes as name and settings; there, extractors are built once."""
        settings = json.dumps(self.extractor.config.model_dump(mode="json"))
        mark = self.extractor.fingerprint()  # files that it reads may have changed
        return _request, (self.extractor.name, settings, mark, self.source)


def _request(name: str, settings: str, fingerprint: str, source: Source) -> Request:
    return Request(_extractor(name, settings, fingerprint), source)


@lru_cache(maxsize=16)
def _extractor(name: str, settings: str, fingerprint: str) -> Extractor:  # noqa: ARG001
    return EXTRACTORS.create(name, **json.loads(settings))
