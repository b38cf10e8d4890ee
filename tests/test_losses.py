"""The losses against explicit loops and PyTorch's own."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from aulib.losses import cross_entropy_over_all_labels, margin_loss, multi_label_cross_entropy


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
        ((1, 2), torch.tensor([[1, 3]]), r"targets hold 3.* at \[0, 1\]"),
        ((1, 2), torch.tensor([[0.5, 1]]), r"targets hold 0.5 at \[0, 0\]"),
    ],
)
def test_clear_errors(shape, targets, says):
    with pytest.raises(ValueError, match=says):
        multi_label_cross_entropy(torch.zeros(shape), targets)


# ---- the Hybrid paper's cross-entropy and margin loss


def test_hybrid_cross_entropy_divides_by_all_labels(problem):
    logits, targets = problem
    assert (targets == -1).any()
    loss = cross_entropy_over_all_labels(logits, targets)
    assert loss.item() == pytest.approx(by_loop(logits.detach(), targets) / 5)
    # an image with half of its labels weighs half; with the known labels as divisor it would weigh the same
    alike = torch.zeros(1, 4, dtype=torch.double)
    whole, half = torch.tensor([[1, 0, 1, 0]]), torch.tensor([[1, 0, -1, -1]])
    assert cross_entropy_over_all_labels(alike, half) == cross_entropy_over_all_labels(alike, whole) / 2
    per_label = [multi_label_cross_entropy(alike, y, per_label=True).item() for y in (half, whole)]
    assert per_label[0] == pytest.approx(per_label[1])


def margin_by_loop(scores, targets, margin=0.5, gradient_at=None):
    """Loss and gradient, frame by frame and AU by AU; UNKNOWN is the paper's 0."""
    gradient_at = margin if gradient_at is None else gradient_at
    coded = [n for n in range(len(scores)) if any(y != -1 for y in targets[n].tolist())]
    total, gradient = 0.0, torch.zeros_like(scores)
    for n in coded:
        y = [{1: 1, 0: -1, -1: 0}[int(label)] for label in targets[n]]
        n0 = sum(label != 0 for label in y)
        for i, label in enumerate(y):
            if label == 0:
                continue
            total += max(0.0, margin - label * scores[n, i].item()) / n0 / len(coded)
            if label * scores[n, i].item() < gradient_at:
                gradient[n, i] = -label / n0 / len(coded)
    return total, gradient


@pytest.fixture
def frames():
    torch.manual_seed(1)
    scores = (2 * torch.rand(9, 5, dtype=torch.double) - 1).requires_grad_()
    targets = torch.randint(-1, 2, (9, 5), dtype=torch.int8)
    targets[4] = -1  # a frame that nobody coded
    return scores, targets


@pytest.mark.parametrize("kind", [torch.int8, torch.long, torch.float32])
@pytest.mark.parametrize("margin", [0.5, 1.0, 0.2])
def test_margin_loss_equals_the_printed_formula(frames, kind, margin):
    scores, targets = frames
    loss = margin_loss(scores, targets.to(kind), margin)
    loss.backward()
    value, gradient = margin_by_loop(scores.detach(), targets, margin)
    assert loss.item() == pytest.approx(value)
    torch.testing.assert_close(scores.grad, gradient)
    # time as an axis of its own changes nothing
    torch.testing.assert_close(margin_loss(scores.view(3, 3, 5), targets.view(3, 3, 5), margin), loss)


def test_margin_loss_passes_gradcheck(frames):
    scores, targets = frames
    agreement = torch.where(targets == -1, 9.0, (2 * targets - 1) * scores.detach())
    assert (agreement - 0.5).abs().min() > 1e-4, "no score sits on the kink"
    assert torch.autograd.gradcheck(lambda s: margin_loss(s, targets), scores)


def test_printed_gradient_is_that_of_a_margin_of_one(frames):
    scores, targets = frames
    loss = margin_loss(scores, targets, printed_gradient=True)
    loss.backward()
    value, gradient = margin_by_loop(scores.detach(), targets, 0.5, gradient_at=1.0)
    assert loss.item() == pytest.approx(value) == pytest.approx(margin_loss(scores, targets).item())
    torch.testing.assert_close(scores.grad, gradient)
    torch.testing.assert_close(scores.grad, torch.autograd.grad(margin_loss(scores, targets, 1.0), scores)[0])
    beyond = scores.detach().abs() > 0.5
    right = (targets != -1) & (torch.sign(scores.detach()) == 2 * targets - 1)
    _, correct = margin_by_loop(scores.detach(), targets)
    assert (scores.grad[beyond & right] != 0).all() and (correct[beyond & right] == 0).all() and (beyond & right).any()


def test_at_the_margin_itself_nothing_is_pushed():
    scores = torch.tensor([[0.5, -0.5, 0.25]], requires_grad=True)
    margin_loss(scores, torch.tensor([[1, 0, 1]])).backward()
    assert scores.grad.tolist() == [[0, 0, pytest.approx(-1 / 3)]]
    scores = torch.tensor([[1.0, -1.0]], requires_grad=True)
    margin_loss(scores, torch.tensor([[1, 0]]), printed_gradient=True).backward()
    assert (scores.grad == 0).all()


@pytest.mark.parametrize("printed", [False, True])
def test_margin_loss_leaves_unknown_labels_alone(printed):
    scores = torch.tensor([[float("inf"), 0.2], [float("nan"), -0.1]], requires_grad=True)
    loss = margin_loss(scores, torch.tensor([[-1, 1], [-1, 0]]), printed_gradient=printed)
    loss.backward()
    assert loss.item() == pytest.approx((0.3 + 0.4) / 2)
    assert scores.grad[:, 0].tolist() == [0, 0] and scores.grad[:, 1].tolist() == [-0.5, 0.5]
    scores = torch.rand(2, 2, requires_grad=True)
    loss = margin_loss(scores, torch.full((2, 2), -1), printed_gradient=printed)
    loss.backward()
    assert loss == 0 and (scores.grad == 0).all()


def test_a_partly_coded_frame_weighs_as_much_as_a_full_one():
    """Divided by the known labels, other than the paper's cross-entropy."""
    scores = torch.zeros(2, 4, requires_grad=True)
    margin_loss(scores, torch.tensor([[1, 0, 1, 0], [1, -1, -1, -1]])).backward()
    assert scores.grad.abs().sum(1).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("scores", "targets", "says"),
    [
        (torch.zeros(2, 3), torch.zeros(2, 4), r"\(2, 3\) and targets \(2, 4\)"),
        (torch.zeros(3), torch.zeros(3), r"\(\.\.\., A\)"),
        (torch.zeros(0, 3), torch.zeros(0, 3), "empty"),
        (torch.zeros(1, 2), torch.tensor([[1, 3]]), r"targets hold 3.* at \[0, 1\]"),
    ],
)
def test_margin_loss_clear_errors(scores, targets, says):
    with pytest.raises(ValueError, match=says):
        margin_loss(scores, targets)
