"""Contracts that every sampler of the registry keeps."""

from __future__ import annotations

import numpy as np
import pytest

from aulib.aus import UNKNOWN
from aulib.samplers import SAMPLERS

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
    with pytest.raises(ValueError, match=f"batch {batch} must be between 1 and .* 53"):
        sampler(TRUTH, batch)


def test_random_sampling_takes_a_frame_once_an_epoch():
    drawn = SAMPLERS["random"](TRUTH, 10, seed=0)
    epoch = np.concatenate([drawn.at(step) for step in range(len(drawn))])
    assert len(set(epoch.tolist())) == len(epoch) == 50
    assert not np.array_equal(drawn.at(0), drawn.at(len(drawn))), "the next epoch has another order"
