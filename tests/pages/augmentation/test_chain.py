"""Augmentation: a clip is chosen, a chain is made, heard and seen."""

import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components import (
    augmentation_draws,
    augmentation_mix,
    augmentation_result,
    models,
)
from pages.components.augmentation_draws import DRAWS
from pages.components.augmentation_result import Place
from ser_core import audio
from ser_core.__main__ import main
from ser_core.errors import ModelError
from ser_core.inference import Predictor
from tests.conftest import SAMPLING_RATE, speech_like
from tests.pages.augmentation.page import choose, click, draft, opened, page, played, result, words


def drawn_words(app: AppTest) -> list[str]:
    """What stands beside the steps that were applied."""
    mark = ":material/casino: "
    said = [each.value for each in app.caption if each.value.startswith(mark)]
    return [each.removeprefix(mark).replace("\\", "") for each in said]


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
