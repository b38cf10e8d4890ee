"""MOMU and multi-label stratification beside their pseudo-code, at the size and with the labels of `synth-bp4d`.

The literal forms are here because the tests take them as oracles too.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import numpy as np

from aulib.samplers import MOMUBatchSampler, StratifiedBatchSampler
from benchmarks.measure import Row, interleaved

#: Says which of some candidates are taken: (candidates, how many) -> rows.
Choose = Callable[[np.ndarray, int], np.ndarray]


def literal_stratification(truth: np.ndarray, batch: int, rng: np.random.Generator) -> list[list[int]]:
    """Hybrid Alg. 1 with masks; the minimum is over AUs with a positive count, and there is a last turn."""
    present = truth > 0
    remaining = np.ones(len(truth), bool)
    batches: list[list[int]] = [[] for _ in range(len(truth) // batch)]
    turn = 0
    while remaining.any():
        counts = present[remaining].sum(axis=0)
        if counts.any():
            rarest = min(np.flatnonzero(counts), key=lambda unit: counts[unit])
            dealt = np.flatnonzero(remaining & present[:, rarest])
        else:
            dealt = np.flatnonzero(remaining)
        for frame in rng.permutation(dealt).tolist():
            if len(batches[turn]) < batch:  # dealt in turn, the batches are full together
                batches[turn].append(frame)
                turn = (turn + 1) % len(batches)
        remaining[dealt] = False
    return batches


def stratification_by_sets(truth: np.ndarray, batch: int, rng: random.Random) -> list[list[int]]:
    """The same with sets of frames, as Alg. 1 is written."""
    labels = [set(np.flatnonzero(row).tolist()) for row in truth > 0]  # Y_i
    remaining = set(range(len(truth)))  # D
    batches: list[list[int]] = [[] for _ in range(len(truth) // batch)]
    turn = 0
    while remaining:
        counts = Counter(unit for frame in remaining for unit in labels[frame])  # N_l of the AUs that are left
        if counts:
            rarest = min(counts, key=lambda unit: (counts[unit], unit))
            dealt = [frame for frame in remaining if rarest in labels[frame]]  # D_l
        else:
            dealt = list(remaining)
        rng.shuffle(dealt)
        for frame in dealt:
            if len(batches[turn]) < batch:
                batches[turn].append(frame)
                turn = (turn + 1) % len(batches)
        remaining -= set(dealt)
    return batches


def literal_momu(
    truth: np.ndarray, batch: int, count: int, samples: int, choose: Choose, printed_counts: bool = False
) -> list[list[int]]:
    """Hybrid Alg. 2, line by line, with the mends that ``MOMUBatchSampler`` states; masks made anew at every draw."""
    present = np.asfortranarray(truth > 0)  # a mask reads one AU of all frames
    without = ~present.any(axis=1)
    remaining = np.ones(len(truth), bool)
    batches = []
    for _ in range(count):
        counts = present[remaining].sum(axis=0)  # N_l
        able = set(np.flatnonzero(present.any(axis=0)).tolist())
        unit = min(sorted(able), key=lambda k: counts[k]) if able else None
        chosen: list[int] = []
        inside = np.zeros(len(truth), bool)
        while len(chosen) < batch:
            showing = without if unit is None else present[:, unit]
            candidates = np.flatnonzero(remaining & showing)
            stale = printed_counts and unit is not None
            enough = (counts[unit] if stale else len(candidates)) >= samples
            if not enough:
                remaining |= showing & ~inside
                candidates = np.flatnonzero(remaining & showing)
            wanted = min(samples, batch - len(chosen))
            taken = choose(candidates, min(wanted, len(candidates)))
            remaining[taken], inside[taken] = False, True
            chosen += taken.tolist()
            if len(taken) < wanted and unit is not None:
                if enough:
                    counts[unit] = (remaining & showing).sum()
                else:
                    able.discard(unit)
            shown = present[chosen].sum(axis=0)  # n_l
            unit = min(sorted(able), key=lambda k: shown[k]) if able else None
        batches.append(chosen)
    return batches


def drawing(rng: np.random.Generator) -> Choose:
    """Choice at random, all candidates equally likely."""
    return lambda candidates, count: rng.choice(candidates, count, replace=False)


def composition(truth: np.ndarray, batches) -> np.ndarray:
    """How many frames of each batch show each AU, (B, A)."""
    return np.array([(truth[rows] > 0).sum(axis=0) for rows in batches])


def run(quick: bool) -> list[Row]:
    from aubook.pages.calibration import codes_of

    truth = np.minimum(codes_of("synth-bp4d", 40 if quick else None)[1], 1).astype(np.int8)
    batch, count, samples = 196, 10 if quick else 40, 4
    made: dict[str, object] = {}
    momu = MOMUBatchSampler(truth, batch, samples=samples)
    epoch = {"momu": 0, "stratified": 0}

    def next_epoch(name: str, sampler) -> None:
        epoch[name] += 1
        sampler.at(epoch[name] * len(sampler))

    stratified = StratifiedBatchSampler(truth, batch)
    ms = interleaved(
        {
            "momu epoch": lambda: next_epoch("momu", momu),
            "literal momu": lambda: made.update(
                momu=literal_momu(truth, batch, count, samples, drawing(np.random.default_rng(0)))
            ),
            "stratified epoch": lambda: next_epoch("stratified", stratified),
            "stratified from labels": lambda: StratifiedBatchSampler(truth, batch).at(0),
            "stratified by sets": lambda: stratification_by_sets(truth, batch, random.Random(0)),
            "literal stratified": lambda: made.update(
                stratified=literal_stratification(truth, batch, np.random.default_rng(0))
            ),
        },
        1 if quick else 3,
    )
    ours, theirs = ms["momu epoch"] / len(momu), ms["literal momu"] / count

    def apart(sampler, name: str, steps: int) -> float:
        """Largest difference of an AU's mean count a batch between ours and the literal form, in frames."""
        mine = composition(truth, [sampler.at(step) for step in range(steps)]).mean(axis=0)
        return float(np.abs(mine - composition(truth, made[name]).mean(axis=0)).max())

    return [
        Row("MOMU: pseudo-code / ours, a batch", theirs / ours, 200, detail=ms),
        Row("MOMU: thousand batches a second", 1 / ours, 20, "k"),
        Row("MOMU: mean count of an AU, ours - pseudo-code", apart(momu, "momu", count), 4, "", at_most=True),
        Row("stratification, first epoch: sets / ours", ms["stratified by sets"] / ms["stratified from labels"], 20),
        Row("stratification, later epochs: masks / ours", ms["literal stratified"] / ms["stratified epoch"], 20),
        Row(
            "stratification: mean count, ours - pseudo-code",
            apart(stratified, "stratified", len(stratified)), 0.5, "", at_most=True,
        ),
    ]  # fmt: skip
