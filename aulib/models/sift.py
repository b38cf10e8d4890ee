"""LSVM: a linear support vector machine on SIFT descriptors at facial landmarks, one an AU.

    R.-E. Fan et al.: LIBLINEAR: A Library for Large Linear Classification, JMLR 9, 2008.
    D. Lowe: Distinctive Image Features from Scale-Invariant Keypoints, IJCV 60(2), 2004.
    Features after Y. Zhu, F. De la Torre, J. Cohn, Y.-J. Zhang: Dynamic Cascades with Bidirectional Bootstrapping
    for Action Unit Detection in Spontaneous Facial Behavior, IEEE Trans. Affective Computing 2(2), 2011.

What came before learnt features: describe the face around 49 points, each by 8 gradient directions in 4 x 4 cells (128
numbers), and separate the 6,272 numbers by a hyperplane, independently for every AU.  DRML Sec. 4.1-4.2 compares with
it and gives the 49 and the 128; patch size, C and class weights are not printed and are choices made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..aus import UNKNOWN

#: The 49 inner points among the 68 of the usual scheme: without the face contour and the inner corners of the mouth.
INNER = tuple(i for i in range(17, 68) if i not in (60, 64))

#: OpenCV's descriptor covers 4 cells of 3 / 2 of the keypoint's size.
_SIZES_PER_PATCH = 6.0


def sift_at_landmarks(
    faces: NDArray[np.uint8], landmarks: NDArray[Any], patch: float = 0.16, root: bool = False
) -> NDArray[np.float32]:
    """SIFT descriptors at the 49 inner landmarks of aligned faces.

    Size and orientation of the patch are fixed, since the faces are aligned.

    Parameters
    ----------
    faces : array, uint8 (N, H, W, 3), RGB
    landmarks : array, float (N, 68, 2)
        x and y in pixels of ``faces``.  A point outside the image is allowed; its descriptor sees the part inside.
    patch : float, default 0.16
        Side of the described square as a share of the face's width (32 px of 200).
    root : bool, default False
        Take the root of each number ("RootSIFT"), which weakens single strong gradients.

    Returns
    -------
    array, float32 (N, 49 * 128)
        Landmarks in order, 128 numbers each, of Euclidean norm 1 (0 where the patch is flat).

    Raises
    ------
    ValueError
        If the shapes do not fit, or an inner landmark is not finite.
    """
    import cv2

    if faces.ndim != 4 or faces.shape[-1] != 3 or landmarks.shape != (len(faces), 68, 2):
        raise ValueError(f"faces {faces.shape} must be (N, H, W, 3) and landmarks {landmarks.shape} (N, 68, 2)")
    points = np.asarray(landmarks, float)[:, INNER]  # (N, 49, 2)
    broken = np.flatnonzero(~np.isfinite(points).all((1, 2)))
    if len(broken):
        raise ValueError(f"the landmarks of face {broken[0]} are not finite")
    size = patch * faces.shape[2] / _SIZES_PER_PATCH
    sift = cv2.SIFT_create()  # type: ignore[attr-defined]
    out = np.empty((len(faces), len(INNER), 128), np.float32)
    for face, inner, described in zip(faces, points, out, strict=True):
        # an angle is given, so that OpenCV does not look for one
        keypoints = [cv2.KeyPoint(float(x), float(y), size, 0.0) for x, y in inner]
        described[:] = sift.compute(cv2.cvtColor(np.ascontiguousarray(face), cv2.COLOR_RGB2GRAY), keypoints)[1]
    if root:
        out /= np.maximum(out.sum(axis=2, keepdims=True), 1e-6)
        np.sqrt(out, out=out)
    else:
        out /= np.maximum(np.linalg.norm(out, axis=2, keepdims=True), 1e-6)
    return out.reshape(len(faces), -1)


class LinearSVM:
    """One linear support vector machine an AU, on standardised features.

    Parameters
    ----------
    C : float, default 1e-3
        Weight of the errors against the margin; the paper prints none.
    class_weight : "balanced" or None, default "balanced"
        Whether present and absent frames weigh the same in total.  AUs are rare; without weights most would never be
        predicted.
    seed : int, default 0
        For LIBLINEAR's coordinate order.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> features = rng.normal(size=(60, 4)).astype(np.float32)
    >>> truth = (features[:, :2] > 0).astype(np.int8)
    >>> svm = LinearSVM(C=1.0).fit(features, truth)
    >>> bool(((svm.decision(features) > 0) == truth).mean() > 0.9)
    True
    """

    def __init__(self, C: float = 1e-3, class_weight: str | None = "balanced", seed: int = 0) -> None:
        self.C, self.class_weight, self.seed = C, class_weight, seed
        self.weight = np.zeros((0, 0), np.float32)  # (A, D), for standardised features
        self.bias = np.zeros(0, np.float32)  # (A,)
        self.mean = np.zeros(0, np.float32)  # (D,)
        self.scale = np.ones(0, np.float32)  # (D,)

    def fit(self, features: NDArray[np.float32], truth: NDArray[np.int8]) -> Self:
        """Train on the known labels of each AU.

        An AU that is always present or always absent in training gets the constant score 1 or -1, one that is never
        known 0.

        Parameters
        ----------
        features : array, float32 (N, D)
        truth : array, int8 (N, A)
            1 present, 0 absent, -1 unknown.

        Raises
        ------
        ValueError
            If the lengths differ or there are no frames.
        """
        from sklearn.svm import LinearSVC

        if features.ndim != 2 or truth.ndim != 2 or len(features) != len(truth) or not len(truth):
            raise ValueError(f"features {features.shape} and truth {truth.shape} must be (N, D) and (N, A), N > 0")
        self.mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
        spread = features.std(axis=0, dtype=np.float64).astype(np.float32)
        self.scale = np.where(spread > 0, spread, 1).astype(np.float32)
        standard = (features - self.mean) / self.scale
        self.weight = np.zeros((truth.shape[1], features.shape[1]), np.float32)
        self.bias = np.zeros(truth.shape[1], np.float32)
        for unit, labels in enumerate(truth.T):
            known = labels != UNKNOWN
            seen = np.unique(labels[known])
            if len(seen) < 2:
                self.bias[unit] = 2.0 * seen[0] - 1.0 if len(seen) else 0.0
                continue
            svm = LinearSVC(
                C=self.C, class_weight=self.class_weight, dual="auto", tol=1e-3, max_iter=5000, random_state=self.seed
            )
            svm.fit(standard[known], labels[known])
            self.weight[unit], self.bias[unit] = svm.coef_[0], svm.intercept_[0]
        return self

    def decision(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Signed distances from the hyperplanes (N, A) of features (N, D); above 0 means present."""
        return np.asarray(((features - self.mean) / self.scale) @ self.weight.T + self.bias, np.float32)

    def patch_importance(self) -> NDArray[np.float32]:
        """Share of each landmark in the weights of each AU, (A, 49), rows summing to one (or zero without weights).

        "The importance for each patch as the magnitude of corresponding model parameters" (DRML, Sec. 1), here the
        Euclidean norm of the landmark's 128 weights.

        Raises
        ------
        ValueError
            If the features were not 49 descriptors of 128 numbers.
        """
        if self.weight.shape[1] != len(INNER) * 128:
            raise ValueError(f"the weights {self.weight.shape} do not belong to {len(INNER)} x 128 SIFT features")
        size = np.linalg.norm(self.weight.reshape(-1, len(INNER), 128), axis=2)
        return np.asarray(size / np.maximum(size.sum(axis=1, keepdims=True), 1e-30), np.float32)

    def to_arrays(self) -> dict[str, NDArray[np.float32]]:
        """What :meth:`decision` needs, as plain arrays: ``weight, bias, mean, scale``."""
        return {"weight": self.weight, "bias": self.bias, "mean": self.mean, "scale": self.scale}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float32]]) -> Self:
        """Inverse of :meth:`to_arrays`; the training options are not kept."""
        svm = cls()
        for name in svm.to_arrays():
            setattr(svm, name, np.asarray(arrays[name], np.float32))
        return svm
