"""What a program declares: variables with a finite range, pictures, functions."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

__all__ = ["Images", "Learned", "Lifted", "Variable"]


@dataclass(frozen=True)
class Variable:
    """`Var(size)[dims]` and its like: an array of whole numbers from 0 to size - 1.

    kind: "Input", "Output", "Param" (what is to be learnt) or "Var" (what a program computes).
    dims: () for a single variable.
    """

    name: str
    kind: str
    size: int
    dims: tuple[int, ...]
    line: int

    @property
    def places(self) -> list[tuple[int, ...]]:
        """The index of each of its elements."""
        return list(itertools.product(*map(range, self.dims)))


@dataclass(frozen=True)
class Images:
    """`InputTensor(width, height)[dims]`: an array of pictures."""

    name: str
    shape: tuple[int, ...]
    dims: tuple[int, ...]
    line: int
    kind: str = "InputTensor"

    @property
    def places(self) -> list[tuple[int, ...]]:
        return list(itertools.product(*map(range, self.dims)))


@dataclass(frozen=True)
class Lifted:
    """`@Runtime([sizes], out)`: a function of whole numbers, as the table of all its values.

    table: `sizes`-shaped, of whole numbers below `out`.
    """

    name: str
    sizes: tuple[int, ...]
    out: int
    line: int
    table: np.ndarray
    kind: str = "Runtime"

    def __call__(self, *values: int) -> int:
        return int(self.table[values])


@dataclass(frozen=True)
class Learned:
    """`@Learn([Tensor(width, height)], out, hid_sizes=[…])`: a function of a picture, to be learnt."""

    name: str
    shape: tuple[int, ...]
    out: int
    hidden: tuple[int, ...]
    line: int
    kind: str = "Learn"

    @property
    def pixels(self) -> int:
        return math.prod(self.shape)
