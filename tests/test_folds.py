"""The public subject lists: complete, disjoint, counted; and what happens to people who are, or are not, on one."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aulib.errors import AulibError, UnknownName
from aulib.manifest import entry
from aulib.protocols import PROTOCOLS, fold_list, fold_lists, folds, numbered, split

LISTS = fold_lists()
BP4D = sorted(LISTS["bp4d-three"].roster)


def frames(subjects: list[str], each: int = 3) -> pd.DataFrame:
    return pd.DataFrame({"subject": np.repeat(subjects, each)})


def who(table: pd.DataFrame, rows: np.ndarray) -> set[str]:
    return set(table["subject"].iloc[rows])


@pytest.mark.parametrize("one", LISTS.values(), ids=lambda one: one.name)
def test_lists_are_complete_and_disjoint(one):
    for a, b in combinations(one.parts.values(), 2):
        assert not set(a) & set(b)
    if one.parts:
        assert sorted(one.subjects) == sorted(one.roster), "everybody of the corpus is in a part"
    assert one.note.strip() and one.sources
    for counted in one.counts.values():
        assert set(counted) <= {*one.parts, *one.tags}


@pytest.mark.parametrize("name, sizes", [
    ("bp4d-three", (14, 14, 13)), ("bp4d-three-facepp", (14, 14, 13)), ("bp4d-plus-three", (46, 47, 47)),
    ("disfa-three", (9, 9, 9)), ("disfa-18-9", (18, 9)), ("disfa-three-heatmaps", (9, 9, 9)),
    ("fera2015-bp4d", (21, 20)), ("fera2015-semaine", (16, 15)), ("unbc-five", (5,) * 5), ("unbc-holdout", (20, 5)),
    ("ckplus-three-way", (77, 14, 32)),
])  # fmt: skip
def test_parts_have_the_published_sizes(name, sizes):
    assert tuple(len(part) for part in LISTS[name].parts.values()) == sizes


@pytest.mark.parametrize("name, key, total", [
    ("bp4d-three", "coded_frames", 146_847), ("fera2015-bp4d", "coded_frames", 146_847),
    ("disfa-three", "coded_frames", 130_814), ("disfa-three", "kept_by_jaanet", 130_814 - 4670),
    ("disfa-18-9", "kept_by_arl", 130_814 - 4670),
])  # fmt: skip
def test_counts_add_up_to_the_corpus(name, key, total):
    assert sum(LISTS[name].counts[key].values()) == total


def test_disfa_has_one_frame_less_in_the_part_of_sn010():
    counts = LISTS["disfa-three"].counts["coded_frames"]
    for part, subjects in LISTS["disfa-three"].parts.items():
        assert counts[part] == 4845 * len(subjects) - ("SN010" in subjects)


def test_odd_numbers_train_in_fera2015():
    assert {int(name[1:]) % 2 for name in LISTS["fera2015-bp4d"].parts["train"]} == {1}
    assert {int(name[1:]) % 2 for name in LISTS["fera2015-bp4d"].parts["test"]} == {0}


def test_every_fifth_patient_is_held_out():
    ordered = sorted(LISTS["unbc-five"].roster)
    assert LISTS["unbc-five"].parts == {f"part{k + 1}": tuple(ordered[k::5]) for k in range(5)}
    assert set(LISTS["unbc-holdout"].parts["test"]) == set(ordered[::5])


@pytest.mark.parametrize("corpus", ["bp4d", "bp4d-plus", "disfa", "unbc"])
def test_rosters_have_the_manifests_number_of_people(corpus):
    rosters = {one.corpus: one.roster for one in LISTS.values() if one.roster}
    assert len(rosters[corpus]) == entry(corpus).subjects


@pytest.mark.parametrize("name, first", [("bp4d-three", "BCV-Uniandes/AUNets"),
                                         ("disfa-three", "ZhiwenShao/PyTorch-JAANet")])  # fmt: skip
def test_public_code_counts_folds_in_two_directions(name, first):
    assert numbered(name, first) == ("part1", "part2", "part3")
    assert numbered(name, "CVI-SZU/ME-GraphAU") == ("part3", "part2", "part1")
    with pytest.raises(UnknownName, match="numbering of"):
        numbered(name, "nobody/nothing")


def test_a_list_that_does_not_exist():
    with pytest.raises(UnknownName, match=r"unknown fold list 'nosuch'; known: .*bp4d-three"):
        fold_list("nosuch")


# Dividing by a list.


@pytest.mark.parametrize("name", ["drml-bp4d", "dsin-bp4d", "arl-bp4d", "hybrid-bp4d-3"])
@pytest.mark.parametrize("fold", [1, 2, 3])
def test_people_on_the_list_go_where_it_puts_them(name, fold):
    table, rule = frames(BP4D), PROTOCOLS[name]
    part = split(table, rule, fold)
    assert who(table, part.test) == set(LISTS["bp4d-three"].parts[f"part{fold}"])
    assert len(who(table, part.validation)) == round(rule.validation * (41 - len(who(table, part.test))))
    assert sorted(np.r_[part.train, part.validation, part.test]) == list(range(len(table)))


@pytest.mark.parametrize("name, tested", [("ccnn-disfa", "disfa-18-9"), ("arl-fera2015-intensity", "fera2015-bp4d")])
def test_a_fixed_list_tests_its_test_part(name, tested):
    one = LISTS[tested]
    table = frames(list(one.roster))
    part = split(table, PROTOCOLS[name], 1)
    assert who(table, part.test) == set(one.parts["test"])
    assert who(table, part.train) | who(table, part.validation) == set(one.parts["train"])
    assert not who(table, part.train) & who(table, part.validation)


def test_a_list_with_its_own_validation_part_draws_none():
    one = LISTS["ckplus-three-way"]
    rule = replace(PROTOCOLS["probe"], folds=1, lists=one.name)
    table = frames(list(one.roster))
    part = split(table, rule, 1)
    found = {"train": who(table, part.train), "validation": who(table, part.validation), "test": who(table, part.test)}
    assert found == {key: set(names) for key, names in one.parts.items()}


def test_leave_one_out_tests_one_after_the_other():
    rule = replace(PROTOCOLS["probe"], folds=25, lists="unbc-loso")
    table = frames(list(LISTS["unbc-loso"].roster), 1)
    assert [who(table, split(table, rule, k).test) for k in range(1, 26)] == [
        {s} for s in sorted(LISTS["unbc-loso"].roster)
    ]


def challenge() -> pd.DataFrame:
    # a number of the training part stands for another person in the validation part
    return pd.DataFrame({"subject": np.repeat([*BP4D, "F001", *[f"X{i:02d}" for i in range(19)]], 2),
                         "partition": np.repeat(["TR"] * 41 + ["VA"] * 20, 2)})  # fmt: skip


def test_a_challenge_is_divided_by_its_tags():
    table = challenge()
    part = split(table, PROTOCOLS["arl-fera2017"], 1)
    assert set(table["partition"].iloc[part.test]) == {"VA"} and len(part.test) == 40
    assert set(table["partition"].iloc[np.r_[part.train, part.validation]]) == {"TR"}
    assert not who(table, part.train) & who(table, part.validation)
    assert len(who(table, part.validation)) == round(0.15 * 41)


def test_a_challenge_without_its_tags_is_refused():
    with pytest.raises(AulibError, match=r"protocol arl-fera2017 goes by the column 'partition' .*TR, VA"):
        split(challenge().drop(columns="partition"), PROTOCOLS["arl-fera2017"], 1)
    with pytest.raises(AulibError, match="needs the partitions TR, VA; this copy has TR"):
        split(challenge().query("partition == 'TR'"), PROTOCOLS["arl-fera2017"], 1)


@given(st.sets(st.sampled_from(BP4D), min_size=1, max_size=41), st.integers(1, 3))
def test_a_copy_with_some_people_only_keeps_them_where_they_are(people, fold):
    table, rule = frames(sorted(people), 2), PROTOCOLS["drml-bp4d"]
    tested = set(LISTS["bp4d-three"].parts[f"part{fold}"])
    if not people & tested:
        with pytest.raises(AulibError, match=f"fold {fold} of list bp4d-three tests F00.* none of them"):
            split(table, rule, fold)
    elif len(people - tested) < 2:
        with pytest.raises(AulibError, match="of these subjects to train and validate"):
            split(table, rule, fold)
    else:
        part = split(table, rule, fold)
        assert who(table, part.test) == people & tested
        assert who(table, part.train) and who(table, part.validation)


def test_strangers_among_the_listed_are_named_with_the_ways_out():
    table = frames([*BP4D, "F999", "Anna"])
    with pytest.raises(AulibError, match=r"does not name Anna, F999; leave them out, or .*lists=None"):
        split(table, PROTOCOLS["drml-bp4d"], 1)
    assert len(split(table, replace(PROTOCOLS["drml-bp4d"], lists=None), 1).test)


def test_a_protocol_and_its_list_have_the_same_folds():
    with pytest.raises(AulibError, match="has 5 folds and list bp4d-three 3"):
        split(frames(BP4D), replace(PROTOCOLS["drml-bp4d"], folds=5), 4)


# A broken file.


@pytest.mark.parametrize("change, message", [
    ({"parts": {"part1": ["A"], "part2": ["A", "B"]}}, "entry 'x', key 'parts': subject A of part2 is also in part1"),
    ({"parts": {"part1": ["A"], "part2": ["Z"]}}, "subject Z of part2 is not on the roster of c"),
    ({"parts": {"part1": ["A", "B"]}}, "do not fit a list of kind k-fold"),
    ({"kind": "fixed"}, "do not fit a list of kind fixed"),
    ({"kind": "partition", "parts": {}}, "needs tags"),
    ({"kind": "leave-one-out", "parts": {}, "corpus": "d"}, "needs a roster of d"),
    ({"numbering": {"code": ["part1", "part1"]}}, "the numbering of code does not name every part once"),
    ({"confidence": "sure"}, "entry 'x', key 'confidence'"),
    ({"sources": []}, "entry 'x', key 'sources'"),
    ({"colour": "red"}, "entry 'x', key 'colour'"),
])  # fmt: skip
def test_a_broken_list_is_named(tmp_path, change, message):
    good = {"corpus": "c", "kind": "k-fold", "parts": {"part1": ["A"], "part2": ["B"]}, "sources": ["me"],
            "confidence": "low", "note": "none"}  # fmt: skip
    file = tmp_path / "folds.yaml"
    file.write_text(yaml.safe_dump({"rosters": {"c": ["A", "B"]}, "lists": {"x": good}}))
    assert list(folds.read(file)) == ["x"]
    file.write_text(yaml.safe_dump({"rosters": {"c": ["A", "B"]}, "lists": {"x": good | change}}))
    with pytest.raises(AulibError) as caught:
        folds.read(file)
    assert "folds.yaml: " in str(caught.value) and message in str(caught.value)


@pytest.mark.parametrize("text, message", [
    ("lists: {a: [}", "folds.yaml:1: not valid YAML"),
    ("lists: {}", "expected the keys 'rosters' and 'lists'"),
    ("rosters: {c: [A, A]}\nlists: {}", "roster 'c': expected names without repetition"),
    ("rosters: {}\nlists: {x: 3}", "entry 'x': expected keys and values, got int"),
])  # fmt: skip
def test_a_broken_file_is_named(tmp_path, text, message):
    file = tmp_path / "folds.yaml"
    file.write_text(text)
    with pytest.raises(AulibError) as caught:
        folds.read(file)
    assert message in str(caught.value)
    with pytest.raises(AulibError, match="cannot be read"):
        folds.read(tmp_path / "nowhere.yaml")
