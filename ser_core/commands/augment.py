"""`augment`: one sound file, changed at random."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import (
    add_json,
    add_set,
    assignments,
    called,
    check_apart,
    check_out,
    print_json,
    set_options,
    write_file,
)
from ser_core.errors import ParameterError, UnknownNameError, listed
from ser_core.words import count

if TYPE_CHECKING:
    from ser_core.audio import Preprocessing
    from ser_core.augment import ChainConfig, DrawnStep, WaveformAugmenter


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "augmenter",
        help="name of an augmenter, such as speed; of a preset, such as b; a chain's F.toml; or "
        "F.json, what was drawn before (as --json prints it), to be applied again",
    )
    parser.add_argument("audio", type=Path, metavar="AUDIO")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="F.wav", help="16-bit sound file to write"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument(
        "--copy", type=int, default=0, metavar="K", help="which copy, where steps take turns"
    )
    parser.add_argument(
        "--emotion", metavar="NAME", help="of the clip, for steps that act on some emotions alone"
    )
    parser.add_argument(
        "--prepared",
        action="store_true",
        help="change the clip as training does: brought to one rate, trimmed and set to one level",
    )
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="with --prepared: prepare as this model does, not the usual way",
    )
    add_set(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    import numpy as np

    from ser_core import audio
    from ser_core.augment import replay

    preprocessing = _preprocessing(options)
    check_out(options.out, "changed.wav")
    if options.out.suffix.lower() != ".wav":
        raise ParameterError(f"--out: a WAV file is written, name it so; got {options.out.name}")
    drawn = _drawn(options)
    waveform, sampling_rate = audio.load(options.audio)
    check_apart(options.out, options.audio)
    if preprocessing is not None:
        waveform, _ = audio.prepare(waveform, sampling_rate, preprocessing)
        sampling_rate = preprocessing.sampling_rate
    changed = replay(waveform, sampling_rate, drawn)
    write_file(options.out, audio.to_wav_bytes(changed, sampling_rate))
    limited = int(np.count_nonzero(np.abs(changed) > 1))
    before_s, after_s = (each.size / sampling_rate for each in (waveform, changed))
    if options.json:
        print_json(
            {
                "augmenter": options.augmenter,
                "seed": options.seed,
                "copy": options.copy,
                "prepared": preprocessing and preprocessing.model_dump(mode="json"),
                "drawn": [step.document() for step in drawn],
                "sampling_rate": sampling_rate,
                "duration_before_s": before_s,
                "duration_s": after_s,
                "limited_samples": limited,
                "out": str(options.out),
            }
        )
        return
    for step in drawn:
        values = [f"{key} {_short(value)}" for key, value in step.document()["draw"].items()]
        print(f"{step.name}: {', '.join(values)}")
    if not drawn:
        print("nothing was drawn this time: the sound stays as it is")
    print(f"{before_s:.2f} s became {after_s:.2f} s, written to {options.out}")
    if limited:
        are = "is" if limited == 1 else "are"
        print(f"  {count(limited, 'sample')} beyond full scale {are} limited in the file")


def _preprocessing(options: argparse.Namespace) -> "Preprocessing | None":
    """How the clip is prepared before it is changed; None: not at all."""
    if not options.prepared:
        if options.model is not None:
            raise ParameterError("--model: it says how --prepared prepares; add --prepared")
        return None
    from ser_core.audio import Preprocessing
    from ser_core.inference import Predictor

    return Predictor.load(options.model).preprocessing if options.model else Preprocessing()


def _drawn(options: argparse.Namespace) -> "list[DrawnStep]":
    """What is drawn with the seed: of one augmenter, or of a chain."""
    import numpy as np

    from ser_core.augment import AUGMENTERS, Chain, DrawnStep

    for option in ("seed", "copy"):
        if getattr(options, option) < 0:
            raise ParameterError(f"--{option}: at least 0, got {getattr(options, option)}")
    rng, name = np.random.default_rng(options.seed), options.augmenter
    if name.lower().endswith(".json"):
        return _drawn_before(Path(name))
    if name in AUGMENTERS.names():
        settings = assignments(options.set)
        with called(set_options(settings)):
            augmenter = _of_waveforms(name, settings)
        return [DrawnStep(0, name, settings, augmenter.draw(rng))]
    config = chain_named(name)
    if options.set:
        raise ParameterError("--set: the settings of a chain stand in its file; leave it out")
    if not config.waveform:
        raise ParameterError(f"{name}: it has no step that changes a sound, only batches")
    _check_for_chain(options, config)
    return Chain(config).draw(rng, emotion=options.emotion, copy=options.copy)


def _check_for_chain(options: argparse.Namespace, config: "ChainConfig") -> None:
    """What is said of the clip must mean something to the chain.

    Raises:
        UnknownNameError: no such emotion.
        ParameterError: there is no such copy.
    """
    from ser_core.emotions import KNOWN, order

    known = order({*KNOWN, *(name for step in config.waveform for name in step.classes)})
    if options.emotion is not None and options.emotion not in known:
        words = listed(options.emotion, known)
        raise UnknownNameError(f"--emotion: {options.emotion!r} is not known; {words}")
    if options.copy >= config.copies > 0:
        raise ParameterError(
            f"--copy: {options.augmenter} makes {count(config.copies, 'copy', 'copies')}, counted "
            f"from 0 to {config.copies - 1}; got {options.copy}"
        )


def _drawn_before(path: Path) -> "list[DrawnStep]":
    """Drawn steps from what --json printed, or from its list "drawn" alone."""
    from ser_core.augment.drawn import drawn_steps

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        steps = document["drawn"] if isinstance(document, dict) else document
    except (OSError, ValueError, LookupError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ParameterError(f"{path.name}: not a readable list of draws ({reason})") from None
    try:
        return drawn_steps(steps)
    except (ParameterError, UnknownNameError) as error:
        raise ParameterError(f"{path.name}: {error}") from None


def chain_named(name: str) -> "ChainConfig":
    """A preset, or a chain in a file."""
    from ser_core.augment import AUGMENTERS, load_chain, presets

    if name.lower().endswith(".toml"):
        return load_chain(Path(name))
    known = [*presets.names(), *presets.kept()]
    if name not in known:
        names = listed(name, [*AUGMENTERS.names(), *known])
        raise UnknownNameError(f"augmenter or preset {name!r} is not known; {names}")
    return presets.load(name)


def _of_waveforms(name: str, settings: dict[str, Any]) -> "WaveformAugmenter":
    from ser_core.augment import AUGMENTERS, WaveformAugmenter

    augmenter = AUGMENTERS.create(name, **settings)
    if not isinstance(augmenter, WaveformAugmenter):
        known = [n for n in AUGMENTERS.names() if issubclass(AUGMENTERS.get(n), WaveformAugmenter)]
        raise ParameterError(
            f"{name}: it changes batches of features, not a sound; these do: {', '.join(known)}"
        )
    return augmenter


def _short(value: Any) -> str:
    if isinstance(value, list):
        return " × ".join(_short(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
