"""People: sex and ancestry move features together, a control can scale who people are, a raw frame shows the same."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from synthface.face import Face, Identity, Pose, au_vector
from synthface.face.head import build
from synthface.face.identity import GLASSES, HAIR_STYLES, MEAN, POPULATIONS, SHAPES
from synthface.face.template import ATLAS_PATCHES, ATLAS_WIDTH, SKIN_SIDE


@pytest.fixture(scope="module")
def people() -> list[Identity]:
    return [Identity.draw(np.random.default_rng([3, k])) for k in range(600)]


def _mean(people: list[Identity], name: str) -> float:
    return float(np.mean([p.coefficient(name) if name in SHAPES else getattr(p, name) for p in people]))


@pytest.mark.parametrize("name", ["jaw_width", "brow_ridge", "chin_width", "nose_width", "brow_width", "beard"])
def test_men_have_more_of_it(people, name):
    men, women = [p for p in people if p.sex > 0], [p for p in people if p.sex < 0]
    assert 0.42 < len(men) / len(people) < 0.58
    assert _mean(men, name) > _mean(women, name) + 0.15


@pytest.mark.parametrize("name", ["eye_size", "upper_lip", "brow_height", "lashes", "make_up", "brow_arch"])
def test_women_have_more_of_it(people, name):
    men, women = [p for p in people if p.sex > 0], [p for p in people if p.sex < 0]
    assert _mean(women, name) > _mean(men, name) + 0.2


@pytest.mark.parametrize(
    ("name", "most"), [("nose_width", 1), ("upper_lip", 1), ("melanin", 1), ("hair_curl", 1), ("nose_bridge", 0),
                       ("epicanthus", 2), ("eye_tilt", 2)]
)  # fmt: skip
def test_ancestry_moves_features_skin_and_hair(people, name, most):
    groups = [[p for p in people if p.ancestry[pole] > 0.7] for pole in range(3)]
    assert min(map(len, groups)) > 60
    assert np.argmax([_mean(group, name) for group in groups]) == most


def test_features_vary_together_and_alone(people):
    shape = np.array([p.shape for p in people])
    assert shape.shape == (600, len(SHAPES)) and np.abs(shape).max() <= 3
    assert 0.6 < shape.std(0).min() and shape.std(0).max() < 1.8
    lips = np.corrcoef(shape[:, SHAPES.index("upper_lip")], shape[:, SHAPES.index("lower_lip")])[0, 1]
    assert 0.4 < lips < 0.95


def test_age_greys_the_hair():
    old, young = (replace_age(group) for group in ((60, 76), (18, 30)))
    assert np.mean(old) > 4 * np.mean(young)


def replace_age(ages: tuple[int, int]) -> list[float]:
    """Brightness of the hair of the dark-haired people of these ages."""
    drawn = (Identity.draw(np.random.default_rng([4, k])) for k in range(600))
    return [float(np.mean(p.hair_colour)) for p in drawn if ages[0] <= p.age < ages[1] and p.ancestry[0] < 0.3]


@pytest.mark.parametrize("population", sorted(POPULATIONS))
def test_populations_keep_their_ages_and_known_styles(population):
    drawn = [Identity.draw(np.random.default_rng([5, k]), population) for k in range(120)]
    youngest, oldest = POPULATIONS[population].ages
    assert min(p.age for p in drawn) >= youngest and max(p.age for p in drawn) <= oldest
    assert {p.hair_style for p in drawn} <= set(HAIR_STYLES) and {p.glasses for p in drawn} <= set(GLASSES)
    assert np.mean([p.glasses != "none" for p in drawn]) < 0.45
    for p in drawn:
        assert np.isclose(sum(p.ancestry), 1) and 0 <= p.melanin <= 1


def test_the_populations_hold_every_style_and_the_whole_range_of_skin(people):
    assert {p.hair_style for p in people} == set(HAIR_STYLES)
    assert {p.glasses for p in people} == set(GLASSES)
    melanin = np.array([p.melanin for p in people])
    assert np.quantile(melanin, 0.1) < 0.12 and np.quantile(melanin, 0.9) > 0.65


def test_towards_mean_scales_every_number(people):
    for person in people[:20]:
        assert person.towards_mean(0) == MEAN and person.towards_mean(1) == person
        half, more = person.towards_mean(0.5), person.towards_mean(1.5)
        for each in fields(Identity):
            own, mean = getattr(person, each.name), getattr(MEAN, each.name)
            if each.name in ("seed", "ancestry") or isinstance(own, str):
                continue
            middle = (np.array(own) + np.array(mean)) / 2
            assert np.allclose(getattr(half, each.name), middle, atol=1e-9), each.name
        away, further = (np.abs(p.shape).sum() for p in (person, more))
        assert 1.2 * away < further <= 1.5 * away + 1e-9
        assert 0 <= more.melanin <= 1 and 18 <= more.age <= 80 and min(more.iris) > 0
    kept = np.mean([p.towards_mean(0.5).hair_style == p.hair_style for p in people if p.hair_style != "short"])
    assert 0.4 < kept < 0.6
    with pytest.raises(ValueError, match=r"share=-1 must lie within 0\.\.2"):
        people[0].towards_mean(-1)


def test_drawing_is_deterministic():
    assert Identity.draw(np.random.default_rng(8)) == Identity.draw(np.random.default_rng(8))


@pytest.mark.parametrize("style", HAIR_STYLES)
def test_every_hair_style_can_be_built(style):
    mesh = build(replace(MEAN, hair_style=style))
    assert np.isfinite(mesh.points).all()


def test_parts_use_their_patches_and_follow_the_head():
    mesh = build(replace(MEAN, glasses="round"))
    for part, patch in (("glasses", "glasses"), ("cloth", "cloth"), ("tongue", "tongue"), ("ear_left", "ear")):
        left, top, width, height = ATLAS_PATCHES[patch]
        column, row, _ = mesh.surface[mesh.parts[part]].T
        assert column.min() >= left and column.max() < left + width and row.min() >= top and row.max() < top + height
    assert all(x + w <= ATLAS_WIDTH and y + h <= SKIN_SIDE for x, y, w, h in ATLAS_PATCHES.values())
    assert mesh.follow[mesh.parts["glasses"]].min() == 1 and mesh.follow[mesh.parts["cloth"]].min() == 0
    assert build(MEAN).parts["glasses"].start == build(MEAN).parts["glasses"].stop
    assert mesh.points.shape[0] < 34000 and mesh.triangles.max() == len(mesh.points) - 1


def test_the_mean_face_has_human_proportions():
    marks = Face(MEAN).render(au_vector({}), side=400).landmarks
    eyes = np.linalg.norm(marks[45] - marks[36])
    line = marks[[36, 39, 42, 45], 1].mean()
    assert 0.52 < (marks[33, 1] - line) / eyes < 0.60  # Farkas (1994): 0.53 to 0.56
    assert 1.20 < (marks[8, 1] - line) / eyes < 1.36  # 1.24 (women) to 1.29 (men), and nearer to the camera
    assert 0.50 < np.linalg.norm(marks[54] - marks[48]) / eyes < 0.62
    assert 0.30 < (marks[42, 0] - marks[39, 0]) / eyes < 0.38
    assert 0.26 < (marks[[40, 41], 1].mean() - marks[[37, 38], 1].mean()) / (marks[39, 0] - marks[36, 0]) < 0.40


def test_a_raw_frame_holds_the_same_landmarks_up_to_a_similarity():
    face = Face(Identity.draw(np.random.default_rng(11)))
    pose = Pose(yaw=20, pitch=-8, roll=12, dx=6, dy=-3, scale=0.9)
    crop = face.render(au_vector({12: 3}), pose, side=200).landmarks.astype(float)
    raw = face.render(au_vector({12: 3}), pose, side=200, framing="camera").landmarks.astype(float)
    p, q = (m @ (1, 1j) for m in (crop, raw))
    p, q = p - p.mean(), q - q.mean()
    turn = np.vdot(p, q) / np.vdot(p, p)
    assert np.abs(q - turn * p).max() < 0.02, "not a similarity"
    assert np.abs(turn) < 0.6 and 10 < np.rad2deg(np.angle(turn)) < 15, "the raw frame keeps the roll and is wider"
    still = face.render(au_vector({}), Pose(roll=12, scale=0.9), framing="camera").landmarks
    moved = face.render(au_vector({}), Pose(roll=12, scale=0.9, dx=6, dy=-3), framing="camera").landmarks
    assert np.allclose(moved - still, (6, -3), atol=1e-3)


def test_a_raw_frame_is_complete_and_named():
    face = Face(MEAN)
    frame = face.render(au_vector({}), side=100, framing="camera")
    marks = frame.landmarks
    assert 0.25 < (marks[8, 1] - marks[19, 1]) / 100 < 0.45
    assert np.ptp(frame.image[-1, 10:90].astype(int), axis=0).max() < 90, "shoulders reach the lower border"
    with pytest.raises(ValueError, match=r"framing='film'.*aligned"):
        face.render(au_vector({}), framing="film")
