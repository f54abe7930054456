"""Does the label still hold? How often steps, at each strength, make the model change its mind."""

import hashlib
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.components import models, state, tasks, theme
from pages.components.ab_player import Version, ab_player
from pages.components.clip_view import play
from pages.components.live_input import plain
from ser_core import emotions
from ser_core.augment import AUGMENTERS, Augmenter, BatchAugmenter, ChainConfig, Step
from ser_core.augment.strength import Leading
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError
from ser_core.exploration import preservation
from ser_core.exploration.perturbed import CHAIN, Wanted
from ser_core.exploration.preservation import Preservation
from ser_core.figures.preservation import FlipLine, preservation_figure
from ser_core.inference import Predictor
from ser_core.jobs.tasks import Progress, runner
from ser_core.words import clips_of, count

_STEPS, _SIZE, _FLIPS = "preservation_steps", "preservation_clips", "preservation_flips"
_SAMPLE, _FOUND = "preservation:sample", "preservation:found"
_SIZES = (25, 50, 100, 200, 400)
_USUAL = ("noise", "pitch_shift", "speed")  # what to begin with where there is no chain
_TRIAL_S = 0.02  # to change and to hear one clip
_MOST_ROWS = 500


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
        f"clips. Where **{_called(predictor)}** hears another emotion than before, the label "
        "may be gone."
    )
    choices = _choices(chain, predictor)
    chosen, size = _controls(choices, chain)
    if not chosen:
        st.info("Choose a step to look at.", icon=":material/tune:")
        return
    steps = tuple(choices[name] for name in chosen if name != CHAIN)
    whole = preservation.of_chain(chain).chain if CHAIN in chosen else None
    wanted = Wanted(steps, whole)
    titles = [_title(name) for name in chosen if name != CHAIN]
    clips = _sample(table, predictor, size)
    st.caption(_whose(corpus, table, predictor))
    key = _task_key(clips, wanted, predictor)
    found = _find(key, clips, wanted, predictor)
    if found is None:
        _not_yet(key, clips, wanted, predictor)
    else:
        _draw(found, wanted, titles, predictor, corpus.synthetic)


def _called(predictor: Predictor) -> str:
    """The model's title; its name where it has no card."""
    return plain(str(predictor.card.get("title") or predictor.name))


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


def _controls(choices: Mapping[str, Step], chain: ChainConfig) -> tuple[list[str], int]:
    """Which of the choices, and how many clips."""
    own = [name for name in choices if ":" in name]
    options = [*([CHAIN] if own else []), *choices]
    key = f"{_STEPS}:{chain.fingerprint()[:12]}"  # another chain begins with its own steps
    state.keep(key, [*own, CHAIN] if own else list(_USUAL))
    state.keep(_SIZE, preservation.CLIPS)
    chosen = st.multiselect("Steps", options, format_func=_title, key=key)
    size = st.segmented_control("Clips", _SIZES, key=_SIZE, required=True, wrap=True)
    return chosen, size or preservation.CLIPS


def _title(name: str) -> str:
    """What a choice is called: a number says that it is the chain's, as it is set there.

    >>> _title("noise"), _title("2:noise"), _title("chain")
    ('Noise', '2. Noise', 'Whole chain, as it is set')
    """
    if name == CHAIN:
        return "Whole chain, as it is set"
    place, _, own = name.rpartition(":")
    title = AUGMENTERS.get(own).title
    return f"{place}. {title}" if place else title


def _sample(table: pd.DataFrame, predictor: Predictor, size: int) -> pd.DataFrame:
    """The clips to look at, chosen once for a table."""
    mark = (predictor.labels, size)
    kept = st.session_state.get(_SAMPLE)
    if kept is None or kept[0] is not table or kept[1] != mark:
        chosen = preservation.sample(table, predictor.labels, size)
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


