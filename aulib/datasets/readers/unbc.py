"""UNBC-McMaster Shoulder Pain Expression Archive: a small text file a frame.

::

    ROOT/
        Images/042-ll042/ll042t1aaaff/ll042t1aaaff001.png
        Frame_Labels/FACS/042-ll042/ll042t1aaaff/ll042t1aaaff001_facs.txt     the AUs of this frame
        Frame_Labels/PSPI/042-ll042/ll042t1aaaff/ll042t1aaaff001_facs.txt     its pain score: the same file name
        Sequence_Labels/{AFF,OPR,SEN,VAS}/042-ll042/ll042t1aaaff.txt          what patient and observer said
        AAM_landmarks/042-ll042/ll042t1aaaff/ll042t1aaaff001_aam.txt          66 lines "x y"

A FACS file, made up: AU, intensity, and two columns whose meaning is not certain and which are not used::

       4.0000000e+00   2.0000000e+00   0.0000000e+00   0.0000000e+00
       6.0000000e+00   3.0000000e+00   0.0000000e+00   0.0000000e+00

An **empty** file says that no AU was present.  A **missing** file says nothing: that frame is not labelled.  AU43 has
no levels; it is coded 1.  AU27 and others that a file may list are counted, not read.

The pain score of Prkachin and Solomon, PSPI = AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43, becomes the column
``pspi`` (UNKNOWN without a file) and is computed again from the AUs: a frame where the two differ is reported.

Certain (several public loaders agree): names, four columns, the empty file.  Less so: AU43 without levels, AU27.  Not
certain: whether intensity 0 is ever listed (option ``listed_zero``), columns three and four.  A few pictures are said
to be nearly black, which only decoding can tell.  Unproven on real data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets.reading.findings import Findings, Unreadable, some
from aulib.datasets.reading.listed import Key, listed_aus, listed_zero, numbered, one_number, spans
from aulib.datasets.reading.matching import OFFSET, matched
from aulib.datasets.reading.pictures import sequences
from aulib.datasets.reading.points import PointFiles
from aulib.datasets.reading.recording import Found, Reader, Recording, in_order
from aulib.datasets.reading.signs import not_here
from aulib.datasets.reading.tree import Tree
from aulib.errors import CorpusError

AUS = (4, 6, 7, 9, 10, 12, 20, 25, 26, 43)

#: The people of the archive.
ROSTER = (
    "042-ll042 043-jh043 047-jl047 048-aa048 049-bm049 052-dr052 059-fn059 064-ak064 066-mg066 080-bn080 092-ch092 "
    "095-tv095 096-bg096 097-gf097 101-mg101 103-jk103 106-nm106 107-hs107 108-th108 109-ib109 115-jy115 120-kz120 "
    "121-vw121 123-jh123 124-dn124"
).split()

#: Score of a sequence -> its largest value: affective and sensory scale, observer's rating, visual analogue scale.
SCORES = {"AFF": 15.0, "OPR": 5.0, "SEN": 15.0, "VAS": 10.0}

_FRAME = r"([^/]+)/([^/]+)/([^/]+)"


def read(tree: Tree, findings: Findings, options: Mapping[str, Any]) -> Found:
    """See the module."""
    labels = _labels(tree, findings)
    if not labels:
        if misplaced := next((name for name, _ in tree.match(r"[a-z]{2}\d+t\d[a-z]+\d+_facs\.txt")), None):
            raise CorpusError(
                f"{tree.root}: {misplaced} lies in no folder FACS or PSPI with folders of people below it, and these "
                f"two have files of the same names; name the folder that holds Frame_Labels"
            )
        example = "Frame_Labels/FACS/042-ll042/ll042t1aaaff/ll042t1aaaff001_facs.txt"
        raise not_here(tree, "unbc", f"files such as {example}")
    pspi = numbered(_frames(tree, rf"PSPI/{_FRAME}_facs\.txt", findings), findings, "PSPI file")
    shown = _frames(tree, rf"Images/{_FRAME}\.(?:png|jpe?g|bmp)", findings)
    pictures = sequences(tree, (((who.lower(), which.lower()), number, name) for who, which, number, name in shown))
    points = numbered(_frames(tree, rf"AAM_landmarks/{_FRAME}_aam\.txt", findings), findings, "landmark file")
    scores = _scores(tree, findings)
    others: Counter[int] = Counter()
    zeros: list[str] = []
    recordings = []
    for (subject, sequence), files in labels.items():
        key = subject.lower(), sequence.lower()
        frames, codes = _codes(tree, findings, files, options["listed_zero"], others, zeros)
        if not len(frames):
            continue  # each of its files is an error already
        _compare(findings, files, points.get(key), "landmark file", bool(points))
        columns: dict[str, Any] = {name.lower(): scores.get((name, *key), np.nan) for name in SCORES}
        columns["pspi"] = _pspi(tree, findings, frames, codes, files, pspi.get(key, {}))
        origin = files[int(frames[0])]
        media = None
        if key in pictures:  # compared with all files of labels, also with those that cannot be read
            numbers = np.array(sorted(files), np.int64)
            place = next(iter(pictures[key].names.values())).rpartition("/")[0]
            media = matched(pictures[key], numbers, findings, place, options["image_offset"])
        elif pictures:
            findings.warning("labels in a sequence without pictures", origin, "", len(frames))
        marks = PointFiles(tree.root, points[key], "text", 66) if key in points else None
        recordings.append(Recording(subject, sequence, frames, codes, origin, media, marks, columns))
    for number, count in sorted(others.items()):
        findings.note(f"AU{number} is listed, which is not among the AUs that are read", "FACS", count=count)
    if zeros:
        taken = "code 1" if options["listed_zero"] == "trace" else "unknown"
        kind = f"an AU is listed with intensity 0: taken as {taken}, see option listed_zero"
        for name, count in Counter(zeros).items():
            findings.warning(kind, name, count=count)
    if not pictures:
        findings.note("labels only: no picture below a folder Images", ".")
    orphans = {*pictures} - {(one.lower(), two.lower()) for one, two in labels}
    for key in sorted(orphans):
        findings.warning("a sequence has pictures and no label", next(iter(pictures[key].names.values())))
    _roster(findings, [one.subject for one in recordings])
    layout = f"a FACS file a frame: {sum(map(len, recordings)):,} in {len(recordings)} sequences" + (
        "" if pictures else ", without pictures"
    )
    return Found(layout, AUS, "intensity", in_order(recordings))


def _frames(tree: Tree, pattern: str, findings: Findings) -> Iterator[tuple[str, str, int, str]]:
    """(subject, sequence, frame number, name) of files SUBJECT/SEQUENCE/SEQUENCE001…: the number ends the stem."""
    for name, found in tree.match(pattern):
        subject, sequence, stem = found.groups()
        number = stem[len(sequence) :] if stem.lower().startswith(sequence.lower()) else ""
        if re.fullmatch(r"[0-9]{1,7}", number):
            yield subject, sequence, int(number), name
        else:
            tell = findings.error if pattern.startswith("FACS") else findings.warning
            tell("a file is not named as its sequence and a frame number: it is left out", name, f"in {sequence}")


def _labels(tree: Tree, findings: Findings) -> dict[Key, dict[int, str]]:
    labels: dict[Key, dict[int, str]] = {}
    for subject, sequence, number, name in _frames(tree, rf"FACS/{_FRAME}_facs\.txt", findings):
        files = labels.setdefault((subject, sequence), {})
        if number in files:
            raise CorpusError(
                f"two label files hold frame {number} of {subject}/{sequence}: {files[number]} and {name}; "
                f"does the folder hold the corpus twice? Name one of the two"
            )
        files[number] = name
    return labels


def _codes(
    tree: Tree, findings: Findings, files: Mapping[int, str], zero: str, others: Counter[int], zeros: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Frame numbers int64 (n,) and codes int8 (n, A) of the files that can be read."""
    frames, codes = [], []
    for number in sorted(files):
        try:
            listed = listed_aus(tree.root, files[number], AUS, findings, columns=4, zero=zero)
        except Unreadable as trouble:
            findings.unreadable(trouble)
            continue
        others.update(listed.others)
        zeros += [files[number]] * listed.zeros
        frames.append(number)
        codes.append(listed.codes)
    gaps = set(range(min(files), max(files))) - set(files)
    if gaps:
        kind = "frames between the first and the last of a sequence have no FACS file: not labelled"
        findings.warning(kind, files[min(files)], spans(gaps), len(gaps))
    return np.array(frames, np.int64), np.array(codes, np.int8).reshape(len(frames), len(AUS))


