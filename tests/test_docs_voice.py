"""What knowing a voice is worth: the page is what was measured."""

import json

import pytest

from docs import make_voice


@pytest.mark.parametrize("file", sorted(make_voice.FOLDER.glob("*.json")), ids=lambda f: f.stem)
def test_what_was_measured_stands_on_the_page(file: "make_voice.Path") -> None:
    found = json.loads(file.read_text(encoding="utf-8"))
    text = make_voice.PAGE.read_text(encoding="utf-8")
    assert text == make_voice.page()
    for arm in ("without", "with", "alone"):
        uar = found[arm]["uar"]
        assert uar["low"] < uar["value"] < uar["high"]
        assert f"{uar['value']:.3f} [" in text
    gain = found["with"]["uar"]["value"] - found["without"]["uar"]["value"]
    assert found["difference"]["value"] == pytest.approx(gain)
    assert found["helps"] == (found["difference"]["low"] > 0)
