"""Losses shared by several models.  Unknown labels are masked everywhere.

    K. Zhao, W.-S. Chu, H. Zhang: Deep Region and Multi-label Learning for Facial Action Unit Detection,
    CVPR 2016, Sec. 3.1.
    W.-S. Chu, F. De la Torre, J. F. Cohn: Learning Facial Action Units with Spatiotemporal Cues and Multi-label
    Sampling, Image and Vision Computing 81, 2019, Sec. 3.1 and 3.2.
    E. Frank, M. Hall: A Simple Approach to Ordinal Classification, ECML 2001.
    Z. Niu, M. Zhou, L. Wang, X. Gao, G. Hua: Ordinal Regression with Multiple Output CNN for Age Estimation, CVPR 2016.

With B images or frames, L AUs and n0 known labels, the cross-entropies differ in what they divide by only:

| loss                                            | divided by      | source                |
|-------------------------------------------------|-----------------|-----------------------|
| ``multi_label_cross_entropy``                   | B               | the code behind DRML  |
| ``multi_label_cross_entropy``, ``per_label``    | n0 of the batch | ours                  |
| ``cross_entropy_over_all_labels``               | B L             | Hybrid Eq. 1          |
| ``margin_loss``                                 | n0 of the frame, then by the frames | Hybrid Sec. 3.2 |
| ``ordinal_cross_entropy``, of levels            | n0 of the batch | Niu et al.; Frank and Hall |
| ``squared_error_of_levels``, of levels          | n0 of the batch | ours            |
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from . import checks
from .aus import UNKNOWN
from .errors import InputError
from .values import Number

VERSION = 1


def multi_label_cross_entropy(logits: Tensor, targets: Tensor, per_label: bool = False) -> Tensor:
    """DRML's multi-label sigmoid cross-entropy (Sec. 3.1), on logits.

    ``L = -1/B * sum over images and AUs of [y = 1] log p + [y = 0] log(1 - p)``, p the sigmoid of the logit.  A label
    that nobody gave adds neither loss nor gradient.  (The paper writes present, unknown and absent as 1, 0, -1; here
    they are 1, -1, 0 as everywhere in aulib.)

    Parameters
    ----------
    logits : Tensor, (B, A)
        Any real number; the loss is exact and its gradient finite for large ones too.
    targets : Tensor, (B, A), any integer or float type
        1 present, 0 absent, -1 unknown.
    per_label : bool, default False
        Divide by the number of known labels rather than by the number of images.  The authors' code divides by the
        batch size only, also when labels are missing, so that the loss grows with the number of AUs; with this option
        its size does not depend on it, which lets one learning rate serve several corpora.

    Returns
    -------
    Tensor, scalar
        Zero (with a zero gradient) if no label is known.

    Raises
    ------
    InputError
        If the shapes differ, the batch is empty, or a label is none of the three (a ValueError).  A GPU would have to
        wait for the last: there the loss is NaN instead.
    """
    _check(logits, targets, "logits")
    if logits.ndim != 2:
        raise InputError(f"logits {tuple(logits.shape)} must be (B, A)")
    labels = targets.to(logits.dtype)
    known = labels != UNKNOWN
    # the logit of an unknown label is replaced, not multiplied by zero, so that even an infinite one does no harm
    safe = torch.where(known, logits, logits.new_zeros(()))
    each = F.binary_cross_entropy_with_logits(safe, labels.clamp(min=0), reduction="none")
    total = (each * known).sum() + nan_if_no_label(labels)
    return total / (known.sum().clamp(min=1) if per_label else len(logits))


def cross_entropy_over_all_labels(logits: Tensor, targets: Tensor) -> Tensor:
    """Multi-label cross-entropy as Hybrid prints it (Eq. 1): divided by all L labels, the unknown ones too.

    ``L_E = -1/L * sum over AUs of ([y = 1] log p + [y = 0] log(1 - p))``, p the sigmoid of the logit, and the mean of
    it over the images of a batch, which is our choice.  (The printed minus sign covers the first term only.)  An image
    on which half of the AUs is unknown weighs half as much as one that is fully coded; the paper's own
    :func:`margin_loss` divides by the known ones instead.

    Parameters
    ----------
    logits : Tensor, (B, A)
    targets : Tensor, (B, A), any integer or float type
        1 present, 0 absent, -1 unknown.

    Returns
    -------
    Tensor, scalar
        Zero (with a zero gradient) if no label is known.

    Raises
    ------
    InputError
        As :func:`multi_label_cross_entropy`.
    """
    return multi_label_cross_entropy(logits, targets) / logits.shape[-1]


def margin_loss(scores: Tensor, targets: Tensor, margin: float = 0.5, printed_gradient: bool = False) -> Tensor:
    """Maximal-margin loss of the temporal network (Hybrid Sec. 3.2).

    ``L_M = 1/n0 * sum over AUs of max(0, margin - y s)`` for a frame, y = 1 present, y = -1 absent, n0 its number of
    known labels; here the mean of it over the frames that have one.  Its gradient with respect to a score is ``-y/n0``
    where ``y s < margin``.  A score on the right side and beyond the margin costs nothing: "some tolerance" for AUs
    whose course in time is not that regular.

    The paper chooses a margin of 0.5 since tanh keeps the scores within [-1, 1] and no score could get beyond a
    margin of 1, but prints the condition ``y s < 1`` for the gradient that is passed back, which is that of a margin
    of 1 and pushes every score towards its bound for ever.

    Parameters
    ----------
    scores : Tensor, (..., A)
        In [-1, 1].
    targets : Tensor, (..., A), any integer or float type
        1 present, 0 absent, -1 unknown.
    margin : float, default 0.5
        The paper's lambda.
    printed_gradient : bool, default False
        Pass back ``-y/n0`` where ``y s < 1``, as printed; the value stays that of `margin`.

    Returns
    -------
    Tensor, scalar
        Zero (with a zero gradient) if no label is known.

    Raises
    ------
    InputError
        As :func:`multi_label_cross_entropy`, and if `margin` is below zero or not finite.
    """
    _check(scores, targets, "scores")
    margin = Number(0)(margin, "margin")
    labels = targets.to(scores.dtype)
    known = labels != UNKNOWN  # (..., A)
    sign = torch.where(known, 2 * labels - 1, 0)  # y: 1, -1, and 0 for unknown as in the paper
    agreement = sign * torch.where(known, scores, 0)  # y s; replaced, so that even a NaN behind no label does no harm
    in_frame = known.sum(-1, keepdim=True)  # n0, (..., 1)
    frames = (in_frame > 0).sum().clamp(min=1)
    weights = known.to(scores.dtype) / (in_frame.clamp(min=1) * frames)  # they sum to one
    # ReLU and not clamp: at the margin itself the gradient is 0, as the strict "<" asks
    loss = (weights * F.relu(margin - agreement)).sum() + nan_if_no_label(labels)
    if printed_gradient:
        passed_back = (weights * F.relu(1 - agreement)).sum()
        loss = passed_back + (loss - passed_back).detach()
    return loss


def margin_loss_as_printed(scores: Tensor, targets: Tensor) -> Tensor:
    """:func:`margin_loss` with the gradient that the paper prints."""
    return margin_loss(scores, targets, printed_gradient=True)


def cross_entropy_of_scores(scores: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of scores in [-1, 1], the rival of :func:`margin_loss`; present with probability (1 + s) / 2.

    Mean over the known labels.  A score of a tanh never reaches its bound but in rounding, where the loss is cut off.

    Parameters
    ----------
    scores, targets
        As for :func:`margin_loss`.

    Raises
    ------
    InputError
        As :func:`margin_loss`.
    """
    _check(scores, targets, "scores")
    logits = 2 * torch.atanh(scores.clamp(-1 + 1e-6, 1 - 1e-6))
    return multi_label_cross_entropy(logits.flatten(0, -2), targets.flatten(0, -2), per_label=True)


