"""Ablations: a file says all of it, what cannot be is one line, and a run that the paper made is not trained again."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, replace

import numpy as np
import pytest
import yaml

from aubook import ablations, papers
from aubook.ablations import ablation
from aulib import losses, paths
from aulib.__main__ import main
from aulib.errors import AulibError
from aulib.runs import changes, results
from aulib.runs.declaration import Declaration
from aulib.runs.methods import METHODS
from aulib.runs.profiles import PROFILES
from aulib.samplers import SAMPLERS
from aulib.training.recipes import Recipe
from tests import toys

GRID = {"question": "How many?", "method": "drml", "corpus": "synth-bp4d", "protocol": "drml-bp4d",
        "knob": "option.grid", "values": [4, 8]}  # fmt: skip
TOY = {"question": "How fast?", "method": "toy-one", "corpus": "toy", "protocol": "toy", "profile": "toy",
       "knob": "recipe.learning_rate", "values": [0.01, 0.0001, 0.00001], "metric": ["auc", "f1"]}  # fmt: skip


def written(folder, said, name="mine") -> str:
    """Path of a file of one's own."""
    file = folder / f"{name}.yaml"
    file.write_text(said if isinstance(said, str) else yaml.safe_dump(said, sort_keys=False))
    return str(file)


# Changes of a declaration.


def drml(**more) -> Declaration:
    return replace(papers.find("drml", "laptop", "drml-fold1-seed0"), **more)


@pytest.mark.parametrize("change", [
    {"recipe.learning_rate": 0.01}, {"recipe.batch": 8}, {"recipe.optimiser": "sgd"}, {"recipe.weight_decay": 0},
    {"loss": "cross_entropy_over_all_labels"}, {"sampler": "momu"}, {"sampler": "momu", "sampler.samples": 8},
    {"option.grid": 4},
])  # fmt: skip
def test_a_change_is_another_run(change):
    assert drml(change=change).key != drml().key


@pytest.mark.parametrize("change", [
    {}, {"option.grid": 8}, {"sampler": "random"}, {"recipe.learning_rate": 5e-4}, {"loss": changes.LOSSES[0]},
])  # fmt: skip
def test_a_change_that_changes_nothing_is_the_same_run(change):
    assert drml(change=change).key == drml().key


def test_a_method_with_another_sampler_is_the_method_of_that_name():
    for sampler in ("stratified", "momu"):
        run = papers.find("hybrid", "laptop", "anet-gft-10-fold1-seed0")
        assert (
            replace(run, change={"sampler": sampler}).key
            == papers.find("hybrid", "laptop", f"anet-{sampler}-gft-10-fold1-seed0").key
        )
    own = replace(run, change={"sampler": "momu", "sampler.samples": 4})
    assert own.key == replace(run, change={"sampler": "momu"}).key, "the sampler's own default"


def test_changes_reach_what_trains():
    run = drml(
        change={"recipe.batch": 7, "sampler": "momu", "sampler.samples": 2, "option.grid": 4, "loss": changes.LOSSES[1]}
    )
    (stage,) = run.stages
    assert (run.recipe.batch, stage.sampler, dict(stage.sampler_options)) == (7, "momu", {"samples": 2})
    assert stage.loss == changes.LOSSES[1] and run.options == {"grid": 4}
    assert replace(run, label="again").key == run.key


@pytest.mark.parametrize("change, words", [
    ({"option.grid": 3}, "option.grid is 3; expected 1, 2, 4"),
    ({"option.grit": 4}, "unknown change of method 'drml' 'option.grit'; did you mean 'option.grid'"),
    ({"recipe.learning_rate": "fast"}, r"recipe.learning_rate is 'fast' \(str\); expected a number above 0"),
    ({"sampler": "momo"}, "sampler is 'momo'; expected 'random', 'stratified' or 'momu'"),
    ({"sampler.samples": 4}, "unknown change of method 'drml' 'sampler.samples'"),
    ({"loss": "margin_loss"}, "loss is 'margin_loss'; expected 'multi_label_cross_entropy' or"),
    ({"recipe.schedule": "steps"}, "recipe.schedule is 'steps', which needs recipe.drop_every"),
])  # fmt: skip
def test_a_change_that_cannot_be(change, words):
    with pytest.raises(AulibError, match=words):
        drml(change=change)


