"""The report as one HTML page: it works from a disk, without network, light or dark."""

import html
import itertools
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from plotly import graph_objects as go

from ser_core import figures
from ser_core.comparison.comparability import why_not
from ser_core.comparison.pairs import Pair
from ser_core.comparison.reported import Reported
from ser_core.comparison.results import Results
from ser_core.comparison.table import MEASURES
from ser_core.evaluation.intervals import Interval
from ser_core.reports.markdown import p_value
from ser_core.reports.picture import Picture
from ser_core.reports.tables import about, points, report_text, written

_STYLE = """
:root { color-scheme: light dark; --page: #FFFFFF; --ink: #31333F; --soft: #6B7280;
  --line: #E5E7EB; --raised: #F7F9FB; --warn: #8A3B12; --warn-page: #FDF3EC; }
@media (prefers-color-scheme: dark) { :root { --page: #14181D; --ink: #E6E8EB; --soft: #9AA3AE;
  --line: #2B3038; --raised: #1C2027; --warn: #F0B48A; --warn-page: #2A1D14; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 1.5rem 1rem 4rem; background: var(--page);
  color: var(--ink); font: 15px/1.5 "Source Sans 3", "Segoe UI", system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: .95rem; margin: 0 0 .3rem; font-weight: 600; }
p, li { max-width: 78ch; } .soft { color: var(--soft); } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--soft); } td.facts { white-space: normal; min-width: 18rem; }
.warn { background: var(--warn-page); color: var(--warn); padding: .6rem .9rem;
  border-radius: 6px; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr));
  gap: 1.2rem 2rem; align-items: start; }
figure { margin: 0; min-width: 0; }
pre { background: var(--raised); padding: .9rem; overflow-x: auto; border-radius: 6px;
  font-size: 13px; line-height: 1.4; }
@media (max-width: 600px) { td:first-child { white-space: normal; min-width: 8rem; } }
@media print { figure, tr { break-inside: avoid; } }
"""

_SCRIPT = """
const data = JSON.parse(document.getElementById("figures").textContent);
const dark = window.matchMedia("(prefers-color-scheme: dark)");
function draw() {
  const template = dark.matches ? data.dark : data.light;
  for (const [name, figure] of Object.entries(data.figures)) {
    const layout = {...figure.layout, template, autosize: true};
    const numbers = dark.matches ? figure.dark : figure.light;
    const traces = [...figure.data, ...numbers];
    Plotly.react(name, traces, layout, {displayModeBar: false, responsive: true});
  }
}
draw();
dark.addEventListener("change", draw);
"""

_MEANINGS = {
    "UAR": "unweighted average recall: the mean of the classes' recalls. Chance is 1 over the "
    "number of classes, however many clips each has.",
    "WAR": "weighted average recall, which is accuracy: the share of clips that were right.",
    "F1": "of a class, the harmonic mean of precision (of the answers, how many were right) and "
    "recall (of the clips, how many were recognised). Macro F1 is the mean over classes, weighted "
    "F1 weighs them by their clips.",
    "top-3": "how often the right class is among the three most probable ones.",
    "ECE": "expected calibration error: how far confidence is from accuracy on average; 0 is best. "
    "It is of what the fold models said: a saved model's answers are tempered.",
    "Brier score": "mean squared distance between the probabilities and the truth; 0 is best, 2 "
    "worst.",
    "Intervals": "95 % bootstrap over speakers: what other speakers of the same kind would give. "
    "They say nothing about other corpora, languages or microphones.",
}


