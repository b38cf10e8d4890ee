"""Losses shared by several models.  Unknown labels are masked everywhere."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .aus import UNKNOWN

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
    ValueError
        If the shapes differ, the batch is empty, or (checked on the CPU only, a GPU would have to wait for it) a label
        is none of the three.
    """
    if logits.shape != targets.shape or logits.ndim != 2:
        raise ValueError(f"logits {tuple(logits.shape)} and targets {tuple(targets.shape)} must both be (B, A)")
    if not len(logits):
        raise ValueError("the batch is empty")
    if targets.device.type == "cpu":
        wrong = targets[(targets != 0) & (targets != 1) & (targets != UNKNOWN)]
        if len(wrong):
            raise ValueError(f"a target is {wrong[0].item()}, not 0, 1 or {UNKNOWN}; intensities must be turned into "
                             "occurrence first")  # fmt: skip
    known = targets != UNKNOWN
    # the logit of an unknown label is replaced, not multiplied by zero, so that even an infinite one does no harm
    safe = torch.where(known, logits, logits.new_zeros(()))
    each = F.binary_cross_entropy_with_logits(safe, targets.clamp(min=0).to(logits.dtype), reduction="none")
    total = (each * known).sum()
    return total / (known.sum().clamp(min=1) if per_label else len(logits))
