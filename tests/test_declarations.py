"""Declarations: what of a run is in its key, how densely its corpus is taken, and how much of a face it sees."""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict, replace

import numpy as np
import pytest

from aubook import data_commands, papers
from aubook.study import Study
from aulib.__main__ import main
from aulib.errors import AulibError
from aulib.runs.asked import check
from aulib.runs.declaration import Declaration, _said, corpus_identifier
from aulib.runs.methods import METHODS
from aulib.runs.options import ALLOWED
from aulib.runs.profiles import PROFILES, profile
from aulib.runs.run import run as made
from aulib.training.recipes import OURS, PAPER_LSTM
from tests import toys


def one(**changes) -> Declaration:
    given = {"method": "anet", "corpus": "synth-bp4d", "protocol": "hybrid-bp4d-3", "profile": "laptop", **changes}
    return Declaration(given.pop("label", "x"), **given)


# Density.


@pytest.mark.parametrize("corpus, profile_name, plain, dense", [
    ("synth-bp4d", "laptop", 24, 72), ("synth-gft", "laptop", 60, 240), ("synth-bp4d-plus", "smoke", 1, 2),
    ("synth-bp4d+ind", "laptop", 24, 72), ("synth-bp4d", "gpu", 120, None),
    ("synth-disfa", "laptop", 120, 120), ("synth-gft", "paper", None, None),
])  # fmt: skip
def test_video_takes_the_frames_as_densely_as_the_profile_says(corpus, profile_name, plain, dense):
    budget = profile(profile_name)
    runs = [one(corpus=corpus, profile=profile_name, video=video) for video in (False, True)]
    for run, frames in zip(runs, (plain, dense), strict=True):
        size = f"-{'all' if frames is None else frames}x{budget.side}"
        assert run.corpus_options() == {"frames_per_sequence": frames, "side": budget.side}
        assert size in corpus_identifier(corpus, budget, run.video) == run.resolved["corpus"]
    assert (runs[0].key == runs[1].key) == (plain == dense)


def test_a_licensed_corpus_is_as_dense_as_its_stand_in():
    for name, stand_in in (("bp4d", "synth-bp4d"), ("gft", "synth-gft"), ("bp4d-plus", "synth-bp4d-plus")):
        for video in (False, True):
            assert profile("laptop").corpus_options(name, video) == profile("laptop").corpus_options(stand_in, video)


def test_a_corpus_that_is_tested_besides_keeps_its_ordinary_density():
    run = one(corpus="synth-gft", video=True, test_on=(("synth-bp4d-plus", "hybrid-bp4d-plus-between"),))
    assert run.corpus_options()["frames_per_sequence"] == 240
    assert run.corpus_options("synth-bp4d-plus") == profile("laptop").corpus_options("synth-bp4d-plus")
    assert run.key == replace(run, test_on=()).key


# The key.


def test_what_a_run_reads_is_in_its_key_by_their_keys():
    first, second = one(seed=1), one(seed=2)
    plain, read = one(method="hybrid"), one(method="hybrid", depends_on=(first, second))
    assert "reads" not in plain.resolved and read.resolved["reads"] == [first.key, second.key]
    keys = {
        run.key for run in (plain, read, replace(read, depends_on=(second, first)), replace(read, depends_on=(first,)))
    }
    assert len(keys) == 4
    renamed = replace(read, depends_on=(replace(first, label="y", probes=("validation",)), second))
    assert renamed.key == read.key  # labels and probes are in no key


def test_watched_frames_are_in_the_key_and_none_leave_no_trace():
    assert "watch" not in one().resolved and one(track_train_f1=1000).resolved["watch"] == 1000
    assert len({one(track_train_f1=watch).key for watch in (0, 500, 1000)}) == 3


def test_what_was_learnt_to_say_later_is_left_out_where_it_is_not_said():
    plain = _said(asdict(OURS))
    assert asdict(OURS).keys() - plain.keys() == {"drop", "clip"}
    assert plain == {key: value for key, value in asdict(OURS).items() if key in plain}
    said = _said(asdict(PAPER_LSTM))
    assert (said["drop"], said["clip"]) == (0.97, 5.0)
    assert "drop" not in one().resolved["recipe"] and one(method="lstm").resolved["recipe"]["clip"] == 5.0
    stage = one(method="anet-momu").resolved["stages"][0]
    assert "sampler_options" not in stage and stage["sampler"] == "momu"


# What cannot be.


