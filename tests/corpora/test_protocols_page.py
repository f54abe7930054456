"""docs/protocols.md says of every protocol what its class says."""

import re
from pathlib import Path

import pytest

from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.protocols.ravdess import ActorFolds

PAGE = Path(__file__).resolve().parents[2] / "docs" / "protocols.md"


def sections() -> dict[str, str]:
    """Text of each section that is headed by a name, on one line."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    texts = (" ".join(text.split()) for text in parts[1::2])
    named = dict(zip(parts[::2], texts, strict=True))
    return {head.strip("`"): text for head, text in named.items() if head.startswith("`")}


def test_the_page_has_a_section_for_each_protocol_and_no_other() -> None:
    assert sorted(sections()) == PROTOCOLS.names()


@pytest.mark.parametrize("name", PROTOCOLS.names())
def test_a_section_says_what_the_protocol_says(name: str) -> None:
    protocol, text = PROTOCOLS.get(name), sections()[name]
    assert text.startswith(f"{protocol.title}.")
    assert f"- Kept apart: {protocol.kept_apart} - Not kept apart: {protocol.not_apart}" in text
    assert f"- Use: {protocol.use} - Source: {protocol.source}" in text


@pytest.mark.parametrize("name", ["luna-jimenez", "emobox"])
def test_named_folds_are_those_of_the_code(name: str) -> None:
    protocol = PROTOCOLS.get(name)
    assert issubclass(protocol, ActorFolds)
    for group in protocol.test_actors:
        assert f" {', '.join(group)}" in sections()[name]


def test_the_table_of_choices_names_every_protocol() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert sorted(set(re.findall(r"`([a-z0-9-]+)`", " ".join(rows)))) == PROTOCOLS.names()
