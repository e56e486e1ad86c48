"""Small programs to be found from examples alone, and how often gradient descent finds them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dpkit.programs.terpret.program import Program, source_of
from dpkit.programs.terpret.search import Examples
from dpkit.programs.terpret.worlds import mazes

__all__ = ["SYMBOLS", "TASKS", "Task"]


@dataclass(frozen=True)
class Task:
    """A program with holes, and examples of what it is to do.

    options: of `fit`, where its own are not the best.
    """

    source: str
    constants: dict[str, int]
    examples: Callable[[np.random.Generator], Examples]
    options: dict[str, float] = field(default_factory=dict)

    def program(self) -> Program:
        return Program(self.source, **self.constants)


def _bits(function: Callable[..., tuple[int, ...]], count: int) -> Callable[..., Examples]:
    """All inputs of so many bits, and what the function makes of them."""
    inputs = list(itertools.product((0, 1), repeat=count))
    outputs = [function(*each) for each in inputs]
    return lambda rng: ({"x": np.array(inputs)}, {"y": np.array(outputs)})


def _tapes(function: Callable[[list[int]], list[int]], cells: int) -> Callable[..., Examples]:
    """All tapes of bits that end in one blank at least, and what the function makes of the bits."""
    words = [list(word) for n in range(1, cells) for word in itertools.product((0, 1), repeat=n)]
    fill = lambda word: word + [2] * (cells - len(word))  # noqa: E731
    before = np.array([fill(word) for word in words])
    after = np.array([fill(function(word)) for word in words])
    return lambda rng: ({"before": before}, {"after": after})


def _decrement(word: list[int]) -> list[int]:
    """The number less one, the least digit first; zero stays a row of ones."""
    value = (sum(bit << k for k, bit in enumerate(word)) - 1) % (1 << len(word))
    return [value >> k & 1 for k in range(len(word))]


def _parity(count: int) -> Callable[..., Examples]:
    return lambda rng: ({}, {"unlike": np.zeros((1, count), int)})


# The maze with numbers for pictures: there is nothing to LOOK at.
_LOOK = """@Learn([Tensor(w, h)], 5, hid_sizes=[64])
def LOOK(img):
    pass


"""
SYMBOLS = (
    source_of("maze")
    .replace(_LOOK, "")
    .replace("InputTensor(w, h)", "Input(5)")
    .replace("LOOK(img_grid[x][y])", "img_grid[x][y]")
)

TASKS: dict[str, Task] = {
    "parity of 4": Task("parity", {"K": 4}, _parity(4)),
    "parity of 8": Task("parity", {"K": 8}, _parity(8)),
    "half adder": Task(
        "circuit", {}, _bits(lambda a, b: (a & b, a ^ b), 2)
    ),
    # Every way there leads through worse programs: only large steps leave what is nearly right.
    "swap": Task(
        "circuit", {"R": 2, "T": 3}, _bits(lambda a, b: (b, a), 2), {"lr": 3.0}
    ),
    "2-way choice": Task(
        "circuit", {"R": 4, "I": 3, "O": 1, "T": 4}, _bits(lambda a, b, c: (b if a else c,), 3),
        {"lr": 1.0},
    ),
    "invert": Task("turing", {"states": 2}, _tapes(lambda word: [1 - bit for bit in word], 5)),
    "prepend zero": Task("turing", {}, _tapes(lambda word: [0, *word], 5)),
    "decrement": Task("turing", {}, _tapes(_decrement, 5)),
    "maze of symbols": Task(
        SYMBOLS, {"W": 3, "H": 3, "T": 9}, mazes(None, 3, 3, (0, 2)), {"steps": 250}
    ),
}  # fmt: skip
