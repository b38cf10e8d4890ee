"""Scores of resampled people against the metrics themselves, frame by frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aubook.papers.hybrid import smoothing
from aubook.papers.hybrid.common import Tested, over_subjects
from aubook.papers.hybrid.people import Scored, per_au
from aubook.papers.hybrid.resampling import draws, interval
from aulib import metrics
from aulib.aus import UNKNOWN
from aulib.metrics import mean_of_defined


def made(people=6, videos=2, frames=15, aus=(1, 12, 17), seed=0, folds=1) -> Scored:
    """Invented frames with stretches of AUs, unknown labels and coarse scores, so that ties occur."""
    rng = np.random.default_rng(seed)
    n = people * videos * frames
    subject = np.repeat(np.arange(people) * 3, videos * frames)
    video = subject * 1000 + np.tile(np.repeat(np.arange(videos), frames), people)
    truth = np.repeat(rng.random((n // 5 + 1, len(aus))) < 0.4, 5, axis=0)[:n].astype(np.int8)
    truth[rng.random(truth.shape) < 0.06] = UNKNOWN
    scores = np.round(np.clip(0.5 * rng.random(truth.shape) + 0.35 * (truth == 1), 0, 1), 1).astype(np.float32)
    tested = Tested(truth, scores, subject, video, np.tile(np.arange(frames) * 7, people * videos), aus)
    return Scored(tested, 1 + subject // 3 % folds)


MEASURES = {
    "f1": lambda t: metrics.f1_frame(t.truth, t.scores),
    "event": lambda t: metrics.f1_event(t.truth, t.scores, t.video),
    "iou": lambda t: metrics.f1_event_iou(t.truth, t.scores, t.video),
    "auc": lambda t: metrics.auc(t.truth, t.scores),
}


@pytest.mark.parametrize("measure", MEASURES)
def test_everybody_once_is_the_metric(measure):
    given = made()
    np.testing.assert_allclose(per_au(given, measure), 100 * MEASURES[measure](given.tested))


@pytest.mark.parametrize("measure", MEASURES)
def test_folds_are_averaged(measure):
    given = made(people=9, folds=3)
    parts = [MEASURES[measure](given.tested.at(np.flatnonzero(given.fold == fold))) for fold in (1, 2, 3)]
    np.testing.assert_allclose(per_au(given, measure), 100 * np.nanmean(parts, axis=0))


@pytest.mark.parametrize("measure", MEASURES)
def test_a_resample_is_the_metric_on_repeated_people(measure):
    given = made(seed=3)
    people, weights = draws(given.people, resamples=20)
    values = given.values(measure, people, weights)
    for row, weight in zip(values[1:], weights[1:], strict=True):
        rows, video = [], []
        for copy, name in enumerate(np.repeat(people, weight.astype(int))):
            own = np.flatnonzero(given.tested.subject == name)
            rows.append(own)
            video.append(given.tested.video[own] + 10**6 * (copy + 1))  # a copy's videos are its own
        repeated = replace(given.tested.at(np.concatenate(rows)), video=np.concatenate(video))
        np.testing.assert_allclose(row, 100 * MEASURES[measure](repeated))


def test_the_interval_is_that_of_over_subjects():
    given = made(seed=5)
    expected = over_subjects(
        given.tested.subject,
        lambda rows: 100 * float(np.nanmean(metrics.f1_frame(given.tested.truth[rows], given.tested.scores[rows]))),
        resamples=60,
    )
    people, weights = draws(given.people, resamples=60)
    found = interval(mean_of_defined(given.values("f1", people, weights), axis=1))
    np.testing.assert_allclose(found, expected)


def test_groups_keep_their_numbers_and_share_their_people():
    first, second = np.array([1, 2, 3, 4]), np.array([3, 4, 5])
    people, weights = draws(first, second, resamples=50)
    assert people.tolist() == [1, 2, 3, 4, 5] and (weights[0] == 1).all()
    for group in ((1, 2), (3, 4), (5,)):
        assert (weights[:, np.isin(people, group)].sum(axis=1) == len(group)).all()
    assert len(np.unique(weights, axis=0)) > 5


def test_an_au_that_nobody_shows_has_no_value_and_does_not_spoil_the_mean():
    given = made()
    given.tested.truth[:, 1] = UNKNOWN
    for measure in MEASURES:
        values = per_au(given, measure)
        assert np.isnan(values[1]) and not np.isnan(values[[0, 2]]).any()


def test_a_resample_without_anybody_who_shows_an_au_leaves_it_out():
    given = made()
    own = given.tested.subject == 0
    given.tested.truth[~own, 1] = 0
    given.tested.truth[own, 1] = np.arange(own.sum()) % 2
    weights = np.array([[1.0] * 6, [0.0] + [1.2] * 5])
    for measure in MEASURES:
        values = given.values(measure, given.people, weights)
        assert not np.isnan(values[0]).any() and np.isnan(values[1]).tolist() == [False, True, False]


@pytest.mark.parametrize("kind", ["mean", "median"])
@pytest.mark.parametrize("window", [3, 5, 15])
def test_smoothing_against_a_loop(kind, window):
    given = made(frames=11).tested
    found = smoothing.smooth(given, window, kind)
    for row in range(len(given.video)):
        own = np.flatnonzero(given.video == given.video[row])
        place = np.clip(np.arange(row - window // 2, row + window // 2 + 1), own[0], own[-1])
        expected = getattr(np, kind)(given.scores[place].astype(float), axis=0)
        np.testing.assert_allclose(found.scores[row], expected, atol=1e-6)
    assert smoothing.smooth(given, 1, kind) is given


def test_an_even_window_is_refused():
    with pytest.raises(ValueError, match="odd"):
        smoothing.smooth(made().tested, 4)


def test_the_window_is_chosen_by_f1_of_the_validation_people():
    rng = np.random.default_rng(0)
    given = made(people=4, frames=60).tested
    truth = np.repeat(rng.random((480 // 20, 3)) < 0.5, 20, axis=0).astype(np.int8)
    noisy = np.where(rng.random(truth.shape) < 0.3, 1 - truth, truth)
    flicker = replace(given, truth=truth, scores=noisy.astype(float))
    best = smoothing.chosen(flicker)
    f1 = {w: smoothing.mean_f1(smoothing.smooth(flicker, w)) for w in smoothing.WINDOWS}
    assert best > 1 and f1[best] == max(f1.values())
    clean = replace(given, truth=truth, scores=truth.astype(float))
    assert smoothing.chosen(clean) == 1
