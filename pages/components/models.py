"""The models that pages predict with, and what their cards say."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components import layout, live_voice_words, state, theme
from pages.components.emotion import show_bars
from pages.components.live_input import plain
from ser_core.errors import ModelError

if TYPE_CHECKING:
    from ser_core.inference import Predictor

Card = Mapping[str, Any]


def names() -> list[str]:
    """Models that can be used, the shipped one first."""
    from ser_core.inference import list_models

    return list_models()


def predictor(name: str) -> "Predictor":
    """One predictor for all sessions; it may be called from several at once.

    Raises:
        UnknownNameError: no such model.
        ModelError: the model file is damaged, or the model cannot listen here.
    """
    from ser_core.inference.model_file import find_model

    files = sorted(find_model(name).path.glob("[!.]*"))  # network, card, voice stage
    return _opened(name, tuple((file.name, file.stat().st_mtime_ns) for file in files))


# Many, as answers are kept by the object: users who listen to different models must not take turns.
@st.cache_resource(show_spinner="Loading the model", max_entries=16)
def _opened(name: str, files: tuple[tuple[str, int], ...]) -> "Predictor":
    """A model of which a file was written again, or added, is opened again."""
    from ser_core.inference import Predictor
    from ser_core.inference.model_check import check_hearing
    from ser_core.inference.model_file import DEFAULT

    del files
    found = Predictor.load(name)
    if name != DEFAULT:  # the shipped one needs nothing that may be missing
        check_hearing(found)
    return found


def choose() -> "Predictor":
    """The model to predict with, chosen in the sidebar where there are several.

    Raises:
        SerError: there is none, or the one chosen cannot be used.
    """
    known = names()
    if not known:
        raise ModelError("There is no model yet.")
    chosen = state.keep(state.MODEL, known[0])
    if chosen not in known:
        chosen = st.session_state[state.MODEL] = known[0]
    if len(known) > 1:
        chosen = st.sidebar.selectbox("Model", known, key=state.MODEL)
    return predictor(chosen)


def no_model(what: str) -> None:
    """Say that nothing can be predicted, and how to get a model."""
    st.info(
        f"{plain(what)} Restore the shipped one in `assets/models/default`, or train one:",
        icon=":material/model_training:",
    )
    layout.go("pages/training.py", "Train a model")
    st.code("python -m ser_core train studio --corpus ravdess=FOLDER --model NAME", language="bash")


def score(card: Card) -> str:
    """A model's score, and of whom it is: one of known voices is no match for one of strangers.

    >>> score({"uar": {"value": 0.9, "low": None, "high": None}, "speakers_apart": False})
    'UAR 0.90 (no interval) on speakers it may know'
    """
    whom = "unseen speakers" if card.get("speakers_apart", True) else "speakers it may know"
    return f"UAR {interval(card['uar'])} on {whom}"


def facts(name: str, card: Card) -> str:
    """Title, corpus and score of a model in one line; its name where it has no card."""
    if not card:
        return f"**{name}** · no model card, so nothing is known of how well it hears"
    parts = [f"**{card['title']}**", card["corpus"]]
    parts.append(score(card))
    lost = sum(left_out(card).values())
    if lost:
        parts.append(f"{lost:,} {'clip' if lost == 1 else 'clips'} left out")
    return " · ".join(parts)


def left_out(card: Card) -> Mapping[str, int]:
    """Clips that a card's scores are not about, by reason; none where the card does not say."""
    found: Mapping[str, int] = card.get("left_out") or {}
    return found


def left_out_words(card: Card) -> str:
    """The same as a sentence; empty where no clip was left out.

    >>> left_out_words({"left_out": {"label 'xxx' is not mapped to an emotion": 2_507}})
    "Left out: 2,507 clips (label 'xxx' is not mapped to an emotion)."
    """
    parts = [
        f"{count:,} {'clip' if count == 1 else 'clips'} ({reason})"
        for reason, count in left_out(card).items()
    ]
    return f"Left out: {', '.join(parts)}." if parts else ""


def label_words(card: Card) -> str:
    """What published labels counted as in training and scores; empty where all stayed as they are.

    >>> iemocap = {"sad": "sad", "excited": "happy", "oth": ""}
    >>> label_words({"label_map": {"name": "", "map": iemocap, "only_these": False}})
    'Labels: excited counts as happy; oth is left out.'
    >>> label_words({"label_map": {"name": "mine", "map": {"sad": "sad"}, "only_these": True}})
    'Labels (mine): all but sad are left out.'
    """
    chosen = card.get("label_map") or {}
    pairs: Mapping[str, str] = chosen.get("map") or {}
    said = [f"{label} counts as {to}" for label, to in pairs.items() if to and to != label]
    said += [f"{label} is left out" for label, to in pairs.items() if not to]
    if chosen.get("only_these"):
        said.append(f"all but {', '.join(label for label, to in pairs.items() if to)} are left out")
    if not said:
        return ""
    name = f" ({chosen['name']})" if chosen.get("name") else ""
    return f"Labels{name}: {'; '.join(said)}."


