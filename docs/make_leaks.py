"""Writes `docs/leaks.md`: what the leak meter does, and what it measured (`docs/results/`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from docs.measured import Measured, ends, kept, reported_row, set_words, table, words_table
from ser_core import recipes
from ser_core.comparison.reported import reported
from ser_core.models import Baseline
from ser_core.words import count

PAGE = Path(__file__).with_name("leaks.md")
INTRODUCTION = """# What a leaky split adds to a score

Copies of a clip that are made before a random split stand on both sides of it; so do speakers in
any random split of clips. Both make a score say more than is true of new voices. The leak meter
measures how much, for any recipe that makes copies ahead:

```sh
python -m ser_core leak-meter svm --corpus ravdess=DIR
python -m ser_core leak-meter d-mlp --corpus ravdess=DIR --folds 5 --seeds 0 1 2 --out leaks
```

It trains and tests the recipe three times over:

| split | copies of a tested clip learned from | speaker of a tested clip learned from |
|:--|:--|:--|
| copies made before a random split | yes | yes |
| random split of clips, each with its copies | no | yes |
| speakers kept apart | no | no |

Everything else is the same:

- The same clips, those of the channels that the recipe is tested on, and the same copies of them,
  features and network. A clip and each of its copies is a row of its own.
- The same number of training rows in every fold of every split: the least that any of them leaves,
  drawn at random where there are more.
- The same budget: all epochs of the recipe, each over all of these rows, the last one kept. No
  validation clips pick an epoch, so early stopping and a learning rate that falls on a plateau play
  no part.
- Every clip is tested once for each seed, and so is every copy. The score on clips as they are is
  the one to compare; the one with their copies shows what testing on copies would report. A seed
  draws the splits and the network; copies are those of the recipe's own seed.
- Intervals are 95 % bootstrap over speakers; of several seeds, a speaker's clips of all are drawn
  together.

`train` keeps a clip's copies in the training fold under every protocol, unless a recipe is to
repeat an original's fault (`faults.copies_before_split`), of which its scores then say that they
leak. Where some fold tests an emotion that it learns nothing of, as one that a single speaker
shows, the leak meter refuses to begin: speakers kept apart would score too low.

Each fold is kept in `SER_HOME/runs/leak-meter` when it is done. Stop it (Ctrl-C) and give the same
command again, and it goes on with the fold that it was at. There lie `leak-meter.json`,
`leak-meter.md` and `predictions.csv` at the end, and in `--out DIR` too.

## Measured

On the speech clips of RAVDESS that were at hand: 1,200 of 20 speakers, eight emotions, four copies
of each. Guessing comes to a UAR of 0.125. "Too much" is what a split shows above speakers kept
apart, on clips as they are. Recipes that are not in a table below were not measured.
"""
REPORTED = """### Beside what was reported

Figures of the reference systems' authors, with other networks, clips and budgets. What can be set
beside them is how far the splits lie apart, not the scores: those of recipe `d` lie .19 of WAR
apart for speakers alone.
"""
REPORTED_KEYS = ("b", "c", "d-mixed", "d-apart", "compare-svm-mixed", "compare-svm")
FOOTER = """
---

This page is written by `make docs`: words in `docs/make_leaks.py`, figures from `docs/results`,
where `docs/take_results.py` puts what the leak meter wrote.
"""
HEADS = (
    "split | UAR, clips as they are | too much | UAR, with their copies | WAR, clips as they are"
)


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *map(section, kept("leaks")), beside()]) + FOOTER


def beside() -> str:
    """What others reported of splits that leak, and of those that do not."""
    found = {one.key: one for one in reported()}
    rows = [reported_row(found[key]) for key in REPORTED_KEYS]
    heads = "reported | scores | protocol and test | why it is kinder than it looks"
    return f"{REPORTED}\n{words_table(heads, rows)}"


def section(found: Measured) -> str:
    """One recipe: its table, how it came about, and the command."""
    *_, apart = found["arms"]
    rows = [row(arm, apart) for arm in found["arms"]]
    return "\n".join(
        [
            f"### `{found['recipe']}`\n",
            table(HEADS, rows),
            f"{manner(found)}\n",
            f"```sh\n{command(found)}\n```\n",
        ]
    )


def row(arm: Measured, apart: Measured) -> str:
    """One split, and how far it lies above speakers kept apart."""
    more = arm["originals"]["uar"]["value"] - apart["originals"]["uar"]["value"]
    cells = [arm["title"], ends(arm["originals"]["uar"]), "" if arm is apart else f"{more:+.3f}"]
    return " | ".join([*cells, ends(arm["with_copies"]["uar"]), ends(arm["originals"]["war"])])


def manner(found: Measured) -> str:
    """What has to be said with the figures."""
    rows, seeds = found["arms"][0]["training_rows"], len(found["seeds"])
    at_once = isinstance(recipes.load(found["recipe"]).network(), Baseline)
    budget = "all rows at once" if at_once else count(found["epochs"], "epoch")
    fewer = f" {found['note']}" if found.get("note") else ""
    return (
        f"{found['folds']} folds, {seeds} seed{'s' * (seeds > 1)}, {rows:,} training rows a fold, "
        f"{budget}; {found['date']}.{fewer}"
    )


def command(found: Measured) -> str:
    """What measures it again."""
    folds = "" if found["folds"] == 5 else f" --folds {found['folds']}"
    seeds = " ".join(str(seed) for seed in found["seeds"])
    seeds = "" if seeds == "0" else f" --seeds {seeds}"
    return (
        f"python -m ser_core leak-meter {found['recipe']} --corpus ravdess=DIR{folds}{seeds}"
        f"{set_words(found['changes'])}"
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
