"""One line of what the doctor says."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Line"]


@dataclass(frozen=True)
class Line:
    """What was looked at, whether it is well, what was found; and where it is not well what is lost
    by that, and what to do about it.

    `needed`: marking is refused without it.
    """

    what: str
    ok: bool
    found: str
    lost: str = ""
    remedy: str = ""
    needed: bool = False

    def __str__(self) -> str:
        sign = "✓" if self.ok else "✗" if self.needed else "–"
        line = f"{sign} {self.what}: {self.found}"
        if self.ok:
            return line
        return line + "".join(f"; {text}" for text in (self.lost, self.remedy) if text)
