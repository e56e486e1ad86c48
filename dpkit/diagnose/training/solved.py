"""Training loops gone wrong, with an unknown number in the mistake: how long, how much, how fast.

The number is found from the first steps that somebody's loop made. It must then be right for all
the others, in every run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from dpkit.diagnose.training.loop import PLAIN, Direction, Loop, Run, States
from dpkit.diagnose.training.mistaken import loops

__all__ = ["solved_loops"]


def solved_loops(run: Run, w: States, close: float = 1e-6) -> Iterator[Loop]:
    """Mistaken loops with an unknown number, solved for it.

    w: the first states of somebody's loop in this run; two suffice for most, three for all.
    close: numbers that differ by less, relatively, are taken to be the same.
    """
    if len(w) < 2 or not all(np.all(np.isfinite(each)) for each in w):
        return
    for loop in (PLAIN, *loops(run)):
        if loop.updates(2) == 2 or run.batches > 1:
            yield from _multiples(loop, run, w, close)
    yield _adam()
    yield from _in_some_parts(run, w)
    yield from _in_another_order(run, w)
    moved, slope = (w[0] - w[1]) / run.rate, run.slope(w[0], 0)
    yield from _part_by_part(run, moved, slope, close)
    yield from _decaying(run, moved - slope, w[0], close)
    first = _ratio(moved, slope)
    if first is None or abs(first) < close or len(w) < 3:
        return
    again, slope_again = (w[1] - w[2]) / run.rate, run.slope(w[1], 1)
    kept = _ratio(again - first * slope_again, first * slope)
    if kept is not None and _snapped(kept, close) not in (0.0, 1.0):
        yield from _momentum(run, first, kept, close)
    if first > 1 + close:
        yield _nesterov(first - 1)
    second = _ratio(again, slope_again)
    if second is not None and _snapped(second / first, close) not in (0.0, 1.0):
        yield from _schedules(run, first, second / first)


def _ratio(a: np.ndarray, b: np.ndarray) -> float | None:
    """The c with a = c·b, if there is one."""
    size = float(b @ b)
    if not (size > 0 and math.isfinite(size)):
        return None
    c = float(a @ b) / size
    off = float(np.max(np.abs(a - c * b)))
    return c if off <= 1e-4 * float(np.max(np.abs(a))) + 1e-12 * math.sqrt(size) else None


def _snapped(c: float, close: float) -> float:
    """The number, or 0, 1 or -1 if it is close to that."""
    return next((whole for whole in (0.0, 1.0, -1.0) if abs(c - whole) < close), c)


def _multiples(loop: Loop, run: Run, w: States, close: float) -> Iterator[Loop]:
    """The loop with steps that are too long, too short, or in the opposite direction.

    The factor may depend on the learning rate: c = a·rateᵖ. p = -1: the rate is missing.
    """
    c = _ratio((w[0] - w[1]) / run.rate, loop.direction(run, [run.start]))
    if c is None or _snapped(c, close) in (0.0, 1.0):
        return
    for p in (0, -1, 1, -2):
        a = _snapped(c / run.rate**p, close)
        if p in (0, -1) or abs(a) == 1:
            said = _said_of_factor(a, p, run, close)
            scaled = _scaled(loop.direction, a, p)
            if loop is PLAIN:
                (kind, sentence), *also = said
                yield Loop(kind, sentence, 0.5 + 0.1 * abs(p) + len(also), scaled, also=tuple(also))
            else:
                yield replace(
                    loop, direction=scaled, also=(*loop.also, *said), rank=loop.rank + 5 + len(said)
                )


def _scaled(direction: Direction, a: float, p: int) -> Direction:
    return lambda run, w: a * run.rate**p * direction(run, w)


def _said_of_factor(a: float, p: int, run: Run, close: float) -> list[tuple[str, str]]:
    """What a factor a·rateᵖ means, as kinds and sentences."""
    said = []
    if a < 0:
        said.append((
            "ascent",
            "every step goes along the gradient, where the loss grows, instead of against it",
        ))  # fmt: skip
    a = abs(a)
    if p == 0 and a != 1:
        said.append(_said_of_size(a, run, close))
    elif p == -1 and a == 1:
        said.append((
            "learning_rate",
            "the learning rate is missing: every step is as long as the gradient itself",
        ))  # fmt: skip
    elif p == -1:
        said.append((
            "learning_rate",
            "the steps do not depend on the learning rate that was handed over; they are always "
            f"{a:.4g} times the gradient",
        ))  # fmt: skip
    elif p == 1:
        said.append(("learning_rate", "the learning rate was multiplied in twice"))
    elif p == -2:
        said.append(("learning_rate", "the gradient was divided by the learning rate"))
    return said


def _said_of_size(a: float, run: Run, close: float) -> tuple[str, str]:
    numbers = ((run.examples, "examples in a batch"), (len(run.order), "updates"))
    for n, what in numbers:
        if n > 1 and run.batches > 1:
            if abs(a * n - 1) < close:
                return "averaged", (
                    f"the steps are too short by the number of {what}, {n}. Is there a division "
                    "too many?"
                )
            if abs(a / n - 1) < close:
                return "averaged", (
                    f"the steps are too long by the number of {what}, {n}. Is there a sum where "
                    "the loss has a mean?"
                )
    return "factor", (
        f"every step is {a:.4g} times as long as the learning rate times the gradient"
    )


def _part_by_part(run: Run, moved: np.ndarray, slope: np.ndarray, close: float) -> Iterator[Loop]:
    """A factor for each part of the parameters: 0 if it was forgotten, -1 if it climbs."""
    if len(run.parts) < 2:
        return
    factors = []
    for _, part in run.parts:
        c = 1.0 if not np.any(slope[part]) else _ratio(moved[part], slope[part])
        if c is None:
            return
        factors.append(_snapped(c, close))
    wrong = [n for n, c in enumerate(factors) if c != 1.0]
    if not wrong or len(set(factors)) == 1:
        return
    each = np.ones_like(slope)
    for (_, part), c in zip(run.parts, factors, strict=True):
        each[part] = c
    names = ", ".join(f"`{run.parts[n][0]}`" for n in wrong)
    does = "does" if len(wrong) == 1 else "do"
    kinds = {factors[n] for n in wrong}
    if kinds == {0.0}:
        said = (
            "no_update",
            (
                f"{names} {does} not change; the other parameters are updated. Is there an update "
                "missing, or is the way from the loss to them interrupted?"
            ),
        )
    elif kinds == {-1.0}:
        said = (
            "ascent",
            (
                f"{names} {'goes' if does == 'does' else 'go'} along the gradient, where the loss "
                "grows, instead of against it; the other parameters are right"
            ),
        )
    else:
        size = " and ".join(f"{c:.4g}" for c in dict.fromkeys(factors[n] for n in wrong))
        said = (
            "factor",
            (
                f"the steps of {names} are {size} times as long as the learning rate times the "
                "gradient; those of the other parameters are right"
            ),
        )
    yield Loop(*said, 1.0 + 0.1 * len(kinds), lambda run, w: each * PLAIN.direction(run, w))


def _in_some_parts(run: Run, w: States) -> Iterator[Loop]:
    """A mistake that only some parts of the parameters suffer from, the others being right."""
    if len(run.parts) < 2:
        return
    right = _parts_that_follow(PLAIN, run, w)
    for loop in loops(run) if 0 < len(right) < len(run.parts) else ():
        follow = _parts_that_follow(loop, run, w)
        only = [part for part in run.parts if part not in right]
        if not all(part in follow for part in only):
            continue

        def direction(
            run: Run, w: States, loop: Loop = loop, only: list[tuple[str, slice]] = only
        ) -> np.ndarray:
            mixed = PLAIN.direction(run, w).copy()
            wrong = loop.direction(run, w)
            for _, part in only:
                mixed[part] = wrong[part]
            return mixed

        names = ", ".join(f"`{name}`" for name, _ in only)
        yield Loop(
            loop.kind, f"the other parameters are right, but for {names}: {loop.sentence}",
            loop.rank + 1, direction,
        )  # fmt: skip


def _parts_that_follow(loop: Loop, run: Run, w: States) -> list[tuple[str, slice]]:
    """The parts whose moves between these states are those of the loop."""
    found = list(run.parts)
    for k in range(1, len(w)):
        step = run.rate * loop.direction(run, w[:k])
        off = np.abs(w[k - 1] - w[k] - step)
        room = 1e-4 * np.abs(step) + 2e-6 * np.abs(w[k]) * np.any(step)
        found = [(name, part) for name, part in found if np.all(off[part] <= room[part])]
    return found


def _in_another_order(run: Run, w: States) -> Iterator[Loop]:
    """Each update uses one of the batches, but not its own."""
    count = len(run.order)
    if run.batches < 2 or len(w) <= count:
        return
    used = []
    for k in range(count):
        moved = (w[k] - w[k + 1]) / run.rate
        off = [float(np.max(np.abs(moved - run.slope(w[k], j)))) for j in range(count)]
        used.append(int(np.argmin(off)))
    order = ", ".join(str(j + 1) for j in used)
    yield Loop(
        "wrong_order", f"the batches were used in another order: {order}",
        1.8, lambda run, w: run.slope(w[-1], used[len(w) - 1]),
    )  # fmt: skip


def _decaying(run: Run, extra: np.ndarray, w: np.ndarray, close: float) -> Iterator[Loop]:
    """Besides the gradient, each step takes away a fraction of the parameters, or of some parts."""
    size = close * float(np.max(np.abs(extra), initial=0.0))
    still = [bool(np.all(np.abs(extra[part]) <= size)) for _, part in run.parts]
    mask = np.ones_like(w)
    for (_, part), zero in zip(run.parts, still, strict=True):
        mask[part] = 0.0 if zero else 1.0
    c = _ratio(extra, mask * w)
    if not c or not size:
        return
    names = ", ".join(
        f"`{name}`" for (name, _), zero in zip(run.parts, still, strict=True) if not zero
    )
    whose = names if any(still) else "the parameters"
    for p in (0, -1):
        a = c / run.rate**p

        def direction(run: Run, w: States, a: float = a, p: int = p) -> np.ndarray:
            return PLAIN.direction(run, w) + a * run.rate**p * mask * w[-1]

        times = "the learning rate times " if p == 0 else ""
        yield Loop(
            "weight_decay",
            f"besides the gradient, every step takes {times}{a:.4g} times {whose} away; the loss "
            "has no such term" if a > 0 else
            f"every step adds {times}{-a:.4g} times {whose}; the loss has no such term",
            2.0 + 0.1 * abs(p), direction,
        )  # fmt: skip


def _momentum(run: Run, first: float, kept: float, close: float) -> Iterator[Loop]:
    """Velocity: kept * velocity + gradient; or + (1 - kept) * gradient, a running mean."""

    def direction(run: Run, w: States) -> np.ndarray:
        velocity = np.zeros_like(w[0])
        for k, each in enumerate(w):
            velocity = kept * velocity + run.slope(each, k)
        return velocity

    said = (
        "accumulated",
        f"every update still contains the gradients of the steps before, {kept:.4g} times as much "
        "for each step back. That is momentum, and plain gradient descent was asked for",
    )
    if abs(first - (1 - kept)) < close:
        yield Loop(*said, 2.0, _scaled(direction, first, 0))
        return
    for p in (0, -1):
        a = _snapped(first / run.rate**p, close)
        also = tuple(_said_of_factor(a, p, run, close))
        yield Loop(*said, 2.0 + len(also), _scaled(direction, a, p), also=also)


def _nesterov(kept: float) -> Loop:
    def direction(run: Run, w: States) -> np.ndarray:
        velocity = slope = np.zeros_like(w[0])
        for k, each in enumerate(w):
            slope = run.slope(each, k)
            velocity = kept * velocity + slope
        return slope + kept * velocity

    return Loop(
        "accumulated",
        f"every update still contains the gradients of the steps before, as in Nesterov's method "
        f"with momentum {kept:.4g}. Plain gradient descent was asked for",
        2.1, direction,
    )  # fmt: skip


def _adam() -> Loop:
    """Adam with its usual settings (Kingma and Ba, 2015), which stands where plain descent should."""

    def adam(run: Run, w: States, kept: float = 0.9, kept_squares: float = 0.999) -> np.ndarray:
        mean = squares = np.zeros_like(w[0])
        for k, each in enumerate(w):
            slope = run.slope(each, k)
            mean = kept * mean + (1 - kept) * slope
            squares = kept_squares * squares + (1 - kept_squares) * slope**2
        mean = mean / (1 - kept ** len(w))
        return mean / (np.sqrt(squares / (1 - kept_squares ** len(w))) + 1e-8)

    return Loop(
        "normalised",
        "these are the steps of Adam, which divides by the typical size of each component. Plain "
        "gradient descent was asked for",
        2.0, adam,
    )  # fmt: skip


def _schedules(run: Run, first: float, second: float) -> Iterator[Loop]:
    """Learning rates that change from step to step. second: how much is left in the second step."""
    forms: list[tuple[Callable[[int, int], float], float]] = [
        (lambda k, n: second**k, 2.0),
        (lambda k, n: 1 - k / n, 2.05),
    ]
    if 0 < second < 1:
        forms += [
            (lambda k, n: 1 / (1 + (1 / second - 1) * k), 2.1),
            (lambda k, n: 1 / math.sqrt(1 + (1 / second**2 - 1) * k), 2.2),
        ]
    elif second > 1:
        forms.append((lambda k, n: 1 + (second - 1) * k, 2.1))
    for form, rank in forms:
        for p in (0, -1):
            a = first / run.rate**p

            def direction(
                run: Run, w: States, form: Callable[[int, int], float] = form, a: float = a,
                p: int = p,
            ) -> np.ndarray:  # fmt: skip
                k = len(w) - 1
                return form(k, len(run.order)) * a * run.rate**p * PLAIN.direction(run, w)

            some = ", ".join(f"{first * form(k, len(run.order)):.4g}" for k in range(3))
            yield Loop(
                "learning_rate",
                f"the step length changes from step to step: {some} … times the learning rate. "
                "Plain gradient descent, with a fixed one, was asked for",
                rank + 0.01 * abs(p), direction,
            )  # fmt: skip
