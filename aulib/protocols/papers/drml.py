"""DRML (CVPR 2016): trained on BP4D, and the same networks tested on DISFA."""

from __future__ import annotations

from dataclasses import replace

from aulib.aus import BP4D_AUS, DISFA_DETECTION_AUS
from aulib.protocols.papers.common import FIFTEEN, HALF, MEAN_AND_POOLED, MIRROR
from aulib.protocols.terms import Protocol, Said

BP4D = Protocol(
    "drml-bp4d",
    "DRML Sec. 4.1",
    threshold=1,
    folds=3,
    validation=0.15,
    positives=100,
    negatives=200,
    average="per-fold",
    note="The paper does not say whether test frames are sampled 1:2 as well, nor how folds are "
    "averaged: we test on all frames and print the 1:2 sample beside it; F1 is that of the frames of all folds, with "
    "its mean over folds beside it.",
    lists="bp4d-three",
    corpus="bp4d",
    aus=BP4D_AUS,
    metrics=("F1-frame", "AUC"),
    positive=Said(None, ours="the occurrence code"),
    division=Said("3 folds, people apart, with a validation part", "Sec. 4.1", FIFTEEN),
    registration=Said("similarity", "Sec. 4.1"),
    crop=Said("170 of 200", "Sec. 4.1"),
    augmentation=Said(MIRROR, "Sec. 4.1"),
    sampling=Said(
        "100 positive, 200 negative frames of each AU and video",
        "Sec. 4.1",
        "training only, the union over AUs; the 1:2 test sample is printed beside all frames",
    ),
    initial=Said(None, ours="the fillers of the published network files"),
    decision=HALF,
    averaging=MEAN_AND_POOLED,
    errata=("F-i", "D37", "B16"),
)

DRML = (
    BP4D,
    replace(
        BP4D,
        name="drml-disfa",
        threshold=3,
        positives=800,
        negatives=1600,
        average="pooled",
        note="No training on the target corpus; level C (3) and above counts as present.",
        lists="disfa-three",
        corpus="disfa",
        trained_on="bp4d",
        aus=DISFA_DETECTION_AUS,
        positive=Said("level C (3) or higher", "Sec. 4.1"),
        division=Said(
            "no training on DISFA: the best BP4D network is tested",
            "Sec. 4.1",
            "AUs 9, 25 and 26, which it has not, by a linear readout fitted on other people of DISFA",
        ),
        sampling=Said("800 positive, 1600 negative frames of each video", "Sec. 4.1", "all frames, 1:2 beside it"),
        initial=Said("the network trained on BP4D", "Sec. 4.1"),
        averaging=Said(None, ours="all frames as one set: nothing was trained on them"),
        errata=("F-a", "F-c", "F-i"),
    ),
)
