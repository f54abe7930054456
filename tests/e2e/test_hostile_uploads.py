"""Files that are no sound, or lie about themselves, through the browser: a sentence for each."""

import re
from pathlib import Path

import pytest

from tests import hostile
from tests.e2e.conftest import Visitor
from tests.e2e.test_live import check_answer, choose, heard, upload, warning


@pytest.mark.soak
def test_each_is_heard_or_refused_in_a_sentence_and_the_page_goes_on(
    visit: Visitor, speech_wav: Path
) -> None:
    seen = visit()
    choose(seen, "Upload")
    refused = 0
    for number, (name, content) in enumerate(hostile.files().items()):
        marked = f"file{number} {name}"
        upload(seen, {"name": marked, "mimeType": "audio/wav", "buffer": content})
        said = seen.page.get_by_text(re.compile(rf"^file{number} .* (cannot be used: |· )"))
        said.first.wait_for()
        seen.settle()
        if warning(seen).filter(has_text=f"file{number} ").count():
            refused += 1
            words = warning(seen).inner_text()
            assert "cannot be used: " in words, name
            assert "Try another file" in words, name
            assert not re.search(r"object at|0x[0-9a-f]{6}|Traceback", words), name
            assert heard(seen).count() == 0, name
        else:
            heard(seen).wait_for()
        assert seen.exceptions() == [], name
    assert refused > 20
    upload(seen, speech_wav)
    seen.page.get_by_text(f"{speech_wav.name} · ").wait_for()
    check_answer(seen)
