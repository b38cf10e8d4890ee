"""What the three samplers do to a network: tables, figures and verdicts beside loops, SciPy and scikit-learn."""

from __future__ import annotations

import subprocess
import sys
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from aubook.papers.hybrid import (
    decisions,
    resampling,
    sampling,
    sampling_claims,
    sampling_printed,
    sampling_runs,
    sampling_study,
    threshold_shift,
)
from aubook.papers.hybrid.common import Interval, over_subjects
from aubook.study import Study
from aulib import metrics
from aulib.aus import BP4D_AUS, UNKNOWN
from aulib.runs import results
from aulib.samplers import SAMPLERS
from tests import sampling_records as made

OURS = "ours, synthetic data"
DRAWS = resampling.draws


@pytest.fixture(autouse=True)
def few_labels(monkeypatch):
    """Training labels of 600 frames in place of a script; batches counted anew in every test."""
    truth = {}
    for name, aus in (("synth-gft", [1, 2, 4, 6, 10, 12, 14, 15, 23, 24]), ("synth-bp4d-plus", list(BP4D_AUS))):
        rng = np.random.default_rng(len(aus))
        truth[name] = made.truth_of(aus, 8, rng)[:600]
    monkeypatch.setattr(sampling_runs, "_labels", lambda corpus, *rest: truth[corpus])
    monkeypatch.setattr(sampling_runs, "_DRAWN", {})
    monkeypatch.setattr(
        resampling, "draws", lambda subject, resamples=200, seed=0: DRAWS(subject, resamples=resamples, seed=seed)
    )
    monkeypatch.setattr(sampling, "counts", lambda name, strategy, frames: _counts(truth[name], strategy))


def _counts(truth, strategy):
    sampler = SAMPLERS[strategy](truth, 60, seed=0)
    return np.array([(truth[batch] > 0).sum(axis=0) for batch in sampler])


@pytest.fixture
def recorded(home):
    made.write_all(1.0)


def toy_frames(seed: int, people: int = 7, each: int = 30, units: int = 3):
    rng = np.random.default_rng(seed)
    n = people * each
    truth = rng.choice(np.array([0, 1, UNKNOWN], np.int8), (n, units), p=[0.6, 0.3, 0.1])
    scores = np.clip(0.3 * (truth == 1) + 0.7 * rng.random((n, units)), 0, 1).round(1).astype(np.float32)  # many ties
    return truth, scores, np.repeat(rng.permutation(people) + 3, each)


# Resamples.


METRICS = ("f1", "auc", "average_precision")


def resampled(metric, truth, scores, *of):
    return getattr(resampling, metric)(truth, scores >= 0.5 if metric == "f1" else scores, *of)


@pytest.mark.parametrize("metric", METRICS)
def test_every_resample_is_that_of_over_subjects(metric):
    truth, scores, subject = toy_frames(1)
    names, weights = resampling.draws(subject, resamples=60, seed=5)
    ours = resampled(metric, truth, scores, subject, names, weights)
    slow = metrics.f1_frame if metric == "f1" else getattr(metrics, metric)
    expected = over_subjects(subject, lambda rows: slow(truth[rows], scores[rows]).mean(), resamples=60, seed=5)
    assert resampling.interval(ours.mean(axis=1)) == pytest.approx(expected)


@pytest.mark.parametrize("row", [0, 1, 2])
def test_weighted_scores_against_scikit_learn(row):
    truth, scores, subject = toy_frames(2)
    names, weights = resampling.draws(subject, resamples=2)
    weight = weights[row, np.searchsorted(names, subject)]
    found = {metric: resampled(metric, truth, scores, subject, names, weights)[row] for metric in METRICS}
    for unit in range(truth.shape[1]):
        known = truth[:, unit] >= 0
        y, s, w = truth[known, unit], scores[known, unit], weight[known]
        assert found["f1"][unit] == pytest.approx(f1_score(y, s >= 0.5, sample_weight=w))
        assert found["auc"][unit] == pytest.approx(roc_auc_score(y, s, sample_weight=w))
        assert found["average_precision"][unit] == pytest.approx(average_precision_score(y, s, sample_weight=w))


