"""What several models heard when, in a lane each, on one time axis."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.clip import SegmentLike
from ser_core.figures.style import after_imports, shown
from ser_core.figures.timeline import SIDES_PX, time_axis

_LANE_PX = 34


@after_imports
def lanes_figure(lanes: Mapping[str, Sequence[SegmentLike]], duration_s: float) -> go.Figure:
    """A lane of labelled segments for each model, the first on top.

    Args:
        lanes: segments by the model's name.
        duration_s: of the recording.

    Raises:
        ParameterError: there is no model.
    """
    if not lanes:
        raise ParameterError("lanes: at least one model, got none")
    figure = go.Figure(
        [_lane(place, name, each) for place, (name, each) in enumerate(lanes.items())]
    )
    figure.update_layout(
        height=70 + _LANE_PX * len(lanes),
        barmode="overlay",
        showlegend=False,
        hovermode="closest",
        uniformtext={"minsize": 9, "mode": "hide"},
        margin={**SIDES_PX, "t": 8},
        xaxis=time_axis(duration_s, "y"),
        yaxis={
            "range": [len(lanes) - 0.5, -0.5],
            "tickvals": list(range(len(lanes))),
            "ticktext": [str(place + 1) for place in range(len(lanes))],
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure


def _lane(place: int, name: str, segments: Sequence[SegmentLike]) -> go.Bar:
    titles = [emotions.title(one.emotion) for one in segments]
    shares = [one.probabilities[one.emotion] for one in segments]
    return go.Bar(
        name=shown(name),
        orientation="h",
        base=[one.start_s for one in segments],
        x=[one.end_s - one.start_s for one in segments],
        y=[place] * len(segments),
        width=0.8,
        text=titles,
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        marker={"color": [emotions.colour(one.emotion) for one in segments], "line": {"width": 0}},
        customdata=[[title, share] for title, share in zip(titles, shares, strict=True)],
        hovertemplate="%{customdata[0]} %{customdata[1]:.2f}<extra>%{fullData.name}</extra>",
    )
