"""Arrays → Plotly figures, for pages and reports alike.

Figures carry no theme of their own: set `template(dark)` on them when they are shown, so that one
figure fits light and dark. Emotions have the colours of `ser_core.emotions` everywhere.
"""

from ser_core.figures.calibration import reliability_figure
from ser_core.figures.clip import WindowLike, clip_figure, envelope
from ser_core.figures.confusion import confusion_difference_figure, confusion_figure
from ser_core.figures.curves import learning_figure
from ser_core.figures.durations import duration_figure
from ser_core.figures.features import feature_figure
from ser_core.figures.finishing import finished
from ser_core.figures.folds import fold_figure, share_figure
from ser_core.figures.noise import snr_figure
from ser_core.figures.scores import group_bars, score_bars
from ser_core.figures.style import FONT, template
from ser_core.figures.tables import count_bars, heatmap
from ser_core.figures.timeline import MAX_COLUMNS, RANGE_DB

__all__ = [
    "FONT",
    "MAX_COLUMNS",
    "RANGE_DB",
    "WindowLike",
    "clip_figure",
    "confusion_difference_figure",
    "confusion_figure",
    "count_bars",
    "duration_figure",
    "envelope",
    "feature_figure",
    "finished",
    "fold_figure",
    "group_bars",
    "heatmap",
    "learning_figure",
    "reliability_figure",
    "score_bars",
    "share_figure",
    "snr_figure",
    "template",
]
