"""Folds, validation and samples: subject-exclusive, repeatable, with the promised numbers of frames."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aulib.aus import UNKNOWN
from aulib.errors import AulibError, UnknownName
from aulib.protocols import PROTOCOLS, one_to_two, parts, protocol, sample_frames, split


def frames(subjects: int, each: int = 4) -> pd.DataFrame:
    return pd.DataFrame({"subject": np.repeat([f"S{i:02d}" for i in range(subjects)], each)})


@given(st.integers(3, 60), st.integers(2, 10))
def test_every_subject_is_tested_exactly_once(subjects, folds):
    if folds > subjects:
        with pytest.raises(AulibError, match="folds cannot be made"):
            parts([f"S{i}" for i in range(subjects)], folds)
        return
    dealt = parts([f"S{i}" for i in range(subjects)], folds)
    assert sorted(s for part in dealt for s in part) == sorted(f"S{i}" for i in range(subjects))
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


@pytest.mark.parametrize("fold", [1, 2, 3])
def test_no_subject_is_in_two_parts(fold):
    table = frames(41)
    part = split(table, PROTOCOLS["drml-bp4d"], fold)
    names = [set(table["subject"].iloc[rows]) for rows in (part.train, part.validation, part.test)]
    assert not (names[0] & names[1] or names[0] & names[2] or names[1] & names[2])
    assert sorted(np.concatenate([part.train, part.validation, part.test])) == list(range(len(table)))
    assert len(names[1]) == round(0.15 * (41 - len(names[2])))


def test_the_order_of_frames_does_not_move_subjects():
    table = frames(20)
    shuffled = table.sample(frac=1, random_state=0).reset_index(drop=True)
    for fold in (1, 2, 3):
        a, b = split(table, PROTOCOLS["drml-bp4d"], fold), split(shuffled, PROTOCOLS["drml-bp4d"], fold)
        assert set(table["subject"].iloc[a.test]) == set(shuffled["subject"].iloc[b.test])
        assert set(table["subject"].iloc[a.validation]) == set(shuffled["subject"].iloc[b.validation])


def test_fold_and_protocol_that_do_not_exist():
    with pytest.raises(AulibError, match="fold 4 does not exist: protocol drml-bp4d has folds 1 to 3"):
        split(frames(9), PROTOCOLS["drml-bp4d"], 4)
    with pytest.raises(UnknownName, match="unknown protocol 'nosuch'; known: drml-bp4d"):
        protocol("nosuch")


labels = st.lists(st.lists(st.sampled_from([0, 1, UNKNOWN]), min_size=2, max_size=2), min_size=1, max_size=60)


@settings(max_examples=60)
@given(labels, st.integers(1, 4), st.integers(1, 4), st.integers(0, 5))
def test_training_sample_against_a_count(rows, positives, negatives, seed):
    truth = np.array(rows, np.int8)
    videos = np.arange(len(truth)) // 15
    chosen = sample_frames(truth, videos, positives, negatives, seed)
    assert np.array_equal(chosen, sample_frames(truth, videos, positives, negatives, seed))
    assert len(set(chosen)) == len(chosen)
    for video in np.unique(videos):
        inside = np.intersect1d(chosen, np.flatnonzero(videos == video))
        for a in range(2):
            for state, wanted in ((1, positives), (0, negatives)):
                there = (truth[videos == video, a] == state).sum()
                assert (truth[inside, a] == state).sum() >= min(wanted, there)
    # No frame is drawn that no AU asked for: one without a single known label cannot be in the sample.
    assert not (truth[chosen] == UNKNOWN).all(axis=1).any()


def test_zero_and_zero_takes_every_frame():
    assert len(sample_frames(np.zeros((7, 2), np.int8), np.zeros(7), 0, 0, 0)) == 7


@settings(max_examples=60)
@given(labels, st.integers(1, 9))
def test_test_sample_is_exactly_one_to_two(rows, cap):
    truth = np.array(rows, np.int8)
    videos = np.arange(len(truth)) // 15
    sampled = one_to_two(truth, videos, cap)
    kept = sampled != UNKNOWN
    assert np.array_equal(sampled[kept], truth[kept])
    assert np.array_equal((sampled == 0).sum(axis=0), 2 * (sampled == 1).sum(axis=0))
    for video in np.unique(videos):
        assert ((sampled == 1)[videos == video].sum(axis=0) <= cap).all()
