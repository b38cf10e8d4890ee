"""Saliency maps, and numbers that describe them.

    K. Simonyan, A. Vedaldi, A. Zisserman: Deep Inside Convolutional Networks: Visualising Image Classification Models
    and Saliency Maps, ICLR workshop 2014.  Used in DRML Sec. 3.2 and Fig. 4.
    D. Smilkov et al.: SmoothGrad: Removing Noise by Adding Noise, 2017 (``smooth``).

"The saliency map is image-specific, and computed as the magnitude of per-pixel gradients with respect to a particular
AU": which pixels would change the answer most if they changed a little?  What the paper judges by eye, "specific and
concentrated", is measured here against a mask of the pixels that the AU moves.

The statistics take a map (..., H, W) of numbers >= 0 and, where needed, a mask of the same trailing shape, and return
an array of the leading shape, a plain number for a single map.  NaN where a map is zero throughout, or a mask empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn

VERSION = 1


def saliency(
    model: nn.Module,
    x: Tensor,
    au_index: int | Sequence[int],
    smooth: int = 0,
    noise: float = 0.15,
    seed: int = 0,
) -> Tensor:
    """Magnitude of the gradient of an AU's logit at every pixel.

    Parameters
    ----------
    model : nn.Module
        Returns logits (B, A).  Run in evaluation mode, and left in the mode it had.
    x : Tensor, (B, 3, S, S)
        Faces as the model takes them.
    au_index : int or sequence of B int
        Column of the AU, for all faces or for each.
    smooth : int, default 0
        Average the gradient over so many noisy copies of the face (SmoothGrad); 0 for the plain gradient of the paper.
    noise : float, default 0.15
        Standard deviation of that noise, as a share of the range of values in ``x``.
    seed : int, default 0
        Of that noise.

    Returns
    -------
    Tensor, (B, S, S), >= 0
        Largest magnitude over the colour channels (Simonyan et al., Sec. 3.1).  Gradients of the weights are not
        touched.

    Raises
    ------
    ValueError
        If ``x`` is not (B, 3, S, S) or ``smooth`` is negative.
    """
    import torch
    from captum.attr import NoiseTunnel, Saliency

    if x.ndim != 4 or smooth < 0:
        raise ValueError(f"x {tuple(x.shape)} must be (B, 3, S, S), smooth {smooth} at least 0")
    target: Any = au_index if isinstance(au_index, int) else [int(i) for i in au_index]
    modes = [(module, module.training) for module in model.modules()]
    x = x.detach().clone().requires_grad_()
    model.eval()
    try:
        if not smooth:
            gradient = Saliency(model).attribute(x, target=target, abs=True)  # (B, 3, S, S)
        else:
            spread = noise * float(x.detach().max() - x.detach().min())
            devices = [x.device] if x.device.type == "cuda" else []
            with torch.random.fork_rng(devices):  # the caller's random state is left as it was
                torch.manual_seed(seed)
                tunnel = NoiseTunnel(Saliency(model))
                # the gradients keep their sign until they are averaged, so that what only the noise made cancels
                gradient = tunnel.attribute(
                    x, nt_type="smoothgrad", nt_samples=smooth, nt_samples_batch_size=1, stdevs=spread, target=target,
                    abs=False,
                )  # fmt: skip
    finally:
        for module, training in modes:
            module.training = training
    return gradient.detach().abs().amax(1)  # (B, S, S)


def _flat(saliency_map: ArrayLike, mask: ArrayLike | None = None) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Map and mask as (..., H * W)."""
    values = np.asarray(saliency_map, float)
    if values.ndim < 2 or np.isnan(values).any() or (values < 0).any():
        raise ValueError(f"a map {values.shape} must be (..., H, W), of numbers not below zero")
    inside = np.ones(values.shape[-2:], bool) if mask is None else np.asarray(mask, bool)
    if inside.shape[-2:] != values.shape[-2:]:
        raise ValueError(f"mask {inside.shape} and map {values.shape} differ in height and width")
    inside = np.broadcast_to(inside, values.shape)
    return values.reshape(*values.shape[:-2], -1), inside.reshape(*values.shape[:-2], -1)


def energy_in_mask(saliency_map: ArrayLike, mask: ArrayLike) -> Any:
    """Share of the map's sum that lies inside the mask, 0 ... 1 (H. Wang et al., Score-CAM, CVPR workshops 2020).

    Parameters
    ----------
    saliency_map : array (..., H, W), >= 0
    mask : array of bool (H, W) or (..., H, W)

    Raises
    ------
    ValueError
        If the shapes do not fit, or the map is negative or NaN somewhere.
    """
    values, inside = _flat(saliency_map, mask)
    with np.errstate(invalid="ignore"):
        return (values * inside).sum(-1) / values.sum(-1)


def lift(saliency_map: ArrayLike, mask: ArrayLike) -> Any:
    """Mean inside the mask over the mean of the whole map: 1 for a map that does not care, more for one that looks
    there.

    :func:`energy_in_mask` divided by the mask's share of the area, so that AUs with large and with small regions can be
    compared.  Parameters and errors as there.
    """
    values, inside = _flat(saliency_map, mask)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (values * inside).sum(-1) / inside.sum(-1) / values.mean(-1)


def gini(saliency_map: ArrayLike) -> Any:
    """Gini coefficient of the pixels: 0 for a flat map, near 1 for a map with all of its weight in one pixel.

    N. Hurley, S. Rickard: Comparing Measures of Sparsity, IEEE Trans. Information Theory 55(10), 2009.
    """
    values, _ = _flat(saliency_map)
    ordered, n = np.sort(values, axis=-1), values.shape[-1]
    with np.errstate(invalid="ignore"):
        return ordered @ (2 * np.arange(1, n + 1) - n - 1) / (n * ordered.sum(-1))


def pointing_game(saliency_map: ArrayLike, mask: ArrayLike) -> Any:
    """1 where the map's largest value lies inside the mask, else 0; a share if several pixels are largest.

    J. Zhang et al.: Top-down Neural Attention by Excitation Backprop, ECCV 2016.
    """
    values, inside = _flat(saliency_map, mask)
    largest = (values == values.max(-1, keepdims=True)) & (values > 0)
    with np.errstate(invalid="ignore"):
        hit = (largest & inside).sum(-1) / largest.sum(-1)
    return np.where(inside.any(-1), hit, np.nan)[()]
