"""ARL (TAFFC 2019): detection and intensities on four corpora, and nine poses of FERA 2017."""

from __future__ import annotations

from dataclasses import replace

from aulib.aus import DISFA_AUS, DISFA_DETECTION_AUS
from aulib.protocols.papers import drml
from aulib.protocols.papers.common import FERA2015_AUS, FERA2017_AUS, FIFTEEN, MIRROR
from aulib.protocols.terms import Said

BP4D = replace(
    drml.BP4D,
    name="arl-bp4d",
    paper="ARL Sec. 4.1",
    positives=0,
    negatives=0,
    note="Two folds train and one is tested, with no validation part; the authors' code scores every snapshot on the "
    "tested fold. We choose the snapshot on held-out training people.",
    metrics=("F1-frame", "accuracy"),
    positive=Said("the occurrence code", "Sec. 4.1.1"),
    division=Said("3 folds, people apart; two train, one is tested", "Sec. 4.1.1", FIFTEEN),
    registration=Said("similarity", "Sec. 4.1.2"),
    crop=Said("176 of 200", "Sec. 4.1.2"),
    augmentation=Said(MIRROR, "Sec. 4.1.2"),
    sampling=Said(None, ours="all frames; the loss is weighted by AU, as the paper does"),
    initial=Said(None, ours="random normal, as in the authors' code"),
    decision=Said("0.5: predictions are rounded", "authors' code"),
    averaging=Said(None, ours="mean over folds, as Table 12 suggests; pooled beside it"),
    errata=("F-d", "B1", "B5"),
)

INTENSITY = replace(
    BP4D,
    name="arl-fera2015-intensity",
    folds=1,
    average="pooled",
    note="One division, so there is nothing to average. The row CCNN-IT of its table is the one that trains on further "
    "corpora.",
    lists="fera2015-bp4d",
    task="intensity",
    aus=FERA2015_AUS,
    metrics=("ICC(3,1)", "MAE"),
    positive=Said("none: intensities 0 to 5; the loss weights count 3 and higher", "Sec. 4.1.1, 3.5"),
    division=Said("the challenge's parts: 21 people train, 20 are tested", "Sec. 4.1.1", FIFTEEN),
    decision=Said("rounded to a level", "authors' code"),
    averaging=Said("one division", "Sec. 4.1.1"),
    errata=("F-g", "B6", "B7"),
)

ARL = (
    BP4D,
    replace(
        BP4D,
        name="arl-disfa",
        threshold=2,
        note="Level B (2) and higher counts as present; the paper names DRML as the source of that, which says 3.",
        lists="disfa-three",
        corpus="disfa",
        trained_on="bp4d",
        aus=DISFA_DETECTION_AUS,
        positive=Said("B (2) or higher, said to be DRML's rule", "Sec. 4.1.1"),
        initial=Said("the BP4D network; AUs 9, 25, 26 from 10, 23, 24", "Sec. 4.1.2"),
        errata=("F-a", "F-c", "F-d", "B1"),
    ),
    replace(
        BP4D,
        name="arl-bp4d-plus",
        folds=1,
        average="pooled",
        note="All 41 people of BP4D train, and every frame of BP4D+ is tested: declare BP4D as the corpus and BP4D+ in "
        "`test_on`. The paper counts 140 people and 197,875 frames.",
        lists=None,
        corpus="bp4d-plus",
        trained_on="bp4d",
        division=Said("all of BP4D trains, all of BP4D+ is tested", "Sec. 4.1.1", "15 % of BP4D's people validate"),
        averaging=Said("one test set", "Sec. 4.1.1"),
        errata=("F-f", "F-h"),
    ),
    INTENSITY,
    replace(
        INTENSITY,
        name="arl-disfa-intensity",
        note="The authors' own list of 18 and 9 people. The row CCNN-IT of its table is the one that trains on further "
        "corpora.",
        lists="disfa-18-9",
        corpus="disfa",
        aus=DISFA_AUS,
        division=Said("18 people train, 9 are tested", "Sec. 4.1.1", FIFTEEN),
    ),
    replace(
        INTENSITY,
        name="arl-bp4d-plus-intensity",
        note="All of BP4D trains, and every coded frame of BP4D+ is tested: see arl-bp4d-plus.",
        lists=None,
        corpus="bp4d-plus",
        trained_on="bp4d",
        division=Said("all of BP4D trains, all of BP4D+ is tested", "Sec. 4.1.1", "15 % of BP4D's people validate"),
        averaging=Said("one test set", "Sec. 4.1.1"),
        errata=("F-f", "F-h"),
    ),
    replace(
        BP4D,
        name="arl-fera2017",
        paper="ARL Sec. 4.6",
        folds=1,
        average="pooled",
        note="The challenge's training part trains and its validation part is tested, nine poses together; the test "
        "part is not public.",
        lists="fera2017",
        corpus="fera2017",
        aus=FERA2017_AUS,
        metrics=("F1-frame",),
        division=Said("the challenge's parts: 41 people train, 20 are tested", "Sec. 4.6", FIFTEEN),
        averaging=Said("one division; overall, and for each of nine poses", "Sec. 4.6, Tables 13, 14"),
        errata=(),
    ),
)