@st.fragment
def _draw(
    made: Preservation, wanted: Wanted, titles: list[str], predictor: Predictor, synthetic: bool
) -> None:
    summary = made.summary()
    lines = _lines(summary, wanted, titles)
    whole = summary[summary["step"] == CHAIN]
    level = None if whole.empty else ("whole chain", float(whole["share"].iloc[0]))
    alt = "Share of clips whose decision flips, by strength of each step"
    theme.plot(preservation_figure(lines, level), key="preservation_plot", alt=alt)
    st.caption(_words(made, predictor, synthetic))
    if made.flipped.empty:
        st.success("No decision flipped.", icon=":material/check_circle:")
    else:
        _hear(made, wanted, titles, predictor)
    with st.expander("All numbers", icon=":material/table:"):
        _numbers(summary, titles)


def _lines(summary: pd.DataFrame, wanted: Wanted, titles: list[str]) -> list[FlipLine]:
    lines = []
    for place, (step, title) in enumerate(zip(wanted.steps, titles, strict=True)):
        rows = summary[summary["part"] == place]
        lead = AUGMENTERS.get(step.name).strength[0]
        lines.append(
            FlipLine(
                title=title,
                strengths=list(rows["strength"]),
                settings=list(rows["setting"]),
                ticks=[lead.number(strength) for strength in rows["strength"]],
                axis=f"{lead.title} ({lead.unit})" if lead.unit else lead.title,
                shares=list(rows["share"]),
                low=list(rows["share_low"]),
                high=list(rows["share_high"]),
                own=_own_range(step) if title[:1].isdigit() else None,
            )
        )
    return lines


def _own_range(step: Step) -> tuple[float, float] | None:
    """The weakest and the strongest that a step's settings draw, as strengths.

    >>> _own_range(Step(name="pitch_shift", settings={"min_semitones": -1, "max_semitones": 2}))
    (0.0, 0.4)
    """
    lead = AUGMENTERS.get(step.name).strength[0]
    settings = step.augmenter().config
    low, high = (getattr(settings, f"{side}_{lead.name}", None) for side in ("min", "max"))
    if high is None:
        return None
    weakest = 1.0 if lead.either_way == "ratio" else 0.0
    ends = [float(weakest if low is None else low), float(high)]
    reach = [_one_way(value, lead) for value in ends]
    if lead.either_way and ends[0] <= weakest <= ends[1]:
        reach = [weakest, max(reach)]
    rungs = sorted(zip(lead.ladder, np.linspace(0, 1, len(lead.ladder)), strict=True))
    ladder, strengths = ([float(rung[side]) for rung in rungs] for side in (0, 1))
    places = np.interp(reach, ladder, strengths).round(3)
    return float(places.min()), float(places.max())


def _one_way(value: float, lead: Leading) -> float:
    """A value on the side of the ladder, where its opposite is as strong."""
    opposite = {"sign": -value, "ratio": 1 / value if value else value}
    return max(value, opposite.get(lead.either_way, value))


def _words(made: Preservation, predictor: Predictor, synthetic: bool) -> str:
    """What the figure is of, and what it does not say."""
    people = len(set(made.before["speaker"]) - {""})
    right = 100 * made.accuracy().value
    lost = ", ".join(f"{count(n, 'clip')} ({plain(why)})" for why, n in made.left_out.items())
    parts = (
        "Synthetic voices: this says nothing about people." if synthetic else "",
        f"{clips_of(len(made.before), people)}, as even over emotions and speakers as they come; "
        f"{_called(predictor)} hears {right:.0f} % of them right as they are.",
        f"Not used: {lost}." if lost else "",
        "Each step acts on every clip, whatever its chance, range and emotions in the chain; the "
        "thick part of a line is the chain's own range. "
        "Bands: 95 % intervals over speakers.",
        preservation.CAVEAT,
    )
    return " ".join(part for part in parts if part)