def test_what_changes_can_be_is_what_the_code_takes():
    """The lists stand in a module that must not import torch or Numba."""
    assert set(changes.RECIPE) == {field.name for field in fields(Recipe)}
    assert set(changes.SAMPLERS) == set(SAMPLERS) and all(hasattr(losses, name) for name in changes.LOSSES)
    for name, options in changes.SAMPLERS.items():
        taken = {p.name: p.default for p in inspect.signature(SAMPLERS[name]).parameters.values()
                 if p.kind is p.KEYWORD_ONLY}  # fmt: skip
        assert taken == {option: changes.SAMPLER_DEFAULTS[option] for option in options}
    for what in METHODS.values():
        for profile in PROFILES:
            for key, allowed in changes.knobs(what, profile).items():
                if key.startswith("recipe."):
                    allowed(getattr(what.recipe(profile), key.removeprefix("recipe.")), key)


# Files.


def test_the_three_that_ship():
    assert set(ablations.names()) >= {"drml-grid", "anet-sampler", "threshold"}
    for profile in PROFILES:
        for name in ("drml-grid", "anet-sampler", "threshold"):
            assert ablation(name, profile).runs


def test_a_run_of_the_paper_is_used_and_keeps_its_label():
    grid, paper = ablation("drml-grid"), papers.declarations("drml", "laptop")
    labels = {value: [run.label for run in runs] for value, runs in grid.declared.items()}
    assert (
        labels[8] == ["drml-fold1-seed0"] and labels[5] == ["drml-grid5"] and labels[4] == ["drml-grid-4-fold1-seed0"]
    )
    assert grid.declared[8][0] == paper["drml-fold1-seed0"]
    assert not grid.declared[4][0].test_on and not grid.declared[4][0].probes
    assert [run.label for run in ablation("anet-sampler").runs] == [
        f"anet{words}-gft-10-fold1-seed0" for words in ("", "-stratified", "-momu")
    ]


def test_nothing_is_trained_where_the_paper_has_it_all(home, monkeypatch):
    monkeypatch.setenv("AULIB_RESULTS", str(paths.PACKAGE.parent / "results"))
    assert ablation("anet-sampler").to_make() == [] == ablation("threshold").to_make()
    assert [run.label for run in ablation("drml-grid").to_make()] == [f"drml-grid-{n}-fold1-seed0" for n in (1, 2, 4)]


def test_the_same_runs_read_twice(home, monkeypatch):
    monkeypatch.setenv("AULIB_RESULTS", str(paths.PACKAGE.parent / "results"))
    study = ablation("threshold")
    assert len(study.runs) == 1
    scores = study.scores()
    half, tuned = scores[0.5], scores["tuned"]
    assert half.per_au("auc") == pytest.approx(tuned.per_au("auc"), abs=1e-4)
    assert half.per_au("f1") != tuned.per_au("f1")
    assert study.reference == 0.5 and "one half" in study.table().frame.columns[2]


def test_a_missing_run_shows_how_long_it_takes(home, monkeypatch):
    monkeypatch.setenv("AULIB_RESULTS", str(paths.PACKAGE.parent / "results"))
    frame = ablation("drml-grid").table().frame
    assert frame.loc["4 × 4", "runs"].startswith("0 of 1; not run, some ") and frame.loc["4 × 4", "state"] == "not run"
    assert frame.loc["5 × 5", "runs"] == "1 of 1" and frame.index[4] == "8 × 8, as printed"
    text = str(ablation("drml-grid").table())
    assert "python -m aulib ablate drml-grid --profile laptop" in text and "1 seed of 3" in text


