"""The cascades on embedded faces and a photograph; the face mesh through a stand-in for its library."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np
import pytest

from aulib.datasets import detection
from aulib.datasets.detection import DETECTORS, available, detector, landmarks_of_mesh
from aulib.datasets.landmarks import MEAN_SHAPE, MIRRORED, eye_centres
from aulib.datasets.registration import similarity, transformed
from aulib.errors import AulibError
from synthface.face import Face, Identity, Pose, au_vector

FACE = Face(Identity.draw(np.random.default_rng(4)))
FRAME = FACE.render(au_vector({12: 2.0}), side=320, framing="camera")


def error(found, frame) -> float:
    """Mean distance of the eye centres from the true ones, relative to the distance of the eyes."""
    true = eye_centres(frame.landmarks)
    return float(np.linalg.norm(eye_centres(found) - true, axis=1).mean() / np.linalg.norm(true[1] - true[0]))


def test_the_cascade_finds_the_eyes_of_an_embedded_face():
    found = detector("cascade")(FRAME.image)
    assert found is not None and found.dtype == np.float32 and found.shape == (68, 2)
    assert error(found, FRAME) < 0.1


def test_its_points_are_the_mean_shape_on_two_eyes():
    found = detector("cascade")(FRAME.image)
    laid = transformed(MEAN_SHAPE, similarity(eye_centres(MEAN_SHAPE), eye_centres(found)))
    np.testing.assert_allclose(found, laid, atol=1e-3)


def test_a_leaning_head_is_found_in_the_turned_picture():
    frame = FACE.render(au_vector({}), Pose(roll=32), side=320, framing="camera")
    found = detector("cascade")(frame.image)
    assert found is not None and error(found, frame) < 0.15


def test_a_large_frame_is_as_good_as_a_small_one():
    large = cv2.resize(FRAME.image, (1392, 1392), interpolation=cv2.INTER_CUBIC)[176:1216]
    found = detector("cascade")(large)
    scale = 1392 / 320
    back = (found + (0, 176) + 0.5) / scale - 0.5
    assert error(back, FRAME) < 0.1


def test_of_two_faces_the_larger_one():
    small = cv2.resize(FRAME.image, (160, 160), interpolation=cv2.INTER_AREA)
    both = np.full((320, 480, 3), FRAME.image[0, 0], np.uint8)
    both[80:240, :160], both[:, 160:] = small, FRAME.image
    assert error(detector("cascade")(both) - (160, 0), FRAME) < 0.1


def test_a_photograph():
    from skimage.data import astronaut

    right, left = eye_centres(detector("cascade")(astronaut()))
    np.testing.assert_allclose(right, (203.0, 101.0), atol=4)  # as MediaPipe's face mesh finds them
    np.testing.assert_allclose(left, (246.6, 103.3), atol=4)


def test_where_there_is_no_face_nothing_is_found():
    assert detector("cascade")(np.full((120, 160, 3), 128, np.uint8)) is None
    noise = np.random.default_rng(0).integers(0, 255, (200, 160, 3)).astype(np.uint8)
    assert detector("cascade")(cv2.GaussianBlur(noise, (0, 0), 4)) is None


# -- The face mesh --


class Mesh:
    """What mediapipe's FaceMesh looks like from outside: relative coordinates of 478 vertices, or None."""

    def __init__(self, **options) -> None:
        assert options["static_image_mode"], "no memory of the last picture"

    def process(self, image):
        if not image.any():
            return SimpleNamespace(multi_face_landmarks=None)
        points = [SimpleNamespace(x=(k % 20) / 20, y=(k // 20) / 24, z=0.0) for k in range(478)]
        return SimpleNamespace(multi_face_landmarks=[SimpleNamespace(landmark=points)])


@pytest.fixture
def mediapipe(monkeypatch):
    module = ModuleType("mediapipe")
    module.solutions = SimpleNamespace(face_mesh=SimpleNamespace(FaceMesh=Mesh))
    monkeypatch.setitem(sys.modules, "mediapipe", module)
    return module


def test_vertices_become_landmarks_in_pixels(mediapipe):
    found = detector("face-mesh")(np.full((100, 200, 3), 9, np.uint8))
    assert found.shape == (68, 2) and found.dtype == np.float32
    for landmark, vertex in ((30, 4), (36, 33), (45, 263), (48, 61), (54, 291), (0, 127), (16, 356), (8, 152)):
        np.testing.assert_allclose(
            found[landmark], [200 * (vertex % 20) / 20 - 0.5, 100 * (vertex // 20) / 24 - 0.5], atol=1e-3
        )
    assert detector("face-mesh")(np.zeros((50, 50, 3), np.uint8)) is None


def test_the_jaw_is_divided_evenly():
    mesh = np.zeros((478, 3))
    for side, oval in zip((-1, 1), detection.OVAL, strict=True):
        angles = np.linspace(np.pi / 2, 0, len(oval))
        mesh[list(oval)] = np.stack([side * np.sin(angles), np.cos(angles), 0 * angles], axis=1)
    jaw = landmarks_of_mesh(mesh)[:17]
    steps = np.linalg.norm(np.diff(jaw, axis=0), axis=1)
    assert steps.max() / steps.min() < 1.02
    np.testing.assert_allclose(jaw[::-1] * (-1, 1, 1), jaw, atol=1e-9)


def test_the_mapping_knows_left_from_right():
    """Vertices of the inner landmarks come in pairs as the landmarks do: none stands on its own mirror image twice."""
    inner = dict(zip(range(17, 68), detection.INNER, strict=True))
    assert len(set(detection.INNER)) == 51
    middle = [i for i in inner if MIRRORED[i] == i]
    assert {inner[i] for i in middle} == {168, 197, 195, 4, 2, 0, 17, 13, 14}


def test_the_best_detector_is_the_mesh_where_it_can_be_had(mediapipe):
    assert available() == ("face-mesh", "cascade") == tuple(DETECTORS)
    assert detector().name == "face-mesh"


def test_without_the_library_the_message_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "mediapipe", raising=False)
    monkeypatch.setattr(detection, "find_spec", lambda name: None if name == "mediapipe" else object())
    assert available() == ("cascade",) and detector().name == "cascade"
    with pytest.raises(AulibError, match=r"face-mesh.*pip install.*mediapipe"):
        detector("face-mesh")
    with pytest.raises(AulibError, match="unknown detector 'dlib'"):
        detector("dlib")


def test_a_release_without_the_legacy_solutions(mediapipe):
    del mediapipe.solutions
    with pytest.raises(AulibError, match=r"cannot use the installed mediapipe.*0\.10\.14"):
        detector("face-mesh")


@pytest.mark.parametrize("name, absent", [("cascade", {"mediapipe"}), ("face-mesh", {"cv2"})])
def test_only_the_chosen_library_is_imported(name, absent, tmp_path):
    (tmp_path / "mediapipe.py").write_text(
        "from types import SimpleNamespace as S\nsolutions = S(face_mesh=S(FaceMesh=lambda **options: None))\n"
    )
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from aulib.datasets.detection import detector; "
    code += f"detector({name!r}); print([m for m in {sorted(absent)!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
