"""The picture that an AU's output unit wants to see.

    Hybrid Sec. 6, Eq. 3 and Fig. 9.
    J. Yosinski, J. Clune, A. Nguyen, T. Fuchs, H. Lipson: Understanding Neural Networks Through Deep Visualization,
    ICML workshop 2015 (the regularisers; values from the settings that its public toolbox gives for its Table 1).
    K. Simonyan, A. Vedaldi, A. Zisserman: Deep Inside Convolutional Networks, ICLR workshop 2014.

    I* = argmax A_l(I) - Omega(I)

A_l is the logit of AU l; Omega is not a term but a sequence of operations after every step up the gradient: L2 decay,
clipping of pixels with small norm, Gaussian blur.  "A randomized and zero-centered image" is the start; zero is the
mean face, since networks take faces less their mean.

A picture that looks like a mouth is no evidence by itself: decay and blur make smooth blobs of their own, and one sees
faces everywhere.  So pictures are scored in :mod:`~aulib.explain.picture_scores`, beside those of an untrained network
or of one trained on shuffled labels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from torch import Tensor, nn

VERSION = 1

Array = NDArray[Any]


@dataclass(frozen=True)
class Ascent:
    """How an image is grown.  The paper names the operations and the number of steps, and no other value.

    Parameters
    ----------
    steps : int, default 10,000
        Hybrid Sec. 6.
    step_size : float, default 0.01
        Root mean square change of the pixels in a step, in units of the network's input: the gradient is divided by its
        own, so that one value serves every network.  Choice; the toolbox has fixed factors for one network.
    decay : float, default 0.01
        Share of every pixel lost in a step (L2 decay); the toolbox's default.  With a constant gradient the image stops
        growing at ``step_size / decay``, here 1, about the contrast of a normalised face.
    clip_percent : float, default 20
        Pixels whose norm over the channels is below this percentile become zero, 0 ... 100; 0 for none.  Second row of
        Yosinski's Table 1 (50 in the first).
    clip_every : int, default 4
        Choice.  The toolbox clips after every step; with steps as small as these a pixel at zero would then never come
        back.
    blur_sigma : float, default 1.0
        Standard deviation of the Gaussian in pixels; 0 for none.  Third row of that table, the one most used there.
        Blurs add up while decay forgets: what the network does not draw anew at every step and is finer than about
        ``blur_sigma / sqrt(blur_every * decay)`` pixels, here 5, fades.
    blur_every : int, default 4
        The same row.
    start_sd : float, default 0.1
        Standard deviation of the noise at the start, in units of the network's input.  Choice.

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    steps: int = 10_000
    step_size: float = 0.01
    decay: float = 0.01
    clip_percent: float = 20.0
    clip_every: int = 4
    blur_sigma: float = 1.0
    blur_every: int = 4
    start_sd: float = 0.1

    def __post_init__(self) -> None:
        for name, good in {
            "steps": self.steps >= 0,
            "step_size": self.step_size > 0,
            "decay": 0 <= self.decay < 1,
            "clip_percent": 0 <= self.clip_percent <= 100,
            "clip_every": self.clip_every >= 1,
            "blur_sigma": self.blur_sigma >= 0,
            "blur_every": self.blur_every >= 1,
            "start_sd": self.start_sd >= 0,
        }.items():
            if not good:
                raise ValueError(f"{name} cannot be {getattr(self, name)}")


class Snapshot(NamedTuple):
    """Images after some number of steps.

    Attributes
    ----------
    step : int
    images : Tensor, (A, C, H, W)
        One an AU, in units of the network's input, on the CPU.
    activation : Tensor, (A,)
        The AU's logit for each.
    """

    step: int
    images: Tensor
    activation: Tensor


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def decayed(images: Tensor, decay: float) -> Tensor:
    """L2 decay: every pixel shrinks by a share of itself."""
    return images * (1 - decay)


def clipped(images: Tensor, percent: float) -> Tensor:
    """Pixels whose norm over the channels is below a percentile of their image become zero; (B, C, H, W)."""
    if not percent:
        return images
    norm = images.norm(dim=1, keepdim=True)  # (B, 1, H, W)
    limit = norm.flatten(1).quantile(percent / 100, dim=1)[:, None, None, None]
    return images * (norm >= limit)


