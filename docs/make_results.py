"""Writes `docs/results.md`: what every recipe scored, from the files in `docs/results/`."""

import json
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from docs.measured import Measured, ends, kept, reported_row, set_words, table, words_table
from ser_core import recipes
from ser_core.comparison.reported import reported
from ser_core.emotions import EMOTIONS

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("results.md")
CARD = ROOT / "assets" / "models" / "default" / "card.json"
SPLITS = {
    "stratified-kfold": "random clips",
    "stratified-holdout": "random clips, one split",
    "ravdess-20": "speakers apart",
    "speaker-independent": "speakers apart",
}
"""Protocols by what they keep apart, in the order of how kind they are."""
COMPARED = ("stratified-kfold", "ravdess-20")

INTRODUCTION = """# Results

What each recipe scored here, on the RAVDESS clips that were at hand: 2,033 clips of 20 speakers
(speech 1,200, song 833), eight emotions; no GPU, two cores. Guessing comes to a UAR of 0.125. Every
score stands with its split, because the split is worth more than most networks: **random clips**
(`stratified-kfold`) tests voices that were learned from and says nothing about new ones; **speakers
apart** (`ravdess-20`) does. What copies that are made before the split add on top stands in
[leaks.md](leaks.md), what each measure means in [evaluation.md](evaluation.md). Beside each score
is on how many clips of how many speakers it was tested: 1,200 are all speech clips, 240 a fifth of
them.

In brackets are 95 % bootstrap intervals over speakers. Budgets are smaller than the recipes' own
where the column "epochs" says so ("60 of 200"): it holds the most that a fold was given, and the
median of the epochs that validation clips chose. WAR of the folds is their mean ± their standard
deviation. No figure here was picked among several runs.

## Measured
"""
HEADS = (
    "recipe | split | UAR | WAR | macro F1 | clips of speakers | WAR of the folds | epochs, best | "
    "folds × seeds | parameters"
)
REPORTED_HEADS = "reported | scores | protocol and test | why it is kinder than it looks"
BRIEF = """## A few epochs: no claim

Too large for two cores, or too little time: these were trained for as many epochs as are named,
which shows that they run on real speech, and nothing about how good they get: 0.125 is a guess.
"Random clips, one split" is the protocol of their authors. Where the column "changed" says so, they
had less to learn from than the recipe asks for, too.
"""
GAP = """## What a random split adds

The same recipe and budget under both splits, tested on the same clips; how much higher random clips
come out. Numbers of training clips differ a little; [leaks.md](leaks.md) measures with equal ones.
"""
ABLATIONS = """## Ablations

One thing is changed, and beside it stands the same without the change, with the same clips, folds
and budget. Those of a few epochs show that the ablations run; that one is ahead of the other is no
finding.
"""
BY_CLASS = """Recipe `a` describes flips and saturation for sad and happy alone, to help them: the
preset `a-by-class`. A network takes a picture that was changed so for a sign of these two, and does
not find them in clips that are as they were recorded. That was seen on validation clips, so the
recipe was changed: here all emotions get both. Recall on the test clips:
"""
NOT_MEASURED = """## Not measured here

No claim is made about these, for which two cores had no time, and no row above says more than it
names; what their authors report stands below. "In full" is with all epochs of the recipe and all
folds. The IEMOCAP figures of `e` cannot be measured without that corpus.
"""
COMMANDS = """## Commands

`DIR` is the folder with RAVDESS. Each of these lines measures one row again:
"""
REPORTED = """## Reported elsewhere

Figures of others, not measured here, each as its document has it and under its own protocol. Goals
are those of `b` (WAR .89), `c` (.825) and `d` (above .84, as its document has it), under their
authors' own splits, which mix speakers. The figures of `e` on IEMOCAP cannot be measured without
that corpus, nor can those on RAVDESS, whose network learned from it.
"""
FOOTER = """
---

This page is written by `make docs`: words in `docs/make_results.py`, figures from `docs/results`,
where `docs/take_results.py` puts what a run came to, and from the shipped model's card.
"""


