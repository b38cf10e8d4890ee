"""One check of what metrics, losses, samplers and protocols are given.

The value decides, not its type: the label 1 may be an int8, a bool or the float 1.0, in an array, a table or a list.
Nothing is dropped, rounded or guessed.  What is no label, no score or no name is an
:class:`~aulib.errors.InputError`, which tells the argument, the value and its place.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .aus import UNKNOWN
from .errors import InputError

Array = NDArray[Any]

#: Highest level of an AU, FACS's E.
TOP = 5


def labels(given: ArrayLike, name: str = "truth") -> NDArray[np.int8]:
    """Labels as int8, (N, A).

    Parameters
    ----------
    given : array, (N frames, A units)
        Bool, any integer or any float; each value 1 present, 0 absent or -1 unknown.
    name : str
        What the caller calls them.

    Raises
    ------
    InputError
        If they are no table or a value is none of the three.
    """
    return _coded(given, name, 1)


def levels(given: ArrayLike, name: str = "truth") -> NDArray[np.int8]:
    """Intensities as int8, (N, A): each value 0 to 5, or -1 unknown.  Otherwise as :func:`labels`."""
    return _coded(given, name, TOP)


def _coded(given: ArrayLike, name: str, top: int) -> NDArray[np.int8]:
    """A table of codes, 0 to `top` or UNKNOWN."""
    found = _numbers(given, name)
    if found.ndim != 2:
        raise InputError(f"{name} {found.shape} must be (frames, units)")
    refuse_other_labels(found, name, top)
    return found.astype(np.int8, copy=False)


def refuse_other_labels(found: Array, name: str, top: int = 1) -> None:
    """Raise :class:`InputError` if a number is not 0 to `top` or UNKNOWN; of any shape."""
    if not found.size:
        return
    inside = found.min() >= UNKNOWN and found.max() <= top  # false for NaN
    if inside and (found.dtype.kind != "f" or (found == np.rint(found)).all()):
        return
    rule = f"levels are 0 to {top} or {UNKNOWN} unknown"
    if top == 1:
        rule = f"labels are 1 present, 0 absent or {UNKNOWN} unknown; intensities become occurrence by "
        rule += "corpus.occurrence(threshold)"
    raise _refusal(found, ~np.isin(found, range(UNKNOWN, top + 1)), name, rule)


def scores(given: ArrayLike, shape: tuple[int, ...], name: str = "scores") -> Array:
    """Scores as float32 or float64 of a shape, that of the labels.  Infinity is a score, NaN is none.

    Raises
    ------
    InputError
    """
    found = real(given, name)
    if found.shape != shape:
        raise InputError(f"truth {shape} and {name} {found.shape} must both be (frames, units)")
    if found.size and np.isnan(found.min()):  # the minimum lets a NaN through, and is the cheapest pass over the data
        raise _refusal(found, np.isnan(found), name, "a score is a number; what was not scored must be left out")
    return found


def real(given: ArrayLike, name: str) -> Array:
    """Numbers as float32 if that holds them all, or else as float64.

    A float16 is stored, but slow to compute with; a large integer or a float64 of another machine's byte order would
    lose digits in a float32.
    """
    found = _numbers(given, name)
    kind = np.float32 if np.result_type(found.dtype, np.float32) == np.float32 else np.float64
    return found.astype(kind, copy=False)


def finite(given: ArrayLike, name: str) -> Array:
    """The same, all of them finite."""
    found = real(given, name)
    if not np.isfinite(found).all():
        raise _refusal(found, ~np.isfinite(found), name, "every one must be finite")
    return found


def threshold(given: ArrayLike, units: int, name: str = "threshold") -> Array:
    """A threshold for all units, or one a unit, (A,)."""
    found = finite(given, name)
    if found.ndim and found.shape != (units,):
        raise InputError(f"{name} {found.shape} must be one number or ({units},), one per unit")
    return found


def names(given: ArrayLike, frames: int, name: str) -> Array:
    """Whose each frame is, (N,): the fold, video, subject or sequence, as whole numbers or as text.

    Parameters
    ----------
    given : array, (N,)
    frames : int
        N.
    name : str

    Raises
    ------
    InputError
        If there is not one a frame, one is missing (None, NaN, NA), or numbers and text are mixed.
    """
    _refuse_mask(given, name)
    # a list with both text and NaN would become the text "nan"
    found = np.asarray(given) if hasattr(given, "dtype") else np.asarray(given, object)
    if found.shape != (frames,):
        raise InputError(f"{name} {found.shape} must be ({frames},), one per frame")
    rule = f"{name} are whole numbers or text, and every frame has one"
    if found.dtype.kind == "O":
        listed = found.tolist()
        kinds = set(map(type, listed))
        if not all(issubclass(kind, (str, Real)) for kind in kinds):
            raise _refusal(found, [not isinstance(one, (str, Real)) for one in listed], name, rule)
        text = [isinstance(one, str) for one in listed]
        if any(text) and not all(text):
            missing = [one != one for one in listed]
            raise _refusal(found, missing if any(missing) else text, name, rule)
        found = np.asarray(listed)
    if found.dtype.kind == "f":
        whole = np.isfinite(found) & (found == np.rint(found))
        if not whole.all():
            raise _refusal(found, ~whole, name, rule)
        found = found.astype(np.int64)
    if found.dtype.kind not in "biuUS":
        raise InputError(f"{name} are of type {found.dtype}, but {rule}")
    return found


def _numbers(given: ArrayLike, name: str) -> Array:
    """An array of bool, integers or floats."""
    _refuse_mask(given, name)
    try:
        found = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:  # rows of unequal length; a tensor elsewhere or with a graph
        raise InputError(f"{name} cannot be read as an array: {str(error).splitlines()[0]}") from error
    if found.dtype.kind in "biuf":
        return found
    wrong = np.ones(found.shape, bool)
    if found.dtype.kind == "O":  # a table with columns of several types, or of one that knows missing values
        wrong = np.reshape([not isinstance(one, Real) for one in found.flat], found.shape).astype(bool)
        if not wrong.any():
            return found.astype(float)
    if not found.size:
        raise InputError(f"{name} are of type {found.dtype}, but numbers are expected")
    raise _refusal(found, wrong, name, f"numbers are expected, and not {found.dtype}")


def _refuse_mask(given: ArrayLike, name: str) -> None:
    if np.ma.is_masked(given):
        raise InputError(f"{name} hold masked values; fill them ({UNKNOWN} is a label that nobody gave)")


def _refusal(found: Array, wrong: ArrayLike, name: str, rule: str) -> InputError:
    """The error that names the first value that is wrong, and its place."""
    place = np.argwhere(wrong)[0]
    value = found[tuple(place)]
    nan = isinstance(value, (float, np.floating)) and np.isnan(value)
    shown = "NaN" if nan else repr(str(value)) if isinstance(value, str) else str(value)
    at = f" at [{', '.join(map(str, place.tolist()))}]" if found.ndim else ""
    return InputError(f"{name} {'hold' if name.endswith('s') else 'holds'} {shown}{at}, but {rule}")
