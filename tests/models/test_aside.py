"""What is said where a process that answers for this one does not."""

import subprocess

import pytest

from ser_core.errors import ModelError, ParameterError
from ser_core.models import aside


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (-9, ModelError, r"not written \(its process was ended by SIGKILL: is there enough memory"),
        (1, ModelError, r"not written \(no room\)"),
        (2, ParameterError, "no room"),
    ],
)
def test_why_there_is_no_answer(monkeypatch, status, kind, words) -> None:
    done = subprocess.CompletedProcess([], status, stdout="", stderr="a warning\nno room\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(kind, match=words):
        aside.ask_aside("a.module", {}, "not written", {}, 1.0)
