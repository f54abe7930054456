"""Which recipe is trained, in which form; or architecture, features and augmentation by hand."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import streamlit as st

from pages.components import config_form, layout, state
from pages.components import training_draft as drafts
from pages.components.live_input import plain
from pages.components.training_draft import FORM, Draft
from ser_core import recipes
from ser_core.augment import ChainConfig, presets
from ser_core.errors import SerError
from ser_core.features import EXTRACTORS
from ser_core.models import ARCHITECTURES, Architecture
from ser_core.training import changes
from ser_core.training.config import Recipe
from ser_core.training.faults import FaultsConfig

AS_RECIPE, NONE, OTHER = "", "none", "other"
_CHAIN = f"{FORM}:chain"
_KINDS = {1: ("vector",), 2: ("frames",), 3: ("image", "frames")}
_MOST_DIFFERENCES = 12


def choose(draft: Draft) -> None:
    """The recipe and its form, or the architecture that a combination is made around."""
    st.segmented_control(
        "Start from",
        [False, True],
        key=drafts.OWN,
        format_func=drafts.NAMES.__getitem__,
        required=True,
        on_change=drafts.restart,
    )
    if draft.own:
        _choose_architecture()
    else:
        _choose_recipe(draft)
        _about(draft)


def _choose_architecture() -> None:
    st.selectbox(
        "Architecture",
        ARCHITECTURES.names(),
        key=drafts.ARCHITECTURE,
        format_func=lambda name: str(ARCHITECTURES.get(name).title),
        help="How it learns is taken from the recipe that this architecture comes from; all of it "
        "can be changed below",
        on_change=drafts.restart,
    )


def _choose_recipe(draft: Draft) -> None:
    names = sorted(recipes.names(), key=lambda name: (name != drafts.USUAL, name))
    st.selectbox(
        "Recipe",
        names,
        key=drafts.RECIPE,
        format_func=lambda name: f"{name} · {drafts.base(name).title}",
        on_change=drafts.restart,
    )
    if draft.recipe in drafts.originals():
        st.segmented_control(
            "Form",
            [False, True],
            key=drafts.FAITHFUL,
            format_func={False: "Corrected", True: "Faithful"}.__getitem__,
            help="Corrected: without the faults of the original, so that its score can be "
            "believed. Faithful: as the original was made and scored, faults included",
            required=True,
            on_change=drafts.restart,
        )


def _about(draft: Draft) -> None:
    base = draft.base
    if base.description:
        st.caption(plain(in_short(base.description)))
    if draft.recipe in drafts.originals():
        differences = faithful_words(draft.recipe)
        head = "Faithful to the original" if draft.faithful else "Corrected"
        with st.expander(f"{head}: what differs", icon=":material/difference:"):
            st.markdown("The faithful form has:\n" + "".join(f"\n- {each}" for each in differences))


def in_short(description: str) -> str:
    """What a recipe is, up to the first sentence that is about the command line.

    >>> in_short("40 MFCC. Mixup. On log-mel: --set features=log_mel.")
    '40 MFCC. Mixup.'
    """
    sentences = description.split(". ")
    plain_ones = takewhile(lambda each: "--" not in each, sentences)
    return f"{'. '.join(plain_ones).rstrip('.')}."


def faithful_words(name: str) -> list[str]:
    """What the faithful form of a recipe has that the corrected one has not, in Markdown."""
    protocol = recipes.faithful_protocol(name)
    said = [f"Protocol `{protocol}` in place of `{drafts.USUAL_PROTOCOL}`"]
    known = changes.between(drafts.base(name), drafts.base(name, True))
    return [*said, *(_difference(*each) for each in known.items())][:_MOST_DIFFERENCES]


def _difference(key: str, value: Any) -> str:
    """A change in words: a fault says what it does, a chain what it is."""
    part, _, field = key.rpartition(".")
    if part == "faults":
        about = FaultsConfig.model_fields[field].description or field
        return f"Fault: {plain(about[:1].lower() + about[1:])}"
    words = f"{plain(config_form.label(field))} `{changes.text(value)}`"
    if key == "augmentation" and isinstance(value, str):
        words += f": {plain(presets.load(value).description)}"
    return words


# Features


def choose_features(draft: Draft, network: Architecture) -> dict[str, str]:
    """The name of an extractor for each input of the network."""
    usual = {name: each["name"] for name, each in drafts.by_input(draft.base).items()}
    chosen = {}
    for name in network.inputs:
        known = fitting(network, name)
        first = usual.get(name, known[0])
        chosen[name] = _choose_extractor(name, known, first, draft, alone=len(network.inputs) == 1)
    return chosen


def fitting(network: Architecture, name: str) -> list[str]:
    """Extractors of the kind that an input takes."""
    kinds = {kind for axes in network.takes[name].axes for kind in _KINDS[axes]}
    return [each for each in EXTRACTORS.names() if EXTRACTORS.get(each).kind in kinds]


def _choose_extractor(
    name: str, known: Sequence[str], usual: str, draft: Draft, alone: bool
) -> str:
    key = f"{FORM}:features:{name}"
    begun = draft.part("features").get(name, {}).get("name", usual)
    state.keep(key, begun if begun in known else known[0])
    if st.session_state[key] not in known:
        st.session_state[key] = known[0]
    chosen = st.selectbox(
        "Features" if alone else f"Features: {name}",
        known,
        key=key,
        format_func=lambda each: str(EXTRACTORS.get(each).title),
        help=None if usual not in known else plain(f"The recipe has {EXTRACTORS.get(usual).title}"),
    )
    return str(chosen)


# Augmentation


def choose_chain(draft: Draft) -> ChainConfig:
    """The chain of augmentation, with as many copies as it usually makes."""
    options = [
        AS_RECIPE,
        NONE,
        *([OTHER] if draft.chain else []),
        *presets.kept(),
        *presets.names(),
    ]
    name = _named(draft.chain, options)
    if state.keep(_CHAIN, AS_RECIPE if draft.chain is None else name) not in options:
        st.session_state[_CHAIN] = AS_RECIPE
    chosen = st.selectbox(
        "Augmentation",
        options,
        key=_CHAIN,
        format_func=_chain_title,
        help="Presets are heard, changed and made on the Augmentation page",
    )
    return _chain_of(chosen, draft)


def choose_copies(chain: ChainConfig) -> ChainConfig:
    """How many copies the chosen chain makes, where it makes any."""
    if not chain.waveform:
        return chain
    key = f"{FORM}:copies:{st.session_state[_CHAIN]}"
    state.keep(key, chain.copies)
    field = ChainConfig.model_fields["copies"]
    copies = st.number_input(
        "Copies",
        0,
        50,
        key=key,
        help=f"{plain(field.description or '')}. Usual here: {chain.copies}",
    )
    return chain.model_copy(update={"copies": int(copies)})


def _chain_of(chosen: str, draft: Draft) -> ChainConfig:
    if chosen == AS_RECIPE:
        return draft.base.augmentation
    if chosen == OTHER and draft.chain is not None:
        return draft.chain
    if chosen == NONE:
        return ChainConfig()
    try:
        return presets.load(chosen)
    except SerError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return draft.base.augmentation


def _named(chain: ChainConfig | None, options: Sequence[str]) -> str:
    """What a chain is called in the menu."""
    if chain is None:
        return AS_RECIPE
    if chain == ChainConfig():
        return NONE
    for name in options:
        if name not in (AS_RECIPE, NONE, OTHER) and _loaded(name) == chain:
            return name
    return OTHER


def _loaded(name: str) -> ChainConfig | None:
    try:
        return presets.load(name)
    except SerError:
        return None


def _chain_title(name: str) -> str:
    fixed = {AS_RECIPE: "As the recipe has it", NONE: "None", OTHER: "As it came with the settings"}
    if name in fixed:
        return fixed[name]
    known = _loaded(name) if name in presets.names() else None
    return f"{name} · {known.title}" if known else f"{name} · yours"


def listen() -> None:
    """The way to where a chain is heard."""
    layout.go("pages/augmentation.py", "Hear it on the Augmentation page")


def title_of(recipe: Recipe) -> dict[str, Any]:
    """What a combination of one's own is called in runs and on cards."""
    extractors = [EXTRACTORS.get(each["name"]) for each in drafts.by_input(recipe).values()]
    names = "+".join(str(each.name) for each in extractors)
    titles = " and ".join(str(each.title) for each in extractors)
    architecture = ARCHITECTURES.get(recipe.architecture.name)
    return {
        "name": f"{recipe.architecture.name}-{names}",
        "title": f"{architecture.title} on {titles}",
        "description": "",
    }
