"""Metrics of AU detection, of AU intensity and of features, with NumPy only.

:mod:`~aulib.metrics.frame` judges frames one by one, :mod:`~aulib.metrics.event` whole events (F1-event),
:mod:`~aulib.metrics.intensity` levels (ICC(3,1), MAE), and :mod:`~aulib.metrics.divergence` how far subjects lie apart
in a feature space.
"""

from .divergence import (
    Control,
    Divergence,
    as_distributions,
    js_divergence,
    mean_vectors,
    pairwise_js,
    permutation_control,
    subject_divergence,
)
from .event import (
    OVERLAPS,
    EventCounts,
    area,
    event_counts,
    event_counts_iou,
    events,
    f1_event,
    f1_event_at,
    f1_event_curve,
    f1_event_iou,
)
from .frame import (
    Array,
    Metric,
    accuracy,
    always_present_f1,
    auc,
    average_precision,
    base_rate,
    f1_curve,
    f1_frame,
    f1_norm,
    mean_of_defined,
    over_folds,
)
from .intensity import icc, mae, mse

__all__ = [
    "OVERLAPS",
    "Array",
    "Control",
    "Divergence",
    "EventCounts",
    "Metric",
    "accuracy",
    "always_present_f1",
    "area",
    "as_distributions",
    "auc",
    "average_precision",
    "base_rate",
    "event_counts",
    "event_counts_iou",
    "events",
    "f1_curve",
    "f1_event",
    "f1_event_at",
    "f1_event_curve",
    "f1_event_iou",
    "f1_frame",
    "f1_norm",
    "icc",
    "js_divergence",
    "mae",
    "mean_of_defined",
    "mean_vectors",
    "mse",
    "over_folds",
    "pairwise_js",
    "permutation_control",
    "subject_divergence",
]
