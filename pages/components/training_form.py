"""The form of what is trained: every field of the recipe, with what was changed marked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.components import config_form, state, training_recipe
from pages.components.live_input import plain
from pages.components.training_draft import FORM, Draft
from pages.components.training_split import Chosen
from ser_core.audio import Preprocessing
from ser_core.augment import ChainConfig
from ser_core.config import Config
from ser_core.errors import SerError
from ser_core.features import EXTRACTORS
from ser_core.models import ARCHITECTURES, Architecture, Baseline
from ser_core.registry import Registry
from ser_core.training.config import DataConfig, Recipe, TrainingConfig, complete
from ser_core.training.faults import FaultsConfig
from ser_core.training.optimisers import OPTIMISERS
from ser_core.training.schedules import SCHEDULES

ELSEWHERE = ("optimiser", "schedule", "epochs", "folds", "validation_speakers", "seed",
             "init_from", "class_weights")  # fmt: skip
"""Fields of `TrainingConfig` that have a place of their own."""

_AT_ONCE = ("standardisation", "test_copies", "deterministic")
"""What concerns a baseline, which learns from all clips at once."""

_OWN_WEIGHTS = "by hand"


@dataclass(frozen=True)
class Wanted:
    """What the form holds.

    Attributes:
        recipe: complete; None where something is not allowed.
        seeds: of which each is a run.
        problem: why there is no recipe.
    """

    recipe: Recipe | None
    seeds: tuple[int, ...]
    problem: str = ""


def essentials(draft: Draft, network: Architecture) -> dict[str, Any]:
    """What most people change: features, augmentation, epochs and seeds."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        features = training_recipe.choose_features(draft, network)
        chain = training_recipe.choose_chain(draft)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chain = training_recipe.choose_copies(chain)
        epochs = 1 if isinstance(network, Baseline) else _epochs(draft)
        key = f"{FORM}:seeds"
        begun = draft.vary.get("training.seed", [_begun(draft, "seed")])
        state.keep(key, ", ".join(map(str, begun)))
        seeds = st.text_input(
            "Seeds",
            key=key,
            help="Of every random draw. Several, as in 0, 1, 2, are as many runs: how much their "
            "scores differ is how much is luck",
        )
    return {"features": features, "chain": chain, "epochs": epochs, "seeds": seeds}


def _begun(draft: Draft, field: str) -> Any:
    return draft.part("training").get(field, getattr(draft.base.training, field))


def _epochs(draft: Draft) -> int:
    key, usual = f"{FORM}:epochs", draft.base.training.epochs
    state.keep(key, _begun(draft, "epochs"))
    field = TrainingConfig.model_fields["epochs"]
    return int(
        st.number_input("Epochs", 1, 2000, key=key, help=f"{field.description}. Usual: {usual}")
    )


def network_of(draft: Draft) -> Architecture:
    """The architecture, with the settings that decide which inputs it has."""
    base, start = draft.base.architecture, draft.part("architecture")
    name = start.get("name", base.name)
    usual = base.settings if name == base.name else {}
    kept = st.session_state.get(f"{FORM}:inputs:{name}")
    settings = {**usual, **start.get("settings", {}), **(kept or {})}
    try:
        return ARCHITECTURES.create(name, **settings)
    except SerError:
        return ARCHITECTURES.create(name)


