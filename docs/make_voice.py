"""Writes `docs/voice.md`: what knowing a voice is worth, from the files in `docs/results/voice/`.

python -m ser_core voice RUN --corpus ravdess=DIR --json > docs/results/voice/NAME.json
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from docs.measured import Measured, ends, table

FOLDER = Path(__file__).with_name("results") / "voice"
PAGE = Path(__file__).with_name("voice.md")
OTHER_SENTENCES = "only sentences other than the one tested"

INTRODUCTION = """# Your voice

A model is wrong most often about voices unlike those it learned from: it takes what is ordinary for
somebody for a feeling. With about ten seconds of ordinary speech, answers go by how somebody
ordinarily sounds. On the Live page that is *Your voice*; in a program:

```python
from ser_core import audio
from ser_core.inference import Predictor

predictor = Predictor.load()
if predictor.can_know_voices:
    voice = predictor.enrol([audio.load("ordinary.wav")])  # one recording or several
    predictor = predictor.knowing(voice)
print(predictor.predict_file("speech.wav").emotion)
```

`predict --voice ordinary.wav` does so on the command line. A predictor that knows a voice is one
like any other: streams, segments, several models, changed versions and *Why* all go by it. A window
of 3 s takes some 8 ms more. Without a voice, every answer is what it was, to the last bit.

## How it works

A small stage beside the network (`voice.onnx` in the model's folder) hears, of each window,

- the network's logits, and
- 80 functionals: mean, deviation, step and percentiles of 20 MFCC, and pitch in semitones, with
  voicing; none depends on the level of the recording
  ([voice_functionals.py](../ser_core/inference/voice_functionals.py)),

each less what sets the speaker apart: the mean over her or his ordinary speech, less the same mean
over the training speakers. Ten seconds are little, so only means are taken, no deviations, and they
are trusted by length: *t* seconds of speech take away *t* / (*t* + *h*) of the difference, the rest
stays as in the corpus. What lies further than two standard deviations of the training speakers is
taken for the recording, not the voice, and stays. A multinomial logistic regression does the rest.
It starts from the network's own answer, and what it adds to that is penalised by its squared
weights, so that a good network is left as it is without need. Probabilities are tempered as a
network's are ([evaluation.md](evaluation.md)), and "sure" has bounds of its own.

It is fitted on what the networks of a run's folds said of speakers they had never heard, by each
group of a speaker's neutral clips in turn, always on clips with other words than those enrolled.

## How it is measured

One command, for any run that kept the networks of its folds:

```sh
python -m ser_core train studio --corpus ravdess=DIR --protocol ravdess-20 --keep-folds --model NAME
python -m ser_core voice RUN --corpus ravdess=DIR --model NAME
```

Every test speaker enrols with the neutral clips of repetition 1 and is tested on all clips of
repetition 2, with and without; none of the tested clips was enrolled with. The fold's network never
heard the speaker; the stage is fitted to the other folds' speakers, and *h* and penalty are chosen
among these alone, by inner folds. Corpora without repetitions enrol with the first 10 s of neutral
clips. With `--model` the outcome goes into the model's card, and the stage beside its network, but
only where the interval of the difference lies above 0: what does not clearly help is not offered.

Two things are left. The form of the stage (which functionals, that it starts from the network's
answer) was chosen with a look at test speakers: at all of them with an MLP, at those of the first
three folds with the house model; so was the limit of two deviations beyond which nobody is taken to
be from other speakers, with the linear model. No half-life and no penalty was. And what the stage
learned from was said by networks that had heard the tested speaker's own clips in their training,
as in any stacking. They said it of others, of whom the stage learns some hundred weights; what
could carry over is next to nothing.

## What it is worth
"""
HEADS = "fold networks of | without | with | difference | the stage without a voice"
OTHERWISE = """In brackets: 95 % bootstrap intervals over speakers; the difference is paired by
speaker, in points of UAR. The last column is the same stage, fitted and chosen without any voice:
what the functionals bring by themselves.

## What users do otherwise

The same clips are tested, UAR in points against enrolling as above.
"""
LIMITS = """- **Somebody else's voice** undoes what the right one brings, or more: delete it when
  another speaks, or switch it off.
- **Mood matters**: who enrols calm is measured against that. Speak as you usually do.
- The words need not be the same as those that are heard later, and one sentence goes most of the
  way.
- **Enrol as you will be heard**: with the same microphone, in the same room. Through a telephone it
  brings less; noise on one side only undoes it, or does harm.
- All of this is acted speech from one studio.
- Neutral is what gains most: its clips are told from calm and sad ones by being like the
  enrolled ones. Recalls are in the model's card.

## My recordings

Under an answer of the Live page, *Put it right* saves the recording with the emotion that is
chosen, in `SER_HOME/recordings`, a folder an emotion: a corpus like any other, at the end of the
list on the Dataset page. *My recordings* plays and deletes them, one or all. On a server that
others use, everybody who can open the app can hear them, and the page says so. From there the
chosen model is [trained further with them](live.md#training-further-with-my-recordings).

What was enrolled for *Your voice* is not among them: it stays in the session's memory, and is gone
with the session or the *Delete* button. *Save as a file* gives it to the browser, to be uploaded
the next time.
"""


def page() -> str:
    """All of `docs/voice.md`."""
    found = {file.stem: _read(file) for file in sorted(FOLDER.glob("*.json"), reverse=True)}
    parts = [INTRODUCTION, table(HEADS, [row(each) for each in found.values()])]
    parts += [_about(list(found.values())), OTHERWISE, others(list(found.values())), LIMITS]
    return "\n".join(parts)


def _read(file: Path) -> Measured:
    document: Measured = json.loads(file.read_text(encoding="utf-8"))
    return document


def row(found: Measured) -> str:
    """One run."""
    arms = [ends(found[arm]["uar"]) for arm in ("without", "with")]
    return " | ".join(
        [f"`{found['recipe']}`", *arms, points(found["difference"]), ends(found["alone"]["uar"])]
    )


def _about(found: list[Measured]) -> str:
    """What the rows are about: said once where it is the same of all."""
    said: dict[str, list[str]] = {}
    for each in found:
        words = (
            f"UAR on {each['clips']} clips of {each['speakers']} speakers of RAVDESS, each known "
            f"by {each['voice_s']:.1f} s of speech (median, silence around it not counted); "
            f"protocol `ravdess-20`, one seed, {each['date']}."
        )
        said.setdefault(words, []).append(f"`{each['recipe']}`")
    if len(said) > 1:
        said = {f"{', '.join(whose)}: {words}": [] for words, whose in said.items()}
    return "\n\n".join(said) + "\n"


def points(change: Measured) -> str:
    """A difference in points, with its interval.

    >>> points({"value": 0.0613, "low": 0.04, "high": 0.0822})
    '+6.1 [+4.0, +8.2]'
    """
    value, low, high = (100 * change[part] for part in ("value", "low", "high"))
    return f"{value:+.1f} [{low:+.1f}, {high:+.1f}]"


def others(found: list[Measured]) -> str:
    """Other ways to enrol, a column a run."""
    heads = " | ".join(["enrolled with", *(f"`{each['recipe']}`" for each in found)])
    rows = []
    for words in [each["words"] for each in found[0]["variants"]]:
        cells = []
        for run in found:
            same = [each for each in run["variants"] if each["words"] == words]
            cells.append(f"{same[0]['uar']:.3f}, {points(same[0]['change'])}" if same else "")
        rows.append(" | ".join([words, *cells]))
    return table(heads, rows)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
