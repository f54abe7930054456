"""Several models on the same recording: who hears what, and where they agree."""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import layout, models, state, theme
from pages.components.emotion import chip, show_bars
from pages.components.live_answer import NOT_SURE
from pages.components.live_hearing import Hearing
from pages.components.live_input import plain
from ser_core import emotions
from ser_core.errors import SerError

if TYPE_CHECKING:
    from ser_core.inference import Prediction, Predictor, Segment, Stream
    from ser_core.inference.timeline_files import Timeline

MOST = 4  # models at once, so that their answers stand side by side
_KEY = "live:beside"
_TOP = 3
# A name that leaves no room beside it stands above what its model hears.
_ROW = "display:flex;flex-wrap:wrap;gap:0 .6em;line-height:1.8"
_NAME = (
    "flex:1 1 8em;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;opacity:.75"
)
_HEARD = (
    "flex:0 0 auto;display:grid;grid-template-columns:6.6em 2.6em 5.2em;gap:0 .6em;"
    "font-variant-numeric:tabular-nums"
)


def choose(predictor: "Predictor") -> "tuple[Predictor, ...]":
    """The chosen model, then those chosen beside it in the sidebar; how to get more is said."""
    others = [name for name in models.names() if name != predictor.name]
    with st.sidebar:
        if not others:
            st.caption("One model is here. Others can be heard beside it once they are promoted.")
            layout.go("pages/training.py", "Train and promote a model")
            return (predictor,)
        kept: list[str] = state.keep(_KEY, [])
        if not set(kept) <= set(others):
            st.session_state[_KEY] = [name for name in kept if name in others]
        chosen = st.multiselect(
            "Beside it",
            others,
            key=_KEY,
            max_selections=MOST - 1,
            placeholder="Other models",
            help=f"Up to {MOST - 1} further models that hear the same recording, and the stream "
            "as it comes.",
        )
    return (predictor, *_opened(chosen))


def _opened(names: Sequence[str]) -> "list[Predictor]":
    found = []
    for name in names:
        try:
            found.append(models.predictor(name))
        except SerError as error:
            # Where it is seen with the sidebar closed, too.
            st.warning(f"Left out beside it. {plain(str(error))}.", icon=":material/warning:")
    return found


def view(hearing: Hearing, duration_s: float, least: float) -> None:
    """The answers side by side, and what was heard when; nothing of one model alone.

    Args:
        hearing: what was heard.
        duration_s: of the recording.
        least: a label less probable than this is not given.
    """
    if len(hearing.predictors) < 2:
        return
    st.markdown(f"**Side by side, on the whole recording.** {words(hearing, least)}")
    columns = st.columns(len(hearing.predictors), gap="small", border=True)
    pairs = zip(hearing.predictors, hearing.predictions, strict=True)
    for number, (column, (predictor, prediction)) in enumerate(
        zip(columns, pairs, strict=True), start=1
    ):
        with column:
            _answer(number, predictor, prediction, least)
    if any(one.segments for one in hearing.timelines):
        _lanes(hearing, duration_s)
        _table(hearing, least)


def moving(streams: "Sequence[Stream]", least: float) -> None:
    """What further models hear in a stream now, or heard last: a row each.

    Args:
        streams: the same sound, as each of them hears it.
        least: a label less probable than this is not given.
    """
    if not streams:
        return
    rows = "".join(_moving_row(each, least) for each in streams)
    st.caption("Beside it")
    st.html(f'<div role="list" aria-label="What other models hear">{rows}</div>')


def _moving_row(stream: "Stream", least: float) -> str:
    name = escape(stream.predictor.name)
    told = f'<span style="{_NAME}" title="{name}">{name}</span>'
    heard = stream.now or (stream.segments[-1] if stream.segments else None)
    if heard is None:
        told += f'<span style="{_HEARD};opacity:.75">listening</span>'
    else:
        share = heard.probabilities[heard.emotion]
        said = chip(heard.emotion) if share >= least else NOT_SURE
        told += (
            f'<span style="{_HEARD}"><span>{said}</span><b>{share:.2f}</b>'
            f"<span>{heard.sure}</span></span>"
        )
    return f'<div role="listitem" style="{_ROW}">{told}</div>'


