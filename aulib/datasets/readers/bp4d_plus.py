"""BP4D+ (also MMSE): 140 people in ten tasks, of which four are coded: 560 sequences at 25 pictures a second.

    Z. Zhang, J. M. Girard, Y. Wu, X. Zhang, P. Liu, U. Ciftci, S. Canavan, M. Reale, A. Horowitz, H. Yang, J. F. Cohn,
    Q. Ji, L. Yin: Multimodal Spontaneous Emotion Corpus for Human Behavior Analysis. CVPR 2016.

What is read, wherever it lies below the folder::

    AUCoding/AU_OCC/F001_T1.csv             occurrence
    AUCoding/AU_INT/AU06/F001_T1_AU06.csv   intensity of AUs 6, 10, 12, 14 and 17
    2D+3D/F001.zip                          its members F001/T1/0133.jpg, in any order; no need to unpack it
    2D+3D/F001/T1/0133.jpg                  the same unpacked, which is preferred where both are there

F001…F082 are women, M001…M058 men; of the tasks T1…T10, T1, T6, T7 and T8 are coded.

A table of occurrences, made up and cut short: frame number, then one column an AU, 9 for "not known"::

    1,1,2,4,5,6,7,9          the first cell may say 1 over the frame numbers: AU1 is the second column
    133,0,0,1,0,0,0,9
    134,0,0,1,0,0,0,9

A library that renames the second ``1`` finds AU1 in the frame numbers.  A table of intensities is as in BP4D.

Certain, from several public programs: names, archives, the four tasks, this header.  Known defects, each from one
program: pictures and labels of F041/T7 do not agree in number (option `mismatched`), F042 has a folder T11, which is
no task, five recordings are shorter than 180 frames.  Padding is mixed, three and four digits.  Not certain: whether
picture N belongs to label frame N; one user states that pictures count from 0 here (option `image_offset`).  Unproven
on real data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from aulib.datasets.reading.bp4d_family import OPTIONS, About, read_family
from aulib.datasets.reading.findings import Findings
from aulib.datasets.reading.recording import Found, Option, Reader
from aulib.datasets.reading.tree import Tree

ABOUT = About(
    name="bp4d-plus",
    title="BP4D+",
    aus=(1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24),
    subjects=(*(f"F{i:03}" for i in range(1, 83)), *(f"M{i:03}" for i in range(1, 59))),
    tasks=("T1", "T6", "T7", "T8"),
    elsewhere="BP4D (bp4d) has 41 people and codes T1…T8",
    mismatched=frozenset({("F041", "T7")}),
)

#: Of people of the roster; there are ten.
TASKS = frozenset(f"T{i}" for i in range(1, 11))


def read(tree: Tree, findings: Findings, options: Mapping[str, Any]) -> Found:
    """Read a copy of BP4D+; see :func:`aulib.datasets.reading.bp4d_family.read_family`."""
    found = read_family(tree, findings, options, ABOUT)
    recordings = []
    for one in found.recordings:
        key = one.subject.upper(), one.sequence.upper()
        if key[0] in ABOUT.subjects and re.fullmatch(r"T\d+", key[1]) and key[1] not in TASKS:
            findings.warning("T11 and above are no tasks of BP4D+: left out", one.origin, one.name, len(one))
            continue
        if key in ABOUT.mismatched:
            exclude = options["mismatched"] == "exclude"
            findings.note(
                "known not to have as many pictures as labels: " + ("excluded" if exclude else "kept"),
                one.origin,
                "option mismatched",
                len(one),
            )
            one = replace(one, excluded=np.full(len(one), exclude))
        recordings.append(one)
    return replace(found, recordings=tuple(recordings))


READER = Reader(
    "bp4d-plus",
    2,
    read,
    options={
        **OPTIONS,
        "mismatched": Option(
            "keep",
            "F041/T7, whose pictures and labels are known not to agree in number; exclude leaves it out",
            ("keep", "exclude"),
        ),
    },
    archives=True,
)
