"""Augmentation: a chain is kept, and the command line plays the same."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.components import (
    augmentation_draft,
    augmentation_result,
)
from pages.components.augmentation_draft import from_text, to_text
from pages.components.augmentation_result import Place
from ser_core.__main__ import main
from ser_core.augment import ChainConfig, presets
from ser_core.corpora import library
from ser_core.errors import ParameterError
from ser_core.inference import Predictor
from tests.pages.augmentation.page import choose, click, draft, opened, page, played, result, words


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