def ordinal_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Ordinal regression by binary subtasks: is the level at least k, for each k from 1 to K?

    Frank and Hall (2001) take an ordinal label apart into such questions, and Niu et al. (2016) train one network on
    all of them by cross-entropy.  Here it is the sum over the questions of an AU and the mean over its known labels;
    every question weighs 1 (their lambda).  The sum of the probabilities over k is the expected level.

    Parameters
    ----------
    logits : Tensor, (B, A, K)
        Of "level k or above", k = 1 … K.
    targets : Tensor, (B, A), any integer or float type
        Levels 0 to 5, -1 unknown; levels above K count as K.

    Returns
    -------
    Tensor, scalar
        Zero (with a zero gradient) if no level is known.

    Raises
    ------
    InputError
        As :func:`multi_label_cross_entropy`.
    """
    _check(logits[..., 0] if isinstance(logits, Tensor) and logits.ndim == 3 else logits, targets, "logits", checks.TOP)
    if logits.ndim != 3:
        raise InputError(f"logits {tuple(logits.shape)} must be (B, A, K)")
    levels = targets.to(logits.dtype)[..., None]  # (B, A, 1)
    steps = torch.arange(1, logits.shape[-1] + 1, device=logits.device)
    reached = torch.where(levels == UNKNOWN, levels, (levels >= steps).to(logits.dtype))  # (B, A, K)
    each = multi_label_cross_entropy(logits.flatten(1), reached.flatten(1), per_label=True)
    return each * len(steps) + nan_if_no_label(levels, checks.TOP)


def squared_error_of_levels(levels: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error of predicted levels over the known labels.

    Parameters
    ----------
    levels : Tensor, (B, A)
    targets : Tensor, (B, A), any integer or float type
        Levels 0 to 5, -1 unknown.

    Returns
    -------
    Tensor, scalar
        Zero (with a zero gradient) if no level is known.

    Raises
    ------
    InputError
        As :func:`multi_label_cross_entropy`.
    """
    _check(levels, targets, "levels", checks.TOP)
    truth = targets.to(levels.dtype)
    known = truth != UNKNOWN
    error = torch.where(known, levels - truth, 0)  # replaced, so that even a NaN behind no label does no harm
    return error.square().sum() / known.sum().clamp(min=1) + nan_if_no_label(truth, checks.TOP)


