"""What every public metric, loss, sampler and division does with what it should not get, and with what is at the edge.

One contract: an :class:`InputError` that names the argument and the value.  Nothing is dropped, rounded or guessed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aubook.engine.resampling import draw
from aubook.engine.terms import permutation_p
from aulib import checks, losses, metrics
from aulib.errors import AulibError, InputError
from aulib.protocols import PROTOCOLS, Protocol, one_to_two, parts, sample_frames, split
from aulib.samplers import SAMPLERS

TRUTH = np.array([[0, 1], [1, 0], [0, 0], [1, 1], [-1, 0], [1, -1]], np.int8)
SCORES = np.linspace(0, 1, 12, dtype=np.float32).reshape(6, 2)
VIDEOS = [1, 1, 1, 2, 2, 2]

#: Public function of labels -> how it is called with them.
OF_LABELS = {
    "f1_frame": lambda y: metrics.f1_frame(y, SCORES),
    "accuracy": lambda y: metrics.accuracy(y, SCORES),
    "auc": lambda y: metrics.auc(y, SCORES),
    "average_precision": lambda y: metrics.average_precision(y, SCORES),
    "f1_curve": lambda y: metrics.f1_curve(y, SCORES, [0.5]),
    "base_rate": metrics.base_rate,
    "f1_event": lambda y: metrics.f1_event(y, SCORES, VIDEOS),
    "f1_event_curve": lambda y: metrics.f1_event_curve(y, SCORES, VIDEOS),
    "f1_event_at": lambda y: metrics.f1_event_at(y, SCORES, VIDEOS),
    "f1_event_iou": lambda y: metrics.f1_event_iou(y, SCORES, VIDEOS),
    "f1_norm": lambda y: metrics.f1_norm(y, SCORES),
    "events": lambda y: metrics.events(y, VIDEOS),
    "over_folds": lambda y: metrics.over_folds(metrics.auc, y, SCORES, VIDEOS, "per-fold"),
    "sample_frames": lambda y: sample_frames(y, np.array(VIDEOS), 1, 1, 0),
    "sample_frames, all": lambda y: sample_frames(y, np.array(VIDEOS), 0, 0, 0),
    "one_to_two": lambda y: one_to_two(y, np.array(VIDEOS), 1),
    **{name: lambda y, kind=kind: kind(y, 2).at(0) for name, kind in SAMPLERS.items()},
}
LOSSES = {
    "multi_label_cross_entropy": losses.multi_label_cross_entropy,
    "per_label": lambda s, y: losses.multi_label_cross_entropy(s, y, per_label=True),
    "cross_entropy_over_all_labels": losses.cross_entropy_over_all_labels,
    "margin_loss": losses.margin_loss,
    "margin_loss_as_printed": losses.margin_loss_as_printed,
    "cross_entropy_of_scores": losses.cross_entropy_of_scores,
}
OF_SCORES = {
    "f1_frame": lambda s: metrics.f1_frame(TRUTH, s),
    "accuracy": lambda s: metrics.accuracy(TRUTH, s),
    "auc": lambda s: metrics.auc(TRUTH, s),
    "average_precision": lambda s: metrics.average_precision(TRUTH, s),
    "f1_curve": lambda s: metrics.f1_curve(TRUTH, s, [0.5]),
    "f1_event": lambda s: metrics.f1_event(TRUTH, s, VIDEOS),
    "f1_event_curve": lambda s: metrics.f1_event_curve(TRUTH, s, VIDEOS),
    "f1_event_iou": lambda s: metrics.f1_event_iou(TRUTH, s, VIDEOS),
    "f1_norm": lambda s: metrics.f1_norm(TRUTH, s),
    "over_folds": lambda s: metrics.over_folds(metrics.auc, TRUTH, s, VIDEOS),
}
FEATURES = np.arange(18.0).reshape(6, 3)
#: Function and argument that says whose each frame is -> how it is called with it.
OF_NAMES = {
    "folds": lambda v: metrics.over_folds(metrics.f1_frame, TRUTH, SCORES, v, "per-fold"),
    "folds of pooled": lambda v: metrics.over_folds(metrics.f1_frame, TRUTH, SCORES, v),
    "videos of over_folds": lambda v: metrics.over_folds(metrics.f1_event, TRUTH, SCORES, VIDEOS, videos=v),
    "videos of f1_event": lambda v: metrics.f1_event(TRUTH, SCORES, v),
    "videos of events": lambda v: metrics.events(TRUTH, v),
    "subjects of mean_vectors": lambda v: metrics.mean_vectors(FEATURES, v),
    "subjects": lambda v: metrics.subject_divergence(FEATURES, v),
    "subjects of permutation_control": lambda v: metrics.permutation_control(FEATURES, v, permutations=2),
    "sequences of sample_frames": lambda v: sample_frames(TRUTH, v, 1, 1, 0),
    "sequences of one_to_two": lambda v: one_to_two(TRUTH, v, 1),
    "subjects of parts": lambda v: parts(v, 2),
    "frames['subject']": lambda v: split(pd.DataFrame({"subject": v}), PROTOCOLS["probe"], 1),
}


def put(value, dtype=float):
    """The good labels with one that is none, at [3, 1]."""
    bad = TRUTH.astype(dtype)
    bad[3, 1] = value
    return bad


BAD_LABELS = {
    "9": put(9, np.int8),
    "255": put(255, np.uint8).clip(0),
    "-9": put(-9, np.int64),
    "0.5": put(0.5),
    "NaN": put(np.nan),
    "inf": put(np.inf, np.float32),
    "'0'": TRUTH.astype(str),
    "None": put(None, object),
    "complex": TRUTH.astype(complex),
    "(6,)": TRUTH[:, 0],
    "mask": np.ma.masked_equal(TRUTH, -1),
    "cannot be read as an array": [[0, 1], [1]],
}


@pytest.mark.parametrize("function", OF_LABELS)
@pytest.mark.parametrize("says", BAD_LABELS)
def test_what_is_no_label(function, says):
    with pytest.raises(InputError, match=r"(truth|labels).*" + says.replace("(", r"\(").replace(")", r"\)")) as error:
        OF_LABELS[function](BAD_LABELS[says])
    assert "\n" not in str(error.value)
    if says in ("9", "-9", "0.5", "NaN", "inf", "None"):
        assert "[3, 1]" in str(error.value), "the place"


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("says", ["9", "255", "-9", "0.5", "NaN", "inf"])
@pytest.mark.parametrize("kind", [None, torch.bfloat16])
def test_what_is_no_label_of_a_loss(loss, says, kind):
    targets = torch.from_numpy(BAD_LABELS[says])
    targets = targets if kind is None or says in ("255", "-9") else targets.to(kind)
    with pytest.raises(InputError, match=f"targets hold {says}"):
        LOSSES[loss](torch.zeros(6, 2), targets)


@pytest.mark.parametrize("bad", [9.0, 255.0, 0.5, float("nan")])
def test_where_a_wrong_label_cannot_be_named_the_loss_is_nan(bad):
    """A GPU would have to wait for the name: what is added to every loss there."""
    good = torch.tensor([[0.0, 1.0, -1.0]])
    assert losses.nan_if_no_label(good).item() == 0 and losses.nan_if_no_label(good.half()).dtype == torch.half
    assert torch.isnan(losses.nan_if_no_label(torch.tensor([[0.0, bad, -1.0]])))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("outputs", "targets", "says"),
    [
        (torch.zeros(6, 3), torch.zeros(6, 2), r"\(6, 3\) and targets \(6, 2\)"),
        (torch.zeros(0, 2), torch.zeros(0, 2), r"\(0, 2\): the batch is empty"),
        (torch.zeros(6, 0), torch.zeros(6, 0), r"\(6, 0\): the batch is empty"),
        (torch.zeros(6), torch.zeros(6), r"\(6,\)"),
        (torch.zeros(6, 2, dtype=torch.long), torch.zeros(6, 2), "int64, expected floats"),
        (np.zeros((6, 2)), torch.zeros(6, 2), "of type ndarray, expected a torch tensor"),
        (torch.zeros(6, 2), np.zeros((6, 2)), "targets are of type ndarray"),
    ],
)
def test_what_is_no_batch(loss, outputs, targets, says):
    with pytest.raises(InputError, match=says):
        LOSSES[loss](outputs, targets)


@pytest.mark.parametrize("function", OF_SCORES)
@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (np.where(SCORES > 0.9, np.nan, SCORES), r"scores hold NaN at \[5, 0\]"),
        (SCORES[:, :1], r"truth \(6, 2\) and scores \(6, 1\)"),
        (SCORES.astype(str), r"scores hold '0.0' at \[0, 0\]"),
        (SCORES.astype(complex), "scores hold 0j at .* and not complex128"),
        (np.zeros((0, 2), str), "scores are of type <U"),
        (np.where(SCORES > 0.9, None, SCORES), r"scores hold None at \[5, 0\]"),
        (np.ma.masked_greater(SCORES, 0.9), "scores hold masked values"),
        (torch.zeros(6, 2, requires_grad=True), "scores cannot be read as an array"),
    ],
)
def test_what_is_no_score(function, bad, says):
    with pytest.raises(InputError, match=says):
        OF_SCORES[function](bad)


MISSING = {
    "nan": ([1, 1, 1, 2, np.nan, np.nan], "NaN"),
    "one nan": (np.array([1, 1, 1, 2, 2, np.nan]), "NaN"),
    "nan in text": (["a", "a", "a", "b", "b", np.nan], "NaN"),
    "nan before text": ([np.nan, "a", "a", "b", "b", "b"], "NaN"),
    "none": (["a", "a", "a", "b", "b", None], "(None|NaN)"),
    "NA": (pd.Series([1, 1, 1, 2, 2, None], dtype="Int64"), "(<NA>|NaN)"),
    "missing text": (pd.Series(["a", "a", "a", "b", "b", None]), "(None|NaN)"),
    "half": ([1, 1, 1, 1.5, 2, 2], r"1.5"),
    "mixed": ([1, 1, 1, "b", "b", "b"], "'b'"),
    "masked": (np.ma.masked_equal([1, 1, 1, 2, 2, 9], 9), "masked"),
    "dates": (np.array(["2019"] * 6, "datetime64[Y]"), "datetime64"),
}


@pytest.mark.parametrize("called", OF_NAMES)
@pytest.mark.parametrize("kind", MISSING)
def test_a_frame_that_is_nobodys(called, kind):
    if called.startswith("frames") and kind == "masked":
        return  # pandas turns what is masked into NaN
    given, value = MISSING[kind]
    with pytest.raises(InputError, match=rf"{called.split(' of ')[0]}.*{value}".replace("['", r"\['")):
        OF_NAMES[called](given)


@pytest.mark.parametrize("called", [name for name in OF_NAMES if "parts" not in name and "frames[" not in name])
def test_one_name_a_frame(called):
    with pytest.raises(InputError, match=rf"{called.split(' of ')[0]} \(5,\) must be \(6,\), one per frame"):
        OF_NAMES[called]([1, 1, 1, 2, 2])


@pytest.mark.parametrize(
    "same",
    [
        ["a"] * 3 + ["b"] * 3,
        np.array([1.0, 1, 1, 2, 2, 2]),
        np.array(["x", "x", "x", "y", "y", "y"], object),
        pd.Series(["x", "x", "x", "y", "y", "y"]),
        pd.Series(VIDEOS, dtype="Int64"),
        pd.Categorical(["x", "x", "x", "y", "y", "y"]),
        np.array([False] * 3 + [True] * 3),
        torch.tensor(VIDEOS),
    ],
    ids=lambda v: type(v).__name__,
)
def test_names_of_any_kind_mean_the_same(same):
    for call in list(OF_NAMES.values())[:4]:
        np.testing.assert_array_equal(call(same), call(VIDEOS))


@pytest.mark.parametrize("bad", [np.nan, np.inf, "0.5", None, [0.5], [0.5, np.nan], [[0.5, 0.5]], 1j])
@pytest.mark.parametrize("metric", [metrics.f1_frame, metrics.accuracy])
def test_what_is_no_threshold(metric, bad):
    with pytest.raises(InputError, match="threshold"):
        metric(TRUTH, SCORES, bad)
    with pytest.raises(InputError, match="threshold"):
        metrics.f1_event(TRUTH, SCORES, VIDEOS, bad)
    with pytest.raises(InputError, match="threshold"):
        metrics.over_folds(metric, TRUTH, SCORES, VIDEOS, "per-fold", threshold=bad)
    if np.ndim(bad) != 1 or np.isnan(bad).any():
        with pytest.raises(InputError, match="thresholds"):
            metrics.f1_curve(TRUTH, SCORES, bad)


@pytest.mark.parametrize("bad", [-1, 2.0, 0.5, True, np.True_, "2", None, np.nan])
@pytest.mark.parametrize(
    ("name", "call"),
    [
        *((name, lambda v, k=kind, n=name: k(TRUTH, **({"batch": 2} | {n: v})))
          for kind in SAMPLERS.values() for name in ("batch", "seed")),
        *(("step", lambda v, k=kind: k(TRUTH, 2).at(v)) for kind in SAMPLERS.values()),
        ("samples", lambda v: SAMPLERS["momu"](TRUTH, 2, samples=v)),
        ("positives", lambda v: sample_frames(TRUTH, VIDEOS, v, 1, 0)),
        ("negatives", lambda v: sample_frames(TRUTH, VIDEOS, 1, v, 0)),
        ("seed", lambda v: sample_frames(TRUTH, VIDEOS, 1, 1, v)),
        ("positives", lambda v: one_to_two(TRUTH, VIDEOS, v)),
        ("seed", lambda v: one_to_two(TRUTH, VIDEOS, 1, v)),
        ("permutations", lambda v: metrics.permutation_control(FEATURES, VIDEOS, permutations=v)),
        ("seed", lambda v: metrics.permutation_control(FEATURES, VIDEOS, seed=v)),
        ("folds", lambda v: parts(["a", "b", "c"], v)),
        ("fold", lambda v: split(pd.DataFrame({"subject": list("abcdef")}), PROTOCOLS["probe"], v)),
    ],
)  # fmt: skip
def test_what_is_no_whole_number(name, call, bad):
    with pytest.raises(InputError, match=rf"{name}.* is .*; expected a whole number"):
        call(bad)


def test_numpy_integers_are_whole_numbers():
    for sampler in SAMPLERS.values():
        assert list(sampler(TRUTH, np.int64(2), np.uint8(3))) == list(sampler(TRUTH, 2, 3))
    assert len(SAMPLERS["momu"](TRUTH, 6, samples=10**6).at(0)) == 6, "more than there are is all there are"
    with pytest.raises(InputError, match=r"batch \(of 6 training frames\) is 7; expected a whole number, 1 to 6"):
        SAMPLERS["momu"](TRUTH, 7)
    for sampler in SAMPLERS.values():
        with pytest.raises(InputError, match="truth has no frame"):
            sampler(TRUTH[:0], 1)


@pytest.mark.parametrize("margin", [-0.1, np.nan, np.inf, True, "0.5", None])
def test_what_is_no_margin(margin):
    with pytest.raises(InputError, match="margin is"):
        losses.margin_loss(torch.zeros(1, 1), torch.zeros(1, 1), margin)


@pytest.mark.parametrize(
    "call",
    [
        lambda v: metrics.mean_vectors(v, VIDEOS), metrics.as_distributions,
        lambda v: metrics.js_divergence(v, [0.5, 0.5]), lambda v: metrics.js_divergence([0.5, 0.5], v),
        metrics.pairwise_js,
    ],
)  # fmt: skip
@pytest.mark.parametrize("bad", [FEATURES * np.nan, FEATURES + np.inf, FEATURES.astype(str), FEATURES[:, :0], 1.0])
def test_what_are_no_features(call, bad):
    with pytest.raises(InputError, match=r"^(features|means|p|q|distributions) "):
        call(bad)


# What is good in another form gives the same.

FORMS = {
    "list": lambda a: a.tolist(),
    "float64": lambda a: a.astype(float),
    "float32": lambda a: a.astype(np.float32),
    "float16": lambda a: a.astype(np.float16),
    "int64": lambda a: a.astype(np.int64) if a.dtype == np.int8 else a,
    "big-endian": lambda a: a.astype(">i4" if a.dtype == np.int8 else ">f8"),
    "columns first": np.asfortranarray,
    "strided": lambda a: np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3],
    "pandas": pd.DataFrame,
    "nullable": lambda a: pd.DataFrame(a).astype("Int8" if a.dtype == np.int8 else "Float32"),
    "tensor": lambda a: torch.from_numpy(a.copy()),
    "mask that hides nothing": np.ma.array,
}


def frozen(array):
    array = array.copy()
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("form", [*FORMS, "read-only"])
def test_the_value_decides_and_not_the_type(form):
    change = FORMS.get(form, frozen)
    scores = np.round(SCORES * 8) / 8  # so that float16 holds them
    for name, call in OF_LABELS.items():
        np.testing.assert_equal(np.asarray(call(change(TRUTH)), float), np.asarray(call(TRUTH), float), err_msg=name)
    for name, call in OF_SCORES.items():
        np.testing.assert_equal(call(change(scores)), call(scores), err_msg=name)


def test_bool_labels_are_labels():
    known = np.maximum(TRUTH, 0)
    for name, call in OF_LABELS.items():
        np.testing.assert_equal(np.asarray(call(known == 1), float), np.asarray(call(known), float), err_msg=name)
    outputs = torch.from_numpy(SCORES - 0.5)
    for name, loss in LOSSES.items():
        assert loss(outputs, torch.from_numpy(known == 1)) == loss(outputs, torch.from_numpy(known)), name


def test_no_digit_of_a_score_is_lost():
    """Large whole numbers, and floats of another machine's byte order, once became float32."""
    truth = np.array([[0], [1]], np.int8)
    for scores in (np.array([[2**24], [2**24 + 1]]), np.array([[1.0], [1 + 1e-12]], ">f8")):
        assert metrics.auc(truth, scores)[0] == 1


