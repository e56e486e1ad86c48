"""Drawing a picture again: a target, a sheet that is blank at first, an eye and a pen.

The eye goes over the target as over a page: along each row of cells, from the top row to the lowest.
What it sees is a small part of the target, and where the sheet has been drawn on already. Whenever a
shape is centred under the eye, the pen goes there and draws it; whenever an equal one stands to its
right, a row is drawn, until it is at its end. So what is drawn is a program of `pictures`, with loops.

Because the eye sees only its surroundings, it does not matter how many shapes there are elsewhere.
"""

from __future__ import annotations

import numpy as np

from dpkit import render
from dpkit.programs.npi.envs.pictures import CANVAS, CELL, COLOURS, HIGH, WIDE, Command, Program
from dpkit.programs.npi.trace import Teacher

__all__ = ["Artist", "KINDS", "SIZES", "Sheet"]

NEXT, GOTO, DRAW, RIGHT, BACK = 1, 2, 3, 4, 5
ACTS = ("", "NEXT", "GOTO", "DRAW", "RIGHT", "BACK")
KINDS = ("circle", "square", "bar", "triangle", "star")
SIZES = (0.75, 1.05, 1.4)  # in cells
PAINTS = tuple(COLOURS)

# What the eye sees around its cell, in pixels: above and below, to the left, to the right.
BESIDE, BEFORE, BEYOND = 6, 6, 16


class Sheet:
    """A target (height, width, 3), and what has been drawn of it.

    commands: what the pen did so far. eye: the cell (x, y) that is looked at; below the lowest row
    when all are done.

    Raises ValueError where the target is not of the canvas's size, or its colours not from 0 to 1.
    """

    programs = ("ACT", "SCENE", "LOOK", "ROW")
    arguments = (6, 6, 4, 7, 4)  # what to do; kind, size and colour of a shape; cells to the right
    shape = (2 * BESIDE + CELL, BEFORE + CELL + BEYOND, 5)

    def __init__(self, target: np.ndarray) -> None:
        if target.shape != (CANVAS.height, CANVAS.width, 3):
            raise ValueError(
                f"The sheet has {CANVAS.height} × {CANVAS.width} pixels and three colours, but the "
                f"target's shape is {target.shape}."
            )
        if not (target.min() >= -1e-6 and target.max() <= 1 + 1e-6):  # NaN is refused as well
            raise ValueError(
                "The target's colours go from 0 to 1, but these go from "
                f"{target.min():g} to {target.max():g}. (Bytes are divided by 255 first.)"
            )
        self.target = target
        around = ((BESIDE, BESIDE), (BEFORE, BEYOND), (0, 0))
        seen = np.concatenate([1.0 - target, np.zeros((*target.shape[:2], 1))], -1)
        self._seen = np.pad(np.round(255 * seen).astype(np.uint8), around)
        self.eye, self.pen = (0, HIGH - 1), (0, HIGH - 1)
        self.commands: list[Command] = []

    def observe(self) -> np.ndarray:
        """Bytes (16, 26, 5): the target's ink around the eye, 0 where it is white, in three colours;
        how much of each pixel is drawn on; and where the ink is like that in the middle, as what a
        shape is does not depend on its colour. All 255 when the eye is below the page."""
        x, y = self.eye
        if y < 0:
            return np.full(self.shape, 255, np.uint8)
        row, column = (HIGH - 1 - y) * CELL, x * CELL
        seen = self._seen[row : row + self.shape[0], column : column + self.shape[1]]
        ink = seen[..., :3].astype(np.int16)
        top, left = BESIDE + CELL // 2 - 1, BEFORE + CELL // 2 - 1
        middle = ink[top : top + 2, left : left + 2].reshape(4, 3)
        most = middle[middle.sum(-1).argmax()]
        unlike = abs(ink - most).max(-1, keepdims=True)
        return np.concatenate([seen, np.clip(255 - 4 * unlike, 0, 255).astype(np.uint8)], -1)

    def act(
        self, what: int = 0, kind: int = 0, size: int = 0, colour: int = 0, cells: int = 0
    ) -> None:
        """What cannot be done, such as to draw no kind of shape, is not done: a slip of the pen spoils
        one shape, not the page."""
        x, y = self.eye
        if what == NEXT and y >= 0:
            self.eye = (x + 1, y) if x + 1 < WIDE else (0, y - 1)
        elif what == GOTO:
            self.pen = self.eye
        elif what == BACK:
            self.eye = self.pen
        elif what == RIGHT and cells:
            self.eye = (min(x + cells, WIDE - 1), y)
        elif what == DRAW and kind and size and colour and y >= 0:
            self._draw(Command(KINDS[kind - 1], SIZES[size - 1], PAINTS[colour - 1], x, y))

    def _draw(self, new: Command) -> None:
        near = render.distance_of(new.kind, CANVAS.points(), (new.x, new.y), 0.0, new.size)
        covered = 255 * render.coverage(near, 0.18 * CANVAS.pixel)
        drawn = self._seen[BESIDE:-BESIDE, BEFORE:-BEYOND, 3]
        np.maximum(drawn, np.round(covered).astype(np.uint8), out=drawn)
        self.commands.append(new)

    @property
    def program(self) -> Program:
        """What was drawn, as a program: equal shapes that stand apart equally, one drawn straight
        after the other, are a loop."""
        written: list[Command] = []
        for new in self.commands:
            old = written[-1] if written else None
            step = 0.0 if old is None else new.x - old.x - (old.count - 1) * old.step
            if (
                old is not None and (old.kind, old.size, old.colour, old.y) == (new.kind, new.size, new.colour, new.y)
                and 0 < step <= 3 and (old.count == 1 or step == old.step)
            ):  # fmt: skip
                written[-1] = Command(
                    old.kind, old.size, old.colour, old.x, old.y, old.count + 1, step
                )
            else:
                written.append(new)
        return Program(tuple(written))

    @staticmethod
    def words(what: int = 0, kind: int = 0, size: int = 0, colour: int = 0, cells: int = 0) -> str:
        """Arguments in words: "DRAW circle 0.7 black"."""
        names = (("", *KINDS)[kind], str(("", *SIZES)[size]), ("", *PAINTS)[colour])
        shape, by = " ".join(filter(None, names)), f"by {cells}" if cells else ""
        return " ".join(filter(None, (ACTS[what], shape, by)))

    def picture(self) -> np.ndarray:
        """The target, and beside it what has been drawn: (height, 2 width + 2, 3), from 0 to 1."""
        between = np.zeros((CANVAS.height, 2, 3))
        return np.concatenate([self.target, between, self.program.picture()], 1)

    def text(self) -> str:
        last = (
            f"; last: {Program(tuple(self.commands[-1:])).source().splitlines()[-1]}"
            if self.commands
            else ""
        )
        return f"eye at {self.eye}, {len(self.commands)} shapes drawn{last}"


