"""History and checkpoint of a training: what happened so far, and how to go on from there."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from aulib import integrity, paths


@dataclass
class History:
    """What happened: the loss of every step, and (step, metric on the validation frames) of every evaluation.

    Where training frames are watched, also their F1 of every AU at every evaluation.
    """

    loss: list[float] = field(default_factory=list)
    evaluated: list[int] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    stage_of_evaluation: list[int] = field(default_factory=list)
    training_f1: list[list[float]] = field(default_factory=list)

    def arrays(self, metric: str = "auc") -> dict[str, np.ndarray]:
        """For the record; `metric` is that of the task, and names its array."""
        arrays = {
            "loss": np.array(self.loss, np.float32),
            "evaluated": np.array(self.evaluated, np.int32),
            f"validation_{metric}": np.array(self.validation, np.float32),
            "stage": np.array(self.stage_of_evaluation, np.int32),
        }
        return arrays | ({"training_f1": np.array(self.training_f1, np.float32)} if self.training_f1 else {})


class Checkpoint:
    """Weights, best weights, optimiser and history, replaced in one step, and checked before they are used.

    Parameters
    ----------
    folder : Path, optional
        Nothing is kept without it.
    writes : bool
        Whether this process writes; the first of several does.
    made_from : mapping of str to str, optional
        What is trained on, as digests: a checkpoint of other labels is not gone on from.
    started : float, optional
        ``time.monotonic()`` when the work began; so the seconds of a killed process are kept too.
    """

    def __init__(
        self,
        folder: Path | None,
        writes: bool,
        made_from: Mapping[str, str] | None = None,
        started: float | None = None,
    ) -> None:
        self.folder, self.writes = folder, writes
        self.made_from = dict(made_from or {})
        self.started = time.monotonic() if started is None else started
        self.history = History()
        self.best: dict[str, torch.Tensor] = {}
        self.best_value, self.best_stage = -math.inf, -1
        #: Seconds that earlier processes spent.
        self.earlier = 0.0
        self._optimiser: dict[str, torch.Tensor] = {}
        self._position = (0, 0)

    @property
    def _marker(self) -> Path:
        assert self.folder is not None
        return self.folder / "checkpoint.json"

    def load(self, model: nn.Module) -> int:
        """Restore the model; return the stage to go on with: the first if there is nothing sound to go on from."""
        about = integrity.finished(self._marker) if self.folder else None
        if about is None or "best_value" not in about:  # none, or one of an earlier version
            return 0
        if about["made_from"] != self.made_from:
            print(f"aulib: {paths.shown(self._marker)} was made from other labels; begun again", file=sys.stderr)
            return 0
        (name,) = about["sha256"]
        parts: dict[str, dict[str, torch.Tensor]] = {"model": {}, "best": {}, "optimiser": {}, "history": {}}
        for key, tensor in load_file(self._marker.with_name(name)).items():
            part, _, rest = key.partition("/")
            parts[part][rest] = tensor
        model.load_state_dict(parts["model"])
        self.best, self._optimiser = parts["best"], parts["optimiser"]
        self.best_value, self.best_stage = about["best_value"], about["best_stage"]
        self.earlier, self._position = about["seconds"], (about["stage"], about["step"])
        self.history = History(**{name: values.tolist() for name, values in parts["history"].items()})
        return about["stage"]

    def resume(self, optimiser: torch.optim.Optimizer, stage: int) -> int:
        """Restore the optimiser of a stage; return the step to go on with."""
        at, step = self._position
        if at != stage or not self._optimiser:
            return 0
        state = optimiser.state_dict()
        names = sorted({name.rpartition("/")[0] for name in self._optimiser}, key=int)
        state["state"] = {
            int(index): {
                name.rpartition("/")[2]: tensor
                for name, tensor in self._optimiser.items()
                if name.rpartition("/")[0] == index
            }
            for index in names
        }
        base_rates = [group["base_rate"] for group in optimiser.param_groups]
        optimiser.load_state_dict(state)
        for group, rate in zip(optimiser.param_groups, base_rates, strict=True):
            group["base_rate"] = rate
        return step

    def keep_best(self, model: nn.Module, value: float, stage: int) -> None:
        """Remember the weights if this is the best evaluation of the stage; of undefined ones (NaN), the last.

        An undefined evaluation is never better than a defined one.
        """
        if stage != self.best_stage or math.isnan(self.best_value) or value > self.best_value:
            self.best_value, self.best_stage = value, stage
            self.best = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}

    def take_best(self, model: nn.Module) -> None:
        """Give the model the weights of the best evaluation."""
        if self.best:
            model.load_state_dict(self.best)

    def save(self, model: nn.Module, optimiser: torch.optim.Optimizer | None, stage: int, step: int) -> None:
        """Write the checkpoint; a kill leaves the old one or the new one."""
        if self.folder is None or not self.writes:
            return
        tensors = {f"model/{name}": t.detach().cpu() for name, t in model.state_dict().items()}
        tensors |= {f"best/{name}": t for name, t in self.best.items()}
        tensors |= {f"history/{name}": torch.from_numpy(np.array(v)) for name, v in self.history.__dict__.items()}
        if optimiser is not None:
            for index, values in optimiser.state_dict()["state"].items():
                tensors |= {
                    f"optimiser/{index}/{name}": torch.as_tensor(value).detach().cpu()
                    for name, value in values.items()
                    if value is not None
                }
        about = {
            "stage": stage,
            "step": step,
            "best_value": self.best_value,
            "best_stage": self.best_stage,
            "seconds": round(self.earlier + time.monotonic() - self.started, 1),
            "made_from": self.made_from,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"checkpoint-{stage}-{step}.safetensors"  # the older one stays until the marker names this
        with integrity.writing(file):
            save_file({name: t.contiguous().clone() for name, t in tensors.items()}, file)
        integrity.finish(self._marker, file, **about)
        for older in self.folder.glob("checkpoint-*.safetensors"):
            if older != file:
                older.unlink(missing_ok=True)