def blurred(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (B, C, H, W), the edge mirrored; the kernel ends at four standard deviations."""
    import torch
    from torch.nn import functional

    radius = min(math.ceil(4 * sigma), min(images.shape[-2:]) - 1)
    if not radius:
        return images
    x = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    kernel = torch.exp(-(x**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    flat = images.flatten(0, 1)[:, None]  # (B * C, 1, H, W)
    padded = functional.pad(flat, (radius,) * 4, mode="reflect")
    rows = functional.conv2d(padded, kernel[None, None, None, :])
    return functional.conv2d(rows, kernel[None, None, :, None]).view_as(images)


def growing(
    model: nn.Module,
    au_index: int | Sequence[int],
    shape: Sequence[int],
    ascent: Ascent | None = None,
    seed: int = 0,
    snapshots: Sequence[int] | int = 500,
) -> Iterator[Snapshot]:
    """Grow an image for one or several AUs at once, and show it on the way.

    Parameters
    ----------
    model : nn.Module
        Returns logits (B, A).  Run in evaluation mode; between two snapshots it has the mode it came with.  Gradients
        of its weights are not touched.
    au_index : int or sequence of int
        Column of each wanted AU.  All start from the same noise, so that they differ by the AU alone, and each is what
        it would be without the others.
    shape : (C, H, W)
        Of the network's input.
    ascent : Ascent, optional
        The default values of :class:`Ascent` if not given.
    seed : int, default 0
        Of the noise at the start.
    snapshots : sequence of int, or int
        Steps after which to show the images, or every how many steps; the start (0) and the end are always shown.

    Yields
    ------
    Snapshot

    Raises
    ------
    ValueError
        If ``shape`` is not (C, H, W), the model's output is not (B, A) or has no such column, or the gradient is not
        finite.
    """
    import torch

    ascent = ascent or Ascent()
    columns = torch.as_tensor(np.atleast_1d(np.asarray(au_index)))
    if len(shape) != 3:
        raise ValueError(f"shape {tuple(shape)} must be (C, H, W)")
    wanted = set(range(0, ascent.steps, max(1, snapshots))) if isinstance(snapshots, int) else set(snapshots)
    like = next(iter(model.parameters()), torch.zeros(1))
    noise = torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * ascent.start_sd
    images = noise.expand(len(columns), *shape).to(like).contiguous()
    rows, columns = torch.arange(len(columns), device=like.device), columns.to(like.device)

    def activation(x: Tensor) -> Tensor:
        logits = model(x)
        if logits.ndim != 2 or not 0 <= int(columns.min()) <= int(columns.max()) < logits.shape[1]:
            raise ValueError(f"the model's output {tuple(logits.shape)} has no column for AU {columns.tolist()}")
        return logits[rows, columns]

    def snapshot(step: int) -> Snapshot:
        with _evaluating(model), torch.no_grad():
            return Snapshot(step, images.detach().clone().cpu(), activation(images).cpu())

    yield snapshot(0)
    for step in range(1, ascent.steps + 1):
        with _evaluating(model), torch.enable_grad():
            x = images.requires_grad_()
            (gradient,) = torch.autograd.grad(activation(x).sum(), x)
        size = gradient.square().mean((1, 2, 3), keepdim=True).sqrt()
        if not bool(torch.isfinite(size).all()):
            raise ValueError(
                f"the gradient is not finite at step {step}: take a smaller step_size than {ascent.step_size}"
            )
        # a gradient of zero stays zero
        images = images.detach() + ascent.step_size * gradient / size.clamp_min(torch.finfo(size.dtype).tiny)
        images = decayed(images, ascent.decay)
        if step % ascent.clip_every == 0:
            images = clipped(images, ascent.clip_percent)
        if step % ascent.blur_every == 0:
            images = blurred(images, ascent.blur_sigma)
        if step in wanted or step == ascent.steps:
            yield snapshot(step)


def activation_maximization(
    model: nn.Module,
    au_index: int | Sequence[int],
    shape: Sequence[int],
    ascent: Ascent | None = None,
    seed: int = 0,
) -> Tensor:
    """The last images of :func:`growing`, (A, C, H, W), in units of the network's input; parameters as there."""
    *_, last = growing(model, au_index, shape, ascent, seed, snapshots=())
    return last.images


def to_pixels(images: Tensor | ArrayLike, mean: ArrayLike, scale: float) -> NDArray[np.uint8]:
    """Images in units of the network's input as pictures, ``image * scale + mean``, clipped to 0 ... 255.

    Parameters
    ----------
    images : (..., C, H, W)
    mean : array, (H, W, C), (C,) or a number
        What was taken from the faces, in grey levels 0 ... 255.
    scale : float
        What they were divided by.

    Returns
    -------
    array, uint8 (..., H, W, C)
    """
    x = np.moveaxis(np.asarray(images, dtype=np.float32), -3, -1)
    return np.clip(np.rint(x * np.float32(scale) + np.asarray(mean, np.float32)), 0, 255).astype(np.uint8)