def test_an_au_that_a_resample_lacks_is_left_out_of_it():
    truth, scores, subject = toy_frames(3, people=2)
    truth[subject == subject[0], 0] = 0
    names, weights = resampling.draws(subject, resamples=40)
    lacking = weights[:, names != subject[0]].ravel() == 0  # nobody else was drawn
    for metric in METRICS:
        values = getattr(resampling, metric)(
            truth, scores >= 0.5 if metric == "f1" else scores, subject, names, weights
        )
        assert (np.isnan(values[:, 0]) == lacking).all() and lacking.any()
        mean = resampling.mean(values)
        assert mean[lacking] == pytest.approx(values[lacking, 1:].mean(axis=1))
        assert not np.isnan(resampling.interval(mean).low)
    assert np.isnan(resampling.interval(np.full(5, np.nan)).value)


# Rules.


@pytest.mark.parametrize("rule, interval, expected", [
    (decisions.pair, (3, 1, 5), "holds"), (decisions.pair, (1.9, 1, 5), "undecided"),
    (decisions.pair, (3, -1, 5), "undecided"), (decisions.pair, (1, 0.5, 1.9), "does not hold"),
    (decisions.pair, (-3, -5, -1), "does not hold"),
    (decisions.equivalent, (0, -1.9, 1.9), "holds"), (decisions.equivalent, (0, -2.1, 1), "undecided"),
    (decisions.equivalent, (3, 2.1, 4), "does not hold"), (decisions.equivalent, (-3, -4, -2.1), "does not hold"),
    (decisions.not_worse, (-1, -1.9, 9), "holds"), (decisions.not_worse, (0, -2.1, 9), "undecided"),
    (decisions.not_worse, (-3, -4, -2.1), "does not hold"),
])  # fmt: skip
def test_rules_at_two_points(rule, interval, expected):
    assert rule(Interval(*interval), 2) == expected
    assert rule(Interval(np.nan, np.nan, np.nan), 2) == "undecided"


def test_the_other_rules():
    assert decisions.falling(Interval(-0.8, -0.9, -0.1), 0.01) == "holds"
    assert decisions.falling(Interval(-0.8, -0.9, -0.1), 0.06) == "undecided"
    assert decisions.falling(Interval(0.8, 0.1, 0.9), 0.01) == "does not hold"
    assert [decisions.at_least(Interval(1, low, high)) for low, high in ((0, 2), (-1, 2), (-2, -1))] == [
        "holds", "undecided", "does not hold",
    ]  # fmt: skip
    assert decisions.together(["holds", "holds"]) == "holds"
    assert decisions.together(["holds", "undecided"]) == "undecided"
    assert decisions.together(["holds", f"undecided: {decisions.WIDE}"]) == "undecided"
    assert decisions.together(["does not hold", "undecided"]) == "does not hold"
    assert [decisions.exact(flag) for flag in (True, False)] == ["holds", "does not hold"]
    wide, narrow = Interval(0, -3, 3), Interval(2, 1, 3.5)
    assert decisions.said("undecided", wide, 2) == "undecided: the interval is wider than what is asked about"
    assert decisions.said("undecided", narrow, 2) == "undecided" and decisions.said("holds", wide, 2) == "holds"


def test_rank_correlation_against_scipy():
    rng = np.random.default_rng(0)
    values, rates = rng.integers(0, 6, (30, 8)).astype(float), rng.random(8)
    values[3:9, 2] = values[7, 4] = values[9, :6] = np.nan
    found = decisions.rank_correlation(values, rates)
    for row, value in zip(values, found, strict=True):
        known = ~np.isnan(row)
        if known.sum() < 3:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(spearmanr(row[known], rates[known]).statistic)
    assert np.isnan(found[9])
    np.testing.assert_array_equal(decisions.ranks(values[10:]), [rankdata(row) for row in values[10:]])


def test_permutation_p_against_every_order():
    first, second = np.array([1.0, 3, 2, 5, 4, 6]), np.array([2.0, 1, 4, 3, 6, 5])
    strength = abs(spearmanr(first, second).statistic)
    every = [abs(spearmanr(first, order).statistic) >= strength - 1e-9 for order in permutations(second)]
    assert decisions.permutation_p(first, second) == pytest.approx(np.mean(every), abs=0.015)


