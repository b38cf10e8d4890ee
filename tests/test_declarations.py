"""Declarations: what of a run is in its key, how densely its corpus is taken, and how much of a face it sees."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from aulib import data_commands
from aulib.__main__ import main
from aulib.declarations import Declaration, _said, corpus_identifier
from aulib.experiments import Study
from aulib.methods import METHODS
from aulib.profiles import PROFILES, profile
from aulib.recipes import OURS, PAPER_LSTM
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
    plain, read = one(method="hybrid"), one(method="hybrid", reads=(first, second))
    assert "reads" not in plain.resolved and read.resolved["reads"] == [first.key, second.key]
    keys = {run.key for run in (plain, read, replace(read, reads=(second, first)), replace(read, reads=(first,)))}
    assert len(keys) == 4
    renamed = replace(read, reads=(replace(first, label="y", probes=("validation",)), second))
    assert renamed.key == read.key  # labels and probes are in no key


def test_watched_frames_are_in_the_key_and_none_leave_no_trace():
    assert "watch" not in one().resolved and one(watch=1000).resolved["watch"] == 1000
    assert len({one(watch=watch).key for watch in (0, 500, 1000)}) == 3


def test_what_was_learnt_to_say_later_is_left_out_where_it_is_not_said():
    plain = _said(asdict(OURS))
    assert asdict(OURS).keys() - plain.keys() == {"drop", "clip"}
    assert plain == {key: value for key, value in asdict(OURS).items() if key in plain}
    said = _said(asdict(PAPER_LSTM))
    assert (said["drop"], said["clip"]) == (0.97, 5.0)
    assert "drop" not in one().resolved["recipe"] and one(method="lstm").resolved["recipe"]["clip"] == 5.0
    stage = one(method="anet-momu").resolved["stages"][0]
    assert "sampler_options" not in stage and stage["sampler"] == "momu"


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
    assert (study.among("synth-bp4d"), study.among("synth-gft")) == (bp4d, gft)


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
