"""What is wrong with a program: the line, why, and the remedy; all of it at once."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

__all__ = ["Problem", "ProgramError", "Report"]


@dataclass(frozen=True, order=True)
class Problem:
    """line: from 1. kind: one of a few words, such as "unknown name". text: the line itself."""

    line: int
    kind: str
    message: str
    remedy: str
    text: str

    def renumbered(self, origin: Sequence[int]) -> Problem:
        """The same, where a text was made from another: origin[k] is the line of the other text that
        line k + 1 of this one comes from."""

        def there(line: int) -> int:
            return origin[line - 1] if 0 < line <= len(origin) else line

        message = re.sub(
            r"\blines? \d+(?: to \d+)?",
            lambda said: re.sub(r"\d+", lambda line: str(there(int(line[0]))), said[0]),
            self.message,
        )
        return replace(self, line=there(self.line), message=message)

    def __str__(self) -> str:
        said = [_wrapped(self.message), _wrapped(f"Remedy: {self.remedy}")]
        return "\n".join([f"line {self.line}: {self.text}" if self.line else "no line:", *said])

    def _repr_html_(self) -> str:
        message, remedy, text = map(html.escape, (self.message, self.remedy, self.text))
        where = f"line {self.line}" if self.line else "no line"
        return (
            f"<p style='text-align:left'><b>{where}</b> <code>{text}</code><br>"
            f"{message}<br><i>Remedy:</i> {remedy}</p>"
        )


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 92, initial_indent="    ", subsequent_indent="    ",
                         break_long_words=False)  # fmt: skip


class ProgramError(ValueError):
    """A program that was refused. `problems` has everything that was found, by line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        count = "One problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n\n".join([f"{count} in this program.", *map(str, self.problems)]))

    def _render_traceback_(self) -> list[str]:
        """In a notebook: the problems alone. Where the library noticed them is of no use to a reader."""
        return [f"{type(self).__name__}: {self}"]


class Report:
    """Collects problems. Unrolled loops come by a line many times: only the first time counts."""

    def __init__(self, source: str) -> None:
        self._lines = re.split(
            r"\r\n|\r|\n", source
        )  # as Python counts them: no other sign ends a line
        self._found: dict[tuple[int, str], Problem] = {}

    def add(self, line: int, kind: str, message: str, remedy: str) -> None:
        text = self._lines[line - 1].strip() if 0 < line <= len(self._lines) else ""
        self._found.setdefault((line, kind), Problem(line, kind, message, remedy, text))

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self._found.values()))

    def raise_any(self) -> None:
        if self._found:
            raise ProgramError(list(self))
