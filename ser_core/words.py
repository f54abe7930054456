"""Numbers of things in words, the same on every page and in every command."""

import re

_NEGATIVE = re.compile(r"(?<!\w)-(?=[.\d])")


def count(number: int, thing: str, things: str = "") -> str:
    """A number of things.

    Args:
        number: how many.
        thing: what one of them is called.
        things: what several are called; `thing` with an "s" if left out.

    >>> count(1, "clip"), count(2033, "clip"), count(0, "copy", "copies")
    ('1 clip', '2,033 clips', '0 copies')
    """
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def minus(text: str) -> str:
    """Numbers with a true minus, as people read them, in place of the hyphen that Python writes.

    >>> minus(f"{-3.14:.1f} [{-5.9:+.1f}, {0.4:+.1f}] of a well-known 8-bit SVM-2")
    '−3.1 [−5.9, +0.4] of a well-known 8-bit SVM-2'
    """
    return _NEGATIVE.sub("−", text)


def clips_of(clips: int, speakers: int, kind: str = "clip") -> str:
    """Clips and who speaks in them.

    Args:
        clips: how many.
        speakers: how many are known by name; 0 says that nobody is.
        kind: what one of them is called.

    >>> clips_of(360, 6), clips_of(1, 1), clips_of(8, 0)
    ('360 clips of 6 speakers', '1 clip of 1 speaker', '8 clips, speakers unknown')
    """
    if not speakers:
        return f"{count(clips, kind)}, speakers unknown"
    return f"{count(clips, kind)} of {count(speakers, 'speaker')}"
