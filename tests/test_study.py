"""What the notebooks' parameter `corpus` does: each chosen corpus takes the place of its stand-in, and never mixes."""

from __future__ import annotations

import fnmatch
import re

import numpy as np
import pytest

from aubook import papers
from aubook.engine.tables import build
from aubook.notebook import reads, start, train
from aubook.study import Study
from aulib import paths
from aulib.errors import AulibError

SOURCE, TARGET = "synth-bp4d", "synth-disfa"


@pytest.mark.parametrize("corpus, source, target", [
    (None, "synth-bp4d", "synth-disfa"),
    ("synth-bp4d+ind", "synth-bp4d+ind", "synth-disfa"),
    ("bp4d", "bp4d", None),
    ("bp4d,disfa", "bp4d", "disfa"),
    ("disfa, bp4d", "bp4d", "disfa"),
    ("bp4d-plus", "bp4d-plus", None),
    ("synth-bp4d,synth-disfa+move=2", "synth-bp4d", "synth-disfa+move=2"),
])  # fmt: skip
def test_each_corpus_takes_the_place_of_its_stand_in(corpus, source, target):
    study = Study("laptop", corpus=corpus)
    assert study.source(SOURCE) == source
    assert study.target(source, TARGET) == target


def test_a_corpus_that_does_not_fit():
    with pytest.raises(AulibError, match="corpus 'fera2017' cannot take the place of 'synth-bp4d': it codes AUs 1, 4"):
        Study("laptop", corpus="fera2017").source(SOURCE)


def test_drawn_and_real_faces_are_never_in_one_table(home):
    study = Study("laptop", corpus="bp4d")
    runs = papers.declarations("drml", study)
    assert {run.corpus for run in runs.values()} == {"bp4d"} and not any(run.test_on for run in runs.values())
    table = build("drml", "table3", study)
    assert "name both, for instance corpus = 'bp4d,disfa'" in str(table)
    both = papers.declarations("drml", Study("laptop", corpus="bp4d,disfa"))
    assert {run.test_on for run in both.values() if run.label.startswith("drml-fold")} == {(("disfa", "drml-disfa"),)}


def test_a_copy_read_otherwise_is_another_run(monkeypatch, tmp_path):
    def key():
        return papers.declarations("drml", Study("laptop", corpus="bp4d"))["drml-fold1-seed0"].resolved["corpus"]

    assert key() == "bp4d-r2-24x100"
    papers._declared.cache_clear()
    (tmp_path / "corpora.yaml").write_text("bp4d: {path: /data, options: {image_offset: -1}}\n")
    monkeypatch.setenv("AULIB_CONFIG", str(tmp_path / "corpora.yaml"))
    assert key() == "bp4d-r2-24x100+image_offset=-1"
    papers._declared.cache_clear()


@pytest.mark.parametrize("given, words", [
    ({"seed": "0"}, r"seed is '0' \(str\); expected a whole number, 0 to 4294967295"),
    ({"seed": True}, r"seed is True \(bool\)"),
    ({"seed": 1.0}, r"seed is 1.0 \(float\)"),
    ({"seed": -1}, "seed is -1;"),
    ({"profile": "smok"}, "unknown profile 'smok'; did you mean 'smoke'"),
    ({"profile": None}, "unknown profile None"),
    ({"corpus": "synth-bp4d+foo"}, "unknown twin 'foo'"),
    ({"corpus": ["bp4d", "disfa"]}, r"corpus is \['bp4d', 'disfa'\] \(list\); expected names in one text"),
    ({"corpus": " , "}, "corpus is ' , '"),
    ({"home": __file__}, r"AULIB_HOME names .*test_study\.py, which is no folder"),
])  # fmt: skip
def test_a_notebook_refuses_a_wrong_parameter(given, words, monkeypatch, tmp_path):
    monkeypatch.setenv("AULIB_HOME", str(tmp_path))  # so that what start sets is taken back
    with pytest.raises(AulibError, match=words):
        start(**{"profile": "smoke"} | given)


def test_a_seed_of_numpy_is_the_same_seed(home, monkeypatch, capsys):
    runs = [papers.declarations("drml", start("smoke", seed)) for seed in (3, np.int64(3))]
    assert [run.key for run in runs[0].values()] == [run.key for run in runs[1].values()]


def test_the_home_of_a_notebook_does_not_wander(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("AULIB_HOME", "")
    monkeypatch.delenv("AULIB_RUNS", raising=False)
    monkeypatch.chdir(tmp_path)
    start("smoke", home="drive/mine")
    monkeypatch.chdir("/")
    assert paths.runs() == tmp_path / "drive" / "mine" / "runs"


# retrain


@pytest.fixture
def runs_made(monkeypatch):
    """What would be trained, and how it was asked for; nothing is."""
    made = []
    monkeypatch.setattr("aulib.runs.run.run", lambda run, **options: made.append((run.label, options)))
    return made


def test_a_notebook_trains_what_it_reads_again_though_records_are_there(home, runs_made, monkeypatch, capsys):
    monkeypatch.setenv("AULIB_RESULTS", str(paths.PACKAGE.parent / "results"))
    train(Study("laptop"), "drml_speed")
    assert runs_made == [("timing", {"force": True, "again": True})]
    said = capsys.readouterr().out
    assert re.match(
        r"1 runs to train \(drml_speed, profile laptop, fold 1, seed 0\); records of such runs took some", said
    )


def test_whose_weights_it_needs_are_made_first_but_not_again(home, runs_made):
    train(Study("laptop"), "hybrid_representations")
    assert [label for label, _ in runs_made] == [
        "anet-start", "anet-bp4d-3-fold1-seed0", "anet-gft-3-fold1-seed0", "representations-bp4d",
        "representations-gft",
    ]  # fmt: skip
    assert runs_made[0][1] == {"force": True, "weights": True}
    assert all(options == {"force": True, "again": True} for _, options in runs_made[1:])


def test_by_default_the_first_fold_and_seed_are_trained_and_more_if_asked():
    study = Study("gpu")
    labels = [run.label for run in reads(study, "drml_detection")]
    assert len(labels) == 6 and all(label.endswith("-fold1-seed0") for label in labels)
    assert len(reads(study, "drml_detection", folds=(1, 3), seeds=(0, 2))) == 24
    assert {run.seed for run in reads(Study("gpu", seed=5), "drml_detection")} == {5}


@pytest.mark.parametrize("given, words", [
    ({"notebook": "drml_detektion"}, "unknown notebook that reads runs 'drml_detektion'; did you"),
    ({"folds": (4,)}, "fold 4: under profile laptop notebook drml_detection reads folds 1 only"),
    ({"seeds": (0, 7)}, "seed 7: under profile laptop notebook drml_detection reads seeds 0 only"),
])  # fmt: skip
def test_what_no_notebook_reads_is_not_trained(given, words, home, runs_made):
    with pytest.raises(AulibError, match=words):
        train(Study("laptop"), **({"notebook": "drml_detection"} | given))
    assert not runs_made


def test_every_pattern_names_runs_and_every_notebook_is_there():
    import yaml

    root = paths.PACKAGE.parent
    for name, said in yaml.safe_load((root / "aubook/papers/reads.yaml").read_text()).items():
        assert (root / "notebooks" / f"{name}.ipynb").is_file()
        for profile in ("laptop", "gpu"):
            labels = papers.declarations(said["paper"], profile)
            for pattern in said["runs"]:
                assert fnmatch.filter(labels, pattern), f"{name}: {pattern}"
