"""The right numbers in another order: which order, and what does one call it?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

import numpy as np

from dpkit.diagnose.leaves import Leaf, entry_name, listed

__all__ = ["names_of_order", "orders_of"]

_Named = tuple[str, str, np.ndarray]  # kind, words, and which number stands where


def orders_of(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]], shape: tuple[int, ...]
) -> Iterator[np.ndarray]:
    """Orders in which the true numbers may be the given ones: arrays of indices, shape (n,).

    pairs: true and given numbers, flat, at several points. Those with a name come first. Another one
    is read off at a point where all numbers differ, by sorting both.
    """
    truth, given = pairs[0]
    if not np.allclose(np.sort(truth), np.sort(given), rtol=1e-6, atol=0.0):
        return
    for _, _, order in _named(shape):
        yield order
    order = np.empty(truth.size, dtype=int)
    order[np.argsort(given)] = np.argsort(truth)
    yield order


def names_of_order(order: np.ndarray, leaf: Leaf) -> tuple[str, str]:
    """The kind of mistake that such an order is, and a sentence."""
    for kind, words, other in _named(leaf.shape):
        if np.array_equal(order, other):
            return kind, words.format(name=leaf.name)
    moved = np.flatnonzero(order != np.arange(order.size))
    if moved.size == 2:
        names = [entry_name(leaf, k) for k in moved.tolist()]
        return "swapped", f"the derivatives with respect to {listed(names)} changed places"
    return "swapped", (
        f"the gradient with respect to {leaf.name} has the right numbers in the wrong places"
    )


def _named(shape: tuple[int, ...]) -> Iterator[_Named]:
    size = int(np.prod(shape, dtype=int))
    places = np.arange(size).reshape(shape)
    if len(shape) == 2 and shape[0] == shape[1]:
        yield "transposed", "the gradient with respect to {name} is transposed", places.T.ravel()
    yield (
        "swapped",
        "the components of the gradient with respect to {name} are in the opposite order",
        places.ravel()[::-1],
    )
    if len(shape) > 1:
        for axes in permutations(range(len(shape))) if len(shape) <= 4 else ():
            turned = places.transpose(axes)
            if axes == tuple(range(len(shape))):
                continue
            if turned.shape == shape and len(shape) > 2:
                yield "transposed", (
                    f"in the gradient with respect to {{name}} the axes stand in the order {axes}"
                ), turned.ravel()  # fmt: skip
        yield "transposed", (
            "the gradient with respect to {name} was turned into the right shape by reshaping, "
            "which keeps its numbers in a row, where it should have been transposed"
        ), places.T.ravel()  # fmt: skip
        yield "transposed", (
            "the gradient with respect to {name} was read in the wrong order when it was reshaped: "
            "rows and columns got mixed"
        ), np.argsort(places.T.ravel())  # fmt: skip
    for axis, length in enumerate(shape):
        along = f" along axis {axis}" if len(shape) > 1 else ""
        if len(shape) > 1 and length > 1:
            yield "swapped", (
                f"the gradient with respect to {{name}} is reversed{along}"
            ), np.flip(places, axis).ravel()  # fmt: skip
        for step in (1, -1):
            if length > 2:
                yield "swapped", (
                    f"the gradient with respect to {{name}} is shifted by one{along}"
                ), np.roll(places, step, axis).ravel()  # fmt: skip