def test_other_folds_and_seeds_move_the_runs_that_are_read():
    said = {
        "method": "lstm",
        "corpus": "synth-bp4d",
        "protocol": "hybrid-bp4d-3",
        "knob": "option.layers",
        "values": [1, 2],
    }
    study = ablations.Ablation("x", "x.yaml", "?", **said, folds=(1, 3), seeds=(0, 4))
    assert len(study.runs) == 8
    for runs in study.declared.values():
        assert [(run.seed, run.fold) for run in runs] == [(0, 1), (0, 3), (4, 1), (4, 3)]
        for run in runs:
            (anet,) = run.depends_on
            assert (anet.seed, anet.fold) == (run.seed, run.fold) and anet.init_from.label == "anet-start"
            assert anet.init_from.seed == 0 and anet.label == f"anet-bp4d-3-fold{run.fold}-seed{run.seed}"


@pytest.mark.parametrize("change, words", [
    ({"values": [4, 3]}, "key 'values': method 'drml': option.grid is 3; expected 1, 2, 4, 5, 8"),
    ({"values": 4}, "key 'values' is 4; expected a list"),
    ({"values": []}, "key 'values' is []; expected a list"),
    ({"values": [4, 4]}, "key 'values': [4, 4] names something twice"),
    ({"values": [[4]]}, "key 'values': [4] is no single value"),
    ({"knob": "grid"}, "key 'knob': unknown knob of method 'drml' 'grid'"),
    ({"knob": "threshold", "values": [0.5, 0.4]}, "key 'values': threshold is 0.4; expected 0.5 or 'tuned'"),
    ({"knob": "corpus", "values": ["", "+idn"]}, "key 'values': unknown twin 'idn'; di"),
    ({"knob": "corpus", "values": ["", "synth-disfa"]}, "key 'values': corpus 'synth-disfa' does not code the AUs of"),
    ({"knob": "budget", "values": [1, 0]}, "key 'values': budget is 0; expected a number above 0"),
    ({"method": "drmi"}, "key 'method': unknown method 'drmi'; did you mean 'drml'"),
    ({"method": ["drml"]}, "key 'method' is ['drml']; expected words"),
    ({"corpus": "bp5d"}, "key 'corpus': unknown corpus 'bp5d'"),
    ({"protocol": "drml"}, "key 'protocol': unknown protocol 'drml'"),
    ({"profile": "desktop"}, "key 'profile': unknown profile 'desktop'"),
    ({"metric": "f2"}, "key 'metric': unknown metric 'f2'"),
    ({"folds": [4]}, "key 'folds': fold of protocol drml-bp4d is 4; expected a whole number, 1 to 3"),
    ({"seeds": [-1]}, "key 'seeds': seed is -1"),
    ({"names": {9: "nine"}}, "key 'names' is {9: 'nine'}; expected words for some of the values"),
    ({"valeus": [1]}, "unknown key 'valeus'; did you mean 'values'"),
    ({"knob": None}, "key 'knob' is None; expected words"),
])  # fmt: skip
def test_what_cannot_be_is_one_line_with_file_key_and_value(change, words, home, capsys):
    file = written(home, GRID | change)
    assert main(["ablate", file, "--profile", "smoke"] if "profile" not in change else ["ablate", file]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"aulib: {file}: ") and words in error and error.count("\n") == 1
    assert [path.name for path in home.iterdir()] == ["mine.yaml"], "nothing was loaded"


@pytest.mark.parametrize("text, words", [
    ("a: [1", "mine.yaml, line 1: no YAML"), ("- 1", "mine.yaml: expected keys question, method"),
    ("question: x", "mine.yaml: key 'method' is missing"), ("", "mine.yaml: expected keys"),
])  # fmt: skip
def test_a_file_that_is_none(text, words, home, capsys):
    assert main(["ablate", written(home, text)]) == 1
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


@pytest.mark.parametrize("asked, words", [
    (["drml-grit"], "unknown ablation 'drml-grit'; did you mean 'drml-grid'"),
    (["no/such.yaml"], "no/such.yaml: cannot be read (No such file or directory)"),
    (["drml-grid", "--folds", "9"], "drml-grid.yaml: key 'folds': fold of protocol drml-bp4d is 9"),
    (["drml-grid", "--plot", "/no/where/x.png"], "--plot /no/where/x.png: there is no folder /no/where"),
])  # fmt: skip
def test_a_wrong_call_is_one_line(asked, words, home, capsys):
    assert main(["ablate", *asked]) == 1
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


