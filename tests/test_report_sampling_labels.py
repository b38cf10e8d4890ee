"""Which labels the sampling study counts: those of the frames that its networks are trained on."""

from __future__ import annotations

from aubook.pages.calibration import codes_of
from aubook.papers.hybrid import sampling_runs
from aulib.aus import UNKNOWN
from aulib.protocols import parts, protocol
from tests import sampling_records as made


def test_training_labels_are_those_of_everybody_else():
    declaration = made.declared("gft", "momu")
    frames, codes = codes_of("synth-gft", 12)
    tables = frames["subject"].str[:-1]
    tested = parts(tables.unique().tolist(), 10)[0]
    truth = sampling_runs.training_labels(declaration)
    rest = ~tables.isin(tested)
    held = round(protocol(declaration.protocol).validation * tables[rest].nunique())
    assert len(truth) == 12 * 3 * (tables[rest].nunique() - held)
    every = {tuple(row) for row in codes[rest.to_numpy()].clip(UNKNOWN, 1).tolist()}
    assert {tuple(row) for row in truth.tolist()} <= every and set(truth.ravel()) == {UNKNOWN, 0, 1}
