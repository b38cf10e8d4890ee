"""Files of one AU each, joined: against a dictionary of cells."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aulib.aus import UNKNOWN
from aulib.datasets.reading.au_files import joined, levels
from aulib.datasets.reading.findings import Findings
from aulib.datasets.reading.tree import Tree

AUS = (1, 4, 12)
files = st.dictionaries(
    st.sampled_from(AUS),
    st.dictionaries(st.integers(0, 60), st.sampled_from([0, 1, 2, 3, 4, 5, 9]), min_size=1),
    min_size=1,
)


@settings(max_examples=50, deadline=None)
@given(content=files, heading=st.booleans(), seed=st.integers(0, 99))
def test_joined_files_hold_each_cell_and_no_other(content, heading, seed):
    rng, findings = np.random.default_rng(seed), Findings()
    with tempfile.TemporaryDirectory() as folder:
        for au, rows in content.items():
            lines = [f"{frame},{level}" for frame, level in rows.items()]
            rng.shuffle(lines)
            (Path(folder) / f"{au}.txt").write_text("\n".join(["frame,level"] * heading + lines))
        tree = Tree(Path(folder), findings)
        frames, codes = joined({au: levels(tree, f"{au}.txt", au) for au in content}, AUS, findings, "here")
    assert frames.tolist() == sorted(set().union(*content.values()))
    for row, frame in enumerate(frames.tolist()):
        for column, au in enumerate(AUS):
            level = content.get(au, {}).get(frame, 9)
            assert codes[row, column] == (UNKNOWN if level == 9 else level)
    lacking = sum(len(frames) - len(rows) for rows in content.values())
    absent = len(AUS) - len(content)
    assert sum(one.count for one in findings if one.kind.startswith("frames are missing")) == lacking
    assert sum(one.count for one in findings if one.kind.startswith("AUs that nothing")) == absent