# A whole one, with the toy corpus.


def test_from_file_to_table_and_plot(toy, capsys):
    file = written(toy, TOY)
    picture = toy / "plot.png"
    assert main(["ablate", file, "--yes", "--quiet", "--plot", str(picture)]) == 0
    said = capsys.readouterr().out
    assert "3 runs to make (mine, profile toy); nobody knows how long they take" in said
    assert picture.read_bytes().startswith(b"\x89PNG")
    study = ablation(file)
    frame = study.table().frame
    assert list(frame.index) == ["0.01", "0.0001", "1e-05"] and set(frame["runs"]) == {"1 of 1"}
    record = results.find(study.declared[0.01][0])
    assert record.key == toys.declaration().key, "0.01 is the rate of the toy's own recipe"
    fast, slow = (study.scores()[rate].mean("auc").value for rate in (0.01, 0.00001))
    assert fast > slow + 5, "a network that hardly moves is worse"
    assert frame.iloc[0, 0].startswith(f"{fast:.1f} (")
    assert study.reference == 0.01 and frame.columns[2] == "AUC, minus 0.01"
    plot = study.plot()
    assert plot.alt.startswith("AUC, mean over AUs in percent, by learning rate: 1e-05 ")
    assert "Data: Toy" in plot.lines[0] and "How fast?" in "".join(plot.lines)
    minus = study.plot(difference=True).alt
    assert re.match(r"AUC, .*, minus that of 0.01, in points\. 0.0001 -\d+\.\d, 1e-05 -\d", minus)
    assert main(["ablate", file, "--quiet", "--format", "csv"]) == 0
    again = capsys.readouterr().out
    assert "to make" not in again and "learning rate,AUC,F1-frame" in again
    assert main(["ablate", file, "--dry-run", "--seeds", "3", "--format", "markdown"]) == 0
    row = "| 0.0001 | – | – | – | not run | 0 of 1; not run, some 1 min |"
    assert row in capsys.readouterr().out, "runs like it say how long"


def test_losses_and_options_of_a_toy_are_trained_as_told(toy):
    base = toys.declaration()
    from aulib.runs.run import run

    plain = run(base, progress=False)
    for change in ({"loss": changes.LOSSES[1]}, {"sampler": "momu"}, {"recipe.batch": 8}, {"option.dropout": 0.9}):
        other = run(replace(base, change=change, label="other"), progress=False)
        assert other.digest != plain.digest
    steps = len(run(replace(base, change={"recipe.batch": 8}), progress=False).arrays("history")["loss"])
    assert steps == 2 * len(plain.arrays("history")["loss"])


def test_own_runs_are_in_the_status_and_in_the_report(toy, capsys):
    (toy / "ablations").mkdir()
    written(toy / "ablations", TOY | {"values": [0.02]}, "toy-rate")
    ablation("toy-rate").run(progress=False, say=False)
    assert main(["status", "--paper", "ablations", "--profile", "toy"]) == 0
    said = capsys.readouterr().out
    assert "toy-rate-0.02-fold1-seed0" in said and " done " in said and "python -m aulib ablate drml-grid" in said
    assert main(["report", "ablations", "toy-rate", "--profile", "toy"]) == 0
    assert "How fast?" in capsys.readouterr().out
    (toy / "ablations" / "toy-rate.yaml").unlink()
    assert main(["status", "--paper", "ablations", "--profile", "toy"]) == 0
    assert "other      no file declares it" in capsys.readouterr().out


def test_knobs_of_a_method_are_told_from_code():
    frame = ablations.knob_table("anet").frame
    assert frame.loc["recipe.learning_rate"].tolist() == ["0.001", "a number above 0"]
    assert frame.loc["sampler", "values"] == "'random', 'stratified' or 'momu'"
    assert "recipe.batch" not in ablations.knob_table("lsvm").frame.index
    assert np.all(frame["values"].str.len() > 0)
