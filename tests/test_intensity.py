"""Intensity from label to record: the metrics, the losses, the task, and runs of methods that estimate levels."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from aulib import losses, metrics
from aulib.errors import AulibError, InputError, RecordError
from aulib.models import SmallCNN, SmallCNNOrdinal
from aulib.runs import results
from aulib.runs.declaration import Declaration
from aulib.runs.run import run
from aulib.training.task import DETECTION, ORDINAL, REGRESSION
from tests import toys


def data(n=200, a=4, seed=0, unknown=0.2, dtype=np.float32):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 6, (n, a)).astype(np.int8)
    levels = (0.6 * truth + rng.normal(1, 1, (n, a))).astype(dtype)
    truth[rng.random((n, a)) < unknown] = -1
    return truth, levels


def columns(truth, levels):
    for y, p in zip(truth.T, levels.T, strict=True):
        yield y[y >= 0].astype(float), p[y >= 0].astype(float)


def by_anova(y, p):
    """ICC(3,1) by the sums of squares of a two-way analysis of variance, one cell at a time."""
    table, n, k = np.stack([y, p], axis=1), len(y), 2
    grand = sum(table[i, j] for i in range(n) for j in range(k)) / (n * k)
    rows = [sum(table[i]) / k for i in range(n)]
    raters = [sum(table[:, j]) / n for j in range(k)]
    between = k * sum((row - grand) ** 2 for row in rows) / (n - 1)
    rest = sum((table[i, j] - rows[i] - raters[j] + grand) ** 2 for i in range(n) for j in range(k))
    residual = rest / ((n - 1) * (k - 1))
    return (between - residual) / (between + (k - 1) * residual)


# Metrics.


@pytest.mark.parametrize(
    "case", [{}, {"unknown": 0}, {"dtype": np.float64}, {"dtype": np.float16}, {"n": 3, "unknown": 0}]
)
def test_icc_is_that_of_an_analysis_of_variance(case):
    truth, levels = data(**case)
    ours = metrics.icc(truth, levels)
    assert ours.shape == (4,) and ours.dtype == float
    np.testing.assert_allclose(ours, [by_anova(y, p) for y, p in columns(truth, levels)], rtol=1e-9)


def test_icc_is_that_of_pingouin():
    pingouin = pytest.importorskip("pingouin")
    truth, levels = data(n=60)
    for ours, (y, p) in zip(metrics.icc(truth, levels), columns(truth, levels), strict=True):
        frames = np.tile(np.arange(len(y)), 2)
        long = pd.DataFrame({"frame": frames, "rater": np.repeat(["y", "p"], len(y)), "level": np.concatenate([y, p])})
        table = pingouin.intraclass_corr(long, targets="frame", raters="rater", ratings="level").set_index("Type")
        name = "ICC(C,1)" if "ICC(C,1)" in table.index else "ICC3"
        assert ours == pytest.approx(table.loc[name, "ICC"], abs=1e-6)


def test_icc_is_consistency_and_neither_absolute_agreement_nor_correlation():
    truth, levels = data(unknown=0)
    ours = metrics.icc(truth, levels)
    np.testing.assert_allclose(metrics.icc(truth, levels.astype(float) + 3), ours, rtol=1e-9)
    assert (metrics.mae(truth, levels + 3) > metrics.mae(truth, levels)).all()
    np.testing.assert_allclose(metrics.icc(truth, truth + 1.0), 1)
    np.testing.assert_allclose(metrics.icc(truth, 0.5 * truth), 2 * 0.5 / (1 + 0.25))  # a correlation would be 1
    np.testing.assert_allclose(metrics.icc(truth, 5.0 - truth), -1)


def test_errors_are_means_over_known_frames():
    truth, levels = data()
    errors = [[a - b for a, b in zip(y, p, strict=True)] for y, p in columns(truth, levels)]
    np.testing.assert_allclose(metrics.mae(truth, levels), [sum(map(abs, unit)) / len(unit) for unit in errors])
    np.testing.assert_allclose(metrics.mse(truth, levels), [sum(e**2 for e in unit) / len(unit) for unit in errors])


@pytest.mark.filterwarnings("error")
def test_what_is_not_defined_is_nan():
    truth = np.array([[0, -1, 0, 2], [0, -1, 3, -1], [0, -1, 5, -1]], np.int8)
    levels = np.array([[0.1, 1, 0.3, 2], [0.7, 2, 0.3, 1], [0.2, 3, 0.3, 3]])
    np.testing.assert_array_equal(metrics.icc(truth, levels), [np.nan, np.nan, 0, np.nan])
    np.testing.assert_array_equal(np.isnan(metrics.mae(truth, levels)), [False, True, False, False])
    assert np.isnan(metrics.mse(truth[:0], levels[:0])).all() and np.isnan(metrics.icc(truth[:0], levels[:0])).all()


@given(st.integers(0, 99))
def test_frames_without_a_level_count_for_nothing(seed):
    truth, levels = data(n=30, seed=seed)
    other = np.where(truth < 0, 77, levels)
    for metric in (metrics.icc, metrics.mae, metrics.mse):
        np.testing.assert_allclose(metric(truth, other), metric(truth, levels), rtol=1e-9)


@pytest.mark.parametrize("metric", [metrics.icc, metrics.mae, metrics.mse])
def test_what_is_no_level(metric):
    truth, levels = data(n=9)
    for bad in (6, -2):
        with pytest.raises(InputError, match=rf"truth holds {bad} at \[3, 1\], but levels are 0 to 5 or -1 unknown"):
            metric(np.where(np.arange(36).reshape(9, 4) == 13, bad, truth), levels)
    with pytest.raises(InputError, match="levels hold inf"):
        metric(truth, np.full_like(levels, np.inf))
    with pytest.raises(InputError, match=r"truth \(9, 4\) and levels \(9, 3\)"):
        metric(truth, levels[:, 1:])


# Losses and the network.


def test_ordinal_loss_is_the_sum_over_questions_and_the_mean_over_known_levels():
    torch.manual_seed(0)
    logits = (3 * torch.randn(7, 3, 5, dtype=torch.double)).requires_grad_()
    targets = torch.randint(-1, 6, (7, 3), dtype=torch.int8)
    total, known = 0.0, 0
    for n in range(7):
        for a in range(3):
            if (level := targets[n, a].item()) >= 0:
                known += 1
                for k in range(1, 6):
                    p = 1 / (1 + math.exp(-logits[n, a, k - 1].item()))
                    total -= math.log(p if level >= k else 1 - p)
    loss = losses.ordinal_cross_entropy(logits, targets)
    assert loss.item() == pytest.approx(total / known)
    loss.backward()
    assert (logits.grad[targets == -1] == 0).all() and (logits.grad[targets >= 0] != 0).all()
    of_level = (levels := torch.randn(7, 3))[targets >= 0] - targets[targets >= 0]
    assert losses.squared_error_of_levels(levels, targets).item() == pytest.approx(of_level.square().mean().item())


@pytest.mark.parametrize("loss, shape", [("ordinal_cross_entropy", (6, 2, 5)), ("squared_error_of_levels", (6, 2))])
def test_a_loss_of_levels_masks_what_is_unknown_and_refuses_what_is_none(loss, shape):
    function, outputs = getattr(losses, loss), torch.full(shape, torch.nan, requires_grad=True)
    value = function(outputs, torch.full((6, 2), -1))
    value.backward()
    assert value.item() == 0 and (outputs.grad == 0).all()
    with pytest.raises(InputError, match="targets hold 6"):
        function(outputs, torch.full((6, 2), 6))
    with pytest.raises(InputError, match=r"targets \(6, 3\) must both be"):
        function(outputs, torch.zeros(6, 3))
    assert torch.isnan(losses.nan_if_no_label(torch.tensor([6.0]), 5))


def test_ordinal_loss_of_logits_without_levels():
    with pytest.raises(InputError, match=r"logits \(6, 2\) must be \(B, A, K\)"):
        losses.ordinal_cross_entropy(torch.zeros(6, 2), torch.zeros(6, 2))


def test_the_ordinal_output_stands_on_the_trunk_of_the_small_cnn():
    torch.manual_seed(0)
    net, plain = SmallCNNOrdinal(3, scale=0.5).eval(), SmallCNN(3, scale=0.5)
    same = {name: t for name, t in net.state_dict().items() if not name.startswith("output")}
    assert {name: t.shape for name, t in same.items()} == {
        name: t.shape for name, t in plain.state_dict().items() if not name.startswith("output")
    }
    x = torch.randn(2, 3, 85, 85)
    by_hand = (net.features(x) @ net.output.weight.T + net.output.bias).reshape(2, 3, 5)
    torch.testing.assert_close(net(x), by_hand)


# The task.


def test_scores_of_a_task():
    outputs = torch.randn(4, 3, 5)
    by_level = sum(k * (reached - further) for k, reached, further in _chances(outputs))
    torch.testing.assert_close(ORDINAL.scores(outputs), by_level)
    levels = 4 * torch.rand(4, 3)
    assert REGRESSION.scores(levels) is levels, "nobody applies a sigmoid to a level"
    torch.testing.assert_close(DETECTION.scores(levels), torch.sigmoid(levels))


def _chances(outputs):
    """Level, and the chances of reaching it and the next one."""
    reached = torch.cat([torch.sigmoid(outputs), torch.zeros(4, 3, 1)], dim=-1)
    return [(k, reached[..., k - 1], reached[..., k]) for k in range(1, 6)]


def test_labels_of_a_task():
    corpus = toys.levels()
    assert set(np.unique(ORDINAL.labels(corpus, 2))) == {-1, 0, 1, 2, 3, 4, 5}
    np.testing.assert_array_equal(DETECTION.labels(corpus, 2), corpus.occurrence(2))


def test_a_metric_chooses_where_two_known_labels_differ():
    for task, top in ((DETECTION, 1), (ORDINAL, 5)):
        assert task.can_choose(np.array([[-1, 0], [top, top]]))
        assert not task.can_choose(np.array([[-1, 0], [top, 0], [top, -1]])) and not task.can_choose(np.zeros((0, 2)))
    assert ORDINAL.can_choose(np.array([[2], [3]]))
    with pytest.raises(InputError, match="validation labels hold 2"):
        DETECTION.can_choose(np.array([[2], [3]]))


# Runs.


@pytest.mark.parametrize("name", ["toy-ordinal", "toy-regression"])
def test_a_run_learns_levels_and_chooses_by_icc(name, toy):
    record = run(toys.of_levels(name), progress=False)
    metric, values = record.validation
    assert metric == "icc" and values.max() > 0.5 and "validation_auc" not in record.arrays("history")
    arrays = record.arrays("toy-levels", task="intensity")
    assert record.about["task"] == record.task == "intensity" and set(np.unique(arrays["codes"])) == set(range(-1, 6))
    assert 1.5 < arrays["scores"].max() and arrays["scores"].dtype == np.float16
    assert np.nanmean(metrics.icc(arrays["codes"], arrays["scores"])) > 0.5


def test_weights_are_those_of_the_best_icc(toy):
    declaration = toys.of_levels()
    record = run(declaration, progress=False)
    from aulib.runs.runners.common import build, needed_weights, prepared
    from aulib.training.inputs import Inputs

    corpus, fold, truth, _ = prepared(declaration, False)
    model = build(declaration, 3, scale=1.0).eval()
    model.load_state_dict(needed_weights(declaration))
    inputs = Inputs.of(corpus, fold.train, declaration.crop, model.input_side, declaration.recipe.input_scale)
    with torch.no_grad():
        levels = torch.sigmoid(model(inputs.testing(fold.validation))).sum(-1).numpy()
    assert np.mean(metrics.icc(truth[fold.validation], levels)) == pytest.approx(record.validation[1].max(), abs=1e-5)


def test_stopped_and_resumed_gives_the_same_levels(toy):
    whole = run(toys.of_levels(), progress=False).digest
    shutil.rmtree(results.folder_of(toys.of_levels()))
    while (record := run(toys.of_levels(), progress=False, stop_after=0.0)) is None:
        pass
    assert record.digest == whole


def test_who_reads_scores_says_of_what(toy):
    levels, present = run(toys.of_levels(), progress=False), run(toys.declaration(), progress=False)
    with pytest.raises(
        RecordError, match=r"toy-ordinal-0 is of intensity, .* cannot be read as those of detection; name"
    ):
        levels.arrays("toy-levels")
    with pytest.raises(RecordError, match=r"toy-one-0 is of detection, .* cannot be read as those of intensity"):
        present.arrays("toy", task="intensity")
    assert present.validation[0] == "auc" and present.task == "detection"
    np.testing.assert_array_equal(present.validation[1], present.arrays("history")["validation_auc"])
    assert {"history", "weights"} <= {name for name in ("history", "weights") if levels.arrays(name)}


def test_a_record_that_names_no_task_is_one_of_detection(toy):
    record = run(toys.declaration(), progress=False)
    record.about.pop("task")
    assert record.task == "detection" and record.arrays("toy")["scores"].shape[1] == 3


@pytest.mark.parametrize("changes, words", [
    ({"corpus": "toy"}, "toy-ordinal-0: method 'toy-ordinal' estimates levels, but corpus 'toy' codes occurrence and"),
    ({"protocol": "toy"}, "protocol 'toy' is of detection; name a corpus and a protocol of intensity"),
    ({"test_on": (("toy", "toy-levels"),)}, "corpus 'toy' codes occurrence"),
])  # fmt: skip
def test_a_method_of_levels_needs_a_corpus_and_a_protocol_of_levels(changes, words, toy):
    with pytest.raises(AulibError, match=words):
        replace(toys.of_levels(), **changes)


@pytest.mark.parametrize("changes, words", [
    ({"probes": ("sparsity",)}, "probe 'sparsity' cannot be taken of method 'toy-ordinal'"),
    ({"track_train_f1": 9}, "estimates levels, which have no F1; drop track_train_f1"),
])  # fmt: skip
def test_what_asks_for_a_probability_is_refused_before_anything_is_trained(changes, words, toy):
    with pytest.raises(AulibError, match=words):
        run(toys.of_levels(**changes), progress=False)


@pytest.mark.parametrize("corpus, protocol", [("synth-disfa", "intensity-disfa"), ("synth-pain", "intensity-unbc")])
def test_the_declared_runs_of_levels_have_a_key(corpus, protocol):
    resolved = Declaration("x", "small-cnn-ordinal", corpus, protocol, "laptop").resolved
    assert resolved["protocol"]["task"] == "intensity" and resolved["stages"][0]["loss"] == "ordinal_cross_entropy"
    assert resolved["kind"] == "network" and resolved["protocol"]["folds"] == 3
