"""Label files that somebody has opened and saved again: other line ends, quotation marks, commas at line ends."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from aulib.datasets import store
from aulib.datasets.readers import read
from aulib.datasets.reading.au_files import levels
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.listed import listed_aus
from aulib.datasets.reading.occurrence_csv import intensity, occurrence
from aulib.datasets.reading.tables import lines, whole_numbers
from aulib.datasets.reading.tree import Tree
from tests.readers.checks import codes_of
from tests.readers.miniature import miniatures, write

#: Files whose cells are parted by commas; what an ELAN file or a FACS file holds is no such table.
TABLE = re.compile(r"\.csv$|_au\d+\.txt$", re.IGNORECASE)


def quoted(text: str) -> str:
    return "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines())


SAVED = {
    "Windows": lambda text: text.replace("\n", "\r\n"),
    "old Macintosh": lambda text: text.replace("\n", "\r"),
    "byte-order mark": lambda text: "\ufeff" + text,
    "no last line end": lambda text: text.rstrip("\n"),
    "quotation marks": quoted,
    "commas at the ends": lambda text: text.replace("\n", ",,\n"),
    "commas after the first line": lambda text: text.replace("\n", ",\n").replace(",\n", "\n", 1),
    "blanks after commas": lambda text: text.replace(",", ", "),
    "whole numbers with a point": lambda text: re.sub(r"(?<=,)([0-9])(?=\n|$)", r"\1.0", text),
    "blank lines": lambda text: text.replace("\n", "\n\n"),
    "semicolons": lambda text: text.replace(",", ";"),
    "semicolons at the ends as well": lambda text: text.replace(",", ";").replace("\n", ";;\n"),
    "tabs": lambda text: text.replace(",", "\t"),
    "blanks": lambda text: text.replace(",", "  "),
    "sep=": lambda text: "sep=;\n" + text.replace(",", ";"),
    "semicolons and quotation marks": lambda text: quoted(text).replace(",", ";"),
    "semicolons and decimal commas": lambda text: re.sub(r"(?<=;)([0-9])(?=\n|$)", r"\1,0", text.replace(",", ";")),
    "tabs and decimal commas": lambda text: re.sub(r"(?<=\t)([0-9])(?=\n|$)", r"\1,00", text.replace(",", "\t")),
}


def tables(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and TABLE.search(path.name)]


@pytest.mark.parametrize("how", SAVED)
@pytest.mark.parametrize("corpus", ["bp4d", "bp4d-plus", "disfa", "fera2015", "fera2017"])
def test_the_same_labels_are_read(corpus, how, tmp_path):
    changed = 0
    for number, one in enumerate(mini for mini in miniatures() if mini.corpus == corpus):
        root = tmp_path / str(number)
        expected = one.make(root)
        for path in tables(root):
            before = path.read_text(encoding="utf-8")
            after = SAVED[how](before)
            if ("point" in how or "decimal" in how) and before.partition("\n")[0].count(",") > 1:
                head, _, rest = before.partition("\n")  # names stay names
                after = SAVED["semicolons" if "semi" in how else "tabs" if "tabs" in how else "no last line end"](head)
                after += "\n" + SAVED[how](rest)
            path.write_bytes(after.encode())
            changed += after != before
        reading = read(one.corpus, root, one.options)
        assert codes_of(reading) == expected.codes, one
        assert not reading.findings.of("error"), one
    assert changed


HEADS = {
    "as it was": ("1,1,2", "{},"),
    "small letters": ("frame,au1,au2", "{},"),
    "two digits": ("Frame,AU01,AU02", "{},"),
    "OpenFace's": ("frame,AU01_c,AU02_c", "{},"),
    "in words": ("Frame number,Action Unit 1,AU 2 occurrence", "{},"),
    "blanks around": (" frame , AU1 , AU2 ", "{},"),
    "quoted": ('"frame","AU1","AU2"', "{},"),
    "an index, and a frame that is called so": (",frame,AU1,AU2", "{row},{},"),
    "an index without a frame's name": (",1,1,2", "{row},{},"),
    "a named index": ("Unnamed: 0,frame,1,2", "{row},{},"),
    "the frame behind": ("subject,frame,AU1,AU2", "F001,{},"),
    "intensities beside": ("frame,AU01_r,AU01_c,AU02_c", "{},3.25,"),
    "empty columns": ("frame,AU1,AU2,,,", "{},"),
}


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("head", HEADS)
def test_headings_as_people_have_them(head, mark, tmp_path):
    first, start = HEADS[head]
    if mark != "," and "3.25" in start:
        start = start.replace("3.25", "3,25")
    end = ",,," if head == "empty columns" else ""
    rows = [start.replace("3,25", "3~25").format(frame, row=row) + f"{row % 2},{9 - row}" + end
            for row, frame in ((0, 211), (1, 212))]  # fmt: skip
    written = "\n".join([first, *rows]).replace(",", mark).replace("~", ",")
    write(tmp_path / "F001_T1.csv", written)
    frames, codes, _ = occurrence(tmp_path, "F001_T1.csv", (1, 2), Findings())
    assert frames.tolist() == [211, 212] and codes.tolist() == [[0, -1], [1, -1]]


def test_an_index_in_front_of_a_header_that_counts(tmp_path):
    """Naive: the index is the frame number, and every label sits on another frame."""
    row = ",".join(["0"] * 99)
    write(tmp_path / "F001_T1.csv", f",{','.join(map(str, range(100)))}\n0,211,{row}\n1,212,{row}\n")
    frames, _, kind = occurrence(tmp_path, "F001_T1.csv", (1, 2), Findings())
    assert frames.tolist() == [211, 212] and kind == "header 0…99"
    write(tmp_path / "F001_T1.csv", f",{','.join(map(str, range(100)))}\n7,211,{row}\n9,212,{row}\n")
    with pytest.raises(Unreadable, match="no header"):
        occurrence(tmp_path, "F001_T1.csv", (1, 2), Findings())


@pytest.mark.parametrize(
    "text",
    ["1;0\n2;3\n", "frame;level\n1;0\n2;3\n", ",frame,level\n0,1,0\n1,2,3\n", "Intensity\tFrame\n0\t1\n3\t2\n",
     "1 0\n2 3\n", "1,0;0,0\n2,0;3,0\n", "'1','0'\n'2','3'\n", "frame,intensity,,\n1,0,,\n2,3,,\n"],
)  # fmt: skip
def test_frames_and_levels_as_people_have_them(text, tmp_path):
    write(tmp_path / "SN001_au1.txt", text)
    found = levels(Tree(tmp_path, Findings()), "SN001_au1.txt", 1)
    assert found.frames.tolist() == [1, 2] and found.codes.tolist() == [0, 3]
    write(tmp_path / "AU01.csv", text)
    frames, codes = intensity(tmp_path, "AU01.csv", Findings())
    assert frames.tolist() == [1, 2] and codes.tolist() == [0, 3]


@pytest.mark.parametrize(
    "text, words",
    [
        ("1|0\n2|3\n", r":1: 1 cell where 2 are expected \(the frame, the intensity\).*'1\|0'"),
        ("1;0\n2,3\n", r":2: 1 cell where 2 are expected"),  # no row is guessed by another sign than the first
        ("1,0\n2;3\n", r":2: "),
        ("999;0\n1.000;3\n", r":2: holds '1\.000', which may be a thousand"),
        ("999;0\n1,000;3\n", r":2: holds '1,000', which may be a thousand"),
        ("1;0,5\n", r":1: the intensity is '0\.5', not a whole number"),
        ("0,1,0\n1,2,3\n", r":1: 3 cells where 2"),  # an index without a heading may be a frame
        (f"{'x' * 500},0\n1,0\n", r":1: the frame is 'xxxxxxxxxxxxxxxxxxxx', not a number"),
        ("1,0\n2" + ",3" * 500, r":2: 501 cells where 2 .{,200}$"),
    ],
)
def test_what_is_not_certain_is_said(text, words, tmp_path):
    write(tmp_path / "SN001_au1.txt", text)
    with pytest.raises(Unreadable, match=r"^SN001_au1\.txt" + words):
        levels(Tree(tmp_path, Findings()), "SN001_au1.txt", 1)


@pytest.mark.parametrize("text", ["4,0000000e+00   2,0000000e+00\n", "4;2\n", "4,2\n", "4, 2\n", "4\t2\n", "4,0 2,0\n"])
def test_lists_of_aus_as_people_have_them(text, tmp_path):
    write(tmp_path / "S005_001_00000011_facs.txt", text)
    codes = listed_aus(tmp_path, "S005_001_00000011_facs.txt", (1, 4), Findings(), columns=2, zero="trace").codes
    assert codes.tolist() == [0, 2]


NO_FRAMES = ["1e30", "inf", "-inf", "nan", "1.5", "-3", str(2**63), str(2**64 + 5), "1e18", "4320001", "1e-30",
             "0.99999999999999999", "9007199254740993.5", "1e999999999", "-9223372036854775808"]  # fmt: skip


@pytest.mark.parametrize("number", NO_FRAMES)
@pytest.mark.parametrize("corpus", ["bp4d", "bp4d-plus", "disfa", "fera2015", "fera2017", "gft"])
def test_a_number_that_is_no_frame_never_becomes_one(corpus, number, tmp_path):
    """Naive: float to int64 makes -9223372036854775808 of 1e30, and 1 of 1.5."""
    one = next(mini for mini in miniatures() if mini.corpus == corpus)
    expected = one.make(tmp_path)
    first = re.compile(r"(_T\d+|^\d{3}[A-C])\.csv$|_au1\.txt$")
    path = next(path for path in sorted(tmp_path.rglob("*")) if first.search(path.name))
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    rows[1] = f"{number},{rows[1].partition(',')[2]}"
    write(path, "\n".join([head, *rows]))
    reading = read(corpus, tmp_path, one.options)
    line = rows.index(rows[1]) + 2
    named = f"{path.relative_to(tmp_path).as_posix()}:{line}"
    assert [error.where for error in reading.findings.of("error")] == [named]
    found = codes_of(reading)
    assert found.keys() <= expected.codes.keys()


@pytest.mark.parametrize("row", ["2,1,0,", "2,1,0,,,", '"2","1","0"', "2, 1 ,0"])
def test_empty_cells_beyond_the_heading_say_nothing(row, tmp_path):
    write(tmp_path / "F001_T1.csv", f"0,1,2\n1,0,9\n{row}\n")
    frames, codes, _ = occurrence(tmp_path, "F001_T1.csv", (1, 2), Findings())
    assert frames.tolist() == [1, 2] and codes.tolist() == [[0, -1], [1, 0]]


@pytest.mark.parametrize("row", ["2,1", "2,1,", "2,1,0,0", "2,1,0,,1", '2,"1,0', '2,1,"0'])
def test_a_cell_too_few_or_too_many_is_still_an_error(row, tmp_path):
    write(tmp_path / "F001_T1.csv", f"0,1,2\n1,0,9\n{row}\n")
    with pytest.raises(Unreadable, match=r"F001_T1\.csv:3"):
        occurrence(tmp_path, "F001_T1.csv", (1, 2), Findings())


@pytest.mark.parametrize("text", ["1,2\n3,,4\n", "1,2\n3,\n", "1,2\n3\n", "1,2\n3,4,5\n", '1,2\n"3,4"\n'])
def test_two_columns_stay_two_columns(text, tmp_path):
    write(tmp_path / "a.csv", text)
    with pytest.raises(Unreadable, match=r"a\.csv:2"):
        whole_numbers(lines(tmp_path, "a.csv"), 2)


def test_people_called_na_keep_their_name_in_a_frame_table(tmp_path):
    table = pd.DataFrame(
        {"subject": ["NA", "1"], "sequence": ["nan", "007"], "frame": [1, 2], "vas": [float("nan"), 2.5]}
    )
    table.to_csv(tmp_path / "frames.csv", index=False)
    found = store.frame_table(tmp_path)
    assert found["subject"].tolist() == ["NA", "1"] and found["sequence"].tolist() == ["nan", "007"]
    assert found["vas"].isna().tolist() == [True, False] and found["vas"][1] == 2.5
