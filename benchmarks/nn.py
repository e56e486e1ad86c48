"""A neural network on single numbers, with the structure of `micrograd.nn` for any engine.

The sums are written as micrograd writes them, number by number, so that engines are compared on
the same operations. `parameters` come layer by layer, neuron by neuron, the bias last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


class Neuron:
    """``relu(w · x + b)``, or without the relu. leaf: makes a number that has a gradient."""

    def __init__(self, leaf: Callable[[float], Any], weights: Sequence[float], ramp: bool) -> None:
        *w, b = weights
        self.w = [leaf(each) for each in w]
        self.b = leaf(b)
        self.ramp = ramp

    def __call__(self, x: Sequence[Any]) -> Any:
        total = sum((w * each for w, each in zip(self.w, x, strict=True)), self.b)
        return total.relu() if self.ramp else total


class MLP:
    """Layers of neurons, of the sizes given; relu in all but the last.

    weights: all parameters in order. Raises StopIteration if there are too few.
    """

    def __init__(
        self, leaf: Callable[[float], Any], sizes: Sequence[int], weights: Sequence[float]
    ) -> None:
        given = iter(weights)
        self.layers = [
            [
                Neuron(leaf, [next(given) for _ in range(fan_in + 1)], n < len(sizes) - 2)
                for _ in range(fan_out)
            ]
            for n, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:], strict=False))
        ]

    def __call__(self, x: Sequence[Any]) -> Any:
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for n in layer for p in (*n.w, n.b)]
