"""The tools that readers are built of, against the standard library, NumPy and explicit loops."""

from __future__ import annotations

import csv
import io
import os
import random
import re
import struct
import sys
import zipfile
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from aulib.aus import UNKNOWN
from aulib.datasets.landmarks import MARKUPS
from aulib.datasets.reading import media as media_module
from aulib.datasets.reading import tree as trees
from aulib.datasets.reading.codes import decode
from aulib.datasets.reading.findings import Finding, Findings, Unreadable
from aulib.datasets.reading.listed import spans
from aulib.datasets.reading.media import ImageFiles, Video
from aulib.datasets.reading.media import decode as decode_picture
from aulib.datasets.reading.point_tables import point_tables
from aulib.datasets.reading.points import PointFiles
from aulib.datasets.reading.recording import Option, Recording, in_order
from aulib.datasets.reading.tables import frame_numbers, lines, real_numbers, text, whole_numbers
from aulib.datasets.reading.tree import Tree, content, local, natural
from aulib.errors import CorpusError
from tests.readers.miniature import number_in, picture, save, save_video, write

SAME_FOLDER = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


# ---- tree


@SAME_FOLDER
@given(st.lists(st.tuples(st.sampled_from(["a", "B", "img"]), st.integers(0, 10**6)), min_size=1, max_size=30))
def test_natural_order(pairs):
    names = [f"{prefix}{number}.png" for prefix, number in pairs]
    expected = sorted(pairs, key=lambda pair: (pair[0].lower(), pair[1]))
    assert sorted(names, key=natural) == [f"{prefix}{number}.png" for prefix, number in expected]


def test_natural_order_of_strange_names():
    assert natural("1" * 5000) < natural("1" * 5001), "too many digits for int()"
    assert natural("a01") != natural("a1") and natural("²٣") == natural("²٣")


def test_natural_keys_are_small():
    """A copy of BP4D+ with its 3D models has more than four million names: a key must not be a list of parts."""
    name = "BP4D+_v0.2/2D+3D/F001.zip!F001/T1/0133.obj"
    key = natural(name)
    assert sum(sys.getsizeof(part) for part in key if part is not name) + sys.getsizeof(key) < 300


def test_match_is_a_search_of_last_parts(tmp_path):
    names = ["x/AU_OCC/F001_T1.csv", "AU_OCC/F001_T10.csv", "au_occ/F001_T2.CSV", "AU_OCC/xF001_T3.csv", "F001_T4.csv"]
    for name in names:
        write(tmp_path / name, "")
    pattern = r"AU_OCC/([FM]\d+)_(T\d+)\.csv"
    found = {name for name, _ in Tree(tmp_path, Findings()).match(pattern)}
    assert found == {name for name in names if re.fullmatch(f"(.*/)?{pattern}", name, re.IGNORECASE)}
    assert len(found) == 3


def test_litter_is_not_seen(tmp_path):
    for name in ("._F001.csv", ".DS_Store", "a/Thumbs.db", "__MACOSX/a.csv", "a/b.csv", ".hidden/a.csv"):
        write(tmp_path / name, "")
    assert Tree(tmp_path, Findings()).names == ("a/b.csv",)


def test_root_must_be_a_folder(tmp_path):
    write(tmp_path / "file", "")
    with pytest.raises(CorpusError, match="it is a file"):
        Tree(tmp_path / "file", Findings())
    with pytest.raises(CorpusError, match="no such folder"):
        Tree(tmp_path / "nothing", Findings())


def test_links(tmp_path):
    root, secret = tmp_path / "root", tmp_path / "secret"
    write(secret / "a.csv", "canary")
    write(root / "inside/b.csv", "b")
    (root / "out.csv").symlink_to(secret / "a.csv")
    (root / "folder").symlink_to(secret, target_is_directory=True)
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "self.csv").symlink_to(root / "self.csv")
    (root / "c.csv").symlink_to(root / "inside/b.csv")
    os.mkfifo(root / "pipe.csv")
    (root / "d.csv").mkdir()
    findings = Findings()
    assert Tree(root, findings).names == ("c.csv", "inside/b.csv")
    assert {one.where for one in findings.of("warning")} == {"out.csv", "folder", "self.csv", "pipe.csv", "d.csv"}
    assert {one.where for one in findings.of("note")} == {"loop"}
    assert content(root, "c.csv") == b"b"
    for name in ("out.csv", "folder/a.csv", "../secret/a.csv", str(secret / "a.csv"), "self.csv", "a\0b"):
        for opened in (content, local):
            with pytest.raises(Unreadable) as trouble:
                opened(root, name)
            assert "canary" not in str(trouble.value)
    for name in ("pipe.csv", "d.csv", "missing"):
        with pytest.raises(Unreadable):
            content(root, name)


