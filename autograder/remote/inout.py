"""An argument whose changes in place the test wants to see: `scale(inout(x), 2.0)`.

Otherwise arguments go by value, and what the student's code does to them stays there."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from autograder.errors import StudentError

__all__ = ["InOut", "inout"]


class InOut:
    """Carries such an argument to the call."""

    __slots__ = ("value",)

    def __init__(self, value: Any):
        self.value = value

    def take(self, changed: Any) -> None:
        """Give the argument the contents that it has now in the student's process."""
        value = self.value
        if type(changed) is not type(value) or not _fits(changed, value):
            raise StudentError(
                "bad_data",
                f"An argument that was to be changed in place ({_words(value)}) came back as "
                f"{_words(changed)}.",
            )
        if type(value) is np.ndarray:
            value[...] = changed
        elif type(value) is list:
            value[:] = changed
        elif type(value) is dict:
            value.clear()
            value.update(changed)
        else:
            torch = sys.modules["torch"]
            with torch.no_grad():
                value.copy_(changed)


def inout(value: Any) -> InOut:
    """See `autograder.helpers.inout`. Raises `TypeError` for what cannot be changed in place."""
    torch = sys.modules.get("torch")
    if type(value) in (np.ndarray, list, dict) or (torch and type(value) is torch.Tensor):
        return InOut(value)
    raise TypeError(
        f"inout({value!r:.80}): arrays, tensors, lists and dictionaries can be changed in place; "
        f"this is a {type(value).__name__}."
    )


def _fits(changed: Any, value: Any) -> bool:
    if type(value) in (list, dict):
        return True
    return changed.shape == value.shape and changed.dtype == value.dtype


def _words(value: Any) -> str:
    shape = getattr(value, "shape", None) if type(value) not in (list, dict) else None
    name = type(value).__name__
    return f"{name} of shape {tuple(shape)}" if isinstance(shape, tuple) else f"a {name}"
