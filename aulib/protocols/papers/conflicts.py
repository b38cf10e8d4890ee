"""What stands between two papers' numbers: what was found in them, and what follows for its reader.

The names are those of our list of errata; a protocol names the conflicts that touch it.
"""

from __future__ import annotations

#: Conflict -> what was found, and what follows.
CONFLICTS: dict[str, tuple[str, str]] = {
    "F-a": (
        "One comparison table ranks DISFA scores at three thresholds: 2 (ARL), 3 (DRML) and 4 (DSIN). ARL names "
        "DRML as its source.",
        "Compare within one threshold only.",
    ),
    "F-b": (
        "DSIN's “greater than 3” may have meant 3 and higher, or 2 and higher.",
        "As printed; `replace(rule, threshold=3)` gives the other reading.",
    ),
    "F-c": (
        "DRML's DISFA rows come from a network that never saw DISFA; DSIN and ARL train on it. All are ranked "
        "together.",
        "DRML's rows are a transfer; read them apart from the others.",
    ),
    "F-d": (
        "ARL does not say how it averages F1 over folds. Its code scores one fold at a time, and its Table 12 (faces "
        "fully covered) fits a mean over folds rather than one set of all frames.",
        "Mean over folds, with the pooled value beside it.",
    ),
    "F-e": (
        "DSIN tunes its thresholds on a validation part that its three folds do not have.",
        "Held-out training people; 0.5 is printed beside it.",
    ),
    "F-f": (
        "BP4D+ has 140 people in ARL and 98 in Hybrid.",
        "Other releases, probably: not comparable.",
    ),
    "F-g": (
        "CCNN's rows marked (*) train on further corpora.",
        "Not ranked with rows of one corpus.",
    ),
    "F-h": (
        "Scores on BP4D+ follow training on BP4D in ARL and training on GFT in Hybrid.",
        "A table names the corpus of training.",
    ),
    "F-i": (
        "Whether DRML tests on all frames or on its 1:2 sample is not stated.",
        "All frames, with 1:2 beside it.",
    ),
    "A19": (
        "Hybrid Table 4, between corpora, random batches: printed mean .25; its cells give .317. .25 is the "
        "figure of the table before.",
        "The gain of MOMU is .09, not .16.",
    ),
    "B1": (
        "ARL prints 66 AUC values of DRML's tables as accuracies.",
        "Not used as accuracies.",
    ),
    "B7": (
        "ARL's intensity tables have a row DRML. It equals CCNN's row R-CNN in all 38 cells: CCNN's authors wrote that "
        "network and trained it for intensities.",
        "Not a result of the DRML paper.",
    ),
    "B16": (
        "DRML's text speaks of 10 coded AUs on BP4D; its tables have 12.",
        "The twelve of the tables.",
    ),
    "B5": (
        "ARL compares with DSIN before its thresholds are tuned (58.9) and leaves out the tuned row (61.7), which "
        "is above ARL (61.1).",
        "Both rows belong in a comparison.",
    ),
    "B6": (
        "ARL quotes CCNN-IT from the row that trains on further corpora.",
        "Belongs with the rows that have more data.",
    ),
    "B8": (
        "Hybrid's CPM and JPML on three folds of BP4D equal those of DSIN in all 26 cells: quoted or shared, not "
        "run again.",
        "Not counted as a second measurement.",
    ),
    "C1": (
        "Two columns of Hybrid Table 1 agree in 10 of 11 AUs: CPM on ten folds, and the hybrid network on three.",
        "Neither is a target.",
    ),
    "C2": (
        "Hybrid Table 4 prints the same 12 values for random and for stratified batches.",
        "Not a target.",
    ),
    "D34": (
        "Hybrid prints AU4 of GFT as 72 in Table 1 and as 0 in Table 3, for the same kind of network.",
        "Other releases; neither is a target for the other.",
    ),
    "D35": (
        "Hybrid gains 29 points from ten folds in place of three, that is from 35 % more training data.",
        "Looks like leakage; not a target.",
    ),
    "D37": (
        "“Always present” scores a mean F1 of 48.1 on BP4D; DRML prints 48.3.",
        "Every F1 table has that row.",
    ),
}
