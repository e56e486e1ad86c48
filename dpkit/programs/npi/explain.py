"""A picture is explained by a program: read by the network, doubted, and made exact by descent.

The network says *what* is there, and in which cell: things that can be counted, and have no slope. The
renderer's gradient says *where exactly*: numbers that no one could have counted. Neither could do the
other's part.

And then each command is doubted. A star of three pixels may have been read as a triangle,
but drawn beside the picture it is not as good as the star: so other words are tried in its place, and
kept where the picture comes out better. This is a search among neighbours of what was read. Without a
reading there would be nothing to search around: the programs of seven commands are some 10²⁰.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from dpkit.programs.npi.core import NPI
from dpkit.programs.npi.envs.drawing import KINDS, PAINTS, SIZES, Sheet
from dpkit.programs.npi.envs.pictures import Command, Program, refine_constants
from dpkit.programs.npi.interpreter import Ending, run_batch

__all__ = ["Explanation", "doubt", "explain"]

MOST = 60  # shapes: a scene has 48 at most; a reading of many more is one of nothing known


@dataclasses.dataclass(frozen=True, eq=False)
class Explanation:
    """read: the program as the network wrote it. refined: with its doubtful words and its numbers
    made better. ending: how its run ended; what did not end by itself is still an explanation, but
    maybe of a part."""

    read: Program
    refined: Program
    ending: Ending

    def __str__(self) -> str:
        return self.refined.source()


def explain(
    npi: NPI, pictures: Sequence[np.ndarray], *, refine: bool = True, max_steps: int = 3000,
    callback: Callable[[int, Explanation], Any] | None = None,
) -> list[Explanation]:  # fmt: skip
    """A program for each of the pictures (height, width, 3), from 0 to 1.

    npi: from `learn_drawing`. refine: whether to doubt and improve what was read. A reading of more
    than 60 shapes, as of a photo, stays as it is: each doubt would draw all of them again.
    callback: called with each picture's number and explanation; returning True, it ends the
    refining: the rest stay as they were read.

    Raises ValueError where a picture is not of the canvas's size, or its colours not from 0 to 1.
    """
    sheets = [Sheet(picture) for picture in pictures]
    endings = run_batch(npi, sheets, "SCENE", max_steps=max_steps)
    found = []
    for k, (sheet, picture, ending) in enumerate(zip(sheets, pictures, endings, strict=True)):
        read = sheet.program
        short = len(read.kinds) <= MOST
        refined = _refined(read, picture) if refine and short else read
        found.append(Explanation(read, refined, ending))
        if callback and callback(k, found[-1]):
            refine = False
    return found


def _refined(read: Program, picture: np.ndarray) -> Program:
    refined = refine_constants(read, picture)
    for _ in range(3):
        better = doubt(refined, picture)
        if better == refined:
            break
        refined = refine_constants(better, picture)  # a square may stand elsewhere than a circle
    return refined


def doubt(program: Program, picture: np.ndarray) -> Program:
    """Try other words for each command: another kind, size or colour, or none at all; of a row, one
    shape fewer or more, or another one at its end. What makes the picture (height, width, 3) fit
    better is kept."""

    def error(program: Program) -> float:
        return float(np.mean((program.picture() - picture) ** 2))

    least = error(program)
    for k in reversed(range(len(program.commands))):  # what lies in front first
        for alternatives in list(_others(program.commands[k])):
            old = program.commands
            others = [
                Program((*old[:k], *changed(old[k]), *old[k + 1 :])) for changed in alternatives
            ]
            new, best = min((error(other), n) for n, other in enumerate(others))
            if new < 0.97 * least:  # a little better is no reason
                program, least = others[best], new
                if len(program.commands) < len(old):
                    break
    return program


Change = Callable[[Command], tuple[Command, ...]]


def _others(old: Command) -> Iterator[list[Change]]:
    """What may stand in place of a command, the best of each list; as functions of it, since words
    that were changed before stay changed."""
    words: list[dict[str, Any]] = [{"kind": kind} for kind in KINDS if kind != old.kind]
    words += [{"colour": colour} for colour in PAINTS if colour != old.colour]
    for each in (*words, *({"size": size} for size in SIZES)):
        yield [partial(_whole, each)]
    if old.count > 1:
        fewer, more = (partial(_whole, {"count": old.count + by}) for by in (-1, 1))
        yield [fewer, *(partial(_at_its_end, each) for each in words)]
        yield [more]
    yield [lambda _: ()]


def _whole(words: dict[str, Any], old: Command) -> tuple[Command, ...]:
    return (dataclasses.replace(old, **words),)


def _at_its_end(words: dict[str, Any], row: Command) -> tuple[Command, ...]:
    """A row that went on over a shape of another kind or colour: one fewer, and that one."""
    last = dataclasses.replace(
        row, x=row.x + (row.count - 1) * row.step, count=1, step=0.0, **words
    )
    fewer = dataclasses.replace(row, count=row.count - 1, step=row.step if row.count > 2 else 0.0)
    return fewer, last
