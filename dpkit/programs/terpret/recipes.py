"""The maze learned whole: what its signs mean, and the program that follows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dpkit.programs.terpret.fit import Fit, fit
from dpkit.programs.terpret.program import Program
from dpkit.programs.terpret.worlds import mazes, signs

__all__ = ["RIGHT", "is_right", "learn_maze"]

Callback = Callable[[int, np.ndarray], Any]

# What does LOOK, MOVE, INC, each once, in an order that counts every step: (instr, goto).
RIGHT = [
    ([3, 2, 0], [1, 2, 0]), ([3, 0, 2], [1, 2, 0]), ([3, 2, 0], [2, 0, 1]), ([3, 0, 2], [2, 0, 1]),
]  # fmt: skip


def is_right(values: dict[str, np.ndarray]) -> bool:
    """Whether Params of the maze program are one of the four right choices."""
    return (values["instr"].tolist(), values["goto"].tolist()) in RIGHT


def learn_maze(
    pictures: np.ndarray | None = None, *, restarts: int = 16, steps: int = 400, polish: int = 500,
    rng: int = 0, device: str = "cpu", callback: Callback | None = None,
) -> Fit:  # fmt: skip
    """`instr`, `goto` and LOOK together, from (start, pictures) to (end, length of the walk) alone.

    First many restarts on tiny mazes with walks of at most two steps: walks of none and of one step
    teach what halts and what moves (with symbols for pictures, half as many restarts succeed without
    them). Then the one that explains its examples best, on walks of up to four steps and with more
    mazes a step, so that LOOK sees more signs; its steps of descent become smaller until the end.

    steps, polish: of these two, numbered on for the callback. The last can be 0.
    callback: as for `fit`; by returning True it ends all of it.

    pictures: of the signs, as `signs` gives them (10,000 of each are drawn if None).
    """
    if pictures is None:
        pictures = signs(10_000, np.random.default_rng(rng))
    side = pictures.shape[-1]
    small, larger = (
        Program("maze", W=size, H=size, T=3 * length + 3, w=side, h=side)
        for size, length in ((3, 2), (4, 4))
    )
    found = fit(
        small, mazes(pictures, 3, 3, (0, 2)), restarts=restarts, steps=steps, rng=rng, device=device,
        callback=callback,
    )  # fmt: skip
    if not polish or len(found.history) < steps:  # the callback ended it
        return found
    return fit(
        larger, mazes(pictures, 4, 4, (0, 4), 192), start=found.kept(1).on(larger), steps=polish,
        lr=0.1, learned_lr=5e-3, dropout=0.2, anneal=0.02, rng=rng + steps, device=device,
        callback=_later(callback, steps),
    )  # fmt: skip


def _later(callback: Callback | None, before: int) -> Callback | None:
    """The same callback, told numbers of steps that go on from those before."""
    return (lambda step, losses: callback(before + step, losses)) if callback else None
