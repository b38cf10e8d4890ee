"""Drawing of AU events: latent tracks, events, twins, declared corpora, and the calibration of a full corpus."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest, multivariate_normal, spearmanr

from synthface import labels
from synthface.face.action_units import FACE_AUS
from synthface.labels import calibration, events, prototypes, tracks, twins

MODELS = {
    name: getattr(labels, name)
    for name in ("bp4d_like", "bp4d_plus_like", "disfa_like", "gft_like", "pain_like", "probe")
}


def at(au: int) -> int:
    return FACE_AUS.index(au)


def people(model, persons=6, seed=0, frames=None):
    """Videos of some people, all in one list."""
    rng = np.random.default_rng(seed)
    lengths, levels = model.draw_lengths(rng, persons), model.draw_levels(rng, persons)
    videos = []
    for p in range(persons):
        n = np.full(len(model.tasks), frames) if frames else lengths[p]
        videos += model.draw_person(np.random.default_rng([seed, p]), levels[p], n, model.frame_rate)
    return videos


# -------------------------------------------------------------------- tracks


def test_movement_has_the_stated_autocorrelation():
    rng = np.random.default_rng(0)
    scales = len(tracks.SCALES)
    track = tracks.movement(rng, 400_000, 25.0, np.eye(scales), np.eye(scales))
    stated = tracks.autocorrelation(np.array([0, 1, 5, 20]), 25.0)
    for m in range(3):  # the slow ones need more frames than a test has time for
        found = [np.mean(track[: len(track) - k, m] * track[k:, m]) for k in (0, 1, 5, 20)]
        np.testing.assert_allclose(found, stated[:, m], atol=0.02)


def test_movement_is_stationary_from_the_first_frame():
    rng = np.random.default_rng(1)
    weights = np.tile([0.1, 0.2, 0.3, 0.2, 0.2], (400, 1))
    track = np.stack([tracks.movement(rng, 30, 25.0, weights, np.eye(400)) for _ in range(10)])
    np.testing.assert_allclose(track.var(axis=(0, 2)), 1, atol=0.1)


def test_covariance_with_the_mean_against_the_matrix():
    weights = np.array([[0.0, 0.2, 0.3, 0.4, 0.1]])
    lags = np.abs(np.subtract.outer(np.arange(40), np.arange(40)))
    matrix = (tracks.autocorrelation(lags.ravel(), 25.0) @ weights[0]).reshape(40, 40)
    covariance, variance = tracks.mean_covariance(40, 25.0, weights)
    np.testing.assert_allclose(covariance[:, 0], matrix.mean(axis=1), atol=1e-12)
    np.testing.assert_allclose(variance, matrix.mean(), atol=1e-12)


def test_levels_are_stratified_and_correlated():
    model = labels.bp4d_like()
    levels = model.draw_levels(np.random.default_rng(0), 41)
    assert levels.shape == (41, 9, 19)
    np.testing.assert_allclose(levels.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(levels.std(axis=0), 1, atol=1e-9)
    np.testing.assert_allclose((levels[:, :1] * levels[:, 1:]).mean(axis=0), 0, atol=1e-9)
    many = model.draw_levels(np.random.default_rng(1), 4000)[:, 0]
    np.testing.assert_allclose(np.corrcoef(many.T), model.between, atol=0.06)


def test_the_drive_is_standard_normal_over_people():
    model = labels.bp4d_like()
    draws = np.concatenate([v.uniforms[::150] for v in people(model.independent(), 150, frames=300)])
    for i in range(19):
        assert kstest(draws[:, i], "uniform").statistic < 0.05


def test_speech_keeps_the_marginal_uniform_and_ties_lips():
    rng = np.random.default_rng(0)
    talking, opening = tracks.speech(rng, 200_000, 25.0, 0.4)
    assert talking.mean() == pytest.approx(0.4, abs=0.02)
    drive = rng.standard_normal((200_000, 2))
    lifted = tracks.lift_by_speech(drive, talking, opening, 0.4, np.array([2.0, 0.0]), np.array([True, False]))
    assert kstest(lifted[:, 0], "uniform").statistic < 0.02
    assert (lifted[talking, 0] > 0.8).mean() > 2 * (lifted[~talking, 0] > 0.8).mean()


def test_rest_keeps_the_marginal_uniform_and_stills_every_au():
    rng = np.random.default_rng(0)
    resting = tracks.spells(rng, 100_000, 25.0, 0.2, 4.0)
    assert resting.mean() == pytest.approx(0.2, abs=0.03)
    track = tracks.rest(rng.random((100_000, 2)), resting, 0.2)
    assert kstest(track[:, 0], "uniform").statistic < 0.03
    assert track[resting].max() < 0.2 < track[~resting].min() + 1e-9


# -------------------------------------------------------------------- events


@pytest.mark.parametrize("name", MODELS)
def test_contract_of_a_draw(name):
    model = MODELS[name]()
    for video in people(model, 3):
        n = len(video.codes)
        assert video.task in model.tasks
        assert video.strengths.shape == video.codes.shape == video.uniforms.shape == (n, 19)
        assert (video.strengths.dtype, video.codes.dtype) == (np.float32, np.int8)
        assert 0 <= video.strengths.min() and video.strengths.max() <= 5 and np.isfinite(video.strengths).all()
        np.testing.assert_array_equal(video.codes, np.floor(video.strengths + 0.5))
        assert 0 <= video.uniforms.min() and video.uniforms.max() <= 1
    np.testing.assert_allclose(model.levels.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(model.weights.sum(axis=1), 1, atol=1e-3)
    assert np.linalg.eigvalsh(model.correlation).min() > -1e-3


def test_the_same_generator_draws_the_same():
    first, again = people(labels.bp4d_like(), 2), people(labels.bp4d_like(), 2)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.strengths, b.strengths)


def test_strength_moves_smoothly_and_reaches_every_intensity():
    videos = people(labels.bp4d_like(), 6)
    still = [at(au) for au in FACE_AUS if au not in (25, 26, 45)]  # syllables and blinks are quick
    jumps = np.concatenate([np.abs(np.diff(v.strengths[:, still], axis=0)) for v in videos])
    assert np.quantile(jumps, 0.999) < 1.0
    assert set(np.unique(np.concatenate([v.codes for v in videos]))) == set(range(6))


def test_an_event_has_onset_apex_and_offset():
    uniforms = np.full((200, 19), 0.2)
    uniforms[60:140, at(12)] = 0.995
    rates, heights = np.full(19, 0.3), np.full((19, 5), 0.2)
    active = events.cut(uniforms, rates, (), 0)
    strength = events.strengths(np.random.default_rng(0), uniforms, active, rates, heights, 25.0, True)[:, at(12)]
    assert (np.flatnonzero(strength >= 0.5) == np.arange(60, 140)).all()
    assert 0 < strength[59] < 0.5 and 0 < strength[140] < 0.5 and strength[40] == strength[170] == 0
    assert strength[60] < 1.5 and strength[139] < 1.5 and strength[100] > 4
    assert (np.diff(strength[55:100]) >= 0).all() and (np.diff(strength[100:150]) <= 0).all()


@pytest.mark.parametrize("name", ["bp4d_like", "bp4d_plus_like", "disfa_like", "gft_like", "pain_like"])
def test_coders_exclusions_hold(name):
    for video in people(MODELS[name](), 5):
        on = video.codes > 0
        assert not (on[:, at(24)] & (on[:, at(25)] | on[:, at(26)])).any()
        assert not (on[:, at(43)] & on[:, at(45)]).any()


def test_blinks_are_short_and_closures_long():
    videos = people(labels.pain_like(), 25)
    blinks = np.concatenate([np.diff(events.runs(v.codes[:, at(45)] > 0))[:, 0] for v in videos])
    closures = np.concatenate([np.diff(events.runs(v.codes[:, at(43)] > 0))[:, 0] for v in videos])
    minutes = sum(len(v.codes) for v in videos) / 25 / 60
    assert 13 < len(blinks) / minutes < 21
    assert blinks.max() <= 0.5 * 25 and np.median(blinks) >= 0.2 * 25
    assert len(closures) > 10 and closures.min() > 0.5 * 25


def test_talking_opens_the_mouth_in_bursts():
    on, off = [], []
    for video in people(labels.gft_like(), 12):
        on.append(video.codes[video.speech, at(25)] > 0)
        off.append(video.codes[~video.speech, at(25)] > 0)
    assert np.concatenate(on).mean() > 2 * np.concatenate(off).mean()
    share = sum(map(len, on)) / (sum(map(len, on)) + sum(map(len, off)))
    assert share == pytest.approx(0.4, abs=0.1)


# -------------------------------------------------------------------- declared corpora


def test_lengths_of_bp4d():
    lengths = labels.bp4d_like().draw_lengths(np.random.default_rng(5), 41)
    assert lengths.shape == (41, 8) and lengths.sum() == 146_847
    np.testing.assert_allclose(np.quantile(lengths, [0.25, 0.5, 0.75]), [419, 490, 500], rtol=0.06)
    assert lengths.min() >= 80 and lengths.max() <= 800


def test_disfa_is_one_long_video():
    assert labels.disfa_like().draw_lengths(np.random.default_rng(0), 27).tolist() == [[4845]] * 27


def test_bp4d_plus_is_skewed_tenfold():
    model = labels.bp4d_plus_like()
    twelve = model.base_rates[[at(au) for au in labels.published("bp4d")["phi"].index]]
    assert len(model.tasks) == 10 and 8 < twelve.max() / twelve.min() < 14


def test_probe_is_independent_in_every_way():
    codes = np.concatenate([v.codes for v in people(labels.probe(), 1, frames=20_000)])
    active = codes > 0
    assert np.abs(active.mean(axis=0)[:-2] - 0.3).max() < 0.02 and active.mean(axis=0)[-2:].max() < 0.03  # 43, 45
    assert np.abs(np.corrcoef(active.T)[np.triu_indices(19, 1)]).max() < 0.04
    assert abs(np.corrcoef(active[:-1, 0], active[1:, 0])[0, 1]) < 0.03
    shares = np.bincount(codes[codes > 0], minlength=6)[1:] / active.sum()
    np.testing.assert_allclose(shares, 0.2, atol=0.01)


@pytest.mark.parametrize("phi", [-0.2, 0.0, 0.3, 0.6])
def test_tetrachoric_against_the_bivariate_normal(phi):
    p, q = 0.3, 0.4
    r = prototypes.tetrachoric(phi, p, q)
    from scipy.special import ndtri

    both = multivariate_normal.cdf([ndtri(p), ndtri(q)], cov=[[1, r], [r, 1]])
    assert (both - p * q) / np.sqrt(p * (1 - p) * q * (1 - q)) == pytest.approx(phi, abs=1e-3)


# -------------------------------------------------------------------- twins


def test_the_independent_twin_keeps_rates_and_loses_correlation():
    model = labels.bp4d_like()
    twin = model.independent()
    assert twin.rates.mean(axis=0) == pytest.approx(model.base_rates)
    codes = np.concatenate([v.codes for v in people(twin, 82)]) > 0
    keep = [at(au) for au in labels.published("bp4d")["phi"].index]
    assert np.abs(codes.mean(axis=0) - model.base_rates)[keep].max() < 0.025
    phi = np.corrcoef(codes[:, keep].T)[np.triu_indices(12, 1)]
    assert np.abs(phi).mean() < 0.035, "chance alone"


def test_conditional_copulas_are_what_they_say():
    rng = np.random.default_rng(0)
    u, v = rng.random((2, 200_000))
    for kind, parameter in (("frank", 5.0), ("frank", -3.0), ("gaussian", 0.6), ("nonmonotone", 0.8)):
        assert kstest(twins.conditional(kind, parameter, u, v), "uniform").statistic < 0.005
    w = twins.conditional("frank", 5.0, u, v)
    for a, b in ((0.3, 0.5), (0.7, 0.8)):
        exact = -np.log1p(np.expm1(-5 * a) * np.expm1(-5 * b) / np.expm1(-5)) / 5  # Nelsen (2006), Table 4.1, no. 5
        assert np.mean((u <= a) & (w <= b)) == pytest.approx(exact, abs=0.004)
    assert spearmanr(u, twins.conditional("gaussian", 0.6, u, v))[0] == pytest.approx(
        6 / np.pi * np.arcsin(0.3), abs=0.01
    )
    bent = twins.conditional("nonmonotone", 0.8, u, v)
    assert abs(spearmanr(u, bent)[0]) < 0.01 and spearmanr(np.abs(u - 0.5), bent)[0] > 0.7


def test_the_copula_twin_ties_its_pairs_and_nothing_else():
    twin = labels.bp4d_like().with_copula("frank", 6.0)
    assert (twin.rates == twin.rates[0]).all()
    tracks_ = np.concatenate([v.uniforms[::10] for v in people(twin, 82)])
    rho = spearmanr(tracks_)[0]
    pairs = {(at(a), at(b)) for a, b in labels.PAIRS}
    for i in range(19):
        for j in range(i + 1, 19):
            if (i, j) in pairs:
                assert rho[i, j] > 0.6
            else:
                assert abs(rho[i, j]) < 0.2


@pytest.mark.parametrize("kind, parameter, words", [
    ("clayton", 1.0, "no copula 'clayton'"), ("frank", 0.0, "other than 0"), ("gaussian", 1.0, "between -1 and 1"),
])  # fmt: skip
def test_what_is_no_copula(kind, parameter, words):
    with pytest.raises(ValueError, match=words):
        labels.bp4d_like().with_copula(kind, parameter)


def test_flat_and_stretched_rates():
    model = labels.bp4d_like()
    spread = {f: np.ptp(twins.logit(model.with_rates(f).base_rates[model.calibrated])) for f in (-0.5, 0.0, 0.5, 1.0)}
    assert spread[0.5] == pytest.approx(0.5 * spread[0.0], rel=1e-6)
    assert spread[-0.5] == pytest.approx(1.5 * spread[0.0], rel=1e-6)
    assert spread[1.0] == pytest.approx(0, abs=1e-6)
    flat = model.with_rates(1.0)
    np.testing.assert_allclose(flat.rates[:, ~model.calibrated], model.rates[:, ~model.calibrated], atol=1e-9)
    between = np.diff(twins.logit(model.rates), axis=0)
    np.testing.assert_allclose(np.diff(twins.logit(flat.rates), axis=0), between, atol=1e-6)


# -------------------------------------------------------------------- coder noise


def test_a_perfect_coder_writes_the_codes():
    codes = people(labels.disfa_like(), 1)[0].codes
    np.testing.assert_array_equal(labels.coder_noise(codes, np.random.default_rng(0), 0.0, 0, 0.0), codes)


def test_a_coder_errs_a_little():
    codes = people(labels.disfa_like(), 1)[0].codes
    noisy = labels.coder_noise(codes, np.random.default_rng(0), 0.05, 3, 0.2)
    assert noisy.dtype == np.int8 and 0 <= noisy.min() and noisy.max() <= 5
    assert 0.9 < np.mean((noisy > 0) == (codes > 0)) < 1
    assert np.abs(noisy.astype(int) - codes)[(noisy > 0) & (codes > 0)].max() >= 1
    binary = labels.coder_noise((codes > 0).astype(np.int8), np.random.default_rng(0), 0.05, 3, 0.5)
    assert set(np.unique(binary)) <= {0, 1}


# -------------------------------------------------------------------- calibration


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bp4d", "disfa"])
def test_a_full_corpus_is_calibrated(name):
    """Every mean statistic within its tolerance; single numbers may miss where the report says so."""
    table = calibration.measure(name, seed=11)
    share = table.groupby("statistic")["within"].mean()
    assert (share >= 0.8).all(), share.to_string()
    assert table.loc[table["statistic"] == "base rate", "within"].all()
