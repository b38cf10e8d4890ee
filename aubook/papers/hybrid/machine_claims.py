"""What can be said of HYB-04, HYB-19 and HYB-20: verdicts computed from records."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from aubook.engine import provenance
from aubook.engine.table import Table
from aubook.papers.hybrid.activation_maximization import (
    NETWORKS,
    Seen,
    all_seen,
    filters_of,
    learnt,
    mark,
    own_rank,
    run_of,
    seen,
)
from aubook.papers.hybrid.decisions import FAILS, HOLDS, NOT_RUN, OPEN
from aubook.papers.hybrid.resampling import over_items
from aubook.study import Study
from aulib.aus import AUS

#: Smallest difference of correlations that counts as one.
MARGIN = 0.05


def hits(study: str | Study) -> Table:
    """Top-1 hits against blind naming, for each network and its untrained twin, with three ways to compare."""
    rows: list[tuple[Any, ...]] = []
    used = []
    for name, words in NETWORKS.items():
        found = seen(study, name)
        for prefix, kind in (("", ""), ("untrained_", ", untrained twin")):
            if name in ("independent", "shuffled") and prefix:
                continue  # the same initial weights as the first network's twin
            if found is None:
                rows.append((words + kind, *["not run"] * 8))
                continue
            rows.append((found.title if not prefix else words + kind, *_scores(found, prefix)))
        used += [found.record] if found else []
    columns = [
        "hits, brightness",
        "p",
        "hits, colour",
        "hits, magnitude",
        "hits, other starts",
        "own r",
        "lift",
        "face",
    ]
    frame = pd.DataFrame([row[1:] for row in rows], index=pd.Index([r[0] for r in rows], name="network"))
    frame.columns = pd.Index(columns)
    return Table(
        frame,
        "Pictures that correlate most with their own AU's true difference image",
        [
            provenance.line(used, "one network each; p counts blind namings that hit as often"),
            "<p>Brightness and colour keep the sign of a change, magnitude does not. Own r: mean correlation in "
            "brightness with the own AU. Lift: magnitude inside the AU's true region over its mean, 1 is no "
            "preference. Face: correlation of the picture with the mean face, mean over AUs.</p>",
        ],
        decimals=2,
    )


def _scores(found: Seen, prefix: str) -> tuple:
    from aulib.explain.picture_scores import top1

    arrays = found.arrays
    tables = [top1(arrays[f"{prefix}{name}"]) for name in ("table", "colour_table", "change_table")]
    others = [top1(table, permutations=1).hits for table in arrays["starts_table"][1:]] if not prefix else []
    return (
        f"{tables[0].hits} of {tables[0].of}",
        f"{tables[0].p:.3f}",
        f"{tables[1].hits} of {tables[1].of}",
        f"{tables[2].hits} of {tables[2].of}",
        ", ".join(map(str, others)) or "–",
        float(np.nanmean(np.diag(arrays[f"{prefix}table"]))),
        float(np.nanmean(arrays[f"{prefix}lift"])),
        float(np.nanmean(arrays[f"{prefix}face"])),
    )


def recognisable(rank: float, lift: float, untrained_lift: float) -> str:
    """In words: whether a picture is recognisable as its AU, as its region, or not.

    As its AU: its own AU fits best of all.  As its region: it lies in the AU's true region at least half again as much
    as elsewhere, and more so than the picture of an untrained network.
    """
    if np.isnan(rank):
        return "no true image"
    if rank == 1:
        return "as its AU"
    return "as its region" if lift >= 1.5 and lift > untrained_lift else "no"


def by_au(study: str | Study, name: str = "bp4d") -> Table:
    """Which AUs can be recognised: place of the own AU in its row, the AU that fits best, lift in the true region."""
    found = seen(study, name)
    caption = f"Which pictures are recognisable, {NETWORKS[name]}"
    columns = ["FACS", "own r", "place", "fits best", "lift", "lift, untrained", "recognisable"]
    if found is None:
        empty = pd.DataFrame([["not run"] * len(columns)], index=pd.Index([run_of(study, name)[0]]), columns=columns)
        return Table(empty, caption, [provenance.line([])])
    arrays = found.arrays
    table, ranks = arrays["table"], own_rank(arrays["table"])
    rows: list[tuple[Any, ...]] = []
    for k, au in enumerate(found.aus):
        known = not np.isnan(table[k]).all()
        best = found.aus[int(np.nanargmax(table[k]))] if known else None
        lifts = float(arrays["lift"][k]), float(arrays["untrained_lift"][k])
        rows.append(
            (
                AUS[au].appearance,
                float(table[k, k]),
                "–" if np.isnan(ranks[k]) else f"{ranks[k]:.0f} of {len(found.aus)}",
                f"AU{best}" if known else "–",
                *lifts,
                recognisable(ranks[k], *lifts),
            )
        )
    frame = pd.DataFrame(rows, index=pd.Index([f"AU{au}" for au in found.aus], name="picture"), columns=columns)
    return Table(
        frame, f"{caption}{found.title.removeprefix(NETWORKS[name])}", [provenance.line([found.record])], decimals=2
    )


def smile(found: Seen, prefix: str = "") -> np.ndarray:
    """How far the picture of AU6 has AU12's mouth: correlation with its true difference outside AU6's own region.

    Returns
    -------
    ndarray of float, shape (starts,)
        Of the untrained twin one start.  NaN if the network has not both AUs.
    """
    tables = found.arrays["starts_outside_table"] if not prefix else found.arrays["untrained_outside_table"][None]
    if not {6, 12} <= set(found.aus):
        return np.full(len(tables), np.nan)
    return tables[:, found.aus.index(6), found.aus.index(12)].astype(float)


def mouth(study: str | Study) -> Table:
    """HYB-20: AU6's picture and the mouth of AU12, with AUs correlated as in BP4D and with independent ones."""
    rows: list[tuple[Any, ...]] = []
    used = []
    for name, words in NETWORKS.items():
        found = seen(study, name)
        if found is None:
            rows.append((words, "not run", "not run"))
            continue
        used.append(found.record)
        values = smile(found)
        rows.append((found.title, float(values[0]), ", ".join(f"{v:.2f}" for v in values[1:]) or "–"))
        if name == "bp4d":
            rows.append((f"{words}, untrained twin", float(smile(found, "untrained_")[0]), "–"))
    frame = pd.DataFrame(rows, columns=["network", "r with AU12's mouth", "other starts"]).set_index("network")
    return Table(
        frame,
        "The picture of AU6 and the true difference image of AU12, outside the region of AU6",
        [provenance.line(used, "starts differ by noise alone: they are no other training")],
        decimals=2,
    )


