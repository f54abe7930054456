"""Colours of what is compared side by side: runs, measures, folds."""

SERIES = ("#3581B8", "#C48A00", "#029868", "#CA5C4B", "#B27AAD", "#656962")
"""One for each run or measure in their order; told apart by colour-blind eyes, 3:1 on both pages.
The hues are those of `ser_core.emotions`: where emotions have colours of their own, no series has
one."""


def see_through(colour: str, opacity: float) -> str:
    """A colour that lets through what is behind it.

    >>> see_through("#3581B8", 0.4)
    'rgba(53,129,184,0.4)'
    """
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"
