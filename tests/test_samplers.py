"""Contracts that every sampler of the registry keeps; stratification and MOMU beside their pseudo-code."""

from __future__ import annotations

import multiprocessing
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from torch.utils.data import DataLoader

from aulib.aus import UNKNOWN
from aulib.samplers import SAMPLERS, MOMUBatchSampler, RandomBatchSampler, StratifiedBatchSampler
from aulib.samplers.stratified import turns
from benchmarks.samplers import composition, literal_momu, literal_stratification

TRUTH = np.random.default_rng(0).choice([0, 1, UNKNOWN], size=(53, 4)).astype(np.int8)


@pytest.fixture(params=sorted(SAMPLERS))
def sampler(request):
    return SAMPLERS[request.param]


def test_the_seed_fixes_the_batches(sampler):
    first, again, other = (sampler(TRUTH, 10, seed=s) for s in (1, 1, 2))
    assert list(first) == list(again)
    assert list(first) != list(other)


def test_a_step_gives_its_batch_whatever_was_drawn_before(sampler):
    drawn = sampler(TRUTH, 10, seed=1)
    steps = [drawn.at(step).tolist() for step in range(17)]
    fresh = sampler(TRUTH, 10, seed=1)
    assert [fresh.at(step).tolist() for step in reversed(range(17))] == steps[::-1]


def test_batches_are_full_and_inside_the_corpus(sampler):
    drawn = sampler(TRUTH, 10, seed=0)
    for batch in drawn:
        assert len(batch) == 10 and min(batch) >= 0 and max(batch) < len(TRUTH)
    assert len(list(drawn)) == len(drawn)


def test_only_unknown_labels_are_no_obstacle(sampler):
    assert len(list(sampler(np.full((20, 3), UNKNOWN, np.int8), 5, seed=0))) > 0


@pytest.mark.parametrize("batch", [0, 54])
def test_a_batch_that_cannot_be_filled(sampler, batch):
    with pytest.raises(
        ValueError, match=rf"batch \(of 53 training frames\) is {batch}; expected a whole number, 1 to 53"
    ):
        sampler(TRUTH, batch)


def test_random_sampling_takes_a_frame_once_an_epoch():
    drawn = SAMPLERS["random"](TRUTH, 10, seed=0)
    epoch = np.concatenate([drawn.at(step) for step in range(len(drawn))])
    assert len(set(epoch.tolist())) == len(epoch) == 50
    assert not np.array_equal(drawn.at(0), drawn.at(len(drawn))), "the next epoch has another order"


def batches_of(sampler, count: int | None = None) -> list[list[int]]:
    return [sampler.at(step).tolist() for step in range(count or len(sampler))]


def test_a_sampler_that_was_sent_elsewhere_goes_on_as_here(sampler):
    drawn = sampler(TRUTH, 10, seed=3)
    drawn.at(2)
    assert batches_of(pickle.loads(pickle.dumps(drawn)), 12) == batches_of(sampler(TRUTH, 10, seed=3), 12)


