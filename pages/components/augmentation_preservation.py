"""Does the label still hold? How often steps, at each strength, make the model change its mind."""

import hashlib
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from pages.components import models, state, tasks
from pages.components.augmentation_flips import called, draw, title
from pages.components.live_input import plain
from ser_core import emotions
from ser_core.augment import AUGMENTERS, Augmenter, BatchAugmenter, ChainConfig, Step
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError
from ser_core.exploration import preservation
from ser_core.exploration.perturbed import CHAIN, Wanted
from ser_core.exploration.preservation import Preservation
from ser_core.inference import Predictor
from ser_core.jobs.tasks import Progress, runner
from ser_core.words import count

_STEPS, _SIZE, _ACTED = "preservation_steps", "preservation_clips", "preservation_acted"
_ANY = ""  # emotion
_SAMPLE, _FOUND = "preservation:sample", "preservation:found"
_SIZES = (25, 50, 100, 200, 400)
_USUAL = ("noise", "pitch_shift", "speed")  # what to begin with where there is no chain
_TRIAL_S = 0.02  # to change and to hear one clip


def preservation_view(
    corpus: CorpusEntry, table: pd.DataFrame, chain: ChainConfig | None, predictor_name: str
) -> None:
    """Choose steps and clips, let the model listen in the background, see and hear what flips.

    Args:
        corpus: whose clips they are.
        table: all of its clips.
        chain: whose steps are looked at first; None or one without steps: some usual ones.
        predictor_name: who listens.
    """
    try:
        _view(corpus, table, chain or ChainConfig(), models.predictor(predictor_name))
    except SerError as error:
        st.error(plain(str(error)), icon=":material/error:")


def _view(
    corpus: CorpusEntry, table: pd.DataFrame, chain: ChainConfig, predictor: Predictor
) -> None:
    st.markdown(
        "**Does the label still hold?** Each step is made stronger and stronger on a sample of "
        f"clips. Where **{called(predictor)}** hears another emotion than before, the label "
        "may be gone."
    )
    choices = _choices(chain, predictor)
    chosen = _choose_steps(choices, chain)
    acted, size = _choose_clips(table, predictor)
    if not chosen:
        st.info("Choose a step to look at.", icon=":material/tune:")
        return
    steps = tuple(choices[name] for name in chosen if name != CHAIN)
    whole = preservation.of_chain(chain).chain if CHAIN in chosen else None
    wanted = Wanted(steps, whole)
    titles = [title(name) for name in chosen if name != CHAIN]
    clips = _sample(table, predictor, acted, size)
    st.caption(_whose(corpus, table[table["emotion"] == acted] if acted else table, predictor))
    key = _task_key(clips, wanted, predictor)
    found = _find(key, clips, wanted, predictor)
    if found is None:
        _not_yet(key, clips, wanted, predictor)
    else:
        draw(found, wanted, titles, predictor, corpus.synthetic)


def _whose(corpus: CorpusEntry, table: pd.DataFrame, predictor: Predictor) -> str:
    """Which clips are chosen from, which are not, and whether the model has learned from them."""
    known = table["emotion"].isin(predictor.labels)
    lost = {
        "with a problem": int((table["problems"] != "").sum()),
        "of an emotion that the model does not know": int(
            ((table["problems"] == "") & ~known).sum()
        ),
    }
    left = ", ".join(f"{count(number, 'clip')} {why}" for why, number in lost.items() if number)
    usable = table[(table["problems"] == "") & known]
    channels = " and ".join(sorted({str(name) for name in usable["channel"]} - {""}))
    parts = (
        f"Chosen from {count(len(usable), 'clip')}"
        + (f" ({plain(channels)})." if channels else "."),
        f"Left out: {left}." if left else "",
        f":material/info: The model learned from {plain(corpus.title)}, perhaps from these clips."
        if corpus.title == predictor.card.get("corpus")
        else "",
    )
    return " ".join(part for part in parts if part)


def _choices(chain: ChainConfig, predictor: Predictor) -> dict[str, Step]:
    """What can be looked at: the chain's steps as they are set, then all with usual settings."""
    kept = preservation.of_chain(chain)
    choices = {f"{place}:{step.name}": step for place, step in enumerate(kept.steps, start=1)}
    usual = {name: Step(name=name) for name in AUGMENTERS.names() if _acts(name, predictor)}
    return {**choices, **usual}


