"""Baselines of scikit-learn take a network's place: trained, scored and exported like one."""

from pathlib import Path

import numpy as np
import pytest

from ser_core import recipes
from ser_core.__main__ import main
from ser_core.errors import ModelError, ParameterError
from ser_core.features.statistics import Statistics
from ser_core.inference import Predictor
from ser_core.models import ARCHITECTURES
from ser_core.models.baseline import Baseline, Lesson
from ser_core.training.baselines import FittedBaseline
from ser_core.training.config import Recipe, override
from ser_core.training.examples import Examples
from ser_core.training.export import verify_baseline
from ser_core.training.targets import Targets, emotion_targets
from ser_core.training.trainer import Watch, fit, predict

RECIPES = {"svm": "svm", "random-forest": "random_forest", "linear": "linear"}
LABELS = ["neutral", "happy", "sad", "angry"]


def vectors(clips: int = 60, copies: int = 1) -> tuple[Examples, Targets]:
    """Five speakers; each emotion moves two of twelve features, which are far from standard."""
    rng = np.random.default_rng(0)
    classes = np.arange(clips) % 3
    versions = rng.normal(300, 20, (clips, 1 + copies, 12))
    for clip, emotion in enumerate(classes):
        versions[clip, :, 2 * emotion : 2 * emotion + 2] += 30
    versions = versions.astype(np.float32)
    speakers = np.array([f"{clip // 12:02}" for clip in range(clips)])
    examples = Examples({"features": list(versions)}, {"features": list(versions[:, :1])}, speakers)
    return examples, emotion_targets([LABELS[index] for index in classes], LABELS)


def quick(name: str) -> Recipe:
    return override(recipes.load(name), {"trees": 20} if name == "random-forest" else {})


@pytest.mark.parametrize("name", RECIPES)
def test_learns_from_training_clips_and_answers_with_probabilities(name: str) -> None:
    examples, targets = vectors()
    recipe, rows = quick(name), np.arange(60)
    heard: list[int] = []
    fitted = fit(
        examples,
        targets,
        rows[:36],
        rows[36:48],
        recipe,
        watch=Watch(on_epoch=lambda epoch: heard.append(epoch.number)),
    )
    (epoch,) = fitted.history
    assert heard == [1]
    assert epoch.accuracy > 0.9
    assert epoch.validation_uar > 0.7
    said = predict(fitted, examples, rows[48:])
    np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-5)
    assert (said.argmax(axis=1) == targets.emotions[48:]).mean() > 0.7
    assert said[:, 3].max() < 1e-5  # nobody was angry in training
    again = predict(fit(examples, targets, rows[:36], rows[36:48], recipe), examples, rows[48:])
    np.testing.assert_array_equal(said, again)


@pytest.mark.parametrize("name", RECIPES)
def test_onnx_gives_the_probabilities_of_scikit_learn(name: str, tmp_path: Path) -> None:
    import onnx
    import onnxruntime

    from ser_core.training.baselines import to_onnx

    examples, targets = vectors()
    rows = np.arange(60)
    fitted = fit(examples, targets, rows, rows[:0], quick(name))
    statistics, file = fitted.statistics["features"], tmp_path / "model.onnx"
    onnx.save(to_onnx(fitted.network, statistics, "features"), str(file))
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    features = np.concatenate(examples.versions["features"])
    (logits,) = session.run(["emotion"], {"features": features})
    wanted = fitted.network.classifier.predict_proba((features - statistics.mean) / statistics.std)
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax[:, :3], wanted, atol=1e-4)
    verify_baseline(fitted.network, statistics, "features", file)
    other = Statistics(statistics.mean + 5, statistics.std)
    with pytest.raises(ModelError, match="differs from the trained classifier"):
        verify_baseline(fitted.network, other, "features", file)


