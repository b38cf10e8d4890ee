"""The ruler: every statistic against brute force, SciPy or statsmodels, and the report against a table by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr

from synthface import labels
from synthface.labels import report, statistics

AUS = (4, 12, 25)


@pytest.fixture
def table():
    """Three people with two videos each of unequal length, three sticky AUs."""
    rng = np.random.default_rng(3)
    frames, active = [], []
    for person in range(3):
        for task in range(2):
            n = int(rng.integers(30, 60))
            state = rng.random(3) < 0.5
            for _ in range(n):
                state = np.where(rng.random(3) < 0.15, ~state, state)
                active.append(state)
            frames += [(f"S{person}", f"T{task}")] * n
    return pd.DataFrame(frames, columns=["subject", "sequence"]), np.array(active)


def videos_of(frames):
    return pd.factorize(frames["subject"] + frames["sequence"])[0]


def test_runs_by_hand():
    active = np.array([1, 1, 0, 1, 0, 1, 1, 1, 0, 1], bool)
    videos = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    lengths, cut = statistics.runs_of(active, videos)
    assert lengths.tolist() == [2, 1, 1, 2, 1]
    assert cut.tolist() == [True, False, True, True, True]


def test_runs_against_a_loop(table):
    frames, active = table
    videos = videos_of(frames)
    for column in range(3):
        expected = []
        for video in np.unique(videos):
            length = 0
            for on in [*active[videos == video, column], False]:
                if on:
                    length += 1
                elif length:
                    expected.append(length)
                    length = 0
        assert statistics.runs_of(active[:, column], videos)[0].tolist() == expected


def test_autocorrelation_is_pearson_over_pairs_inside_videos(table):
    frames, active = table
    videos = videos_of(frames)
    found = statistics.autocorrelation(active, videos, AUS, (1, 5, 20))
    stay = statistics.persistence(active, videos, AUS, (1, 5, 20))
    for column, au in enumerate(AUS):
        for lag in (1, 5, 20):
            pairs = [
                (int(active[t, column]), int(active[t + lag, column]))
                for t in range(len(active) - lag)
                if videos[t] == videos[t + lag]
            ]
            now, later = np.array(pairs).T
            assert found.loc[au, lag] == pytest.approx(pearsonr(now, later)[0], abs=1e-12)
            assert stay.loc[au, lag] == pytest.approx(later[now == 1].mean() - later[now == 0].mean(), abs=1e-12)


def test_phi_and_within_video_correlation(table):
    frames, active = table
    np.testing.assert_allclose(statistics.phi(active, AUS), np.corrcoef(active.T.astype(float)), atol=1e-12)
    videos = videos_of(frames)
    centred = active.astype(float)
    for video in np.unique(videos):
        centred[videos == video] -= centred[videos == video].mean(axis=0)
    found = statistics.within_video_correlation(active, videos, AUS)
    np.testing.assert_allclose(found, np.corrcoef(centred.T), atol=1e-12)


def test_rates_cardinality_and_spread(table):
    frames, active = table
    by_task = statistics.rates_by_task(active, frames["sequence"], AUS)
    assert by_task.loc["T1", 12] == pytest.approx(active[frames["sequence"] == "T1", 1].mean())
    fractions = statistics.cardinality(active)
    assert fractions[2] == pytest.approx(sum(int(row.sum() == 2) for row in active) / len(active))
    assert fractions.sum() == pytest.approx(1) and len(fractions) == 4
    rates = [active[frames["subject"] == f"S{p}", 0].mean() for p in range(3)]
    spread = statistics.subject_spread(active, frames["subject"], AUS)
    assert spread.loc[4, "subject_rate_sd"] == pytest.approx(np.std(rates, ddof=1))


@pytest.mark.parametrize("seed", range(4))
def test_kaplan_meier_against_statsmodels(seed):
    from statsmodels.duration.survfunc import SurvfuncRight

    rng = np.random.default_rng(seed)
    lengths, cut = rng.integers(1, 30, 80), rng.random(80) < 0.3
    curve = SurvfuncRight(lengths, (~cut).astype(int))
    assert statistics.kaplan_meier_median(lengths, cut) == curve.surv_times[np.argmax(curve.surv_prob <= 0.5)]


def test_kaplan_meier_of_runs_that_rarely_end():
    assert np.isnan(statistics.kaplan_meier_median(np.array([3, 9, 9, 9]), np.array([False, True, True, True])))


def test_level_rates():
    codes = np.array([[0, 1], [2, 1], [2, 5], [3, 0]])
    assert statistics.level_rates(codes, (1, 2)).loc[1].tolist() == pytest.approx([0, 2 / 4, 1 / 4, 0, 0])


@pytest.mark.parametrize("name, aus", [("bp4d", 12), ("disfa", 12)])
def test_published_tables_agree_with_each_other(name, aus):
    theirs = labels.published(name)
    phi = theirs["phi"].to_numpy()
    assert phi.shape == (aus, aus) and np.allclose(phi, phi.T, atol=2e-4) and (np.diag(phi) == 1).all()
    assert theirs["cardinality"].sum() == pytest.approx(1, abs=1e-3)
    if name == "bp4d":
        mean_active = (theirs["cardinality"] * theirs["cardinality"].index).sum()
        assert mean_active == pytest.approx(theirs["base rate"].sum(), abs=5e-3)  # both rounded to 4 decimals


def test_a_report_of_the_published_numbers_themselves_is_all_within():
    theirs = labels.published("bp4d")
    table = labels.calibration_report(theirs, theirs)
    assert table["within"].all() and (table["difference"] == 0).all()
    assert set(table.columns) == {
        "statistic", "what", "generated", "published", "difference", "tolerance", "within",
    }  # fmt: skip


def test_a_report_by_hand():
    theirs = {"base rate": pd.Series({1: 0.20}), "median active run": pd.Series({1: 20.0})}
    ours = {"base rate": pd.Series({1: 0.23}), "median active run": pd.Series({1: 24.0})}
    table = labels.calibration_report(ours, theirs).set_index("statistic")
    assert table.loc["base rate", "difference"] == pytest.approx(0.03) and not table.loc["base rate", "within"]
    assert table.loc["median active run", "difference"] == pytest.approx(0.2)
    assert table.loc["median active run", "within"]


def test_unknown_statistics_are_refused():
    with pytest.raises(ValueError, match="choose from bp4d, disfa"):
        report.published("semaine")
