"""Noticing that an array was changed in place after a derivative had come to depend on it.

The product x · y keeps y, since y is the derivative by x. If somebody writes into y before that
derivative is used, it is wrong, and nothing shows it. So a tape remembers a fingerprint of every
array that others can reach, and compares before it computes derivatives.

torch counts the changes of a tensor itself. For numpy the fingerprint is computed from the bytes,
taken as a matrix of 64-bit integers: each row is multiplied with the same odd random numbers
(modulo 2**64, a multilinear hash), and the products are hashed. That takes
half as long again as a copy, and a change of a single number never goes unnoticed, since an odd factor can be
divided by.

Where the derivative is computed before anybody else can do something, as in `dpkit.grad`, there is
a cheaper way: a `Guard` makes numpy itself refuse to write into those arrays until it is done.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from dpkit.backends import is_torch

__all__ = ["CHANGED", "Guard", "can_change", "fingerprint"]

CHANGED = (
    "An array of shape {shape} was changed in place after a derivative had come to depend on it, "
    "as x += 1, x[i] = … or x.sort() do. Work on a copy, or run the program again before you ask "
    "for its derivative."
)

_SMALL = 1 << 13  # bytes below which Python's own hash is quicker
_ODD = np.random.default_rng(20).integers(0, 2**63, 512, dtype=np.uint64) << np.uint64(1)
_ODD += np.uint64(1)


def can_change(array: Any) -> bool:
    """Can somebody write into this array without the engine noticing?"""
    return isinstance(array, np.ndarray) or is_torch(array)


def fingerprint(array: Any) -> int:
    """A number that differs if the contents differ."""
    if not isinstance(array, np.ndarray):
        return 0 if array.is_inference() else array._version
    if array.nbytes < _SMALL:
        return hash(array.tobytes())
    array = np.ascontiguousarray(array.T if array.flags.f_contiguous else array)
    content = array.reshape(-1).view(np.uint8)
    whole = len(content) - len(content) % _ODD.nbytes
    rows = content[:whole].view(np.uint64).reshape(-1, len(_ODD))
    return hash((np.einsum("ij,j->i", rows, _ODD).tobytes(), content[whole:].tobytes()))


_mutex = threading.RLock()  # for the two below, which all threads share
_under_guard: dict[int, int] = {}  # arrays by identity -> how many guards they have
_waiting: list[np.ndarray] = []  # without a guard, but of memory that another guard still holds


def _is_view(array: np.ndarray) -> bool:
    return isinstance(array.base, np.ndarray)


class Guard:
    """Within this block, arrays that are put under guard can be read, but not written into."""

    def __init__(self) -> None:
        self.locked: dict[int, np.ndarray] = {}
        self.over = False

    def lock(self, array: np.ndarray) -> None:
        """Put an array under guard, and first the array whose memory it shares."""
        if id(array) in self.locked:
            return
        with _mutex:
            owner = array.base
            if isinstance(owner, np.ndarray):
                self.lock(owner)
                if id(owner) not in _under_guard:
                    return  # memory that was read-only before
            key = id(array)
            waits = bool(_waiting) and any(array is other for other in _waiting)
            if not self.over and (array.flags.writeable or waits or key in _under_guard):
                array.flags.writeable = False
                self.locked[key] = array
                _under_guard[key] = _under_guard.get(key, 0) + 1

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, _: Any, problem: BaseException | None, trace: Any) -> None:
        with _mutex:
            locked, self.locked, self.over = self.locked, {}, True
            for key, array in locked.items():
                _under_guard[key] -= 1
                if not _under_guard[key]:
                    del _under_guard[key]
                    _waiting.append(array)
            free = [array for array in _waiting if id(array.base) not in _under_guard]
            _waiting[:] = [array for array in _waiting if id(array.base) in _under_guard]
            free.sort(key=_is_view)  # no view can be written into before the owner of its memory
            for array in free:
                array.flags.writeable = id(array) not in _under_guard
        if isinstance(problem, (ValueError, TypeError)) and "element with a sequence" in str(
            problem
        ):
            problem.add_note(
                "If a tensor was put into an ordinary array: that would lose its derivative. Begin "
                "with dp.zeros_like(x), to whose elements tensors can be assigned, or use dp.stack."
            )
        if isinstance(problem, ValueError) and "read-only" in str(problem) and locked:
            problem.add_note(
                "An array cannot be changed in place, as by x += 1, x[i] = … or x.sort(), while a "
                "derivative depends on it. Work on a copy."
            )