def words(hearing: Hearing, least: float) -> str:
    """Where the models agree on the whole recording, in a sentence."""
    from ser_core.inference.words import agreement_words

    given = {
        predictor.name: one.emotion if one.probabilities[one.emotion] >= least else ""
        for predictor, one in zip(hearing.predictors, hearing.predictions, strict=True)
    }
    said = agreement_words(given)
    return plain(" ".join([said, *_lacking(hearing.predictors)]))


def _lacking(predictors: "Sequence[Predictor]") -> list[str]:
    """Which models cannot give labels that others have."""
    every = set(predictors[0].labels).union(*(one.labels for one in predictors))
    without: dict[str, list[str]] = {}
    for one in predictors:
        labels = ", ".join(emotions.order(every - set(one.labels)))
        if labels:
            without.setdefault(labels, []).append(one.name)
    return [
        f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'} no label {labels}."
        for labels, names in without.items()
    ]


def _answer(number: int, predictor: "Predictor", one: "Prediction", least: float) -> None:
    """The answer of one model: its first labels, and how sure."""
    share = one.probabilities[one.emotion]
    said = chip(one.emotion) if share >= least else NOT_SURE
    st.html(
        f'<div style="opacity:.75">{number} · {escape(predictor.name)}</div>'
        f'<div style="font-size:1.3rem;font-weight:650;line-height:1.4">{said}</div>'
    )
    st.markdown(f"probability **{share:.2f}** · **{one.sure}**")
    show_bars(dict(one.top(_TOP)), label=f"Most probable emotions, {predictor.name}", narrow=True)
    if predictor.card:
        st.caption(models.score(predictor.card), help=layout.UAR_HELP)


def _lanes(hearing: Hearing, duration_s: float) -> None:
    from ser_core import figures

    lanes = {one.model: one.segments for one in hearing.timelines}
    theme.plot(
        figures.lanes_figure(lanes, duration_s),
        key="live:lanes",
        alt="Segments as each model heard them, one lane a model, numbered as above",
    )


def _table(hearing: Hearing, least: float) -> None:
    """The segments, with what each model heard in them."""
    rows = []
    for together in heard_by_all(hearing.timelines):
        said = [_word(one, least) for one in together]
        rows.append(
            {
                "from (s)": round(together[0].start_s, 1),
                "to (s)": round(together[0].end_s, 1),
                **{one.model: word for one, word in zip(hearing.timelines, said, strict=True)},
                "agree": "yes" if len({one.emotion for one in together}) == 1 else "no",
            }
        )
    agree = sum(row["agree"] == "yes" for row in rows)
    st.caption(f"They agree in {agree} of {len(rows)} segments.")
    st.dataframe(
        rows,
        key="live:several",
        hide_index=True,
        column_config={
            "from (s)": st.column_config.NumberColumn(format="%.1f"),
            "to (s)": st.column_config.NumberColumn(format="%.1f"),
        },
        height="auto" if len(rows) < 8 else 300,
    )


def heard_by_all(timelines: "Sequence[Timeline]") -> "list[list[Segment]]":
    """Segments that every model heard, each with what all of them heard in it.

    Of a long recording a model leaves pauses out, by windows of its own: a short word in one may be
    a segment to one model and none to another.
    """
    by_time = [{(one.start_s, one.end_s): one for one in each.segments} for each in timelines]
    return [[own[at] for own in by_time] for at in by_time[0] if all(at in own for own in by_time)]


def _word(one: "Segment", least: float) -> str:
    share = one.probabilities[one.emotion]
    title = emotions.title(one.emotion)
    return f"{title} {share:.2f}" if share >= least else f"{NOT_SURE} ({title.lower()} {share:.2f})"
