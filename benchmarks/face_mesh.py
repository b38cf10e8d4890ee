"""Landmarks of a face-mesh detector: ``python benchmarks/face_mesh.py FOLDER``.

Runs in an environment of its own that has ``mediapipe`` (0.10.14 or another release with the legacy solutions) and
NumPy, and imports nothing of aulib.  Reads ``images_*.npz`` (``images`` uint8 (n, side, side, 3)) and writes
``points_*.npz`` (``points`` float32 (n, 68, 2) in pixels, NaN where no face was found).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

#: Edge of the face from the ear to the chin on either side; the 17 points of 300-W lie on it at equal distances.
OVAL = (
    (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152),
    (356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
)
#: Vertices of the mesh that stand for the other landmarks of 300-W (18 to 68).
INNER = (
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # brows
    168, 197, 195, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 81, 13, 311, 308, 402, 14, 178,  # mouth
)  # fmt: skip


def landmarks(mesh: np.ndarray) -> np.ndarray:
    """The 68 landmarks of 300-W ``(68, 3)`` from the vertices of the mesh ``(478, 3)``."""
    sides = []
    for oval in OVAL:
        line = mesh[list(oval)]
        way = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        sides.append(np.stack([np.interp(np.linspace(0, way[-1], 9), way, x) for x in line.T], axis=-1))
    return np.concatenate([sides[0], sides[1][-2::-1], mesh[list(INNER)]])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where images_*.npz are and points_*.npz go")
    folder = parser.parse_args(arguments).folder

    import mediapipe

    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as detector:
        for path in sorted(folder.glob("images_*.npz")):
            images = np.load(path)["images"]
            points = np.full((len(images), 68, 2), np.nan, np.float32)
            for k, image in enumerate(images):
                found = detector.process(np.ascontiguousarray(image)).multi_face_landmarks
                if found:
                    mesh = np.array([(p.x, p.y, p.z) for p in found[0].landmark]) * image.shape[1]  # square, z as x
                    points[k] = landmarks(mesh)[:, :2] - 0.5
            np.savez(path.with_name(path.name.replace("images", "points")), points=points)


if __name__ == "__main__":
    main()