# Where nothing is defined, NaN in the right shape; never 0, an exception, or a warning.

FRAME_METRICS = (metrics.f1_frame, metrics.accuracy, metrics.auc, metrics.average_precision)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n, a", [(0, 3), (0, 0), (5, 0), (1, 1), (1, 3)])
@pytest.mark.parametrize("average", ["pooled", "per-fold"])
def test_sizes_at_the_edge(n, a, average):
    truth, scores, names = np.full((n, a), -1, np.int8), np.zeros((n, a)), np.zeros(n, int)
    for metric in (*FRAME_METRICS, metrics.f1_event):
        videos = names if metric is metrics.f1_event else None
        value = metrics.over_folds(metric, truth, scores, names, average, videos=videos)
        assert value.shape == (a,) and np.isnan(value).all()
    assert metrics.base_rate(truth).shape == (a,) and np.isnan(metrics.base_rate(truth)).all()
    assert metrics.f1_curve(truth, scores, [0.1, 0.5]).shape == (2, a)
    assert metrics.f1_curve(truth, scores, []).shape == (0, a)
    assert metrics.f1_event_curve(truth, scores, names).shape == (101, a)
    assert metrics.events(truth, names).shape == (0, 3)
    assert len(sample_frames(truth, names, 3, 3, 0)) == 0 and one_to_two(truth, names, 3).shape == (n, a)
    for sampler in SAMPLERS.values() if n else ():
        assert sampler(truth, 1).at(0).tolist() == [0] or n > 1


