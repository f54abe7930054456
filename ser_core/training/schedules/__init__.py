"""Schedules of the learning rate: one file each."""

from ser_core.training.schedules import constant as _constant  # noqa: F401  (registers itself)
from ser_core.training.schedules import cosine as _cosine  # noqa: F401
from ser_core.training.schedules import plateau as _plateau  # noqa: F401
from ser_core.training.schedules.base import SCHEDULES, Schedule

__all__ = ["SCHEDULES", "Schedule"]