def archive_of(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_archives(tmp_path):
    archive_of(tmp_path / "F001.ZIP", {"T1/2.csv": b"2", "T1/10.csv": b"10", "../../evil.csv": b"e", "/etc/evil": b"e"})
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4 no archive")
    write(tmp_path / "what!.csv", "a file with a mark in its name")
    findings = Findings()
    tree = Tree(tmp_path, findings, archives=True)
    assert set(tree.names) == {"F001.ZIP", "F001.ZIP!T1/2.csv", "F001.ZIP!T1/10.csv", "bad.zip", "what!.csv"}
    assert [one.where for one in findings.of("error")] == ["bad.zip"]
    assert {one.detail for one in findings.of("warning")} == {"../../evil.csv", "/etc/evil"}
    assert tree.read("F001.ZIP!T1/10.csv") == b"10" and tree.read("what!.csv").startswith(b"a file")
    with pytest.raises(Unreadable, match="unpack the archive"):
        local(tmp_path, "F001.ZIP!T1/2.csv")
    with pytest.raises(Unreadable, match="from its archive"):
        content(tmp_path, "F001.ZIP!nothing")
    assert not list(tmp_path.parent.rglob("evil*"))


@pytest.mark.parametrize("stored", ["F001/T1/0133.jpg", "./F001/T1/0133.jpg", "F001\\T1\\0133.jpg"])
def test_members_of_an_archive_however_it_was_packed(stored, tmp_path):
    member = zipfile.ZipInfo()
    member.filename = stored
    with zipfile.ZipFile(tmp_path / "F001.zip", "w") as file:
        file.writestr(member, b"picture")
    found = list(Tree(tmp_path, Findings(), archives=True).match(r"F001/(T\d)/(\d+)\.jpg"))
    assert [match.groups() for _, match in found] == [("T1", "0133")]
    assert content(tmp_path, found[0][0]) == b"picture"


def test_every_damaged_byte_of_an_archive(tmp_path):
    """Whatever is damaged: the bytes, or `Unreadable`; 250 archives."""
    rng = random.Random(0)
    text_of = bytes(rng.choice(b"0123,\n") for _ in range(300))
    archive_of(tmp_path / "good.zip", {"a.csv": text_of})
    sound = (tmp_path / "good.zip").read_bytes()
    outcomes = {"same": 0, "refused": 0}
    for case in range(250):
        data = bytearray(sound)
        data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
        path = tmp_path / f"{case}.zip"
        path.write_bytes(data)
        try:
            assert content(tmp_path, f"{case}.zip!a.csv") == text_of
            outcomes["same"] += 1
        except Unreadable:
            outcomes["refused"] += 1
        trees._archive.cache_clear()
    findings = Findings()
    names = Tree(tmp_path, findings, archives=True).names
    unlisted = {one.where for one in findings.of("error")}
    assert len(unlisted) + len({name.partition("!")[0] for name in names if "!" in name}) >= 251
    assert outcomes["refused"] > 100 and outcomes["same"] > 10


def test_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(trees, "LARGEST", 10)
    write(tmp_path / "a.csv", "x" * 11)
    archive_of(tmp_path / "a.zip", {"bomb.csv": b"0" * 11})
    for name in ("a.csv", "a.zip!bomb.csv"):
        with pytest.raises(Unreadable, match="larger than"):
            content(tmp_path, name)


# ---- tables


@SAME_FOLDER
@given(
    st.lists(st.lists(st.integers(-(10**9), 10**9), min_size=3, max_size=3), max_size=20),
    st.sampled_from("\n \r\n".split(" ")),
)
def test_whole_numbers_against_the_csv_module(tmp_path, rows, ending):
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator=ending).writerows(rows)
    (tmp_path / "a.csv").write_bytes(written.getvalue().encode())
    expected = [[int(cell) for cell in row] for row in csv.reader(io.StringIO(written.getvalue(), newline=""))]
    assert whole_numbers(lines(tmp_path, "a.csv"), 3).tolist() == expected == rows