@pytest.mark.filterwarnings("error")
def test_scores_that_are_all_the_same():
    for value in (0.0, 1.0, np.inf, -np.inf):
        scores = np.full(TRUTH.shape, value)
        np.testing.assert_array_equal(metrics.auc(TRUTH, scores), 0.5)
        np.testing.assert_allclose(metrics.average_precision(TRUTH, scores), metrics.base_rate(TRUTH))
    np.testing.assert_allclose(metrics.f1_frame(TRUTH, scores + 0), 0)


@pytest.mark.filterwarnings("error")
def test_the_mean_of_what_is_defined():
    assert metrics.mean_of_defined([1, np.nan, 3]) == 2 and np.isnan(metrics.mean_of_defined([np.nan]))
    np.testing.assert_array_equal(metrics.mean_of_defined([[1, np.nan], [3, np.nan]], axis=0), [2, np.nan])
    assert np.isnan(metrics.mean_of_defined([]))


@pytest.mark.filterwarnings("error")
def test_resamples_drop_nobody_and_an_undefined_correlation_has_no_p():
    """A constant column once gave p = 1 / 10,001; a frame whose subject is NaN was left out."""
    assert np.isnan(permutation_p(np.zeros(5), np.arange(5.0))) and np.isnan(permutation_p(np.arange(2.0), np.ones(2)))
    assert permutation_p(np.arange(9.0), np.arange(9.0)) < 0.01
    with pytest.raises(InputError, match=r"people holds? NaN at \[2\]"):
        draw([np.array([1.0, 2, np.nan])])


