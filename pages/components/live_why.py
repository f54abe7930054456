"""Why the model said so: the places its answer hangs on, to see, to hear and to check."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components import clip_view, tasks, theme
from pages.components.ab_player import Version, ab_player
from pages.components.live_input import Clip
from ser_core import emotions
from ser_core.jobs.tasks import Progress, runner

if TYPE_CHECKING:
    from ser_core.features.statistics import Statistics
    from ser_core.inference import Prediction, Predictor, Segment
    from ser_core.inference.saliency import Parts, Saliency

_SLOT = "live:why"  # session key of the last answers
_FIGURE = "live:why:figure"  # of the picture drawn last
_KEPT = 8  # of them, as of the ways in which each was taken apart
_MARGIN_S = 0.25  # of a long recording, drawn on both sides of what is explained
_HELP = (
    "The share of time and frequency that counts as marked: the places where silence costs the "
    "label most."
)
_HOW = (
    "Random parts of the sound are made silent, some hundred times, and the model is asked each "
    "time. Vermilion: the label would lose most if it were silent there; blue: it would gain. The "
    "parts are cut out of the trimmed and levelled sound that the model hears, before features "
    "are taken, so that what is played is what was tested. It says what this model goes by, which "
    "may be a habit of its corpus; it does not say what makes a voice sound so."
)


@dataclass
class _Asked:
    """A question and, once it is there, its answer; both live in the session alone."""

    mark: tuple[Any, ...]
    task: str = field(default_factory=lambda: f"page:why:{uuid.uuid4().hex}")
    found: "list[Saliency]" = field(default_factory=list)
    parts: "dict[tuple[str, float], Parts]" = field(default_factory=dict)


def why_view(
    predictor: "Predictor",
    clip: Clip,
    heard: "Callable[[], Prediction]",
    segment: "Segment | None" = None,
    speaker: "Statistics | None" = None,
) -> None:
    """An expander; nothing is computed before it is opened.

    Args:
        predictor: the model that was asked.
        clip: the recording, whose player is drawn elsewhere under the key "live".
        heard: gives what it heard in it.
        segment: the one in hand, of a long recording: its label is asked about, in its middle.
        speaker: how the speaker usually sounds, where it was told that.
    """
    expander = st.expander(
        "Why: what the answer hangs on", key="why", on_change="rerun", icon=":material/flare:"
    )
    if not expander.open:
        return
    with expander:
        prediction = heard()
        long = is_long(prediction)
        label_at, share_at, *window_at = st.columns(3 if long else 2, gap="medium")
        with label_at:
            label = _label((segment if long and segment else prediction).probabilities, clip.mark)
        with share_at:
            share = _share()
        window = _window(prediction, clip.mark, segment, window_at[0]) if long else None
        whose = b"" if speaker is None else speaker.mean.tobytes()
        asked = _asked((clip.mark, predictor.fingerprint(), window, whose))
        if not asked.found:
            _work(asked, predictor, clip, window, speaker)
        if asked.found:
            _answer(predictor, clip, asked, (label, share), speaker)


def forget() -> None:
    """Delete what was asked, with its sound and its picture."""
    for asked in st.session_state.pop(_SLOT, {}).values():
        runner().stop(asked.task)
    st.session_state.pop(_FIGURE, None)


def is_long(prediction: "Prediction") -> bool:
    """Whether a recording is explained window by window."""
    from ser_core.inference.saliency import MOST_WINDOWS

    return len(prediction.windows) > MOST_WINDOWS


def _label(shares: Mapping[str, float], mark: str) -> str:
    """The label that is explained; the one given until another is picked for this recording."""
    names = sorted(shares, key=lambda name: -shares[name])
    chosen = st.selectbox(
        "Why, or why not",
        names,
        format_func=lambda name: f"{emotions.title(name)} · {shares[name]:.2f}",
        key=f"why:label:{mark}:{names[0]}",
    )
    return str(chosen)


def _share() -> float:
    """The share of the plane that is marked."""
    percent = st.select_slider(
        "Marked", [5, 10, 15, 20, 30, 40, 50], 20, format_func=lambda n: f"{n} %", key="why:share",
        help=_HELP,
    )  # fmt: skip
    return int(percent) / 100


def _window(
    prediction: "Prediction", mark: str, segment: "Segment | None", place: DeltaGenerator
) -> int:
    """Which window of a long recording: that is the model's unit there."""
    windows = prediction.windows
    chosen = place.selectbox(
        "Where",
        range(len(windows)),
        index=_first_window(prediction, segment),
        format_func=lambda at: _window_words(windows[at]),
        key=f"why:window:{mark}:{len(windows)}:{segment.start_s if segment else ''}",
        help="A long recording is heard in windows, each for itself, and each is explained for "
        "itself: first the one in the middle of the segment that is chosen above; without any, "
        "the one in which the answer is most probable, of a stream that of its last segment.",
    )
    return int(chosen)


def _first_window(prediction: "Prediction", segment: "Segment | None") -> int:
    windows = prediction.windows
    places = range(len(windows))
    if segment is None:
        return max(places, key=lambda at: windows[at].probabilities[prediction.emotion])
    middle_s = segment.start_s + segment.end_s
    return min(places, key=lambda at: abs(windows[at].start_s + windows[at].end_s - middle_s))


def _window_words(window: Any) -> str:
    name = max(window.probabilities, key=lambda each: window.probabilities[each])
    share = window.probabilities[name]
    return f"{window.start_s:.1f}–{window.end_s:.1f} s · {emotions.title(name)} {share:.2f}"


