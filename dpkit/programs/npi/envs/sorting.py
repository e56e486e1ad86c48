"""Bubble sort: a row of digits, two pointers that walk side by side, and one that counts the passes.

The row shows the two digits under its pointers, whether the first pointer is at the start, and whether
all passes are counted. How long the row is, is not to be seen, nor in which pass we are.

Source: Reed & de Freitas 2016, section 4.1 and table 2; Cai, Shin & Song 2017, for the recursive
teacher.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dpkit.programs.npi.core import ACT
from dpkit.programs.npi.envs.addition import around
from dpkit.programs.npi.trace import Frame, IllegalAct, Teacher

__all__ = ["LoopSorter", "Row", "Sorter", "every_sorting_frame", "rows"]

SWAP, LEFT, RIGHT = 1, 2, 3
ONE, TWO, COUNT = 1, 2, 3  # the pointers

ACTS = ("", "SWAP", "LEFT", "RIGHT")
POINTERS = ("", "ONE", "TWO", "COUNT")


class Row:
    """A row of digits to be sorted in place, with as many passes to be counted.

    Raises ValueError for an empty row, or what is no digit from 0 to 9.
    """

    programs = ("ACT", "BUBBLESORT", "BUBBLE", "BSTEP", "COMPSWAP", "RSHIFT", "RESET", "LSHIFT")
    symbols = (11, 11, 2, 2)  # two digits or blanks; at the start?; all passes counted?
    arguments = (4, 4)  # of ACT: what to do, and with which pointer

    def __init__(self, digits: Sequence[int]) -> None:
        written = [str(digit) for digit in digits]
        if not written or not set(written) <= set("0123456789"):
            raise ValueError(
                f"A row is made of digits, each from 0 to 9, but this is {list(digits)}."
            )
        self.digits = [int(digit) for digit in written]
        self.pointers = [0, 1, 0]

    def observe(self) -> np.ndarray:
        """The digits under the first two pointers, each plus 1, or 0 beyond the row; 1 at the start;
        1 when all passes are counted: (4,)."""
        one, two, count = self.pointers
        long = len(self.digits)
        first = self.digits[one] + 1 if one < long else 0
        second = self.digits[two] + 1 if two < long else 0
        return np.array([first, second, one == 0, count == long], np.int64)

    def act(self, what: int = 0, pointer: int = 0) -> None:
        one, two, _ = self.pointers
        if what == SWAP and max(one, two) < len(self.digits):
            self.digits[one], self.digits[two] = self.digits[two], self.digits[one]
            return
        known = what in (LEFT, RIGHT) and pointer in (ONE, TWO, COUNT)
        moved = self.pointers[pointer - 1] + (1 if what == RIGHT else -1) if known else -1
        if not 0 <= moved <= len(self.digits):
            means = known or (what == SWAP and pointer in range(len(POINTERS)))
            words = f", {self.words(what, pointer)}," if means else ""
            raise IllegalAct(
                f"ACT{(what, pointer)}{words} cannot be done with pointers {self.pointers}."
            )
        self.pointers[pointer - 1] = moved

    @staticmethod
    def words(what: int = 0, pointer: int = 0) -> str:
        """Arguments in words: "RIGHT ONE"."""
        return f"{ACTS[what]} {POINTERS[pointer]}".rstrip()

    def text(self, most: int = 20) -> str:
        """The row, with brackets at the two pointers, and how many passes are counted. Of a long one,
        `most` digits around the pointers are shown, and "…" where there are more."""
        long = len(self.digits)
        shown = around(self.pointers[:2], long, most)
        cells = [
            f"[{self.digits[k]}]" if k in self.pointers[:2] else f" {self.digits[k]} "
            for k in shown
        ]
        before, after = ("…" if shown.start else ""), ("…" if shown.stop < long else "")
        return f"{before}{''.join(cells)}{after}   passes: {self.pointers[2]} of {long}"


class Sorter(Teacher):
    """Bubble sort without a loop: what has to be done again is done by a call of oneself."""

    environment: Row

    def BUBBLESORT(self) -> None:
        if not self._counted:
            self.call("BUBBLE")
            self.call("RESET")
            self.act(RIGHT, COUNT)
            self.call("BUBBLESORT")

    def BUBBLE(self) -> None:
        """One pass: the largest digit rises to the end."""
        if not self._beyond:
            self.call("BSTEP")
            self.call("BUBBLE")

    def RESET(self) -> None:
        """Back to the start."""
        if not self._started:
            self.call("LSHIFT")
            self.call("RESET")

    def BSTEP(self) -> None:
        self.call("COMPSWAP")
        self.call("RSHIFT")

    def COMPSWAP(self) -> None:
        one, two, _, _ = self.environment.observe()
        if one > two:
            self.act(SWAP)

    def RSHIFT(self) -> None:
        self.act(RIGHT, ONE)
        self.act(RIGHT, TWO)

    def LSHIFT(self) -> None:
        self.act(LEFT, ONE)
        self.act(LEFT, TWO)

    @property
    def _beyond(self) -> bool:
        return bool(self.environment.observe()[1] == 0)

    @property
    def _started(self) -> bool:
        return bool(self.environment.observe()[2])

    @property
    def _counted(self) -> bool:
        return bool(self.environment.observe()[3])


class LoopSorter(Sorter):
    """The same with loops: one call goes on for as long as the row is."""

    def BUBBLESORT(self) -> None:
        while not self._counted:
            self.call("BUBBLE")
            self.call("RESET")
            self.act(RIGHT, COUNT)

    def BUBBLE(self) -> None:
        while not self._beyond:
            self.call("BSTEP")

    def RESET(self) -> None:
        while not self._started:
            self.call("LSHIFT")


def every_sorting_frame(*, callback: Callable[[int, int], Any] | None = None) -> list[Frame]:
    """Every frame that the recursive teacher can produce, for rows of any length: 135 142.

    callback: called with the number of frames that are done, and of all.

    What one call sees follows from few digits of the row, and so does the list of all that it can see.

    BUBBLESORT sees the first two digits a, b of the row; then its largest, m, which has risen to the
    end; back at the start min(a, b) and the lesser of max(a, b) and the third digit; and when all is
    sorted, the two smallest. A row of six digits shows all there is, as those are a, b, the third, the
    largest and the two smallest. In the last pass all but the first are the largest in order: the row is
    sorted. BUBBLE and RESET are called wherever the pointers are, at the start or not: BUBBLE sees two
    digits, the larger of them beside the next, and m; RESET the last two before it came, the pair to the
    left, and the first two. Beyond the row it is blank; the last digit, when RESET runs, is the largest.

    Which acts and calls follow is asked of `Sorter`.
    """
    digits = range(1, 11)  # as symbols
    some = list(itertools.combinations_with_replacement(digits, 3))
    seen: set[tuple] = set()

    def frame(program: str, *observations: tuple[int, int, int, int]) -> None:
        seen.add((program, *observations))

    for a in digits:  # rows of a single digit
        alone, over = (a, 0, 1, 0), (a, 0, 1, 1)
        frame("BUBBLESORT", over)
        frame("BUBBLESORT", alone, alone, alone, over, over)
        frame("BUBBLE", alone)
        frame("RESET", alone)
    passes = {  # a, b; the largest; a, b after it; the two smallest
        (a, b, max(a, b), min(a, b), max(a, b), min(a, b), max(a, b))
        for a, b in itertools.product(digits, repeat=2)
    } | {
        (a, b, max(row), min(a, b), min(max(a, b), c), *sorted(row)[:2])
        for a, b, c in itertools.product(digits, repeat=3)
        for rest in ((), *some)
        for row in ((a, b, c, *rest),)
    }  # fmt: skip
    for a, b, m, one, two, least, next_ in passes:
        end, back, done = (m, 0, 0, 0), (one, two, 1, 0), (least, next_, 1, 1)
        frame("BUBBLESORT", (a, b, 1, 0), end, back, back, done)
    for a, b, m in some:  # the last pass
        back, done = (a, b, 1, 0), (a, b, 1, 1)
        frame("BUBBLESORT", done)
        frame("BUBBLESORT", back, (m, 0, 0, 0), back, done, done)
    for a, b in itertools.product(digits, repeat=2):
        low, high = min(a, b), max(a, b)
        frame("RESET", (a, b, 1, 0))
        for start in (1, 0):
            frame("COMPSWAP", (a, b, start, 0), *([(b, a, start, 0)] if a > b else []))
            for c in (0, *digits):
                frame("BSTEP", (a, b, start, 0), (low, high, start, 0), (high, c, 0, 0))
                frame("RSHIFT", (low, high, start, 0), (high, high, 0, 0), (high, c, 0, 0))
                for m in digits:
                    if m >= max(high, c) and (c or m == high):
                        frame("BUBBLE", (a, b, start, 0), (high, c, 0, 0), (m, 0, 0, 0))
    for m in digits:
        frame("BUBBLE", (m, 0, 0, 0))
    for left, x, y in itertools.product(digits, digits, (0, *digits)):
        if not y and x < left:
            continue  # the last digit is the largest
        for start in (1, 0):
            frame("LSHIFT", (x, y, 0, 0), (left, y, start, 0), (left, x, start, 0))
        frame("RESET", (x, y, 0, 0), (left, x, 1, 0), (left, x, 1, 0))
        for a, b in itertools.product(digits, repeat=2):
            if y or x >= max(a, b):
                frame("RESET", (x, y, 0, 0), (left, x, 0, 0), (a, b, 1, 0))
    shown = {what: np.array(what, np.int64) for each in seen for what in each[1:]}
    frames = []
    for program, *observations in sorted(seen):
        frames.append(_Foretold([shown[what] for what in observations]).frame(program))
        if callback:
            callback(len(frames), len(seen))
    return frames


class _Foretold(Sorter):
    """The teacher, who is shown what it is to see: nothing that it does has any effect."""

    def __init__(self, observations: Sequence[np.ndarray]) -> None:
        super().__init__(self)
        self.coming = list(reversed(observations))

    def observe(self) -> np.ndarray:
        return self.coming[-1]

    def frame(self, program: str) -> Frame:
        (frame,) = self.record(program)
        assert len(self.coming) == 1, "it ended before all was seen"
        return frame

    def call(self, program: str, *arguments: int) -> None:
        self._note(program, arguments)
        self.coming.pop()

    def act(self, *arguments: int) -> None:
        self.call(ACT, *arguments)


def rows(
    count: int, longest: int, rng: np.random.Generator | int, exactly: bool = False
) -> list[list[int]]:
    """Rows by chance, each of 1 to `longest` digits, or exactly so many."""
    rng = np.random.default_rng(rng)
    longs = [longest if exactly else int(rng.integers(1, longest + 1)) for _ in range(count)]
    return [rng.integers(0, 10, long).tolist() for long in longs]
