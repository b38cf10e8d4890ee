"""The engine against the metrics themselves, people repeated frame by frame, and explicit loops."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from aubook.engine import frames as frames_of
from aubook.engine import resampling, transforms
from aubook.engine.claims import counted
from aubook.engine.frames import Frames
from aubook.engine.metrics import METRICS, metric
from aubook.engine.resampling import Draw, draw, interval, over_items, over_people, trainings
from aubook.engine.rules import exact, time, trend
from aubook.engine.scores import MethodScores, align
from aubook.engine.terms import (
    Effect,
    best,
    by_au,
    difference,
    evaluate,
    permutation_p,
    rank_correlation,
    score,
    share_ahead,
    spearman,
)
from aulib import metrics
from aulib.aus import UNKNOWN
from aulib.errors import AulibError, UnknownName

SEVERAL = [name for name in METRICS if METRICS[name].task == "detection"]
LEVELS = [name for name in METRICS if METRICS[name].task == "intensity"]


def made(people=6, videos=2, frames=15, aus=(1, 12, 17), seed=0, folds=1, first=0) -> Frames:
    """Invented frames with stretches of AUs, unknown labels and coarse scores, so that ties occur."""
    rng = np.random.default_rng(seed)
    n = people * videos * frames
    subject = first + np.repeat(np.arange(people) * 3, videos * frames)
    video = subject * 1000 + np.tile(np.repeat(np.arange(videos), frames), people)
    truth = np.repeat(rng.random((n // 5 + 1, len(aus))) < 0.4, 5, axis=0)[:n].astype(np.int8)
    truth[rng.random(truth.shape) < 0.06] = UNKNOWN
    scores = np.round(np.clip(0.5 * rng.random(truth.shape) + 0.35 * (truth == 1), 0, 1), 1).astype(np.float32)
    return Frames(
        truth, scores, subject, video, np.tile(np.arange(frames) * 7, people * videos), 1 + subject // 3 % folds, aus
    )


def method(frames: Frames | dict, name="m", setting="c/p", validation=None) -> MethodScores:
    given = frames if isinstance(frames, dict) else {0: frames}
    return MethodScores(name, name, setting, (), given, validation or {})


def repeated(given: Frames, people: np.ndarray, weight: np.ndarray) -> Frames:
    """Frames of people as often as they were drawn, their videos told apart."""
    rows, video = [], []
    for copy, name in enumerate(np.repeat(people, weight.astype(int))):
        own = np.flatnonzero(given.subject == name)
        rows.append(own)
        video.append(given.video[own] * 100 + copy)
    out = given.at(np.concatenate(rows))
    return replace(out, video=np.concatenate(video))


@pytest.mark.parametrize("name", SEVERAL)
def test_a_resample_is_the_metric_on_repeated_people(name):
    given, of = made(seed=3), metric(name)
    drawn = draw([given.subject], resamples=20)
    values = of.resampled(given, drawn.of(given.units[0][:, 1]))
    np.testing.assert_allclose(values[0], of.scale * of.plain(given), rtol=1e-5)
    for row, weight in zip(values[1:], drawn.weights[1:], strict=True):
        expected = of.scale * of.plain(repeated(given, drawn.people, weight))
        np.testing.assert_allclose(row, expected, rtol=1e-5, err_msg=name)


@pytest.mark.parametrize("name", SEVERAL)
def test_folds_are_pooled_or_averaged(name):
    given, of = made(people=9, folds=3), metric(name)
    ones = np.ones((1, len(given.units[0])))
    parts = [of.plain(given.at(np.flatnonzero(given.fold == fold))) for fold in (1, 2, 3)]
    mean = of.scale * np.nanmean(parts, axis=0)
    np.testing.assert_allclose(of.resampled(given, ones, "per-fold")[0], mean, rtol=1e-5)
    np.testing.assert_allclose(of.resampled(given, ones, "pooled")[0], of.scale * of.plain(given), rtol=1e-5)
    usual = of.resampled(given, ones)[0]
    np.testing.assert_allclose(usual, of.scale * of.plain(given) if of.pooled else mean, rtol=1e-5)


@pytest.mark.parametrize("name", SEVERAL)
def test_an_au_that_no_frame_shows_is_undefined_whatever_is_said(name):
    given = made()
    truth = given.truth.copy()
    truth[:, 1] = np.where(truth[:, 1] == 1, 0, truth[:, 1])
    for scores in (given.scores, np.ones_like(given.scores), np.zeros_like(given.scores)):
        values = method(replace(given, truth=truth, scores=scores)).per_au(name)
        assert np.isnan(values[12]) == (name != "accuracy") and np.isfinite(values[1])


@pytest.mark.parametrize("name", [name for name in SEVERAL if name != "relation"])  # that of an AU is with the others
def test_an_au_without_an_output_is_no_number(name):
    given = made()
    scores = given.scores.copy()
    scores[:, 2] = np.nan
    one = method(given.scored(scores))
    assert one.aus == (1, 12) and set(one.per_au(name)) == {1, 12}
    both = method(given)
    assert [part.aus for part in align(one, both)] == [(1, 12), (1, 12)]
    np.testing.assert_allclose(one.mean(name).value, np.nanmean([both.per_au(name)[au] for au in (1, 12)]), rtol=1e-5)


def levels(seed=0) -> Frames:
    """Invented levels, with expected levels near them."""
    given, rng = made(seed=seed), np.random.default_rng(seed)
    truth = np.where(given.truth == 1, rng.integers(1, 6, given.truth.shape), given.truth).astype(np.int8)
    said = np.clip(truth + rng.normal(0, 1, truth.shape), 0, 5).astype(np.float32)
    return replace(given, truth=truth, scores=said, task="intensity")


@pytest.mark.parametrize("name", LEVELS)
def test_levels_are_resampled_as_the_metric_on_repeated_people(name):
    given, of = levels(3), metric(name)
    drawn = draw([given.subject], resamples=20)
    for row, weight in zip(of.resampled(given, drawn.of(given.units[0][:, 1])), drawn.weights, strict=True):
        np.testing.assert_allclose(row, of.plain(repeated(given, drawn.people, weight)), rtol=1e-5, atol=1e-9)


def test_a_level_is_no_probability():
    with pytest.raises(AulibError, match="F1-frame is a metric of detection, and these are scores of intensity"):
        method(levels()).per_au("f1")
    with pytest.raises(AulibError, match="metric of intensity, and these are scores of detection"):
        method(made()).mean("icc")


def test_unknown_metrics_are_told():
    with pytest.raises(UnknownName, match="metric 'f2'"):
        metric("f2")


def test_people_of_one_group_are_drawn_among_themselves():
    first, second = np.arange(5), np.arange(3, 9)
    drawn = draw([first, second], resamples=300)
    assert (drawn.weights[0] == 1).all() and drawn.people.tolist() == list(range(9))
    for own in (range(3), range(3, 5), range(5, 9)):
        assert (drawn.weights[:, list(own)].sum(axis=1) == len(own)).all()
    assert np.abs(drawn.weights[1:].mean(axis=0) - 1).max() < 0.25


def test_trainings_are_mixed_with_sum_one_and_their_own_spread():
    weights = trainings(3, 20_000)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights[0], 1 / 3)
    values = np.array([1.0, 4.0, 7.0])
    # the variance of a mean of three, with the n - 1 of a sample
    assert np.std(weights[1:] @ values) == pytest.approx(np.std(values, ddof=1) / np.sqrt(3), rel=0.02)
    assert (trainings(1, 5) == 1).all()


def test_seeds_are_averaged_and_widen_the_interval():
    good, bad = made(seed=1), made(seed=1)
    bad = bad.scored(np.round(np.random.default_rng(0).random(bad.scores.shape), 1).astype(np.float32))
    both = method({0: good, 1: bad})
    alone = [method(one).mean("auc") for one in (good, bad)]
    assert both.mean("auc").value == pytest.approx(np.mean([one.value for one in alone]))
    width = lambda found: found.high - found.low  # noqa: E731
    assert width(both.mean("auc")) > 1.5 * max(map(width, alone))


def test_items_and_people_are_means_of_what_is_defined():
    samples = over_items([1.0, np.nan, 3.0])
    assert samples[0] == 2 and 1 <= samples.min() <= samples.max() <= 3
    weights = np.array([[1, 1, 1], [2, 0, 1], [0, 3, 0]])
    np.testing.assert_allclose(over_people(np.array([1.0, np.nan, 4.0]), weights), [2.5, 2.0, np.nan])
    assert np.isnan(over_items([np.nan])).all()


def test_intervals_are_percentiles_of_what_is_defined():
    found = interval(np.array([5.0, np.nan, *np.arange(101)]))
    np.testing.assert_allclose(found, (5, 2.5, 97.5))
    assert str(found) == "5.0 (2.5 to 97.5)" and found.signed == "+5.0 (+2.5 to +97.5)"
    assert np.isnan(interval(np.array([np.nan, 1, 2])).low)


def test_methods_are_compared_on_common_frames_and_aus():
    whole = made(people=8)
    rows = np.flatnonzero(whole.subject % 2 == 0)
    part = whole.at(rows).of((12, 1, 24))
    a, b = align(method(whole, "a"), method(part, "b"))
    assert a.frames.aus == b.frames.aus == (1, 12)
    np.testing.assert_array_equal(a.frames.truth, b.frames.truth)
    assert not align(method({0: whole}), method({1: whole}))[0], "no common training"
    other = replace(whole, frame=whole.frame + 1)
    assert not align(method(whole), method(other))[0], "no common frame"


def test_a_difference_is_that_of_every_resample():
    first, second = made(seed=1), made(seed=1)
    second = second.scored(np.roll(second.scores, 7, axis=0))
    found = evaluate(score(method(first, "a")) - score(method(second, "b")), resamples=50)
    drawn = draw([first.subject], resamples=50)
    rows = []
    for weight in drawn.weights:
        parts = [metric("f1").plain(repeated(one, drawn.people, weight)) for one in (first, second)]
        rows.append(100 * (np.nanmean(parts[0]) - np.nanmean(parts[1])))
    np.testing.assert_allclose(found.samples, rows, rtol=1e-6)
    assert (found.people, found.frames) == (6, 180)


def test_terms_add_up_and_the_best_is_found_anew():
    names = [method(made(seed=1).scored(np.roll(made(seed=1).scores, k, axis=0)), f"m{k}") for k in (0, 3, 9)]
    a, b, c = (score(one) for one in names)
    value = lambda term: evaluate(term, 100).samples  # noqa: E731
    np.testing.assert_allclose(value(a - best(b, c)), value(a) - np.maximum(value(b), value(c)))
    np.testing.assert_allclose(value((a - b) - (a - c)), value(c - b), atol=1e-9)
    np.testing.assert_allclose(value(2 * a + b), 2 * value(a) + value(b))
    np.testing.assert_allclose(value(a / b), value(a) / value(b))


def test_counts_and_trends_over_aus_match_scipy():
    from scipy.stats import spearmanr

    first = made(aus=(1, 2, 4, 12, 17), seed=2)
    second = first.scored(np.roll(first.scores, 11, axis=0))
    a, b = (by_au(method(one, str(k))) for k, one in enumerate((first, second)))
    values = evaluate(a - b, 30).samples
    rates = [0.1, 0.5, 0.3, 0.2, 0.9]
    found = evaluate(rank_correlation(a - b, rates), 30).samples
    for row, value in zip(values, found, strict=True):
        np.testing.assert_allclose(value, spearmanr(row, rates).statistic, atol=1e-9)
    share = evaluate(share_ahead(a, b), 30).samples
    np.testing.assert_allclose(share, (values > 0).mean(axis=1))
    assert np.isnan(spearman(np.array([[1.0, np.nan, 2.0]]), np.arange(3.0))).all()


def test_people_of_two_corpora_are_different_people():
    here, there = made(seed=1), made(seed=5)
    same = evaluate(score(method(here, "a", "one/p")) - score(method(there, "b", "one/q")), 400)
    other = evaluate(score(method(here, "a", "one/p")) - score(method(there, "b", "two/q")), 400)
    assert same.people == 6 and other.people == 12
    assert same.samples[0] == pytest.approx(other.samples[0])


def test_what_was_not_run_has_no_effect():
    assert evaluate(score(method(made())) - score(MethodScores("x", "X"))) is None
    assert difference(MethodScores("x", "X"), method(made())) is None


def test_smoothing_stays_within_videos():
    given = made(frames=5)
    out = transforms.smoothed(given, 3).scores
    for start in range(0, len(given), 5):
        own = given.scores[start : start + 5].astype(float)
        padded = np.concatenate([own[:1], own, own[-1:]])
        np.testing.assert_allclose(out[start : start + 5], (padded[:-2] + padded[1:-1] + padded[2:]) / 3, rtol=1e-6)
    with pytest.raises(ValueError, match="must be odd"):
        transforms.smoothed(given, 4)


def test_thresholds_are_the_best_of_all_cuts():
    given = made(seed=4)
    found = transforms.best_thresholds(given.truth, given.scores)
    for unit in range(3):
        known = given.truth[:, unit] >= 0
        y, s = given.truth[known, unit : unit + 1], given.scores[known, unit : unit + 1]
        every = [float(metrics.f1_frame(y, s, t)[0]) for t in np.linspace(0.001, 0.999, 999)]
        assert float(metrics.f1_frame(y, s, found[unit])[0]) == pytest.approx(max(every))
    lacking = np.where(given.truth == 1, 0, given.truth)
    assert (transforms.best_thresholds(lacking, given.scores) == 0.5).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_shifted_threshold_decides_as_the_threshold_did(seed):
    given = made(seed=seed)
    known = made(seed=seed + 10)
    tuned = transforms.tune(method(given, validation={(0, 1): known})).frames
    cut = transforms.best_thresholds(known.truth, known.scores)
    np.testing.assert_array_equal(tuned.scores >= 0.5, given.scores >= cut)


def test_runs_without_validation_people_are_not_tuned():
    two = made(people=6, folds=2)
    tuned = transforms.tune(method(two, validation={(0, 2): made(seed=9)}))
    assert set(tuned.frames.fold) == {2}
    assert not transforms.tune(method(two))


def test_the_constant_predictor_is_always_right_about_presence():
    given = made()
    values = transforms.constant(method(given)).per_au("f1")
    for column, au in enumerate(given.aus):
        rate = (given.truth[:, column] == 1).sum() / (given.truth[:, column] >= 0).sum()
        assert values[au] == pytest.approx(200 * rate / (1 + rate))


def test_direction_keeps_decisions():
    given = made()
    unit = transforms.direction(method(given)).frames.scores
    np.testing.assert_array_equal(unit >= 0.5, given.scores >= 0.5)
    lengths = np.linalg.norm(2 * unit - 1, axis=1)
    np.testing.assert_allclose(lengths[(given.scores != 0.5).any(axis=1)], 1)


def test_folds_of_one_protocol_test_the_same_aus():
    with pytest.raises(ValueError, match="same AUs"):
        frames_of.concatenate([made(), made(aus=(1, 12, 24))])


def test_draws_repeat():
    first, second = (draw([np.arange(9)], resamples=5) for _ in range(2))
    np.testing.assert_array_equal(first.weights, second.weights)
    assert isinstance(first, Draw) and resampling.RESAMPLES == 10_000


def test_a_trend_needs_its_permutation_test():
    rising = np.r_[0.6, np.full(50, 0.5)]
    assert trend().word(Effect(rising, p=0.01)) == "supported"
    assert trend(negative=True).word(Effect(rising, p=0.01)) == "contradicted"
    assert trend().word(Effect(rising, p=0.2)) == trend().word(Effect(rising)) == "undecided"
    given = made(aus=(1, 2, 4, 6, 7))
    effect = evaluate(rank_correlation(by_au(method(given)), range(5)), resamples=20)
    first, second = metric("f1").plain(given), np.array([0.0, 3, 1, 1, 4])
    assert effect.p == permutation_p(first, np.arange(5.0))
    every = [stats.spearmanr(first[list(order)], second).statistic for order in permutations(range(5))]
    as_strong = [np.mean([side * value >= side * every[0] - 1e-9 for value in every]) for side in (1, -1)]
    assert permutation_p(first, second) == pytest.approx(min(1, 2 * min(as_strong)))


def test_a_counted_number_has_no_error_and_a_ratio_is_decided_by_its_interval():
    assert np.isnan(counted(3.0).error) and exact(2.5).word(counted(3.0)) == "supported"
    above = Effect(np.r_[1.5, np.linspace(1.3, 1.7, 99)])
    assert [time(ratio).word(above) for ratio in (1.2, 1.5, 1.8)] == ["supported", "undecided", "contradicted"]
    assert time(1.2).word(above, published=3.2) == "supported but smaller"
