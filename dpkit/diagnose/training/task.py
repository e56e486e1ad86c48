"""What a training loop is given: the loss, the parameters to start from, the batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dpkit.containers import flatten
from dpkit.diagnose.program import Program
from dpkit.diagnose.recording import record
from dpkit.diagnose.training.loop import Run, Slopes
from dpkit.points import Point
from dpkit.transforms import value_and_grad

__all__ = ["Task"]


class Task:
    """All that does not depend on the loop.

    numbers: the start, shape (n,); rebuild(list of n floats) has its form again. parts: see `Run`.
    slopes: the true ones. single: did the start come in float32?

    Raises TypeError naming what in the start is no real number.
    """

    def __init__(self, loss: Callable[..., Any], start: Any, batches: Sequence[Any] | None) -> None:
        self.loss, self.start = loss, start
        self.with_batches = batches is not None
        self.batches: list[Any] = [None] if batches is None else list(batches)
        numbers, self.rebuild = flatten(start, "start")
        self.numbers = np.array(numbers, dtype=float)
        self._point = Point((start,))
        self.single = self._point.single
        code = getattr(loss, "__code__", None)
        word = code.co_varnames[0] if code and code.co_argcount else "parameters"
        self.parts = tuple(_parts(word, start))
        self.slopes = Slopes(self._compute, self._record)
        self._both = value_and_grad(loss)
        sizes = {_examples(batch) for batch in self.batches}
        self.examples = sizes.pop() if len(sizes) == 1 else 0

    def arguments(self, w: np.ndarray, batch: int) -> tuple[Any, ...]:
        """The arguments of the loss, in float64 whatever the start came in."""
        (tree,) = self._point.at(w)
        return (tree, self.batches[batch]) if self.with_batches else (tree,)

    def _compute(self, w: np.ndarray, batch: int) -> tuple[float, np.ndarray]:
        value, gradient = self._both(*self.arguments(w, batch))
        return float(value), np.array(flatten(gradient)[0], dtype=float)

    def _record(self, w: np.ndarray, batch: int) -> Program | None:
        try:
            return record(self.at_batch(batch), self.arguments(w, batch)[:1])
        except (ArithmeticError, TypeError, ValueError):
            return None

    def at_batch(self, batch: int) -> Callable[..., Any]:
        """The loss as a function of the parameters alone."""
        if not self.with_batches:
            return self.loss
        chosen = self.batches[batch]

        def loss(parameters: Any) -> Any:
            return self.loss(parameters, chosen)

        return loss

    def asked(self, rate: float, updates: int) -> Run:
        """The run that a loop is asked for first. With batches, each is used once."""
        return Run(
            self.numbers, rate, tuple(range(updates)) if self.with_batches else (0,) * updates,
            self.slopes, self.parts, len(self.batches), self.examples,
        )  # fmt: skip


def _parts(word: str, tree: Any, begin: int = 0) -> Iterator[tuple[str, slice]]:
    """The leaves of a container: what each is called, and its place among all the numbers."""
    if isinstance(tree, (dict, list, tuple)):
        items = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, item in items:
            for name, part in _parts(f"{word}[{key!r}]", item, begin):
                yield name, part
                begin = part.stop
    else:
        yield word, slice(begin, begin + np.size(tree))


def _examples(batch: Any) -> int:
    """How many examples there are in a batch: the length of its first array."""
    while isinstance(batch, (tuple, list)) and batch and np.ndim(batch[0]):
        batch = batch[0]
    return len(batch) if hasattr(batch, "__len__") else 0
