"""Mazes of signs to learn from: where a walk begins, pictures of all signs, where and how it ends.

What the signs mean is said nowhere. A walk follows the sign of the cell it stands on, and ends on the
sign that means: halt.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dpkit.programs.terpret.search import Examples

__all__ = ["HALT", "MOVES", "maze", "mazes", "signs"]

HALT = 0
MOVES = {1: (1, 0), 2: (0, -1), 3: (-1, 0), 4: (0, 1)}  # right, up, left, down; y grows downwards


def signs(count: int, rng: np.random.Generator, side: int = 12) -> np.ndarray:
    """Pictures of the five signs: (5, count, side, side), 0 (paper) to 1 (ink) and a little noise.

    An arrow has a thin shaft or a broad one, or is only its head; halt is a disc, a square or a
    cross. Each has a place, a size, a turn, a thickness and a contrast of its own.
    """
    pictures = np.empty((5, count, side, side))
    axis = (np.arange(side) - (side - 1) / 2) * 2 / side
    for label in range(5):
        at = rng.uniform(-0.15, 0.15, (2, count, 1, 1))
        turn = rng.uniform(-0.15, 0.15, (count, 1, 1)) - (label - 1) * np.pi / 2 * (label > 0)
        size = rng.uniform(0.6, 0.85, (count, 1, 1))
        x, y = axis[None, None, :] - at[0], axis[None, :, None] - at[1]
        u = (np.cos(turn) * x + np.sin(turn) * y) / size
        v = (np.cos(turn) * y - np.sin(turn) * x) / size
        half = rng.uniform(0.12, 0.2, (count, 1, 1))
        if label == HALT:
            ways = [np.hypot(u, v) - 0.8, np.maximum(abs(u), abs(v)) - 0.7, _cross(u, v, half)]
        else:
            head = np.maximum(abs(v) - 0.7 * (0.95 - u), -u)  # a triangle
            hook = abs(abs(v) + u - 0.8) / np.sqrt(2) - half  # two strokes
            hook = np.maximum(hook, -u - 0.1)
            shaft = np.maximum(abs(v) - half, abs(u) - 0.85)
            ways = [
                np.minimum(head, shaft),
                np.minimum(hook, shaft),
                np.maximum(abs(v) - 0.42 * (0.95 - u), -u - 0.75),
            ]
        style = rng.integers(0, 3, (count, 1, 1))
        distance = np.choose(style, ways) * size
        ink = 1 / (1 + np.exp(np.clip(distance / (0.25 * 2 / side), -40, 40)))
        contrast = rng.uniform(0.5, 1.0, (count, 1, 1))
        pictures[label] = contrast * ink + 0.05 * rng.normal(size=ink.shape)
    return pictures


def _cross(u: np.ndarray, v: np.ndarray, half: np.ndarray) -> np.ndarray:
    arm = np.minimum(abs(u - v), abs(u + v)) / np.sqrt(2) - half
    return np.maximum(arm, np.maximum(abs(u), abs(v)) - 0.7)


def maze(
    rng: np.random.Generator, width: int, height: int, length: int
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """The signs (width, height) of a maze, and the cells of its walk, the first to the last.

    The walk has `length` steps, crosses itself nowhere and stays inside; other signs mean nothing.
    Raises ValueError if no such walk was found.
    """
    grid = rng.integers(0, 5, (width, height))
    for _ in range(1000):
        walk = [(int(rng.integers(width)), int(rng.integers(height)))]
        way: list[int] = []
        while len(way) < length:
            x, y = walk[-1]
            free = [
                (d, (x + dx, y + dy)) for d, (dx, dy) in MOVES.items()
                if 0 <= x + dx < width and 0 <= y + dy < height and (x + dx, y + dy) not in walk
            ]  # fmt: skip
            if not free:
                break
            d, cell = free[rng.integers(len(free))]
            way.append(d)
            walk.append(cell)
        if len(way) == length:
            for cell, d in zip(walk, [*way, HALT], strict=True):
                grid[cell] = d
            return grid, walk
    raise ValueError(f"No walk of {length} steps was found in a maze of {width} × {height} cells.")


def mazes(
    pictures: np.ndarray | None, width: int, height: int, lengths: tuple[int, int], count: int = 32
) -> Callable[[np.random.Generator], Examples]:
    """A source of examples for `fit` and `verify`: each call draws `count` mazes.

    pictures: of the signs, as `signs` gives them; each cell shows one by chance. None: cells show the
        sign's number, for a program whose `LOOK` is known.
    lengths: of the walks, from … to (inclusive).
    """

    def draw(rng: np.random.Generator) -> Examples:
        drawn = [maze(rng, width, height, int(rng.integers(lengths[0], lengths[1] + 1)))
                 for _ in range(count)]  # fmt: skip
        grids = np.array([grid for grid, _ in drawn])
        first = np.array([walk[0] for _, walk in drawn])
        last = np.array([walk[-1] for _, walk in drawn])
        if pictures is None:
            shown: np.ndarray = grids
        else:
            shown = pictures[grids, rng.integers(0, pictures.shape[1], grids.shape)].astype(
                np.float32
            )
        inputs = {"img_grid": shown, "init_X": first[:, 0], "init_Y": first[:, 1]}
        steps = np.array([len(walk) - 1 for _, walk in drawn])
        return inputs, {"final_X": last[:, 0], "final_Y": last[:, 1], "path_len": steps}

    return draw
