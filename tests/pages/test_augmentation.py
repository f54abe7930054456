"""Augmentation: a chain is made, heard, seen and kept, and the command line plays the same."""

import doctest
import json
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from pages.components import (
    augmentation_draft,
    augmentation_draws,
    augmentation_heard,
    augmentation_mix,
    augmentation_pictures,
    augmentation_presets,
    augmentation_result,
    augmentation_words,
    augmentation_work,
    config_form,
    models,
)
from pages.components.augmentation_draft import Draft, from_text, to_text
from pages.components.augmentation_draws import DRAWS
from pages.components.augmentation_pictures import ModelInput
from pages.components.augmentation_result import Place
from pages.components.augmentation_work import Roll
from ser_core import audio, recipes
from ser_core.__main__ import main
from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS, BatchAugmenter, ChainConfig, Step, presets
from ser_core.commands.shared import assignment
from ser_core.corpora import library
from ser_core.errors import ModelError, ParameterError
from ser_core.inference import Prediction, Predictor
from ser_core.training.config import override
from tests.conftest import SAMPLING_RATE, speech_like

APP = Path(__file__).resolve().parents[2] / "app.py"
SOUNDS = [n for n in AUGMENTERS.names() if not issubclass(AUGMENTERS.get(n), BatchAugmenter)]