def _asked(mark: tuple[Any, ...]) -> _Asked:
    """A question about the recording that is shown; those about others go with their sound."""
    known: dict[Any, _Asked] = st.session_state.setdefault(_SLOT, {})
    others = [each for each in known if each[0] != mark[0]]
    for old in others or list(known)[:-_KEPT]:
        runner().stop(known.pop(old).task)
    return known.setdefault(mark, _Asked(mark))


def _work(
    asked: _Asked,
    predictor: "Predictor",
    clip: Clip,
    window: int | None,
    speaker: "Statistics | None",
) -> None:
    """Start the work where it has not begun, and show how far it is."""
    if runner().snapshot(asked.task) is None:
        found = asked.found

        def work(progress: Progress) -> None:
            from ser_core.inference.saliency import explain

            sound = clip.waveform, clip.sampling_rate
            # Into the session, not into the runner, which all sessions share.
            found.append(explain(predictor, *sound, window, speaker=speaker, report=progress))

        runner().start(asked.task, "Asking the model about parts of the sound", work)
    snapshot = tasks.task_panel(asked.task)
    stuck = snapshot is not None and snapshot.state in ("failed", "stopped")
    if stuck and st.button("Try again", icon=":material/refresh:", key="why:again"):
        st.session_state[_SLOT].pop(asked.mark, None)
        st.rerun()


def _answer(
    predictor: "Predictor",
    clip: Clip,
    asked: _Asked,
    marked: tuple[str, float],
    speaker: "Statistics | None",
) -> None:
    """Picture, figures and sounds of the places that a label hangs on."""
    saliency, (label, share) = asked.found[0], marked
    figure = theme.kept(_FIGURE, saliency, marked, lambda: _figure(clip, saliency, label, share))
    alt = f"Places of the spectrogram that speak for and against {emotions.title(label)}"
    clip_view.picture(figure, "why", "live", alt)
    parts = _parts(predictor, asked, marked, speaker)
    st.markdown(words(saliency, parts, label, share))
    ab_player(_versions(saliency, parts, label), saliency.sound.sampling_rate, "why-player")
    st.caption(_HOW)


def _parts(
    predictor: "Predictor",
    asked: _Asked,
    marked: tuple[str, float],
    speaker: "Statistics | None",
) -> "Parts":
    if marked not in asked.parts:
        from ser_core.inference.saliency import take_apart

        asked.parts[marked] = take_apart(predictor, asked.found[0], *marked, speaker)
        for old in list(asked.parts)[:-_KEPT]:
            del asked.parts[old]
    return asked.parts[marked]


def words(saliency: "Saliency", parts: "Parts", label: str, share: float) -> str:
    """What becomes of the label without the marked part, without as much elsewhere, and by it."""
    before = saliency.probabilities[label]
    without, alone = parts.rest_says[label], parts.mattered_says[label]
    heard = max(parts.rest_says, key=lambda name: parts.rest_says[name])
    instead = f", and {emotions.title(heard)} is heard" if heard != label else ""
    name = emotions.title(label)
    return (
        f"**{name}** has a probability of **{before:.2f}**. Without the marked {100 * share:.0f} % "
        f"it is **{without:.2f}**{instead}; without as much at other times {parts.elsewhere:.2f} "
        f"on average. Of the marked part alone it is **{alone:.2f}**."
    )


def _versions(saliency: "Saliency", parts: "Parts", label: str) -> Sequence[Version]:
    return [
        Version("All of it", saliency.sound.voice, _says(saliency.probabilities, label)),
        Version("What mattered", parts.mattered, _says(parts.mattered_says, label)),
        Version("Everything else", parts.rest, _says(parts.rest_says, label)),
    ]


def _says(shares: dict[str, float], label: str) -> str:
    """What is heard, and what becomes of the label where that is another.

    >>> _says({"sad": 0.7, "happy": 0.3}, "happy")
    'Sad 0.70 · Happy 0.30'
    """
    best = max(shares, key=lambda name: shares[name])
    return " · ".join(f"{emotions.title(n)} {shares[n]:.2f}" for n in dict.fromkeys((best, label)))


def _figure(clip: Clip, saliency: "Saliency", label: str, share: float) -> Any:
    import numpy as np

    from ser_core import audio, figures
    from ser_core.features import LogMel, LogMelConfig

    log_mel = LogMel(LogMelConfig.parse({"floor_db": -100}))
    rate = log_mel.config.sampling_rate
    start_s, end_s = _shown(clip, saliency)
    ends = slice(round(start_s * clip.sampling_rate), round(end_s * clip.sampling_rate))
    stretch = audio.resample(clip.waveform[ends], clip.sampling_rate, rate)
    decibels = log_mel.extract(stretch, rate)
    hop_s, bands_hz = log_mel.config.hop_length / rate, log_mel.band_centres_hz()
    times_s = start_s + hop_s * np.arange(len(decibels), dtype=np.float64)
    added = saliency.at(label, times_s, bands_hz)
    least = saliency.least(label, share)
    title = emotions.title(label)
    return figures.saliency_figure(decibels, hop_s, bands_hz, added, least, title, start_s)


def _shown(clip: Clip, saliency: "Saliency") -> tuple[float, float]:
    """What the picture shows: a short clip as it is, of a long one what is explained (s)."""
    if saliency.start_s + saliency.sound.duration_s < clip.duration_s and clip.duration_s > 7.0:
        return (
            max(0.0, saliency.start_s - _MARGIN_S),
            min(clip.duration_s, saliency.end_s + _MARGIN_S),
        )
    return 0.0, clip.duration_s
