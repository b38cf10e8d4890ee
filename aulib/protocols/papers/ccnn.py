"""CCNN (CVPR 2017): intensities, one division a corpus."""

from __future__ import annotations

from dataclasses import replace

from aulib.aus import DISFA_AUS
from aulib.protocols.papers.common import FERA2015_AUS, FIFTEEN
from aulib.protocols.terms import Protocol, Said

FERA2015 = Protocol(
    "ccnn-fera2015",
    "CCNN Sec. 4",
    threshold=1,
    folds=1,
    validation=0.15,
    positives=0,
    negatives=0,
    average="pooled",
    note="One division, so there is nothing to average. The paper names no validation part: we hold out people of the "
    "training part. Rows marked (*) in its table train on further corpora.",
    lists="fera2015-bp4d",
    task="intensity",
    corpus="bp4d",
    aus=FERA2015_AUS,
    alignment="eyes",
    metrics=("ICC(3,1)", "MAE"),
    positive=Said("none: intensities 0 to 5", "Sec. 4"),
    division=Said("the challenge's parts: 21 people train, 20 are tested", "Sec. 4", FIFTEEN),
    registration=Said("affine, two eyes of the OpenCV detector to their mean", "Sec. 4", "the eyes of the landmarks"),
    crop=Said("85 % of the side; its length is not stated", "Sec. 4"),
    augmentation=Said("random crop; contrast normalised image by image", "Sec. 4"),
    sampling=Said("batches balanced by person, by level and by co-occurrence", "Sec. 3.3"),
    initial=Said(None, ours="random; the VGG16 row of the table is pre-trained"),
    decision=Said("the most likely level", "Sec. 3"),
    averaging=Said("one division", "Sec. 4"),
    errata=("F-g",),
)

CCNN = (
    FERA2015,
    replace(
        FERA2015,
        name="ccnn-disfa",
        note="One division into 18 and 9 people, whose names the paper does not give: we use the list of ARL, "
        "which says that it follows CCNN.",
        lists="disfa-18-9",
        corpus="disfa",
        aus=DISFA_AUS,
        division=Said("18 people train, 9 are tested", "Sec. 4", "ARL's list; 15 % of the training people validate"),
    ),
)
