"""What the paper claims of detection (Sec. 4.4), judged on our records by rules fixed before there were any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from aubook.engine.table import Table
from aubook.papers.hybrid.contenders import (
    CORPUS,
    SETTINGS,
    Contender,
    ahead,
    aligned,
    contender,
    difference,
    everywhere,
    judged,
    missing,
    note,
    pretraining_note,
    provenance_footer,
)
from aubook.papers.hybrid.decisions import FAILS, HOLDS, NOT_RUN, OPEN, not_worse, together, verdict
from aubook.papers.hybrid.detection import signed
from aubook.papers.hybrid.resampling import draws, interval
from aubook.papers.hybrid.smoothing import smoothed, tuned
from aubook.study import Study

RULE = (
    "A gain holds if its interval lies above zero and its value reaches the smallest gain that counts; it does not "
    "hold if the whole interval lies below that gain; otherwise it is undecided. A claim about two protocols holds if "
    "it holds in both, and fails if it fails in one. Verdicts are about the corpora of these runs, at this "
    "profile. With so many of them, one or the other may come about by chance."
)


@dataclass
class Part:
    """One setting of a claim: what was measured, its number in words, and what follows."""

    found: str
    word: str
    corpus: str = ""
    folds: str = ""


def detection(study: Study) -> Table:
    """Claims HYB-05 to HYB-10 on the mean F1-frame, setting by setting."""
    here = {
        (corpus, folds, name): contender(study, name, corpus, folds)
        for corpus, folds in SETTINGS
        for name in ("svm-hog", "svm-fc7", "anet", "lstm", "hybrid")
        if not (folds == 10 and name == "svm-fc7")
    }
    claims = [
        ("HYB-05", "fusing the LSTM's scores improves on ANet", "≥ 1", _pairs(here, "hybrid", "anet", 1)),
        ("HYB-05", "… by more than smoothing ANet's scores does", "> 0", _over_smoothing(here)),
        ("HYB-05", "… and with each method's thresholds from validation people", "≥ 1", _tuned(here)),
        ("HYB-06", "Hybrid beats SVM and ANet, ten folds (CPM, JPML not run)", "≥ 1", _best(here, 10)),
        ("HYB-06", "… and at three folds results are mixed: no lead", "< 1", _best(here, 3)),
        ("HYB-07", "ANet beats the SVM on HOG", "≥ 2", _pairs(here, "anet", "svm-hog", 2)),
        ("HYB-07", "… on every AU", "95 % of resamples", _every_au(here)),
        ("HYB-08", "features of the other corpus beat HOG", "≥ 2", _pairs(here, "svm-fc7", "svm-hog", 2)),
        ("HYB-08", "… and lose to a network trained at home", "≥ 2", _pairs(here, "anet", "svm-fc7", 2)),
        ("HYB-09", "ANet's lead over the SVM grows from three folds to ten", "≥ 1", _lead_grows(here)),
        ("HYB-09", "ANet at three folds is level with the SVM at ten", "> −1", _level(here)),
        ("HYB-10", "the LSTM alone is behind ANet", "≥ 0.5", _pairs(here, "anet", "lstm", 0.5)),
        ("HYB-10", "… and together they are ahead of both", "≥ 0.5", _best(here, 3, ("anet", "lstm"), 0.5)
         + _best(here, 10, ("anet", "lstm"), 0.5)),
    ]  # fmt: skip
    rows = []
    for number, words, least, parts in claims:
        for corpus, title in CORPUS.items():
            own = [part for part in parts if part.corpus == corpus]
            found = "; ".join(f"{part.folds}: {part.found}" if part.folds else part.found for part in own)
            rows.append((number, words, title, least, found, summary(own)))
    columns = ["claim", "what the paper says", "corpus", "counts from", "ours, points of mean F1", "verdict"]
    frame = pd.DataFrame(rows, columns=columns)
    return Table(
        frame.set_index(["claim", "what the paper says", "corpus"]),
        "What Sec. 4.4 claims of detection, judged on our records",
        [
            provenance_footer(list(here.values())),
            note(RULE),
            note("HYB-09: most of the people tested under three folds and under ten are different people, so its "
                 "differences are between groups, and their intervals say so."),
            *pretraining_note(*here.values()),
            *missing(study, *here.values()),
        ],
    )  # fmt: skip


def summary(parts: list[Part]) -> str:
    """The verdict of a claim from those of its settings."""
    words = [part.word.partition(":")[0] for part in parts]
    if len(set(words)) == 1:
        return parts[0].word
    whole = together([word for word in words if word not in ("not judged", NOT_RUN)] or [NOT_RUN])
    several = ", ".join(f"{words.count(word)} × {word}" for word in dict.fromkeys(words))
    return f"{whole} ({several})"


def _pairs(here: dict, first: str, second: str, least: float) -> list[Part]:
    parts = []
    for corpus, folds in SETTINGS:
        a, b = (here.get((corpus, folds, name)) for name in (first, second))
        if a is not None and b is not None:
            found = difference(a, b)
            parts.append(Part(signed(found), judged(verdict(found, least), a, b), corpus, f"{folds} folds"))
    return parts


def _every_au(here: dict) -> list[Part]:
    parts = []
    for corpus, folds in SETTINGS:
        a, b = (here[corpus, folds, name] for name in ("anet", "svm-hog"))
        won, share = ahead(a, b), everywhere(a, b)
        if won is None or share is None:
            parts.append(Part("not run", NOT_RUN, corpus, f"{folds} folds"))
            continue
        word = HOLDS if share >= 0.95 else FAILS if share <= 0.05 else OPEN
        found = f"{won[0]} of {won[1]} AUs, all of them in {100 * share:.0f} % of resamples"
        parts.append(Part(found, judged(word, a, b), corpus, f"{folds} folds"))
    return parts


def _over_smoothing(here: dict) -> list[Part]:
    parts = []
    for corpus, folds in SETTINGS:
        hybrid, anet = here[corpus, folds, "hybrid"], here[corpus, folds, "anet"]
        plain = smoothed(anet)
        found = difference(hybrid, plain)
        parts.append(Part(signed(found), judged(verdict(found), hybrid, anet), corpus, f"{folds} folds"))
    return parts


def _tuned(here: dict) -> list[Part]:
    parts = []
    for corpus, folds in SETTINGS:
        hybrid, anet = (here[corpus, folds, name] for name in ("hybrid", "anet"))
        found = difference(tuned(hybrid), tuned(anet))
        parts.append(Part(signed(found), judged(verdict(found, 1), hybrid, anet), corpus, f"{folds} folds"))
    return parts


def over_best(hybrid: Contender, *rivals: Contender):
    """Mean F1 of the first minus that of the best of its rivals, who is found anew in every resample."""
    given = aligned(hybrid, *rivals)
    if not given[0].seeds:
        return None
    drawn = draws(given[0].people)
    first, *others = (one.samples("f1", *drawn) for one in given)
    return interval(first - np.max(others, axis=0))


def _best(here: dict, folds: int, rivals: tuple[str, ...] = ("svm-hog", "anet"), least: float = 1.0) -> list[Part]:
    parts = []
    for corpus in CORPUS:
        hybrid, *others = (here[corpus, folds, name] for name in ("hybrid", *rivals))
        found = over_best(hybrid, *others)
        word = verdict(found, least)
        if folds == 3 and rivals == ("svm-hog", "anet"):  # here the claim is that there is no clear lead
            word = {HOLDS: FAILS, FAILS: HOLDS}.get(word, word)
        parts.append(Part(signed(found), judged(word, hybrid, *others), corpus, f"{folds} folds"))
    return parts


def between(first: tuple[Contender, Contender | None], second: tuple[Contender, Contender | None], measure="f1"):
    """A difference between two settings, with other people in each: (a − b) here minus (a − b) there.

    Parameters
    ----------
    first, second : (Contender, Contender or None)
        With None the value of the first itself.

    Returns
    -------
    Interval or None
        People who are tested in both settings are drawn for both.
    """
    sides = [aligned(*(one for one in pair if one is not None)) for pair in (first, second)]
    if not all(side[0].seeds for side in sides):
        return None
    drawn = draws(*(side[0].people for side in sides))
    values = [
        side[0].samples(measure, *drawn) - (side[1].samples(measure, *drawn) if len(side) > 1 else 0) for side in sides
    ]
    return interval(values[0] - values[1])


def _lead_grows(here: dict) -> list[Part]:
    parts = []
    for corpus in CORPUS:
        ten, three = (tuple(here[corpus, folds, name] for name in ("anet", "svm-hog")) for folds in (10, 3))
        found = between(ten, three)
        parts.append(Part(signed(found), judged(verdict(found, 1), *ten, *three), corpus))
    return parts


def _level(here: dict) -> list[Part]:
    parts = []
    for corpus in CORPUS:
        anet, svm = here[corpus, 3, "anet"], here[corpus, 10, "svm-hog"]
        found = between((anet, None), (svm, None))
        parts.append(Part(signed(found), judged(verdict(found, 1, not_worse), anet, svm), corpus))
    return parts
