"""A label never sits on a neighbour's picture: the rule by itself, and every reader on copies numbered otherwise."""

from __future__ import annotations

import random
import re
import shutil
import zlib
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from aulib.datasets.readers import READERS, read, reader
from aulib.datasets.reading.findings import Findings
from aulib.datasets.reading.matching import OFFSET, UNMATCHED, Rule, matched
from aulib.datasets.reading.media import ImageFiles
from tests.readers import trees_disfa, trees_fera2017, trees_gft
from tests.readers.miniature import Miniature, miniatures, number_in, save, save_video, write

#: Number at the end of a picture's name.
PICTURE = re.compile(r"^(?P<head>.*?)(?P<number>\d+)\.(?P<ending>png|jpe?g|bmp)$", re.IGNORECASE)

WITH_PICTURES = [one for one in miniatures() if one.layout not in ("labels only", "labels alone")]


def images(numbers, doubled=()) -> ImageFiles:
    return ImageFiles(Path("."), {number: f"{number}.png" for number in numbers}, doubled)


def judged(numbers, labels, given=None, **rule) -> tuple[dict[int, str] | None, str]:
    """Label -> picture, and what the error says."""
    findings = Findings()
    found = matched(images(numbers), np.array(sorted(labels)), findings, "here", given, Rule(**rule))
    errors = findings.of("error")
    assert len(errors) == (found is None) and all(one.kind == UNMATCHED and one.where == "here" for one in errors)
    return (dict(found.names) if found else None), "".join(one.detail for one in errors)


@pytest.mark.parametrize(
    "numbers, labels, hint",
    [
        (range(0, 4845), range(1, 4846), "image_offset=-1 gives 4,845 labels a picture"),  # the commonest public DISFA
        (range(1, 4846), range(0, 4845), "image_offset=1 gives 4,845"),
        (range(1, 4847), range(1, 4846), "image_offset=0 gives 4,845"),  # one picture more
        (range(1, 4845), range(1, 4846), "image_offset=0 gives 4,844"),  # one less: the first or the last?
        (range(2, 4846), range(1, 4846), "image_offset=0 gives 4,844"),
        (range(0, 4846), range(1, 4846), "image_offset=0 gives 4,845"),
        ((1, 2, 3), (17, 252, 521), "number the pictures as their labels"),  # a sample that was numbered anew
        (range(1001, 1011), range(1, 11), "image_offset=1000 gives 10"),
    ],
)
def test_what_is_in_doubt_is_named_with_the_option_that_would_match_it(numbers, labels, hint):
    found, said = judged(numbers, labels)
    assert found is None and hint in said
    assert f"pictures are numbered {min(numbers)}…{max(numbers)} ({len(numbers):,})" in said
    assert f"labels are numbered {min(labels)}…{max(labels)} ({len(labels):,})" in said
    for offset in re.findall(r"image_offset=(-?\d+) gives", said):
        assert judged(numbers, labels, int(offset))[0] is not None, "an option that is printed must work"


@pytest.mark.parametrize(
    "numbers, labels",
    [(range(1, 9), range(1, 9)), ((3, 17, 101), (3, 17, 101)), ((1, 2, 5, 8), range(1, 9)), (range(1, 9), (1, 4, 8))],
)
def test_both_ends_agree(numbers, labels):
    found, _ = judged(numbers, labels)
    assert found == {number: f"{number}.png" for number in numbers}


@pytest.mark.parametrize("segment", [False, True])
def test_a_shift_is_never_taken(segment):
    """Whatever of a recording 1…8 is lost, and however it is numbered: a picture is right or not there."""
    for labels, shift, gone in product((range(1, 9), range(3, 7), (1, 4, 8)), range(-2, 3), range(2**4)):
        filmed = range(1, 9) if not segment else labels
        lost = {number for bit, number in enumerate((filmed[0], filmed[1], filmed[-2], filmed[-1])) if gone >> bit & 1}
        pictures = [number for number in filmed if number not in lost]
        if shift == 0 or not pictures:
            continue
        found, _ = judged([number + shift for number in pictures], labels, segment=segment)
        assert found is None, (list(labels), shift, pictures)


def test_the_option_decides_but_not_against_numbers_that_are_the_same():
    assert judged(range(4), range(1, 5), -1)[0] == {1: "0.png", 2: "1.png", 3: "2.png", 4: "3.png"}
    found, said = judged(range(1, 5), range(1, 5), -1)  # one person of a copy counts as the labels do
    assert found is None and "the same one by one with image_offset=0; image_offset=-1 was given" in said
    found, said = judged(range(5), range(1, 5), 100)
    assert found is None and "no label has a picture" in said


def test_two_pictures_of_one_number():
    findings = Findings()
    media = images(range(1, 5), ("1.png", "01.png"))
    assert matched(media, np.arange(1, 5), findings, "here", 0) is None
    assert "1.png and 01.png" in findings.of("error")[0].detail


def test_every_reader_has_the_same_option():
    for name in READERS:
        assert reader(name).options["image_offset"] is OFFSET


# ---- every reader


def sequences_of(root: Path) -> list[list[Path]]:
    """Pictures of each folder below a root."""
    folders: dict[Path, list[Path]] = {}
    for path in sorted(root.rglob("*")):
        if PICTURE.match(path.name):
            folders.setdefault(path.parent, []).append(path)
    return list(folders.values())


