"""The player of versions in a browser: one clock, heard on the samples that leave it.

The versions are ramps whose value tells the time in the sound, positive in the first version and
negative in the second: what is recorded before the loudspeaker says where each sample was taken.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator

from tests.e2e.conftest import PHONE, App, Visit, Visitor, serve
from tests.e2e.test_pages import overflow_px

RATE = 16_000
SLOPE = 0.015  # full scale in a second
TOLERANCE_S = 0.006  # three steps of 16 bits

SCRIPT = """
import numpy as np
import streamlit as st
from pages.components.ab_player import Version, ab_player

def ramp(seconds, stretch=1.0):
    return (0.015 * np.arange(int(16000 * seconds)) / 16000 / stretch).astype(np.float32)

st.title("Player")
with st.container(horizontal=True):
    st.button("Again")
    above = st.toggle("Above")
    flatter = st.toggle("Flatter")
    stretched = st.toggle("Stretched")
    shown = st.toggle("Shown", value=True)
if above:
    st.info("Something above the player.")
up = ramp(60) * (0.5 if flatter else 1)
down = -ramp(90, 1.5) if stretched else -up
if shown:
    ab_player([Version("Up", up, "the first"), Version("Down", down)], 16000, key="one")
ab_player([Version("Loud", ramp(60)), Version("Soft", 0.5 * ramp(60))], 16000, key="two")
st.audio(ramp(60), sample_rate=16000)
"""

# Keeps the last two seconds that leave each context, and the contexts themselves.
TAP = """
window.contexts = []
window.AudioContext = class extends AudioContext {
  constructor(...settings) {
    super(...settings)
    window.contexts.push(this)
    this.tap = new AnalyserNode(this, { fftSize: 32768 })
  }
}
const connect = AudioNode.prototype.connect
AudioNode.prototype.connect = function (target, ...rest) {
  if (target === this.context.destination) connect.call(this, this.context.tap)
  return connect.call(this, target, ...rest)
}
"""
TAPPED = """() => {
    const { tap } = window.contexts.at(-1)
    const samples = new Float32Array(tap.fftSize)
    tap.getFloatTimeDomainData(samples)
    return Array.from(samples)
}"""


@pytest.fixture(scope="module")
def players(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("players")
    (folder / "app.py").write_text(SCRIPT, encoding="utf-8")
    with serve(folder / "app.py", folder) as running:
        yield running


@pytest.fixture
def seen(visit: Visitor, players: App) -> Visit:
    return opened(visit(), players)


def opened(visit: Visit, players: App) -> Visit:
    visit.app = players
    visit.page.add_init_script(TAP)
    visit.open()
    player(visit, "two").wait_for()
    return visit


def player(seen: Visit, key: str = "one") -> Locator:
    return seen.page.locator(f".st-key-{key} .ab-player")


def state(seen: Visit, key: str = "one") -> dict[str, Any]:
    return dict(player(seen, key).evaluate("player => player.state()"))


def until(seen: Visit, condition: str, key: str = "one") -> None:
    """Wait for a condition on the player's state `now`."""
    script = f"player => {{ const now = player.state(); return {condition} }}"
    seen.page.wait_for_function(script, arg=player(seen, key).element_handle())


def switched(seen: Visit, version: int) -> dict[str, Any]:
    """State once the gains have come to rest at 1 for this version and 0 for the others."""
    until(seen, f"now.gains.length && now.gains.every((g, i) => g === +(i === {version}))")
    return state(seen)


def drift_s(before: dict[str, Any], after: dict[str, Any]) -> float:
    """By how much the place has moved more than the clock."""
    went: float = after["place"] - before["place"]
    return went - (after["contextTime"] - before["contextTime"])


def heard(seen: Visit) -> NDArray[np.float64]:
    """The last two seconds that left the browser; what was before the first sound is left out."""
    samples = np.array(seen.page.evaluate(TAPPED))
    return samples[np.flatnonzero(samples)[0] :]


def play_from_20_s(seen: Visit) -> Locator:
    one = player(seen)
    one.get_by_role("slider", name="Position").focus()
    for _ in range(11):
        seen.page.keyboard.press("ArrowRight")  # 2 s
    seen.page.keyboard.press("ArrowLeft")
    assert state(seen)["place"] == pytest.approx(20)
    one.get_by_role("button", name="Play").click()
    until(seen, "now.place > 20.1")
    return one


def test_switching_keeps_the_instant_on_one_clock(seen: Visit) -> None:
    assert state(seen)["context"] == "none"  # browsers forbid sound before a click
    one = play_from_20_s(seen)
    before = switched(seen, 0)
    for key, version in (("2", 1), ("1", 0), ("b", 1), ("ArrowUp", 0)):
        seen.page.keyboard.press(key)
        after = switched(seen, version)
        assert_one_clock(heard(seen))
        assert abs(drift_s(before, after)) < 0.001
        assert after["start"] == before["start"]
    one.get_by_role("radio", name="Down").click()
    assert abs(drift_s(before, switched(seen, 1))) < 0.001
    assert_one_clock(heard(seen))
    assert one.get_by_role("radio", name="Down").get_attribute("aria-checked") == "true"
    assert seen.errors == []


