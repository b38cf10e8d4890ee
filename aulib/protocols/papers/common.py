"""Phrases that several papers share, and the AUs of the challenges."""

from __future__ import annotations

from aulib.protocols.terms import Said

FERA2015_AUS = (6, 10, 12, 14, 17)
FERA2017_AUS = (1, 4, 6, 7, 10, 12, 14, 15, 17, 23)

FIFTEEN = "15 % of the training people validate"
TWENTY = "20 % of the training people validate"
MIRROR = "random crop, mirrored at random"
HALF = Said(None, ours="0.5")
MEAN_AND_POOLED = Said(None, ours="F1 of the frames of all folds, its mean over folds beside it; AUC a mean over folds")
