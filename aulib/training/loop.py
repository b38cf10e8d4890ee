"""fit() and predict(): one readable training loop on Lightning Fabric.

What a step does depends on (seed, step) alone, never on how many random numbers were drawn before.  So a run that
was stopped, or killed, and goes on from its checkpoint computes exactly what an uninterrupted run computes.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from aulib import losses, metrics
from aulib.errors import AulibError
from aulib.progress import bar as progress_bar
from aulib.samplers import SAMPLERS
from aulib.training.checkpoint import Checkpoint, History
from aulib.training.examples import Examples, Videos
from aulib.training.recipes import Recipe, Stage
from aulib.values import Whole

#: Share that RMSProp keeps of its running mean of squares; not in the paper, see ``aulib.models.temporal``.
RMSPROP_FORGETS = 0.95


class Stopped(Exception):
    """Training was asked to stop before its end; the checkpoint is written and the next call goes on."""


def fit(
    model: nn.Module,
    examples: Examples | Videos,
    stages: tuple[Stage, ...],
    recipe: Recipe,
    *,
    image_steps: int,
    seed: int,
    fabric,
    checkpoint: Checkpoint | None = None,
    deadline: float | None = None,
    progress: bool = True,
    title: str = "training",
) -> History:
    """Train a network, stage by stage, and leave it with its best weights by the metric of its task.

    Where that metric is not defined for the validation frames (no AU is both present and absent, or at two levels), a
    warning says so before the first step, patience does not count, and the weights are those of the last step.

    Parameters
    ----------
    model : torch.nn.Module
        On the CPU; moved to the device by Fabric.
    examples : Examples or Videos
        What is drawn from, and what the weights are chosen by.
    stages : tuple of Stage
        Trained in order, each on its share of the budget.
    recipe : Recipe
    image_steps : int
        Budget of all stages together, in training images.
    seed : int
    fabric : lightning_fabric.Fabric
        Launched by the caller; one or several devices, any precision.
    checkpoint : Checkpoint, optional
        To continue from and to write to; its folder is removed by the caller once the record is written.
    deadline : float, optional
        ``time.monotonic()`` after which the loop writes a checkpoint and raises :class:`Stopped`.
    progress : bool
    title : str

    Returns
    -------
    History

    Raises
    ------
    Stopped
        At the deadline.
    AulibError
        If the loss is not finite, or what the network says of the validation frames is NaN.
    """
    Whole(0)(seed, "seed")
    for name, value in (("image_steps", image_steps), ("batch", recipe.batch), ("evaluations", recipe.evaluations)):
        Whole(1)(value, name)
    if abs(sum(stage.share for stage in stages) - 1) > 1e-6:
        raise AulibError(f"the shares of the stages sum to {sum(s.share for s in stages):g}, expected 1")
    state = checkpoint or Checkpoint(None, writes=False)
    start = state.load(model)
    task, frames = examples.task, len(examples.validation_truth)
    if not task.can_choose(examples.validation_truth) and fabric.global_rank == 0:
        print(
            f"{title}: warning: no AU is {task.undefined} in the {frames:,} validation frames, so no weights are "
            f"better than others: the last are kept, and no stage ends early",
            file=sys.stderr,
        )
    history = state.history
    for number, stage in enumerate(stages):
        if number < start:
            continue
        loop = _StageLoop(
            model,
            examples,
            stage,
            recipe,
            number,
            max(1, round(stage.share * image_steps / (recipe.batch * examples.frames_each))),
            seed,
            fabric,
            state,
            history,
        )
        loop.run(
            deadline,
            progress_bar(
                total=loop.steps,
                disable=not progress or fabric.global_rank > 0,
                unit="step",
                desc=title if len(stages) == 1 else f"{title}, {stage.name}",
            ),
        )
    return history


class _StageLoop:
    """One stage: optimiser, schedule, steps, evaluations."""

    def __init__(self, model, examples, stage, recipe, number, steps, seed, fabric, state, history) -> None:
        self.examples, self.stage, self.recipe, self.number = examples, stage, recipe, number
        self.steps, self.seed, self.fabric, self.state, self.history = steps, seed, fabric, state, history
        self.model = model
        freeze(model, stage.trains)
        self.optimiser = optimiser(model, recipe)
        self.wrapped, self.wrapped_optimiser = fabric.setup(model, self.optimiser)
        self.sampler = SAMPLERS[stage.sampler](
            examples.labels, min(recipe.batch, len(examples.labels)), seed=seed * 1000 + number, **stage.sampler_options
        )
        self.loss: Callable[..., torch.Tensor] = getattr(losses, stage.loss)
        self.every = max(1, math.ceil(steps / recipe.evaluations))
        self.choosing = examples.task.can_choose(examples.validation_truth)

    def run(self, deadline: float | None, bar) -> None:
        first = self.state.resume(self.optimiser, self.number)
        bar.update(first)
        last_saved = time.monotonic()
        with bar:
            for step in range(first, self.steps):
                self.history.loss.append(self._step(step))
                bar.update()
                done = step + 1
                if done % self.every == 0 or done == self.steps:
                    self._evaluate(done, bar)
                    if self._out_of_patience():
                        break
                late = deadline is not None and bool(self.fabric.broadcast(time.monotonic() > deadline))
                if late or time.monotonic() - last_saved > 30:
                    self.state.save(self.model, self.optimiser, self.number, done)
                    last_saved = time.monotonic()
                if late:
                    raise Stopped(f"stopped at step {done} of {self.steps} of stage {self.stage.name!r}")
        self.state.take_best(self.model)
        self.state.save(self.model, None, self.number + 1, 0)

    def _step(self, step: int) -> float:
        recipe, fabric = self.recipe, self.fabric
        for group in self.optimiser.param_groups:
            group["lr"] = group["base_rate"] * schedule(recipe, step, self.steps)
        rng = np.random.default_rng([self.seed, self.number, step])
        torch.manual_seed(int(rng.integers(2**62)) + fabric.global_rank)  # dropout
        x, y = self.examples.batch(self.sampler.at(step), rng)  # (B, 3, S, S) and (B, A), or (B, T, K) and (B, T, A)
        mine = slice(fabric.global_rank, None, fabric.world_size)  # this device's share
        self.wrapped.train()
        _keep_frozen(self.model)
        loss = self.loss(outputs(self.wrapped(fabric.to_device(x[mine]))), fabric.to_device(y[mine]))
        self.wrapped_optimiser.zero_grad(set_to_none=True)
        fabric.backward(loss)
        if recipe.clip:
            fabric.clip_gradients(self.model, self.wrapped_optimiser, clip_val=recipe.clip)
        self.wrapped_optimiser.step()
        value = float(fabric.all_reduce(loss.detach(), reduce_op="mean"))
        if not math.isfinite(value):
            raise AulibError(
                f"the loss is {value} at step {step + 1}: lower the learning rate "
                f"({recipe.learning_rate:g}) of this method's recipe"
            )
        return value

    def _evaluate(self, done: int, bar) -> None:
        examples, history = self.examples, self.history
        value = self._validation(done) if self.choosing else math.nan
        if examples.watched is not None:
            truth, scores = examples.watching(self.model, self.fabric)
            history.training_f1.append(metrics.f1_frame(truth, scores).tolist())
        history.evaluated.append(len(history.loss))
        history.validation.append(value)
        history.stage_of_evaluation.append(self.number)
        self.state.keep_best(self.model, value, self.number)
        bar.set_postfix(
            {
                "loss": f"{np.mean(history.loss[-self.every :]):.3f}",
                f"validation_{examples.task.metric}": f"{value:.3f}",
            }
        )

    def _validation(self, done: int) -> float:
        scores = self.examples.validated(self.model, self.fabric)
        if np.isnan(scores).any():
            raise AulibError(
                f"the network says NaN of validation frames after step {done}: lower the learning rate "
                f"({self.recipe.learning_rate:g}) of this method's recipe"
            )
        return self.examples.task.mean(self.examples.validation_truth, scores)

    def _out_of_patience(self) -> bool:
        mine = [
            value
            for value, stage in zip(self.history.validation, self.history.stage_of_evaluation, strict=True)
            if stage == self.number and not math.isnan(value)
        ]
        return bool(mine) and 0 < self.recipe.patience <= len(mine) - 1 - int(np.argmax(mine))


def optimiser(model: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimiser over the parameters that are not frozen."""
    biases = [p for name, p in model.named_parameters() if p.requires_grad and name.endswith("bias")]
    others = [p for name, p in model.named_parameters() if p.requires_grad and not name.endswith("bias")]
    if not biases + others:
        raise AulibError("a stage trains no parameter: check its prefixes against the model's parameter names")
    rate, decay = recipe.learning_rate, recipe.weight_decay
    groups = [
        {"params": others, "lr": rate, "base_rate": rate, "weight_decay": decay},
        {"params": biases, "lr": rate, "base_rate": rate, "weight_decay": decay},
    ]
    if recipe.caffe_biases:
        groups[1] |= {"lr": 2 * rate, "base_rate": 2 * rate, "weight_decay": 0.0}
    groups = [group for group in groups if group["params"]]
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(groups, lr=rate, momentum=recipe.momentum, fused=True)
    if recipe.optimiser == "rmsprop":
        return torch.optim.RMSprop(groups, lr=rate, alpha=RMSPROP_FORGETS, momentum=recipe.momentum)
    return torch.optim.AdamW(groups, lr=rate, fused=True)


def schedule(recipe: Recipe, step: int, steps: int) -> float:
    """Factor on the learning rate at a step."""
    rise = min(1.0, (step + 1) / recipe.warmup) if recipe.warmup else 1.0
    if recipe.schedule == "steps":
        return rise * recipe.drop ** (step // recipe.drop_every)
    if recipe.schedule == "cosine":
        return rise * 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(1, steps))))
    return rise


def freeze(model: nn.Module, trains: tuple[str, ...]) -> None:
    """Let only parameters whose names begin with one of the prefixes learn, but for those that the model never does."""
    never = getattr(model, "never_trained", ())
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith(trains) and not any(part in name for part in never))


def outputs(given: torch.Tensor | tuple) -> torch.Tensor:
    """What a network says; a recurrent one hands on its state besides."""
    return given[0] if isinstance(given, tuple) else given


def _keep_frozen(model: nn.Module) -> None:
    """Batch normalisation of a frozen part must not go on collecting statistics."""
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and own and not any(p.requires_grad for p in own):
            module.eval()
