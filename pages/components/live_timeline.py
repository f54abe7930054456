"""What is heard when in a recording: picture, segments to hear one by one, and files of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components import clip_view, live_corrections
from pages.components.emotion import chip
from pages.components.live_answer import NOT_SURE
from pages.components.live_input import Clip
from ser_core import emotions

if TYPE_CHECKING:
    from ser_core.inference import Segment
    from ser_core.inference.timeline_files import Timeline

_LINE = (
    "display:grid;grid-template-columns:7.5em 1fr 3em;gap:.6em;line-height:1.65;"
    "font-variant-numeric:tabular-nums"
)


def show(
    clip: Clip, timelines: "Sequence[Timeline]", key: str, least: float = 0.0
) -> "Segment | None":
    """Draw all of it below the answer.

    Args:
        clip: the recording, whose player is drawn elsewhere under the same key.
        timelines: what was heard in it, by the chosen model first; the files hold all of them.
        key: of the player; unique on the page.
        least: a label less probable than this is not given.

    Returns:
        The segment that was chosen in the table.
    """
    timeline = timelines[0]
    segments, windows = timeline.segments, timeline.windows
    clip_view.look(clip.waveform, clip.sampling_rate, key, clip.name, windows, segments)
    if not segments:
        return None
    st.markdown(summary(timeline))
    chosen = _table(timeline, key, least)
    if chosen is not None:
        _hear(clip, segments[chosen], key)
    _files(clip, timelines, key)
    return None if chosen is None else segments[chosen]


def show_last(segments: "Sequence[Segment]", least: float, most: int = 6) -> None:
    """The last segments in a line each, newest first, for a stream that goes on."""
    lines = "".join(
        f'<div role="listitem" style="{_LINE}"><span>{one.start_s:.1f}–{one.end_s:.1f} s</span>'
        f"<span>{_chip(one, least)}</span><span>{one.probabilities[one.emotion]:.2f}</span></div>"
        for one in list(segments)[: -most - 1 : -1]
    )
    named = 'role="list" aria-label="Segments heard, newest first"'
    st.html(f'<div {named} style="max-width:24rem">{lines}</div>')


def summary(timeline: "Timeline") -> str:
    """How much was said, and as what it was heard, in one line."""
    number = len(timeline.segments)
    shares = timeline.shares().items()
    parts = [f"{emotions.title(name)} {100 * share:.0f} %" for name, share in shares]
    return (
        f"**{number} {'segment' if number == 1 else 'segments'}** · speech "
        f"{timeline.speech_s():.1f} of {timeline.duration_s:.1f} s · of it {', '.join(parts)}"
    )


def _chip(segment: "Segment", least: float) -> str:
    given = segment.probabilities[segment.emotion] >= least
    return chip(segment.emotion) if given else NOT_SURE


def _word(segment: "Segment", least: float) -> str:
    title = emotions.title(segment.emotion)
    if segment.probabilities[segment.emotion] >= least:
        return title
    return f"{NOT_SURE} ({title.lower()})"


def _table(timeline: "Timeline", key: str, least: float) -> int | None:
    """The segments as rows; the one that was chosen."""
    rows = [
        {
            "from (s)": round(one.start_s, 1),
            "to (s)": round(one.end_s, 1),
            "emotion": _word(one, least),
            "probability": round(one.probabilities[one.emotion], 2),
            "how sure": one.sure,
        }
        for one in timeline.segments
    ]
    event: Any = st.dataframe(
        rows,
        key=f"{key}:segments",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        column_config={
            "from (s)": st.column_config.NumberColumn(format="%.1f"),
            "to (s)": st.column_config.NumberColumn(format="%.1f"),
            "probability": st.column_config.NumberColumn(format="%.2f"),
        },
        height="auto" if len(rows) < 8 else 300,
    )
    st.caption("Choose a row to hear it, or click in the picture to play from there.")
    chosen = event.selection.rows
    return chosen[0] if chosen and chosen[0] < len(rows) else None


def _hear(clip: Clip, segment: Any, key: str) -> None:
    """A player of one segment that starts at once; its label can be put right."""
    rate = clip.sampling_rate
    cut = clip.waveform[round(segment.start_s * rate) : round(segment.end_s * rate)]
    name = f"{clip.name} from {segment.start_s:.1f} to {segment.end_s:.1f} s"
    clip_view.play(cut, rate, f"{key}-segment", name, autoplay=True)
    alone = replace(clip, name=name, waveform=cut, mark=f"{clip.mark}-{segment.start_s:.2f}")
    live_corrections.view(alone, segment.emotion, list(segment.probabilities))


def _files(clip: Clip, timelines: "Sequence[Timeline]", key: str) -> None:
    """Buttons that save; each file is made when its button is pressed, and named by its models."""
    from ser_core import audio
    from ser_core.inference import timeline_files as files

    by = "+".join(one.model for one in timelines)
    makers: dict[str, tuple[str, str, Any]] = {
        "CSV": (f"segments-{by}.csv", "text/csv", lambda: files.to_csv(timelines)),
        "JSON": (f"timeline-{by}.json", "application/json", lambda: files.to_json(timelines)),
        "Audacity labels": (f"labels-{by}.txt", "text/plain", lambda: files.to_audacity(timelines)),
        "WAV": (
            "recording.wav",
            "audio/wav",
            lambda: audio.to_wav_bytes(clip.waveform, clip.sampling_rate),
        ),
    }
    with st.container(horizontal=True, gap="small", key=f"{key}_files"):
        for label, (name, mime, make) in makers.items():
            st.download_button(
                label,
                make,
                name,
                mime,
                key=f"{key}:file:{label}",
                on_click="ignore",
                icon=":material/download:",
            )
