"""Nothing old passes for new: records, checkpoints and cached activations of a corpus whose labels were changed."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from aubook import papers, states
from aulib import datasets, paths
from aulib.datasets import copies, layouts, prepared
from aulib.runs import profiles, results
from aulib.runs.declaration import Declaration
from aulib.runs.run import run
from tests import toys
from tests.datasets import made

pytest.importorskip("torch")


@pytest.fixture
def licensed(toy, monkeypatch):
    """BP4D's reader on an exported copy, small enough for the toy profile, and a function that changes its labels."""
    monkeypatch.setitem(profiles.PROFILES, "toy", replace(profiles.PROFILES["toy"], side=made.SIDE))
    folder = toy / "copy"
    corpus = made.occurrence()
    layouts.bp4d(corpus, folder)
    monkeypatch.setenv("AULIB_BP4D", str(folder))

    def change() -> None:
        for file in sorted((folder / "AUCoding" / "AU_OCC").glob("*.csv")):
            head, *rows = file.read_text().splitlines()
            swapped = [",".join([row.split(",")[0], *({"0": "1", "1": "0"}.get(c, c) for c in row.split(",")[1:])])
                       for row in rows]  # fmt: skip
            file.write_text("\n".join([head, *swapped]) + "\n")

    return change


def declared(method: str = "toy-one", **changes) -> Declaration:
    return Declaration(f"{method}-bp4d", method, "bp4d", "toy", "toy", **changes)


def prepare_again() -> None:
    options = declared().corpus_options()
    prepared.prepare(copies.copy_of("bp4d"), **options, workers=1, progress=False, again=True)


def state(declaration: Declaration, monkeypatch) -> str:
    monkeypatch.setattr(papers, "declarations", lambda paper, study: {declaration.label: declaration})
    return next(states.states("all", "toy"))[1]


def test_a_record_of_other_labels_is_stale_and_made_again(licensed, monkeypatch):
    first = run(declared(), progress=False)
    assert state(declared(), monkeypatch) == "done"
    licensed()
    assert state(declared(), monkeypatch) == "done", "what is prepared is still what was trained on"
    prepare_again()
    assert results.find(declared()) is None and state(declared(), monkeypatch) == "stale"
    second = run(declared(), progress=False)
    assert state(declared(), monkeypatch) == "done" and second.digest != first.digest
    codes = datasets.load("bp4d", **declared().corpus_options()).codes
    assert set(map(bytes, second.arrays("bp4d")["codes"])) <= set(map(bytes, codes))


def test_prepared_again_from_the_same_labels_changes_nothing(licensed, monkeypatch):
    run(declared(), progress=False)
    prepare_again()
    assert state(declared(), monkeypatch) == "done"


def test_what_builds_on_a_stale_run_is_stale_too(licensed, monkeypatch):
    monkeypatch.setattr(toys, "SIDE", made.SIDE)
    parent = declared()
    child = Declaration("child", "toy-one", "toy", "toy", "toy", init_from=parent, budget=0.1)
    run(child, progress=False)
    assert results.find(child) is not None
    licensed()
    prepare_again()
    assert results.find(child) is None


def test_a_checkpoint_of_other_labels_is_not_gone_on_from(licensed, capsys):
    assert run(declared("toy-two"), progress=False, stop_after=0.0) is None
    licensed()
    prepare_again()
    assert run(declared("toy-two"), progress=False, stop_after=0.0) is None
    assert "other labels" in capsys.readouterr().err
    resumed = run(declared("toy-two"), progress=False).digest
    assert run(declared("toy-two"), progress=False, force=True).digest == resumed


def test_activations_of_other_labels_are_not_used(licensed):
    spatial = declared("toy-spatial")
    svm = declared("toy-svm", depends_on=(spatial,))
    run(svm, progress=False)
    licensed()
    prepare_again()
    again = run(svm, progress=False)
    scores = again.arrays("bp4d")["scores"].copy()
    shutil.rmtree(paths.activations())
    shutil.rmtree(again.folder)
    np.testing.assert_array_equal(run(svm, progress=False).arrays("bp4d")["scores"], scores)


def test_embedded_corpora_are_not_looked_at(toy):
    record = run(toys.declaration(), progress=False)
    assert record.about["corpora"] == {} and toys.declaration().licensed == set()


def test_promoting_keeps_the_record_of_another_corpus_under_the_same_label(licensed, monkeypatch):
    monkeypatch.setattr(toys, "SIDE", made.SIDE)
    drawn, real = (Declaration("same", "toy-one", corpus, "toy", "toy") for corpus in ("toy", "bp4d"))
    results.promote(run(drawn, progress=False))
    results.promote(run(real, progress=False))
    assert results.reference(drawn) is not None and results.reference(real) is not None
    (results.folder_of(real) / "record.json").unlink()
    assert [record.key for record in results.stale(drawn)] == [], "another corpus is no earlier version"
