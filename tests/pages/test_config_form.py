"""A form drawn from a config: a widget for each kind of field, its help, what it refuses."""

import doctest
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import config_fields
from ser_core.features import EXTRACTORS


def test_examples_in_docstrings() -> None:
    result = doctest.testmod(config_fields)
    assert result.attempted > 0
    assert result.failed == 0


def every_kind() -> None:
    """A page with a form of every kind of field; what it holds is written below."""
    from typing import Literal

    import streamlit as st
    from pydantic import Field, model_validator

    from pages.components import config_form
    from ser_core.config import Component, Config

    class Small(Config):
        depth: int = Field(2, ge=1, le=9, description="Layers")

    class SmallPart:
        title = "A small part"
        config_type = Small

    class Large(Config):
        width_s: float = Field(0.5, gt=0, le=2, description="Width (s)")

    class LargePart:
        title = "A large part"
        config_type = Large

    class Every(Config):
        low_hz: float = Field(100.0, ge=0, le=24_000, description="Lower edge (Hz)")
        high_hz: float = Field(8_000.0, gt=0, description="Upper edge (Hz)")
        bands: int = Field(64, ge=8, le=256, description="Bands")
        share: float = Field(0.25, ge=0, le=1, description="Share")
        min_rate: float = Field(0.8, gt=0.25, le=1, description="Slowest (factor)")
        max_rate: float = Field(1.2, ge=1, lt=4, description="Fastest (factor)")
        scale: Literal["mel", "linear"] = Field("mel", description="Scale")
        window: Literal["a rather long name", "another long name"] = "a rather long name"
        whole: bool = Field(True, description="Whole clips")
        words: str = Field("hello", description="Words")
        top_db: float | None = Field(80.0, gt=0, description="Limit (dB)")
        lengths: tuple[int, ...] = Field((1, 2), description="Lengths (s)")
        part: Component = Field(Component(name="small", settings={"depth": 3}))

        @model_validator(mode="after")
        def _in_order(self) -> "Every":
            if not self.low_hz < self.high_hz:
                raise ValueError(f"high_hz: above low_hz ({self.low_hz:g} Hz)")
            return self

    if st.session_state.get("page", "form") == "form":
        filled = config_form.config_form(Every, "form", {"small": SmallPart, "large": LargePart})
        st.session_state["filled"] = filled.settings, filled.problem, filled.config is not None


def shown(script: Callable[[], None]) -> AppTest:
    app = AppTest.from_function(script, default_timeout=60).run()
    assert not app.exception, app.exception
    return app


def held(app: AppTest) -> dict[str, object]:
    return dict(app.session_state["filled"][0])


