"""What `Scalar` says when it was given something it cannot hold, or a derivative got lost."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from dpkit.number import Arithmetic

__all__ = ["explain_nan", "real"]


def real(data: Any) -> float:
    """`data` as a float, or an error that says what was given instead."""
    if type(data) is float and data == data:
        return data
    if isinstance(data, np.ndarray) and data.ndim == 0 and data.dtype != object:
        data = data.item()
    if isinstance(data, Real) and not isinstance(data, bool):
        number = float(data)
        if number == number:
            return number
        raise ValueError(
            "A Scalar cannot be NaN (not a number). Something before it went wrong: look for "
            "0/0, inf - inf, or missing data."
        )
    if isinstance(data, np.ndarray):
        raise TypeError(
            f"A Scalar holds one number, but was given an array of shape {data.shape}. Make one "
            "Scalar for each element, or give the array to dp.grad, which does so."
        )
    if isinstance(data, Arithmetic):
        raise TypeError(
            f"A Scalar holds a plain number, but was given {data!r}. It already is a number with "
            "a derivative; for derivatives of derivatives, nest dp.grad."
        )
    raise TypeError(
        f"A Scalar holds one real number, but was given {data!r}, a {type(data).__name__}."
    )


def explain_nan(tape: Any, adjoints: Sequence[Any], name: str | None) -> str:
    """Say at which row of the tape a derivative ceased to be a number."""
    lost = max(k for k, adjoint in enumerate(adjoints) if adjoint != adjoint)
    whom = f"with respect to {name} " if name else ""
    for k in range(len(adjoints) - 1, lost, -1):
        operation, value, i, di, j, dj = tape.rows[k]
        for parent, slope in ((i, di), (j, dj)):
            if parent == lost and adjoints[k] * slope != adjoints[k] * slope:
                return (
                    f"The derivative {whom}is not a number. It is lost at the operation "
                    f"{operation!r} with the value {value!r}: {adjoints[k]!r} comes from above, "
                    f"and the local derivative there is {slope!r}."
                )
    return (
        f"The derivative {whom}is not a number: infinite contributions of opposite sign meet at "
        f"the operation {tape.rows[lost][0]!r} with the value {tape.rows[lost][1]!r}."
    )