def verdicts(study: str | Study) -> Table:
    """HYB-04, HYB-19 and HYB-20 in a word each, with the numbers."""
    rows = [
        ("HYB-19: pictures show their AU as FACS describes it", *pictures_show_their_au(study)),
        ("HYB-20: AU6's picture smiles because AUs 6 and 12 go together", *the_corpus_puts_it_there(study)),
        ("HYB-04: the first layer has little use for colour", *little_colour(study)),
    ]
    used = [one.record for one in all_seen(study)]
    return Table(
        pd.DataFrame(rows, columns=["claim", "verdict", "because"]).set_index("claim"),
        "What of the paper's claims can be said on the embedded corpora",
        [provenance.line(used, "one training each: another seed can turn a verdict")],
    )


def pictures_show_their_au(study: str | Study) -> tuple[str, str]:
    """Verdict on HYB-19 and its reason.

    Pictures of one network differ with the noise that they start from, so every start must say the same.  Holds with
    top-1 hits for at least half of the AUs, more than blind naming gives (p < .05), and a lift above that of the
    network of shuffled codes (interval over AUs above zero); does not hold if the hits of every start are within
    chance.
    """
    from aulib.explain.picture_scores import top1

    found, control = seen(study, "bp4d"), seen(study, "shuffled")
    if found is None:
        return NOT_RUN, f"{run_of(study, 'bp4d')[0]} is missing"
    named = [top1(table) for table in found.arrays["starts_table"]]
    of = named[0].of
    words = (
        f"{', '.join(str(one.hits) for one in named)} of {of} hits from {len(named)} starts, "
        f"{of * named[0].chance:.0f} expected of blind naming, p = {', '.join(f'{one.p:.3f}' for one in named)}"
    )
    low = float("nan")
    if control is None:
        words += f"; {run_of(study, 'shuffled')[0]} is missing"
    else:
        gain = found.arrays["lift"] - control.arrays["lift"]
        low, high = spread(gain)
        words += f"; lift {np.nanmean(gain):+.2f} ({low:.2f} to {high:.2f} over AUs) against shuffled codes"
    if mark("bp4d", found.record):
        return OPEN, f"{words}; undertrained"
    if all(one.p >= 0.05 for one in named):
        return FAILS, words
    return (HOLDS if low > 0 and all(one.p < 0.05 and one.hits >= of / 2 for one in named) else OPEN), words


def the_corpus_puts_it_there(study: str | Study) -> tuple[str, str]:
    """Verdict on the corpus half of HYB-20: correlated minus independent AUs, for every start.

    That multi-label training is the cause is not tested: it takes a network with AU6 as its only output.
    """
    found, control = seen(study, "bp4d"), seen(study, "independent")
    if found is None or control is None:
        absent = [run_of(study, name)[0] for name in ("bp4d", "independent") if seen(study, name) is None]
        return NOT_RUN, f"{', '.join(absent)} missing"
    correlated, independent = smile(found), smile(control)
    n = min(len(correlated), len(independent))
    gain = correlated[:n] - independent[:n]
    words = (
        f"r {correlated[0]:.2f} with correlated, {independent[0]:.2f} with independent AUs; "
        f"difference {gain.min():+.2f} to {gain.max():+.2f} over {n} starts; no single-label network is run"
    )
    if mark("bp4d", found.record) or mark("independent", control.record):
        return OPEN, f"{words}; undertrained"
    if (gain > MARGIN).all() and (correlated > MARGIN).all():
        return HOLDS, words
    return (FAILS if (gain <= MARGIN).all() else OPEN), words


def little_colour(study: str | Study) -> tuple[str, str]:
    """What can be said of HYB-04: chroma share of the filters after training less before.

    The paper compares with a network trained on ImageNet, which is not here, so that it is never decided.
    """
    found = filters_of(study)
    if not found:
        return NOT_RUN, ", ".join(run_of(study, name)[0] for name in ("bp4d", "gft")) + " missing"
    words = []
    for name, (_, arrays) in found.items():
        change = arrays["chroma"] - arrays["untrained_chroma"]
        low, high = spread(change)
        words.append(
            f"{NETWORKS[name]} {np.nanmean(arrays['chroma']):.2f}, {np.nanmean(change):+.3f} by training "
            f"({low:+.3f} to {high:+.3f} over filters), {np.nanmean(learnt(arrays)[1]):.2f} in what training added"
        )
    return OPEN, "chroma share " + "; ".join(words) + "; no network of objects to compare with"


def spread(values: np.ndarray) -> tuple[float, float]:
    """95 % bootstrap interval of the mean over AUs or filters of one network."""
    found = over_items(values)
    return found.low, found.high
