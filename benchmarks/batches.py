"""A batch of 196 faces of 200 px: rows of a uint8 memory map against reading as many JPEG files, both warm."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

from benchmarks.measure import Row, interleaved

BATCH, SIDE = 196, 200


def _faces(n: int) -> np.ndarray:
    """Smooth random images, which a JPEG codec finds about as hard as faces."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (n, 12, 12, 3), dtype=np.uint8)
    large = np.stack([cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for image in coarse])
    return np.clip(large + rng.normal(0, 4, large.shape), 0, 255).astype(np.uint8)


def run(quick: bool) -> list[Row]:
    n = 400 if quick else 1000
    faces, rng = _faces(n), np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faces.npy"
        np.save(path, faces)
        for i, face in enumerate(faces):
            cv2.imwrite(f"{folder}/{i}.jpg", face, [cv2.IMWRITE_JPEG_QUALITY, 95])
        mapped, batch = np.load(path, mmap_mode="r"), np.empty((BATCH, SIDE, SIDE, 3), np.uint8)

        def rows() -> np.ndarray:
            return np.take(mapped, np.sort(rng.choice(n, BATCH, replace=False)), axis=0, out=batch, mode="clip")

        def decoded() -> np.ndarray:
            picked = rng.choice(n, BATCH, replace=False)
            return np.stack([cv2.cvtColor(cv2.imread(f"{folder}/{i}.jpg"), cv2.COLOR_BGR2RGB) for i in picked])

        ms = interleaved({"memory map": rows, "JPEG": decoded}, 3 if quick else 8)
    return [Row("batch of 196 faces: JPEG / memory map", ms["JPEG"] / ms["memory map"], 15, detail=ms)]