def _check(outputs: Tensor, targets: Tensor, name: str, top: int = 1) -> None:
    """Refuse what is no batch of outputs and labels; wrong labels on the CPU only, a GPU would have to wait."""
    for given, called in ((outputs, name), (targets, "targets")):
        if not isinstance(given, Tensor):
            raise InputError(f"{called} are of type {type(given).__name__}, expected a torch tensor")
    if outputs.shape != targets.shape or outputs.ndim < 2:
        raise InputError(f"{name} {tuple(outputs.shape)} and targets {tuple(targets.shape)} must both be (..., A)")
    if not outputs.is_floating_point():
        raise InputError(f"{name} are of type {outputs.dtype}, expected floats")
    if not outputs.numel():
        raise InputError(f"{name} {tuple(outputs.shape)}: the batch is empty")
    if targets.device.type == "cpu":
        labels = targets.detach()
        labels = labels.float() if labels.dtype == torch.bfloat16 else labels  # which NumPy has not
        checks.refuse_other_labels(labels.numpy(), "targets", top)


def nan_if_no_label(labels: Tensor, top: int = 1) -> Tensor:
    """What is added to a loss: 0, or NaN if a label is none of UNKNOWN, 0 and 1, or the levels up to `top`.

    A GPU would have to wait if such a label were to be named, so there the loss says that there is one.
    """
    good = (labels >= UNKNOWN) & (labels <= top) & (labels == labels.round())
    return torch.where(good.all(), 0.0, torch.nan).to(labels.dtype)
