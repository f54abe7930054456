"""The run store: what was trained, with which settings, and how well it did.

Runs are kept by MLflow, in a SQLite file below `SER_HOME` or wherever `MLFLOW_TRACKING_URI` points.
Importing this package imports no MLflow; opening a store does not either, only its use.
"""

from ser_core.tracking.intake import WholeRun
from ser_core.tracking.run import Run, Status
from ser_core.tracking.store import EXPERIMENT, RunStore, open_store

__all__ = ["EXPERIMENT", "Run", "RunStore", "Status", "WholeRun", "open_store"]
