"""The bounds that every argument of this room is held to, and one way in and out for numbers and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from sop_xl.errors import InputError

Floats = npt.NDArray[np.float64]
"""An array of numbers; functions given numbers only give back a number."""


def floats(values: Any) -> Floats:
    """The values as an array, or as a float where they are one number."""
    array: Floats = np.asarray(values, dtype=float)[()]
    return array


def at_least_0(name: str, values: npt.ArrayLike) -> Floats:
    """The values, or InputError naming the first that is negative or missing.

    >>> at_least_0("demand", [3, -1])
    Traceback (most recent call last):
    sop_xl.errors.InputError: demand must be 0 or more, got -1
    """
    array = np.asarray(values, dtype=float)
    return _checked(array, array >= 0, f"{name} must be 0 or more")


def above_0(name: str, values: npt.ArrayLike) -> Floats:
    """The values, or InputError naming the first that is not above 0."""
    array = np.asarray(values, dtype=float)
    return _checked(array, array > 0, f"{name} must be above 0")


def finite(name: str, values: npt.ArrayLike) -> Floats:
    """The values, or InputError naming the first that is missing or without end."""
    array = np.asarray(values, dtype=float)
    return _checked(array, np.isfinite(array), f"{name} must be a number")


def share(name: str, values: npt.ArrayLike) -> Floats:
    """The values, or InputError naming the first that does not lie between 0 and 1."""
    array = np.asarray(values, dtype=float)
    return _checked(array, (array > 0) & (array < 1), f"{name} must lie between 0 and 1")


def _checked(array: Floats, good: npt.NDArray[np.bool_], says: str) -> Floats:
    if not np.all(good):
        raise InputError(f"{says}, got {np.atleast_1d(array)[~np.atleast_1d(good)][0]:g}")
    return array
