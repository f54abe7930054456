"""The commands of `python -m ser_core`, one file each: `add` declares options, `run` does it."""
