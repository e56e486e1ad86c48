"""Adding two numbers on paper: four rows, four pointers, one column at a time.

    pointers ->        v
    first number     9 5 9
    second number      4 3
    carries          1 1
    result             0 2

The pad shows only the four cells under the pointers; how long the numbers are is not to be seen. It
cannot add: it writes what it is told, and moves pointers. The network meets a number only as a symbol:
that 5 follows 4 is nowhere said.

Source: Reed & de Freitas 2016, section 4.1; Cai, Shin & Song 2017, for the recursive teacher.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dpkit.programs.npi.trace import Frame, IllegalAct, Teacher

__all__ = ["Adder", "LoopAdder", "Pad", "every_frame", "problems"]

WRITE, LEFT, RIGHT = 1, 2, 3
FIRST, SECOND, CARRIES, RESULT = 1, 2, 3, 4
BLANK = 0  # digit d is the symbol d + 1

ACTS = ("", "WRITE", "LEFT", "RIGHT")
ROWS = ("", "FIRST", "SECOND", "CARRIES", "RESULT")


class Pad:
    """The scratch pad of one sum.

    first, second: whole numbers, or their digits as text, which may begin with zeros.
    carry: a carry into the first column.

    Raises ValueError for what is not written with the digits 0 to 9.
    """

    programs = ("ACT", "ADD", "ADD1", "CARRY", "LSHIFT")
    symbols = (11, 11, 11, 11)  # that may be seen in each row
    arguments = (4, 5, 11)  # of ACT: what to do, in which row, and the symbol to write

    def __init__(self, first: int | str, second: int | str, carry: bool = False) -> None:
        self.numbers = str(first), str(second)
        for number in self.numbers:
            if number and not (number.isascii() and number.isdigit()):
                raise ValueError(
                    f"The pad adds numbers that are written with the digits 0 to 9, not {number!r}."
                )
        width = max(map(len, self.numbers)) + 3
        self.cells = np.full((4, width), BLANK)
        for row, number in enumerate(self.numbers):
            symbols = [int(digit) + 1 for digit in number]
            self.cells[row, width - len(number) :] = symbols
        if carry:
            self.cells[CARRIES - 1, -1] = 2
        self.pointers = np.full(4, width - 1)
        self._rows = np.arange(4)

    def observe(self) -> np.ndarray:
        """The four symbols under the pointers, (4,)."""
        return self.cells[self._rows, self.pointers]

    def act(self, what: int = 0, row: int = 0, symbol: int = BLANK) -> None:
        if row not in (FIRST, SECOND, CARRIES, RESULT) or what not in (WRITE, LEFT, RIGHT):
            raise IllegalAct(
                f"ACT{(what, row, symbol)} means nothing to the pad. First comes what to do: 1 writes, 2 "
                "goes left, 3 right; then in which row, 1 to 4."
            )
        if what == WRITE:
            if symbol not in range(self.symbols[row - 1]):
                raise IllegalAct(
                    f"There is no symbol {symbol!r}: 0 is blank, and 1 to 10 are the digits 0 to 9."
                )
            if row not in (CARRIES, RESULT):
                raise IllegalAct(
                    f"ACT{(what, row, symbol)}, {self.words(what, row, symbol)}: only carries and "
                    "results may be written."
                )
            self.cells[row - 1, self.pointers[row - 1]] = symbol
            return
        moved = self.pointers[row - 1] + (1 if what == RIGHT else -1)
        if not 0 <= moved < self.cells.shape[1]:
            raise IllegalAct(
                f"ACT{(what, row)}, {self.words(what, row)}: the pointer would leave the pad."
            )
        self.pointers[row - 1] = moved

    @property
    def result(self) -> str:
        """What is written in the last row; "" if nothing is."""
        return "".join(str(symbol - 1) for symbol in self.cells[RESULT - 1] if symbol != BLANK)

    @staticmethod
    def words(what: int = 0, row: int = 0, symbol: int = BLANK) -> str:
        """Arguments in words: "WRITE RESULT 7", with the digit and not its symbol."""
        digit = "blank" if symbol == BLANK else str(symbol - 1)
        return " ".join(filter(None, (ACTS[what], ROWS[row], digit if what == WRITE else "")))

    def text(self, most: int = 16) -> str:
        """The pad in words and digits, with brackets at the pointers. Of a long one, `most` columns
        around the pointers are shown, and "…" where there are more."""
        shown = around(self.pointers, self.cells.shape[1], most)
        before, after = (
            ("…" if shown.start else ""),
            ("…" if shown.stop < len(self.cells[0]) else ""),
        )
        lines = []
        for name, row, pointer in zip(ROWS[1:], self.cells, self.pointers, strict=True):
            cells = [" " if symbol == BLANK else str(symbol - 1) for symbol in row]
            cells[pointer] = f"[{cells[pointer]}]"
            seen = " ".join(f"{cell:^3}" for cell in cells[shown.start : shown.stop])
            lines.append(f"{name.lower():>7} {before}{seen}{after}")
        return "\n".join(lines)


def around(pointers: Sequence[int] | np.ndarray, wide: int, most: int) -> range:
    """Which of `wide` columns to show: all, or `most` with the pointers in their midst."""
    middle = (int(min(pointers)) + int(max(pointers)) + 1) // 2
    first = max(0, min(middle - most // 2, wide - most))
    return range(first, min(first + most, wide))


class Adder(Teacher):
    """Addition as everyone does it on paper, except that ADD does one column and then calls itself."""

    environment: Pad

    def ADD(self) -> None:
        if np.any(self.environment.observe()[:3] != BLANK):
            self.call("ADD1")
            self.call("LSHIFT")
            self.call("ADD")

    def ADD1(self) -> None:
        first, second, carry, _ = (max(0, int(symbol) - 1) for symbol in self.environment.observe())
        total = first + second + carry
        self.act(WRITE, RESULT, total % 10 + 1)
        if total >= 10:
            self.call("CARRY")

    def CARRY(self) -> None:
        self.act(LEFT, CARRIES)
        self.act(WRITE, CARRIES, 2)
        self.act(RIGHT, CARRIES)

    def LSHIFT(self) -> None:
        for row in (FIRST, SECOND, CARRIES, RESULT):
            self.act(LEFT, row)


class LoopAdder(Adder):
    """The same with a loop: one call of ADD goes on for as long as there are columns."""

    def ADD(self) -> None:
        while np.any(self.environment.observe()[:3] != BLANK):
            self.call("ADD1")
            self.call("LSHIFT")


def problems(
    count: int, digits: int, rng: np.random.Generator | int, exactly: bool = False
) -> list[tuple[str, str]]:
    """Pairs of numbers by chance, each with 1 to `digits` digits, or exactly so many."""
    rng = np.random.default_rng(rng)

    def number() -> str:
        long = digits if exactly else int(rng.integers(1, digits + 1))
        low = 1 if long > 1 else 0  # no number begins with 0, except 0
        return "".join(map(str, [rng.integers(low, 10), *rng.integers(0, 10, long - 1)]))

    return [(number(), number()) for _ in range(count)]


def every_frame(*, callback: Callable[[int, int], Any] | None = None) -> list[Frame]:
    """Every frame that the recursive teacher can produce, for numbers of any length.

    callback: called with the number of sums that are done, and of all.

    One call of ADD sees a column (before and after its digit is written), the column to its left, and
    at last the blank cells beyond the numbers, where the inner call of ADD left the pointers. So all
    pairs of neighbouring columns are enough, with and without a carry into the right one. Once a number
    has ended, it stays blank. That makes 24 641 frames of ADD with a column, the one of the blank
    column, and all frames of ADD1, CARRY and LSHIFT that occur in them.
    """
    frames: dict[tuple, Frame] = {}
    sums = list(itertools.product((False, True), _two_digits(), _two_digits()))
    for done, (carry, first, second) in enumerate(sums, 1):
        for frame in Adder(Pad(first, second, carry)).record("ADD"):
            frames.setdefault(frame.key, frame)
        if callback:
            callback(done, len(sums))
    return list(frames.values())


def _two_digits() -> Iterator[str]:
    yield ""
    yield from map(str, range(10))
    yield from (f"{number:02d}" for number in range(100))
