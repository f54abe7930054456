"""`extract`: features of one sound file."""

import argparse
from pathlib import Path

from ser_core.commands.shared import (
    add_json,
    add_set,
    assignments,
    called,
    check_apart,
    check_out,
    nested_settings,
    print_json,
    save_array,
    set_options,
)


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("extractor", help="name of an extractor, such as log_mel")
    parser.add_argument("audio", type=Path, metavar="AUDIO")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="F.npy", help="NumPy file to write"
    )
    add_set(parser, "change a setting; one of an extractor within, as frames.name=log_mel")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core import audio
    from ser_core.features import EXTRACTORS, Signal

    changes = assignments(options.set)
    settings = nested_settings(EXTRACTORS.get(options.extractor).config_type, changes)
    with called(set_options(changes)):
        extractor = EXTRACTORS.create(options.extractor, **settings)
    check_out(options.out, f"{extractor.name}.npy")
    waveform, sampling_rate = audio.load(options.audio)
    check_apart(options.out, options.audio)
    signal = Signal(waveform, sampling_rate, options.audio)
    features = extractor.of(signal.at(extractor.sampling_rate or sampling_rate))
    notes = extractor.notes()
    save_array(options.out, features)
    if options.json:
        print_json(
            {
                "extractor": extractor.name,
                "settings": extractor.config.model_dump(mode="json"),
                "kind": extractor.kind,
                "shape": features.shape,
                "dtype": str(features.dtype),
                "unit": extractor.unit,
                "sampling_rate": extractor.sampling_rate,
                "hop_s": extractor.hop_s,
                "features": extractor.feature_names(),
                "notes": notes,
                "out": str(options.out),
            }
        )
        return
    unit = f" in {extractor.unit}" if extractor.unit else ""
    print(f"{extractor.name}: {features.shape} {features.dtype}{unit}, written to {options.out}")
    for note in notes:
        print(f"  {note}")
