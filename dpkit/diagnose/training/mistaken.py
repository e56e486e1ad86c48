"""Training loops gone wrong, as formulas: with gradients that were taken too early, kept too long, of
another batch, or of only a part of the parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dpkit.box import apply
from dpkit.diagnose.program import Program
from dpkit.diagnose.training.loop import PLAIN, Direction, Loop, Run, States

__all__ = ["loops"]


# Gradients of the wrong moment or of the wrong batch ----------------------------------------------


def _taken(
    state: Callable[[int], int], batch: Callable[[int, int], int] = lambda k, n: k
) -> Direction:
    """The gradient at another state, or of another batch. k: this update, n: updates in all."""
    return lambda run, w: run.slope(w[state(len(w) - 1)], batch(len(w) - 1, len(run.order)))


def _late(delay: int) -> Callable[[int], int]:
    return lambda k: max(k - delay, 0)


def _accumulated(run: Run, w: States) -> np.ndarray:
    return np.sum([run.slope(each, k) for k, each in enumerate(w)], axis=0)


def _averaged(run: Run, w: States) -> np.ndarray:
    return _accumulated(run, w) / len(w)


def _nothing_at_first(run: Run, w: States) -> np.ndarray:
    k = len(w) - 1
    return run.slope(w[k - 1], k - 1) if k else np.zeros_like(w[0])


def _of_all_batches(run: Run, w: States) -> np.ndarray:
    return np.sum([run.slope(w[-1], k) for k in range(len(run.order))], axis=0)


def _mean_of_all_batches(run: Run, w: States) -> np.ndarray:
    return _of_all_batches(run, w) / len(run.order)


def _one(asked: int) -> int:
    return min(asked, 1)


_EVERY_TIME = "It must be computed anew in every step, from the parameters as they are then"

_MOMENTS = (
    Loop(
        "accumulated",
        "every update uses the sum of all gradients so far: what the steps before left behind was "
        "still there when the new gradient came, and was added to. Each step must begin from zero",
        1.0, _accumulated,
    ),
    Loop(
        "stale", f"the gradient at the start was used in every update. {_EVERY_TIME}",
        1.1, _taken(lambda k: 0),
    ),
    Loop(
        "stale", "every update uses the gradient of the step before: the gradient was computed, "
        f"and then the parameters changed before it was used. {_EVERY_TIME}",
        1.2, _taken(_late(1)),
    ),
    Loop(
        "stale", "every update uses the gradient of the step before, and the first uses none. "
        f"{_EVERY_TIME}",
        1.3, _nothing_at_first,
    ),
    Loop(
        "stale", f"every update uses the gradient of two steps before. {_EVERY_TIME}",
        1.4, _taken(_late(2)),
    ),
    Loop(
        "stale", f"every update uses the gradient of three steps before. {_EVERY_TIME}",
        1.5, _taken(_late(3)),
    ),
    Loop(
        "averaged", "every update uses the mean of all gradients so far, instead of the newest",
        1.6, _averaged,
    ),
)  # fmt: skip

_BATCHES = (
    Loop(
        "stale", "the gradient of the first batch, at the start, was used in every update. "
        f"{_EVERY_TIME}, and from its own batch",
        1.15, _taken(lambda k: 0, lambda k, n: 0),
    ),
    Loop(
        "stale", "every update uses the gradient of the step before, of its parameters and of its "
        f"batch. {_EVERY_TIME}",
        1.25, _taken(_late(1), lambda k, n: max(k - 1, 0)),
    ),
    Loop(
        "stale", "every update uses the first batch. Does the loop ever look at the next one?",
        1.0, _taken(lambda k: k, lambda k, n: 0),
    ),
    Loop(
        "stale", "every update uses the last batch. Is a name used in the loop that still holds "
        "what an earlier loop left in it?",
        1.0, _taken(lambda k: k, lambda k, n: n - 1),
    ),
    Loop(
        "wrong_order", "every update uses the batch of the step before, the first the last one. "
        "Look at the index of the batch",
        1.5, _taken(lambda k: k, lambda k, n: (k - 1) % n),
    ),
    Loop(
        "wrong_order", "every update uses the batch of the step before, and the first batch is "
        "used twice. Look at the index of the batch",
        1.5, _taken(lambda k: k, lambda k, n: max(k - 1, 0)),
    ),
    Loop(
        "wrong_order", "every update uses the batch of the step after, the last the first one. "
        "Look at the index of the batch",
        1.5, _taken(lambda k: k, lambda k, n: (k + 1) % n),
    ),
    Loop(
        "wrong_order", "every update uses the batch of the step after, and the last batch is used "
        "twice. Look at the index of the batch",
        1.5, _taken(lambda k: k, lambda k, n: min(k + 1, n - 1)),
    ),
    Loop(
        "wrong_order", "the batches were used from the last to the first",
        1.5, _taken(lambda k: k, lambda k, n: n - 1 - k),
    ),
    Loop(
        "no_update", "the first batch was not used; every other one was. Look at the index where "
        "the loop begins",
        1.4, _taken(lambda k: k, lambda k, n: k + 1), updates=lambda n: n - 1,
    ),
    Loop(
        "averaged", "every update uses the sum over all the batches instead of its own batch",
        1.6, _of_all_batches,
    ),
    Loop(
        "averaged", "every update uses the mean over all the batches instead of its own batch",
        1.6, _mean_of_all_batches,
    ),
    Loop(
        "accumulated", "the gradients of all the batches were added up, and only then was a step "
        "made. Each batch has a step of its own",
        1.05, _of_all_batches, updates=_one,
    ),
    Loop(
        "averaged", "there is only one step, with the mean over all the batches. Each batch has a "
        "step of its own",
        1.2, _mean_of_all_batches, updates=_one,
    ),
    Loop(
        "overwritten", "there is only one step, with the gradient of the last batch: those of the "
        "others were computed and replaced. Does the update stand inside the loop?",
        1.2, _taken(lambda k: 0, lambda k, n: n - 1), updates=_one,
    ),
)  # fmt: skip


# Parameters updated one after the other -----------------------------------------------------------


def _one_after_the_other(backwards: bool) -> Direction:
    """Each part is updated with a gradient taken when the parts before it were already updated."""

    def direction(run: Run, w: States) -> np.ndarray:
        k, now, used = len(w) - 1, w[-1].copy(), np.zeros_like(w[-1])
        for _, part in run.parts[::-1] if backwards else run.parts:
            used[part] = run.slope(now, k)[part]
            now[part] = now[part] - run.rate * used[part]
        return used

    return direction


# Operations that only put the elements of a parameter elsewhere.
_REARRANGED = {"reshape", "permute", "broadcast", "flip", "getitem", "cast"}


def _updated_on_the_way(backwards: bool) -> Direction:
    """A backward sweep by hand that updates a layer and then goes on through the updated layer.

    What was computed going forwards is as it was; only where a pullback multiplies with the
    parameter itself does it meet the new one.
    """

    def direction(run: Run, w: States) -> np.ndarray:
        k = len(w) - 1
        program = run.slopes.record(w[-1], run.order[k % len(run.order)])
        if program is None:
            return np.full_like(w[-1], np.nan)
        shares: dict[int, np.ndarray] = {}
        moved: dict[int, Any] = {}
        for row in reversed(program.inputs) if backwards else program.inputs:
            changed = _with_values(program, moved)
            share = changed.adjoints({})[row]
            value = program.rows[row].value
            shares[row] = np.zeros(np.shape(value)) if share is None else np.asarray(share, float)
            moved[row] = value - run.rate * shares[row]
        return np.concatenate([shares[row].ravel() for row in program.inputs])

    return direction


def _with_values(program: Program, values: dict[int, Any]) -> Program:
    """The program with other values in the hands of the operations that use these inputs."""
    values = dict(values)
    rows = list(program.rows)
    for k, row in enumerate(rows):
        if not any(parent in values for parent in row.parents):
            continue
        args = tuple(values.get(p, x) for p, x in zip(row.parents, row.args, strict=True))
        rows[k] = replace(row, args=args)
        if row.name in _REARRANGED:
            values[k] = apply(row.name, *args, **row.params)
    return replace(program, rows=rows)


_PARTS = (
    Loop(
        "post_update", "the parameters were updated one after the other, and the gradients of the "
        "later ones were taken where the earlier ones had already moved. All gradients belong to "
        "the same point; compute them all before anything changes",
        1.0, _one_after_the_other(backwards=False),
    ),
    Loop(
        "post_update", "the parameters were updated one after the other, from the last to the "
        "first, and the gradients of the later ones were taken where the earlier ones had already "
        "moved. All gradients belong to the same point; compute them all before anything changes",
        1.1, _one_after_the_other(backwards=True),
    ),
    Loop(
        "post_update", "on its way back through the network, the gradient passed layers that had "
        "already been updated. It must meet the parameters with which the loss was computed; "
        "compute all gradients before anything changes",
        1.2, _updated_on_the_way(backwards=True),
    ),
    Loop(
        "post_update", "the parameters were updated from the first to the last, and the gradients "
        "of the later ones were computed with the new values of the earlier ones. Compute all "
        "gradients before anything changes",
        1.3, _updated_on_the_way(backwards=False),
    ),
)  # fmt: skip


# Right steps, but not as many, or not the newest state --------------------------------------------


def _best(run: Run, w: States) -> np.ndarray:
    values = [np.mean([run.slopes.both(each, b)[0] for b in set(run.order)]) for each in w]
    return w[int(np.nanargmin(values))] if np.isfinite(values).any() else w[-1]


def _mean_state(run: Run, w: States) -> np.ndarray:
    return np.mean(w, axis=0)


def _plain(kind: str, sentence: str, rank: float, **how: Any) -> Loop:
    return Loop(kind, sentence, rank, PLAIN.direction, **how)


_COUNTS = (
    _plain("no_update", "the last update is missing, or the state after it was not recorded. Count "
           "how often the loop runs", 1.0, updates=lambda n: n - 1),
    _plain("double_counted", "there is one update too many. Count how often the loop runs", 1.0,
           updates=lambda n: n + 1),
    _plain("double_counted", "there are twice as many updates as were asked for", 1.0, updates=lambda n: 2 * n),
    _plain("no_update", "only the first update was made. Does a return, or a break, stand inside "
           "the loop?", 1.0, updates=_one),
    _plain("wrong_point", "the parameters with the lowest loss so far came back, instead of those "
           "after the last update", 1.5, shown=_best),
    _plain("averaged", "the mean of all states so far came back, instead of the newest state", 1.5,
           shown=_mean_state),
)  # fmt: skip


_MOST_PARTS = 16


def loops(run: Run) -> list[Loop]:
    """All mistaken loops without an unknown number in them, as far as they can be told apart: those
    with batches only if there are several, and so on."""
    batches = _BATCHES if run.batches > 1 else ()
    parts = _PARTS if 1 < len(run.parts) <= _MOST_PARTS else ()
    return [*_MOMENTS, *batches, *parts, *_COUNTS]
