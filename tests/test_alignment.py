"""Recipes against scikit-image and OpenCV, and by what they must keep; crops against a loop; a photograph."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import SimilarityTransform

from aulib.datasets import alignment
from aulib.datasets.alignment import (
    EYE_X,
    EYE_Y,
    RECIPES,
    align,
    align_photograph,
    centre_crops,
    contrast_normalised,
    patch_centres,
    patches,
    random_crops,
)
from aulib.datasets.landmarks import MARKUPS, MEAN_SHAPE, MIRRORED, eye_centres
from aulib.datasets.registration import STABLE, all_inner, implausible, similarity, three_anchors_affine, transformed
from aulib.errors import AulibError
from synthface.face import Face, Identity, Pose, au_vector

FACES = np.random.default_rng(0).integers(0, 255, (6, 20, 20, 3)).astype(np.uint8)
FRAME = Face(Identity.draw(np.random.default_rng(7))).render(
    au_vector({12: 3.0, 25: 2.0}), Pose(8, 4, 6), side=240, framing="camera"
)
FITTED = [name for name in RECIPES if name != "none"]


def mirrored(frame):
    return np.ascontiguousarray(frame.image[:, ::-1]), frame.landmarks[MIRRORED] * (-1, 1) + (
        frame.image.shape[1] - 1,
        0,
    )


# -- Maps --


@settings(deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_similarity_against_scikit_image(count, seed):
    rng = np.random.default_rng(seed)
    source, target = rng.uniform(0, 100, (2, count, 2))
    theirs = SimilarityTransform()
    theirs.estimate(source, target)
    np.testing.assert_allclose(similarity(source, target), theirs.params[:2], atol=1e-6)


def test_similarity_never_mirrors():
    source = MEAN_SHAPE * 100
    found = similarity(source, source * (-1, 1))
    assert np.linalg.det(found[:, :2]) >= 0


def test_similarity_of_two_points_against_opencv():
    source, target = np.random.default_rng(0).uniform(0, 100, (2, 2, 2))
    ours = similarity(source, target)
    theirs, _ = cv2.estimateAffinePartial2D(source.astype(np.float32), target.astype(np.float32))
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
    np.testing.assert_allclose(transformed(source, ours), target, atol=1e-9)


@pytest.mark.parametrize(
    "source, target",
    [(np.ones((1, 2)), np.ones((1, 2))), (np.ones((3, 2)), np.eye(3, 2)), (np.eye(3, 2), np.eye(2))],
)
def test_points_that_fix_no_similarity(source, target):
    with pytest.raises(AulibError, match="no similarity"):
        similarity(source, target)


# -- Recipes --


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_says_what_it_is(name):
    recipe = RECIPES[name]
    assert recipe.name == name and recipe.what.endswith(".") and all(c <= recipe.side for c in recipe.crop.values())
    made = align(FRAME.image, FRAME.landmarks, name)
    assert made.image.shape == (recipe.side, recipe.side, 3) and made.image.dtype == np.uint8
    assert made.points.shape == (68, 2) and made.points.dtype == np.float32 and made.matrix.shape == (2, 3)


@pytest.mark.parametrize("name", RECIPES)
def test_points_go_where_the_matrix_says(name):
    made = align(FRAME.image, FRAME.landmarks, name, side=100)
    for before, after in zip(FRAME.landmarks, made.points, strict=True):
        np.testing.assert_allclose(made.matrix[:, :2] @ before + made.matrix[:, 2], after, atol=1e-3)


@pytest.mark.parametrize("name", RECIPES)
def test_the_picture_goes_where_the_points_go(name):
    """A white disc on the tip of the nose is found again at its landmark."""
    dark = np.zeros_like(FRAME.image)
    cv2.circle(dark, [round(float(v) * 16) for v in FRAME.landmarks[30]], 5 * 16, (255,) * 3, -1, cv2.LINE_AA, 4)
    made = align(dark, FRAME.landmarks, replace(RECIPES[name], border=0), side=160)
    weight = made.image[..., 0].astype(float)
    y, x = (np.indices(weight.shape) * weight).sum(axis=(1, 2)) / weight.sum()
    np.testing.assert_allclose([x, y], made.points[30], atol=0.3)


@pytest.mark.parametrize("name", FITTED)
@settings(deadline=None, max_examples=15)
@given(angle=st.floats(-0.6, 0.6), scale=st.floats(0.8, 1.6), dx=st.floats(-20, 20), dy=st.floats(-20, 20))
def test_a_moved_picture_gives_the_same_face(name, angle, scale, dx, dy):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([120.0, 100.0])
    moved = np.column_stack([turn, middle - turn @ middle + np.array([dx, dy]) + 60])
    image = cv2.warpAffine(FRAME.image, moved, (360, 360), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    here, there = (align(*pair, name, side=60) for pair in (
        (FRAME.image, FRAME.landmarks), (image, transformed(FRAME.landmarks, moved))
    ))  # fmt: skip
    np.testing.assert_allclose(there.points, here.points, atol=0.02)
    seen = (slice(15, 45), slice(15, 45))  # the moved picture may have lost its corners
    assert np.abs(there.image[seen].astype(float) - here.image[seen]).mean() < 4


@pytest.mark.parametrize("name", RECIPES)
def test_a_mirrored_picture_gives_the_mirrored_face(name):
    plain, other = align(FRAME.image, FRAME.landmarks, name, 80), align(*mirrored(FRAME), name, 80)
    np.testing.assert_allclose(other.points[MIRRORED] * (-1, 1) + (79, 0), plain.points, atol=0.01)
    assert np.abs(other.image[:, ::-1].astype(int) - plain.image).mean() < 1


def test_similarity_fits_the_points_that_move_least():
    made = align(FRAME.image, FRAME.landmarks, "similarity", 200)
    fitted = SimilarityTransform()
    fitted.estimate(FRAME.landmarks[list(STABLE)], MEAN_SHAPE[list(STABLE)] * 200 - 0.5)
    np.testing.assert_allclose(made.matrix, fitted.params[:2], atol=1e-4)
    inner = align(FRAME.image, FRAME.landmarks, replace(RECIPES["similarity"], fit=all_inner), 200)
    target = MEAN_SHAPE * 200 - 0.5
    error = [np.square((m.points - target)[17:]).sum() for m in (inner, made)]
    assert error[0] < error[1], "it is the least squares of what it was fitted to"


def test_eyes_are_put_exactly_in_their_places():
    made = align(FRAME.image, FRAME.landmarks, "eyes", 100)
    np.testing.assert_allclose((eye_centres(made.points) + 0.5) / 100, eye_centres(MEAN_SHAPE), atol=1e-4)


def test_three_anchors_are_met_exactly_by_the_affine_option_only():
    def anchors(points):
        return np.stack([*eye_centres(points), points[48:].mean(axis=0)])

    target = anchors(MEAN_SHAPE) * 224 - 0.5
    affine = align(FRAME.image, FRAME.landmarks, replace(RECIPES["anchors"], fit=three_anchors_affine))
    np.testing.assert_allclose(anchors(affine.points), target, atol=1e-2)
    made = align(FRAME.image, FRAME.landmarks, "anchors")
    source = anchors(FRAME.landmarks)
    fitted = SimilarityTransform()
    fitted.estimate(source, target)
    np.testing.assert_allclose(made.matrix, fitted.params[:2], atol=1e-4)


def test_the_box_is_level_and_2_8_times_its_points():
    made = align(FRAME.image, FRAME.landmarks, "box", 200)
    eyes = eye_centres(made.points)
    assert eyes[0, 1] == pytest.approx(eyes[1, 1], abs=1e-3) and eyes[0, 0] < eyes[1, 0]
    five = np.concatenate([eyes, made.points[[30, 48, 54]]])
    extent = np.ptp(five, axis=0)
    assert extent.max() * 2.8 == pytest.approx(200, abs=0.01)
    np.testing.assert_allclose((five.min(axis=0) + five.max(axis=0)) / 2, 99.5, atol=0.01)
    low = int(np.median(FRAME.landmarks[:, 1])) + 5  # the lower part of the face is not in the picture
    assert (align(FRAME.image[:low], FRAME.landmarks, "box", 50).image[-1] == 128).all()


def test_none_is_a_resize():
    made = align(FRAME.image, FRAME.landmarks, "none", 240)
    np.testing.assert_array_equal(made.image, FRAME.image)
    np.testing.assert_allclose(made.points, FRAME.landmarks, atol=1e-4)
    half = align(FRAME.image, np.full((68, 2), np.nan), "none", 120)
    area = cv2.resize(FRAME.image, (120, 120), interpolation=cv2.INTER_AREA)
    assert np.abs(half.image.astype(int) - area).mean() < 2 and np.isnan(half.points).all()


def test_faces_of_a_corpus_stay_where_they_are():
    """The mean shape is that of aligned faces: aligning one again moves it little."""
    drawn = [Face(Identity.draw(np.random.default_rng(k))).render(au_vector({}), side=200) for k in range(3)]
    made = [align(f.image, f.landmarks, "similarity", 200) for f in drawn]
    moved = [np.abs(m.matrix - np.eye(2, 3)).max(axis=0) for m in made]
    assert np.max(moved, axis=0)[:2].max() < 0.1 and np.max(moved, axis=0)[2] < 15


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("count", MARKUPS)
def test_smaller_markups_do(name, count):
    whole = align(FRAME.image, FRAME.landmarks, name, 100)
    some = align(FRAME.image, FRAME.landmarks[list(MARKUPS[count])], name, 100)
    assert np.abs(some.matrix - whole.matrix).max() < 2.0
    assert np.isnan(some.points).any(axis=1).sum() == 68 - count


@pytest.mark.parametrize("name", FITTED)
def test_what_is_missing_is_said(name):
    gone = FRAME.landmarks.copy()
    gone[42:48] = np.nan
    with pytest.raises(AulibError, match="both eyes"):
        align(FRAME.image, gone, name)
    with pytest.raises(AulibError, match="both eyes"):
        align(FRAME.image, np.zeros((68, 2)), name)


@pytest.mark.parametrize("name", ["anchors", "box"])
def test_a_face_without_mouth(name):
    gone = FRAME.landmarks.copy()
    gone[48:] = np.nan
    with pytest.raises(AulibError, match="mouth"):
        align(FRAME.image, gone, name)
    align(FRAME.image, gone, "similarity")


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("change, words", [
    (lambda p: p * (-1, 1) + (239, 0), "mirrored"),
    (lambda p: p * (1, -1) + (0, 239), "y counts from below"),
    (lambda p: p[:, ::-1], "x and y are exchanged"),
    (lambda p: 239 - p, "on its head"),
    (lambda p: p[np.random.default_rng(0).permutation(68)], "not the shape of a face"),
    (lambda p: np.concatenate([p[:36], p[42:48], p[36:42], p[48:]]), "lie where the left one is"),
    (lambda p: p / 240, "pixels apart"),
    (lambda p: p * 4, "outside the picture of 240 × 240"),
    (lambda p: p + 1000, "outside the picture"),
    (lambda p: np.where(np.arange(68)[:, None] == 33, 9000, p), "landmark 33 lies far|not the shape"),
])  # fmt: skip
def test_points_that_are_no_face_in_the_picture_are_refused(name, change, words):
    with pytest.raises(AulibError, match=words):
        align(FRAME.image, change(FRAME.landmarks), name)


@pytest.mark.parametrize("yaw, pitch", [(-60, 0), (60, 30), (45, -30), (0, 30), (75, 0)])
def test_a_face_that_is_turned_far_away_is_still_a_face(yaw, pitch):
    for person in range(3):
        shown = Face(Identity.draw(np.random.default_rng(person))).render(
            au_vector({25: 4.0, 26: 4.0}), Pose(yaw, pitch, 20), side=60, framing="camera"
        )
        assert implausible(shown.landmarks, 60, 60) == ""
        align(shown.image, shown.landmarks, "similarity", 40)


def test_wrong_arguments():
    with pytest.raises(AulibError, match="unknown alignment recipe 'procrustes'"):
        align(FRAME.image, FRAME.landmarks, "procrustes")
    for image in (FRAME.image[..., 0], FRAME.image.astype(float), FRAME.image[:0]):
        with pytest.raises(AulibError, match="expected uint8"):
            align(image, FRAME.landmarks)


def test_a_large_picture_is_smoothed_before_it_is_made_small():
    """Stripes of one pixel become grey, not the slow waves that picking pixels would leave."""
    stripes = np.zeros((1040, 1392, 3), np.uint8)
    stripes[:, ::2] = 255
    points = MEAN_SHAPE * 970 + (196, 20)
    small = align(stripes, points, "similarity", 100).image.astype(float)
    picked = cv2.warpAffine(stripes, align(stripes, points, "similarity", 100).matrix, (100, 100)).astype(float)
    assert small[20:80, 20:80].std() < 2 < 50 < picked[20:80, 20:80].std()
    assert abs(small[20:80, 20:80].mean() - 127.5) < 2
    slow = np.repeat(np.linspace(0, 255, 1392)[None, :, None], 1040, axis=0).repeat(3, axis=2).astype(np.uint8)
    kept = align(slow, points, "similarity", 100).image[50, :, 0].astype(float)
    assert kept[80] - kept[20] == pytest.approx(255 * 600 / 1392, abs=3), "what is coarse stays"


# -- DSIN's patches, CCNN's contrast --


def test_patches_are_windows_around_their_centres():
    made = align(FRAME.image, FRAME.landmarks, "anchors")
    cut = patches(made.image, made.points)
    assert cut.shape == (5, 56, 56, 3) and len(alignment.PATCHES) == 5
    for patch, (x, y) in zip(cut, patch_centres(made.points), strict=True):
        left, top = round(float(x) - 27.5), round(float(y) - 27.5)
        np.testing.assert_array_equal(patch, made.image[top : top + 56, left : left + 56])


def test_patches_lie_where_their_names_say():
    centres = dict(zip(alignment.PATCHES, patch_centres(MEAN_SHAPE), strict=True))
    assert centres["right eye"][0] < centres["between the eyes"][0] == pytest.approx(0.5)
    assert centres["between the eyes"][1] < centres["nose"][1] < centres["mouth"][1]
    assert centres["right cheek"][0] < MEAN_SHAPE[48, 0] and 0.4 < centres["right cheek"][1] < 0.65


def test_a_patch_over_the_edge_repeats_it():
    made = align(FRAME.image, FRAME.landmarks, "anchors", 224)
    moved = made.points - (made.points[36:42].mean(axis=0) - 5)
    cut = patches(made.image, moved)[0]
    assert (cut[:20, :20] == made.image[0, 0]).all()
    with pytest.raises(AulibError, match="'nose'"):
        gone = made.points.copy()
        gone[30] = np.nan
        patches(made.image, gone)


def test_contrast_is_that_of_one_image():
    faces = contrast_normalised(FACES)
    for face, plain in zip(faces, FACES, strict=True):
        np.testing.assert_allclose(face, (plain - plain.mean()) / plain.std(), atol=1e-4)
        np.testing.assert_allclose(contrast_normalised((plain // 2 + 40).astype(np.uint8)), face, atol=0.02)
    assert not contrast_normalised(np.full((9, 9, 3), 77, np.uint8)).any()


# -- Crops and flips --


def test_random_crops_are_windows_of_the_face_some_of_them_mirrored():
    rows = np.array([5, 0, 3, 3, 1, 2, 4, 0])
    crops = random_crops(FACES, rows, 17, np.random.default_rng(3))
    mirrored = 0
    for crop, row in zip(crops, rows, strict=True):
        windows = [FACES[row, y : y + 17, x : x + 17] for y in range(4) for x in range(4)]
        plain = any(np.array_equal(crop, w) for w in windows)
        flipped = any(np.array_equal(crop, w[:, ::-1]) for w in windows)
        assert plain or flipped
        mirrored += flipped
    assert 0 < mirrored < len(rows)
    np.testing.assert_array_equal(crops, random_crops(FACES, rows, 17, np.random.default_rng(3)))


def test_centre_crops():
    np.testing.assert_array_equal(centre_crops(FACES, np.array([2]), 16)[0], FACES[2, 2:18, 2:18])


# -- A photograph --


def test_the_photograph_is_aligned_by_its_eyes():
    from skimage.data import astronaut

    face = align_photograph(astronaut(), 200)
    assert face.shape == (200, 200, 3) and face.dtype == np.uint8
    # Found again in the aligned face, the eyes lie where every aligned face has them.
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_eye.xml")
    eyes = cascade.detectMultiScale(grey[:120], 1.05, 4, minSize=(24, 24))
    centres = np.array([(x + w / 2, y + h / 2) for x, y, w, h in eyes]) / 200
    for x in (EYE_X, 1 - EYE_X):
        assert np.abs(centres - [x, EYE_Y]).max(axis=1).min() < 0.05


@pytest.mark.parametrize("pattern", ["checkerboard", "noise"])
def test_a_large_photograph_is_averaged_and_not_picked(pattern, monkeypatch):
    """Against the mean over the area of each pixel; the eyes are where a pretended cascade says."""
    side, factor = 50, 16
    shape = (side * factor,) * 2
    if pattern == "checkerboard":
        grey = 255 * (np.indices(shape).sum(axis=0) % 2)
    else:
        grey = np.random.default_rng(0).integers(0, 256, shape)
    photograph = np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)
    eyes = np.array([[EYE_X, EYE_Y], [1 - EYE_X, EYE_Y]]) * side * factor

    class Found:
        def __init__(self, file):
            self.eye = "eye" in file

        def detectMultiScale(self, *_, **__):
            return [(x - 5, y - 5, 10, 10) for x, y in eyes] if self.eye else [(0, 0, *shape)]

    monkeypatch.setattr(cv2, "CascadeClassifier", Found)
    made = align_photograph(photograph, side).astype(float)
    oracle = grey.reshape(side, factor, side, factor).mean(axis=(1, 3))
    inner = (slice(2, -2), slice(2, -2))
    assert abs(made[inner].mean() - oracle[inner].mean()) < 1
    assert made[inner].std() < (0.6 if pattern == "checkerboard" else 1.3 * oracle[inner].std() + 0.5)


def test_a_picture_without_a_face():
    with pytest.raises(AulibError, match="no face found"):
        align_photograph(np.full((120, 120, 3), 128, np.uint8))
