"""What kind of mistake is in this training loop?

    >>> import dpkit as dp
    >>> def loss(w):
    ...     return (w - 3.0) ** 2
    >>> def train(w, lr, steps):
    ...     for _ in range(steps):
    ...         w = w + lr * dp.grad(loss)(w)
    ...     return w
    >>> print(diagnose_training(loss, train, 1.0, lr=0.1))
    Uphill: Every step goes along the gradient, where the loss grows, instead of against it.

The loop is run from the given start, and from fresh ones with other learning rates and other
numbers of steps. Then

1. do the answers have the right form, and are they the same when asked for again?
2. are these the states of plain gradient descent, and are the recorded losses theirs?
3. which of the mistaken loops in `dpkit.diagnose.training.mistaken` goes through exactly these states?
4. if none does: which gradient was used? ``(w - train(w, lr, 1)) / lr`` is known, and `diagnose`
   says what is wrong with it, and where. A wrong gradient in a mistaken loop is found as well.

As with gradients, a mistake is named only if it leads to the right numbers in all runs.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from numbers import Integral, Real
from typing import Any

import numpy as np

from dpkit.containers import flatten
from dpkit.diagnose.result import Diagnosis
from dpkit.diagnose.training.loop import PLAIN, Loop, Slopes, states
from dpkit.diagnose.training.mistaken import loops
from dpkit.diagnose.training.recorded import wrong_losses
from dpkit.diagnose.training.solved import solved_loops
from dpkit.diagnose.training.task import Task
from dpkit.diagnose.training.trained import Seen
from dpkit.diagnose.training.trainee import Trainee, Trouble
from dpkit.transforms import need_function

__all__ = ["diagnose_training"]

_PATIENCE = 0.5  # seconds more, for a loop that is slow itself


def diagnose_training(
    loss: Callable[..., Any],
    train: Callable[..., Any],
    start: Any,
    *,
    lr: float,
    steps: int = 6,
    batches: Sequence[Any] | None = None,
    seconds: float = 1.2,
) -> Diagnosis:
    """Find out what is wrong with somebody's training loop, which should do gradient descent:
    ``parameters = parameters - lr * gradient``, one update for each step or for each batch.

    loss: ``loss(parameters)``, or ``loss(parameters, batch)`` if there are batches; written with
    operators and dp functions; returns one number.
    train: called as ``train(start, lr, steps)``, or as ``train(start, lr, batches)`` with a list of
    batches, to be used once each and in order. It returns the parameters after the last update, or
    a list of the states from the start to the last (a list without the start will do). Either may
    be the first of a pair, whose second is the list of losses: for each update the loss that it set
    out from, of its own batch if there are batches; one more, for the last state, may follow.
    start: the parameters to begin with: a number, an array of floats, or a container of these.
    lr: the learning rate. steps: how many updates to ask for at most; with batches it is not used.
    seconds: after this much processor time the search ends with what it has.

    ``got`` and ``expected`` of the diagnosis are the last parameters, the losses, or a gradient,
    whichever is concerned. ``also`` holds what else is wrong: a start that was changed, states that
    are all the same array, losses recorded too late.

    Raises whatever train raises, with a note of what it was asked; TypeError if loss or start are
    unfit, and ValueError if steps or batches leave nothing to do, or if gradient descent itself
    diverges from this start.
    """
    for function in (loss, train):
        need_function(function, "dp.diagnose_training(loss, train, start, lr=0.1)")
    for name, number, kinds in (("lr", lr, Real), ("steps", steps, Integral)):
        if not isinstance(number, kinds) or isinstance(number, bool):
            what = "a number" if kinds is Real else "a whole number"
            raise TypeError(f"{name} should be {what}; {number!r} was given.")
    task = Task(loss, start, batches)
    length = steps if batches is None else len(task.batches)
    if length < 1 or not (lr > 0 and math.isfinite(lr)):
        raise ValueError(
            f"There is nothing to train with {length} {'steps' if batches is None else 'batches'} "
            f"and lr={lr!r}. Ask for at least one, with a learning rate above 0."
        )
    return _Inquiry(task, train, float(lr), length, seconds).diagnosis()


class _Inquiry:
    """One diagnosis in the making."""

    def __init__(
        self, task: Task, train: Callable[..., Any], rate: float, length: int, seconds: float
    ) -> None:
        self.task, self.deadline = task, time.process_time() + seconds
        self.patience = time.monotonic() + seconds + _PATIENCE  # on the wall: a loop may sleep
        asked = task.asked(rate, length)
        truth = list(states(PLAIN, asked))
        if not np.all(np.isfinite(truth)):
            raise ValueError(
                f"Gradient descent itself diverges: {length} updates with lr={rate!r} lead from "
                "this start to infinite parameters, or where the loss has no derivative. Pass a "
                "smaller learning rate, or another start."
            )
        self.expected = task.rebuild(truth[-1].tolist())
        self.trainee = Trainee(task, train, asked)
        self.got: Any = None
        self.seen: list[Seen] = []

    def diagnosis(self) -> Diagnosis:
        """The answer. Mistakes in the numbers come first, then those of manners."""
        try:
            self.seen = self.trainee.seen()
        except Trouble as trouble:
            return self._say(trouble.kind, trouble.sentence, got=trouble.got)
        self.got = self.trainee.got
        if self._explained_by(PLAIN, self.seen):
            further = [*self._losses(PLAIN), *self._precision(), *self._manners()]
            if further:
                return _with(further[0], further[1:])
            return self._say(
                "correct", "these are the states of gradient descent, here and from other starts"
            )
        found = self._mistaken(self.seen)
        if found:
            named = self._or_wrong_gradient(self._named(found))
            return _with(named, [*self._losses(found[0]), *self._manners()])
        other = self._no_update() or self._other_start() or self._wrong_gradient()
        return _with(other or self._unknown(), self._manners())

    # Mistaken loops -----------------------------------------------------------------------------

    def _explained_by(self, loop: Loop, seen: Sequence[Seen]) -> bool:
        seen = sorted(seen, key=lambda each: -len(each.first()))  # where the first step tells most
        if all(each.shows(loop) for each in seen):
            return True
        single = all(each.single for each in seen)
        return single and all(each.shows(loop, single=True) for each in seen)

    def _mistaken(self, seen: Sequence[Seen]) -> list[Loop]:
        """The mistaken loops that go through all the states; the fewer mistakes the better."""
        if all(each.stands_still() for each in seen):
            return []
        known = max(seen[::-1], key=lambda each: len(each.first()))
        close = 1e-3 if all(each.single for each in seen) else 1e-6
        candidates = chain(loops(known.run), solved_loops(known.run, known.first(), close))
        found = []
        for loop in candidates:
            if self._explained_by(loop, seen):
                found.append(loop)
            if time.process_time() > self.deadline:
                break
        found = found or [loop for loop in _counted(seen) if self._explained_by(loop, seen)]
        fewest = min((len(loop.also) for loop in found), default=0)
        return sorted((x for x in found if len(x.also) == fewest), key=lambda loop: loop.rank)

    def _named(self, found: Sequence[Loop]) -> Diagnosis:
        likely: dict[str, Loop] = {}
        for loop in found:
            likely.setdefault(loop.kind, loop)
        sure = 1.0 / len(likely) / (1.0 if len(self.seen) > 1 else 2.0)
        first, *rest = [
            self._say(loop.kind, loop.sentence, confidence=sure,
                      also=tuple(self._say(*also) for also in loop.also))
            for loop in likely.values()
        ]  # fmt: skip
        return replace(first, alternatives=tuple(rest[:5]))

    def _no_update(self) -> Diagnosis | None:
        if not all(each.stands_still() for each in self.seen):
            return None
        return self._say(
            "no_update", "the parameters that come back are those that were handed in. Was the "
            "result of the update given to a name, and lost?"
        )  # fmt: skip

    def _other_start(self) -> Diagnosis | None:
        """Do other starts lead to the same states?"""
        if not self.trainee.ignores_start():
            return None
        return self._say(
            "wrong_point", "the training does not begin with the parameters that it is given: "
            "another start leads to the same end. Look for parameters made, or a variable used, "
            "from outside the function"
        )  # fmt: skip

    # A wrong gradient ---------------------------------------------------------------------------

    def _wrong_gradient(self) -> Diagnosis | None:
        """What is wrong with the gradient, if it is used for plain descent, or in a loop with one
        of the mistakes above."""
        from dpkit.diagnose import diagnose  # which is made of the modules beside this one

        def slope(w: np.ndarray, batch: Any) -> tuple[float, np.ndarray]:
            if time.monotonic() > self.patience:
                raise TimeoutError("this loop takes too long to be asked for single steps")
            return math.nan, self.trainee.gradient(w, batch)

        used = Slopes(slope)
        seen = [replace(each, run=replace(each.run, slopes=used)) for each in self.seen]
        batch = self.seen[0].run.order[0]

        def gradient(parameters: Any) -> Any:
            w = np.array(flatten(parameters)[0], dtype=float)
            return self.task.rebuild(self.trainee.gradient(w, batch).tolist())

        try:
            loop = None
            if not self._explained_by(PLAIN, seen):
                loop = next(iter(self._mistaken(seen)), None)
                if loop is None:
                    return None
            found = diagnose(
                self.task.at_batch(batch), gradient, copy.deepcopy(self.task.start),
                seconds=max(self.deadline - time.process_time(), 0.0),
            )  # fmt: skip
        except Exception:  # the loop was asked for single steps, for which it was perhaps not made
            return None
        if found.ok or (loop is not None and found.kind == "unknown"):
            return None
        said = replace(found, message=f"Every update uses a wrong gradient. {found.message}")
        return _with(said, [] if loop is None else [self._say(loop.kind, loop.sentence)])

    def _or_wrong_gradient(self, named: Diagnosis) -> Diagnosis:
        """A step that is too long by a factor may also come from a gradient that is."""
        if named.kind != "factor" or named.also:
            return named
        found = self._wrong_gradient()
        both = [] if found is None else [replace(found, alternatives=()), *found.alternatives]
        others = [each for each in both if each.kind not in (named.kind, "unknown")]
        if not others:
            return named
        sure = 1.0 / (1 / named.confidence + len({each.kind for each in others}))
        others = [replace(each, confidence=sure) for each in others]
        return replace(named, confidence=sure, alternatives=(*named.alternatives, *others)[:5])

    # What else is wrong -------------------------------------------------------------------------

    def _losses(self, loop: Loop) -> list[Diagnosis]:
        """What is wrong with the recorded losses, given what the loop does otherwise."""
        found = wrong_losses(self.seen, loop)
        if found is None:
            return []
        kind, sentence, got, expected = found
        unknown = kind == "unknown"
        if unknown and loop is not PLAIN:
            return []
        lead = "the parameters are right, but " if loop is PLAIN else ""
        return [self._say(kind, lead + sentence, got=got, expected=expected,
                          confidence=0.0 if unknown else 1.0)]  # fmt: skip

    def _precision(self) -> list[Diagnosis]:
        if self.task.single or all(each.shows(PLAIN) for each in self.seen):
            return []
        return [self._say(
            "float32", "the parameters are right to about seven digits, as numbers in float32 are. "
            "Compute in float64"
        )]  # fmt: skip

    def _manners(self) -> list[Diagnosis]:
        found = []
        if self.trainee.same_array:
            found.append(self._say(
                "aliased", "states in the list are one and the same array, which was changed in "
                "place, so that all of them show the end. Put copies into the list"
            ))  # fmt: skip
        if self.trainee.changed_start:
            found.append(self._say(
                "mutated_input", "the training changed the parameters that it was given, in place; "
                "whoever called it still needs the old ones. Work on a copy"
            ))  # fmt: skip
        return found

    def _unknown(self) -> Diagnosis:
        """Say where the first difference is."""
        if self.trainee.diverged:
            return self._say(
                "not_finite", "the parameters grow without bounds, where gradient descent with "
                "this learning rate does not. Look at the sign and the length of the first step"
            )  # fmt: skip
        message = (
            "these are not the states of gradient descent, and no mistake in a loop that we know "
            "leads to them"
        )
        found = max(self.seen, key=lambda each: len(each.first())).first_difference()
        if found is not None:
            k, given, true = found
            message += (
                f". The first difference is after {k} update{'s' * (k != 1)}: one parameter is "
                f"{given:.6g}, and gradient descent leads to {true:.6g}"
            )
        return self._say("unknown", message, confidence=0.0)

    def _say(
        self, kind: str, message: str, *, got: Any = None, expected: Any = None,
        confidence: float = 1.0, also: tuple[Diagnosis, ...] = (),
    ) -> Diagnosis:  # fmt: skip
        text = message[:1].upper() + message[1:]
        return Diagnosis(
            kind, text if text.endswith(("?", ".")) else text + ".", confidence=confidence,
            got=self.got if got is None else got,
            expected=self.expected if expected is None else expected, also=also,
        )  # fmt: skip


def _counted(seen: Sequence[Seen]) -> Iterator[Loop]:
    """Gradient descent with a number of updates of its own, whatever it was asked for."""
    main = seen[0]
    asked = len(main.run.order)
    if main.updates is not None:
        numbers = [main.updates]
    else:
        path = states(PLAIN, replace(main.run, order=main.run.order * (100 // asked + 1)))
        numbers = [k for k, state in enumerate(path) if main.near(state, main.last)]
    for n in numbers if len(seen) > 1 else ():
        yield replace(
            PLAIN, kind="no_update" if n < asked else "double_counted",
            sentence=f"there are always {n} updates, however many are asked for",
            updates=_always(n),
        )  # fmt: skip


def _always(n: int) -> Callable[[int], int]:
    return lambda asked: n


def _with(first: Diagnosis, further: Sequence[Diagnosis]) -> Diagnosis:
    return replace(first, also=(*first.also, *further))