@SAME_FOLDER
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=20), st.integers(1, 4))
def test_real_numbers_against_loadtxt(tmp_path, rows, blanks):
    write(tmp_path / "a.txt", "".join(f"{' ' * blanks}{x:.7e}\t{y!r} \n\n" for x, y in rows))
    table = lines(tmp_path, "a.txt", "blank")
    assert np.array_equal(real_numbers(table, 2), np.loadtxt(tmp_path / "a.txt", ndmin=2))
    assert table.numbers == list(range(1, 2 * len(rows), 2))


@pytest.mark.parametrize(
    "cell", ["", "x", "nan", "inf", "-inf", "2.5", "1e30", str(2**70), "1_0", "１", "٣", "0x1", "1e", "--1"]
)
def test_a_wrong_cell_is_named(cell, tmp_path):
    write(tmp_path / "a.csv", f"1,2\n\n3,{cell}\n5,6\n")
    with pytest.raises(Unreadable, match=r"a\.csv:3: the code is"):
        whole_numbers(lines(tmp_path, "a.csv"), 2, ("the frame", "the code"))


def test_whole_numbers_in_other_spellings(tmp_path):
    write(tmp_path / "a.txt", " 4.0000000e+00 \t 1.7e+01\n+3 -1\n")
    assert whole_numbers(lines(tmp_path, "a.txt", "blank")).tolist() == [[4, 17], [3, -1]]
    write(tmp_path / "b.csv", "1,2\n1,2,3\n")
    with pytest.raises(Unreadable, match=r"b\.csv:2: 3 cells where 2"):
        whole_numbers(lines(tmp_path, "b.csv"))


