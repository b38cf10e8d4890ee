"""run(): same seed, same record; stopped, killed or resumed, same record; stages and init_from."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from aubook import papers, states
from aulib import integrity
from aulib.errors import AulibError, RecordError, StorageError
from aulib.runs import results
from aulib.runs.declaration import Declaration
from aulib.runs.run import run
from tests import toys

pytest.importorskip("torch")


def made(declaration, **options):
    return run(declaration, progress=False, **options)


def test_same_seed_same_record_other_seed_another(toy):
    first = made(toys.declaration(seed=0))
    shutil.rmtree(first.folder)
    again = made(toys.declaration(seed=0))
    other = made(toys.declaration(seed=1))
    assert first.digest == again.digest
    assert first.digest != other.digest


def test_a_finished_run_is_not_run_again(toy):
    record = made(toys.declaration())
    before = (record.folder / "record.json").stat().st_mtime_ns
    made(toys.declaration())
    assert (record.folder / "record.json").stat().st_mtime_ns == before


def test_a_folder_that_lost_its_record_is_made_again(toy):
    """A workflow engine may delete the output of a job that was killed just after writing it."""
    record = made(toys.declaration())
    digest = record.digest
    (record.folder / "record.json").unlink()
    assert made(toys.declaration()).digest == digest


def test_it_learns(toy):
    record = made(toys.declaration())
    assert record.arrays("history")["validation_auc"].max() > 0.9


def test_stopped_again_and_again_gives_the_uninterrupted_record(toy):
    whole = made(toys.declaration("toy-two"))
    digest = whole.digest
    shutil.rmtree(whole.folder)
    calls = 0
    while (record := made(toys.declaration("toy-two"), stop_after=0.0)) is None:
        calls += 1
        assert calls < 60
    assert calls > 10
    assert record.digest == digest
    assert not list(record.folder.parent.glob("*.partial"))


def test_killed_at_random_moments_gives_the_uninterrupted_record(toy):
    expected = made(toys.declaration("toy-two", 3)).digest
    shutil.rmtree(toy / "runs")
    command = [sys.executable, "-m", "tests.toys", "3"]
    rng = random.Random(0)
    for _ in range(3):
        process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True)
        time.sleep(rng.uniform(2.0, 6.0))
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert out.split()[-1] == expected


def test_the_seconds_of_a_killed_process_are_kept(toy):
    assert made(toys.declaration("toy-two"), stop_after=0.0) is None
    marker = results.folder_of(toys.declaration("toy-two")).with_suffix(".partial") / "checkpoint.json"
    about = integrity.read_json(marker, "")
    integrity.write_json(marker, about | {"seconds": about["seconds"] + 1000})
    assert 1000 < made(toys.declaration("toy-two")).about["wall_s"] < 2000


def test_a_record_stays_until_its_successor_is_whole(toy):
    parent = toys.declaration("toy-one", 5)
    record = made(parent)
    digest = record.digest
    (record.folder / results.WEIGHTS).unlink()
    assert made(toys.declaration("toy-one", 6, init_from=parent), stop_after=0.0) is None
    assert results.find(parent).verify().digest == digest, "its weights are being made again"


def test_a_run_is_made_again_though_its_record_is_there_and_stays_until_then(toy):
    wanted = toys.declaration("toy-two")
    first = made(wanted)
    written = (first.folder / "record.json").stat().st_mtime_ns
    assert made(wanted, again=True, stop_after=0.0) is None, "it trains, and does not take the weights that are there"
    assert results.find(wanted).verify().digest == first.digest
    assert (first.folder / "record.json").stat().st_mtime_ns == written
    assert results.partial_of(wanted).is_dir()
    assert made(wanted).digest == first.digest, "whoever does not ask for it again reads the old record"
    second = made(wanted, again=True)  # goes on from the checkpoint
    assert second.digest == first.digest and (second.folder / "record.json").stat().st_mtime_ns > written
    assert not results.partial_of(wanted).exists()


def test_a_run_is_found_by_its_key_under_another_label(toy):
    record = made(toys.declaration())
    other = replace(toys.declaration(), label="somebody-elses-name")
    assert results.find(other).folder == record.folder
    assert made(other).folder == record.folder, "it is not trained twice"
    assert results.find(replace(other, seed=1)) is None


def test_a_replacement_that_was_killed_half_way_is_put_right(toy, monkeypatch):
    record = made(toys.declaration())
    os.replace(record.folder, integrity._aside(record.folder))  # killed between the two renames
    assert results.find(toys.declaration()) is None
    before = (integrity._aside(record.folder) / "record.json").stat().st_mtime_ns
    found = made(toys.declaration())
    assert (found.folder / "record.json").stat().st_mtime_ns == before, "brought back, not made again"


def test_promoting_fails_without_losing_the_earlier_record(toy, monkeypatch):
    record = made(toys.declaration())
    shipped = results.promote(record)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results.shutil, "copytree", full)
    with pytest.raises(OSError):
        results.promote(record)
    assert results.Record(shipped).verify().digest == record.digest


def test_a_record_in_the_folder_of_another_is_refused(toy):
    record, other = made(toys.declaration(seed=0)), made(toys.declaration(seed=1))
    shutil.copy(record.folder / "record.json", other.folder / "record.json")
    with pytest.raises(RecordError, match=r"record\.json is the record of toy-one-0 .*, not of its folder"):
        _ = results.Record(other.folder).about


def test_status_names_a_damaged_record_and_goes_on(toy, monkeypatch):
    bad, good = toys.declaration(seed=0), toys.declaration(seed=1)
    made(good)
    file = made(bad).folder / "record.json"
    file.write_text(file.read_text().replace('"sha256"', '"sha265"'))
    monkeypatch.setattr(papers, "declarations", lambda *_: {d.label: d for d in (bad, good)})
    (_, first, detail, _), (_, second, *_) = states.states("all", "toy")
    assert (first, second) == ("damaged", "done")
    assert "record.json: differs from the checksum in it; delete" in detail


def test_second_stage_trains_the_head_only(toy):
    first = made(toys.declaration("toy-one", budget=0.6)).arrays("weights")
    record = made(toys.declaration("toy-two"))
    whole, history = record.arrays("weights"), record.arrays("history")
    assert set(history["stage"]) == {0, 1} and len(history["loss"]) == 40
    # The first stage is the one-stage method on 60 % of the budget, and the second leaves the body as it was.
    np.testing.assert_array_equal(whole["body.2.weight"], first["body.2.weight"])
    assert not np.array_equal(whole["head.weight"], first["head.weight"])


def test_frozen_parameters_do_not_move(toy):
    import torch

    from aulib.training.loop import freeze, optimiser

    net = toys.TinyNet(3)
    freeze(net, ("head.",))
    before = {name: p.clone() for name, p in net.named_parameters()}
    step = optimiser(net, toys.RECIPE)
    net(torch.rand(4, 3, 20, 20)).sum().backward()
    step.step()
    moved = {name for name, p in net.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"head.weight", "head.bias"}


def test_init_from_starts_from_the_other_run(toy):
    parent = toys.declaration("toy-one", 5)
    child = toys.declaration("toy-one", 6, init_from=parent, budget=0.05)
    record = made(child)
    assert results.find(parent) is not None, "the run it starts from is made first"
    scratch = made(toys.declaration("toy-one", 7, budget=0.05))
    assert record.arrays("history")["validation_auc"][0] > scratch.arrays("history")["validation_auc"][0] + 0.1


def test_unknown_labels_are_kept_in_the_record(toy):
    arrays = made(toys.declaration()).arrays("toy")
    assert set(np.unique(arrays["codes"])) == {-1, 0, 1}
    assert arrays["scores"].dtype == np.float16


def test_a_damaged_record_says_what_to_do(toy):
    record = made(toys.declaration())
    path = record.folder / "toy.safetensors"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(RecordError, match=r"toy\.safetensors.*delete .* and run again"):
        record.arrays("toy")


def test_unknown_option_names_the_known_ones(toy):
    with pytest.raises(AulibError, match="has no option 'depth'; it has dropout"):
        _ = toys.declaration(options={"depth": 3}).key


def test_no_space_is_one_clear_error_and_loses_nothing(toy, monkeypatch):
    kept = made(toys.declaration(seed=1))

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results, "save_file", full)
    with pytest.raises(StorageError, match=r"no space left .* set AULIB_RUNS"):
        made(toys.declaration(seed=2))
    assert kept.arrays("toy")["scores"].shape[1] == 3
    monkeypatch.undo()


def test_stale_records_are_found_but_not_used(toy, monkeypatch):
    old = made(toys.declaration())
    monkeypatch.setattr("aulib.runs.declaration.LOOP_VERSION", 99)
    assert results.find(toys.declaration()) is None
    assert [record.key for record in results.stale(toys.declaration())] == [old.key]


def test_promoted_records_are_found_without_weights(toy):
    record = made(toys.declaration())
    digest = record.digest
    results.promote(record)
    shutil.rmtree(toy / "runs")
    found = results.find(toys.declaration())
    assert found is not None and found.digest == digest
    assert not found.has("weights")


def test_promoting_leaves_records_of_longer_labels_alone(toy):
    short, long = toys.declaration(), toys.declaration()
    object.__setattr__(long, "label", "toy-one-0-more")
    results.promote(made(long))
    results.promote(made(short))
    results.promote(made(short))
    assert results.find(long) and results.find(short)


def test_a_probe_of_faces_is_refused_before_a_network_of_landmarks_is_trained(toy):
    declaration = Declaration("marks", "landmark-net", "toy", "toy", "toy", probes=("sparsity",))
    with pytest.raises(AulibError, match="cannot be taken of method 'landmark-net'; probes look at faces, drop them"):
        run(declaration, progress=False)


def test_features_at_landmarks_that_are_missing_name_the_frame():
    from aulib.runs.runners.common import has_points

    corpus = toys.corpus()
    corpus.landmarks[:, 60] = np.nan
    has_points("lsvm", corpus, np.arange(9), range(20, 50))
    corpus.landmarks[4, 30, 1] = np.nan
    with pytest.raises(AulibError, match=r"at 30 landmarks, and 1 of 7 frames of toy lack some, S0/T0/4 first"):
        has_points("lsvm", corpus, np.arange(2, 9), range(20, 50))


def test_large_files_of_a_reference_record_are_packed_and_read_as_they_were(toy, monkeypatch, tmp_path):
    monkeypatch.setenv("AULIB_RESULTS", str(tmp_path / "references"))
    monkeypatch.setattr(results, "LARGE", 2_000)
    record = made(toys.declaration())
    folder = results.promote(record)
    shutil.rmtree(record.folder)
    shipped = results.find(toys.declaration())
    names = {file.name for file in folder.iterdir()}
    assert shipped.folder == folder and "toy.safetensors.xz" in names and "toy.safetensors" not in names
    assert results.WEIGHTS not in names and "history.safetensors" in names, "small files stay as they are"
    again = made(toys.declaration(), force=True)
    for name in ("toy", "history"):
        for key, values in again.arrays(name).items():
            assert np.array_equal(values, shipped.arrays(name)[key])
    assert shipped.digest == again.digest
    packed = folder / "toy.safetensors.xz"
    for damaged in (packed.read_bytes()[:-9], packed.read_bytes()[:40] + b"x" + packed.read_bytes()[41:], b""):
        packed.write_bytes(damaged)
        with pytest.raises(RecordError, match=r"toy\.safetensors is missing or differs .*delete .* and run again"):
            shipped.arrays("toy")
