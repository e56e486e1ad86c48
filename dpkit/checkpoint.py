"""Memory against time: run a program again instead of remembering it.

Reverse mode remembers every step of a program until the sweep comes back to it. A long loop over
large states may need more memory than there is. But a step that was forgotten can be run again:

* `checkpoint` forgets one function, and runs it again in the backward pass;
* `fori_loop` forgets the steps of a loop, except for a few states from which to start again.

How few? If a loop of T steps may keep √T states, all others are at most √T steps away: every step is
run twice. If it may keep only s states, they are placed so that as few steps as possible are run:
the *binomial* schedule, for which the number of steps that can be reversed with s states, running
no step more than r times, is the binomial coefficient C(s + r, s). (Griewank, "Achieving
logarithmic growth of temporal and spatial complexity in reverse automatic differentiation",
Optimization Methods and Software 1, 1992; Griewank & Walther, "Algorithm 799: revolve", ACM
Transactions on Mathematical Software 26, 2000.) With ten states, the steps of a loop of a thousand
are run 3.6 times more than they would have to be, those of a loop of a million 11.6 times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import wraps
from math import comb, isqrt
from numbers import Real
from typing import Any

from dpkit.box import Box, held
from dpkit.containers import spread
from dpkit.joint import LEAKED, engine, running
from dpkit.number import outer_engine
from dpkit.scalar import Tape as ScalarTape
from dpkit.stretch import (
    Key,
    Place,
    Source,
    Stretch,
    add,
    close_with,
    mapped,
    numbers_on,
    place_of,
    swept,
)  # fmt: skip
from dpkit.tape import Tape
from dpkit.transforms import need_function

__all__ = ["checkpoint", "extra_steps", "fori_loop"]

_BATCH = 64  # steps run on one tape of which nothing is kept; bounds what that tape counts

Segment = tuple[int, int, int]
"""Steps from … to … - 1, and how many states may be kept while reversing them; 0: record all."""


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function with the values and derivatives of f, of which nothing is remembered.

    f: takes and returns containers of numbers and arrays; it may use numbers from around it. It is
    run once more for each backward pass, and must then do the same: no new random numbers, and
    nothing changed in place that it was given or that is around it.

    JAX's ``jax.checkpoint``. Raises RuntimeError if f, run again, takes another path, or if
    something computed in it is used outside it without having been returned.
    """

    need_function(f, "dp.checkpoint(f)(x)")

    @wraps(f)
    def forgetful(*args: Any, **kwargs: Any) -> Any:
        def step(_: int, given: Any) -> Any:
            boxes = [x for x in spread(given)[0] if isinstance(x, Box)]
            before = [x._inside for x in boxes]
            y = f(*given[0], **given[1])
            for x, inside in zip(boxes, before, strict=True):
                if x._inside is not inside:
                    raise RuntimeError(
                        f"The function under dp.checkpoint changed an argument of shape {x.shape} in "
                        "place, which nobody outside it would see. Work on x.copy()."
                    )
            return y

        return _Loop(step, 0, [(0, 1, 0)]).run((args, kwargs))

    return forgetful


