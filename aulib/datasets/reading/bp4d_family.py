"""What BP4D, BP4D+ and FERA 2015 have in common: a table of codes and a folder of pictures for each sequence.

The three were coded by the same people and handed out in the same kinds of files, several times over, under folder
names that changed.  A file is therefore known by its own name; folders only decide between two files that claim the
same sequence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any, Literal

from aulib.datasets.reading import occurrence_csv as tables
from aulib.datasets.reading.findings import Findings, Unreadable, some
from aulib.datasets.reading.matching import OFFSET, Rule, matched
from aulib.datasets.reading.media import ImageFiles
from aulib.datasets.reading.pictures import NUMBER, sequences
from aulib.datasets.reading.recording import Found, Option, Recording, in_order
from aulib.datasets.reading.signs import not_here
from aulib.datasets.reading.tree import Tree, natural
from aulib.errors import CorpusError

#: Folders that are known, the better first, spelt as :func:`_plain` spells them.
OCCURRENCE_FOLDERS = ("auocc", "aucoding")
INTENSITY_FOLDERS = ("auint", "auintensitycodes30")
PICTURE_FOLDERS = ("sequences2d3d", "sequences", "bp4dtraining", "2d3d")

OPTIONS = {
    "coding": Option(
        "occurrence",
        "occurrence: 0 and 1 of all AUs; intensity: 0 to 5 of AUs 6, 10, 12, 14 and 17",
        ("occurrence", "intensity"),
    ),
    "image_offset": OFFSET,
}

#: A few people or tasks that a corpus does not have are remarked; so many of them are another corpus.
MANY = 10

_SUBJECT = r"([A-Z]+\d+[A-Z]?)"

#: (subject, sequence) in capitals, which not every file system keeps.
Key = tuple[str, str]


@dataclass(frozen=True)
class About:
    """What sets one corpus of the family apart.

    Parameters
    ----------
    name, title : str
        In the manifest, and in prose.
    aus : tuple of int
        Coded for occurrence.
    subjects, tasks : tuple of str
        Who is in it, and the tasks that are coded.
    elsewhere : str
        What a subject outside the roster may mean.
    frames : int
        Coded frames of the whole corpus, 0 where nobody has published them.
    closed : bool
        Whether nobody else can be in it; FERA 2015 has test people whose names are not known.
    mismatched : set of Key
        Sequences that are known not to have as many pictures as labels; equal numbers are theirs all the same.
    """

    name: str
    title: str
    aus: tuple[int, ...]
    subjects: tuple[str, ...]
    tasks: tuple[str, ...]
    elsewhere: str
    frames: int = 0
    closed: bool = True
    mismatched: frozenset[Key] = frozenset()


def read_family(tree: Tree, findings: Findings, options: Mapping[str, Any], about: About) -> Found:
    """Read every sequence that has labels.

    Parameters
    ----------
    tree : Tree
    findings : Findings
    options : mapping
        ``coding`` and ``image_offset`` of :data:`OPTIONS`.
    about : About

    Raises
    ------
    CorpusError
        If no label file is there, or two claim the same sequence.
    """
    occurrence, intensity = _occurrence_files(tree, findings), _intensity_files(tree, findings)
    coding: Literal["occurrence", "intensity"] = options["coding"]
    wanted = occurrence if coding == "occurrence" else intensity
    if not wanted:
        if occurrence:
            raise CorpusError(
                f"{tree.root} holds no intensities of {about.name} like AUCoding/AU_INT/AU06/F001_T1_AU06.csv, only "
                f"occurrences: option coding=occurrence"
            )
        files = "AU_INT/AU06/F001_T1_AU06.csv" if coding == "intensity" else "AU_OCC/F001_T1.csv"
        raise not_here(tree, about.name, f"tables like AUCoding/{files}")
    pictures = _picture_folders(tree)
    recordings, headers = [], set()
    for key in sorted(occurrence.keys() | wanted.keys()):
        origin = occurrence.get(key) or min(intensity[key].values())
        codes = frames = None
        if key in occurrence:
            try:
                frames, codes, header = tables.occurrence(tree.root, origin, about.aus, findings)
            except Unreadable as trouble:
                findings.unreadable(trouble)
                continue
            headers.add(header)
        if frames is None or codes is None or coding == "intensity":
            frames, codes = tables.intensities(tree.root, intensity.get(key, {}), frames, origin, findings)
        if len(frames):
            recordings.append(Recording(*_spelling(origin), frames, codes, origin))
    if pictures:
        recordings = _with_pictures(recordings, pictures, options["image_offset"], about, findings)
    aus = about.aus if coding == "occurrence" else tables.INTENSITY_AUS
    found = Found(_layout(occurrence, intensity, pictures, headers), aus, coding, in_order(recordings))
    _compare_with_roster(found, about, findings)
    _remark_pictures(tree, pictures, occurrence.keys() | intensity.keys(), findings)
    return found


def _with_pictures(
    recordings: list[Recording], pictures: Mapping[Key, ImageFiles], given: int | None, about: About, findings: Findings
) -> list[Recording]:
    """Recordings with the pictures that match their labels.

    Where one sequence has labels from 1 and pictures from 0, the pictures of every other one that count from 0 are in
    doubt as well, however many more were filmed than coded.
    """
    keys = [(one.subject.upper(), one.sequence.upper()) for one in recordings]
    begin = {key: min(media.names) for key, media in pictures.items()}
    both = next((one.name for key, one in zip(keys, recordings, strict=True)
                 if begin.get(key) == 0 and one.frames[0] == 1), "")  # fmt: skip
    if given is not None or not both:
        _remark_nought(pictures, begin, given or 0, findings)
    out = []
    for key, one in zip(keys, recordings, strict=True):
        if key not in pictures:
            findings.warning("labels in a sequence without pictures", one.origin, "", len(one))
            out.append(one)
            continue
        other = both not in ("", one.name) and begin[key] == 0
        doubt = f", and {both} has labels from 1 and pictures from 0" if other else ""
        said = 0 if given is None and key in about.mismatched else given
        rule = Rule(segment=True, doubt=doubt)
        media = matched(pictures[key], one.frames, findings, one.origin, said, rule)
        out.append(replace(one, media=media))
    return out


def _remark_nought(
    pictures: Mapping[Key, ImageFiles], begin: Mapping[Key, int], offset: int, findings: Findings
) -> None:
    for key in [key for key, first in begin.items() if first == 0]:
        findings.note(
            "pictures count from 0 and labels from 1 in some copies: "
            f"label frame f is shown picture f{offset:+d} here, option image_offset",
            pictures[key].names[0],
        )


def _remark_pictures(tree: Tree, pictures: Mapping[Key, Any], labelled: Set[Key], findings: Findings) -> None:
    if not pictures:
        packed = any(tree.match(rf"{_SUBJECT}\.zip"))
        detail = "there are archives: unpack them" if packed else ""
        findings.note("labels only: no pictures SUBJECT/TASK/NUMBER.jpg or .png", ".", detail)
    unlabelled = sorted(pictures.keys() - labelled)
    if unlabelled:
        examples = some(["/".join(key) for key in unlabelled])
        findings.note("sequences with pictures and no labels: not read", ".", examples, len(unlabelled))


def _occurrence_files(tree: Tree, findings: Findings) -> dict[Key, str]:
    """Sequence -> its table.  Outside the known folders a table is taken only where those hold none at all."""
    candidates: dict[Key, list[str]] = {}
    outside: dict[Key, list[str]] = {}
    for name, match in tree.match(rf"{_SUBJECT}_(\w+)\.csv"):
        folders = [_plain(part) for part in re.split("[/!]", name)[:-1]]
        if match[1].upper().startswith("FERA") or re.search(r"_AU\d+(_|$)", match[2], re.IGNORECASE):
            continue
        if any(folder in INTENSITY_FOLDERS or re.fullmatch(r"au\d+", folder) for folder in folders):
            continue
        key = match[1].upper(), match[2].upper()
        if _rank(name, OCCURRENCE_FOLDERS) < len(OCCURRENCE_FOLDERS):
            candidates.setdefault(key, []).append(name)
        elif re.fullmatch(r"T\d+", key[1]):
            outside.setdefault(key, []).append(name)
    return {
        key: _better(names, OCCURRENCE_FOLDERS, "tables of occurrences", findings)
        for key, names in (candidates or outside).items()
    }


def _intensity_files(tree: Tree, findings: Findings) -> dict[Key, dict[int, str]]:
    """Sequence -> AU -> its table."""
    candidates: dict[Key, dict[int, list[str]]] = {}
    for name, match in tree.match(rf"{_SUBJECT}_(\w+?)_AU(\d+)\.csv"):
        key = match[1].upper(), match[2].upper()
        if int(match[3]) not in tables.INTENSITY_AUS:
            findings.note("intensities of an AU that is not among the five: not read", name)
        elif not key[0].startswith("FERA"):
            candidates.setdefault(key, {}).setdefault(int(match[3]), []).append(name)
    return {
        key: {au: _better(names, INTENSITY_FOLDERS, "tables of intensities", findings) for au, names in of.items()}
        for key, of in candidates.items()
    }


def _picture_folders(tree: Tree) -> dict[Key, ImageFiles]:
    """The number is read from the name, so any padding and any order will do."""
    pattern = rf"{_SUBJECT}(?:/|\.zip!)(\w+)/({NUMBER})\.(?:jpe?g|png)"
    files = (((match[1].upper(), match[2].upper()), int(match[3]), name) for name, match in tree.match(pattern))
    return sequences(tree, files, lambda folder: ("!" in folder, _rank(folder + "/", PICTURE_FOLDERS)))


def _better(names: list[str], folders: tuple[str, ...], what: str, findings: Findings) -> str:
    ranked = sorted(names, key=lambda name: (_rank(name, folders), natural(name)))
    if len(ranked) > 1:
        if _rank(ranked[0], folders) == _rank(ranked[1], folders):
            raise CorpusError(
                f"two {what} claim the same sequence: {ranked[0]} and {ranked[1]}; name the folder of one copy"
            )
        findings.note(f"{what} in two packings: the newer one is read", ranked[0], f"not {', '.join(ranked[1:])}")
    return ranked[0]


def _plain(folder: str) -> str:
    """``Sequences(2D+3D)`` and ``Sequences_2D+3D`` are the same folder: sequences2d3d."""
    return re.sub("[^a-z0-9]", "", folder.lower())


def _rank(name: str, folders: tuple[str, ...]) -> int:
    parents = {_plain(part) for part in re.split("[/!]", name)[:-1]}
    return next((i for i, folder in enumerate(folders) if folder in parents), len(folders))


def _spelling(origin: str) -> tuple[str, str]:
    """Subject and sequence as the label file spells them."""
    subject, _, sequence = re.split("[/!]", origin)[-1].rpartition(".")[0].partition("_")
    return subject, re.sub(r"_AU\d+$", "", sequence, flags=re.IGNORECASE)


def _layout(
    occurrence: Mapping[Key, str],
    intensity: Mapping[Key, Mapping[int, str]],
    pictures: Mapping[Key, ImageFiles],
    headers: Iterable[str],
) -> str:
    parts = [f"occurrence in {_folders(occurrence.values(), 1)} ({', '.join(sorted(headers))})"] if occurrence else []
    tables = [name for of in intensity.values() for name in of.values()]
    parts += [f"intensity in {_folders(tables, 2)}"] if tables else []
    names = [name for of in pictures.values() for name in of.names.values()]
    if names:
        digits = sorted({len(name.rpartition("/")[2].partition(".")[0]) for name in names})
        endings = sorted({name.rpartition(".")[2].lower() for name in names})
        where = _folders((re.sub(r"[^/]*!", "*.zip/", name) for name in names), 3)
        parts.append(f"pictures in {where} ({', '.join(endings)}; {', '.join(map(str, digits))} digits)")
    return "; ".join(parts)


def _folders(names: Iterable[str], depth: int) -> str:
    """Folders that hold files `depth` levels below."""
    return ", ".join(sorted({"/".join(name.split("/")[:-depth]) or "." for name in names}, key=natural)[:3])


def _refuse_another(there: Mapping[Key, str], people: Set[str], about: About) -> None:
    """BP4D and BP4D+ name people and tasks alike: read as the other one, either would pass for it."""
    others = sorted(subject for subject in people - set(about.subjects) if re.fullmatch(r"[FM]\d{3}", subject))
    tasks = sorted(key for key in there if key[0] in about.subjects and key[1] not in about.tasks)
    for what, found in (("people", others), ("sequences", ["/".join(key) for key in tasks])):
        if len(found) >= MANY:
            raise CorpusError(
                f"{len(found)} {what} that {about.title} does not have, {', '.join(found[:3])} …; {about.elsewhere}. "
                f"Is it that corpus?"
            )


def _compare_with_roster(found: Found, about: About, findings: Findings) -> None:
    there = {(one.subject.upper(), one.sequence.upper()): one.origin for one in found.recordings}
    people = {subject for subject, _ in there}
    if about.closed:
        _refuse_another(there, people, about)
    strange = sorted(people - set(about.subjects), key=natural)
    if strange:
        findings.note(f"subjects that are not in {about.title}; {about.elsewhere}", ".", some(strange), len(strange))
    gone = [subject for subject in about.subjects if subject not in people]
    if gone:
        findings.note(f"subjects of {about.title} without labels", ".", some(gone), len(gone))
    total = sum(map(len, found.recordings))
    if about.frames and total != about.frames and not gone and not strange:
        findings.note(f"not the {about.frames:,} coded frames that {about.title} is known to have", ".", f"{total:,}")
    for kind, keys in {
        "tasks without labels, of people who have others": [
            (subject, task)
            for subject in about.subjects
            for task in about.tasks
            if subject in people and (subject, task) not in there
        ],
        f"labels of tasks that are not coded in {about.title}; {about.elsewhere}": [
            key for key in there if key[0] in about.subjects and key[1] not in about.tasks
        ],
    }.items():
        if keys:
            findings.warning(kind, ".", some(["/".join(key) for key in keys]), len(keys))
