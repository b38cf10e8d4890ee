"""Miniature copies of GFT, in the shapes that its tables may have: which of them is real, nobody here knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.readers.miniature import Expected, Miniature, save, save_video, write

AUS = (1, 2, 4, 6, 10, 12, 14, 15, 23, 24)
PEOPLE = ("001A", "001B", "032C")
FRAMES = (1, 2, 3, 5)


def made_up(person: str, frames: tuple[int, ...] = FRAMES) -> dict[tuple[str, str, int], tuple[int, ...]]:
    """Codes of a person; no two AUs are alike, and some are unknown."""
    codes = np.array([[i >> bit & 1 for i in range(3, 3 + len(AUS))] for bit in range(len(frames))])
    codes[-2] = codes[-2][::-1] if person == "001B" else codes[-2]
    codes[1, PEOPLE.index(person)] = -1
    return {(person, "V1", frame): tuple(map(int, row)) for frame, row in zip(frames, codes, strict=True)}


def everybody() -> dict[tuple[str, str, int], tuple[int, ...]]:
    return {key: row for person in PEOPLE for key, row in made_up(person).items()}


def table(codes: dict, heading: list[str], order: tuple[int, ...] = AUS, unknown: str = "9", sep: str = ",") -> str:
    """Lines of one person's table, its columns in the given order of AUs."""
    lines = [sep.join(heading)] if heading else []
    for (_, _, frame), row in codes.items():
        cells = [unknown if row[AUS.index(au)] < 0 else str(row[AUS.index(au)]) for au in order]
        lines.append(sep.join([str(frame), *cells]))
    return "\n".join(lines) + "\n"


def _a_table_each(root: Path, name: str, heading: list[str], **how) -> dict:
    for person in PEOPLE:
        write(root / name.format(person), table(made_up(person), heading, **how))
    return everybody()


def videos(root: Path) -> Expected:
    codes = _a_table_each(root, "labels/{}.csv", ["frame", *(f"AU{au}" for au in AUS)])
    pictures = {}
    for start, person in enumerate(PEOPLE):
        numbers = [14 * start + 35 * frame for frame in range(5)]
        save_video(root / f"video/GFT_{person}_front.mp4", numbers)
        pictures |= {(person, "V1", frame): numbers[frame - 1] for frame in FRAMES}
    return Expected(AUS, "occurrence", codes, pictures)


def folders(root: Path) -> Expected:
    reversed_order = AUS[::-1]
    heading = ["Frame", *(f'"AU {au:02d}"' for au in reversed_order)]
    codes = _a_table_each(root, "{}/labels.txt", heading, order=reversed_order, unknown="-1", sep="\t")
    pictures = {key: (row * 15) % 200 for row, key in enumerate(codes)}
    for (person, _, frame), number in pictures.items():
        save(root / f"images/{person}/{frame}.jpg", number)
    return Expected(AUS, "occurrence", codes, pictures)


def numbers_as_headings(root: Path) -> Expected:
    codes = _a_table_each(root, "gft_{}_AU.csv", ["0", *map(str, AUS)], unknown="999", sep=";")
    return Expected(AUS, "occurrence", codes)


def other_names(root: Path) -> Expected:
    codes = _a_table_each(root, "occ/{}.csv", ["t", *(f"brow or so {au}" for au in AUS)], unknown="NaN")
    _a_table_each(root, "other/{}_levels.csv", ["t", *(f"brow or so {au}" for au in AUS)])
    return Expected(AUS, "occurrence", codes)


def no_heading(root: Path) -> Expected:
    return Expected(AUS, "occurrence", _a_table_each(root, "{}.csv", []))


def one_table(root: Path) -> Expected:
    lines = ["Subject_ID,frame_number," + ",".join(f"au_{au}_occurrence" for au in AUS)]
    for (person, _, frame), row in everybody().items():
        lines.append(",".join([f"GFT-{person}", str(frame), *("" if code < 0 else str(code) for code in row)]))
    write(root / "all.csv", "\n".join(lines))
    write(root / "README.txt", "This is a readme, with commas, and no column.\n")
    return Expected(AUS, "occurrence", everybody())


NAMED = "frame=t," + ",".join(f"AU{au}=Brow or so {au}" for au in AUS)
COUNTED = "frame=#1," + ",".join(f"AU{au}=#{column}" for column, au in enumerate(AUS, 2))

MINIATURES = [
    Miniature("gft", "a table a person, videos", videos),
    Miniature("gft", "a folder a person, headings with blanks, images", folders),
    Miniature("gft", "numbers as headings, labels only", numbers_as_headings),
    Miniature("gft", "headings that an option names", other_names, {"columns": NAMED, "files": "^occ/"}),
    Miniature("gft", "no heading", no_heading, {"columns": COUNTED}),
    Miniature("gft", "one table for all", one_table),
]
