"""Figures that come from another process: Plotly packs their numbers for the way."""

import base64
from typing import Any

import numpy as np
from plotly import graph_objects as go

_PACKED = {"dtype", "bdata"}


def unpacked(figure: go.Figure) -> go.Figure:
    """A figure that was pickled, with arrays for numbers again; any other as it is.

    >>> import pickle
    >>> drawn = go.Figure(go.Heatmap(z=np.eye(2)))
    >>> unpacked(pickle.loads(pickle.dumps(drawn))).data[0].z.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return go.Figure(_arrays(figure.to_dict()))


def _arrays(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() >= _PACKED:
            return _array(value)
        return {key: _arrays(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_arrays(each) for each in value]
    return value


def _array(packed: dict[str, Any]) -> Any:
    flat = np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])
    shape = packed.get("shape")
    return flat if shape is None else flat.reshape([int(size) for size in str(shape).split(",")])
