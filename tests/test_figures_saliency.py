"""What an answer hangs on, over the spectrogram: in place, on one scale with 0 in its middle."""

import numpy as np
import pytest

from ser_core import figures
from ser_core.errors import ParameterError

BANDS_HZ = np.array([200.0, 1_000.0, 4_000.0])
LOUD = np.linspace(-60, 0, 30, dtype=np.float32).reshape(10, 3)


def test_places_lie_in_the_recordings_own_time_and_are_shares_of_the_strongest() -> None:
    added = np.zeros((10, 3))
    added[4, 1], added[6, 2], added[0] = -2.0, 0.5, np.nan
    figure = figures.saliency_figure(LOUD, 0.1, BANDS_HZ, added, 0.25, "Happy", start_s=3.0)
    grey, coloured, outline = figure.data
    assert (coloured.x0, coloured.dx) == (grey.x0, grey.dx) == (3.0, 0.1)
    assert tuple(figure.layout.xaxis.range) == pytest.approx((3.0, 3.9))
    assert coloured.z[1, 4] == -100
    assert coloured.z[2, 6] == 25
    assert (coloured.zmin, coloured.zmax) == (-100, 100)
    assert np.isnan(coloured.z[0, 0])
    assert outline.contours.start == outline.contours.end == 12.5
    assert "for Happy" in coloured.hovertemplate


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ParameterError, match="as many frames and bands"):
        figures.saliency_figure(LOUD, 0.1, BANDS_HZ, np.zeros((9, 3)), 0.0, "Happy")
