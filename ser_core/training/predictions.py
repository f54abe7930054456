"""What a network said of test clips, as a table."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.training.material import Material
from ser_core.training.rows import COPY, PARENT
from ser_core.training.targets import Head


def prediction_table(
    material: Material,
    number: int,
    rows: NDArray[np.intp],
    said: Mapping[str, NDArray[np.float32]],
) -> pd.DataFrame:
    """A row for each test clip: what it is, what was said, the probability of every emotion.

    Args:
        number: of the fold.
        rows: the test clips, in the material's table.
        said: of these, by head; see `ser_core.training.trainer.predict_heads`.
    """
    facts = [
        name for name in ("clip", "speaker", "emotion", COPY, PARENT) if name in material.table
    ]
    table = material.table.loc[rows, facts].reset_index(drop=True)
    table.insert(2, "fold", number)
    emotion, *further = material.targets.heads
    table["predicted"] = _chosen(emotion, said[emotion.name])
    table[material.labels] = said[emotion.name]
    for head in further:
        table[head.name] = material.table[head.name].iloc[rows].to_numpy()
        table[f"predicted_{head.name}"] = _chosen(head, said[head.name])
    return table


def _chosen(head: Head, said: NDArray[np.float32]) -> list[str] | list[float]:
    """The likeliest class of each row, or the value of a dimension."""
    if head.classes:
        return [head.classes[index] for index in said.argmax(axis=1)]
    return said[:, 0].tolist()