def _acts(name: str, predictor: Predictor) -> bool:
    """Whether an augmenter of usual settings can act on what this model hears by."""
    kind: type[Augmenter] = AUGMENTERS.get(name)
    if not kind.strength or "folder" in kind.config_type.model_fields:
        return False
    if name == "saturation":
        return predictor.extractor.kind == "image"
    return not issubclass(kind, BatchAugmenter) or predictor.extractor.kind != "vector"


def _choose_steps(choices: Mapping[str, Step], chain: ChainConfig) -> list[str]:
    """Which of the choices."""
    own = [name for name in choices if ":" in name]
    options = [*([CHAIN] if own else []), *choices]
    key = f"{_STEPS}:{chain.fingerprint()[:12]}"  # another chain begins with its own steps
    state.keep(key, [*own, CHAIN] if own else list(_USUAL))
    return st.multiselect("Steps", options, format_func=title, key=key)


def _choose_clips(table: pd.DataFrame, predictor: Predictor) -> tuple[str, int]:
    """Clips of which acted emotion, "" for any, and how many."""
    there = set(table.loc[table["problems"] == "", "emotion"]) & set(predictor.labels)
    options = [_ANY, *emotions.order(list(there))]
    if state.keep(_ACTED, _ANY) not in options:
        st.session_state[_ACTED] = _ANY
    state.keep(_SIZE, preservation.CLIPS)
    with st.container(horizontal=True):
        acted = st.selectbox("Acted", options, key=_ACTED, format_func=_emotion, width=170)
        size = st.segmented_control("Clips", _SIZES, key=_SIZE, required=True, wrap=True)
    return acted or _ANY, size or preservation.CLIPS


def _emotion(name: str) -> str:
    return emotions.title(name) if name else "any emotion"


def _sample(table: pd.DataFrame, predictor: Predictor, acted: str, size: int) -> pd.DataFrame:
    """The clips to look at, chosen once for a table."""
    mark = (predictor.labels, acted, size)
    kept = st.session_state.get(_SAMPLE)
    if kept is None or kept[0] is not table or kept[1] != mark:
        chosen = preservation.sample(table, [acted] if acted else predictor.labels, size)
        kept = st.session_state[_SAMPLE] = (table, mark, chosen)
    clips: pd.DataFrame = kept[2]
    return clips


def _task_key(clips: pd.DataFrame, wanted: Wanted, predictor: Predictor) -> str:
    text = repr((list(clips["path"]), list(clips["emotion"]), wanted, predictor.fingerprint()))
    return f"preservation:{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def _find(
    key: str, clips: pd.DataFrame, wanted: Wanted, predictor: Predictor
) -> Preservation | None:
    """What was measured, by a task of this session or before."""
    kept = st.session_state.get(_FOUND)
    if kept is not None and kept[0] == key:
        found: Preservation = kept[1]
        return found
    task = runner().snapshot(key)
    if task is not None and task.running:
        return None
    done = task.result if task is not None and task.state == "done" else None
    looked: Preservation | None = done or preservation.find(clips, wanted, predictor)
    if looked is not None:
        st.session_state[_FOUND] = (key, looked)
    return looked


def _not_yet(key: str, clips: pd.DataFrame, wanted: Wanted, predictor: Predictor) -> None:
    """One button and how long it takes; progress and Stop once it was pressed."""
    task = tasks.task_panel(key)
    if task is not None and task.running:
        st.caption("This goes on while you look at other pages. Steps that are done are kept.")
        return
    st.button(
        f"Check {count(len(clips), 'clip')}", key="preservation_check", type="primary",
        icon=":material/hearing:", on_click=_start, args=(key, clips, wanted, predictor),
    )  # fmt: skip
    changes = len(wanted.steps) * len(wanted.strengths) + (wanted.chain is not None)
    seconds = tasks.duration(_TRIAL_S * changes * len(clips))
    st.caption(
        f"Each clip is changed and heard {count(changes, 'time')}: about {seconds}, less where a "
        "step was looked at before."
    )


def _start(key: str, clips: pd.DataFrame, wanted: Wanted, predictor: Predictor) -> None:
    def work(progress: Progress) -> Preservation:
        return preservation.measure(clips, wanted, predictor, progress)

    runner().start(key, f"Labels of {count(len(clips), 'changed clip')}", work)