def page() -> str:
    """The whole page."""
    parts = [
        INTRODUCTION,
        measured(),
        shipped(),
        GAP,
        gaps(),
        *briefs(),
        *ablations(),
        NOT_MEASURED,
        not_measured(),
        REPORTED,
        words_table(REPORTED_HEADS, [reported_row(one) for one in reported()]),
        COMMANDS,
        commands(),
    ]
    return "\n".join(parts) + FOOTER


def runs() -> list[Measured]:
    """Runs of whole recipes: by recipe, the kinder split first."""
    return in_order(kept("run"))


def measured() -> str:
    """The table of all runs."""
    return table(HEADS, [row(run) for run in runs()])


def row(run: Measured) -> str:
    """One run."""
    folds = run["war_of_folds"]
    spread = f"{statistics.mean(folds):.3f} ± {statistics.stdev(folds):.3f}" if folds[1:] else "–"
    cells = [f"`{run['recipe']}`", SPLITS[run["protocol"]]]
    cells += [ends(run[name]) for name in ("uar", "war", "macro_f1")]
    cells += [tested(run), spread, epochs(run), f"{run['folds']} × {len(run['seeds'])}"]
    return " | ".join([*cells, f"{run['parameters']:,}" if "parameters" in run else "–"])


def tested(run: Measured) -> str:
    """On how many clips, and of how many speakers."""
    return f"{run['clips']:,} of {run['speakers']}"


def epochs(run: Measured) -> str:
    """How many epochs a fold had at most, of how many of the recipe, and the best one."""
    if "epochs" not in run:
        return "learned at once"
    whole = recipes.load(run["recipe"]).training.epochs
    given = f"{run['epochs']}" if run["epochs"] == whole else f"{run['epochs']} of {whole}"
    return f"{given}, {run['best_epoch']}"


def shipped() -> str:
    """What the card of the shipped model says."""
    card = json.loads(CARD.read_text(encoding="utf-8"))
    measured = {run["protocol"] for run in kept("run") if run["recipe"] == "studio"}
    words = (
        f"The shipped model, `studio`: UAR {ends(card['uar'])}, WAR {ends(card['war'])}, macro F1 "
        f"{ends(card['macro_f1'])} with speakers apart (`ravdess-20`), {len(card['folds'])} folds, "
        f"one seed, up to {card['recipe']['training']['epochs']} epochs, "
        f"{card['parameters']:,} parameters. These are the figures of its card of {card['date']}"
    )
    if "ravdess-20" not in measured:
        words += "; they were not measured again for this table"
    words += ". " if "stratified-kfold" in measured else "; its random split was not measured. "
    return words + touched(card) + "\n"


def touched(card: Measured) -> str:
    """What was looked at when the shipped recipe's settings were chosen."""
    words = "Some of its settings were chosen with a look at folds 1 and 2, so that these are "
    words += "slightly too kind"
    if "untouched_folds" not in card:
        return words + "."
    untouched = card["untouched_folds"]
    names = ", ".join(map(str, untouched["folds"]))
    return f"{words}; on folds {names}, which nobody looked at, its UAR is {untouched['uar']:.3f}."


def gaps() -> str:
    """How much higher random clips come out, where both splits were measured."""
    mixed, apart = ([run for run in runs() if run["protocol"] == kind] for kind in COMPARED)
    rows = [
        f"`{run['recipe']}` | {_more(other, run, 'uar')} | {_more(other, run, 'war')}"
        for run in apart
        for other in mixed
        if _same(run, other, ("recipe", "epochs", "clips", "speakers", "seeds"))
    ]
    return table("recipe | UAR | WAR", rows)


def _more(one: Measured, other: Measured, name: str) -> str:
    return f"{one[name]['value'] - other[name]['value']:+.3f}"


def _same(one: Measured, other: Measured, names: Iterable[str]) -> bool:
    return all(one.get(name) == other.get(name) for name in names)