@pytest.mark.parametrize("module", [augmentation_draft, augmentation_words])
def test_examples_in_docstrings(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Speech-like clips with RAVDESS names: two angry, one sad, one silent; and one long."""
    root = tmp_path / "voices"
    root.mkdir()
    for number, (emotion, actor) in enumerate((("05", "01"), ("05", "02"), ("04", "01"))):
        path = root / f"03-01-{emotion}-01-01-01-{actor}.wav"
        soundfile.write(path, speech_like(1.5, seed=number), SAMPLING_RATE)
    return root


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params.update(query)
    app.switch_page("pages/augmentation.py").run()
    assert not app.exception, app.exception
    return app


def opened(root: Path, **query: str) -> AppTest:
    """The page with the corpus, read already."""
    library.table(library.open_folder(root))
    return page(**query)


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.html, app.info, app.warning, app.error, app.success)
    return "\n".join(str(each.value) for kind in kinds for each in kind).replace("\\", "")


def drawn_words(app: AppTest) -> list[str]:
    """What stands beside the steps that were applied."""
    mark = ":material/casino: "
    said = [each.value for each in app.caption if each.value.startswith(mark)]
    return [each.removeprefix(mark).replace("\\", "") for each in said]


def draft(app: AppTest) -> Draft:
    found: Draft = app.session_state["augment_draft"]
    return found


def result(app: AppTest) -> Any:
    return app.session_state["augment_good"]


def choose(app: AppTest, preset: str) -> AppTest:
    app.selectbox(key="augment_preset").set_value(preset).run()
    assert not app.exception, app.exception
    return app


def view(app: AppTest, name: str) -> AppTest:
    app.button_group(key="augment_view").set_value(name).run()
    assert not app.exception, app.exception
    return app


class TestClip:
    def test_without_a_corpus_a_synthetic_voice_says_that_it_is_one_or_files_are_taken(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        app = page()
        assert "synthetic" in words(app)
        assert "Synthetic voice" in words(app)
        assert result(app).after.size
        before = result(app).clip.mark
        click(app, "augment_voice")
        assert result(app).clip.mark != before
        app.button_group(key="augment_source").set_value("corpus").run()
        assert "No corpus yet" in words(app)
        assert not app.exception
        self.silence_and_long_files(app)

    def test_clips_are_found_by_emotion_and_refused_where_damaged(self, clips: Path) -> None:
        app = opened(clips)
        app.selectbox(key="augment_emotion").set_value("sad").run()
        assert result(app).clip.acted == "sad"
        app.selectbox(key="augment_emotion").set_value("angry").run()
        first = result(app).clip.name
        click(app, "augment_another")
        assert result(app).clip.acted == "angry"
        assert result(app).clip.name != first
        path = clips / result(app).clip.name
        path.write_bytes(b"RIFF nothing")
        app.run()
        assert not app.exception
        assert "cannot be used" in words(app)

    def silence_and_long_files(self, app: AppTest) -> None:
        """Silence is refused; of a long file half a minute is used."""
        app.button_group(key="augment_source").set_value("upload").run()
        silent = audio.to_wav_bytes(np.zeros(SAMPLING_RATE, np.float32), SAMPLING_RATE)
        app.file_uploader(key="augment:upload").set_value(("s.wav", silent, "audio/wav")).run()
        assert not app.exception
        assert "s.wav cannot be used: silent" in words(app)
        long = audio.to_wav_bytes(np.tile(speech_like(2.0), 17), SAMPLING_RATE)
        app.file_uploader(key="augment:upload").set_value(("l.wav", long, "audio/wav")).run()
        assert not app.exception
        used = result(app).clip.recorded
        assert used.duration_s == 30
        assert "30 s of 34 s are used" in app.slider(key="augment_from_s").label
        app.slider(key="augment_from_s").set_value(2.0).run()
        self.exported(app)

    def exported(self, app: AppTest) -> None:
        """What is no file here is downloaded, and the command then writes what is played."""
        _, line = augmentation_result.command(result(app), Place(None, None, Predictor.load()))
        arguments = shlex.split(line)[3:]
        assert arguments[2] == "l.wav"
        assert "augment_download_clip" in {each.key for each in app.get("download_button")}
        Path("l.wav").write_bytes(augmentation_result.clip_file(result(app)).getvalue())
        assert main(arguments) == 0
        assert Path(arguments[-1]).read_bytes() == played(app)


class TestChain:
    def test_presets_rolls_held_draws_and_turns(self, clips: Path) -> None:
        app = choose(opened(clips), "c")
        assert [step.name for step in draft(app).steps] == [
            "pitch_shift",
            "time_stretch",
            "amplitude_noise",
        ]
        assert "Not applied this time: its chance is 0.3" in words(app)
        choose(app, "d")
        said, noise = drawn_words(app)
        assert re.fullmatch(r"tempo × .*% (longer|shorter), pitch [+−]\d\.\d semitones", said)
        assert noise.startswith("signal-to-noise ratio ")
        click(app, "augment_roll")
        assert drawn_words(app)[0] != said
        self.held_draws(app)
        self.turns(app)

    def held_draws(self, app: AppTest) -> None:
        """A draw that is held stays while others are rolled."""
        pitch, noise, _ = draft(app).steps
        click(app, f"augment:lock:{pitch.id}")
        before = result(app).drawn
        click(app, "augment_roll")
        after = result(app).drawn
        assert after[pitch.id].draw == before[pitch.id].draw
        assert after[noise.id].draw != before[noise.id].draw
        click(app, f"augment:lock:{pitch.id}")
        click(app, "augment_roll")
        assert result(app).drawn[pitch.id].draw != before[pitch.id].draw

    def test_steps_are_added_ordered_switched_off_removed_and_set(self, clips: Path) -> None:
        app = choose(opened(clips), "")
        assert "No step yet" in words(app)
        assert np.array_equal(result(app).after, result(app).clip.waveform)
        for name in ("gain", "clipping"):
            app.session_state["augment_add"] = True
            app.session_state["augment_group"] = "Recording"
            app.run()
            click(app, f"augment:add:{name}")
        gain, clipping = draft(app).steps
        click(app, f"augment:down:{gain.id}")
        assert [step.name for step in draft(app).steps] == ["clipping", "gain"]
        app.toggle(key=f"augment:{gain.id}:on").set_value(False).run()
        assert list(result(app).drawn) == [clipping.id]
        click(app, f"augment:remove:{clipping.id}")
        assert [step.name for step in draft(app).steps] == ["gain"]
        assert np.array_equal(result(app).after, result(app).clip.waveform)
        choose(app, "c")
        choose(app, "")
        self.settings(app)
        choose(app, "c")
        choose(app, "")
        self.emotions(app)

    def settings(self, app: AppTest) -> None:
        """Settings are heard; those that are refused leave the last result."""
        draft(app).add("gain")
        step = draft(app).steps[0]
        app.session_state[f"augment:{step.id}:open"] = True
        app.run()
        app.slider(key=f"augment:{step.id}:form:min_gain_db").set_range(-6.0, -6.0).run()
        halved = result(app).clip.waveform * np.float32(10 ** (-6 / 20))
        assert result(app).after == pytest.approx(halved)
        step = draft(app).add("speed")
        app.session_state[f"augment:{step.id}:open"] = True
        app.run()
        good = result(app).after
        app.slider(key=f"augment:{step.id}:form:min_rate").set_range(1.1, 1.5).run()
        assert not app.exception
        assert "min_rate" in words(app)
        assert np.array_equal(result(app).after, good)

    def emotions(self, app: AppTest) -> None:
        """A step acts on the emotions it names."""
        app.selectbox(key="augment_emotion").set_value("angry").run()
        draft(app).add("gain", classes=("sad",))
        app.run()
        assert "Not applied: it acts on sad clips, this clip is angry" in words(app)
        app.selectbox(key="augment_emotion").set_value("sad").run()
        assert "Not applied" not in words(app)

    def turns(self, app: AppTest) -> None:
        """Turns are taken copy by copy."""
        choose(app, "b")
        names = []
        for copy in (1, 2, 3):
            app.button_group(key="augment_copy").set_value(copy).run()
            names += [step.name for step in result(app).drawn.values() if step]
        assert names == ["amplitude_noise", "time_stretch", "pitch_shift"]

    def test_a_step_that_cannot_act_is_named_and_the_last_result_stays(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = choose(opened(clips), "d")
        good = result(app).after
        draft(app).add("background_noise")
        app.run()
        assert not app.exception
        assert "a folder with recordings of noise is needed" in words(app)
        assert "the last result that worked" in words(app)
        assert result(app).after is good
        choose(app, "")
        monkeypatch.setitem(sys.modules, "python_stretch.Signalsmith", None)
        draft(app).add("time_stretch")
        app.run()
        assert not app.exception
        assert "needs the package python-stretch" in words(app)


class TestHeardAndSeen:
    def test_model_drift_picture_and_features(self, clips: Path) -> None:
        app = choose(opened(clips), "e")
        text = words(app)
        assert "Probability of each emotion before and after" in text
        assert "F0 median (Hz)" in text
        assert "What the model is given" in text
        assert "cannot be heard" in text
        assert len(app.get("plotly_chart")) == 2
        self.eight_draws(app)
        self.two_mixed(app)

    def test_without_a_model_all_else_is_there(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def none() -> None:
            raise ModelError("There is no model yet.")

        monkeypatch.setattr(models, "choose", none)
        app = opened(clips)
        assert "no model to say whether the label holds" in words(app)
        assert "F0 median (Hz)" in words(app)
        assert not app.exception

    def eight_draws(self, app: AppTest) -> None:
        """They begin with the one in hand, and any can be taken."""
        view(choose(app, "d"), "draws")
        assert "of 8 draws" in words(app)
        draws = [augmentation_draws.draw(result(app), number) for number in range(DRAWS)]
        assert len({each.after.tobytes() for each in draws}) == DRAWS
        assert np.array_equal(draws[0].after, result(app).after)
        app.session_state["augment_seed"] = draws[2].seed
        app.run()
        assert np.array_equal(result(app).after, draws[2].after)

    def two_mixed(self, app: AppTest) -> None:
        """The mixture has a label of both."""
        view(choose(app, "a"), "mix")
        app.selectbox(key="augment_emotion").set_value("angry").run()
        assert "λ = " in words(app)
        assert "this cannot be heard" in words(app)
        app.button_group(key="augment_mix_how").set_value("whole_image_mix").run()
        app.toggle(key="augment_mix_set").set_value(True).run()
        app.slider(key="augment_mix_kept").set_value(0.25).run()
        assert not app.exception
        assert "λ = **0.25** of the first clip, 0.75 of the second" in words(app)
        assert "Angry 0.25" in words(app)
        assert "Sad 0.75" in words(app)
        self.follow_the_chain(app)

    def follow_the_chain(self, app: AppTest) -> None:
        """Method and features of a mixture are those of the chain that is in hand."""
        choose(app, "d")
        assert app.button_group(key="augment_mix_how").value == "mixup"
        assert app.selectbox(key="augment_mix_kind").value == "log-mel"
        assert "Both went through the steps of sounds first" in words(app)
        first, second = (
            augmentation_mix.changed(
                result(app), result(app).clip.recorded, Place(None, None, Predictor.load())
            )
            for _ in range(2)
        )
        assert np.array_equal(first.after, second.after)
        assert not np.array_equal(first.after, result(app).after), "draws of its own"


class TestKeep:
    def test_save_replace_forget_and_open(self, clips: Path) -> None:
        app = choose(opened(clips), "d")
        app.session_state["augment_keep"] = True
        app.run()
        app.text_input(key="augment_save_name").set_value("mine").run()
        click(app, "augment_save")
        assert "Kept as mine" in words(app)
        assert [step.name for step in presets.load("mine").waveform] == ["pitch_and_tempo", "noise"]
        assert "augmentation=mine" in "".join(each.value for each in app.code)
        draft(app).add("gain")
        app.session_state["augment_keep"] = True
        app.run()
        click(app, "augment_save")
        assert "There is a preset mine of yours" in words(app)
        assert len(presets.load("mine").waveform) == 2
        click(app, "augment_replace")
        assert len(presets.load("mine").waveform) == 3
        app.session_state["augment_keep"] = True
        app.run()
        click(app, "augment_forget")
        assert presets.kept() == ["mine"]
        click(app, "augment_forget_yes")
        assert presets.kept() == []
        assert len(draft(app).steps) == 4
        self.files(app)

    def files(self, app: AppTest) -> None:
        """A chain comes in as a file."""
        app.session_state["augment_keep"] = True
        app.run()
        chain = b"title = 'Loud'\n[[waveform]]\nname = 'gain'\nprobability = 0.5\n"
        app.file_uploader(key="augment_toml").set_value(("loud.toml", chain, "text/plain")).run()
        assert not app.exception
        assert [(s.name, s.probability) for s in draft(app).steps] == [("gain", 0.5)]
        app.session_state["augment_keep"] = True
        app.run()
        app.file_uploader(key="augment_toml").set_value(("bad.toml", b"name =", "text/plain")).run()
        assert "bad.toml: not a readable chain" in words(app)
        assert [step.name for step in draft(app).steps] == ["gain"]


class TestAddress:
    def test_a_copied_address_shows_the_same(self, clips: Path) -> None:
        app = choose(opened(clips), "d")
        app.selectbox(key="augment_emotion").set_value("sad").run()
        click(app, "augment_roll")
        draft(app).add("gain")
        app.run()
        held = {name: app.query_params[name] for name in app.query_params}
        query = {name: text if isinstance(text, str) else text[0] for name, text in held.items()}
        assert {"data", "clip", "chain", "seed", "steps"} <= set(query)
        other = page(**query)
        assert result(other).clip.name == result(app).clip.name
        assert np.array_equal(result(other).after, result(app).after)

    def test_what_is_not_there_is_said(self, clips: Path) -> None:
        app = opened(clips, data="emodb-1", chain="nope", seed="x", view="zzz", copy="99")
        text = words(app)
        assert "the corpus “emodb-1” is not on your list" in text
        assert "preset 'nope' is not known" in text
        assert "“x” is no seed" in text
        assert "“zzz” is no view" in text
        assert "there is no copy 99 of a clip in this chain, only 1" in text
        self.late_address(app)

    def late_address(self, app: AppTest) -> None:
        """What is clicked before the browser has the new address takes nothing back."""
        held = {name: app.query_params[name] for name in app.query_params}
        old = {name: text if isinstance(text, str) else text[0] for name, text in held.items()}
        draft(app).add("gain")
        app.run()
        assert "steps" in app.query_params
        steps = [step.name for step in draft(app).steps]
        for name in [name for name in app.query_params if name not in old]:
            del app.query_params[name]
        app.query_params.update(old)
        app.run()
        assert [step.name for step in draft(app).steps] == steps

    @pytest.mark.parametrize("text", ["", "x", "AAAA", "eJyrrgUAAXUA-Q", "é" * 9])
    def test_nonsense_is_no_chain(self, text: str) -> None:
        if text == "eJyrrgUAAXUA-Q":
            assert from_text(text) == ChainConfig()
            return
        with pytest.raises(ParameterError, match="steps: not a chain"):
            from_text(text)

    def test_every_preset_fits(self) -> None:
        for name in presets.names():
            text = to_text(presets.load(name))
            assert augmentation_draft.same(from_text(text), presets.load(name))
            assert len(text) < 1500


class TestCommand:
    """`python -m ser_core augment` writes what the page plays."""

    def write(self, app: AppTest, clips: Path, out: Path) -> bytes:
        table = library.table(library.entries()[0])
        where = Place(library.entries()[0], table, Predictor.load())
        _, line = augmentation_result.command(result(app), where)
        arguments = shlex.split(line)[3:]
        arguments[arguments.index("--out") + 1] = str(out)
        assert (clips / result(app).clip.name).samefile(arguments[2])
        assert main(arguments) == 0
        return out.read_bytes()

    def test_presets_changed_chain_and_held_draws(
        self, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        app = opened(clips)
        for preset in ("b", "c", "e", "d"):
            click(choose(app, preset), "augment_roll")
            assert self.write(app, clips, tmp_path / f"{preset}.wav") == played(app)
        assert result(app).clip.prepared
        app.toggle(key="augment_as_recorded").set_value(True).run()
        assert not app.exception
        assert "Training gives the chain clips at 16 kHz, trimmed, set to −23 dB" in words(app)
        assert not result(app).clip.prepared
        assert self.write(app, clips, tmp_path / "recorded.wav") == played(app)
        app.toggle(key="augment_as_recorded").set_value(False).run()
        app.selectbox(key="augment_emotion").set_value("sad").run()
        draft(app).add("coloured_noise", classes=("sad",))
        app.run()
        Path("d.toml").write_bytes(augmentation_result._toml_file(draft(app)).getvalue())
        assert self.write(app, clips, tmp_path / "o.wav") == played(app)
        click(app, f"augment:lock:{draft(app).steps[0].id}")
        click(app, "augment_roll")
        Path("draws.json").write_bytes(augmentation_result.draws_file(result(app)).getvalue())
        assert self.write(app, clips, tmp_path / "o2.wav") == played(app)


def played(app: AppTest) -> bytes:
    return augmentation_result.sound_file(result(app)).getvalue()


# Without a page


def draft_of(*steps: Step, **more: Any) -> Draft:
    sounds = tuple(s for s in steps if s.name in SOUNDS)
    return Draft.of(ChainConfig(waveform=sounds, batch=tuple(s for s in steps if s not in sounds)))


@pytest.mark.parametrize("name", [name for name in SOUNDS if name != "background_noise"])
def test_every_draw_is_said_with_units(name: str, speech: Waveform) -> None:
    chain = draft_of(Step(name=name))
    steps = augmentation_work.drawn(chain, Roll(seed=1))
    [step] = steps.values()
    assert step is not None
    said = augmentation_words.drawn_words(name, step.document()["draw"], {})
    labels = [f"{config_form.label(key)}: " for key in step.draw]
    assert len(said) == len(step.draw)
    assert not any(each.startswith(tuple(labels)) for each in said), "said by its bare name"
    assert augmentation_work.applied(speech, SAMPLING_RATE, steps).size
    assert augmentation_words.group(name) != "Other sounds"


@pytest.mark.parametrize("kind", augmentation_pictures.KINDS)
def test_steps_of_features_fit_every_picture(
    kind: augmentation_pictures.Kind, speech: Waveform
) -> None:
    shown = augmentation_pictures.picture(speech, SAMPLING_RATE, kind, ModelInput())
    for name in AUGMENTERS.names():
        if augmentation_words.group(name) != "Features" or (
            name == "saturation" and kind != "colour"
        ):
            continue
        steps = draft_of(Step(name=name)).acting(of_sounds=False)
        found = augmentation_pictures.changed(shown, steps, 0, "", {})
        assert found.values.shape == shown.values.shape
        [drawn] = found.drawn.values()
        assert drawn is not None
        assert augmentation_words.batch_words(name, drawn.document()["draw"])


@pytest.mark.parametrize("name", ["mixup", "cutmix", "whole_image_mix"])
@pytest.mark.parametrize("kept", [0.5, 0.75, 1.0])
def test_label_has_the_share_that_was_set(name: str, kept: float) -> None:
    shown = tuple(
        augmentation_pictures.picture(speech_like(3.0, seed), SAMPLING_RATE, "grey", ModelInput())
        for seed in (0, 1)
    )
    mixed = augmentation_pictures.mixed((shown[0], shown[1]), ("angry", "sad"), name, {}, 3, kept)
    assert mixed.kept == pytest.approx(kept, abs=0.02)
    assert mixed.label.get("angry", 0) == pytest.approx(mixed.kept, abs=1e-5)
    assert sum(mixed.label.values()) == pytest.approx(1)


def test_the_box_and_what_was_done_before_the_cut_are_told() -> None:
    first, second = (
        augmentation_pictures.picture(speech_like(3.0, seed), SAMPLING_RATE, "grey", ModelInput())
        for seed in (0, 1)
    )
    steps = [{"name": "brightness"}, {"name": "flip", "classes": ["sad"]}]
    settings = {"alpha": 1.0, "before": steps}
    mixed = augmentation_pictures.mixed(
        (first, second), ("angry", "sad"), "cutmix", settings, 3, kept=0.75
    )
    assert mixed.box is not None
    top, bottom, left, right = mixed.box
    height, width = first.values.shape[:2]
    assert (bottom - top) * (right - left) == pytest.approx(0.25 * height * width, rel=0.05)
    assert [len(words) for words in mixed.before] == [1, 2], "flips are for sad clips alone"
    outlined = first.part(mixed.values, "Mixed", mixed.box).box
    assert outlined == (left, right, height - bottom, height - top)


@pytest.mark.parametrize("name", presets.names())
def test_train_with_this_trains_with_the_very_chain(name: str) -> None:
    chain = presets.load(name)
    recipe = augmentation_presets.recipe_for(Draft.of(chain, name))
    line = augmentation_words.train_command(name, ["--corpus", "ravdess=/data"], recipe)
    _, _, _, command, given, *_, option, setting = shlex.split(line)
    assert (command, option) == ("train", "--set")
    trained = override(recipes.load(given), dict([assignment(setting)]))
    assert augmentation_draft.same(trained.augmentation, chain)


def heard(emotion: str, share: float, sure: str = "sure") -> Prediction:
    rest = (1 - share) / 2
    shares = {"neutral": rest, "sad": rest, "angry": rest} | {emotion: share}
    return Prediction(emotion, shares, [], 1.0, sure, [])


@pytest.mark.parametrize(
    ("before", "after", "acted", "expected"),
    [
        (heard("angry", 0.82), heard("angry", 0.64, "fairly sure"), "angry",
         "Still heard as **angry**, 0.82 → 0.64 (sure before, fairly sure after)."),
        (heard("angry", 0.82), heard("sad", 0.6), "",
         "The label may no longer hold: heard as **angry** before and **sad** after"),
        (heard("sad", 0.6), heard("sad", 0.6), "angry",
         "wrong about this clip before anything is done: it hears **sad** where **angry**"),
        (heard("angry", 0.8), "silent", "angry", "what came out cannot be heard (silent)"),
    ],
)  # fmt: skip
def test_the_verdict_is_one_plain_sentence(
    before: Prediction, after: Prediction | str, acted: str, expected: str
) -> None:
    assert expected in augmentation_heard.verdict(before, after, acted)


def test_draws_are_plain_json(speech: Waveform) -> None:
    chain = Draft.of(presets.load("d"))
    steps = augmentation_work.drawn(chain, Roll(seed=1))
    assert json.loads(json.dumps(augmentation_work.document(steps)))
    same: Callable[[], Waveform] = lambda: augmentation_work.applied(  # noqa: E731
        speech, SAMPLING_RATE, steps
    )
    assert np.array_equal(same(), same())