def test_sigmoids_are_fitted_on_speakers_who_were_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from ser_core.models import svm

    taken = []
    held_out = svm._held_out

    def note(lesson: Lesson, folds: int) -> object:
        splits = held_out(lesson, folds)
        taken.extend((lesson.groups[train], lesson.groups[held]) for train, held in splits)
        return splits

    monkeypatch.setattr(svm, "_held_out", note)
    examples, targets = vectors()
    fit(examples, targets, np.arange(48), np.arange(48, 60), quick("svm"))
    assert len(taken) == 4
    assert all(not {*train} & {*held} for train, held in taken)
    assert {*np.concatenate([held for _, held in taken])} == {"00", "01", "02", "03"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"epochs": 40},
            "training.epochs: svm learns from all clips at once; 1 is allowed, got 40",
        ),
        ({"optimiser": "sgd"}, "training.optimiser: svm .* has no use for it"),
        ({"batch_size": 64}, "training.batch_size: svm"),
        ({"label_smoothing": 0.3}, "training.label_smoothing: svm"),
        ({"init_from": "default"}, "training.init_from: svm"),
        ({"heads": ["gender"]}, "training.heads: svm says emotions only; leave out gender"),
        ({"augmentation": "d"}, "augmentation.batch: svm .* in no batches; leave out mixup"),
        ({"copies": 0}, "augmentation.copies: svm .* take 1 or more, got 0"),
        ({"c": 0}, "c: .*greater than 0"),
    ],
)
def test_what_means_nothing_to_it_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        override(recipes.load("svm"), changes)


def test_wrong_inputs_are_named() -> None:
    for name in RECIPES.values():
        made = ARCHITECTURES.create(name)
        with pytest.raises(ParameterError, match=f"features: {name} takes one vector.*got frames"):
            made.check({"features": (94, 40)}, {"emotion": 8})
        with pytest.raises(ParameterError, match="says emotions only, got emotion, gender"):
            made.check({"features": (9,)}, {"emotion": 8, "gender": 2})
        with pytest.raises(ParameterError, match="not a Keras network"):
            made.build({"features": (9,)}, {"emotion": 8})


def test_command_describes_it_without_keras(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "svm", "--emotions", "4"]) == 0
    printed = capsys.readouterr().out
    assert "Support vector machine (svm) on features (520,)" in printed
    assert "Gaussian kernel, C 10, gamma 0.00192, 6 pairs of emotions" in printed
    assert "depends on the clips" in printed
    assert main(["describe", "linear", "--emotions", "4"]) == 0
    assert "2,084 parameters" in capsys.readouterr().out
    made = ARCHITECTURES.create("linear")
    assert isinstance(made, Baseline)
    lesson = _lesson()
    fitted = FittedBaseline(made.learn(lesson), made, 3)
    facts = made.description({"features": (4,)}, {"emotion": 3})
    assert facts.parameters == fitted.count_params() == 15


def _lesson() -> Lesson:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(30, 4)).astype(np.float32)
    numbers = np.arange(30) % 3
    return Lesson(features, numbers, numbers, {0: 1.0, 1: 1.0, 2: 1.0}, 0)


def test_command_trains_saves_and_predicts(
    few_clips: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--folds", "3", "--set", "copies=1", "--set", "trees=30", "--set", "epochs=1"]
    options += ["--set", "validation_speakers=1", "--model", "forest"]
    assert main(["train", "random-forest", "--corpus", f"synthetic={few_clips}", *options]) == 0
    assert "all training clips learned at once" in capsys.readouterr().out
    predictor = Predictor.load("forest")
    assert predictor.card["architecture"] == "random_forest"
    assert predictor.card["made_of"].startswith("Random forest: 30 trees of ")
    assert "epochs" not in predictor.card["note"]
    said = predictor.predict_file(next(few_clips.rglob("*.wav")))
    assert sum(said.probabilities.values()) == pytest.approx(1)
    assert main(["export", "forest", "--format", "keras", "--out", "x.keras"]) == 1
    assert "no Keras network; take --format onnx" in capsys.readouterr().err
