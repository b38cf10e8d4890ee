"""The loss against an explicit loop and PyTorch's own."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from aulib.losses import multi_label_cross_entropy


def by_loop(logits, targets):
    """The printed formula, one image and one AU at a time."""
    total = 0.0
    for n in range(len(logits)):
        for c in range(logits.shape[1]):
            p = 1 / (1 + math.exp(-logits[n, c]))
            if targets[n, c] == 1:
                total -= math.log(p)
            elif targets[n, c] == 0:
                total -= math.log(1 - p)
    return total / len(logits)


@pytest.fixture
def problem():
    torch.manual_seed(0)
    logits = (3 * torch.randn(7, 5, dtype=torch.double)).requires_grad_()
    return logits, torch.randint(-1, 2, (7, 5), dtype=torch.int8)


@pytest.mark.parametrize("kind", [torch.int8, torch.long, torch.float32])
def test_equals_the_printed_formula(problem, kind):
    logits, targets = problem
    loss = multi_label_cross_entropy(logits, targets.to(kind))
    assert loss.item() == pytest.approx(by_loop(logits.detach(), targets))


def test_gradient_is_probability_minus_label(problem):
    logits, targets = problem
    multi_label_cross_entropy(logits, targets).backward()
    for n in range(7):
        for c in range(5):
            p = torch.sigmoid(logits[n, c]).item()
            expected = 0.0 if targets[n, c] == -1 else (p - targets[n, c].item()) / 7
            assert logits.grad[n, c].item() == pytest.approx(expected, abs=1e-12)


def test_equals_pytorch_where_all_is_known(problem):
    logits, targets = problem
    targets = targets.clamp(min=0)
    theirs = F.binary_cross_entropy_with_logits(logits, targets.double(), reduction="sum") / 7
    torch.testing.assert_close(multi_label_cross_entropy(logits, targets), theirs)
    per_label = F.binary_cross_entropy_with_logits(logits, targets.double())
    torch.testing.assert_close(multi_label_cross_entropy(logits, targets, per_label=True), per_label)


def test_per_label_divides_by_known_labels(problem):
    logits, targets = problem
    ratio = multi_label_cross_entropy(logits, targets, per_label=True) / multi_label_cross_entropy(logits, targets)
    assert ratio.item() == pytest.approx(7 / int((targets >= 0).sum()))


@pytest.mark.parametrize("per_label", [False, True])
def test_unknown_labels_do_no_harm(per_label):
    logits = torch.tensor([[float("inf"), 2.0], [float("nan"), -1.0]], requires_grad=True)
    loss = multi_label_cross_entropy(logits, torch.tensor([[-1, 1], [-1, 0]]), per_label)
    loss.backward()
    assert torch.isfinite(loss) and (logits.grad[:, 0] == 0).all() and (logits.grad[:, 1] != 0).all()
    logits = torch.randn(2, 2, requires_grad=True)
    loss = multi_label_cross_entropy(logits, torch.full((2, 2), -1), per_label)
    loss.backward()
    assert loss == 0 and (logits.grad == 0).all()


def test_large_logits_stay_finite():
    logits = torch.tensor([[1e4, -1e4, 1e4]], requires_grad=True)
    loss = multi_label_cross_entropy(logits, torch.tensor([[0, 1, 1]]))
    loss.backward()
    assert loss == 2e4 and logits.grad.tolist() == [[1, -1, 0]]


@pytest.mark.parametrize(
    ("shape", "targets", "says"),
    [
        ((2, 3), torch.zeros(2, 4), r"\(2, 3\) and targets \(2, 4\)"),
        ((0, 3), torch.zeros(0, 3), "empty"),
        ((1, 2), torch.tensor([[1, 3]]), "a target is 3"),
        ((1, 2), torch.tensor([[0.5, 1]]), "a target is 0.5"),
    ],
)
def test_clear_errors(shape, targets, says):
    with pytest.raises(ValueError, match=says):
        multi_label_cross_entropy(torch.zeros(shape), targets)
