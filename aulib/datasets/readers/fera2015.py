"""FERA 2015, the second challenge of facial expression recognition: a part of BP4D, and a part of SEMAINE.

    M. F. Valstar, T. Almaev, J. M. Girard, G. McKeown, M. Mehu, L. Yin, M. Pantic, J. F. Cohn: FERA 2015 - Second
    Facial Expression Recognition and Analysis challenge. FG 2015.

Two licences, two folders, so one at a time: option `part`.  The part of SEMAINE is read by :mod:`~.semaine`; the part
of BP4D has the files of :mod:`~.bp4d` in an older packing::

    BP4D/BP4D-training/F001/T1/0211.jpg                       training and development in one folder
    BP4D/AUCoding/F001_T1.csv                                 occurrence
    BP4D/"AU Intensity Codes3.0"/AU06/F001_T1_AU06.csv        intensity of AUs 6, 10, 12, 14 and 17
    BP4D/BP4D-fpoints/                                        49 landmarks a frame

Subjects with odd numbers are for training, 21 people and 75,586 frames; those with even numbers are for development,
20 people and 71,261 frames.  The column ``partition`` says ``train`` or ``devel``.  The labels of the test part were
not given out.

Certain, from the organisers' pages or several public programs: names, codes, partition.  Not certain: the files in
BP4D-fpoints; nobody has described them in public, so they are not read.  Unproven on real data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aulib.datasets.readers.bp4d import SUBJECTS
from aulib.datasets.readers.semaine import read_semaine
from aulib.datasets.reading.bp4d_family import OPTIONS, About, read_family
from aulib.datasets.reading.findings import Findings
from aulib.datasets.reading.recording import Found, Option, Reader
from aulib.datasets.reading.tree import Tree
from aulib.errors import CorpusError

ABOUT = About(
    name="fera2015",
    title="the BP4D part of FERA 2015",
    aus=(1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23),
    subjects=SUBJECTS,
    tasks=tuple(f"T{i}" for i in range(1, 9)),
    elsewhere="BP4D+ (bp4d-plus) has F001…F082, M001…M058 and the tasks T1…T10",
    frames=146_847,
    closed=False,
)


def read(tree: Tree, findings: Findings, options: Mapping[str, Any]) -> Found:
    """Read one part; see :func:`~aulib.datasets.reading.bp4d_family.read_family` and the module ``semaine``."""
    if options["part"] == "semaine":
        return read_semaine(tree, findings, options)
    try:
        found = read_family(tree, findings, options, ABOUT)
    except CorpusError as error:
        if any(tree.match(r"[^/]+\.eaf")):
            raise CorpusError(f"{error}; there is annotation of SEMAINE: option part=semaine") from error
        raise
    points = sum(1 for _ in tree.match(r"BP4D-fpoints/.+"))
    if points:
        findings.note("supplied landmarks are not read: their format is not known", "BP4D-fpoints", "", points)
    return replace(
        found, recordings=tuple(replace(one, columns={"partition": partition(one.subject)}) for one in found.recordings)
    )


def partition(subject: str) -> str:
    """``train`` for odd numbers, ``devel`` for even ones: F001, M017 and F002, M018."""
    numbers = re.findall(r"\d+", subject)
    return "train" if int(numbers[-1]) % 2 else "devel"


READER = Reader(
    "fera2015",
    2,
    read,
    options={
        **OPTIONS,
        "part": Option("bp4d", "which of the two corpora: they come under two licences", ("bp4d", "semaine")),
    },
)
