"""Architectures: one file each, Keras 3 and neutral to its backend."""

from ser_core.models import studio_crnn as _studio_crnn  # noqa: F401  (registers itself)
from ser_core.models.base import ARCHITECTURES, Architecture

__all__ = ["ARCHITECTURES", "Architecture"]