# Thresholds.


@pytest.mark.parametrize("seed", range(4))
def test_the_best_threshold_against_trying_every_score(seed):
    truth, scores, _ = toy_frames(seed, people=2, each=15)
    truth[:, 2] = np.where(truth[:, 2] == 1, 0, truth[:, 2])
    found = threshold_shift.best_thresholds(truth, scores)
    assert found[2] == 0.5
    for unit in range(2):
        known = truth[:, unit] >= 0
        y, s = truth[known, unit], scores[known, unit]
        highest = max(f1_score(y, s >= cut) for cut in [*np.unique(s), 0.5])
        assert f1_score(y, s >= found[unit]) == pytest.approx(highest)


def test_of_equally_good_thresholds_the_one_next_to_one_half_is_taken():
    truth = np.array([[0], [0], [1], [1]], np.int8)
    assert threshold_shift.best_thresholds(truth, np.array([[0.1], [0.4], [0.6], [0.9]])) == 0.5
    assert threshold_shift.best_thresholds(truth, np.array([[0.6], [0.7], [0.8], [0.9]])) == pytest.approx(0.75)
    assert threshold_shift.best_thresholds(truth, np.array([[0.1], [0.2], [0.3], [0.4]])) == pytest.approx(0.25)


@settings(max_examples=50)
@given(st.floats(0.01, 0.99), st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_a_known_shift_is_a_threshold(p, rate, other):
    """By Bayes: the same evidence at another base rate decides at 0.5 as the first does at the other threshold."""
    evidence = p / (1 - p) / (other / (1 - other))  # likelihood ratio behind p
    moved = evidence * rate / (1 - rate)
    shift = threshold_shift.log_odds_ratio(np.array([rate]), np.array([other]))
    limit = threshold_shift.equivalent_threshold(shift)[0]
    if abs(p - limit) > 1e-9:
        assert (p >= limit) == (moved / (1 + moved) >= 0.5)


def test_a_rate_of_zero_has_finite_odds():
    assert np.isfinite(threshold_shift.log_odds_ratio(np.array([0.0, 1.0]), np.array([0.5, 0.5]))).all()


def test_rates_of_batches_against_going_through_them(recorded):
    study = Study("smoke")
    for strategy in ("random", "momu"):
        (run,) = sampling_runs.runs(study, "gft")[strategy]
        truth, batch = sampling_runs.training_labels(run.declaration), run.declaration.recipe.batch
        sampler = SAMPLERS[strategy](truth, batch, seed=0)
        shown, known = np.zeros(10), np.zeros(10)
        for step in range(run.declaration.image_steps // batch):
            for row in sampler.at(step):
                shown += truth[row] == 1
                known += truth[row] >= 0
        np.testing.assert_allclose(sampling_runs.batch_rates(run), shown / known)
    random, momu = (sampling_runs.batch_rates(sampling_runs.runs(study, "gft")[s][0]) for s in ("random", "momu"))
    np.testing.assert_allclose(random, sampling_runs.base_rates(run), atol=0.03)
    assert momu.min() > 2 * random.min()


def test_where_momu_is_the_known_shift_nothing_is_left_of_its_gain(home):
    """MOMU's scores are those of random sampling, moved by the log odds of its own batches: the account must see it."""
    random, momu = (made.declared("gft", s) for s in ("random", "momu"))
    made.write(random)
    made.write(momu)
    shift = threshold_shift.shift_of(*(sampling_runs.Run(s, "gft", d, results.find(d)) for s, d in
                                       (("random", random), ("momu", momu))))  # fmt: skip
    made.write(momu, shift=shift)
    one = threshold_shift.account("smoke", "gft")
    np.testing.assert_allclose((one.f1["momu"] - one.shifted).values, 0, atol=2.0)  # float16 rounds near the threshold
    assert abs((one.f1["momu"] - one.shifted).mean().value) < 0.3
    assert abs((one.auc["momu"] - one.auc["random"]).mean().value) < 0.05
    assert abs(one.recovered("shifted")[0] - one.gain[0]) < 0.3
    assert abs((one.tuned["momu"] - one.tuned["random"]).mean().value) < 0.5
    share = one.share("shifted")
    assert (share is None) == (not resampling.interval(one.gain).low > 0)
    assert share is None or share.value == pytest.approx(100, abs=15)
    difference = one.recovered("tuned") - 0.8 * one.gain
    assert one.beyond("tuned") == pytest.approx(resampling.interval(difference))


def test_a_gain_that_may_be_nothing_is_not_shared_out(home):
    for strategy in ("random", "momu"):
        made.write(made.declared("gft", strategy))
    assert threshold_shift.account("smoke", "gft").share("tuned") is None
    assert "no sure gain to share" in str(threshold_shift.shares("smoke"))


def test_the_table_of_thresholds_is_sorted_and_right(recorded):
    frame = threshold_shift.thresholds("smoke", "gft").frame
    rates = frame["share of frames, %", "training"]
    assert (rates.diff().dropna() >= 0).all()
    record = results.find(made.declared("gft", "random")).arrays("synth-gft")
    expected = 100 * metrics.f1_frame(record["codes"], record["scores"].astype(np.float32))
    np.testing.assert_allclose(frame["F1, %", "RS at 50"].sort_index(), expected)
    validation = results.find(made.declared("gft", "random")).arrays("probe-validation")
    best = threshold_shift.best_thresholds(validation["codes"], validation["scores"].astype(np.float32))
    np.testing.assert_allclose(frame["threshold, %", "RS, tuned"].sort_index(), 100 * best)
    tuned = 100 * metrics.f1_frame(record["codes"], record["scores"].astype(np.float32), best)
    np.testing.assert_allclose(frame["F1, %", "RS, tuned"].sort_index(), tuned)


# Tables 3 and 4.


def test_cells_of_the_tables_are_those_of_the_metric(recorded):
    for table, own, other in ((sampling_study.table3, "gft", "plus"), (sampling_study.table4, "plus", "gft")):
        frame = table("smoke").frame
        target = {"gft": "synth-gft", "plus": "synth-bp4d-plus"}[own]
        for where, trained in (("within", own), ("between", other)):
            arrays = results.find(made.declared(trained, "momu")).arrays(target)
            outputs = list(results.find(made.declared(trained, "momu")).about["outputs"])
            values = {}
            for k, au in enumerate(arrays["aus"].tolist()):
                if au in outputs:
                    y, s = arrays["codes"][:, k], arrays["scores"][:, outputs.index(au)]
                    values[au] = 100 * f1_score(y[y >= 0], s[y >= 0] >= 0.5)
            column = frame[f"{OURS}, {where}", "MOMU"]
            for au in BP4D_AUS:
                assert column[str(au)] == pytest.approx(values.get(au, np.nan), nan_ok=True)
            assert column["Avg."] == pytest.approx(np.mean(list(values.values())))
            common = [values[au] for au in BP4D_AUS if au not in (7, 17)]
            assert column[sampling_study.COMMON] == pytest.approx(np.mean(common))
    assert not np.isnan(frame[f"{OURS}, within", "RS"]["7"]) and np.isnan(frame[f"{OURS}, between", "RS"]["17"])


def test_the_summary_has_every_run_and_its_state(recorded):
    frame = sampling_study.summary("smoke").frame
    record = results.find(made.declared("plus", "momu"))
    arrays, row = record.arrays("synth-bp4d-plus"), frame.loc["BP4D+-like, MOMU"]
    assert row["test AUC"] == f"{100 * metrics.auc(arrays['codes'], arrays['scores'].astype(np.float32)).mean():.1f}"
    assert row["best validation AUC"] == "90.0" and row["state"] == "trained"
    declared = made.declared("plus", "momu")
    assert row["training images"] == f"{declared.image_steps:,}"
    start = declared.init_from
    assert f"Begun with the weights of {start.label} ({start.image_steps:,} images" in str(
        sampling_study.summary("smoke")
    )
    assert f"the weights of {start.label}" in sampling_study.figure7("smoke").caption
    labels = sampling_runs.labels(Study("smoke"))
    assert len(labels) == len(frame) == 6 and "anet-stratified-plus-10-fold1-seed0" in labels
    assert "anet-gft-10-fold1-seed0" in labels


def test_printed_cells_stand_as_printed_and_their_averages_are_recounted(recorded):
    table3, table4 = sampling_study.table3("smoke").frame, sampling_study.table4("smoke").frame
    assert table3["printed, within", "RS"][["1", "4", "14", "Avg."]].tolist() == ["44", ".", "5", "40"]
    assert table3["printed, between", "MS"]["1"] == "."
    assert table4["printed, between", "RS"][["Avg.", "Avg. of the cells"]].tolist() == ["25", "31.7"]
    for corpus in ("gft", "plus"):
        for where in ("within", "between"):
            wide = sampling_printed.printed(corpus, where)
            gap = (wide.drop(index="avg").mean() - wide.loc["avg"]).abs()
            off = gap.index[gap > 0.6].tolist()
            assert off == (["RS"] if (corpus, where) == ("plus", "between") else [])


def test_the_constant_predictor_stands_beside_every_column(recorded):
    frame = sampling_study.table4("smoke").frame
    truth = results.find(made.declared("plus", "random")).arrays("synth-bp4d-plus")["codes"]
    expected = 100 * metrics.always_present_f1(metrics.base_rate(truth))
    np.testing.assert_allclose(frame[f"{OURS}, within", "always present"][:12], expected)


def test_a_strategy_that_is_missing_is_said_everywhere(home):
    made.write(made.declared("gft", "random"))
    made.write(made.declared("gft", "stratified"))
    text = str(sampling_study.table3("smoke"))
    assert "MOMU (not run)" in text and "Not run under profile smoke: MOMU (within), random sampling (between)" in text
    assert "Not run: MOMU." in sampling_study.figure7("smoke").alt
    assert "no run recorded" in sampling_study.figure8("smoke").alt
    frame = sampling_claims.verdicts("smoke").frame
    gft = frame[(frame["corpus"] == "GFT-like") & frame["statistic"].str.contains("MS")]
    assert "not run" not in gft["verdict"].tolist()[0] and (frame.loc["HYB-17", "verdict"] == "not run").all()


def test_a_network_that_did_not_converge_is_marked(recorded):
    made.write(made.declared("gft", "momu"), quality=0.1)
    assert any("MOMU (undertrained)" in column for column in sampling_study.table3("smoke").frame.columns)
    assert "undertrained" in sampling_claims.verdicts("smoke").frame["verdict"].str.cat()


def test_nothing_run_is_said_without_an_error(home):
    study = [sampling_study.summary("smoke"), sampling_study.table3("smoke"), sampling_study.table4("smoke")]
    claims = [sampling_claims.gains("smoke"), sampling_claims.verdicts("smoke"), threshold_shift.shares("smoke")]
    shift = [threshold_shift.measures("smoke", "gft"), threshold_shift.thresholds("smoke", "plus")]
    for table in study + claims + shift:
        assert "not run" in str(table) and "No run recorded" in str(table)
    figures = [threshold_shift.curves("smoke", "gft"), threshold_shift.threshold_slider("smoke", "gft")]
    for picture in (sampling_study.figure7("smoke"), sampling_study.figure8("smoke"), *figures):
        assert "no run recorded" in picture.alt


def test_conflicts_are_counted_from_the_cells():
    cells = sampling_printed.conflicts().frame["cells"]
    assert "31.7" in cells["A19"] and "9.3 points, not 16" in cells["A19"]
    assert "equal in 12 of 12" in cells["C2"] and "differ in 8" in cells["C2"]
    assert cells["D29"] == "AU4 +1, AU1 +13, AU2 +13, AU10 +14"
    assert cells["D30"].startswith("AU1 +2, AU2 +1, AU6 +5, AU7 +5") and "AU12 only" in cells["D30"]
    assert cells["D31"].endswith("AU14 +35, AU4 +29, AU24 +28") and "AU2 -3" in cells["D31"]
    assert "75.9" in cells["D34"] and "84.2 and 5" in cells["D34"] and "3.4 %" in cells["D33"]


# Several folds and seeds.


def test_folds_are_pooled_seeds_averaged_and_thresholds_kept_apart(home):
    from aubook import papers
    from aubook.papers.hybrid import runs

    study = Study("gpu")
    declared = papers.declarations("hybrid", study)
    wanted = [(seed, fold) for seed in (0, 1) for fold in (1, 2)]
    for strategy in ("random", "momu"):
        for seed, fold in [*wanted, *([(2, 5)] if strategy == "momu" else [])]:
            one = declared[runs.label(runs.SAMPLERS[strategy], "gft", 10, fold, seed)]
            made.write(one, seed=10 * seed + fold, first=20 * fold, shift=0.7 * fold, people=4)
    found = sampling_runs.runs(study, "gft")
    assert [(r.declaration.seed, r.declaration.fold) for r in found["momu"]] == wanted and not found["stratified"]
    scored = sampling_runs.measured(found["random"], "within", "f1", threshold_shift.tuned)
    per_seed = []
    for seed in (0, 1):
        truth, claimed = [], []
        for run in found["random"]:
            if run.declaration.seed == seed:
                arrays = run.record.arrays("synth-gft")
                validation = run.record.arrays("probe-validation")
                limits = threshold_shift.best_thresholds(validation["codes"], validation["scores"].astype(np.float32))
                truth.append(arrays["codes"])
                claimed.append(arrays["scores"].astype(np.float32) >= limits.astype(np.float32))
        per_seed.append(metrics.f1_frame(np.concatenate(truth), np.concatenate(claimed).astype(np.float32)))
    np.testing.assert_allclose(scored.values[0], 100 * np.mean(per_seed, axis=0))
    # every network was shown everybody of the other corpus: the mean of four networks, not one set
    between = sampling_runs.measured(found["random"], "between", "auc")
    each = [metrics.auc(run.between.truth, run.between.scores) for run in found["random"]]
    np.testing.assert_allclose(between.values[0], 100 * np.mean(each, axis=0))


# Figures.


def test_figure_7_draws_the_history_from_the_rarest_au_on(recorded):
    picture = sampling_study.figure7("smoke")
    history = results.find(made.declared("gft", "momu")).arrays("history")
    rates = sampling_runs.base_rates(sampling_runs.runs(Study("smoke"), "gft")["momu"][0])
    first, *_, last = picture.figure.axes
    column = int(rates.argmin())
    assert first.get_title() == f"AU{[1, 2, 4, 6, 10, 12, 14, 15, 23, 24][column]}, {100 * rates.min():.1f} %"
    assert f"{100 * rates.max():.1f} %" in last.get_title()
    lines = {line.get_label(): line for line in first.lines}
    assert list(lines) == list(sampling_runs.TITLES.values())
    np.testing.assert_allclose(lines["MOMU"].get_ydata(), 100 * history["training_f1"][:, column])
    np.testing.assert_array_equal(lines["MOMU"].get_xdata(), history["evaluated"])
    assert picture.png(30).startswith(b"\x89PNG") and "synthetic" in picture.lines[0]


def test_figure_8_draws_the_differences_and_the_printed_gain(recorded):
    picture = sampling_study.figure8("smoke")
    axis = picture.figure.axes[0]
    aus = [int(label.get_text()) for label in axis.get_xticklabels()]
    gain = {}
    for name in ("momu", "random"):
        arrays = results.find(made.declared("gft", name)).arrays("synth-gft")
        gain[name] = 100 * metrics.f1_frame(arrays["codes"], arrays["scores"].astype(np.float32))
    order = [arrays["aus"].tolist().index(au) for au in aus]
    drawn = {container.get_label(): container[0].get_ydata() for container in axis.containers}
    np.testing.assert_allclose(drawn["F1, ours"], (gain["momu"] - gain["random"])[order])
    told = next(line for line in axis.lines if line.get_label().startswith("F1, printed")).get_ydata()
    assert told[aus.index(14)] == pytest.approx(35) and told[aus.index(2)] == pytest.approx(-3)
    assert f"F1 {np.mean(gain['momu'] - gain['random']):.1f} (" in picture.alt
    assert picture.png(30).startswith(b"\x89PNG")


def test_the_curves_show_the_rarest_and_the_most_frequent_tested_au(recorded):
    picture = threshold_shift.curves("smoke", "gft")
    arrays = results.find(made.declared("gft", "random")).arrays("synth-gft")
    rates = [np.mean(column[column >= 0]) for column in arrays["codes"].T]
    titles = [axis.get_title(loc="left") for axis in picture.figure.axes]
    expected = [f"AU{arrays['aus'][k]}, in {100 * rates[k]:.1f} %" for k in (np.argmin(rates), np.argmax(rates))]
    assert [title.startswith(words) for title, words in zip(titles, expected, strict=True)] == [True, True]
    middle = 100 * metrics.f1_frame(arrays["codes"], arrays["scores"].astype(np.float32))[np.argmin(rates)]
    assert f"at 0.5 random sampling {middle:.0f}" in picture.alt and picture.png(30).startswith(b"\x89PNG")


def test_the_slider_has_a_picture_for_every_threshold(recorded):
    box, line = threshold_shift.threshold_slider("smoke", "gft", thresholds=3).children
    (index, words), stack = box.children[0].children, box.children[1]
    assert index.max == len(stack.children) - 1 == 2 and words.children[index.value].value == "0.50"
    assert "synth-gft" in line.value and all(bytes(image.value).startswith(b"\x89PNG") for image in stack.children)


# Claims.


def test_roughness_and_spread_against_loops():
    rng = np.random.default_rng(0)
    curve = rng.random((9, 3))
    bends = [np.mean([abs(c[i] - 2 * c[i + 1] + c[i + 2]) for i in range(7)]) for c in curve.T]
    np.testing.assert_allclose(sampling_claims.roughness(curve), bends)
    np.testing.assert_allclose(sampling_claims.roughness(np.outer(np.arange(6), [1.0, -2])), 0, atol=1e-12)
    counts = rng.integers(1, 30, (8, 5))
    within, between = sampling_claims.variation(counts)
    assert within == pytest.approx(np.mean([np.std(row) / np.mean(row) for row in counts]))
    assert between == pytest.approx(np.mean([np.std(column) / np.mean(column) for column in counts.T]))


def test_verdicts_follow_from_the_records(recorded):
    """In the made records stratification is random sampling, and MOMU a threshold shift that helps rare AUs only."""
    frame = sampling_claims.verdicts("smoke").frame.set_index(["corpus", "statistic"], append=True)
    verdict = frame["verdict"].droplevel("claim")
    for corpus in ("GFT-like", "BP4D+-like"):
        assert verdict[corpus, "F1, MS − RS, within"] == "holds"
        assert verdict[corpus, "training F1 at the end, MS − RS"] == "holds"
        assert verdict[corpus, "rank correlation over AUs of the gain in F1 with the base rate"] == "holds"
    assert verdict["GFT-like", "AUC on AUs 6, 10, 12, MOMU − RS"] == "holds"
    assert set(frame.index.get_level_values("claim")) == {f"HYB-{k}" for k in range(13, 19)}
    assert all(frame[column].str.len().gt(0).all() for column in frame.columns)
    gains = sampling_claims.gains("smoke").frame
    momu, random = (results.find(made.declared("plus", s)).arrays("synth-gft") for s in ("momu", "random"))
    outputs = [list(BP4D_AUS).index(au) for au in momu["aus"]]
    expected = np.mean([
        100 * (metrics.f1_frame(a["codes"], a["scores"][:, outputs].astype(np.float32))) for a in (momu, random)
    ], axis=1)  # fmt: skip
    said = gains.loc["GFT-like, between: F1 at 0.5", (OURS, "MOMU − RS")]
    assert said.startswith(f"{expected[0] - expected[1]:.1f} (")


def test_import_needs_neither_torch_nor_numba():
    code = ("import sys; from aubook.papers.hybrid import sampling_claims, sampling_study, threshold_shift; "
            "print({'torch', 'numba', 'cv2'} & set(sys.modules))")  # fmt: skip
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "set()"
