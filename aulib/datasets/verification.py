"""What ``data verify`` prints: a copy as it was found, held against what the manifest knows of its corpus."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

import numpy as np

from aulib.aus import UNKNOWN
from aulib.datasets.copies import Copy
from aulib.datasets.own_landmarks import held_against, try_out
from aulib.datasets.pieces import finder
from aulib.datasets.reading.findings import Unreadable
from aulib.datasets.reading.media import Video
from aulib.datasets.reading.recording import Reading
from aulib.datasets.reading.signs import MARKER
from aulib.errors import AulibError, visible
from aulib.manifest import entry

#: Findings of a kind that are shown with their place.
EXAMPLES = 3

#: Files in a copy's root that are not its owners'.
OURS = (MARKER, "landmarks.csv", "camera_landmarks.csv")


def report(reading: Reading, copy: Copy) -> list[str]:
    """Lines of a readable report.

    Parameters
    ----------
    reading : Reading
    copy : Copy
        Whose folder it was.
    """
    about, frames = entry(copy.name), reading.frames
    made = copy.made_by_aulib
    lines = [f"{about.title} in {copy.path}", ""]
    if made:
        lines += [f"made by aulib from {made['corpus']}: drawn faces in this corpus' layout, not the corpus", ""]
    lines += [
        f"layout      {reading.found.layout}",
        f"subjects    {_of(frames['subject'].nunique(), about.subjects)}",
        f"sequences   {_of(len(reading.recordings), about.sequences)}",
        f"frames      with labels: {_of(len(frames), about.frames)}" + _excluded(reading),
        f"codes       {reading.found.coding} of {len(reading.found.aus)} AUs",
        f"pictures    {_pictures(reading)}",
        f"landmarks   {_landmarks(reading, copy)}",
        f"checksum    {reading.digest}, of all labels, wherever they lie",
        "",
        *_rates(reading),
        "",
        *_surplus(reading),
        *(reading.findings.lines(EXAMPLES) or ["nothing else was noticed"]),
    ]
    errors = len(reading.findings.of("error"))
    stops = "loading stops at the first, unless --option skip_broken=true leaves out what cannot be read"
    lines += ["", f"{errors} error{'s' if errors > 1 else ''}: {stops}" if errors else "no errors"]
    return lines


def folded(lines: Iterable[str], width: int) -> list[str]:
    """Lines of a report broken at `width`; what is broken off goes on below its column, and names stay whole."""
    out: list[str] = []
    for line in map(visible, lines):  # names of files are anybody's
        text = line.lstrip()
        head, gap, _ = text.partition("  ")  # a heading, then blanks
        indent = len(line) - len(text) + (len(text) - len(text[len(head) :].lstrip()) if gap else 0)
        indent = max(indent, 8) if text.startswith(("error", "warning", "note", "surplus")) else indent
        out += textwrap.wrap(
            line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False,
            drop_whitespace=True, replace_whitespace=False, expand_tabs=False,
        ) or [""]  # fmt: skip
    return out


def _of(found: int, expected: int | None) -> str:
    if expected is None or found == expected:
        return f"{found:,}" + ("" if expected is None else ", as the manifest says")
    return f"{found:,}; the manifest says {expected:,}"


def _excluded(reading: Reading) -> str:
    n = int(reading.excluded.sum())
    return f", {n:,} of them left out by an option" if n else ""


def _pictures(reading: Reading) -> str:
    kinds: Counter[str] = Counter()
    with_labels = 0
    for one in reading.recordings:
        if one.media is None:
            kinds["labels only"] += 1
            continue
        kinds["videos" if isinstance(one.media, Video) else "folders of images"] += 1
        try:
            with_labels += int(np.isin(one.frames, one.media.numbers()).sum())
        except Unreadable:
            kinds["videos that cannot be opened"] += 1
    if not kinds.keys() - {"labels only"}:
        return "none: labels only"
    words = ", ".join(f"{n:,} {kind}" for kind, n in kinds.items())
    return f"of {with_labels:,} of the frames with labels ({words})"


def _landmarks(reading: Reading, copy: Copy) -> str:
    own = sum(one.points is not None for one in reading.recordings)
    if path := copy.landmark_table:
        try:
            tables = held_against(path, reading.recordings, reading.findings)
            try_out(path, tables, reading.recordings, None if copy.recipe == "none" else finder(copy.detector))
        except Unreadable as trouble:
            reading.findings.error(trouble.why, trouble.where)
        except AulibError as trouble:  # what would stop `data prepare` too
            reading.findings.error("landmarks that cannot be used", path.name, str(trouble))
        return f"from {path}"
    if not own:
        return "none here: a detector looks for them"
    return f"with {own:,} of {len(reading.recordings):,} sequences"


def _rates(reading: Reading) -> list[str]:
    """Base rate and UNKNOWN share of each AU, as a table."""
    head = f"{'AU':>5}{'present':>10}{'unknown':>10}"
    lines = [head]
    for column, au in enumerate(reading.found.aus):
        codes = reading.codes[:, column]
        known = codes != UNKNOWN
        present = f"{100 * (codes[known] > 0).mean():.1f} %" if known.any() else "–"
        lines.append(f"{au:>5}{present:>10}{100 * (1 - known.mean()):>8.1f} %")
    return lines


def _surplus(reading: Reading) -> list[str]:
    """Files that the reader has no use for, by their ending."""
    left = [name for name in reading.tree.unmatched if name not in OURS]
    if not left:
        return []
    endings = Counter(PurePosixPath(name).suffix.lower() or "no ending" for name in left)
    words = ", ".join(f"{n:,} {ending}" for ending, n in endings.most_common(6))
    return [
        f"{'surplus':8}files that this reader has no use for: {len(left):,} ({words})",
        *(f"{'':10}{name}" for name in left[:EXAMPLES]),
    ]
