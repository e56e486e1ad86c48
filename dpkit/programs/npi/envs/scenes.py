"""Pictures to be explained: scenes by chance, with a car among them if one is wanted.

A scene is planned in whole cells and then drawn by a hand that is not quite steady: each command is a
little off its cell, each size and step a little wrong. What lies lower lies in front.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dpkit import render
from dpkit.programs.npi.envs.drawing import KINDS, PAINTS, SIZES, Artist, Sheet
from dpkit.programs.npi.envs.pictures import CANVAS, HIGH, WIDE, Command, Program
from dpkit.programs.npi.trace import Frame

__all__ = ["Scene", "car", "lessons", "some_scene"]

SHAKE = {"at": 0.25, "size": 0.05, "step": 0.05}  # at most; in cells, as a share, in cells


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """plan: the program in whole cells. drawn: the one that the picture shows. picture: its pixels."""

    plan: Program
    drawn: Program
    picture: np.ndarray = dataclasses.field(repr=False)


def car(x: int, y: int, colours: Sequence[str]) -> list[Command]:
    """A car in four parts around the cell (x, y): cabin, body, and a row of two wheels."""
    return [
        Command("square", SIZES[0], colours[0], x, y + 1),
        Command("bar", SIZES[2], colours[1], x, y),
        Command("circle", SIZES[0], "black", x - 1, y - 1, 2, 2),
    ]


def some_scene(
    commands: int, rng: np.random.Generator | int, cars: int = 0, close: bool = False
) -> Scene:
    """A scene of so many commands, the three of each car among them. At least 60 % of every shape is
    to be seen, and no two shapes in the same row of cells touch. close: each near to another one.

    Raises ValueError for more than 12 commands, or fewer than the cars need.
    """
    if not 3 * cars <= commands <= 12:
        raise ValueError(
            f"A scene has room for 12 commands, and needs three for a car; {commands} with {cars} "
            "cars were asked for."
        )
    rng = np.random.default_rng(rng)
    for _ in range(200):
        plan: list[Command] = []
        tries = 0
        while len(plan) < commands and tries < 100:
            tries += 1
            wanted = cars > 0 and len(plan) < 3 * cars
            new = _some_car(rng) if wanted else [_some_command(rng)]
            if close and plan and min(_apart(new[0], old) for old in plan) > 4:
                continue
            if _possible(plan + new):
                plan += new
        if len(plan) == commands:
            ordered = Program(tuple(_in_order(plan)))
            drawn = _shaken(ordered, rng)
            return Scene(ordered, drawn, drawn.picture())
    raise ValueError(f"A scene of {commands} commands does not fit on the sheet.")


def _some_car(rng: np.random.Generator) -> list[Command]:
    return car(
        int(rng.integers(2, WIDE - 2)), int(rng.integers(2, HIGH - 2)),
        rng.choice(PAINTS[:-1], 2, replace=False).tolist(),
    )  # fmt: skip


def _some_command(rng: np.random.Generator) -> Command:
    size = float(rng.choice(SIZES))
    step = 2 if size < 0.8 and rng.random() < 0.6 else 3
    count = int(rng.integers(2, 5)) if rng.random() < 0.35 else 1
    edge = int(np.ceil(size - 0.3))
    across = WIDE - 2 * edge - (count - 1) * step
    if across < 1:
        count, across = 1, WIDE - 2 * edge
    x, y = edge + int(rng.integers(across)), int(rng.integers(edge, HIGH - edge))
    kind, colour = str(rng.choice(KINDS)), str(rng.choice(PAINTS))
    return Command(kind, size, colour, x, y, count, step if count > 1 else 0)


def _apart(one: Command, two: Command) -> float:
    return max(abs(one.x - two.x), abs(one.y - two.y))


def _in_order(plan: Sequence[Command]) -> list[Command]:
    return sorted(plan, key=lambda each: (-each.y, each.x))


def _possible(plan: Sequence[Command]) -> bool:
    plan = _in_order(plan)
    program = Program(tuple(plan))
    scene = program.scene()
    owner = [k for k, each in enumerate(plan) for _ in range(each.count)]
    for k, one in enumerate(plan):
        for two in plan[k + 1 :]:
            if (one.y, one.kind, one.size, one.colour) == (two.y, two.kind, two.size, two.colour):
                return False  # might be taken for one row
    points = CANVAS.points()
    masks = [
        render.distance_of(kind, points, at, 0.0, size) < 0
        for kind, at, size in zip(program.kinds, scene["at"], scene["size"], strict=True)
    ]
    for k, mask in enumerate(masks):
        hidden = np.zeros_like(mask)
        for later in range(k + 1, len(masks)):
            both = mask & masks[later]
            if plan[owner[later]].y == plan[owner[k]].y and both.any():
                return False
            hidden |= both
        if hidden.sum() > 0.4 * mask.sum():
            return False
    return True


def _shaken(plan: Program, rng: np.random.Generator) -> Program:
    constants = plan.constants()
    at, size, step = constants["at"], constants["size"], constants["step"]
    return plan.with_constants({
        "at": at + rng.uniform(-1, 1, at.shape) * SHAKE["at"],
        "size": size * (1 + rng.uniform(-1, 1, size.shape) * SHAKE["size"]),
        "step": step + (step > 0) * rng.uniform(-1, 1, step.shape) * SHAKE["step"],
    })  # fmt: skip


def lessons(
    count: int, rng: np.random.Generator | int, most: int = 3, *, empty: int = 8,
    callback: Callable[[int, int], Any] | None = None,
) -> list[Frame]:  # fmt: skip
    """Frames of the teacher from `count` scenes of 1 to `most` commands, every third with a car, every
    second with all of them close together: what the eye sees is then as crowded as in a large scene.

    Nearly all cells of a page are empty, so of each scene only `empty` frames of LOOK in which
    nothing is drawn are kept, by chance; two of SCENE; and the one that ends.
    callback: called with the number of scenes that are done, and of all.
    """
    rng = np.random.default_rng(rng)
    kept: list[Frame] = []
    for k in range(count):
        cars = 1 if most >= 3 and k % 3 == 0 else 0
        commands = int(rng.integers(3 if cars else 1, most + 1))
        scene = some_scene(commands, rng, cars, close=k % 2 == 0)
        frames = Artist(Sheet(scene.picture), scene.plan).record("SCENE")
        plain: dict[str, list[Frame]] = {"LOOK": [], "SCENE": []}
        for frame in frames:
            bare = frame.program == "LOOK" and len(frame.steps) == 1
            if bare or (frame.program == "SCENE" and len(frame.steps) > 1):
                plain[frame.program].append(frame)
            else:
                kept.append(frame)
        for program, some in plain.items():
            few = empty if program == "LOOK" else 2  # SCENE does the same in all its frames
            kept += [some[i] for i in rng.permutation(len(some))[:few]]
        if callback:
            callback(k + 1, count)
    return kept
