"""The procedural face: every action unit moves what the FACS manual says, on its own side, more with more strength."""

from __future__ import annotations

import numpy as np
import pytest

from synthface import gallery
from synthface.face import FACE_AUS, Face, Identity, Pose, Scene, au_vector, combinations
from synthface.face.landmarks import PRIMARY, aperture, mouth_width, red_height
from synthface.face.scene import STYLES


@pytest.fixture(scope="module")
def faces() -> list[Face]:
    return [Face(Identity.draw(np.random.default_rng([7, k]))) for k in range(3)]


def _landmarks(face: Face, aus: dict, side: int = 200) -> np.ndarray:
    return face.render(au_vector(aus), side=side).landmarks


#: Where an AU has several signs, each of them must grow on its own.
PARTS = {
    4: (lambda m: m[[21, 22], 1].mean(), lambda m: m[21, 0] - m[22, 0]),
    12: (mouth_width, lambda m: -m[[48, 54], 1].mean()),
    23: (lambda m: -red_height(m), lambda m: -mouth_width(m)),
    26: (lambda m: m[8, 1], lambda m: m[66, 1] - m[62, 1]),
}


@pytest.mark.parametrize("au", FACE_AUS)
def test_primary_landmark_moves_the_facs_way_and_monotonically(faces, au):
    for face in faces:
        seen = [_landmarks(face, {au: strength} if strength else {}, side=64) * 200 / 64 for strength in range(6)]
        values = [PRIMARY[au](m) for m in seen]
        assert np.diff(values).min() > 0.05, f"AU{au} is not monotone: {values}"
        assert values[5] - values[0] > 1.0, f"AU{au} at 5 moves only {values[5] - values[0]:.2f} px"
        for part in PARTS.get(au, ()):
            assert part(seen[5]) - part(seen[0]) > 1.0


def test_lips_keep_their_width_when_pressed_and_their_height_when_stretched(faces):
    for face in faces:
        rest, pressed, stretched = (_landmarks(face, aus) for aus in ({}, {24: 5}, {20: 5}))
        assert abs(mouth_width(pressed) - mouth_width(rest)) < 1.0
        assert red_height(pressed) < 0.6 * red_height(rest)
        assert abs(stretched[[48, 54], 1].mean() - rest[[48, 54], 1].mean()) < 3.0


def _change(face: Face, aus: dict, side: int = 100) -> np.ndarray:
    scene = Scene(noise=0, quality=100)
    shown, rest = (face.render(au_vector(a), scene=scene, side=side).image.astype(float) for a in (aus, {}))
    return np.abs(shown - rest).mean(axis=-1)


@pytest.mark.parametrize("au", FACE_AUS)
def test_an_au_changes_pixels_mainly_in_its_half_and_on_its_side(faces, au):
    both = _change(faces[0], {au: 5})
    upper = both[:48].sum() / both.sum()
    if au != 9:  # the root of the nose is in the middle
        assert upper > 0.6 if au in (1, 2, 4, 5, 6, 7, 43, 45) else upper < 0.4
    left, right = _change(faces[0], {au: (0, 5)}), _change(faces[0], {au: (5, 0)})
    # The person's left is on the right of the image.
    assert left[:, :50].mean() < 0.1 * left[:, 50:].mean()
    assert right[:, 50:].mean() < 0.1 * right[:, :50].mean()


def test_an_au_on_one_side_leaves_the_landmarks_of_the_other_alone(faces):
    left = np.array([*range(9, 17), *range(22, 27), 34, 35, *range(42, 48), *range(52, 57), 63, 64, 65])
    rest = _landmarks(faces[0], {})
    for au in FACE_AUS:
        way = np.linalg.norm(_landmarks(faces[0], {au: (0, 5)}) - rest, axis=1)
        right = np.setdiff1d(np.arange(68), [*left, 8, 27, 28, 29, 30, 33, 51, 57, 62, 66])
        assert way[right].max() < 0.1 * way[left].max()


def test_pairs_are_not_sums(faces):
    def gap(m: np.ndarray) -> float:
        return m[66, 1] - m[62, 1]

    face = faces[0]
    rest = _landmarks(face, {})
    alone, both = (gap(_landmarks(face, aus)) - gap(rest) for aus in ({26: 5}, {25: 5, 26: 5}))
    assert alone < both < alone + gap(_landmarks(face, {25: 5})) - gap(rest), "the jaw has already parted the lips"
    lifts = [(rest - _landmarks(face, aus))[[50, 52], 1].mean() for aus in ({9: 5}, {10: 5}, {9: 5, 10: 5})]
    assert max(lifts[:2]) < lifts[2] < lifts[0] + lifts[1], "one lip is lifted once"
    motion, folds = combinations.weights(np.full((len(FACE_AUS), 2), 2.5))
    assert motion.shape == folds.shape == (len(combinations.CHANNELS), 3)
    assert (motion[: len(FACE_AUS)] < 0.5).all() and (folds[: len(FACE_AUS)] > 0.5).all(), "skin folds first"


