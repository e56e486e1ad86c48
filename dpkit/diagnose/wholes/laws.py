"""Laws by which the given numbers could come from the true ones.

A sign, a scale, the order, something added: each law that holds at all points is a mistake that one
sees without the program. Unknown constants are solved for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dpkit.catalogue import CATALOGUE
from dpkit.diagnose.answer import Answer
from dpkit.diagnose.leaves import Leaf, entry_name, listed
from dpkit.diagnose.sites import Mistake
from dpkit.diagnose.wholes.limits import limited, normalised, sizes_only
from dpkit.diagnose.wholes.orders import names_of_order, orders_of
from dpkit.diagnose.wholes.part import Law, Part, counted, ratio

__all__ = ["laws_obeyed"]


def laws_obeyed(part: Part) -> Iterator[Mistake]:
    """Every law that the numbers in this part obey."""
    if part.question.explains(part.truth, part.places):
        return
    yield from _vanishing(part)
    scaled = list(_scaled(part))
    yield from scaled
    yield from _with_value(part)
    if not scaled:  # where the gradient is a multiple of the argument, the two look the same
        yield from _something_added(part)
    yield from sizes_only(part)
    yield from limited(part)
    yield from normalised(part)
    yield from _rearranged(part)
    yield from _pooled(part)
    yield from _products(part)


def _vanishing(part: Part) -> Iterator[Mistake]:
    everything = part.places.size == part.question.truth.size
    if all(not np.any(part.given(each)) for each in part.answers):
        if everything:
            sentence = CATALOGUE["zero"].sentence + ". Somewhere on the way the derivative was lost"
        else:
            sentence = f"{part.words} came back as zero, as if f did not depend on it"
        yield Mistake("zero", sentence, 0.0 if everything else 2.4)
        return
    if part.places.size < 2:
        return
    kept = np.all(
        [each.agrees(part.truth(each), part=part.places) for each in part.answers], axis=0
    )
    lost = np.all([part.given(each) == 0.0 for each in part.answers], axis=0) & ~kept
    if kept.any() and lost.any() and np.all(kept | lost) and part.leaf is not None:
        yield Mistake("missing_term", *_what_is_left(part.leaf, kept))


def _what_is_left(leaf: Leaf, kept: np.ndarray) -> tuple[str, float]:
    """Some derivatives are right, the others zero: a sentence and its rank."""
    where = kept.reshape(leaf.shape)
    shape = leaf.shape
    for axis in range(len(shape)):
        rows = where.any(axis=tuple(m for m in range(len(shape)) if m != axis))
        whole = where.all(axis=tuple(m for m in range(len(shape)) if m != axis))
        if np.array_equal(rows, whole) and rows.sum() == 1 and shape[axis] > 1:
            k = int(np.flatnonzero(rows)[0])
            place = {0: "first", shape[axis] - 1: "last"}.get(k, f"entry {k}")
            along = f" along axis {axis}" if len(shape) > 1 else ""
            return (
                f"of the gradient with respect to {leaf.name} only the {place}{along} is there; the "
                "others came back as zero"
            ), 1.2
    if len(shape) == 2 and shape[0] == shape[1]:
        ones = np.ones(shape, dtype=bool)
        for word, triangle in (("diagonal", np.eye(shape[0], dtype=bool)),
                               ("lower triangle", np.tril(ones)),
                               ("upper triangle", np.triu(ones))):  # fmt: skip
            if np.array_equal(where, triangle):
                return (
                    f"of the gradient with respect to {leaf.name} only the {word} is there; the "
                    "other entries came back as zero"
                ), 1.2
    names = [entry_name(leaf, k) for k in np.flatnonzero(~kept).tolist()]
    return (
        f"the derivatives with respect to {listed(names)} came back as zero; the others are right",
        2.5,
    )


def _scaled(part: Part) -> Iterator[Mistake]:
    if part.obeys(lambda a: -part.truth(a)):
        yield Mistake("sign", f"{part.words} points the opposite way", 2.9)
        return
    scale = ratio(part, part.truth)
    if scale is None or min(abs(scale - known) for known in (-1.0, 0.0, 1.0)) < 1e-9:
        return
    count = counted(part.question, abs(scale))
    turned = ", and points the opposite way" if scale < 0 else ""
    if count is not None:
        number, what = count
        times = f"{number} times too {'large' if abs(scale) > 1 else 'small'}"
        yield Mistake("averaged", (
            f"{part.words} is {times}{turned}, and {number} is {what}: a sum was taken for a mean "
            "there, or a mean for a sum, or the division was done twice"
        ), 3.7)  # fmt: skip
    yield Mistake("factor", f"{part.words} is {scale:.6g} times what it should be", 3.8)


def _with_value(part: Part) -> Iterator[Mistake]:
    """The gradient of some function of f; or the value got in where it does not belong."""
    if part.places.size < part.question.truth.size:
        return
    if part.obeys(lambda a: a.value * a.truth):
        yield Mistake("wrong_seed", (
            "the whole gradient is multiplied by the value of f, as if the sweep had begun with "
            "the result itself instead of its derivative with respect to itself"
        ), 2.8)  # fmt: skip
    others: list[tuple[str, Law]] = [
        ("the logarithm of f", lambda a: a.truth / a.value),
        ("the square of f", lambda a: 2.0 * a.value * a.truth),
        ("the square root of f", lambda a: a.truth / (2.0 * np.sqrt(a.value))),
        ("1/f", lambda a: -a.truth / a.value**2),
        ("exp(f)", lambda a: np.exp(a.value) * a.truth),
    ]
    for name, law in others:
        if part.obeys(law):
            yield Mistake("other_function", f"this is the gradient of {name}", 4.6)


def _something_added(part: Part) -> Iterator[Mistake]:
    """A multiple of the argument, on top of the gradient or in its place."""
    points = {id(each): part.argument(n) for n, each in enumerate(part.answers)}

    def argument(answer: Answer) -> np.ndarray:
        return points[id(answer)]

    if part.obeys(argument):
        yield Mistake(
            "other_function",
            f"{part.words} is the argument itself, instead of how f changes with it", 4.5,
        )  # fmt: skip
        return
    surplus = np.concatenate([part.given(a) - part.truth(a) for a in part.answers])
    numbers = np.concatenate([argument(a) for a in part.answers])
    if numbers.any():
        c = float(numbers @ surplus / (numbers @ numbers))
        if c and part.obeys(lambda a: part.truth(a) + c * argument(a)):
            more = "too much" if c > 0 else "too little"
            yield Mistake("weight_decay", (
                f"{part.words} has {abs(c):.6g} times the argument {more}; a penalty on the size of "
                "the argument leaves such a term when it is differentiated. f and the gradient "
                "disagree about it"
            ), 2.65)  # fmt: skip
    moved = np.concatenate([part.given(a) - argument(a) for a in part.answers])
    truth = np.concatenate([part.truth(a) for a in part.answers])
    if truth.any():
        rate = -float(truth @ moved / (truth @ truth))
        if rate and part.obeys(lambda a: argument(a) - rate * part.truth(a)):
            yield Mistake("post_update", (
                f"{part.words} is the argument after a step along the gradient, of length "
                f"{rate:.6g}; asked for is the gradient, without the step"
            ), 2.7)  # fmt: skip


def _rearranged(part: Part) -> Iterator[Mistake]:
    """The right numbers within one array, in another order."""
    leaf = part.array
    if leaf is None or leaf.size < 2:
        return
    pairs = [(part.truth(a), part.given(a)) for a in part.answers]
    for order in orders_of(pairs, leaf.shape):
        if part.obeys(lambda a, order=order: part.truth(a)[order]):  # type: ignore[misc]
            kind, words = names_of_order(order, leaf)
            yield Mistake(kind, words, 1.7)
            return
    if len(leaf.shape) == 2 and leaf.shape[0] == leaf.shape[1]:

        def both(a: Answer) -> np.ndarray:
            matrix = part.truth(a).reshape(leaf.shape)
            return (matrix + matrix.T).ravel()

        times = ratio(part, both)
        if times is not None:
            yield Mistake("transposed", (
                f"the transpose was added to the gradient with respect to {leaf.name}, as if its "
                "entries (i, j) and (j, i) had to be equal"
            ), 4.1)  # fmt: skip


def _pooled(part: Part) -> Iterator[Mistake]:
    """Sums, means and running sums over the gradient itself."""
    alike = part.leaves()
    if len(alike) > 1 and len({each.shape for each in alike}) == 1:
        if sum(each.size for each in alike) == part.places.size:

            def together(a: Answer) -> np.ndarray:
                total = np.sum([a.truth[each.part] for each in alike], axis=0)
                return np.tile(total, len(alike))

            if part.obeys(together):
                names = listed([each.name for each in alike])
                yield Mistake("wrong_seed", (
                    f"all of {names} moved at once, so that each derivative is the sum of theirs; a "
                    "partial derivative is what happens when one moves and the others stand still"
                ), 2.75)  # fmt: skip
                return
    leaf = part.array
    if leaf is None or leaf.size < 2:
        return

    def pooled(a: Answer, reduce: Callable[..., Any], axes: tuple[int, ...]) -> np.ndarray:
        value = reduce(part.truth(a).reshape(leaf.shape), axis=axes, keepdims=True)
        return np.broadcast_to(value, leaf.shape).ravel()

    every = tuple(range(len(leaf.shape)))
    for axes in [every, *[(m,) for m in every if len(every) > 1 and leaf.shape[m] > 1]]:
        along = "over all its entries" if axes == every else f"along axis {axes[0]}"
        for reduce, word, kind in ((np.mean, "mean", "averaged"), (np.sum, "sum", "averaged")):
            if part.obeys(lambda a, r=reduce, x=axes: pooled(a, r, x)):  # type: ignore[misc]
                yield Mistake(kind, (
                    f"in {part.words} each entry is the {word} {along}, where each has a derivative "
                    "of its own"
                ), 2.75)  # fmt: skip
                return
    for axis in every:

        def running(a: Answer, axis: int = axis) -> np.ndarray:
            return np.cumsum(part.truth(a).reshape(leaf.shape), axis=axis).ravel()

        if part.obeys(running):
            yield Mistake("accumulated", (
                f"in {part.words} each entry contains those before it: a running sum that was not "
                "emptied in between"
            ), 2.75)  # fmt: skip
            return


def _products(part: Part) -> Iterator[Mistake]:
    """Multiplied by itself, or by the argument."""
    points = {id(each): part.argument(n) for n, each in enumerate(part.answers)}
    if part.obeys(lambda a: part.truth(a) ** 2):
        yield Mistake("repeated_factor", (
            f"{part.words} was multiplied by itself: every derivative came back squared"
        ), 4.4)  # fmt: skip
    elif part.obeys(lambda a: part.truth(a) * points[id(a)]):
        yield Mistake("wrong_rule", (
            f"{part.words} is multiplied, entry by entry, by the argument itself"
        ), 5.2)  # fmt: skip
    elif part.obeys(lambda a: part.truth(a) / points[id(a)]):
        yield Mistake("wrong_rule", (
            f"{part.words} is divided, entry by entry, by the argument itself"
        ), 5.2)  # fmt: skip
    elif part.obeys(lambda a: 1.0 / part.truth(a)):
        yield Mistake("wrong_rule", (
            f"{part.words} came back as its reciprocal: how the argument changes with f, instead of "
            "how f changes with the argument"
        ), 4.4)  # fmt: skip