def test_other_processes_draw_the_same_batches():
    made = [SAMPLERS[name](TRUTH, 10, seed=3) for name in sorted(SAMPLERS)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        elsewhere = pool.map(batches_of, made)
    assert elsewhere == [batches_of(one) for one in made]


def test_a_loader_takes_a_sampler(sampler):
    drawn = sampler(TRUTH, 10, seed=3)
    loaded = DataLoader(range(len(TRUTH)), batch_sampler=drawn)
    assert [batch.tolist() for batch in loaded] == batches_of(drawn)


@pytest.mark.parametrize("sampler", [StratifiedBatchSampler, MOMUBatchSampler])
def test_a_batch_that_was_handed_out_cannot_be_changed(sampler):
    with pytest.raises(ValueError, match="read-only"):
        sampler(TRUTH, 10).at(0)[0] = 1


@pytest.mark.parametrize("sampler", [StratifiedBatchSampler, MOMUBatchSampler])
def test_labels_that_are_no_table(sampler):
    with pytest.raises(ValueError, match=r"truth \(53,\) must be \(frames, units\)"):
        sampler(TRUTH[:, 0], 10)


#: Small label tables of any kind: rare, frequent, never present, unknown only, no AU at all.
LABELS = hnp.arrays(
    np.int8,
    st.tuples(st.integers(1, 40), st.integers(0, 5)),
    elements=st.sampled_from([UNKNOWN, 0, 0, 0, 1]),
)


def skewed(seed: int, frames: int = 4000) -> np.ndarray:
    """Labels with base rates from 3 to 60 percent, a tenth of them unknown."""
    rng = np.random.default_rng(seed)
    truth = (rng.random((frames, 6)) < [0.03, 0.05, 0.1, 0.25, 0.5, 0.6]).astype(np.int8)
    truth[rng.random(truth.shape) < 0.1] = UNKNOWN
    return truth


# -- Stratification --


@given(LABELS, st.data())
def test_stratification_takes_every_frame_once_an_epoch(truth, data):
    batch = data.draw(st.integers(1, len(truth)))
    sampler = StratifiedBatchSampler(truth, batch, seed=1)
    for epoch in (0, 1):
        taken = [sampler.at(epoch * len(sampler) + k) for k in range(len(sampler))]
        assert {len(one) for one in taken} == {batch}
        rows = np.concatenate(taken).tolist()
        assert len(set(rows)) == len(rows) == len(truth) - sampler.left_out
        left_out = np.setdiff1d(np.arange(len(truth)), rows)
        assert len(left_out) == len(truth) % batch
        turn = turns(truth > 0)
        assert not len(left_out) or turn[left_out].min() >= turn[rows].max()


@given(LABELS)
def test_turns_are_those_of_the_pseudo_code(truth):
    left = set(range(len(truth)))
    expected = {}
    turn = 0
    while left:
        counts = {k: sum(truth[x, k] == 1 for x in left) for k in range(truth.shape[1])}
        rarest = min((k for k in counts if counts[k]), key=lambda k: counts[k], default=None)
        mine = {x for x in left if rarest is None or truth[x, rarest] == 1}
        expected |= dict.fromkeys(mine, turn)
        left -= mine
        turn += 1
    assert turns(truth > 0).tolist() == [expected[x] for x in range(len(truth))]


@given(LABELS, st.data())
def test_the_frames_of_a_turn_are_dealt_as_evenly_as_can_be(truth, data):
    batch = data.draw(st.integers(1, len(truth)))
    turn = turns(truth > 0)
    ours, literal = StratifiedBatchSampler(truth, batch), literal_stratification(truth, batch, np.random.default_rng(0))
    for rows in (batches_of(ours), literal):
        counts = np.array([np.bincount(turn[one], minlength=turn.max() + 1) for one in rows])
        assert np.ptp(counts, axis=0).max() <= 1
    # batches with odd frames of the same turns are the same in both, in some order
    kinds = [sorted(tuple(turn[one].tolist()) for one in rows) for rows in (batches_of(ours), literal)]
    assert kinds[0] == kinds[1]


def test_every_batch_has_its_share_of_the_rarest_au():
    truth = skewed(0)
    counts = composition(truth, batches_of(StratifiedBatchSampler(truth, 100)))
    assert np.ptp(counts[:, 0]) <= 1 and counts[:, 0].min() > 0


def test_the_next_epoch_is_dealt_anew():
    sampler = StratifiedBatchSampler(TRUTH, 10)
    first, second = ({frozenset(sampler.at(k + start).tolist()) for k in range(len(sampler))} for start in (0, 5))
    assert first.isdisjoint(second), "other batches, not the same in another order"
    assert frozenset().union(*first) != frozenset().union(*second), "and other frames are left out"


# -- MOMU --


class Replay:
    """Takes the frames that our sampler took, and sees that each was a candidate of the pseudo-code."""

    def __init__(self, batches: list[list[int]]) -> None:
        self.rows = [row for batch in batches for row in batch]

    def __call__(self, candidates: np.ndarray, count: int) -> np.ndarray:
        taken, self.rows = self.rows[:count], self.rows[count:]
        assert len(taken) == len(set(taken)) == count and set(taken) <= set(candidates.tolist())
        return np.array(taken, int)


@settings(max_examples=500)
@given(LABELS, st.integers(1, 9), st.booleans(), st.integers(0, 3), st.data())
def test_momu_draws_what_the_pseudo_code_may_draw(truth, samples, printed_counts, seed, data):
    batch = data.draw(st.integers(1, len(truth)))
    sampler = MOMUBatchSampler(truth, batch, seed, samples=samples, printed_counts=printed_counts)
    for epoch in (0, 1):
        ours = [sampler.at(epoch * len(sampler) + k).tolist() for k in range(len(sampler))]
        assert all(len(set(one)) == len(one) == batch for one in ours), "a full batch, no frame twice"
        replay = Replay(ours)
        assert literal_momu(truth, batch, len(sampler), samples, replay, printed_counts) == ours
        assert not replay.rows


def test_momu_draws_the_candidates_of_the_pseudo_code_from_large_pools():
    truth = skewed(1, 3000)
    for printed_counts in (False, True):
        sampler = MOMUBatchSampler(truth, 70, samples=6, printed_counts=printed_counts)
        ours = batches_of(sampler)
        assert literal_momu(truth, 70, len(sampler), 6, Replay(ours), printed_counts) == ours


def test_the_printed_counts_differ_where_an_au_runs_out_within_a_batch():
    truth = skewed(1, 3000)
    sensible, printed = (batches_of(MOMUBatchSampler(truth, 70, samples=6, printed_counts=p)) for p in (False, True))
    assert sensible[0] == printed[0] and sensible != printed


@given(LABELS, st.integers(1, 4), st.data())
def test_momu_starves_no_au(truth, samples, data):
    units = max(1, int((truth > 0).any(axis=0).sum()))
    if samples * units > len(truth):
        return
    batch = data.draw(st.integers(samples * units, len(truth)))
    counts = composition(truth, batches_of(MOMUBatchSampler(truth, batch, samples=samples)))
    assert (counts >= np.minimum(samples, (truth > 0).sum(axis=0))).all()


def test_an_au_with_fewer_frames_than_a_draw_is_in_every_batch():
    truth = skewed(2, 600)
    truth[:, 0] = 0
    truth[[5, 77], 0] = 1
    counts = composition(truth, batches_of(MOMUBatchSampler(truth, 50, samples=4)))
    assert (counts[:, 0] == 2).all()


@pytest.mark.parametrize("nobody", [0, UNKNOWN])
def test_an_au_that_nobody_shows_changes_nothing(nobody):
    truth = skewed(3, 600)
    column = np.full((600, 1), nobody, np.int8)
    with_it, without = (MOMUBatchSampler(labels, 50, seed=5) for labels in (np.hstack([truth, column]), truth))
    assert batches_of(with_it) == batches_of(without)


def test_unknown_is_never_present():
    truth = skewed(4, 600)
    for sampler in (StratifiedBatchSampler, MOMUBatchSampler):
        assert batches_of(sampler(truth, 50)) == batches_of(sampler(np.maximum(truth, 0), 50))


def test_frames_without_any_au_come_only_when_nothing_else_is_left():
    truth = np.zeros((60, 2), np.int8)
    truth[:20, 0] = truth[10:30, 1] = 1
    assert max(row for batch in batches_of(MOMUBatchSampler(truth, 20)) for row in batch) < 30
    for batch in batches_of(MOMUBatchSampler(truth, 40)):
        assert set(range(30)) <= set(batch) and len(set(batch)) == 40


def test_every_frame_of_an_au_is_equally_likely():
    truth = np.array([[1, 0]] * 3 + [[1, 1]] * 9, np.int8)  # the second AU is the rarer; draws leave stale entries
    first, last = np.zeros(12, int), np.zeros(12, int)
    for epoch in range(3000):
        sampler = MOMUBatchSampler(truth, 4, seed=epoch, samples=2)
        first[sampler.at(0)[0]] += 1
        last[sampler.at(1)[0]] += 1
    for counts in (first, last):
        assert counts[:3].sum() == 0 and stats.chisquare(counts[3:]).pvalue > 1e-4


def test_a_draw_has_at_least_one_frame():
    with pytest.raises(ValueError, match="samples is 0; expected a whole number, 1 or more"):
        MOMUBatchSampler(TRUTH, 10, samples=0)


# -- What they are for --


@pytest.mark.parametrize("seed", range(3))
def test_momu_evens_out_aus_within_batches_and_stratification_batches(seed):
    truth = skewed(seed)
    made = {s: composition(truth, batches_of(s(truth, 100))) for s in SAMPLERS.values()}
    imbalance = {s: np.median(c.max(axis=1) / np.maximum(c.min(axis=1), 1)) for s, c in made.items()}
    spread = {s: c.std(axis=0) for s, c in made.items()}
    relative = {s: c.std(axis=0) / c.mean(axis=0) for s, c in made.items()}
    assert imbalance[MOMUBatchSampler] < imbalance[RandomBatchSampler] / 4
    rare = slice(0, 4)  # the frequent two are what the rare ones leave: neither form promises anything of them
    assert (spread[StratifiedBatchSampler][rare] < spread[RandomBatchSampler][rare]).all()
    # In frames a batch MOMU may spread more, since it shows rare AUs more often; in shares of their mean, less
    assert (relative[MOMUBatchSampler][rare] < relative[RandomBatchSampler][rare]).all()
