"""What runs of every kind begin and end with."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from aulib.runs import results
from aulib.datasets import load
from aulib.corpus import FRAME_KEY, Corpus
from aulib.runs.declaration import Declaration
from aulib.errors import AulibError
from aulib.runs.methods import method
from aulib.protocols import Split, protocol, sample_frames, split

from aulib.training.recipes import Stage

if TYPE_CHECKING:
    from aulib.training.examples import Examples, Videos


def trained_weights(declaration: Declaration):
    """Weights of a finished run of this machine, checked, as tensors; None if it, or they, are not there."""
    import torch

    found = results.weights(declaration)
    return None if found is None else {name: torch.from_numpy(array) for name, array in found.items()}


def needed_weights(declaration: Declaration):
    """The same of a run that this one builds on; raises `AulibError` if they are not there."""
    if (found := trained_weights(declaration)) is None:
        raise AulibError(f"the weights of {declaration.label} are gone; run it again with --again")
    return found


def prepared(declaration: Declaration, progress: bool) -> tuple[Corpus, Split, np.ndarray, np.ndarray]:
    """Corpus, fold, labels, and the rows of the training sample."""
    corpus = load(declaration.corpus, **declaration.corpus_options(), progress=progress)
    rule = protocol(declaration.protocol)
    fold = split(corpus.frames, rule, declaration.fold)
    truth = corpus.occurrence(rule.threshold)
    videos = (corpus.frames["subject"] + "/" + corpus.frames["sequence"]).to_numpy()
    drawn = sample_frames(truth[fold.train], videos[fold.train], rule.positives, rule.negatives, declaration.seed)
    return corpus, fold, truth, fold.train[drawn]


def has_points(label: str, corpus: Corpus, rows: np.ndarray, needed: Sequence[int]) -> None:
    """Raise `AulibError` naming a frame that lacks one of the landmarks that are needed."""
    lacking = ~np.isfinite(corpus.landmarks[rows][:, list(needed)]).all(axis=(1, 2))
    if lacking.any():
        frame = "/".join(map(str, corpus.frames.iloc[rows[lacking][0]][list(FRAME_KEY)]))
        raise AulibError(
            f"{label} describes faces at {len(needed)} landmarks, and {lacking.sum():,} of {len(rows):,} frames of "
            f"{corpus.name} lack some, {frame} first; complete the table of landmarks, or drop these frames from it: "
            f"a detector then looks for them when the copy is prepared --again"
        )


def build(declaration: Declaration, outputs: int):
    """The network with its seeded initial weights."""
    import torch

    what = method(declaration.method)
    torch.manual_seed(declaration.seed)
    return what.load()(
        outputs, scale=declaration.profile_spec.scale, **what.resolved_options(declaration.profile, declaration.options)
    )


def start_from(declaration: Declaration, model) -> None:
    """Take over the weights of another run wherever names and shapes agree."""
    if declaration.init_from is None:
        return
    given = needed_weights(declaration.init_from)
    own = model.state_dict()
    shared = {name: tensor for name, tensor in given.items() if name in own and own[name].shape == tensor.shape}
    if not shared:
        raise AulibError(
            f"{declaration.label} starts from {declaration.init_from.label}, but no weight of the two has "
            f"the same name and shape"
        )
    model.load_state_dict(shared, strict=False)


def sigmoid(decision: np.ndarray) -> np.ndarray:
    """Decision values to (0, 1), zero to one half, so that one threshold serves every method."""
    return 1 / (1 + np.exp(-np.clip(decision, -30, 30)))


def train_or_resume(
    fabric,
    declaration: Declaration,
    model,
    examples: Examples | Videos,
    stages: tuple[Stage, ...],
    deadline: float | None,
    progress: bool,
    started: float,
) -> tuple[dict[str, np.ndarray], float] | None:
    """Train a network, or go on where an earlier call stopped.

    Returns
    -------
    history : dict of ndarray
    earlier : float
        Seconds that earlier calls spent.  None in place of both if it was stopped again.
    """
    from aulib.training.checkpoint import Checkpoint
    from aulib.training.loop import Stopped, fit

    folder = results.partial_of(declaration)
    state = Checkpoint(folder, fabric.global_rank == 0, results.made_from(declaration), started)
    try:
        history = fit(
            model,
            examples,
            stages,
            declaration.recipe,
            image_steps=declaration.image_steps,
            seed=declaration.seed,
            fabric=fabric,
            checkpoint=state,
            deadline=deadline,
            progress=progress,
            title=declaration.label,
        )
    except Stopped as stop:
        if fabric.global_rank == 0:
            print(f"{declaration.label}: {stop}; run the same command again to go on", file=sys.stderr)
        return None
    except OSError as error:
        raise results.storage_error(results.partial_of(declaration), error) from error
    return history.arrays(), state.earlier


def write(declaration: Declaration, about: dict[str, Any], files: dict[str, Any]) -> results.Record:
    """Write the record and forget the checkpoint."""
    record = results.write(declaration, about, files)
    shutil.rmtree(results.partial_of(declaration), ignore_errors=True)
    return record
