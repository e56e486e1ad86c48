"""Places in somebody's source: the expression that an operation was written as, and its line."""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType, FrameType

__all__ = ["Place"]

Position = tuple[int | None, int | None, int | None, int | None]


@lru_cache(maxsize=1000)
def _first_of_each(code: CodeType) -> list[int]:
    """For each unit of the byte code, the first one of those before it that belong to the same
    expression. (An instruction takes several units, and the interpreter, once it has learnt to do
    it faster, stops at another one of them.)"""
    starts: list[int] = []
    before: Position | None = None
    for n, position in enumerate(code.co_positions()):
        starts.append(starts[-1] if starts and position == before else n)
        before = position
    return starts


@dataclass(frozen=True)
class Place:
    """One operation in somebody's source: the same wherever a loop or a call comes back to it."""

    code: CodeType
    instruction: int

    @classmethod
    def of(cls, frame: FrameType) -> Place:
        """Where the frame is now."""
        return cls(frame.f_code, _first_of_each(frame.f_code)[frame.f_lasti // 2])

    def _position(self) -> Position:
        return list(self.code.co_positions())[self.instruction]

    @property
    def line(self) -> int:
        """Line number in the file or cell, from 1."""
        return self._position()[0] or self.code.co_firstlineno

    @property
    def text(self) -> str:
        """The expression, as it was written; empty if the source is not at hand."""
        first, last, start, end = self._position()
        if first is None or last is None or start is None or end is None:
            return ""
        lines = linecache.getlines(self.code.co_filename)[first - 1 : last]
        if not lines:
            return ""
        # Columns count bytes, not letters.
        pieces = [line.encode() for line in lines]
        pieces[-1] = pieces[-1][:end]
        pieces[0] = pieces[0][start:]
        return " ".join(piece.decode().strip() for piece in pieces)

    def __str__(self) -> str:
        name = self.code.co_name
        line = f"line {self.line - self.code.co_firstlineno + 1} of {name}"
        if name == "<lambda>":
            line = ""
        elif name.startswith("<"):
            line = f"line {self.line}"
        return ", ".join(part for part in (f"`{self.text}`" if self.text else "", line) if part)
