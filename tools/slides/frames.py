"""Cut the text of a deck into frames.

# Week 3 · Reverse mode       the title frame; a line or two below it may say more
---
## One idea                   every other frame begins with its heading
- shown at once
+ shown one at a time
Note:
what the speaker says, until the end of the frame
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FEWEST, MOST = 25, 40
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")


class SlideError(ValueError):
    """One or more sentences, each naming the file and the frame that is wrong."""


@dataclass(frozen=True)
class Frame:
    """One frame: its number from 1, its heading, and the Markdown of its body and its notes."""

    number: int
    heading: str
    body: str
    notes: str


@dataclass(frozen=True)
class Deck:
    """A deck: its file, and its frames, of which the first is the title."""

    path: Path
    frames: tuple[Frame, ...]

    @property
    def title(self) -> str:
        return self.frames[0].heading

    def where(self, frame: Frame) -> str:
        return f"{self.path.name}, frame {frame.number} ({frame.heading!r})"


def read_deck(path: Path) -> Deck:
    """Read a deck. Raises SlideError with a line for every frame that is not as it should be."""
    problems, frames = [], []
    for number, lines in enumerate(_cut(path), start=1):
        try:
            frames.append(_frame(number, lines))
        except SlideError as error:
            problems.append(f"{path.name}, frame {number}: {error}")
    count = len(frames) + len(problems)
    if not FEWEST <= count <= MOST:
        problems.append(f"{path.name} has {count} frames; a deck has {FEWEST} to {MOST}.")
    if problems:
        raise SlideError("\n".join(problems))
    return Deck(path, tuple(frames))


def _cut(path: Path) -> list[list[tuple[str, bool]]]:
    """The lines of each frame, and of each line whether it is code, where marks mean nothing."""
    frames, fence = [[]], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        found = FENCE.fullmatch(line)
        code = bool(fence)
        if found and not fence:
            fence, code = found[1], True
        elif found and found[1].startswith(fence) and not found[2].strip():
            fence = ""
        if not code and line.strip() == "---":
            frames.append([])
        else:
            frames[-1].append((line, code))
    if fence:
        raise SlideError(
            f"{path.name}, frame {len(frames)}: the code beginning {fence} never ends."
        )
    return frames


def _frame(number: int, lines: list[tuple[str, bool]]) -> Frame:
    while lines and not lines[0][0].strip():
        lines = lines[1:]
    mark = "# " if number == 1 else "## "
    if not lines or not lines[0][0].startswith(mark) or not lines[0][0][len(mark) :].strip():
        begins = f"; it begins {lines[0][0]!r}" if lines else "; it is empty"
        raise SlideError(f"a frame begins with a heading, '{mark}…'{begins}.")
    heading = lines[0][0][len(mark) :].strip()
    if number == 1 and not re.fullmatch(r"Week \d+ · \S.*", heading):
        raise SlideError(f"the title reads '# Week N · Title', not {heading!r}.")
    rest = lines[1:]
    again = [line for line, code in rest if not code and re.match(r"##? ", line)]
    if again:
        raise SlideError(f"it has a second heading, {again[0]!r}; is a line --- missing before it?")
    notes = [i for i, (line, code) in enumerate(rest) if not code and line.strip() == "Note:"]
    cut = notes[0] if notes else len(rest)
    body, said = rest[:cut], rest[cut + 1 :]
    return Frame(number, heading, _text(body), _text(said))


def _text(lines: list[tuple[str, bool]]) -> str:
    return "\n".join(line for line, _ in lines).strip("\n")