def test_change_is_the_difference_that_one_au_makes(faces):
    aus, pose = au_vector({4: 3, 12: 4}), Pose(15, -5)
    weight, mask = gallery.change(faces[0], aus, 12, pose, side=64)
    assert weight.shape == mask.shape == (64, 64) and mask.dtype == bool
    assert mask.any() and weight[mask].min() > 0 and mask[:20].sum() == 0, "the brow is the same in both"
    none, empty = gallery.change(faces[0], aus, 9, pose, side=64)
    assert not none.any() and not empty.any()
    with pytest.raises(ValueError, match="AU3"):
        gallery.change(faces[0], aus, 3)


@pytest.mark.parametrize("au", FACE_AUS)
def test_level_one_is_a_trace_and_level_five_is_clear(faces, au):
    trace, clear = _change(faces[1], {au: 1}), _change(faces[1], {au: 5})
    assert trace.max() > 3
    assert clear.max() > 25 and clear.sum() > 2 * trace.sum()


def test_neutral_landmarks_lie_inside_and_follow_the_alignment(faces):
    for face in faces:
        marks = _landmarks(face, {})
        assert marks.shape == (68, 2) and marks.dtype == np.float32
        assert marks.min() > 0 and marks.max() < 200
        assert 64 < marks[36:48, 1].mean() < 76 and 85 < marks[45, 0] - marks[36, 0] < 105 and 170 < marks[8, 1] < 199
        jaw_open = _landmarks(face, {26: 5})
        assert np.abs(jaw_open[27:31] - marks[27:31]).max() < 0.01, "the jaw moves the crop"
        rolled = face.render(au_vector({}), Pose(roll=15)).landmarks
        assert np.abs(rolled - marks)[36:48].max() < 0.5, "roll is not undone"


def test_size_scales_landmarks(faces):
    small, large = _landmarks(faces[0], {}, 100), _landmarks(faces[0], {}, 200)
    assert np.allclose((small + 0.5) * 2, large + 0.5, atol=1e-3)


def test_eyes_open_and_close(faces):
    for face in faces:
        gaps = [aperture(face.render(au_vector({45: 5 * b}), side=64).landmarks) * 200 / 64 for b in (0, 0.5, 1)]
        assert gaps[0] > gaps[1] > gaps[2] and gaps[2] < 1.2
    straight, aside = (faces[0].render(au_vector({}), gaze=g).image.astype(int) for g in ((0, 0), (20, 0)))
    change = np.abs(straight - aside).sum(-1)
    assert change[55:85].sum() > 0.95 * change.sum()


def test_rendering_is_deterministic():
    def draw() -> np.ndarray:
        rng = np.random.default_rng(3)
        face, scene = Face(Identity.draw(rng)), Scene.draw(rng, "webcam")
        return face.render(au_vector({1: 2, 12: 4}), Pose(10, -5, 3, 1, -1, 1.02), scene, 100, rng).image

    first, second = draw(), draw()
    assert first.shape == (100, 100, 3) and first.dtype == np.uint8
    assert np.array_equal(first, second)


def test_a_symmetric_vector_is_both_sides(faces):
    wide = au_vector({12: 3, 4: 2})
    assert np.array_equal(faces[0].render(wide, side=64).image, faces[0].render(wide[:, 0], side=64).image)


def test_people_and_styles_differ(faces):
    images = [face.render(au_vector({}), side=64).image.astype(float) for face in faces]
    for a in range(3):
        for b in range(a):
            assert np.abs(images[a] - images[b]).mean() > 4
    scenes = [[Scene.draw(np.random.default_rng(k), style) for k in range(4)] for style in STYLES]
    light = [[faces[0].render(au_vector({}), scene=s, side=64).image.mean((0, 1)) for s in of] for of in scenes]
    laboratory, webcam = (np.array(light)[STYLES.index(name)] for name in ("laboratory", "webcam"))
    assert laboratory.mean(1).min() > webcam.mean(1).max(), "the laboratory is brighter"
    blueness = [(x[:, 2] / x[:, 0]).mean() for x in (laboratory, webcam)]
    assert blueness[0] > blueness[1] + 0.2, "the webcam is warmer"


def test_au_vector_names_sides():
    vector = au_vector({12: 5, 6: (3, 0)})
    assert vector.shape == (19, 2) and vector[FACE_AUS.index(6)].tolist() == [3, 0] and vector.sum() == 13


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"aus": np.zeros((16, 2))}, "aus has shape"),
        ({"aus": np.full((19, 2), np.nan)}, "aus holds NaN"),
        ({"aus": np.full(19, 5.1)}, r"clip strengths to 0\.\.5"),
        ({"aus": np.full(19, -0.1)}, r"clip strengths to 0\.\.5"),
        ({"side": 8}, "side=8"),
        ({"gaze": (np.nan, 0)}, "gaze"),
        ({"pose": Pose(yaw=120)}, "pose"),
    ],
)
def test_bad_arguments_are_named(faces, change, message):
    with pytest.raises(ValueError, match=message):
        faces[0].render(**{"aus": np.zeros((19, 2)), **change})


def test_unknown_names_are_named():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"population='martian'.*mixed"):
        Identity.draw(rng, "martian")
    with pytest.raises(ValueError, match=r"style='opera'.*laboratory"):
        Scene.draw(rng, "opera")
    with pytest.raises(ValueError, match="AU"):
        au_vector({3: 1})
