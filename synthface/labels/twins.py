"""What control twins of a corpus are made of: known copulas, and base rates moved on the logit scale."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from synthface.face.action_units import FACE_AUS

__all__ = ["KINDS", "PAIRS", "check", "conditional", "couple", "expit", "logit", "with_means"]

#: Disjoint pairs of AUs that a copula twin ties; all other AUs are independent.
PAIRS = ((1, 2), (4, 7), (6, 12), (10, 14), (15, 17), (23, 24), (25, 26))

KINDS = ("frank", "gaussian", "nonmonotone")


def check(kind: str, parameter: float) -> None:
    """Refuse a copula that is none."""
    if kind not in KINDS:
        raise ValueError(f"there is no copula {kind!r}; choose from {', '.join(KINDS)}")
    if kind == "frank" and parameter == 0:
        raise ValueError("Frank's copula has a parameter other than 0; independent() is the limit at 0")
    if kind != "frank" and not -1 < parameter < 1:
        raise ValueError(f"{kind}: the correlation {parameter} must lie between -1 and 1")


def conditional(kind: str, parameter: float, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Uniform variables that have the copula with `u`, given independent uniform `v`: C⁻¹(v | u).

    Frank: −log(1 + v (e^−θ − 1) / (v + (1 − v) e^−θu)) / θ (Nelsen 2006, Exercise 4.17).  Gaussian:
    Φ(ρ Φ⁻¹(u) + √(1 − ρ²) Φ⁻¹(v)).  Nonmonotone: the Gaussian one with |2u − 1| for u, so that the partner is high
    where u is extreme on either side and Spearman's rank correlation of the two is 0.
    """
    if kind == "frank":
        theta = parameter
        decayed = np.exp(-theta * u)
        return -np.log1p(v * np.expm1(-theta) / (v + (1 - v) * decayed)) / theta
    if kind == "nonmonotone":
        u = np.abs(2 * u - 1)
    tiny = 1e-12
    x, y = ndtri(np.clip(u, tiny, 1 - tiny)), ndtri(np.clip(v, tiny, 1 - tiny))
    return ndtr(parameter * x + np.sqrt(1 - parameter * parameter) * y)


def couple(uniforms: np.ndarray, kind: str, parameter: float) -> np.ndarray:
    """Independent tracks (n, 19), the second AU of each of ``PAIRS`` made dependent on the first at every frame."""
    out = uniforms.copy()
    for first, second in PAIRS:
        a, b = FACE_AUS.index(first), FACE_AUS.index(second)
        out[:, b] = conditional(kind, parameter, uniforms[:, a], uniforms[:, b])
    return out


def with_means(rates: np.ndarray, weights: np.ndarray, means: np.ndarray) -> np.ndarray:
    """`rates` (tasks, K) shifted AU by AU on the logit scale until their weighted means over tasks are `means` (K,)."""
    logits = logit(np.clip(rates, 1e-9, 1 - 1e-9))
    low, high = np.full(rates.shape[1], -30.0), np.full(rates.shape[1], 30.0)
    for _ in range(60):  # bisection: the mean rises with the shift
        middle = (low + high) / 2
        below = np.average(expit(logits + middle), axis=0, weights=weights) < means
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return expit(logits + (low + high) / 2)
