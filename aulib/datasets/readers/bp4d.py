"""BP4D-Spontaneous: 41 people in eight tasks, 328 sequences at 25 pictures a second.

    X. Zhang, L. Yin, J. F. Cohn, S. Canavan, M. Reale, A. Horowitz, P. Liu, J. M. Girard: BP4D-Spontaneous: a
    high-resolution spontaneous 3D dynamic facial expression database. Image and Vision Computing 32(10), 2014.

What is read, wherever it lies below the folder, and under which names it has been handed out::

    AUCoding/AU_OCC/F001_T1.csv             occurrence; in older packings AUCoding/F001_T1.csv
    AUCoding/AU_INT/AU06/F001_T1_AU06.csv   intensity; in older packings "AU Intensity Codes3.0"/AU06/…
    Sequences(2D+3D)/F001/T1/0211.jpg       also Sequences_2D+3D, Sequences, BP4D-training, 2D+3D; jpg or png

F001…F023 are women, M001…M018 men; T1…T8 are tasks.  Only about 20 seconds of a recording are coded.

A table of occurrences, made up and cut short: frame number, then one column a code; 9 says "not known"::

    0,1,2,3,4,5,6,7          a header 0…99: column k is AU k
    211,0,0,9,0,9,1,1
    212,0,0,9,0,9,1,1

Some files name their columns, about 35 of them, over the same kind of lines.  Fewer than 50 cells in the header mean
names; the cell over the frame numbers says nothing.  A table of intensities has no header: ``211,2`` is intensity 2
(of 0 to 5, 9 unknown) in frame 211.

Certain, from official text or several public programs: these names, the header that counts, the codes, frame numbers
from 1.  From one program: headers with names.  From BP4D+ alone: the folder AU_INT.  Not certain: whether picture N
belongs to label frame N.  Most programs pair equal numbers, and so does this reader where pictures begin before the
labels and end after them; a few users of BP4D+ say that pictures count from 0, and `image_offset` is for them.  Where
labels are from 1 and pictures from 0, nothing is paired without it.  Padding is mixed, three and four digits.
Unproven on real data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from aulib.datasets.reading.bp4d_family import OPTIONS, About, read_family
from aulib.datasets.reading.findings import Findings
from aulib.datasets.reading.recording import Found, Option, Reader, Recording
from aulib.datasets.reading.tree import Tree

#: Women and men.
SUBJECTS = (*(f"F{i:03}" for i in range(1, 24)), *(f"M{i:03}" for i in range(1, 19)))

ABOUT = About(
    name="bp4d",
    title="BP4D",
    aus=(1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24),
    subjects=SUBJECTS,
    tasks=tuple(f"T{i}" for i in range(1, 9)),
    elsewhere="BP4D+ (bp4d-plus) has F001…F082, M001…M058 and the tasks T1…T10",
    frames=146_847,
)

#: Coded frames without landmarks in the packing that JAA-Net was trained on, first and last of each run: 271 frames.
WITHOUT_LANDMARKS: dict[tuple[str, str], tuple[tuple[int, int], ...]] = {
    ("F017", "T3"): ((198, 201), (203, 206), (209, 263), (265, 267), (269, 332), (335, 335)),
    ("F021", "T3"): ((223, 227),),
    ("F023", "T6"): ((1002, 1031),),
    ("M003", "T5"): ((844, 845),),
    ("M003", "T7"): ((1386, 1461),),
    ("M009", "T4"): ((749, 753), (755, 760)),
    ("M010", "T6"): ((942, 957),),
}


def read(tree: Tree, findings: Findings, options: Mapping[str, Any]) -> Found:
    """Read a copy of BP4D; see :func:`aulib.datasets.reading.bp4d_family.read_family`."""
    found = read_family(tree, findings, options, ABOUT)
    if options["failed_frames"] == "keep":
        return found
    return replace(found, recordings=tuple(_without_failed(one, findings) for one in found.recordings))


def _without_failed(one: Recording, findings: Findings) -> Recording:
    runs = WITHOUT_LANDMARKS.get((one.subject.upper(), one.sequence.upper()), ())
    failed = np.zeros(len(one), bool)
    for first, last in runs:
        failed |= (one.frames >= first) & (one.frames <= last)
    if failed.any():
        findings.note("frames without landmarks in JAA-Net's packing: excluded", one.origin, "", int(failed.sum()))
    return replace(one, excluded=failed) if runs else one


READER = Reader(
    "bp4d",
    2,
    read,
    options={
        **OPTIONS,
        "failed_frames": Option(
            "keep",
            "271 coded frames without landmarks in the packing that JAA-Net was trained on; exclude leaves them out",
            ("keep", "exclude"),
        ),
    },
)