@pytest.mark.parametrize(
    "raw, line",
    [
        (b"1,2\n3,\xe9\n", 2),
        ("1,2\n3,4\n".encode("utf-16-le"), 1),
        (b"1,2\r\n3\0,4", 2),
        ("1,2\n".encode("utf-16") + b"\0", 1),
    ],
)
def test_not_text(raw, line, tmp_path):
    (tmp_path / "a.csv").write_bytes(raw)
    with pytest.raises(Unreadable, match="is not text") as trouble:
        text(tmp_path, "a.csv")
    assert trouble.value.line in (line, line + 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_with_a_mark(encoding, tmp_path):
    (tmp_path / "a.csv").write_bytes("1,2\r\n3,4".encode(encoding))
    assert whole_numbers(lines(tmp_path, "a.csv")).tolist() == [[1, 2], [3, 4]]


def test_lines_are_numbered_as_editors_do(tmp_path):
    """Naive: str.splitlines also ends a line at a form feed."""
    write(tmp_path / "a.csv", "1,2\x0c\n3,x\n")
    with pytest.raises(Unreadable, match=r"a\.csv:2"):
        whole_numbers(lines(tmp_path, "a.csv"))
    assert len("1,2\x0c\n3,x\n".splitlines()) == 3


@SAME_FOLDER
@given(st.lists(st.integers(-2, 12), max_size=12))
def test_frame_numbers_against_a_loop(tmp_path, values):
    write(tmp_path / "a.csv", "".join(f"{value}\n" for value in values))
    wrong = [at for at, value in enumerate(values) if value < 1] or [
        at for at, value in enumerate(values) if value in values[:at]
    ]
    table = lines(tmp_path, "a.csv")
    column = whole_numbers(table, 1)[:, 0]
    if wrong:
        with pytest.raises(Unreadable) as trouble:
            frame_numbers(column, table, first=1)
        assert trouble.value.line == wrong[0] + 1
    else:
        assert frame_numbers(column, table, first=1).tolist() == values


# ---- codes


@given(
    st.lists(st.lists(st.integers(-3, 1000), min_size=2, max_size=2), min_size=1, max_size=9), st.sampled_from([1, 5])
)
def test_decode_against_a_loop(rows, top):
    findings = Findings()
    got = decode(np.array(rows), findings, "a.csv", top=top, unknown=(9, 999, -1))
    expected = [[code if 0 <= code <= top else UNKNOWN for code in row] for row in rows]
    assert got.dtype == np.int8 and got.tolist() == expected
    strange = sum(not 0 <= code <= top and code not in (9, 999, -1) for row in rows for code in row)
    assert sum(one.count for one in findings) == strange


# ---- media


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_pictures_by_number(ending, tmp_path):
    for number in (3, 1, 10):
        save(tmp_path / f"{number}.{ending}", 10 * number)
    whole = (tmp_path / f"10.{ending}").read_bytes()
    (tmp_path / f"10.{ending}").write_bytes(whole[: len(whole) * 2 // 3])
    media = ImageFiles(tmp_path, {number: f"{number}.{ending}" for number in (3, 1, 10, 12)})
    assert media.numbers().tolist() == [1, 3, 10, 12]
    shown = list(media.pictures([12, 3, 10, 1, 2]))
    assert [number for number, _, _ in shown] == [1, 2, 3, 10, 12]
    assert [None if image is None else number_in(image) for _, image, _ in shown] == [10, None, 30, None, None]
    assert all((image is None) == bool(why) for _, image, why in shown)
    assert shown[3][2].startswith(f"10.{ending}: ")


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_no_picture(data):
    with pytest.raises(Unreadable, match=r"a\.png: is no picture"):
        decode_picture(data, "a.png")


def test_colours_are_in_the_order_red_green_blue():
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 200
    assert np.array_equal(decode_picture(cv2.imencode(".png", red[..., ::-1])[1].tobytes(), "a"), red)
    grey = cv2.imencode(".png", picture(50)[..., 0])[1].tobytes()
    assert np.array_equal(decode_picture(grey, "a"), picture(50))


@pytest.mark.parametrize("first", [0, 1, 5])
def test_video(first, tmp_path):
    save_video(tmp_path / "a.avi", [10, 40, 70, 100])
    media = Video(tmp_path, "a.avi", first)
    assert media.numbers().tolist() == list(range(first, first + 4))
    shown = {
        number: (image, why) for number, image, why in media.pictures([first + 3, first + 1, first + 9, first - 1])
    }
    assert list(shown) == [first - 1, first + 1, first + 3, first + 9]
    assert abs(number_in(shown[first + 1][0]) - 40) <= 3 and abs(number_in(shown[first + 3][0]) - 100) <= 3
    assert "before the first" in shown[first - 1][1] and f"ends after frame {first + 3}" in shown[first + 9][1]


def test_a_video_that_loses_a_frame_shows_none(tmp_path):
    """Naive: grab until the end; OpenCV passes over the damaged frame, and each later one stands for its neighbour."""
    path = tmp_path / "a.avi"
    save_video(path, [10 * number for number in range(20)])
    data = path.read_bytes()
    at = -1
    for _ in range(6):
        at = data.index(b"00dc", at + 1)
    path.write_bytes(data[:at] + bytes(40) + data[at + 40 :])
    capture, naive = cv2.VideoCapture(str(path)), []
    while capture.grab():
        naive.append(number_in(capture.retrieve()[1]))
    assert len(naive) < 20 and any(abs(number - 10 * place) > 5 for place, number in enumerate(naive))
    shown = list(Video(tmp_path, "a.avi").pictures(range(1, 21)))
    assert [image for _, image, _ in shown] == [None] * 20
    assert all("20 frames and" in why and "which are lost is not known" in why for *_, why in shown)


def test_a_header_that_promises_less_than_there_is_was_an_estimate(tmp_path):
    path = tmp_path / "a.mpg"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"PIM1"), 25, (32, 32))
    for number in range(20):
        writer.write(picture(10 * number))
    writer.release()
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) < 20
    media = Video(tmp_path, "a.mpg")
    assert media.numbers().tolist() == list(range(1, 21))
    assert all(abs(number_in(image) - 10 * (number - 1)) <= 5 for number, image, _ in media.pictures([1, 11, 20]))
    save_video(tmp_path / "b.avi", [10, 40, 70])
    (tmp_path / "b.avi").replace(path)
    assert media.numbers().tolist() == [1, 2, 3], "a file that has changed is counted again"


def test_no_video(tmp_path):
    write(tmp_path / "a.avi", "no video")
    media = Video(tmp_path, "a.avi")
    with pytest.raises(Unreadable):
        media.numbers()
    assert [(number, image) for number, image, why in media.pictures([2, 1]) if why] == [(1, None), (2, None)]


