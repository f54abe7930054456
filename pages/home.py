"""Home: what is ready, and what is the next step?"""

from collections import Counter

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components import entry, layout, models, readiness
from pages.components.live_input import plain
from ser_core import paths
from ser_core.jobs.tasks import runner

_POLL_S = 0.5
_STATES = {"FINISHED": "finished", "RUNNING": "running", "FAILED": "failed", "KILLED": "stopped"}


def main() -> None:
    """State → guard → call → draw."""
    entry.through_app()
    layout.title_line("SER Studio", "Speech emotion recognition: hear, measure, compare")
    step = st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium")
    left, right = st.columns(2)
    corpora, usable = loading(left, "Corpora"), loading(left, "Models")
    runs, machine = loading(right, "Training runs"), right.container(border=True)
    # In the order of what they have to import, so that a fresh server shows something at once. Runs
    # come last: their thread imports MLflow, which slows down whatever is drawn meanwhile.
    with machine:
        show_machine()
    ready = readiness.models()
    with usable.container():
        show_models(ready)
    if ready:
        show_step(step, readiness.next_step([], ready))
    known = readiness.corpora(str(paths.home()))
    with corpora.container():
        show_corpora(known)
    if not ready:
        show_step(step, readiness.next_step(known, ready))
    with runs.container():
        show_runs()


def loading(place: DeltaGenerator, title: str) -> DeltaGenerator:
    """A box that says it is being filled, until it is."""
    inside = place.container(border=True).empty()
    inside.markdown(f"**{title}** · looking")
    return inside


def show_step(place: DeltaGenerator, step: readiness.Step) -> None:
    """The one primary action of the page."""
    with place:
        st.markdown(step.why, width="stretch")
        if st.button(step.button, type="primary", key="next_step"):
            st.switch_page(step.page)


def show_corpora(known: list[readiness.CorpusFacts]) -> None:
    """The corpora in the user's list."""
    st.markdown(f"**Corpora** · {len(known) or 'none yet'}")
    for corpus in known:
        st.markdown(_corpus_line(corpus))
    layout.go("pages/dataset.py", "Open Dataset" if known else "Download or open a corpus")
    layout.go("pages/augmentation.py", "Open Augmentation")


def _corpus_line(corpus: readiness.CorpusFacts) -> str:
    title = f"{':violet-badge[synthetic] · ' if corpus.synthetic else ''}{plain(corpus.title)}"
    if corpus.problem:
        return f":material/error: {title}: {plain(corpus.problem)}"
    if corpus.clips is None:
        return f"{title} · not read yet · {plain(corpus.root)}"
    speakers = f"{corpus.speakers:,} speakers" if corpus.speakers else "speakers unknown"
    size = f"{corpus.clips:,} clips · {speakers}"
    return f"{title} · {size} · {plain(corpus.root)}"


def show_models(ready: list[readiness.ModelFacts]) -> None:
    """The models that predictions can use."""
    st.markdown(f"**Models** · {len(ready) or 'none yet'}")
    for model in ready:
        st.markdown(models.facts(model.name, model.card))
    if ready:
        layout.go("pages/live.py", "Open Live")
    else:
        st.caption("Train one, or restore the shipped one in `assets/models/default`.")


def show_runs() -> None:
    """How many training runs there are, read in the background."""
    snapshot = readiness.runs()
    interval = _POLL_S if snapshot.running else None
    st.fragment(_runs, run_every=interval)(polled=interval is not None)
    with st.container(horizontal=True):
        layout.go("pages/training.py", "Open Training")
        layout.go("pages/comparison.py", "Open Comparison")


def _runs(polled: bool) -> None:
    snapshot = runner().snapshot(readiness.RUNS)
    if snapshot is None or (polled and not snapshot.running):
        st.rerun()
    if snapshot.running:
        st.markdown("**Training runs** · reading the run store")
    elif snapshot.state == "failed":
        st.markdown("**Training runs** · not readable")
        st.caption(plain(snapshot.error))
    else:
        st.markdown(f"**Training runs** · {len(snapshot.result) or 'none yet'}")
        st.caption(run_counts([run.status for run in snapshot.result]))


def run_counts(states: list[str]) -> str:
    """How many runs are in which state, in words.

    >>> run_counts(["FINISHED", "FINISHED", "KILLED"])
    '2 finished, 1 stopped'
    """
    if not states:
        return "A run appears here once something is trained."
    counts = Counter(_STATES.get(state, state.lower()) for state in states)
    return ", ".join(f"{count} {word}" for word, count in counts.most_common())


def show_machine() -> None:
    """What there is to compute with, and where things are kept."""
    found = readiness.machine()
    gpu = ", ".join(found.gpus) or "No NVIDIA GPU: training uses the CPU"
    st.markdown(f"**This machine** · {found.cores} cores · {found.memory_gb:.0f} GB memory")
    st.caption(
        f"{gpu}. Everything is kept in {plain(str(paths.home()))}, {found.free_gb:.0f} GB free."
    )


main()