def assert_one_clock(samples: NDArray[np.float64]) -> None:
    """Each sample comes from the instant it should, whichever version it is of; nothing clicks."""
    assert np.abs(np.diff(samples)).max() < 0.006  # a cut would be a jump of 0.6
    switches = np.flatnonzero(np.diff(np.sign(samples)))
    assert switches.size >= 1
    late_s = np.abs(samples) / SLOPE - np.arange(samples.size) / RATE
    steady = np.ones(samples.size, bool)
    for start in (0, *switches):  # where it fades in, or over
        steady[max(0, start - 200) : start + 200] = False
    assert np.ptp(late_s[steady]) < TOLERANCE_S


def test_runs_of_the_page_and_new_samples_do_not_stop_the_sound(seen: Visit) -> None:
    one, page = play_from_20_s(seen), seen.page
    page.keyboard.press("2")
    before = switched(seen, 1)
    page.get_by_role("button", name="Again").click()
    page.get_by_text("Above", exact=True).click()
    page.get_by_text("Something above the player.").wait_for()
    seen.settle()
    after = switched(seen, 1)
    assert after["start"] == before["start"]
    assert abs(drift_s(before, after)) < 0.001
    page.get_by_text("Flatter", exact=True).click()
    until(seen, f"now.start > {after['start']}")
    fresh = switched(seen, 1)
    assert fresh["playing"]
    assert abs(drift_s(before, fresh)) < 0.001
    until(seen, f"now.contextTime > {fresh['contextTime']} + 0.25")
    samples = heard(seen)
    slope = np.polyfit(np.arange(3_200) / RATE, samples[-3_200:], 1)[0]
    assert slope == pytest.approx(-0.5 * SLOPE, rel=0.05)
    assert np.abs(np.diff(samples)).max() < 0.006
    page.get_by_text("Shown", exact=True).click()
    one.wait_for(state="detached")
    page.wait_for_function("() => contexts.every(context => context.state === 'closed')")
    page.get_by_text("Shown", exact=True).click()
    one.wait_for()
    back = state(seen)
    assert (back["playing"], back["chosen"]) == (False, 1)
    assert back["place"] >= fresh["place"]
    assert seen.errors == []


def test_keys_loop_and_same_word(seen: Visit) -> None:
    one, page = play_from_20_s(seen), seen.page
    page.keyboard.press(" ")
    rest = state(seen)
    assert not rest["playing"]
    drag(seen, 0.5, 0.51)
    looped = state(seen)
    assert looped["looping"]
    start, stop = looped["region"]["from"], looped["region"]["to"]
    assert (start, stop) == pytest.approx((30.0, 30.6), abs=0.1)
    assert looped["place"] == start
    assert one.get_by_role("button", name=f"Loop {start:.2f}–{stop:.2f} s").is_visible()
    page.keyboard.press(" ")
    until(seen, f"now.start && now.contextTime > now.start + {1.2 * (stop - start)}")
    assert start <= state(seen)["place"] < stop
    page.keyboard.press("l")
    until(seen, f"now.place > {stop}")
    one.get_by_role("button", name="Whole clip").click()
    assert state(seen)["region"] is None
    page.get_by_text("Stretched", exact=True).click()
    one.get_by_text("Stay at the same word").click()
    until(seen, "now.place < 1")  # a share of the length
    until(seen, "now.contextTime > now.start + 0.2")  # the new samples have begun to sound
    samples, switch = heard_to_switch(seen)
    before, after = np.abs(samples[[switch - 200, switch + 150]])
    assert before > 0.4
    assert after == pytest.approx(before, abs=0.005)  # at the same instant: two thirds of it
    assert seen.errors == []


def heard_to_switch(seen: Visit) -> tuple[NDArray[np.float64], int]:
    """The last two seconds, and where in them the second version took over from the first.

    A browser that is kept busy may answer when the switch is longer ago: then it is made again.
    """
    for _ in range(10):
        for key, version in (("1", 0), ("2", 1)):
            seen.page.keyboard.press(key)
            start = switched(seen, version)["contextTime"]
            until(seen, f"now.contextTime > {start + 0.2}")
        samples = heard(seen)
        switches = np.flatnonzero(np.diff(np.sign(samples)))
        if switches.size:
            return samples, int(switches[-1])
    raise AssertionError("no switch is heard")


def drag(seen: Visit, start: float, stop: float) -> None:
    box = player(seen).locator(".track").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    seen.page.mouse.move(box["x"] + start * box["width"], middle)
    seen.page.mouse.down()
    seen.page.mouse.move(box["x"] + stop * box["width"], middle, steps=3)
    seen.page.mouse.up()


def test_one_thing_sounds_at_a_time_on_a_phone(visit: Visitor, players: App) -> None:
    seen = opened(visit(size=PHONE, dark=True), players)
    for key in ("one", "two"):
        player(seen, key).get_by_role("button", name="Play").click()
        until(seen, "now.place > 0.05", key)
    assert not state(seen, "one")["playing"]
    seen.page.locator("audio").evaluate("sound => sound.play()")
    until(seen, "!now.playing", "two")
    player(seen, "two").get_by_role("button", name="Play").click()
    seen.page.wait_for_function("() => document.querySelector('audio').paused")
    assert overflow_px(seen) <= 0
    assert seen.errors == []