def _hear(made: Preservation, wanted: Wanted, titles: list[str], predictor: Predictor) -> None:
    """The clips whose decision flipped, the mildest change first, and the one chosen."""
    flipped = made.flipped.sort_values(["strength", "drop"], ascending=[True, False])
    st.markdown(f"**Flipped: {count(len(flipped), 'changed clip')}** of {len(made.trials):,}")
    listed = flipped.head(_MOST_ROWS).reset_index(drop=True)
    if len(listed) < len(flipped):
        st.caption(f"The first {len(listed):,}, the mildest changes.")
    row = _choose(_listed(listed, [*titles, _title(CHAIN)]))
    _play(listed.iloc[row].to_dict(), wanted, predictor)


def _listed(flipped: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """A row of words for each flip, narrow enough to be read beside the editor."""
    before, after = (flipped[name].map(emotions.title) for name in ("before", "heard"))
    return pd.DataFrame(
        {
            "Step": [names[part] for part in flipped["part"]],
            "Setting": flipped["setting"],
            "Acted": flipped["emotion"].map(emotions.title),
            "Heard": before + " → " + after,
            "Clip": flipped["clip"],
        }
    )


def _choose(shown: pd.DataFrame) -> int:
    """The list; the place of the row that was chosen, the first to begin with."""
    event: Any = st.dataframe(
        shown, key=_FLIPS, hide_index=True, on_select="rerun", selection_mode="single-row",
        height=min(290, 35 * (len(shown) + 1) + 2),
        column_config={
            "Step": st.column_config.Column(width=115),
            "Setting": st.column_config.Column(width=175),
            "Acted": st.column_config.Column(width=70),
            "Heard": st.column_config.Column(width=125),
        },
        alt="Changed clips whose decision flipped; choose one to hear it before and after",
    )  # fmt: skip
    rows = event.selection.rows
    return int(rows[0]) if rows and int(rows[0]) < len(shown) else 0


def _play(trial: dict[Any, Any], wanted: Wanted, predictor: Predictor) -> None:
    """A clip before and after; where only features were changed, before."""
    try:
        sounds = preservation.sounds(trial, wanted, predictor)
    except (SerError, OSError) as error:
        st.error(plain(str(error)), icon=":material/hearing_disabled:")
        return
    heard = [f"heard as {emotions.title(trial[name]).lower()}" for name in ("before", "heard")]
    st.caption(plain(f"{trial['clip']} · acted {emotions.title(trial['emotion']).lower()}"))
    if sounds.after is None:
        play(sounds.before, sounds.sampling_rate, "preservation", trial["clip"])
        st.caption(
            "This step changes the spectrogram that the model sees; there is no sound of it."
        )
        return
    versions = [
        Version("Before", sounds.before, heard[0]),
        Version("After", sounds.after, re.sub(r"-(?=\d)", "−", f"{sounds.drawn}, {heard[1]}")),
    ]
    ab_player(versions, sounds.sampling_rate, key="preservation_player")


def _numbers(summary: pd.DataFrame, titles: list[str]) -> None:
    names = [*titles, _title(CHAIN)]
    rows = [
        {
            "Step": names[row["part"]],
            "Setting": row["setting"],
            "Flipped": f"{row['flips']:,} of {row['clips']:,}",
            "Share (%)": _with_ends(row, "share"),
            "Fall of the label's probability (points)": _with_ends(row, "drop"),
            "Right (%)": _with_ends(row, "accuracy"),
        }
        for row in summary.to_dict("records")
    ]
    st.dataframe(pd.DataFrame(rows), key="preservation_numbers", hide_index=True)


def _with_ends(row: Mapping[Any, Any], name: str) -> str:
    """A score in percent with the ends of its interval, where there is one.

    >>> _with_ends({"share": 0.125, "share_low": 0.1, "share_high": 0.2}, "share")
    '12 [10, 20]'
    """
    value, low, high = (100 * row[key] for key in (name, f"{name}_low", f"{name}_high"))
    if math.isnan(value):
        return "–"
    ends = "" if math.isnan(low) else f" [{round(low)}, {round(high)}]"
    return f"{round(value)}{ends}".replace("-", "−")
