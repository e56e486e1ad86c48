"""A picture as a program: shapes, places, loops. And how its constants are improved by descent.

    GOTO(4, 6)
    BAR(1.4, "red")
    GOTO(3, 4)
    for _ in range(2):
        CIRCLE(0.7, "black")
        RIGHT(2)

Coordinates are in cells: x to the right, y up. What is drawn later covers what was there. The shapes
are those of `dpkit.render`, so the picture can be differentiated by every constant of the program: one
`2` in one `RIGHT` moves all the wheels of a train.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dpkit import arrays, render
from dpkit.optim import minimize

__all__ = ["CANVAS", "COLOURS", "SOFTNESS", "Command", "Program", "overlap", "refine_constants"]

WIDE, HIGH, CELL = 12, 10, 4  # cells each way; pixels in a cell
CANVAS = render.Canvas(HIGH * CELL, WIDE * CELL, ((WIDE - 1) / 2, (HIGH - 1) / 2), HIGH)
COLOURS = {
    "red": (0.84, 0.2, 0.1), "blue": (0.0, 0.35, 0.75), "green": (0.0, 0.6, 0.35),
    "yellow": (0.95, 0.8, 0.15), "pink": (0.85, 0.5, 0.7), "black": (0.1, 0.1, 0.1),
}  # fmt: skip


# In pixels: the edges of a descent's pictures, at first wide, so that shapes feel each other from afar.
SOFTNESS = (2.0, 0.7, 0.09)


@dataclasses.dataclass(frozen=True)
class Command:
    """A shape, or a row of `count` equal ones, `step` cells apart. kind: a name of `render.SHAPES`."""

    kind: str
    size: float
    colour: str
    x: float
    y: float
    count: int = 1
    step: float = 0.0


@dataclasses.dataclass(frozen=True)
class Program:
    """Commands in the order in which they draw."""

    commands: tuple[Command, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kind of each shape that is drawn, as `render.render` takes them."""
        return tuple(each.kind for each in self.commands for _ in range(each.count))

    def constants(self) -> dict[str, np.ndarray]:
        """The numbers in the program: "at" (n, 2), "size" (n,), "step" (n,)."""
        commands = self.commands
        return {
            "at": np.array([(each.x, each.y) for each in commands], float).reshape(-1, 2),
            "size": np.array([each.size for each in commands], float),
            "step": np.array([each.step for each in commands], float),
        }

    def with_constants(self, constants: dict[str, np.ndarray]) -> Program:
        """The same program with other numbers."""
        rows = zip(constants["at"], constants["size"], constants["step"], strict=True)
        return Program(tuple(
            dataclasses.replace(each, x=float(x), y=float(y), size=float(size), step=float(step))
            for each, ((x, y), size, step) in zip(self.commands, rows, strict=True)
        ))  # fmt: skip

    def scene(self, constants: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run it: the parameters of all its shapes, as `render.render` takes them, in the library
        of the constants."""
        constants = self.constants() if constants is None else constants
        command = np.array(
            [k for k, each in enumerate(self.commands) for _ in range(each.count)], int
        )
        turn = [np.arange(each.count) for each in self.commands]
        turns = np.concatenate([*turn, np.zeros(0)])[:, None] * np.array([1.0, 0.0])
        steps = arrays.expand_dims(constants["step"][command], -1)
        colour = [COLOURS[self.commands[k].colour] for k in command]
        return {
            "at": constants["at"][command] + steps * turns,
            "turn": np.zeros(len(command)),
            "size": constants["size"][command],
            "colour": np.array(colour).reshape(-1, 3),
        }

    def picture(self, canvas: render.Canvas = CANVAS) -> np.ndarray:
        """(height, width, 3), on white."""
        if not self.commands:
            return np.ones((canvas.height, canvas.width, 3))
        return render.render(self.kinds, self.scene(), canvas)

    def source(self) -> str:
        """The program as it would be written by hand; Python can run it."""
        lines = []
        for each in self.commands:
            lines.append(f"GOTO({_digits(each.x)}, {_digits(each.y)})")
            draw = f'{each.kind.upper()}({_digits(each.size)}, "{each.colour}")'
            if each.count == 1:
                lines.append(draw)
            else:
                step = f"RIGHT({_digits(each.step)})"
                lines += [f"for _ in range({each.count}):", f"    {draw}", f"    {step}"]
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:
        return self.source()


def overlap(one: Program, two: Program, times: int = 2) -> float:
    """Intersection over union of two pictures, from 0 to 1, on times × times finer pixels: of all
    points that either of them paints, the share that both paint in the same colour. Two blank
    pictures agree: 1."""
    a, b = (_painted(program, CANVAS.finer(times)) for program in (one, two))
    either = (a >= 0) | (b >= 0)
    return float(np.sum((a == b) & either) / either.sum()) if either.any() else 1.0


def _painted(program: Program, canvas: render.Canvas) -> np.ndarray:
    """The number of the colour of each pixel, -1 where nothing is: hard, not by the soft renderer."""
    seen, points, scene = (
        np.full((canvas.height, canvas.width), -1),
        canvas.points(),
        program.scene(),
    )
    names = [each.colour for each in program.commands for _ in range(each.count)]
    for k, kind in enumerate(program.kinds):
        inside = render.distance_of(kind, points, scene["at"][k], 0.0, scene["size"][k]) < 0
        seen[inside] = list(COLOURS).index(names[k])
    return seen


def refine_constants(
    program: Program, picture: np.ndarray, softness: Sequence[float] = SOFTNESS, *,
    steps: int = 30, callback: Callable[[int, float], Any] | None = None,
) -> Program:  # fmt: skip
    """Descend from the program's constants to those that draw the picture (height, width, 3) best.

    softness: in pixels, one run of L-BFGS for each; steps: the most iterations of each run.
    callback: called with each run's number and last loss; ends the descent by returning True.

    Raises ValueError where the picture is not of the canvas's size.
    """
    if picture.shape != (CANVAS.height, CANVAS.width, 3):
        raise ValueError(
            f"The canvas has {CANVAS.height} × {CANVAS.width} pixels and three colours, but the "
            f"picture's shape is {picture.shape}."
        )
    if not program.commands:
        return program
    constants = program.constants()
    for run, soft in enumerate(softness):

        def loss(constants: dict[str, Any], soft: float = soft) -> Any:
            drawn = render.render(program.kinds, program.scene(constants), CANVAS, soft)
            difference = drawn - picture
            return arrays.mean(difference * difference)

        result = minimize(loss, constants, tol=1e-7, max_iter=steps)
        constants = result.x
        if callback and callback(run, float(result.fun)):
            break
    return program.with_constants(constants)


def _digits(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
