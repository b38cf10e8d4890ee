"""Label files that somebody has opened and saved again: other line ends, quotation marks, commas at line ends."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from aulib.datasets import store
from aulib.datasets.readers import read
from aulib.datasets.reading.findings import Findings, Unreadable
from aulib.datasets.reading.occurrence_csv import occurrence
from aulib.datasets.reading.tables import lines, whole_numbers
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
            if how == "whole numbers with a point" and before.partition("\n")[0].count(",") > 1:
                after = before.partition("\n")[0] + "\n" + SAVED[how](before.partition("\n")[2])  # names stay names
            path.write_bytes(after.encode())
            changed += after != before
        reading = read(one.corpus, root, one.options)
        assert codes_of(reading) == expected.codes, one
        assert not reading.findings.of("error"), one
    assert changed


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
