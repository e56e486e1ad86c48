"""The sheet that is drawn on: pixels, and where they are in the world.

World coordinates are those of mathematics: x to the right, y up, in any unit. A window says which
part of the world the picture shows. A picture is an array of rows, the topmost first.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

__all__ = ["Canvas"]


@dataclasses.dataclass(frozen=True)
class Canvas:
    """A grid of square pixels that shows a window of the world.

        canvas = Canvas(64)              # 64 × 64 pixels; the window is from -1 to 1 both ways
        canvas.points()                  # (64, 64, 2): where the pixels' centres are

    height, width: in pixels; the width is the height unless given.
    centre: the world's point in the middle of the window.
    span: how much of the world the *shorter* side shows, in the world's units.

    Raises ValueError if a side or the span is not positive.
    """

    height: int
    width: int = 0
    centre: tuple[float, float] = (0.0, 0.0)
    span: float = 2.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", self.width or self.height)
        if self.height < 1 or self.width < 1:
            raise ValueError(
                f"A canvas has at least one pixel each way, but {self.height} × {self.width} "
                "were asked for."
            )
        if not self.span > 0:
            raise ValueError(f"The span must be positive, but it is {self.span}.")

    @property
    def pixel(self) -> float:
        """The side of a pixel, in the world's units."""
        return self.span / min(self.height, self.width)

    def points(self) -> np.ndarray:
        """The centres of the pixels, in world coordinates: (height, width, 2), float64."""
        x = (np.arange(self.width) + 0.5 - self.width / 2) * self.pixel + self.centre[0]
        y = (self.height / 2 - 0.5 - np.arange(self.height)) * self.pixel + self.centre[1]
        return np.stack(np.meshgrid(x, y), -1)

    def to_pixels(self, points: Any) -> Any:
        """World coordinates (…, 2) as (column, row), counted from the centre of the first pixel."""
        at = (np.asarray(points) - np.asarray(self.centre)) / self.pixel
        middle = np.array([self.width - 1, self.height - 1]) / 2
        return middle + at * np.array([1.0, -1.0])

    def finer(self, times: int) -> Canvas:
        """The same window in times × times as many pixels."""
        return dataclasses.replace(self, height=self.height * times, width=self.width * times)

    def coarser(self, times: int) -> Canvas:
        """The same window, each times × times pixels become one.

        Raises ValueError if the sides cannot be divided by `times`.
        """
        if self.height % times or self.width % times:
            raise ValueError(
                f"A canvas of {self.height} × {self.width} pixels cannot be divided by {times}."
            )
        return dataclasses.replace(self, height=self.height // times, width=self.width // times)