def fori_loop(
    lower: int,
    upper: int,
    body_fun: Callable[[int, Any], Any],
    init_val: Any,
    checkpoints: int | str | None = None,
    block: int | None = None,
) -> Any:
    """``val = body_fun(i, val)`` for i from lower to upper - 1, with a choice of what to remember.

    body_fun: takes the number of the step and a state (any container of numbers and arrays), and
    returns the next state. It may use numbers from around it. The rules of `checkpoint` hold.
    init_val: the first state.
    checkpoints: None remembers every step, as an ordinary loop does. ``"sqrt"`` keeps about
    √(upper - lower) states and, in the backward pass, that many steps at a time; every step is run
    twice. A number s keeps s states (the first of them is init_val), placed by the binomial
    schedule, and the latest; see `extra_steps` for the price.
    block: with a number of checkpoints, how many steps to remember at a time in the backward pass;
    by default twice as many as states are kept. 1 takes the least memory, and is Algorithm 799 to the
    letter; more steps take less time.

    Returns the last state. The name and the first four arguments are JAX's.

    Raises TypeError or ValueError if checkpoints or block is none of these, RuntimeError as
    `checkpoint` does.

    Derivatives of every order are right. Only, where reverse mode is differentiated by reverse mode
    (``grad`` of ``grad``), the outer one remembers the whole backward pass of the inner one. `hvp`
    and `hessian`, forward mode over reverse mode, do not.
    """
    need_function(body_fun, "dp.fori_loop(0, n, body, x)")
    if not (checkpoints is None or checkpoints == "sqrt"):
        if isinstance(checkpoints, str) or not _is_whole(checkpoints):
            raise TypeError(
                f"checkpoints is None, 'sqrt' or a number of states, but {checkpoints!r} was given."
            )
        if checkpoints < 1:
            raise ValueError(f"At least 1 state must be kept, but checkpoints={checkpoints}.")
    if block is not None and not (_is_whole(block) and block >= 1):
        raise ValueError(f"A block is at least 1 step, but block={block!r} was given.")
    if upper <= lower:
        return init_val
    if checkpoints is None:
        for i in range(lower, upper):
            init_val = body_fun(i, init_val)
        return init_val
    steps = upper - lower
    if checkpoints == "sqrt":
        return _Loop(body_fun, lower, _roots(steps)).run(init_val)
    states = int(checkpoints)
    block = 2 * states if block is None else int(block)
    return _Loop(body_fun, lower, _binomial(steps, states, block), block).run(init_val)


def extra_steps(steps: int, states: int) -> int:
    """How many steps the binomial schedule advances to reverse a loop, at the least.

    This counts steps run without recording them: T - 1 of the forward pass, and those run again. To
    it come T steps that are recorded, one at a time; and, here, the last of the forward pass, whose
    result is the value of the loop.

        r T - C(s + r, r - 1)   with the smallest r for which T <= C(s + r, s)

    Source: Griewank & Walther 2000, equation (3).
    """
    r = _repetitions(steps, states)
    return r * steps - (comb(states + r, r - 1) if r else 0)


def _is_whole(x: Any) -> bool:
    return isinstance(x, Real) and not isinstance(x, bool) and x % 1 == 0


# Schedules ----------------------------------------------------------------------------------------


def _repetitions(steps: int, states: int) -> int:
    """The smallest r for which `steps` steps can be reversed, running none more than r times."""
    r = 0
    while comb(states + r, states) < steps:
        r += 1
    return r


def _split(steps: int, states: int) -> int:
    """How far to advance before the next state is kept, if `states` may be, the first included.

    What lies before must still be possible in r - 1 repetitions with all states, and what lies
    behind in r repetitions with one state less.
    """
    r = _repetitions(steps, states)
    return max(1, min(comb(states + r - 1, states), steps - comb(states + r - 2, states - 1)))


def _binomial(steps: int, states: int, block: int) -> list[Segment]:
    """The states that the forward pass keeps: those that reversing will need first."""
    segments, start = [], 0
    while steps - start > block and states > 1:
        stop = _middle(start, steps, states, block)
        segments.append((start, stop, states))
        start, states = stop, states - 1
    # The forward pass comes by the last block of all, with which the backward pass begins.
    last = start + (steps - start - 1) // block * block
    if last > start:
        segments.append((start, last, states))
    return [*segments, (last, steps, 0)]


