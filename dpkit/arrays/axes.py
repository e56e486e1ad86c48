"""What functions of whole arrays need to know first: is this an array, and does it have that axis?"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit.backends import is_array, shape_of
from dpkit.box import Box

__all__ = ["Axis", "as_array", "axes_of", "axis_of", "described"]

Axis = int | tuple[int, ...] | None


def as_array(x: Any) -> Any:
    """x as an array, if it is a number or a list of numbers."""
    if isinstance(x, Box) or is_array(x):
        return x
    found = np.asarray(x)
    if found.dtype.kind in "USV" or found.dtype == object and not found.size:
        raise TypeError(f"An array of numbers is needed here, but {x!r} was given.")
    return found


def axis_of(axis: Any, ndim: int, what: str) -> int:
    """The axis counted from the front.

    ndim: how many axes there are; what: which array that is, for the message.

    Raises AxisError (a ValueError) if there is no such axis, TypeError if it is not an integer.
    """
    if not isinstance(axis, (int, np.integer)) or isinstance(axis, bool):
        raise TypeError(f"An axis is an integer, but {axis!r} was given for {what}.")
    if not -ndim <= axis < ndim:
        has = f"the axes 0 to {ndim - 1}, or -{ndim} to -1" if ndim else "no axes"
        raise np.exceptions.AxisError(f"There is no axis {axis} in {what}: it has {has}.")
    return int(axis) % ndim


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    """An axis argument (None for all, a number, or several) as a tuple counted from the front.

    Raises AxisError if an axis does not exist, ValueError if one is named twice.
    """
    ndim = len(shape_of(x))
    if axis is None:
        return tuple(range(ndim))
    several = axis if isinstance(axis, (tuple, list)) else (axis,)
    found = tuple(axis_of(a, ndim, described(x)) for a in several)
    if len(set(found)) < len(found):
        raise ValueError(f"The axes {tuple(several)} of {described(x)} name one of them twice.")
    return found


def described(x: Any) -> str:
    return f"an array of shape {shape_of(x)}"
