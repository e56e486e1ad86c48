"""What came back and what was expected, taken apart side by side, to be shown.

The expected gradient says how: a tuple for several arguments, a container, an array, a number.
What came back follows as far as its form allows, and where it does not, it is shown as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from dpkit.answers import as_float, is_number, items_of, same_keys, show

__all__ = ["Piece", "negligible", "pieces"]


@dataclass(frozen=True)
class Piece:
    """One number or array of a gradient, twice.

    name: what it belongs to, such as ``w`` or ``p['k']``. got, expected: float arrays, of shape ()
    for single numbers; a text, where what came back holds anything but numbers; None, where there
    is nothing.
    """

    name: str
    got: np.ndarray | str | None
    expected: np.ndarray | str | None

    @property
    def difference(self) -> np.ndarray | None:
        """got - expected, if they can be subtracted. Equal infinities do not differ."""
        got, expected = self.got, self.expected
        if not isinstance(got, np.ndarray) or not isinstance(expected, np.ndarray):
            return None
        if got.shape != expected.shape:
            return None
        with np.errstate(all="ignore"):
            return np.asarray(np.where(got == expected, 0.0, got - expected))

    def label(self, index: tuple[int, ...]) -> str:
        """The name of one entry: ``w[0, 2]``."""
        return f"{self.name}[{', '.join(map(str, index))}]" if index else self.name


def pieces(got: Any, expected: Any, names: tuple[str, ...] = ()) -> list[Piece]:
    """A gradient and its truth in pieces; [] if there is nothing at all to be shown.

    names: of the arguments, as f calls them; if there are several, the gradients are tuples.
    """
    if expected is None:
        return [] if got is None else [Piece("", _whole(got), None)]
    wanted = items_of(expected)
    if len(names) < 2 or wanted is None or len(wanted) != len(names):
        return list(_match(names[0] if len(names) == 1 else "", got, expected))
    given = items_of(got)
    if given is None:
        came = [] if got is None else [Piece("", _whole(got), None)]
        return came + [piece for n, each in zip(names, wanted, strict=True)
                       for piece in _match(n, None, each)]  # fmt: skip
    found: list[Piece] = []
    for k, (mine, truth) in enumerate(zip_longest(given[: len(names) + 8], wanted)):
        found += _match(names[k] if k < len(names) else f"[{k}]", mine, truth)
    return found


def negligible(some: list[Piece]) -> list[np.ndarray | None]:
    """For each piece, which entries of the difference are nothing but rounding.

    That is small beside the piece itself, or beside the largest difference: a truth that was
    measured, by a difference quotient, is not exact either.
    """
    differences = [piece.difference for piece in some]
    worst = max((_size(each) for each in differences if each is not None), default=0.0)
    told: list[np.ndarray | None] = []
    for piece, difference in zip(some, differences, strict=True):
        if difference is None:
            told.append(None)
            continue
        assert isinstance(piece.expected, np.ndarray)
        size = _size(piece.expected)
        told.append(np.abs(difference) <= max(1e-12 * size, min(1e-6 * worst, 1e-7 * size)))
    return told


def _size(array: np.ndarray) -> float:
    """The largest finite entry, in size."""
    return float(np.max(np.abs(array), initial=0.0, where=np.isfinite(array)))


def _match(word: str, got: Any, expected: Any, depth: int = 0) -> list[Piece]:
    if depth > 20:
        return [Piece(word, "…", "…")]
    keys: list[Any] = []
    if type(expected) is dict and type(got) is dict and same_keys(got, expected):
        keys, mine, truth = list(expected), list(got.values()), list(expected.values())
    elif type(expected) is not dict and not isinstance(_whole(expected), np.ndarray):
        mine, truth = items_of(got) or [], items_of(expected) or []
        keys = list(range(len(truth))) if len(mine) == len(truth) else []
    if not keys:
        return [Piece(word, None if got is None else _whole(got),
                      None if expected is None else _whole(expected))]  # fmt: skip
    return [
        piece
        for key, m, t in zip(keys, mine, truth, strict=True)
        for piece in _match(f"{word}[{show(key)}]", m, t, depth + 1)
    ]


def _whole(x: Any) -> np.ndarray | str:
    """Numbers in rows of equal length as an array; anything else as a text."""
    if type(x) is np.ndarray and x.dtype.kind in "fiu":
        return x.astype(float)
    try:
        return np.array(_nested(x.tolist() if type(x) is np.ndarray else x), dtype=float)
    except (TypeError, ValueError, RecursionError):
        return show(x)


def _nested(x: Any) -> Any:
    if is_number(x):
        return as_float(x)
    items = items_of(x)
    if items is None:
        raise TypeError
    return [_nested(each) for each in items]
