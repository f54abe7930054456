"""Optimisers: one file each."""

from ser_core.training.optimisers import adam as _adam  # noqa: F401  (registers itself)
from ser_core.training.optimisers import adamw as _adamw  # noqa: F401
from ser_core.training.optimisers import rmsprop as _rmsprop  # noqa: F401
from ser_core.training.optimisers import sgd as _sgd  # noqa: F401
from ser_core.training.optimisers.base import OPTIMISERS, Optimiser

__all__ = ["OPTIMISERS", "Optimiser"]