def _middle(start: int, stop: int, states: int, block: int) -> int:
    """Where to keep the next state, if the steps are reversed in blocks."""
    return start + block * _split(-((start - stop) // block), states)


def _roots(steps: int) -> list[Segment]:
    length = isqrt(steps - 1) + 1
    return [(k, min(k + length, steps), 0) for k in range(0, steps, length)]


# A loop that forgets ------------------------------------------------------------------------------


class _Loop:
    """One run of a loop of which only some states are remembered."""

    def __init__(
        self,
        step: Callable[[int, Any], Any],
        lower: int,
        segments: Sequence[Segment],
        block: int = 1,
    ) -> None:
        self.step, self.lower, self.segments, self.block = step, lower, segments, block
        self.outside = running.tapes[-1] if running.tapes else None
        self.engine = outer_engine()
        self.first = {True: Tape().serial, False: ScalarTape().serial}  # our tapes are younger
        self.kept: dict[int, Any] = {}  # states, by the step that they come before
        self.sources: dict[Key, Source] = {}
        self.watched: dict[int, Any] = {}  # arrays that must not change

    def run(self, state: Any) -> Any:
        """Forward: the last state."""
        starts = {start for start, _, _ in self.segments}
        with Stretch(self.outside) as stretch:
            for k in range(self.segments[-1][1]):
                if k in starts or k % _BATCH == 0:
                    if k:
                        self._note(stretch)
                    stretch.renew(recording=False)
                    if k in starts:
                        self.kept[k] = mapped(state, lambda x, _: held(x))
                    state = stretch.take(state)
                state = self.step(self.lower + k, state)
            self._note(stretch)
        return close_with(stretch, state, self.sources, self._pull_for, self.watched)

    def _note(self, stretch: Stretch) -> None:
        """Note the numbers from around the loop that these steps depended on, and forget them."""
        for key in stretch.tapes:
            sources = self.sources.setdefault(key, {})
            for place, _ in stretch.taken(key):
                if not self._ours(place, key):
                    sources.setdefault(place, stretch.met[place])
            for _, x in stretch.drawn(key):
                if self._ours(place_of(x), key):
                    raise RuntimeError(LEAKED)
                sources.setdefault(place_of(x), x)
        stretch.forget(self.watched)

    def _ours(self, place: Place, key: Key) -> bool:
        """Was this number computed by a step of the loop?"""
        return place[0] is not None and place[0].serial > self.first[key]

    def _pull_for(self, key: Key) -> Callable[[list[Any]], Sequence[Any]]:
        def pull(given: list[Any]) -> Sequence[Any]:
            total: dict[Place, Any] = {}
            same = nullcontext() if self.engine is None else engine(self.engine)
            with same, Stretch(self.outside) as stretch:
                for start, stop, states in reversed(self.segments):
                    state = self.kept[start]
                    given = self._back(stretch, key, start, stop, state, states, given, total)
            return [total.get(place) for place in self.sources[key]]

        return pull

    def _back(
        self,
        stretch: Stretch,
        key: Key,
        start: int,
        stop: int,
        state: Any,
        states: int,
        given: list[Any],
        total: dict[Place, Any],
    ) -> list[Any]:
        """Backward through the steps start, …, stop - 1.

        state: what comes before them. states: how many may be kept, this one included. given: the
        adjoints of the numbers in the state that comes after them. total: receives those of the
        sources.

        Returns the adjoints of the numbers in the state that comes before them.
        """
        while states and stop - start > self.block:
            middle = _middle(start, stop, states, self.block)
            halfway = self._advance(stretch, start, middle, state, recording=False)
            given = self._back(stretch, key, middle, stop, halfway, states - 1, given, total)
            stop = middle
        result = self._advance(stretch, start, stop, state, recording=True)
        rows = numbers_on(result, stretch.tapes[key])
        if len(rows) != len(given):
            raise RuntimeError(_ANOTHER_PATH)
        adjoints = swept(stretch.tapes[key], dict(zip(rows, given, strict=True)))
        before: list[Any] = []
        for place, twin in stretch.taken(key):
            if self._ours(place, key):
                before.append(adjoints.get(twin._index))
            else:
                add(total, place, adjoints.get(twin._index))
        for row, x in stretch.drawn(key):
            if place_of(x) not in self.sources[key]:
                raise RuntimeError(_ANOTHER_PATH)
            add(total, place_of(x), adjoints.get(row))
        return before

    def _advance(self, stretch: Stretch, start: int, stop: int, state: Any, recording: bool) -> Any:
        for k in range(start, stop):
            if k == start or (not recording and k % _BATCH == 0):
                stretch.renew(recording)
                state = stretch.take(state)
            state = self.step(self.lower + k, state)
        return state


_ANOTHER_PATH = (
    "A function was run again by dp.checkpoint or dp.fori_loop, and took another path than the "
    "first time. It must always do the same: draw random numbers outside it, and let it change "
    "nothing that is around it."
)