def page(
    results: Sequence[Results],
    pairs: Sequence[Pair],
    pictures: Sequence[Picture],
    reported: Sequence[Reported] = (),
) -> str:
    """The whole page, with everything it needs inside."""
    from plotly.offline import get_plotlyjs

    title = " and ".join(one.run.title for one in results) if len(results) < 3 else "Several runs"
    parts = [
        f"<h1>{_text(title)}</h1>",
        '<p class="soft">Speech emotion recognition: every score with its 95 % interval over '
        "speakers. Figures measured on these test clips only.</p>",
        _warnings(results),
        "<h2>Scores</h2>",
        _scores(results),
        _differences(pairs),
        _others(reported),
        *_sections(pictures),
        "<h2>Classification report</h2>",
        *(f"<pre>{_text(report_text(one))}</pre>" for one in results),
        "<h2>What the numbers mean</h2>",
        _list(f"<b>{_text(name)}</b>: {_text(words)}" for name, words in _MEANINGS.items()),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + f'\n<script type="application/json" id="figures">{_document(pictures)}</script>\n'
        f"<script>{get_plotlyjs()}</script>\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _document(pictures: Sequence[Picture]) -> str:
    """Figures and both templates as JSON that cannot end the script it stands in."""
    whole: dict[str, Any] = {
        "light": _template(False),
        "dark": _template(True),
        "figures": {picture.name: _figure(picture.figure) for picture in pictures},
    }
    return json.dumps(whole, separators=(",", ":")).replace("<", "\\u003c")


def _template(dark: bool) -> Any:
    return _values(go.Figure(layout_template=figures.template(dark)))["layout"]["template"]


def _figure(figure: go.Figure) -> dict[str, Any]:
    """A figure's traces and layout, and the numbers on its cells for either theme."""
    numbers = {
        name: _values(go.Figure(figures.cell_numbers(figure, dark)))["data"]
        for name, dark in (("light", False), ("dark", True))
    }
    found = _values(figure)
    found["layout"].pop("template", None)
    for trace in found["data"]:
        if trace["type"] == "heatmap":
            trace.pop("texttemplate", None)
    return {"data": found["data"], "layout": found["layout"], **numbers}


def _values(figure: go.Figure) -> Any:
    return json.loads(figure.to_json())


def _warnings(results: Sequence[Results]) -> str:
    """What keeps runs from being compared, and what makes a score say less than it seems to."""
    said = []
    for one, other in itertools.combinations(results, 2):
        why = why_not(one.run, other.run)
        if why:
            said.append(
                f"<b>{_text(one.run.title)}</b> and <b>{_text(other.run.title)}</b> are not "
                f"comparable: {_text(why)}."
            )
    said += [
        f"<b>{_text(one.run.title)}</b> leaks, so that its scores are too high: "
        f"{_text('; '.join(one.run.leaks))}."
        for one in results
        if one.run.leaks
    ]
    said += [
        f"<b>{_text(one.run.title)}</b> was tested on "
        f"{'one speaker' if one.scores.speakers else 'speakers whom nobody knows'}: its scores "
        "have no interval, and say nothing about others."
        for one in results
        if math.isnan(one.scores.uar.low)
    ]
    return f'<div class="warn">{_list(said)}</div>' if said else ""


def _scores(results: Sequence[Results]) -> str:
    """A row for each run, with what it was tested on; measures from left to right."""
    known = [one.measures() for one in results]
    names = list(dict.fromkeys(name for one in known for name in one))
    head = "".join(f"<th>{_text(name)}</th>" for name in names)
    rows = []
    for one, measures in zip(results, known, strict=True):
        facts = "<br>".join(map(_text, about(one)))
        cells = "".join(f"<td>{_score(name, measures.get(name))}</td>" for name in names)
        run = f'{_text(one.run.title)}<br><span class="soft">{facts}</span>'
        rows.append(f'<tr><td class="facts">{run}</td>{cells}</tr>')
    return (
        f'<div class="wide"><table><tr><th>run</th>{head}</tr>{"".join(rows)}</table></div>'
        '<p class="soft">Below each score its 95 % interval.</p>'
    )


def _score(name: str, score: Interval | None) -> str:
    """A score above its interval: many measures fit beside each other."""
    if score is None:
        return ""
    value, bracket, ends = _text(written(name, score)).partition(" [")
    return f'{value}<br><span class="soft">[{ends}</span>' if bracket else value


def _differences(pairs: Sequence[Pair]) -> str:
    if not pairs:
        return ""
    rows = "".join(
        f"<tr><td>{_text(pair.first.run.title)} − {_text(pair.second.run.title)}</td>"
        + "".join(
            f"<td>{_text(points(one.interval))}</td>"
            for one in (pair.comparison.uar, pair.comparison.war, pair.comparison.macro_f1)
        )
        + "".join(f"<td>{_text(p_value(p))}</td>" for p in (pair.p, pair.comparison.mcnemar_p))
        + "</tr>"
        for pair in pairs
    )
    head = "".join(
        f"<th>{word}</th>"
        for word in ("points of", "UAR", "WAR", "macro F1", "p of UAR (Holm)", "p of McNemar")
    )
    return (
        "<h2>Differences</h2>"
        + _list(_text(pair.sentence) for pair in pairs)
        + f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'
        '<p class="soft">Both runs are scored with the same speakers drawn. McNemar&#39;s test '
        "takes clips for independent, which those of one speaker are not: its p is too small.</p>"
    )


def _others(reported: Sequence[Reported]) -> str:
    """What others published: in a table of its own, with how it was tested."""
    if not reported:
        return ""
    rows = "".join(
        f"<tr><td>{_text(one.title)}</td><td>{_shares(one)}</td><td>{_text(one.protocol)}</td>"
        f'<td class="facts">{_text(one.test)}{_fault(one)}</td>'
        f'<td class="facts soft">{_text(one.source)}</td></tr>'
        for one in reported
    )
    head = "".join(f"<th>{word}</th>" for word in ("", "reported", "protocol", "tested", "source"))
    return (
        "<h2>Reported by others</h2>"
        f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'
        '<p class="soft">Published figures, not measured here; under other protocols or on other '
        "clips they cannot be compared with the runs above.</p>"
    )


def _shares(one: Reported) -> str:
    words = (
        f"{MEASURES.get(name, name)} {100 * value:.1f} %" for name, value in one.scores.items()
    )
    return "<br>".join(map(_text, words))


def _fault(one: Reported) -> str:
    return f"<br>Kinder than it looks: {_text(one.fault)}" if one.fault else ""


def _sections(pictures: Sequence[Picture]) -> Iterable[str]:
    for section, each in itertools.groupby(pictures, key=lambda picture: picture.section):
        drawn = "".join(
            f"<figure><h3>{_text(picture.title)}</h3>"
            f'<div id="{_text(picture.name)}"></div></figure>'
            for picture in each
        )
        yield f'<h2>{_text(section)}</h2><div class="grid">{drawn}</div>'


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _text(words: str) -> str:
    return html.escape(words)