def test_too_few_to_train_and_validate():
    """One person once became the validation, and nobody trained."""
    with pytest.raises(AulibError, match="fold 1 leaves 1 of these subjects to train and validate, which takes two"):
        split(pd.DataFrame({"subject": ["a", "a", "b"]}), Protocol("two", "test", 1, 2, 0.2, 0, 0, "pooled", ""), 1)


# Properties.

LABELS = hnp.arrays(np.int8, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=st.integers(-1, 1))


@settings(max_examples=60, deadline=None)
@given(LABELS, st.integers(0, 99))
def test_the_order_of_frames_and_of_aus_and_unknown_frames_do_not_matter(truth, seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 5, truth.shape) / np.float32(4)
    folds = rng.integers(0, 3, len(truth))
    rows, columns = rng.permutation(len(truth)), rng.permutation(truth.shape[1])
    nobody = np.full((3, truth.shape[1]), -1, np.int8)
    for metric in FRAME_METRICS:
        for average in ("pooled", "per-fold"):
            value = metrics.over_folds(metric, truth, scores, folds, average)
            for other in (
                metrics.over_folds(metric, truth[rows], scores[rows], folds[rows], average),
                metrics.over_folds(metric, truth, scores, np.array(["x", "a", "m"])[folds], average),
                metrics.over_folds(
                    metric, np.r_[truth, nobody], np.r_[scores, nobody.astype(float)], np.r_[folds, 0, 7, 8], average
                ),
            ):
                np.testing.assert_allclose(other, value, rtol=1e-12)
            swapped = metrics.over_folds(metric, truth[:, columns], scores[:, columns], folds, average)
            np.testing.assert_allclose(swapped, value[columns], rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(LABELS, st.integers(0, 99), st.sampled_from(sorted(LOSSES)))
def test_losses_keep_the_same_symmetries(truth, seed, loss):
    torch.manual_seed(seed)
    outputs, targets = 1.8 * torch.rand(truth.shape, dtype=torch.double) - 0.9, torch.from_numpy(truth)
    value = LOSSES[loss](outputs, targets)
    rows, columns = torch.randperm(len(truth)), torch.randperm(truth.shape[1])
    torch.testing.assert_close(LOSSES[loss](outputs[rows], targets[rows]), value)
    torch.testing.assert_close(LOSSES[loss](outputs[:, columns], targets[:, columns]), value)
    hidden = torch.where(targets == -1, torch.nan, outputs).requires_grad_()
    other = LOSSES[loss](hidden, targets)
    torch.testing.assert_close(other, value)
    other.backward()
    assert torch.isfinite(hidden.grad).all(), "what is behind an unknown label is never read"


@settings(max_examples=40, deadline=None)
@given(LABELS, st.sampled_from(sorted(SAMPLERS)), st.integers(0, 9))
def test_what_an_au_is_called_changes_no_batch(truth, name, seed):
    """Types of the labels change no batch, and unknown counts as not present."""
    drawn = SAMPLERS[name](truth, 1, seed).at(0)
    np.testing.assert_array_equal(SAMPLERS[name](truth.astype(float).tolist(), 1, seed).at(0), drawn)
    np.testing.assert_array_equal(SAMPLERS[name](np.maximum(truth, 0) == 1, 1, seed).at(0), drawn)


def test_a_name_is_never_guessed():
    assert checks.names(np.array([1.0, 2.0]), 2, "folds").tolist() == [1, 2]
    assert checks.names(["1", "2"], 2, "folds").tolist() == ["1", "2"]