class TestEveryKindOfField:
    def test_starts_from_the_usual_settings(self) -> None:
        app = shown(every_kind)
        assert held(app) == {
            "low_hz": 100.0,
            "high_hz": 8000.0,
            "bands": 64,
            "share": 0.25,
            "min_rate": 0.8,
            "max_rate": 1.2,
            "scale": "mel",
            "window": "a rather long name",
            "whole": True,
            "words": "hello",
            "top_db": 80.0,
            "lengths": (1, 2),
            "part": {"name": "small", "settings": {"depth": 3}},
        }
        assert app.session_state["filled"][2]
        assert app.button("form:reset").disabled

    def test_labels_units_help_and_bounds_come_from_the_field(self) -> None:
        app = shown(every_kind)
        low = app.number_input("form:low_hz")
        assert low.label == "Low (Hz)"
        assert low.help.replace("\\", "") == "Lower edge (Hz). From 0 to 24000"
        assert (low.min, low.max) == (0, 24_000)
        assert app.slider("form:share").max == 1
        both = app.slider("form:min_rate")
        assert (both.label, both.min, both.max) == ("Rate (factor)", 0.26, 3.99)
        assert app.segmented_control("form:scale").label == "Scale"
        assert app.selectbox("form:window").options == ["a rather long name", "another long name"]

    def test_what_is_set_is_returned_and_outlives_another_page(self) -> None:
        app = shown(every_kind)
        app.number_input("form:low_hz").set_value(50.0)
        app.slider("form:share").set_value(0.5)
        app.slider("form:min_rate").set_range(0.5, 2.0)
        app.segmented_control("form:scale").set_value("linear")
        app.toggle("form:whole").set_value(False)
        app.text_input("form:lengths").set_value("3, 4, 5")
        app.selectbox("form:part").set_value("large").run()
        app.slider("form:part:large:width_s").set_value(1.0).run()
        for page in ("another", "form"):
            app.session_state["page"] = page
            app.run()
        assert not app.exception
        assert app.session_state["filled"][2]
        expected = {"low_hz": 50.0, "share": 0.5, "scale": "linear", "whole": False}
        expected |= {"min_rate": 0.5, "max_rate": 2.0}
        expected |= {"lengths": (3, 4, 5), "part": {"name": "large", "settings": {"width_s": 1.0}}}
        assert held(app) == {**held(app), **expected}

    def test_an_optional_number_may_be_left_empty(self) -> None:
        app = shown(every_kind)
        app.number_input("form:top_db").set_value(None).run()
        assert held(app)["top_db"] is None
        assert app.session_state["filled"][2]

    def test_refused_settings_are_explained_and_reset_brings_all_back(self) -> None:
        app = shown(every_kind)
        app.number_input("form:high_hz").set_value(80.0)
        app.selectbox("form:part").set_value("large").run()
        assert app.error[0].value.replace("\\", "") == "high_hz: above low_hz (100 Hz)"
        assert not app.session_state["filled"][2]
        app.button("form:reset").click().run()
        assert not app.error
        assert held(app)["high_hz"] == 8000
        assert held(app)["part"] == {"name": "small", "settings": {"depth": 3}}

    def test_what_is_no_number_is_refused_in_words(self) -> None:
        app = shown(every_kind)
        app.text_input("form:lengths").set_value("1, two").run()
        assert "got 'two'" in app.error[0].value.replace("\\", "")


def one_extractor() -> None:
    import streamlit as st

    from pages.components import config_form
    from ser_core.features import EXTRACTORS

    name = st.session_state.get("extractor", "log_mel")
    parts = {part: EXTRACTORS.get(part) for part in EXTRACTORS.names()}
    filled = config_form.config_form(EXTRACTORS.get(name).config_type, f"form:{name}", parts)
    st.session_state["filled"] = filled.config


def test_every_extractor_has_a_form_that_holds_its_usual_settings() -> None:
    app = AppTest.from_function(one_extractor, default_timeout=60)
    for name in EXTRACTORS.names():
        app.session_state["extractor"] = name
        app.run()
        assert not app.exception, name
        config_type = EXTRACTORS.get(name).config_type
        required = [field for field in config_type.model_fields.values() if field.is_required()]
        if not required:
            assert app.session_state["filled"] == config_type(), name


@pytest.mark.parametrize("typed", ["-1", "400000"])
def test_a_number_out_of_bounds_cannot_break_the_page(typed: str) -> None:
    app = AppTest.from_function(one_extractor, default_timeout=60).run()
    app.number_input("form:log_mel:n_fft").set_value(int(typed)).run()
    assert not app.exception


def marked() -> None:
    """A form that starts with other settings than the usual ones, and marks them."""
    import streamlit as st

    from pages.components import config_form
    from ser_core.features import EXTRACTORS

    start = st.session_state.setdefault("start", {"n_mels": 32, "fmax_hz": 4000.0})
    filled = config_form.config_form(
        EXTRACTORS.get("log_mel").config_type, "form", start=start, marked=True
    )
    st.session_state["filled"] = filled.settings, filled.problem, filled.config is not None


def test_what_differs_from_the_usual_is_marked_and_put_back_alone() -> None:
    app = shown(marked)
    assert (held(app)["n_mels"], held(app)["fmax_hz"]) == (32, 4000.0)
    marks = [button for button in app.button if button.key and button.key.endswith(":undo")]
    assert [mark.label for mark in marks] == ["Changed · 8000", "Changed · 64"]
    app.button("form:n_mels:undo").click().run()
    assert (held(app)["n_mels"], held(app)["fmax_hz"]) == (64, 4000.0)
    app.button("form:reset").click().run()
    assert held(app)["fmax_hz"] == 8000.0
    assert not [button for button in app.button if button.key and button.key.endswith(":undo")]