def pspi_of(codes: np.ndarray) -> np.ndarray:
    """PSPI from AU codes (n, 10) in the order of `AUS`, int64 (n,); UNKNOWN where one of its six AUs is."""
    column = {au: codes[:, AUS.index(au)].astype(np.int64) for au in (4, 6, 7, 9, 10, 43)}
    score = column[4] + np.maximum(column[6], column[7]) + np.maximum(column[9], column[10]) + column[43]
    return np.where(np.any([one == UNKNOWN for one in column.values()], axis=0), UNKNOWN, score)


def _pspi(
    tree: Tree,
    findings: Findings,
    frames: np.ndarray,
    codes: np.ndarray,
    labels: Mapping[int, str],
    files: Mapping[int, str],
) -> np.ndarray:
    out = np.full(len(frames), UNKNOWN, np.int64)
    computed = pspi_of(codes)
    for row, number in enumerate(frames.tolist()):
        if number not in files:
            continue
        try:
            score = one_number(tree.root, files[number])
        except Unreadable as trouble:
            findings.unreadable(trouble)
            continue
        if score not in range(17):
            findings.warning(
                "a PSPI that is no whole number from 0 to 16: taken as unknown", files[number], f"{score:g}"
            )
            continue
        out[row] = int(score)
        if computed[row] not in (UNKNOWN, out[row]):
            detail = f"the AUs give {computed[row]}, {files[number]} says {out[row]}"
            findings.warning("PSPI is not what the AUs of its frame give", labels[number], detail)
    lacking = sorted(set(labels) - set(files))
    if files and lacking:
        findings.warning("labelled frames have no PSPI file", labels[lacking[0]], spans(lacking), len(lacking))
    if extra := sorted(set(files) - set(labels)):
        findings.warning("frames with a PSPI file have no FACS file", files[extra[0]], spans(extra), len(extra))
    return out


