"""Some of the numbers of a gradient, at all points: what was given, what is true, and what laws
could lead from the one to the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dpkit.diagnose.answer import Answer
from dpkit.diagnose.leaves import Leaf
from dpkit.diagnose.question import Question

__all__ = ["Law", "Part", "counted", "ratio"]

Law = Callable[[Answer], np.ndarray]
"""What would have been given, in some part, at the point of an answer."""


@dataclass(frozen=True)
class Part:
    """Some of the numbers of the gradient. leaf: the array that they are, if they are one."""

    question: Question
    places: np.ndarray
    words: str
    leaf: Leaf | None = None

    def truth(self, answer: Answer) -> np.ndarray:
        return answer.truth[self.places]

    def given(self, answer: Answer) -> np.ndarray:
        return answer.given[self.places]

    def argument(self, n: int) -> np.ndarray:
        """The numbers themselves, at the point of the n-th answer."""
        return self.question.points[n][self.places]

    def obeys(self, law: Law) -> bool:
        """Does the law give the given numbers, at all points?"""
        return self.question.explains(law, self.places)

    @property
    def answers(self) -> list[Answer]:
        return self.question.answers

    @property
    def array(self) -> Leaf | None:
        """The leaf that this part is, no more and no less; None if it is none."""
        inside = self.leaves()
        return inside[0] if len(inside) == 1 and inside[0].size == self.places.size else None

    def leaves(self) -> list[Leaf]:
        """The arrays and numbers that lie in this part with all their numbers."""
        if self.leaf is not None:
            return [self.leaf]
        inside = np.zeros(self.question.numbers.size, dtype=bool)
        inside[self.places] = True
        return [leaf for leaf in self.question.leaves if inside[leaf.part].all()]


def ratio(part: Part, law: Law) -> float | None:
    """The number that, times what the law says, gives the given numbers at all points."""
    one, same = law(part.answers[0]), part.given(part.answers[0])
    few = np.linspace(0, len(one) - 1, 20).astype(int)
    with np.errstate(all="ignore"):  # a look at a few numbers spares most of the work
        crossed = one[few[:-1]] * same[few[1:]] - one[few[1:]] * same[few[:-1]]
        sizes = np.abs(one[few[:-1]] * same[few[1:]]) + np.abs(one[few[1:]] * same[few[:-1]])
        if np.any(crossed > 0.01 * sizes) or np.any(crossed < -0.01 * sizes):
            return None
    told = np.concatenate([law(each) for each in part.answers])
    given = np.concatenate([part.given(each) for each in part.answers])
    size = np.max(np.abs(told), initial=0.0)
    if not np.isfinite(size) or not size or not np.all(np.isfinite(given)):
        return None
    told = told / size
    times = float(told @ given / (told @ told)) / size
    if not np.isfinite(times) or not times or not part.obeys(lambda a: times * law(a)):
        return None
    return times


def counted(question: Question, scale: float) -> tuple[int, str] | None:
    """The length of which axis is this number, or one over this number?"""
    number = max(scale, 1.0 / scale)
    whole = round(number)
    if whole < 3 or abs(number - whole) > 1e-6 * number:
        return None
    for leaf in question.leaves:
        for axis, length in enumerate(leaf.shape):
            if length == whole:
                return whole, f"the length of axis {axis} of {leaf.name}"
        if leaf.size == whole and len(leaf.shape) > 1:
            return whole, f"the number of entries of {leaf.name}"
    run = question.run
    for k in run.needed if run is not None else ():
        row = run.rows[k]
        for value in (*row.args, row.value):
            shape = np.shape(value)
            if whole in shape:
                axis = shape.index(whole)
                where = f" in `{row.place.text}`" if row.place and row.place.text else ""
                return whole, f"the length of axis {axis} of an array of shape {shape}{where}"
            if len(shape) > 1 and int(np.prod(shape, dtype=int)) == whole:
                where = f" in `{row.place.text}`" if row.place and row.place.text else ""
                return whole, f"the number of entries of an array of shape {shape}{where}"
    return None