def interval(score: Mapping[str, float | None]) -> str:
    """A score with its interval; a dash where a number is not known.

    >>> interval({"value": 0.661, "low": 0.625, "high": None})
    '0.66 [0.62, –]'
    >>> interval({"value": 0.661, "low": None, "high": None})
    '0.66 (no interval)'
    """
    value, low, high = (_number(score[part]) for part in ("value", "low", "high"))
    return (
        f"{value} [{low}, {high}]" if {low, high} != {_number(None)} else f"{value} (no interval)"
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def card_expander(model: "Predictor") -> None:
    """The model card, drawn only while it is open."""
    if not model.card:
        return
    title = f"Model card: {model.card['title']}"
    expander = st.expander(title, key="card", on_change="rerun", icon=":material/description:")
    if expander.open:
        with expander:
            show_card(model.card)


def show_card(card: Card) -> None:
    """Everything a reader needs to judge a model: scores, how they were made, limits, licence."""
    left, right = st.columns([5, 4], gap="large")
    with left:
        _scores(card)
        _facts(card)
    with right:
        _confusion(card)
    for heading, key in (("Limits", "limits"), ("Responsible use", "responsible_use")):
        st.markdown(f"**{heading}**\n" + "".join(f"\n- {line}" for line in card[key]))


def _scores(card: Card) -> None:
    rows = [("UAR (mean recall of the classes)", "uar"), ("WAR (share of clips right)", "war")]
    rows.append(("Macro F1", "macro_f1"))
    lines = "".join(f"\n| {word} | {interval(card[key])} |" for word, key in rows)
    st.markdown(f"| {card['protocol']} | {card['interval']} |\n|:--|:--|{lines}")
    st.caption(f"{card['clips']:,} clips. {card['note']}")
    for words in (left_out_words(card), label_words(card)):
        if words:
            st.caption(plain(words))
    if card.get("calibration"):
        st.caption(plain(calibration_words(card["calibration"])))
    if card.get("voice"):
        st.caption(f"With the speaker's own voice. {plain(live_voice_words.worth(card['voice']))}")
    if "untouched_folds" in card:
        st.caption(untouched_words(card["untouched_folds"]))
    folds = "".join(_fold_row(number, fold) for number, fold in enumerate(card["folds"], start=1))
    head = "| Fold | Speakers tested on | Validation speakers | UAR | WAR |\n|--:|:--|:--|--:|--:|"
    st.markdown(head + folds)


def _fold_row(number: int, fold: Mapping[str, Any]) -> str:
    tested, validation = (", ".join(map(str, fold[part])) for part in ("test", "validation"))
    return f"\n| {number} | {tested} | {validation} | {fold['uar']:.2f} | {fold['war']:.2f} |"


def calibration_words(learned: Mapping[str, Any]) -> str:
    """What probabilities are worth before and after they are tempered.

    >>> score = {"value": 0.08, "low": 0.05, "high": 0.12}
    >>> better = {"value": 0.03, "low": 0.02, "high": 0.05}
    >>> calibration_words({"temperature": 0.7, "ece_before": score, "ece_after": better})
    'Calibrated by a temperature of 0.70: expected calibration error 0.08 [0.05, 0.12] before, \
0.03 [0.02, 0.05] after, each speaker by the temperature of the others.'
    >>> calibration_words({"temperature": 1.0, "ece_before": score, "speakers": 1})
    'Not calibrated, which takes several speakers: expected calibration error 0.08 [0.05, 0.12].'
    """
    before = interval(learned["ece_before"])
    if learned.get("speakers") == 1:
        return (
            "Not calibrated, which takes several speakers: expected calibration error "
            f"{before.removesuffix(' (no interval)')}."
        )
    after = interval(learned["ece_after"])
    words = (
        f"Calibrated by a temperature of {learned['temperature']:.2f}: expected calibration error "
        f"{before} before, {after} after, each speaker by the temperature of the others."
    )
    return f"{words} {learned['source']}" if "source" in learned else words


def untouched_words(untouched: Mapping[str, Any]) -> str:
    """What the folds say on whose speakers no setting was chosen.

    >>> untouched_words({"folds": [3, 4, 5], "uar": 0.6315})
    'Settings were chosen on speakers of the other folds; folds 3, 4, 5 alone: UAR 0.63.'
    """
    numbers = ", ".join(map(str, untouched["folds"]))
    folds = f"{'fold' if len(untouched['folds']) == 1 else 'folds'} {numbers}"
    score = f"UAR {_number(untouched['uar'])}"
    return f"Settings were chosen on speakers of the other folds; {folds} alone: {score}."


def _facts(card: Card) -> None:
    st.markdown(
        f"- Trained on: {card['corpus']}, {card['training']}; {card['date']}\n"
        f"- {seeds_words(card['seeds'])}\n"
        f"- Network: {card['architecture']}, {card['parameters']:,} parameters\n"
        f"- Licence: {card['licence']}\n"
        f"- Source of the speech: {card['citation']}"
    )


def seeds_words(seeds: Sequence[int]) -> str:
    """Which random seeds the scores are from.

    >>> seeds_words([0]), seeds_words([0, 1])
    ('Seed: 0', 'Seeds: 0, 1')
    """
    return f"{'Seed' if len(seeds) == 1 else 'Seeds'}: {', '.join(map(str, seeds))}"


def _confusion(card: Card) -> None:
    from ser_core import figures

    st.markdown("**Recall**", help="Share of the clips of an emotion that were heard as it")
    show_bars(card["recall"], label="Recall of each emotion", ranked=False)
    st.markdown("**What is taken for what** (% of each row)")
    confusion = card["confusion"]
    theme.plot(
        figures.confusion_figure(confusion["labels"], confusion["counts"]),
        key="card:confusion",
        alt="Confusion matrix of the model: rows are acted emotions, columns are heard ones",
    )
