"""Arrays → Plotly figures, for pages and reports alike.

Figures carry no theme of their own: put them into one by `themed` when they are shown, so that one
figure fits light and dark. Emotions have the colours of `ser_core.emotions` everywhere.
"""

from ser_core.figures.agreement import agreement_figure, shared_figure
from ser_core.figures.calibration import reliability_figure
from ser_core.figures.clip import WindowLike, clip_figure, envelope
from ser_core.figures.confusion import confusion_difference_figure, confusion_figure, side_by_side
from ser_core.figures.coverage import coverage_figure
from ser_core.figures.curves import learning_figure
from ser_core.figures.durations import duration_figure
from ser_core.figures.features import feature_figure
from ser_core.figures.finishing import finished
from ser_core.figures.folds import fold_figure, share_figure
from ser_core.figures.forest import forest_figure
from ser_core.figures.lanes import lanes_figure
from ser_core.figures.noise import snr_figure
from ser_core.figures.numbers import cell_numbers, themed
from ser_core.figures.points import ablation_figure, group_points, leak_figure
from ser_core.figures.progress import progress_figure
from ser_core.figures.saliency import saliency_figure
from ser_core.figures.scores import group_bars, score_bars
from ser_core.figures.selectable import selectable
from ser_core.figures.style import FONT, template
from ser_core.figures.tables import count_bars, heatmap
from ser_core.figures.timeline import MAX_COLUMNS, RANGE_DB

__all__ = [
    "FONT",
    "MAX_COLUMNS",
    "RANGE_DB",
    "WindowLike",
    "ablation_figure",
    "agreement_figure",
    "cell_numbers",
    "clip_figure",
    "confusion_difference_figure",
    "confusion_figure",
    "count_bars",
    "coverage_figure",
    "duration_figure",
    "envelope",
    "feature_figure",
    "finished",
    "fold_figure",
    "forest_figure",
    "group_bars",
    "group_points",
    "heatmap",
    "lanes_figure",
    "leak_figure",
    "learning_figure",
    "progress_figure",
    "reliability_figure",
    "saliency_figure",
    "score_bars",
    "selectable",
    "share_figure",
    "shared_figure",
    "side_by_side",
    "snr_figure",
    "template",
    "themed",
]
