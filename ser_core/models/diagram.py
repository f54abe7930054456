"""A network as a picture: blocks in their order, with branches, as SVG.

Cards are light and carry dark words, lines between them are grey: both are readable on a light and
on a dark page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

_CARD, _EDGE_OF_CARD, _INK, _SOFT, _LINE = "#FFFFFF", "#C6D0DB", "#31333F", "#5B6470", "#8A929E"
_COLOURS = {
    "Convolution": "#3581B8",
    "Bidirectional": "#0B4F82",
    "Dense": "#7FB2D6",
    "SimAM": "#CD4071",
    "Softmax": "#CD4071",
    "Weighted": "#CD4071",
}
_OTHERWISE = "#9AA3AE"
_HEAD = "#31333F"
_SHORT = {
    "Batch normalisation": "batch norm",
    "Max pooling": "max",
    "Global average pooling": "average over all",
    "Global max pooling": "max over all",
    "ReLU": "ReLU",
}
# What follows a layer without changing what is meant by it is written into the layer's card.
_MINOR = {
    "Batch normalisation",
    "ReLU",
    "Max pooling",
    "Dropout",
    "Channel dropout",
    "Reshape",
    "Permute",
    "Flatten",
    "Global average pooling",
    "Global max pooling",
}
_TITLE_PX, _WORDS_PX = 7.0, 5.9  # mean width of a letter in each size
_HEIGHT, _GAP, _BETWEEN, _MARGIN = 58, 26, 22, 6


@dataclass
class _Card:
    """A layer with what directly follows it; one without title only leads a line past a row."""

    title: str = ""
    minor: list[str] = field(default_factory=list)
    facts: str = ""
    colour: str = _OTHERWISE
    parents: list["_Card"] = field(default_factory=list)
    row: int = 0
    x: float = 0.0

    @property
    def width(self) -> float:
        if not self.title:
            return 8.0
        words = max(len(" · ".join(self.minor)), len(self.facts))
        return max(150.0, _TITLE_PX * len(self.title), _WORDS_PX * words) + 26

    @property
    def y(self) -> float:
        return _MARGIN + self.row * (_HEIGHT + _GAP)

    @property
    def foot(self) -> float:
        return self.y + _HEIGHT


def draw(title: str, layers: Sequence[Mapping[str, Any]]) -> str:
    """SVG of a network.

    Args:
        title: what it is called, for those who do not see the picture.
        layers: in an order in which each comes after those it reads: name, kind, details, inputs
            (names of layers), shape, parameters.
    """
    cards = _cards(layers)
    rows = _rows(cards)
    width = _place(rows)
    height = rows[-1][0].foot + _MARGIN
    lines = [_line(parent, card) for row in rows for card in row for parent in card.parents]
    boxes = [_box(card) for card in cards]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" '
        "font-family=\"'Source Sans','Source Sans Pro','Segoe UI',sans-serif\">"
        f"<title>{escape(title)}: layers in their order</title>"
        + "".join(lines)
        + "".join(boxes)
        + "</svg>"
    )


def _cards(layers: Sequence[Mapping[str, Any]]) -> list[_Card]:
    """Layers as cards, minor ones within those that they follow."""
    readers: dict[str, int] = {}
    for layer in layers:
        for name in layer["inputs"]:
            readers[name] = readers.get(name, 0) + 1
    holder: dict[str, _Card] = {}
    parameters: dict[int, int] = {}
    cards: list[_Card] = []
    for layer in layers:
        inputs = layer["inputs"]
        if len(inputs) == 1 and layer["kind"] in _MINOR and readers[inputs[0]] == 1:
            card = holder[inputs[0]]
            card.minor.append(_short(layer))
        else:
            card = _Card(_title(layer), parents=[holder[name] for name in inputs])
            card.colour = _HEAD if layer["name"] not in readers else _colour(layer["kind"])
            cards.append(card)
        holder[layer["name"]] = card
        parameters[id(card)] = parameters.get(id(card), 0) + layer["parameters"]
        card.facts = _facts(layer["shape"], parameters[id(card)])
    return cards


def _colour(kind: str) -> str:
    return _COLOURS.get(kind.split(maxsplit=1)[0], _OTHERWISE)


def _title(layer: Mapping[str, Any]) -> str:
    if layer["kind"] == "Input":
        return f"Input: {layer['name']}"
    words = ", ".join(filter(None, (layer["kind"], layer["details"])))
    head = layer["kind"] == "Dense" and not layer["name"].startswith("dense")
    return f"{layer['name']}: {words}" if head else words


def _short(layer: Mapping[str, Any]) -> str:
    words = _SHORT.get(layer["kind"], layer["kind"].lower())
    return f"{words} {layer['details']}".strip()


def _facts(shape: Sequence[int], parameters: int) -> str:
    size = " × ".join(map(str, shape))
    return f"{size} · {parameters:,} parameters" if parameters else size


def _rows(cards: list[_Card]) -> list[list[_Card]]:
    """Cards row by row; a line over several rows gets an empty card in each that it passes."""
    for card in cards:
        card.row = 1 + max((parent.row for parent in card.parents), default=-1)
    rows: list[list[_Card]] = [[] for _ in range(1 + max(card.row for card in cards))]
    for card in cards:
        rows[card.row].append(card)
        card.parents = [_led(parent, card.row, rows) for parent in card.parents]
    return rows


def _led(parent: _Card, row: int, rows: list[list[_Card]]) -> _Card:
    while parent.row < row - 1:
        parent = _Card(parents=[parent], row=parent.row + 1)
        rows[parent.row].append(parent)
    return parent


def _place(rows: list[list[_Card]]) -> float:
    """Set the middle of each card; the width of the whole."""
    extents = [sum(card.width for card in row) + _BETWEEN * (len(row) - 1) for row in rows]
    width = max(extents) + 2 * _MARGIN
    for row, extent in zip(rows, extents, strict=True):
        row.sort(key=lambda card: _mean([parent.x for parent in card.parents]))
        left = (width - extent) / 2
        for card in row:
            card.x = left + card.width / 2
            left += card.width + _BETWEEN
    return width


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _line(parent: _Card, card: _Card) -> str:
    start, end = (parent.x, parent.foot), (card.x, card.y)
    through = "" if card.title else f" L{card.x:.1f},{card.foot:g}"
    half = (start[1] + end[1]) / 2
    path = (
        f"M{start[0]:.1f},{start[1]:g} C{start[0]:.1f},{half:g} {end[0]:.1f},{half:g} "
        f"{end[0]:.1f},{end[1]:g}{through}"
    )
    tip = ""
    if card.title:
        tip = f'<path d="M{end[0] - 4:.1f},{end[1] - 6:g} l4,6 l4,-6 z" fill="{_LINE}"/>'
    return f'<path d="{path}" fill="none" stroke="{_LINE}" stroke-width="1.5"/>{tip}'


def _box(card: _Card) -> str:
    left, top = card.x - card.width / 2, card.y
    below = [words for words in (" · ".join(card.minor), card.facts) if words]
    words = [_text(left + 16, top + 19, 13, _INK, card.title, "600")]
    words += [_text(left + 16, top + 36 + 15 * i, 11, _SOFT, each) for i, each in enumerate(below)]
    return (
        f'<rect x="{left:.1f}" y="{top:g}" width="{card.width:.1f}" height="{_HEIGHT}" rx="6" '
        f'fill="{_CARD}" stroke="{_EDGE_OF_CARD}"/>'
        f'<rect x="{left + 5:.1f}" y="{top + 7:g}" width="4" height="{_HEIGHT - 14}" rx="2" '
        f'fill="{card.colour}"/>' + "".join(words)
    )


def _text(x: float, y: float, size: int, colour: str, words: str, weight: str = "400") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:g}" font-size="{size}" font-weight="{weight}" '
        f'fill="{colour}">{escape(words)}</text>'
    )