def details(draft: Draft, network: Architecture, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """All other settings, in expanders: what they hold, as a recipe's data."""
    data: dict[str, Any] = {}
    with st.expander("Features", icon=":material/graphic_eq:"):
        data["features"] = _features(draft, chosen["features"])
    with st.expander(f"Network: {network.title}", icon=":material/account_tree:"):
        data["architecture"] = _network(draft, network)
    with st.expander("Learning", icon=":material/school:"):
        data["training"] = _learning(draft, network)
    with st.expander("Clips and sound", icon=":material/tune:"):
        data["data"] = _section(draft, "data", DataConfig)
        data["preprocessing"] = _section(draft, "preprocessing", Preprocessing)
    if draft.faithful or any(draft.part("faults").values()):
        with st.expander("Faults of the original", icon=":material/bug_report:"):
            data["faults"] = _section(draft, "faults", FaultsConfig)
    return data


def _section(
    draft: Draft, name: str, kind: type[Config], hidden: Collection[str] = ()
) -> dict[str, Any]:
    usual = getattr(draft.base, name).model_dump()
    filled = config_form.config_form(
        kind, f"{FORM}:{name}", usual=usual, hidden=hidden, start=draft.part(name), marked=True
    )
    return filled.settings


def _part(
    key: str, registry: Registry[Any], name: str, usual: Any, start: dict[str, Any]
) -> dict[str, Any]:
    """The settings of a registered class, as a component."""
    begun = start.setdefault("settings", {}) if start.get("name") == name else {}
    filled = config_form.config_form(
        registry.get(name).config_type,
        f"{FORM}:{key}:{name}",
        {each: EXTRACTORS.get(each) for each in EXTRACTORS.names()},
        usual.settings if usual is not None and usual.name == name else {},
        start=begun,
        marked=True,
    )
    return {"name": name, "settings": filled.settings}


def _features(draft: Draft, names: Mapping[str, str]) -> dict[str, Any]:
    base = draft.base
    usual = base.features if isinstance(base.features, dict) else {next(iter(names)): base.features}
    found = {}
    for place, (name, extractor) in enumerate(names.items()):
        if len(names) > 1:
            st.markdown(f"**{name.capitalize()}: {EXTRACTORS.get(extractor).title}**")
        begun = draft.part("features").setdefault(name, {})
        found[name] = _part(f"of:{place}", EXTRACTORS, extractor, usual.get(name), begun)
    return found if len(found) > 1 else next(iter(found.values()))


def _network(draft: Draft, network: Architecture) -> dict[str, Any]:
    found = _part(
        "network",
        ARCHITECTURES,
        network.name,
        draft.base.architecture,
        draft.part("architecture"),
    )
    # The inputs, which are drawn above, follow from these.
    key = f"{FORM}:inputs:{network.name}"
    if st.session_state.get(key) != found["settings"]:
        before, st.session_state[key] = network.inputs, found["settings"]
        if network_of(draft).inputs != before:
            st.rerun()
    return found


def _learning(draft: Draft, network: Architecture) -> dict[str, Any]:
    base, fields = draft.base.training, TrainingConfig.model_fields
    at_once = isinstance(network, Baseline)
    kept = {name for name in fields if name not in _AT_ONCE} if at_once else set(ELSEWHERE)
    found = _section(draft, "training", TrainingConfig, kept)
    found["class_weights"] = _class_weights(draft)
    if at_once:
        return found
    found["init_from"] = _init_from(draft)
    registries: dict[str, Registry[Any]] = {"optimiser": OPTIMISERS, "schedule": SCHEDULES}
    for name, registry in registries.items():
        usual, begun = getattr(base, name), draft.part(name)
        chosen = _name_of_part(name, registry, begun.get("name", usual.name))
        found[name] = _part(name, registry, chosen, usual, begun)
    return found


def _name_of_part(name: str, registry: Registry[Any], begun: str) -> str:
    key = f"{FORM}:{name}"
    state.keep(key, begun)
    return str(
        st.selectbox(
            config_form.label(name),
            registry.names(),
            key=key,
            format_func=lambda each: str(registry.get(each).title),
        )
    )


def _class_weights(draft: Draft) -> Any:
    """One of the words, or a weight for each emotion."""
    begun, key = _begun(draft, "class_weights"), f"{FORM}:weights"
    words = begun if isinstance(begun, str) else _OWN_WEIGHTS
    state.keep(key, words)
    chosen = st.segmented_control(
        "Class weights",
        ["none", "balanced", _OWN_WEIGHTS],
        key=key,
        required=True,
        help=plain(TrainingConfig.model_fields["class_weights"].description or ""),
    )
    if chosen != _OWN_WEIGHTS:
        return chosen
    typed = f"{FORM}:weights:typed"
    usual = {} if isinstance(begun, str) else begun
    state.keep(typed, ", ".join(f"{name}={weight:g}" for name, weight in usual.items()))
    return weights(st.text_input("Weights", key=typed, placeholder="sad=2, happy=1.5"))


def weights(text: str) -> dict[str, Any]:
    """Weights as they are typed; what is no number is left for the recipe to refuse.

    >>> weights("sad=2, happy = 1.5")
    {'sad': 2.0, 'happy': 1.5}
    """
    found: dict[str, Any] = {}
    for part in filter(str.strip, text.split(",")):
        name, _, weight = part.partition("=")
        try:
            found[name.strip()] = float(weight)
        except ValueError:
            found[name.strip()] = weight.strip()
    return found


def _init_from(draft: Draft) -> str:
    from pages.components import models

    key, known = f"{FORM}:init", ["", *models.names()]
    begun = _begun(draft, "init_from")
    if begun not in known:
        known.append(begun)
    state.keep(key, begun)
    field = TrainingConfig.model_fields["init_from"]
    return str(
        st.selectbox(
            "Start from the weights of",
            known,
            key=key,
            format_func=lambda name: name or "nothing: from random weights",
            help=plain(field.description or ""),
        )
    )


def wanted(draft: Draft, chosen: Mapping[str, Any], split: Chosen, data: dict[str, Any]) -> Wanted:
    """The recipe of what the form holds.

    Args:
        draft: where it started.
        chosen: what `essentials` holds.
        split: numbers of the protocol.
        data: what `details` holds.
    """
    seeds, problem = seeds_of(chosen["seeds"])
    chain: ChainConfig = chosen["chain"]
    whole = draft.base.model_dump() | data | {"augmentation": chain.model_dump()}
    whole["training"] = data["training"] | {
        "epochs": chosen["epochs"],
        "seed": seeds[0] if seeds else 0,
    }
    whole["training"] |= {
        "folds": split.folds,
        "validation_speakers": split.validation_speakers,
    }
    if problem:
        return Wanted(None, (), problem)
    try:
        recipe = Recipe.parse(whole)
        if draft.own:
            recipe = recipe.model_copy(update=training_recipe.title_of(recipe))
        return Wanted(complete(recipe), seeds)
    except SerError as error:
        return Wanted(None, seeds, str(error))


def seeds_of(text: str) -> tuple[tuple[int, ...], str]:
    """Seeds as they are typed, and what is wrong with them.

    >>> seeds_of("0, 1,2"), seeds_of("x")[1]
    (((0, 1, 2), ''), 'Seeds: whole numbers with commas between, such as 0, 1, 2; got x')
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if words and all(word.isdecimal() and int(word) < 2**32 for word in words):
        return tuple(dict.fromkeys(map(int, words))), ""
    return (), (
        f"Seeds: whole numbers with commas between, such as 0, 1, 2; got {text.strip() or 'none'}"
    )