@pytest.mark.parametrize("method, options, words", [
    ("drml", {"grid": 7}, "method 'drml': option grid is 7; expected 1, 2, 4, 5, 8, 10, 16, 20, 40 or 80"),
    ("drml", {"grid": "8"}, r"option grid is '8' \(str\)"),
    ("drml", {"skip": 1}, r"option skip is 1 \(int\); expected True or False"),
    ("drml", {"grids": 8}, "method 'drml' has no option 'grids'; it has after_pool"),
    ("anet", {"init": "kaiming"}, "option init is 'kaiming'; expected 'caffe', 'torch' or 'he'"),
    ("anet", {"dropout": 1.5}, "option dropout is 1.5; expected a number from 0 to 0.99"),
    ("anet", {"dropout": float("nan")}, "option dropout is nan"),
    ("anet", {"dropout": True}, r"option dropout is True \(bool\)"),
    ("lcn", {"reading": "c"}, "option reading is 'c'; expected 'a' or 'b'"),
    ("landmark-net", {"depth": 4}, "option depth is 4; expected a whole number, 0 to 3"),
    ("svm-hog", {"feature": "hgo"}, "option feature is 'hgo'; expected 'sift', 'fc7'"),
    ("svm-hog", {"every": 0}, "option every is 0"),
    ("lsvm", {"C": 0}, "option C is 0; expected a number above 0"),
    ("lstm", {"order": "random"}, "option order is 'random'; expected 'time' or 'shuffled'"),
    ("lstm", {"loss": "hinge"}, "option loss is 'hinge'"),
    ("lstm", {"components": -1}, "option components is -1"),
    ("lstm", {"silent": 130}, "option silent is 130.* 130 frames of a piece"),
    ("hybrid", {"fits_on": "test"}, "option fits_on is 'test'; expected 'training' or 'validation'"),
    ("timing", {"batch": 0}, "option batch is 0"),
])  # fmt: skip
def test_an_option_is_refused_where_it_is_declared(method, options, words):
    with pytest.raises(AulibError, match=words):
        one(method=method, options=options)


@pytest.mark.parametrize("changes, words", [
    ({"method": "anett"}, "unknown method 'anett'; did you mean 'anet'"),
    ({"corpus": "synth-bp4d+foo"}, "unknown twin 'foo'"),
    ({"protocol": "hybrid-bp4d-4"}, "unknown protocol 'hybrid-bp4d-4'"),
    ({"profile": "desktop"}, "unknown profile 'desktop'"),
    ({"test_on": (("synth-dsfa", "drml-disfa"),)}, "unknown corpus 'synth-dsfa'; did you mean 'synth-disfa'"),
    ({"test_on": (("synth-disfa", "drml"),)}, "unknown protocol 'drml'"),
    ({"fold": 0}, "x: fold of protocol hybrid-bp4d-3 is 0; expected a whole number, 1 to 3"),
    ({"fold": 4}, "fold of protocol hybrid-bp4d-3 is 4"),
    ({"seed": "0"}, r"x: seed is '0' \(str\); expected a whole number, 0 to 4294967295"),
    ({"seed": True}, r"seed is True \(bool\)"),
    ({"seed": np.True_}, r"seed is .*True.* \(bool"),
    ({"seed": 0.0}, r"seed is 0.0 \(float\)"),
    ({"seed": -1}, "seed is -1"),
    ({"seed": 2**32}, "seed is 4294967296"),
    ({"budget": 0}, "budget is 0; expected a number above 0"),
    ({"budget": float("inf")}, "budget is inf"),
    ({"track_train_f1": -1}, "track_train_f1 is -1"),
])  # fmt: skip
def test_a_declaration_refuses_what_would_fail_later(changes, words):
    with pytest.raises(AulibError, match=words):
        one(**changes)


def test_numbers_of_numpy_give_the_same_key():
    plain = one(method="drml", fold=2, seed=3, budget=0.5, track_train_f1=10, options={"grid": 5, "dropout": 0.25})
    given = {"fold": np.int64(2), "seed": np.uint8(3), "budget": np.float64(0.5), "track_train_f1": np.int32(10)}
    numpy = one(method="drml", **given, options={"grid": np.int64(5), "dropout": np.float64(0.25)})
    assert numpy.key == plain.key and numpy == plain
    assert one(method="drml", options={"dropout": 0}).key == one(method="drml", options={"dropout": 0.0}).key


def test_every_option_of_every_method_says_what_it_can_be():
    for what in METHODS.values():
        for profile_name in PROFILES:
            for name, value in what.resolved_options(profile_name, {}).items():
                said = ALLOWED[name](value, name)
                assert json.dumps(said) == json.dumps(value)  # so that naming a default moves no key


def test_what_options_can_be_is_what_models_take():
    """The lists stand in a module that must not import torch, beside those of the models."""
    from aulib.features import FEATURES
    from aulib.models import fillers, region, trunk

    taken = {"init": fillers.INITS, "after_pool": trunk.AFTER_POOL, "region_norm": region.NORMS}
    for name, choices in (taken | {"feature": ("sift", "fc7", *FEATURES)}).items():
        assert set(ALLOWED[name].choices) == set(choices), name
    sides = [size.region_side for size in trunk.SIZES.values()]
    assert ALLOWED["grid"].choices == tuple(n for n in range(1, 81) if all(side % n == 0 for side in sides))


