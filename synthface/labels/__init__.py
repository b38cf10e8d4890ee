"""Action units over time: a generative model of AU events, calibrated to published aggregates of real annotation.

======================  ==================================================================================
``declared.py``         the model of each embedded corpus: :func:`bp4d_like`, :func:`disfa_like`, …
``model.py``            the declaration, and the three steps of drawing
``tracks.py``           step 1: latent tracks in time (people, videos, movement, speech)
``events.py``           steps 2 and 3: events with onset, apex and offset; blinks; codes
``prototypes.py``       emotions, and the correlations that follow where no table has them
``twins.py``            control twins: independent AUs, known copulas, other base rates
``noise.py``            a coder's errors
``statistics.py``       the ruler: rates, φ, runs, autocorrelation, … of any table of labels
``report.py``           generated beside published, with tolerances
``calibration.py``      offline: how the numbers in ``statistics/fitted_….json`` were found
======================  ==================================================================================

No label of a real frame is in here.
"""

from __future__ import annotations

from synthface.labels.declared import (
    bp4d_like,
    bp4d_plus_like,
    disfa_like,
    gft_like,
    pain_like,
    probe,
)
from synthface.labels.model import LabelModel, Lengths, Video
from synthface.labels.noise import coder_noise
from synthface.labels.report import aggregates, calibration_report, published
from synthface.labels.statistics import STATISTICS
from synthface.labels.twins import PAIRS

__all__ = [
    "PAIRS",
    "STATISTICS",
    "LabelModel",
    "Lengths",
    "Video",
    "aggregates",
    "bp4d_like",
    "bp4d_plus_like",
    "calibration_report",
    "coder_noise",
    "disfa_like",
    "gft_like",
    "pain_like",
    "probe",
    "published",
]
