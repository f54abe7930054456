"""Chains draw, replay, and are kept as TOML; the presets are what the recipes describe."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

from ser_core.audio import Waveform
from ser_core.augment import (
    AUGMENTERS,
    BatchChain,
    Chain,
    ChainConfig,
    DrawnStep,
    Step,
    generator,
    load_chain,
    presets,
    replay,
    save_chain,
)
from ser_core.augment.chain_file import chain_toml
from ser_core.emotions import EMOTIONS
from ser_core.errors import ParameterError, UnknownNameError

RATE = 16_000
GAIN = Step(name="gain", settings={"min_gain_db": -6, "max_gain_db": -3})
NOISE = Step(name="noise", probability=0.5)
SHIFT = Step(name="time_shift", settings={"edge": "roll"})


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_chain_is_its_steps_one_after_another(speech: Waveform) -> None:
    chain = Chain(ChainConfig(waveform=(GAIN, SHIFT)))
    drawn = chain.draw(rng())
    assert [step.name for step in drawn] == ["gain", "time_shift"]
    expected = speech
    for step in drawn:
        augmenter = AUGMENTERS.create(step.name, **step.settings)
        expected = augmenter.apply(expected, RATE, step.draw)
    np.testing.assert_array_equal(chain.apply(speech, RATE, drawn), expected)


def test_a_drawn_chain_replays_from_json_without_the_chain(speech: Waveform) -> None:
    chain = Chain(presets.load("d"))
    drawn = chain.draw(rng(3))
    text = json.dumps([step.document() for step in drawn])
    again = [DrawnStep(**document) for document in json.loads(text)]
    np.testing.assert_array_equal(replay(speech, RATE, again), chain.apply(speech, RATE, drawn))


def test_a_step_draws_the_same_whatever_others_there_are() -> None:
    names = ("noise", "gain", "speed", "gain")
    whole = Chain(ChainConfig(waveform=tuple(Step(name=name) for name in names))).draw(rng(4))
    for kept in ((1, 2, 3), (2, 1, 3), (0, 2)):
        steps = tuple(Step(name=names[place]) for place in kept)
        drawn = Chain(ChainConfig(waveform=steps)).draw(rng(4))
        assert [step.draw for step in drawn] == [whole[place].draw for place in kept]
    assert whole[1].draw != whole[3].draw

    features = [Step(name="brightness"), Step(name="mixup")]
    (alone,) = BatchChain(features[1:]).draw((8, 50, 40), rng(4))
    np.testing.assert_array_equal(
        BatchChain(features).draw((8, 50, 40), rng(4))[1].draw["kept"], alone.draw["kept"]
    )


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    chain = Chain(ChainConfig(waveform=(NOISE, GAIN)))
    assert chain.draw(rng(1)) == chain.draw(rng(1))
    assert chain.draw(rng(1)) != chain.draw(rng(2))


def test_steps_act_as_often_as_their_chance() -> None:
    chain = Chain(ChainConfig(waveform=(NOISE, GAIN)))
    draws = rng()
    places = [[step.place for step in chain.draw(draws)] for _ in range(400)]
    assert all(place[-1] == 1 for place in places)
    assert sum(len(place) == 2 for place in places) / 400 == pytest.approx(0.5, abs=0.07)


def test_one_step_alone_is_chosen_by_weight() -> None:
    weighted = GAIN.model_copy(update={"probability": 0.25})
    chain = Chain(ChainConfig(use="one", waveform=(weighted, SHIFT)))
    draws = rng()
    names = [step.name for _ in range(400) for step in chain.draw(draws)]
    assert len(names) == 400
    assert names.count("gain") / 400 == pytest.approx(0.2, abs=0.06)
    never = GAIN.model_copy(update={"probability": 0.0})
    assert Chain(ChainConfig(use="one", waveform=(never,))).draw(rng()) == []


def test_steps_take_turns_from_copy_to_copy() -> None:
    chain = Chain(ChainConfig(use="turns", waveform=(GAIN, SHIFT, Step(name="clipping"))))
    names = [[step.name for step in chain.draw(rng(), copy=copy)] for copy in range(4)]
    assert names == [["gain"], ["time_shift"], ["clipping"], ["gain"]]
    assert Chain(ChainConfig(use="turns")).draw(rng()) == []


def test_some_emotions_get_more() -> None:
    only = SHIFT.model_copy(update={"classes": ("sad", "happy")})
    chain = Chain(ChainConfig(waveform=(GAIN, only)))
    assert [len(chain.draw(rng(), emotion)) for emotion in ("sad", "angry", None)] == [2, 1, 1]


def test_a_chain_leaves_the_waveform_as_it_was(speech: Waveform) -> None:
    before = speech.copy()
    chain = Chain(presets.load("d"))
    chain.apply(speech, RATE, chain.draw(rng()))
    np.testing.assert_array_equal(speech, before)
    assert chain.apply(speech, RATE, []) is speech


@pytest.mark.parametrize(
    ("steps", "error", "message"),
    [
        ({"waveform": [{"name": "mixup"}]}, ParameterError, "mixup is of another kind; waveform"),
        ({"batch": [{"name": "gain"}]}, ParameterError, "gain is of another kind; batch steps are"),
        ({"waveform": [{"name": "gian"}]}, UnknownNameError, "'gian' is not known.*mean gain"),
        (
            {"waveform": [{"name": "gain", "settings": {"max_gain_db": 99}}]},
            ParameterError,
            "GainConfig.max_gain_db: .*less than or equal to 60",
        ),
    ],
)
def test_steps_that_cannot_be_are_refused(
    steps: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Chain(ChainConfig.parse(steps))


def test_draws_are_keyed_by_all_that_they_are_for() -> None:
    keys = [(0, 1, 2, b"clip"), (0, 1, 3, b"clip"), (0, 2, 2, b"clip"), (0, 1, 2, b"other")]
    first = [generator(*key).integers(2**60) for key in keys]
    assert len({*first, generator(1, 1, 2, b"clip").integers(2**60)}) == 5
    assert first == [generator(*key).integers(2**60) for key in keys]
    assert generator(0, np.int64(1)).integers(2**60) == generator(0, 1).integers(2**60)


# Batches


def examples() -> tuple[np.ndarray, np.ndarray]:
    return rng(1).random((16, 20, 30, 3), np.float32), np.eye(8, dtype=np.float32)[
        np.arange(16) % 8
    ]


def test_a_batch_chain_is_its_steps_one_after_another() -> None:
    batch, targets = examples()
    steps = (Step(name="brightness"), Step(name="mixup"))
    chain = BatchChain(steps)
    drawn = chain.draw(batch.shape, rng())
    out, out_targets = chain.apply(batch, targets, drawn)
    brighter, _ = AUGMENTERS.create("brightness").apply(batch, targets, drawn[0].draw)
    expected, expected_targets = AUGMENTERS.create("mixup").apply(brighter, targets, drawn[1].draw)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(out_targets, expected_targets)
    np.testing.assert_array_equal(batch, examples()[0])
    json.dumps([step.document() for step in drawn])


def test_a_batch_chain_changes_only_the_emotions_it_names() -> None:
    batch, targets = examples()
    chain = BatchChain([Step(name="brightness", classes=("sad",))])
    out, _ = chain.apply(batch, targets, chain.draw(batch.shape, rng()))
    changed = (out != batch).any(axis=(1, 2, 3))
    assert np.flatnonzero(changed).tolist() == [list(EMOTIONS).index("sad") + k for k in (0, 8)]


def test_labels_say_which_column_is_which() -> None:
    batch, _ = examples()
    targets = np.eye(2, dtype=np.float32)[np.arange(16) % 2]
    steps = [Step(name="brightness", classes=("sad",))]
    chain = BatchChain(steps, labels=("bored", "sad"))
    out, _ = chain.apply(batch, targets, chain.draw(batch.shape, rng()))
    assert np.flatnonzero((out != batch).any(axis=(1, 2, 3))).tolist() == list(range(1, 16, 2))
    chain = BatchChain(steps)
    with pytest.raises(ParameterError, match="one for each of the 2 columns.* got 8"):
        chain.apply(batch, targets, chain.draw(batch.shape, rng()))


def test_cutmix_is_told_which_column_is_which() -> None:
    batch, _ = examples()
    targets = np.eye(3, dtype=np.float32)[np.arange(16) % 3]
    before = [{"name": "brightness", "classes": ["sad"]}]
    step = Step(name="cutmix", settings={"alpha": 0, "before": before})
    chain = BatchChain([step], labels=("bored", "sad", "angry"))
    out, _ = chain.apply(batch, targets, chain.draw(batch.shape, rng()))
    assert np.flatnonzero((out != batch).any(axis=(1, 2, 3))).tolist() == list(range(1, 16, 3))


def test_a_chain_may_name_emotions_of_any_corpus_and_a_batch_only_its_own() -> None:
    step = Step(name="flip", classes=("relieved",))
    Chain(ChainConfig(batch=(step,)))
    BatchChain([step], labels=("sad", "relieved"))
    with pytest.raises(UnknownNameError, match="classes: relieved not known; known: neutral"):
        BatchChain([step])
    with pytest.raises(ParameterError, match="mixup mixes examples"):
        Chain(ChainConfig(batch=(Step(name="mixup", classes=("sad",)),)))


# Files


def test_a_chain_comes_back_from_its_file(tmp_path: Path) -> None:
    for name in presets.names():
        config = presets.load(name)
        save_chain(config, tmp_path / "chain.toml")
        assert load_chain(tmp_path / "chain.toml") == config
    assert [path.name for path in tmp_path.iterdir()] == ["chain.toml"]


def test_what_is_usual_is_left_out_of_the_file() -> None:
    text = chain_toml(ChainConfig(waveform=(Step(name="gain"),)))
    assert tomllib.loads(text) == {"waveform": [{"name": "gain"}]}


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("not toml", ParameterError, r"bad\.toml: not a readable chain"),
        ("[[waveform]]\nname = 'nix'", UnknownNameError, "augmenter 'nix' is not known"),
        ("[[waveforms]]\nname = 'gain'", ParameterError, "waveforms is not known.*mean waveform"),
        ("use = 'some'", ParameterError, r"use: .*'turns' \(got 'some'\)"),
    ],
)
def test_a_file_that_is_no_chain_is_refused(
    text: str, error: type[Exception], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(error, match=message):
        load_chain(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + "[" * 3000 + "]" * 3000, r"bad\.toml: not a readable chain \(nested too deeply"),
        (
            "[[waveform]]\nname = 'gain'\n" * 5000,
            r"bad\.toml: a chain has at most 100 steps, got 5,0",
        ),
        ("#" * 300_000, r"bad\.toml: a chain has at most 256 KiB, got 292 KiB"),
        (
            "[[batch]]\nname = 'cutmix'\n" + "[[batch.settings.before]]\nname = 'flip'\n" * 100,
            "at most 100 steps, got 101",
        ),
        ("waveform = 5", r"bad\.toml: waveform: must be a list \(got 5\)$"),
        ("waveform = [5]", r"bad\.toml: waveform step 1: must be a table \(got 5\)$"),
        ("[[waveform]]\nprobability = 1", "waveform step 1, name is missing$"),
        (
            "[[waveform]]\nname = 'gain'\n[[waveform]]\nname = 'noise'\nprobability = 2",
            r"^bad\.toml: waveform step 2 \(noise\), probability: .*equal to 1 \(got 2\)$",
        ),
        (
            "[[waveform]]\nname = 'gain'\nsettings = { min_gain_db = true }",
            r"^bad\.toml: waveform step 1 \(gain\), min_gain_db: a number is needed \(got True\)$",
        ),
        (
            "[[batch]]\nname = 'flip'\n[[batch]]\nname = 'flip'\nsettings = { time = 3 }",
            r"^bad\.toml: batch step 2 \(flip\), time: .* \(got 3\)$",
        ),
        (
            "[[waveform]]\nname = 'gain'\nclasses = ['hapy']",
            r"bad\.toml: waveform step 1 \(gain\): classes: hapy not known.*did you mean happy\?",
        ),
        (
            "[[batch]]\nname = 'cutmix'\n[[batch.settings.before]]\nname = 'mixup'\n",
            r"batch step 1 \(cutmix\): before: mixup mixes examples, whose labels would be lost",
        ),
    ],
)
def test_a_file_is_refused_in_words_for_its_reader(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises((ParameterError, UnknownNameError), match=message) as caught:
        load_chain(path)
    assert len(str(caught.value)) < 400


def test_a_file_that_is_not_there_or_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"no\.toml: not a readable chain"):
        load_chain(tmp_path / "no.toml")
    with pytest.raises(ParameterError, match="cannot be written"):
        save_chain(ChainConfig(), tmp_path / "nowhere" / "chain.toml")


class TestPresets:
    def test_there_is_one_for_each_recipe_and_its_original(self) -> None:
        assert presets.names() == sorted(
            [
                *"abcde",
                *(f"{name}-faithful" for name in "abcde"),
                *("a-by-class", "a-without-cutmix"),
            ]
        )

    @pytest.mark.parametrize("name", presets.names())
    def test_each_works(self, name: str, speech: Waveform) -> None:
        config = presets.load(name)
        assert config.title
        assert config.description
        chain = Chain(config)
        draws = rng()
        for copy in range(max(1, config.copies)):
            out = chain.apply(speech, RATE, chain.draw(draws, copy=copy))
            assert np.isfinite(out).all()
            assert (config.copies == 0) or not np.array_equal(out, speech)
        batch, targets = examples()
        steps = BatchChain(config.batch)
        mixed, mixed_targets = steps.apply(batch, targets, steps.draw(batch.shape, draws))
        assert mixed.shape == batch.shape
        np.testing.assert_allclose(mixed_targets.sum(axis=1), 1, atol=1e-6)

    @pytest.mark.parametrize("name", presets.names())
    def test_only_the_originals_use_the_vocoder(self, name: str) -> None:
        engines = [
            getattr(step.augmenter().config, "engine", "") for step in presets.load(name).waveform
        ]
        wrong = "signalsmith" if name.endswith("-faithful") else "vocoder"
        assert wrong not in engines

    def test_the_users_own_are_kept_and_forgotten(self) -> None:
        assert presets.kept() == []
        config = ChainConfig(title="Mine", waveform=(GAIN, NOISE))
        path = presets.keep("my room", config)
        assert path.read_text().startswith('title = "Mine"')
        assert presets.kept() == ["my room"]
        assert presets.load("my room") == config
        presets.keep("my room", ChainConfig(title="Newer"))
        assert presets.load("my room").title == "Newer"
        presets.forget("my room")
        assert presets.kept() == []
        with pytest.raises(UnknownNameError, match="preset 'my room' is not one of yours"):
            presets.forget("my room")

    @pytest.mark.parametrize("name", ["", "..", "a/b", "../a", ".hidden", "x" * 61, "dot."])
    def test_a_name_that_is_none_for_a_file_is_refused(self, name: str) -> None:
        with pytest.raises(ParameterError, match="name: letters, digits"):
            presets.keep(name, ChainConfig())

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("speed", "is an augmenter"),
            ("Noise", "is an augmenter"),
            ("mine.toml", "would be taken for a file"),
            ("mine.JSON", "would be taken for a file"),
            ("2024", "would be taken for a value"),
            ("true", "would be taken for a value"),
            ("1e5", "would be taken for a value"),
            ("NaN", "would be taken for a value"),
            ("2024-11-20", "would be taken for a value"),
            ("con", "is a device on Windows"),
            ("LPT1.old", "is a device on Windows"),
        ],
    )
    def test_a_name_that_could_not_be_asked_for_is_refused(self, name: str, why: str) -> None:
        with pytest.raises(ParameterError, match=f"name: '{name}' {why}.*choose another name"):
            presets.keep(name, ChainConfig())
        assert presets.kept() == []

    def test_what_could_not_be_read_back_is_not_kept(self) -> None:
        with pytest.raises(ParameterError, match="at most 100 steps, got 101"):
            presets.keep("long", ChainConfig(waveform=(GAIN,) * 101))

    def test_what_ships_is_not_replaced(self) -> None:
        with pytest.raises(ParameterError, match="'A' is a preset that ships"):
            presets.keep("A", ChainConfig())

    def test_corrected_ones_tell_no_emotion_by_what_is_done_to_it(self) -> None:
        for name in "abcde":
            assert "classes" not in chain_toml(presets.load(name))
        assert "classes" in chain_toml(presets.load("a-by-class"))

    def test_an_unknown_one_is_told_with_the_known(self) -> None:
        with pytest.raises(UnknownNameError, match="preset 'f' is not known; known: a, a-by-class"):
            presets.load("f")