def _scores(tree: Tree, findings: Findings) -> dict[tuple[str, str, str], float]:
    """(score, subject, sequence) -> value."""
    out: dict[tuple[str, str, str], float] = {}
    for name, found in tree.match(rf"({'|'.join(SCORES)})/([^/]+)/([^/]+)\.txt"):
        score, subject, sequence = found[1].upper(), found[2].lower(), found[3].lower()
        try:
            value = one_number(tree.root, name)
        except Unreadable as trouble:
            findings.unreadable(trouble)
            continue
        if not 0 <= value <= SCORES[score]:
            findings.warning(f"{score} is outside 0 to {SCORES[score]:g}: taken as unknown", name, f"{value:g}")
            continue
        if (score, subject, sequence) in out:
            findings.warning(f"a second {score} file of a sequence is not used", name)
            continue
        out[score, subject, sequence] = value
    return out


def _compare(
    findings: Findings, labels: Mapping[int, str], files: Mapping[int, str] | None, what: str, expected: bool
) -> None:
    """Count the labelled frames that lack a file of a kind, and the files whose frame is not labelled."""
    if not expected:
        return
    missing, extra = sorted(set(labels) - set(files or ())), sorted(set(files or ()) - set(labels))
    if missing:
        findings.warning(f"labelled frames have no {what}", labels[missing[0]], spans(missing), len(missing))
    if extra and files:
        findings.warning(f"a {what} has no label", files[extra[0]], spans(extra), len(extra))


def _roster(findings: Findings, subjects: list[str]) -> None:
    there = {one.lower() for one in subjects}
    if strange := sorted(there - set(ROSTER)):
        findings.note("people that the archive is not known to have", ".", some(strange), len(strange))
    if missing := [one for one in ROSTER if one not in there]:
        findings.note("people of the archive are missing", ".", some(missing), len(missing))


READER = Reader("unbc", 2, read, options={"listed_zero": listed_zero("unknown"), "image_offset": OFFSET})
