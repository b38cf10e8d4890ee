"""The loop: early stopping, mixed precision, schedules, recipes, losses that explode."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from aulib.aus import UNKNOWN
from aulib.errors import AulibError, InputError
from aulib.runs.declaration import _said
from aulib.runs.methods import METHODS
from aulib.training.checkpoint import Checkpoint
from aulib.training.examples import Examples
from aulib.training.inputs import Inputs
from aulib.training.loop import _StageLoop, fit, optimiser, schedule
from aulib.training.prediction import predict
from aulib.training.recipes import PAPER, Stage
from tests import toys


def trained(recipe=toys.RECIPE, precision="32-true", stages=toys.ONE.stages, steps=40, shuffled=False, validation=None):
    corpus, rows = toys.corpus(), np.arange(192)
    truth = corpus.occurrence()
    if shuffled:
        truth = truth[np.random.default_rng(1).permutation(len(truth))]
    torch.manual_seed(0)
    model = toys.TinyNet(3)
    inputs = Inputs(corpus.faces, 20, 20, Inputs.mean_image(corpus.faces, rows, 20), 58.0)
    chosen_by = truth[192:] if validation is None else np.full_like(truth[192:], validation)
    examples = Examples(inputs, rows, truth[:192], np.arange(192, 288), chosen_by)
    fabric = Fabric(accelerator="cpu", devices=1, precision=precision)
    history = fit(model, examples, stages, recipe, image_steps=16 * steps, seed=0, fabric=fabric, progress=False)
    return model, inputs, history, fabric


def test_patience_stops_a_network_that_no_longer_improves():
    recipe = replace(toys.RECIPE, patience=2, evaluations=20)
    history = trained(recipe, steps=200, shuffled=True)[2]
    assert len(history.loss) < 200
    assert len(history.validation) - 1 - int(np.argmax(history.validation)) == 2


def test_the_weights_of_the_best_evaluation_are_kept():
    from aulib import metrics

    model, inputs, history, fabric = trained()
    corpus = toys.corpus()
    scores = predict(model, inputs, np.arange(192, 288), fabric)
    auc = np.nanmean(metrics.auc(corpus.occurrence()[192:], scores))
    assert auc == pytest.approx(max(history.validation), abs=1e-6)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("label", [0, 1, UNKNOWN])
@pytest.mark.parametrize("stages", [toys.ONE.stages, toys.TWO.stages])
def test_validation_labels_that_choose_nothing_keep_the_last_weights(label, stages, capsys):
    """Patience of one evaluation once ended such a training at its second, without a word."""
    recipe = replace(toys.RECIPE, patience=1, evaluations=5)
    model, _, history, _ = trained(recipe, stages=stages, validation=label)
    assert len(history.loss) == 40 and np.isnan(history.validation).all() and len(history.evaluated) >= 5
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert (
        "warning: no AU is both present and absent in the 96 validation frames" in said and "the last are kept" in said
    )
    # the same training with one evaluation, after its last step, has nothing to choose from either
    last = trained(replace(recipe, patience=0, evaluations=1), stages=stages)[0]
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, last.state_dict()[name], rtol=0, atol=0)
    assert "warning" not in capsys.readouterr().err


def test_an_undefined_evaluation_is_never_the_best_and_wears_out_no_patience():
    model = torch.nn.Linear(1, 1, bias=False)
    state = Checkpoint(None, writes=False)
    nan, stop = float("nan"), _StageLoop.__new__(_StageLoop)
    stop.history, stop.number, stop.recipe = state.history, 1, replace(toys.RECIPE, patience=2)
    kept, stopped = [], []
    for step, auc in enumerate([nan, nan, nan, 0.6, nan, 0.5, nan, 0.7, nan, nan, 0.7, 0.6, nan]):
        torch.nn.init.constant_(model.weight, step)
        state.keep_best(model, auc, 1)
        state.history.validation.append(auc)
        state.history.stage_of_evaluation.append(1)
        kept.append(int(state.best["weight"].item()))
        stopped.append(stop._out_of_patience())
    assert kept == [0, 1, 2, 3, 3, 3, 3, 7, 7, 7, 7, 7, 7]
    assert stopped == [False] * 11 + [True, True], "two defined evaluations that were no better"
    state.keep_best(model, nan, 2)
    assert state.best["weight"].item() == 12, "the next stage begins anew"


def test_validation_labels_that_are_none_are_refused_before_the_first_step():
    with pytest.raises(InputError, match="validation labels hold 9"):
        trained(validation=9, steps=10**6)
    with pytest.raises(InputError, match="image_steps is 0; expected a whole number, 1 or more"):
        trained(steps=0)
    with pytest.raises(InputError, match="evaluations is 0; expected"):
        trained(replace(toys.RECIPE, evaluations=0))


def test_a_network_that_says_nan_names_the_learning_rate():
    """The last step can spoil the weights after a loss that was finite."""
    recipe = replace(toys.RECIPE, optimiser="sgd", learning_rate=1e38, warmup=0)
    with pytest.raises(
        AulibError, match=r"says NaN of validation frames after step 1: lower the learning rate \(1e\+38\)"
    ):
        trained(recipe, steps=1)


def test_mixed_precision_learns_as_well():
    assert max(trained(precision="bf16-mixed")[2].validation) > 0.9


def test_a_loss_that_is_not_finite_names_the_learning_rate():
    with pytest.raises(AulibError, match=r"the loss is (nan|inf) at step \d+: lower the learning rate"):
        trained(replace(toys.RECIPE, optimiser="sgd", learning_rate=1e18, warmup=0))


def test_shares_must_sum_to_one():
    with pytest.raises(AulibError, match=r"shares of the stages sum to 0.5"):
        trained(stages=(Stage("half", share=0.5),))


def test_a_stage_that_trains_nothing():
    with pytest.raises(AulibError, match="trains no parameter"):
        trained(stages=(Stage("typo", trains=("haed.",)),))


def test_schedules():
    assert [schedule(PAPER, step, 9999) for step in (0, 3999, 4000, 8000)] == pytest.approx([1, 1, 0.1, 0.01])
    cosine = replace(toys.RECIPE, warmup=10)
    assert schedule(cosine, 0, 100) == pytest.approx(0.1 * 0.5 * 2, rel=1e-3)
    assert schedule(cosine, 50, 100) == pytest.approx(0.5)
    assert schedule(cosine, 100, 100) == pytest.approx(0)


def test_the_papers_recipe_treats_biases_as_caffe_does():
    groups = optimiser(toys.TinyNet(3), PAPER).param_groups
    weights, biases = groups
    assert (weights["lr"], weights["weight_decay"], weights["momentum"]) == (1e-3, 5e-4, 0.9)
    assert (biases["lr"], biases["weight_decay"]) == (2e-3, 0.0)
    assert all(p.ndim == 1 for p in biases["params"])


@pytest.mark.parametrize("name", [m.name for m in METHODS.values() if m.kind == "network"])
def test_every_method_has_a_recipe_under_every_profile(name):
    assert METHODS[name].recipe("paper").optimiser == "sgd"
    assert METHODS[name].recipe("laptop").optimiser == "adamw"
    assert METHODS[name].resolved_options("paper", {}).get("init", "caffe") == "caffe"


@pytest.mark.parametrize("method, width", [("forward", 3), ("features", 16)])
def test_nobody_to_be_tested_gives_no_scores(method, width):
    model, inputs, _, fabric = trained(steps=1)
    assert predict(model, inputs, np.empty(0, int), fabric, method=method).shape == (0, width)


@pytest.mark.parametrize("name, options", [("stratified", {}), ("momu", {"samples": 2})])
def test_a_stage_chooses_its_sampler_and_its_options(name, options):
    stage = Stage("all", sampler=name, sampler_options=options)
    _, _, history, _ = trained(stages=(stage,), steps=60)
    assert history.loss[-10:] and np.mean(history.loss[-10:]) < np.mean(history.loss[:10])
    with pytest.raises(TypeError, match="nosuch"):
        trained(stages=(Stage("all", sampler=name, sampler_options={"nosuch": 1}),), steps=1)


def test_an_option_of_a_sampler_is_in_the_key():
    plain = _said(asdict(Stage("all")))
    assert "sampler_options" not in plain, "stages of earlier records have no such entry"
    other = Stage("all", sampler="momu", sampler_options={"samples": 2})
    assert _said(asdict(other))["sampler_options"] == {"samples": 2}