def renumbered(paths: list[Path], shift: int) -> None:
    """Every picture under its number plus `shift`, in the same width; those below 0 are gone."""
    waiting = []
    for path in paths:
        found = PICTURE.match(path.name)
        number = int(found["number"]) + shift
        path.rename(path.with_suffix(".moving"))
        if number >= 0:
            name = f"{found['head']}{number:0{len(found['number'])}}.{found['ending']}"
            waiting.append((path.with_suffix(".moving"), path.with_name(name)))
        else:
            path.with_suffix(".moving").unlink()
    for now, then in waiting:
        now.rename(then)


def changed(root: Path, change: str, shift: int, rng: random.Random) -> None:
    """Change the pictures of every folder: a shift, and then some are lost or there twice."""
    for paths in sequences_of(root):
        renumbered(paths, shift)
        now = sorted(path for path in paths[0].parent.iterdir() if PICTURE.match(path.name))
        now.sort(key=lambda path: int(PICTURE.match(path.name)["number"]))
        for victim in {"first": now[:1], "last": now[-1:], "both ends": now[:1] + now[-1:]}.get(change, ()):
            victim.unlink(missing_ok=True)
        if change == "some" and now:
            rng.choice(now).unlink()
        if change == "twice" and now:
            path = rng.choice(now)
            found = PICTURE.match(path.name)
            shutil.copy(rng.choice(now), path.with_name(f"{found['head']}0{found['number']}.{found['ending']}"))


def wrong_pairs(one: Miniature, root: Path, truth: dict) -> tuple[list, int]:
    """(labels that show another frame's picture, how many show their own)."""
    wrong, right = [], 0
    for each in read(one.corpus, root, one.options).recordings:
        for number, picture, _ in each.media.pictures(each.frames.tolist()) if each.media else ():
            if picture is not None:
                painted = truth[each.subject, each.sequence, number]
                off = abs(number_in(picture) - painted) > 3
                wrong += [(each.name, number, number_in(picture), painted)] if off else []
                right += not off
    return wrong, right


@pytest.mark.parametrize("one", [one for one in WITH_PICTURES], ids=str)
def test_no_reader_shows_a_neighbours_picture(one, tmp_path):
    truth = dict(one.make(tmp_path / "sound").pictures)
    folders = sequences_of(tmp_path / "sound")
    if not folders or not truth:
        return  # videos and archives: their pictures have no names
    more_filmed = one.corpus in ("bp4d", "fera2015", "bp4d-plus")
    rng = random.Random(zlib.crc32(str(one).encode()))
    total = 0
    for shift, change in product(range(-2, 3), ("", "first", "last", "both ends", "some", "twice")):
        root = tmp_path / f"{shift} {change}"
        shutil.copytree(tmp_path / "sound", root)
        changed(root, change, shift, rng)
        wrong, right = wrong_pairs(one, root, truth)
        if one.options.get("image_offset") is not None:
            continue  # told what belongs together, a reader believes it
        if more_filmed:  # M009 of BP4D: 98…101 are coded, 96…103 are filmed, and nothing tells of a shift by one
            wrong = [pair for pair in wrong if not (pair[0] == "M009/T4" and shift)]
        assert not wrong, (shift, change, wrong[:3])
        total += right
    assert total or one.options.get("image_offset") is not None, "nothing was shown at all"


@pytest.mark.parametrize("lost, frames", product((0, 1), (1, 2, 3, 4, 5, 6, 8)))
def test_videos_of_other_lengths(lost, frames, tmp_path):
    """DISFA's may differ by one at the end, FERA 2017's by two, GFT's not; labels that lack their first never match."""
    numbers = [20 + 30 * (frame % 6) for frame in range(frames)]
    codes = trees_disfa.made_up("SN001", list(range(1 + lost, 5)))
    trees_disfa.write_labels(tmp_path / "disfa", codes)
    save_video(tmp_path / "disfa/LeftVideoSN001_comp.avi", numbers)
    trees_fera2017.write_occurrence(tmp_path / "fera2017", 0)
    trees_fera2017.video(tmp_path / "fera2017", 0, 6, numbers)
    write(tmp_path / "gft/001A.csv", trees_gft.table(trees_gft.made_up("001A", tuple(range(1 + lost, 5))),
                                                     ["frame", *(f"AU{au}" for au in trees_gft.AUS)]))  # fmt: skip
    save_video(tmp_path / "gft/001A.mp4", numbers)
    shown = {name: read(name, tmp_path / name).recordings[0].media is not None for name in ("disfa", "fera2017", "gft")}
    assert shown["disfa"] == (not lost and abs(frames - 4) <= 1)
    assert shown["fera2017"] == (abs(frames - 4) <= 2)
    assert shown["gft"] == (not lost and frames == 4)


def test_a_number_that_no_recording_has_is_no_number(tmp_path):
    codes = trees_disfa.made_up("SN001", [1, 2])
    trees_disfa.write_labels(tmp_path, codes)
    for name in ("1", "2", str(2**63), "9" * 40):
        save(tmp_path / f"SN001/{name}.png", 5)
    reading = read("disfa", tmp_path)
    assert reading.recordings[0].media.numbers().tolist() == [1, 2]
    assert len(reading.tree.unmatched) == 2


@pytest.mark.parametrize("numbers, labels", [(range(1, 4), []), ([], [1, 2])])
def test_where_there_is_nothing_to_match_nothing_is_matched(numbers, labels):
    assert matched(images(numbers), np.array(labels, np.int64), Findings(), "here", None) is None