def briefs() -> list[str]:
    """Runs of a few epochs; nothing where there are none."""
    found = in_order(kept("brief"))
    heads = "recipe | split | UAR | WAR | clips of speakers | epochs | folds | changed"
    rows = [" | ".join([*brief_cells(run), budget_words(run)]) for run in found]
    return [BRIEF, table(heads, rows)] if found else []


def brief_cells(run: Measured) -> list[str]:
    """A run's scores and budget."""
    whole = recipes.load(run["recipe"]).training.epochs
    scores = [ends(run[name]) for name in ("uar", "war")]
    budget = [f"{run['epochs']} of {whole}", f"{run['folds']}"]
    return [f"`{run['recipe']}`", SPLITS[run["protocol"]], *scores, tested(run), *budget]


def budget_words(run: Measured) -> str:
    """What was changed to make it cheaper, but for epochs and folds, which have a column each."""
    less = {key: value for key, value in run["changes"].items() if key not in ("epochs", "folds")}
    return ", ".join(LESS.get(key, f"`{key}={value}`") for key, value in less.items()) or "–"


LESS = {
    "versions": "one of its copies of a clip an epoch",
    "train_channels": "speech only",
    "test_channels": "tested on speech",
}


def ablations() -> list[str]:
    """What was changed in a recipe and what it came to, under what it is to be compared with."""
    found = kept("ablation")
    if not found:
        return []
    rows = []
    for base in in_order([*kept("brief"), *kept("run")]):
        names = ("recipe", "protocol", "folds", "clips", "seeds", "epochs")
        changed = [run for run in found if _same(run, base, names)]
        if changed:
            rows.append(" | ".join([*brief_cells(base), "as it is"]))
        rows += [" | ".join([*brief_cells(run), run["words"]]) for run in changed]
    heads = "recipe | split | UAR | WAR | clips of speakers | epochs | folds | changed"
    return [ABLATIONS, table(heads, rows), *by_class()]


def by_class() -> list[str]:
    """Recall of each emotion where steps for some emotions only are the ablation."""
    wanted = {"augmentation": "a-by-class"}
    changed = [run for run in kept("ablation") if run["changes"] == wanted]
    names = ("recipe", "protocol", "folds", "clips", "seeds", "epochs")
    pairs = [(base, run) for run in changed for base in kept("run") if _same(base, run, names)]
    rows = [
        f"{SPLITS[run['protocol']]} | {run.get('words', 'as it is')} | "
        + " | ".join(f"{run['recall'][emotion]:.2f}" for emotion in EMOTIONS)
        for pair in pairs
        for run in pair
    ]
    heads = " | ".join(["split", "changed", *EMOTIONS])
    return [BY_CLASS, table(heads, rows)] if pairs else []


def in_order(found: Iterable[Measured]) -> list[Measured]:
    """By recipe, the kinder split first."""
    order = list(SPLITS)
    return sorted(found, key=lambda run: (run["recipe"], order.index(run["protocol"])))


def not_measured() -> str:
    """The splits under which no run in full was kept, by recipe."""
    full = {(run["recipe"], run["protocol"]) for run in runs() if _in_full(run)}
    rows = []
    for name in recipes.names():
        splits = [SPLITS[kind] for kind in COMPARED if (name, kind) not in full]
        if splits:
            rows.append(f"- `{name}` in full: {', '.join(splits)}")
    return "\n".join(rows) + "\n"


def _in_full(run: Measured) -> bool:
    return "epochs" not in run or bool(run["epochs"] == recipes.load(run["recipe"]).training.epochs)


def commands() -> str:
    """What measures each row again."""
    found = [*runs(), *in_order(kept("brief")), *in_order(kept("ablation"))]
    return "\n".join(["```sh", *map(command, found), "```", ""])


def command(run: Measured) -> str:
    """What measures a row again."""
    several = {"seed": json.dumps(run["seeds"])} if run["seeds"] != [0] else {}
    return (
        f"python -m ser_core train {run['recipe']} --corpus ravdess=DIR --protocol "
        f"{run['protocol']}{set_words({**run['changes'], **several})}"
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