# ---- points


@pytest.mark.parametrize("count", sorted(MARKUPS))
@pytest.mark.parametrize("kind", ["text", "mat"])
def test_landmark_files(count, kind, tmp_path):
    points = np.random.default_rng(count).uniform(0, 300, (count, 2)).astype(np.float32)
    if kind == "text":
        write(tmp_path / "7", "\n".join(f"  {x!r}   {y!r}" for x, y in points.tolist()))
    else:
        savemat(tmp_path / "7", {"pts": points}, appendmat=False)
    found = PointFiles(tmp_path, {7: "7"}, kind, count).points(7)
    expected = np.full((68, 2), np.nan, np.float32)
    for row, place in enumerate(MARKUPS[count]):
        expected[place] = points[row]
    assert np.array_equal(found, expected, equal_nan=True)
    assert PointFiles(tmp_path, {}, kind, count).points(7) is None


@pytest.mark.parametrize("written", ["", " \n", "0 0\n" * 68])
def test_a_lost_face_has_no_landmarks(written, tmp_path):
    write(tmp_path / "a", written)
    assert PointFiles(tmp_path, {1: "a"}, "text", 68).points(1) is None


@pytest.mark.parametrize(
    "written", ["1 2\n" * 67, "1 2\n" * 66, "1 2 3\n" * 68, "1 nan\n" * 68, "1 1e30\n" * 68, "x y\n" * 68]
)
def test_broken_landmark_files(written, tmp_path):
    write(tmp_path / "a", written)
    with pytest.raises(Unreadable, match=r"^a"):
        PointFiles(tmp_path, {1: "a"}, "text", 68).points(1)


@pytest.mark.parametrize(
    "data", [{"other": np.ones(3)}, {"pts": np.ones((66, 3))}, {"pts": np.ones((66, 2)) * 1j}, None]
)
def test_broken_matlab_files(data, tmp_path):
    if data is None:
        (tmp_path / "a").write_bytes(b"MATLAB 5.0" + bytes(range(200)))
    else:
        savemat(tmp_path / "a", data, appendmat=False)
    with pytest.raises(Unreadable, match=r"^a"):
        PointFiles(tmp_path, {1: "a"}, "mat", 66).points(1)


def test_point_tables(tmp_path):
    head = "subject,sequence,frame," + ",".join(f"x{i},y{i}" for i in range(49))
    rows = [
        f"{who},001,{frame}," + ",".join(str(frame + i) for i in range(98)) for who, frame in (("NA", 5), ("NA", 2))
    ]
    write(tmp_path / "a.csv", "\n".join([head, *rows, "B,1,3," + "," * 97]))
    found = point_tables(tmp_path / "a.csv")
    assert set(found) == {("NA", "001"), ("B", "1")}, "names stay text"
    assert found["NA", "001"].points(5)[17].tolist() == [5, 6] and found["NA", "001"].points(3) is None
    assert found["B", "1"].points(3) is None
    for wrong, why in (
        (rows[0].replace(",5,", ",5.5,", 1), "expected a whole number"),
        (f"{rows[0]}\n{rows[0]}", "second time"),
    ):
        write(tmp_path / "b.csv", f"{head}\n{wrong}\n")
        with pytest.raises(Unreadable, match=why):
            point_tables(tmp_path / "b.csv")


@pytest.mark.parametrize("lost", [np.zeros((66, 2)), np.full((66, 2), -1.0), np.full((66, 2), np.nan)])
def test_a_face_that_a_tracker_lost_is_for_the_detector(lost, tmp_path):
    savemat(tmp_path / "a", {"pts": lost}, appendmat=False)
    assert PointFiles(tmp_path, {1: "a"}, "mat", 66).points(1) is None


def test_a_matlab_file_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path):
    savemat(tmp_path / "a", {"pts": np.zeros((2_000_000, 2))}, appendmat=False, do_compression=True)
    with pytest.raises(Unreadable, match=r"^a: 'pts' is double\(2000000, 2\), expected numbers of the shape \(66, 2\)"):
        PointFiles(tmp_path, {1: "a"}, "mat", 66).points(1)


