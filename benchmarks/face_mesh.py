"""Landmarks of a face-mesh detector: ``python benchmarks/face_mesh.py FOLDER``.

Runs in an environment of its own that has ``mediapipe`` (0.10.14 or another release with the legacy solutions) and
NumPy, and imports nothing of aulib.  Reads ``images_*.npz`` (``images`` uint8 (n, side, side, 3)) and writes
``points_*.npz`` (``points`` float32 (n, 68, 2) in pixels, NaN where no face was found).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

#: Vertices of the mesh that stand for the 68 landmarks of 300-W, as widely used.
MESH_TO_68 = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87,  # mouth
)  # fmt: skip


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
                    mesh = np.array([(p.x, p.y) for p in found[0].landmark])
                    points[k] = mesh[list(MESH_TO_68)] * image.shape[1::-1] - 0.5
            np.savez(path.with_name(path.name.replace("images", "points")), points=points)


if __name__ == "__main__":
    main()
