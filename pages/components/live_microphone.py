"""This machine's own microphone on the Live page: device, level, Start and Stop.

It belongs to the machine that SER Studio runs on, so only who sits there gets it. Each run of the
page takes what has come in since the last one and hears it; `Microphone` keeps it until then.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from pages.components import entry, live_input, live_streamed, state
from pages.components.live_streamed import Streamed
from ser_core.errors import MicrophoneError

if TYPE_CHECKING:
    from ser_core.inference import Predictor
    from ser_core.inference.microphone import InputDevice, Microphone

POLL_S = 0.25  # between two runs while it is open
FLOOR_DB = -60.0  # left end of the level meter
_OPEN = "live:microphone"  # session key of the microphone that is open
_DEVICES = "live:devices"  # of the devices found, or why there are none
_REFUSED = "live:microphone_refused"  # of why the last Start failed
_DEVICE = "live:device"  # widget: the device chosen, by its label
_TURN = "live:microphone_turn"

_THEIRS = (
    "**This is the microphone of the computer that SER Studio runs on, not of yours**, and it "
    "stays closed to visitors from elsewhere. Use Record or Stream for your own microphone."
)
_NONE = (
    "No microphone was found on this machine. Connect one and look again; or use Record or Stream, "
    "which hear the browser's microphone."
)
_TRACK = "background:color-mix(in srgb,currentColor 12%,transparent);border-radius:3px"
_LEVEL = "height:.5rem;border-radius:3px;width:{percent:.0f}%;background:{colour}"


def is_open() -> bool:
    """Whether this session listens to the machine's microphone."""
    return _OPEN in st.session_state


def leave() -> None:
    """Close it where its view is not shown any more; what was heard up to then is kept."""
    opened: Microphone | None = st.session_state.pop(_OPEN, None)
    known = live_streamed.last()
    if opened is None:
        return
    opened.stop()
    if known is not None and known.running:
        live_streamed.stop(known, opened.ended)


def microphone(predictors: "Sequence[Predictor]") -> Streamed | None:
    """Draw the devices, Start and Stop and the level, after what came in was heard.

    Args:
        predictors: the model that listens, then those beside it.

    Returns:
        What was streamed so far.
    """
    if not is_here(st.context.url, st.context.ip_address):
        st.info(_THEIRS, icon=":material/mic_off:")
        return live_streamed.last()
    _hear(predictors)
    if is_open():
        _running(predictors)
    else:
        _choose(predictors[0])
    return live_streamed.last()


def is_here(url: str | None, ip_address: str | None) -> bool:
    """Whether the page is looked at on the machine that SER Studio runs on.

    A visitor through a proxy has the proxy's address, but calls the page by another name.

    >>> is_here("http://localhost:8501/live", None), is_here("https://ser.example/live", None)
    (True, False)
    """
    host = urlsplit(url or "").hostname or "localhost"
    return ip_address is None and live_input.is_local(host)


def _hear(predictors: "Sequence[Predictor]") -> None:
    """Take in what has come since the last run; close what ended by itself."""
    opened: Microphone | None = st.session_state.get(_OPEN)
    known = live_streamed.last()
    if opened is None or known is None:
        return
    running = opened.running
    for block in opened.take():
        live_streamed.hear(known, block.samples, block.position, predictors[0], predictors[1:])
    if not running:
        leave()
        st.rerun()


def _choose(predictor: "Predictor") -> None:
    found = _devices()
    if isinstance(found, str) or not found:
        st.info(f"{found}." if isinstance(found, str) else _NONE, icon=":material/mic_off:")
        _look_again()
        return
    by_label = {device.label: device for device in found}
    if state.keep(_DEVICE, found[0].label) not in by_label:
        st.session_state[_DEVICE] = found[0].label
    chosen = st.selectbox("Microphone of this machine", list(by_label), key=_DEVICE)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("Start", type="primary", icon=":material/mic:"):
            _start(by_label[chosen], predictor)
            st.rerun()
        _look_again()
    if refused := st.session_state.get(_REFUSED):
        st.warning(live_input.plain(refused) + ".", icon=":material/mic_off:")


def _running(predictors: "Sequence[Predictor]") -> None:
    opened: Microphone = st.session_state[_OPEN]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button("Stop", type="primary", icon=":material/stop:"):
            opened.stop()
            _hear(predictors)
        st.markdown(f"{opened.duration_s:.0f} s", width="content")
    _meter(opened.level_db)
    st.caption(f"Listening to {live_input.plain(opened.device.name)}")
    if opened.level_db > -1:
        st.caption(":material/info: Too loud: the top of the sound is cut off.")


def _start(device: "InputDevice", predictor: "Predictor") -> None:
    from ser_core.inference.microphone import Microphone

    st.session_state.pop(_REFUSED, None)
    try:
        opened = Microphone(device, wanted=entry.visited())
    except MicrophoneError as error:
        st.session_state[_REFUSED] = str(error)
        return
    live_streamed.forget()
    turn = st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    rate = device.sampling_rate
    known = live_streamed.begin(f"microphone {turn}", rate, predictor, "microphone", "float32")
    st.session_state[live_streamed.SLOT] = known
    st.session_state[_OPEN] = opened


def _devices() -> "list[InputDevice] | str":
    """What was found when devices were looked for last, or in words why nothing can be."""
    if _DEVICES not in st.session_state:
        _look()
    found: list[InputDevice] | str = st.session_state[_DEVICES]
    return found


def _look(again: bool = False) -> None:
    from ser_core.inference.microphone import input_devices

    st.session_state.pop(_REFUSED, None)
    try:
        st.session_state[_DEVICES] = input_devices(again)
    except MicrophoneError as error:
        st.session_state[_DEVICES] = str(error)


def _look_again() -> None:
    st.button("Look again", icon=":material/refresh:", on_click=_look, args=(True,))


def _meter(level_db: float) -> None:
    level_db = min(0.0, max(FLOOR_DB, level_db))
    colour = "#CA5C4B" if level_db > -1 else "#4A80B6"
    bar = _LEVEL.format(percent=100 * (1 - level_db / FLOOR_DB), colour=colour)
    st.html(
        f'<div role="meter" aria-label="Level" aria-valuemin="{FLOOR_DB:.0f}" aria-valuemax="0" '
        f'aria-valuenow="{level_db:.0f}" aria-valuetext="{level_db:.0f} dB of full scale" '
        f'style="{_TRACK}"><div style="{bar}"></div></div>'
    )
