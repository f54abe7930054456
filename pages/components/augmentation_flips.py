"""What the label check found: curves, and the clips whose decision flipped, to be heard."""

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.components import theme
from pages.components.ab_player import Version, ab_player
from pages.components.clip_view import play
from pages.components.live_input import plain
from ser_core import emotions
from ser_core.augment import AUGMENTERS, Step
from ser_core.augment.strength import Leading
from ser_core.errors import SerError
from ser_core.exploration import preservation
from ser_core.exploration.perturbed import CHAIN, Wanted
from ser_core.exploration.preservation import Preservation
from ser_core.figures.preservation import FlipLine, preservation_figure
from ser_core.inference import Predictor
from ser_core.words import clips_of, count

_FLIPS = "preservation_flips"
_MOST_ROWS = 500


@st.fragment
def draw(
    made: Preservation, wanted: Wanted, titles: list[str], predictor: Predictor, synthetic: bool
) -> None:
    """The curve of each step, what it is of, the clips that flipped and all numbers."""
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
    >>> _own_range(Step(name="spec_augment"))
    (0.0, 0.44)
    """
    lead = AUGMENTERS.get(step.name).strength[0]
    settings = step.augmenter().config
    names = lead.bounds or (f"min_{lead.name}", f"max_{lead.name}")
    found = [getattr(settings, name, None) for name in names]
    if found[-1] is None:
        return None
    given = [float(value) for value in found if value is not None]
    weakest = 1.0 if lead.either_way == "ratio" else 0.0
    ends = [weakest if None in found else min(given), max(given)]
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
    acted = sorted(set(made.before["emotion"]))
    over = f"all acted {emotions.title(acted[0]).lower()}, " if len(acted) == 1 else ""
    over += f"as even over {'' if over else 'emotions and '}speakers as they come"
    lost = ", ".join(f"{count(n, 'clip')} ({plain(why)})" for why, n in made.left_out.items())
    parts = (
        "Synthetic voices: this says nothing about people." if synthetic else "",
        f"{clips_of(len(made.before), people)}, {over}; "
        f"{called(predictor)} hears {right:.0f} % of them right as they are.",
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
    row = _choose(_listed(listed, [*titles, title(CHAIN)]))
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
    names = [*titles, title(CHAIN)]
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


def called(predictor: Predictor) -> str:
    """The model's title; its name where it has no card."""
    return plain(str(predictor.card.get("title") or predictor.name))


def title(name: str) -> str:
    """What a choice is called: a number says that it is the chain's, as it is set there.

    >>> title("noise"), title("2:noise"), title("chain")
    ('Noise', '2. Noise', 'Whole chain, as it is set')
    """
    if name == CHAIN:
        return "Whole chain, as it is set"
    place, _, own = name.rpartition(":")
    title = AUGMENTERS.get(own).title
    return f"{place}. {title}" if place else title
