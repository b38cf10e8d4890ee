"""Whatever files, folders, members of archives and cells are called: no line of ours can be forged by it."""

from __future__ import annotations

import os
import re
import unicodedata
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from aulib import paths
from aulib.__main__ import main
from aulib.datasets.readers import read
from aulib.datasets.reading.findings import Finding, Unreadable
from aulib.errors import AulibError, CorpusError, UnknownName, visible
from tests.readers import trees_disfa, trees_gft, trees_unbc
from tests.readers.miniature import save, write

#: Clears the screen, begins a line that says all is well, turns the writing round; and a byte that is no UTF-8.
EVIL = "\x1b[2J\x07\r\nall is well\n\u202egnp\u2066\u200b\x9b1m\udcff"


def assert_clean(text: str) -> None:
    """Nothing but what can be printed, and ends of our own lines."""
    strange = {sign for sign in text if sign != "\n" and not sign.isprintable()}
    assert not strange, [f"{ord(sign):#x}" for sign in strange]
    assert "all is well" not in text.splitlines(), "a line that somebody else has written"


def said(capsys, *arguments: str) -> tuple[int, str]:
    status = main(["data", *arguments])
    captured = capsys.readouterr()
    out = captured.out + "\n".join(line for line in re.split("[\r\n]", captured.err) if not line.startswith("aligning"))
    assert_clean(out)
    return status, out


def test_visible():
    assert visible("a b é 顔 – …") == "a b é 顔 – …"
    assert visible("a\x1b[0m\nb\u202e\udcff\t") == r"a\x1b[0m\nb\u202e\udcff\t"
    for sign in map(chr, range(0x110000)):
        if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            assert visible(sign).isascii() and visible(sign).isprintable(), hex(ord(sign))


@pytest.mark.parametrize(
    "error", [AulibError(EVIL), CorpusError(f"x{EVIL}"), UnknownName("corpus", EVIL, [EVIL]), Unreadable(EVIL, EVIL, 3)]
)
def test_every_error_is_one_clean_line(error):
    assert_clean(str(error))
    assert len(str(error).splitlines()) == 1 and r"\x1b[2J" in str(error)


def test_a_finding_is_clean_wherever_it_is_kept():
    one = Finding("error", EVIL, EVIL, EVIL)
    for text in (one.kind, one.where, one.detail, str(one), one.place):
        assert_clean(text)


def test_a_path_is_shown_clean():
    assert_clean(paths.shown(Path("/data") / EVIL.replace("/", "")))


def test_verify_and_prepare_of_a_copy_with_hostile_names(home, capsys):
    """A label file that is broken, one too many, a surplus file, a link, an archive's member, pictures in a folder."""
    root = home / "copy"
    codes = trees_disfa.made_up("SN001", [1, 2, 3])
    trees_disfa.write_labels(root / EVIL, codes)
    for frame in (1, 2, 3):
        save(home / "picture.png", 40 * frame)  # OpenCV cannot write to a path that is no text
        path = root / EVIL / f"images/SN001/{EVIL}_{frame}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((home / "picture.png").read_bytes())
    broken = root / EVIL / "images/SN001" / f"{EVIL}_2.png"
    broken.write_bytes(b"no picture")
    write(root / EVIL / "ActionUnit_Labels/SN001/SN001_au12.txt", "1,\x1b[2J\n")
    write(root / EVIL / f"ActionUnit_Labels/{EVIL}SN002_au99.txt", "1,0\n")
    write(root / EVIL / f"{EVIL}.csv", "1")
    os.symlink("/nowhere", os.fsencode(root / f"{EVIL}.txt"))
    status, out = said(capsys, "verify", "disfa", str(root))
    assert status == 1 and r"\x1b[2J" in out
    status, out = said(capsys, "prepare", "disfa", str(root), "--align", "none", "--side", "32", "--workers", "1")
    assert status == 1 and r"SN001_au12.txt:1: the intensity is '\x1b[2J'" in out
    skip = ("--option", "skip_broken=true", "--align", "none", "--side", "32", "--workers", "1")
    status, out = said(capsys, "prepare", "disfa", str(root), *skip)
    assert status == 0, out
    (table,) = (home / "cache" / "corpora").rglob("left_out.csv")
    assert_clean(table.read_text(encoding="utf-8"))
    assert pd.read_csv(table)["why"].str.contains("is no picture").sum() == 1
    assert_clean(table.with_name("corpus.json").read_text(encoding="utf-8"))


def test_a_video_whose_path_is_no_text(tmp_path):
    """OpenCV ends the process at such a path; it is refused before."""
    trees_disfa.videos(tmp_path / "sound")
    os.rename(tmp_path / "sound", os.fsencode(tmp_path / "Sch\udcfcler"))
    reading = read("disfa", tmp_path)
    assert {one.kind.partition(":")[0] for one in reading.findings.of("error")} == {"its path is no text in UTF-8"}
    assert all(one.media is None for one in reading.recordings)


def test_members_of_archives(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "F001.zip", "w") as archive:
        archive.writestr("../" + EVIL[:-1], b"")
        archive.writestr(f"F001/{EVIL[:-1]}.csv", b"")
    write(tmp_path / "AUCoding/AU_OCC/F001_T1.csv", "1,1,2\n5,0\n")
    status, out = said(capsys, "verify", "bp4d-plus", str(tmp_path))
    assert status == 1 and "leads out" not in out.splitlines()


def test_names_of_people_in_cells_and_folders(tmp_path, capsys):
    cells = ",".join(["0"] * len(trees_gft.AUS))
    head = "subject,frame," + ",".join(f"AU{au}" for au in trees_gft.AUS)
    write(tmp_path / "gft/all.csv", f"{head}\nA\x1b[2J\u202eB,1,{cells}\n")
    assert said(capsys, "verify", "gft", str(tmp_path / "gft"))[0] == 0
    (one,) = read("gft", tmp_path / "gft").recordings
    assert_clean(one.subject)
    evil = EVIL.replace("\n", "")[:-1]
    trees_unbc.label_files(tmp_path / "unbc", {(evil, "s"): [{4: 1}, {}]}, "FACS", None)
    assert said(capsys, "verify", "unbc", str(tmp_path / "unbc"))[0] == 0
    (one,) = read("unbc", tmp_path / "unbc").recordings
    assert_clean(one.subject)
    assert one.table()["subject"].tolist() == [visible(evil)] * 2


def test_a_header_that_is_quoted_in_an_error(tmp_path, capsys):
    write(tmp_path / "AUCoding/AU_OCC/F001_T1.csv", f"frame\x1b,\u202e{EVIL[:4]}\n1,0\n")
    status, out = said(capsys, "verify", "bp4d", str(tmp_path))
    assert status == 1 and "F001_T1.csv" in out
