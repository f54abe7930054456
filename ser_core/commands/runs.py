"""`runs`: all training runs."""

import argparse
import math
from typing import Any

from ser_core.commands.shared import add_json, print_json


def add(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.tracking import open_store

    runs = open_store().runs()
    if options.json:
        keys = ("run_id", "name", "status", "recipe", "protocol", "metrics")
        print_json([{key: _json_value(getattr(run, key)) for key in keys} for run in runs])
        return
    for run in runs:
        uar = f"UAR {run.metrics['uar']:.3f}" if "uar" in run.metrics else ""
        print(f"{run.run_id}  {run.status:<9} {run.recipe:<10} {run.protocol:<20} {uar}")
    if not runs:
        print("no runs yet; start one with: python -m ser_core train studio --corpus ravdess=DIR")


def _json_value(value: Any) -> Any:
    """JSON has no word for a metric that is not a number: null says it."""
    if isinstance(value, dict):
        return {key: _json_value(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
