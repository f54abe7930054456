"""Chains as TOML files."""

from pathlib import Path
from typing import Any

from ser_core.augment.chain import Chain, ChainConfig
from ser_core.errors import ParameterError, SettingsError, UnknownNameError

MOST_STEPS = 100
MOST_BYTES = 2**18


def load_chain(path: Path) -> ChainConfig:
    """A chain from a TOML file.

    Raises:
        ParameterError: the file cannot be read, is not TOML, or a field or setting is not allowed.
        UnknownNameError: a step's augmenter does not exist.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ParameterError(f"{path.name}: not a readable chain ({error})") from None
    return parse_chain(data, path.name)


def parse_chain(data: bytes, name: str) -> ChainConfig:
    """A chain from the contents of a TOML file.

    Args:
        data: the contents.
        name: of the file, for messages.

    Raises:
        ParameterError: it is not TOML, or a field or setting is not allowed.
        UnknownNameError: a step's augmenter does not exist.
    """
    import tomllib

    if len(data) > MOST_BYTES:
        raise ParameterError(
            f"{name}: a chain has at most {MOST_BYTES // 1024} KiB, got {len(data) // 1024} KiB"
        )
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{name}: not a readable chain ({error})") from None
    except RecursionError:
        raise ParameterError(f"{name}: not a readable chain (nested too deeply)") from None
    try:
        config = ChainConfig.parse(document)
    except SettingsError as error:
        said = error.told(lambda setting: _place(setting, document))
        raise ParameterError(f"{name}: {said}") from None
    _check_steps(config, name)
    return config


def _place(setting: str, document: dict[str, Any]) -> str:
    """Where a setting stands, as somebody counts who reads the file.

    >>> _place("waveform.0.probability", {"waveform": [{"name": "gain"}]})
    'waveform step 1 (gain), probability'
    """
    kind, *rest = setting.split(".")
    if not rest or not rest[0].isdigit():
        return setting
    step = document[kind][int(rest[0])]
    named = isinstance(step, dict) and isinstance(step.get("name"), str)
    told = f"{kind} step {int(rest[0]) + 1}" + (f" ({step['name']})" if named else "")
    return ", ".join([told, *rest[1:2]]) + "".join(f".{part}" for part in rest[2:])


def _check_steps(config: ChainConfig, name: str) -> None:
    """Build each step, so that what is wrong with one names the file and the step.

    Raises:
        SerError: one cannot be.
    """
    check_size(config, name)
    for kind, steps in (("waveform", config.waveform), ("batch", config.batch)):
        for number, step in enumerate(steps, start=1):
            where = f"{name}: {kind} step {number} ({step.name})"
            try:
                Chain(ChainConfig.model_validate({kind: (step,)}))
            except SettingsError as error:
                raise ParameterError(f"{where}, {error.told(str)}") from None
            except (ParameterError, UnknownNameError) as error:
                raise type(error)(f"{where}: {error}") from None


def check_size(config: ChainConfig, name: str = "chain") -> None:
    """Refuse a chain of so many steps that nobody can have meant it.

    Raises:
        ParameterError: it has too many.
    """
    steps = (*config.waveform, *config.batch)
    number = len(steps) + sum(len(step.settings.get("before") or ()) for step in steps)
    if number > MOST_STEPS:
        raise ParameterError(f"{name}: a chain has at most {MOST_STEPS} steps, got {number:,}")


def save_chain(config: ChainConfig, path: Path) -> None:
    """Write a chain as TOML; what equals the default is left out. It appears whole or not at all.

    Raises:
        ParameterError: it cannot be written there.
    """
    text = chain_toml(config)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise ParameterError(f"{path} cannot be written ({error.strerror or error})") from None
    finally:
        part.unlink(missing_ok=True)


def chain_toml(config: ChainConfig) -> str:
    """A chain as the text of a TOML file."""
    import tomli_w

    return tomli_w.dumps(config.model_dump(mode="json", exclude_defaults=True))