# ---- the size of a picture


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF", "WEBP"])
def test_a_picture_is_measured_before_it_is_decoded(kind, monkeypatch):
    from PIL import Image

    monkeypatch.setattr(media_module, "LARGEST_PICTURE", 1200)
    for width, height in ((40, 30), (40, 31)):
        file = io.BytesIO()
        Image.new("RGB", (width, height), (9, 90, 200)).save(file, kind)
        if height == 30:
            assert media_module.decode(file.getvalue(), "a").shape == (30, 40, 3)
        else:
            with pytest.raises(Unreadable, match=r"^a: is a picture of 40 × 31 pixels: not decoded"):
                media_module.decode(file.getvalue(), "a")


def test_a_picture_of_18_000_by_18_000_pixels_costs_nothing(tmp_path):
    """A file of a megabyte: decoded, two gigabytes.  Here its header alone, which is all that is read."""

    def part(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 18_000, 18_000, 8, 2, 0, 0, 0)
    (tmp_path / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b"")))
    ((number, picture, why),) = ImageFiles(tmp_path, {1: "1.png"}).pictures([1])
    assert number == 1 and picture is None
    assert why == "1.png: is a picture of 18,000 × 18,000 pixels: not decoded, no more than 50 million are"


def test_a_video_of_large_pictures_is_not_decoded(tmp_path, monkeypatch):
    save_video(tmp_path / "a.avi", [1, 2])
    monkeypatch.setattr(media_module, "LARGEST_PICTURE", 1000)
    with pytest.raises(Unreadable, match=r"^a\.avi: is a picture of 32 × 32 pixels"):
        Video(tmp_path, "a.avi").numbers()
    assert next(why for *_, why in Video(tmp_path, "a.avi").pictures([1])).startswith("a.avi: is a picture of 32 × 32")


# ---- findings, options, recordings


def test_findings_are_counted():
    rng = random.Random(1)
    every = [
        Finding(rng.choice(["error", "warning", "note"]), rng.choice("ab"), f"f{i}", count=i % 4) for i in range(40)
    ]
    findings = Findings(every)
    counted = findings.counted()
    for level, kind, total, found in counted:
        assert found == [one for one in every if (one.level, one.kind) == (level, kind)]
        assert total == sum(one.count for one in found)
    order = [(("error", "warning", "note").index(level), -total) for level, _, total, _ in counted]
    assert order == sorted(order) and sum(len(found) for *_, found in counted) == 40
    with pytest.raises(CorpusError, match=r"^x: f\d+: [ab]; \d+ more of \d+\. .*skip_broken"):
        findings.raise_errors("x")
    Findings(one for one in every if one.level != "error").raise_errors("x")


@pytest.mark.parametrize(
    "option, given, expected",
    [
        (Option(False, ""), "yes", True),
        (Option(True, ""), 0, False),
        (Option(False, ""), "maybe", None),
        (Option(1, ""), "-3", -3),
        (Option(1, ""), "1.5", None),
        (Option(1, "", (1, 2)), 3, None),
        (Option("a", "", ("a", "b")), "b", "b"),
        (Option("a", "", ("a", "b")), "c", None),
    ],
)
def test_options(option, given, expected):
    if expected is None:
        with pytest.raises(CorpusError, match="option x="):
            option.parsed("x", given)
    else:
        parsed = option.parsed("x", given)
        assert parsed == expected and type(parsed) is type(option.default)


def test_recordings_in_order():
    def one(subject: str, sequence: str) -> Recording:
        return Recording(subject, sequence, np.array([1]), np.zeros((1, 2), np.int8), f"{subject}{sequence}.csv")

    names = [("S10", "T2"), ("S2", "T10"), ("S2", "T9")]
    assert [found.name for found in in_order([one(*name) for name in names])] == ["S2/T9", "S2/T10", "S10/T2"]
    with pytest.raises(CorpusError, match="two label files hold S2/T9"):
        in_order([one("S2", "T9"), one("S1", "T1"), one("S2", "T9")])


@given(st.sets(st.integers(1, 60), min_size=1))
def test_spans_against_a_loop(numbers):
    said: set[int] = set()
    for word in spans(numbers, most=99).split(", "):
        first, _, last = word.partition("-")
        said |= set(range(int(first), int(last or first) + 1))
    assert said == numbers
    shown, _, rest = spans(numbers, most=1).partition(" and ")
    first, _, last = shown.partition("-")
    assert int(last or first) - int(first) + 1 + int(rest.split()[0] if rest else 0) == len(numbers)