class Artist(Teacher):
    """Knows which program the target was drawn by.

    plan: with whole cells, and sizes of `SIZES`; at most one shape is centred in a cell.
    """

    environment: Sheet

    def __init__(self, environment: Sheet, plan: Program) -> None:
        super().__init__(environment)
        scene = plan.scene()
        names = [each.colour for each in plan.commands for _ in range(each.count)]
        self.left = {
            (round(x), round(y)): (KINDS.index(kind) + 1, SIZES.index(float(size)) + 1, PAINTS.index(name) + 1)
            for kind, size, name, (x, y) in zip(plan.kinds, scene["size"], names, scene["at"], strict=True)
        }  # fmt: skip

    def SCENE(self) -> None:
        if self.environment.eye[1] >= 0:
            self.call("LOOK")
            self.act(NEXT)
            self.call("SCENE")

    def LOOK(self) -> None:
        """Draw the shape that is centred here, and the row that it begins, if there is one."""
        x, y = self.environment.eye
        look = self.left.pop((x, y), None)
        if look is None:
            return
        self.act(GOTO)
        self.act(DRAW, *look)
        for cells in (2, 3):
            if self.left.get((x + cells, y)) == look:
                self.call("ROW", 0, *look, cells)
                self.act(BACK)
                return

    def ROW(self, _: int, kind: int, size: int, colour: int, cells: int) -> None:
        """Draw the next shape of a row, if it goes on."""
        self.act(RIGHT, 0, 0, 0, cells)
        look = (kind, size, colour)
        if self.left.get(self.environment.eye) == look:
            del self.left[self.environment.eye]
            self.act(DRAW, *look)
            self.call("ROW", 0, *look, cells)