@pytest.mark.parametrize("changes, words", [
    ({"probes": ("salience",)}, "x: probe 'salience' cannot be taken of method 'anet'; it can have sparsity"),
    ({"method": "lstm", "depends_on": (1,), "probes": ("saliency",)}, "method 'lstm'; it can have validation"),
    ({"method": "landmark-net", "probes": ("filters",)}, "method 'landmark-net'; probes look at faces, drop them"),
    ({"method": "lstm"}, "x: method 'lstm' reads 1 other runs, and 0 are named"),
    ({"method": "hybrid", "depends_on": (1,)}, "method 'hybrid' reads 2 other runs, and 1 are named"),
    ({"method": "svm-fc7"}, "method 'svm-fc7' reads 1 other runs"),
    ({"init_from": {"probes": ("salience",)}}, "probe 'salience'"),
])  # fmt: skip
def test_a_run_that_could_not_be_finished_is_not_begun(changes, words, home):
    if "depends_on" in changes:
        changes = changes | {"depends_on": tuple(one(seed=seed) for seed in changes["depends_on"])}
    if "init_from" in changes:
        changes = changes | {"init_from": one(**changes["init_from"])}
    with pytest.raises(AulibError, match=words):
        made(one(**changes), progress=False)
    assert not list(home.iterdir())


@pytest.mark.parametrize("asked, words", [
    ({"devices": 0}, "devices is 0"), ({"devices": "2"}, r"devices is '2' \(str\)"),
    ({"devices": 10_000}, "devices 10000: this machine has"),
    ({"accelerator": "tpu"}, "accelerator is 'tpu'; expected"),
    ({"stop_after": -1}, "stop_after is -1"), ({"stop_after": float("nan")}, "stop_after is nan"),
])  # fmt: skip
def test_a_device_that_is_not_here_is_said_before_anything_is_loaded(asked, words, home):
    with pytest.raises(AulibError, match=words):
        made(one(), progress=False, **asked)
    assert not list(home.iterdir())


def test_a_gpu_where_none_is(home):
    import torch

    missing = "mps" if torch.cuda.is_available() else "gpu"
    with pytest.raises(AulibError, match=f"accelerator {missing}: PyTorch .* finds no such GPU here; take auto or cpu"):
        made(one(), progress=False, accelerator=missing)


# Crops.


@pytest.mark.parametrize("name, sides", [("anet", (88, 176)), ("anet-momu", (88, 176)), ("drml", (85, 170))])
def test_a_method_sees_its_own_crop(name, sides):
    for profile_name, side in zip(("laptop", "gpu"), sides, strict=True):
        run = one(method=name, profile=profile_name)
        assert run.crop == run.resolved["crop"] == profile(profile_name).crop(METHODS[name].crop) == side


def test_no_crop_is_larger_than_the_face():
    for what in METHODS.values():
        for budget in PROFILES.values():
            assert 0 < budget.crop(what.crop) <= budget.side


# Studies of several corpora.


@pytest.mark.parametrize("corpus, bp4d, gft", [
    (None, "synth-bp4d", "synth-gft"),
    ("synth-bp4d+ind", "synth-bp4d+ind", "synth-gft"),
    ("synth-disfa", "synth-bp4d", "synth-gft"),
    ("gft", None, "gft"),
    ("bp4d", "bp4d", None),
    ("gft, bp4d", "bp4d", "gft"),
    ("bp4d,synth-gft", "bp4d", "synth-gft"),
])  # fmt: skip
def test_one_of_several_corpora_of_a_study(corpus, bp4d, gft):
    study = Study("laptop", corpus=corpus)
    assert (study.substitute("synth-bp4d"), study.substitute("synth-gft")) == (bp4d, gft)


# The command line.


@pytest.mark.parametrize("asked, frames", [
    ([], 4), (["--video"], 12), (["--video", "--frames", "5"], 5), (["--video", "--frames", "0"], None),
    (["--video", "--profile", "laptop"], 240),
])  # fmt: skip
def test_prepare_video(asked, frames, home, monkeypatch, capsys):
    given = {}

    def load(name, **options):
        given.update(options, name=name)
        return toys.corpus()

    monkeypatch.setattr(data_commands.datasets, "load", load)
    profile_name = [] if "--profile" in asked else ["--profile", "smoke"]
    assert main(["data", "prepare", "synth-gft", *profile_name, *asked]) == 0
    assert (given["name"], given["frames_per_sequence"], given["side"]) == ("synth-gft", frames, 100)
    assert capsys.readouterr().out


def test_every_declared_run_can_be_finished_by_a_worker_too():
    """A worker gets a copy; what it is held against was once compared by identity, and face probes were refused."""
    for run in papers.declarations("all", "smoke").values():
        assert run.method_spec and run.key
        copy = pickle.loads(pickle.dumps(run))
        assert copy == run and copy.key == run.key
        check(copy, 1, "cpu", None)
