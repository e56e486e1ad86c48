"""Asking a training loop what it does: on copies, several times, from several starts."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dpkit.answers import article, flat
from dpkit.containers import flatten
from dpkit.diagnose.training.loop import PLAIN, Run, states
from dpkit.diagnose.training.task import Task
from dpkit.diagnose.training.trained import Answer, Seen, arrays, last_of, read, shorter, words
from dpkit.points import numbers_of

__all__ = ["Trainee", "Trouble"]


class Trouble(Exception):
    """The answers cannot be compared with anything; it is known why."""

    def __init__(self, kind: str, sentence: str, got: Any) -> None:
        self.kind, self.sentence, self.got = kind, sentence, got


class Trainee:
    """Somebody's training loop.

    asked: the first run that is asked for. Once `seen` was called:

    got: the last parameters that came back from it, as they came. listed: does the loop return a
    list of states? changed_start: did it change what it was given? same_array: does the list hold
    an array that was changed later? diverged: did it go so far that it was asked for less?
    """

    def __init__(self, task: Task, train: Callable[..., Any], asked: Run) -> None:
        self.task, self.train, self.asked = task, train, asked
        self.got: Any = None
        self.listed = self.changed_start = self.same_array = self.diverged = False

    def seen(self) -> list[Seen]:
        """What the loop does from the given start, and elsewhere. Raises Trouble, and whatever the
        loop raises."""
        run, answer = self._finite_answer()
        self.listed, self.got = answer.listed, answer.raw[-1]
        self._repeatable(run, answer)
        if self.listed and self._ends_everywhere(run, answer):
            self.same_array, self.listed = True, False
        return [self._as_seen(run, answer), *self._elsewhere()]

    def gradient(self, w: np.ndarray, batch: int) -> np.ndarray:
        """The gradient that one update at w uses, shape (n,), to as many decimals as the difference
        of the states has."""
        run = replace(self.asked, start=w, order=(batch,))
        moved = self._answer(run).states[-1]
        noise = 4 * np.finfo(float).eps * float(np.max(np.abs([w, moved]), initial=1.0)) / run.rate
        return np.round((w - moved) / run.rate, int(-np.log10(noise)))

    def ignores_start(self) -> bool:
        """Is it gradient descent, but from a start of its own?"""
        order = (self.asked.order * 2)[:2]
        here = replace(self.asked, order=order)
        there = replace(shorter(here, 1), start=1.25 * here.start + 0.125)
        try:
            one, two, other = (
                self._answer(run).states[-1] for run in (shorter(here, 1), here, there)
            )
        except Exception:  # it may be a start that the loss cannot bear
            return False
        step = one - here.rate * here.slope(one, 1)
        if not np.array_equal(one, other) or np.allclose(one, step, rtol=1e-9):
            return False
        return np.allclose(two, step, rtol=1e-9, atol=1e-12)

    # One question -------------------------------------------------------------------------------

    def _answer(self, run: Run) -> Answer:
        if np.array_equal(run.start, self.task.numbers):
            start = copy.deepcopy(self.task.start)
        else:
            start = self.task.rebuild(run.start.tolist())
        before, count = flatten(start)[0], len(run.order)
        size: Any = count
        if self.task.with_batches:
            size = [copy.deepcopy(self.task.batches[b]) for b in run.order]
        try:
            answer = self.train(start, run.rate, size)
        except Exception as problem:
            asked = f"a list of {count} batches" if self.task.with_batches else count
            problem.add_note(
                f"This came from the training loop, called as train(start, {run.rate!r}, {asked})."
            )
            raise
        if not np.array_equal(flatten(start)[0], before, equal_nan=True):
            self.changed_start = True
        raw = numbers_of(answer)
        found = read(raw, self.task.start)
        if found is None:
            raise Trouble(*self._trouble(raw), got=raw)
        return found

    def _trouble(self, raw: Any) -> tuple[str, str]:
        if raw is None:
            return "missing", "the training loop returned nothing (None). Is there a return?"
        if flat(raw) is None:
            return "wrong_type", (
                f"{article(type(raw).__name__)} came back with something in it that is not a plain "
                "number. Take the values out of tensors, as numpy arrays or floats, before they "
                "are returned"
            )
        return "shape", (
            "the training loop returns the parameters, in the form of the start, which is "
            f"{words(self.task.start)}; or a list of such states; or a pair of either and the "
            f"list of losses. What came back is none of these, but {words(raw)}"
        )

    # Several questions --------------------------------------------------------------------------

    def _finite_answer(self) -> tuple[Run, Answer]:
        """What comes back from the given start; with fewer updates, if the loop diverges."""
        run = self.asked
        while True:
            alone = len(run.order) == 1
            try:
                answer = self._answer(run)
            except (ArithmeticError, ValueError) as problem:
                if alone or not _is_divergence(problem):
                    raise
            else:
                if all(np.all(np.isfinite(each)) for each in answer.states):
                    return run, answer
                if alone:
                    raise Trouble(
                        "not_finite", "after a single update, there are parameters that are "
                        "infinite or not a number", answer.raw[-1],
                    )  # fmt: skip
            run, self.diverged = shorter(run, len(run.order) // 2), True

    def _repeatable(self, run: Run, answer: Answer) -> None:
        """The same question must get the same answer."""
        again = self._answer(run)
        one, two = (
            np.concatenate([*each.states, np.empty(0) if each.losses is None else each.losses])
            for each in (answer, again)
        )
        if one.shape == two.shape and np.allclose(one, two, rtol=1e-9, atol=1e-12, equal_nan=True):
            return
        further = last_of(states(PLAIN, replace(run, start=answer.states[-1])))
        if np.allclose(further, again.states[-1], rtol=1e-6):
            raise Trouble(
                "accumulated", "called a second time with the same start, the training goes on "
                "where the first call ended. It must begin with the parameters that it is given",
                self.got,
            )  # fmt: skip
        raise Trouble(
            "nondeterministic", "called twice with the same start, the training leads to different "
            "parameters. Draw random numbers from a generator with a fixed seed that is made "
            "inside the function, and look for something that is kept from one call to the next",
            self.got,
        )  # fmt: skip

    def _ends_everywhere(self, run: Run, answer: Answer) -> bool:
        """Do all states in the list share an array that was changed in place all the time?"""
        if len(answer.states) < 2:
            return False
        firsts, lasts = (list(arrays(answer.raw[k])) for k in (0, -1))
        parts = [part for _, part in self.task.parts]
        if not len(firsts) == len(lasts) == len(parts):
            return False
        begin = answer.states[0]
        return any(
            np.may_share_memory(first, last)
            and all(np.array_equal(each[part], begin[part]) for each in answer.states)
            and not np.array_equal(begin[part], run.start[part])
            for first, last, part in zip(firsts, lasts, parts, strict=True)
        )

    def _as_seen(self, run: Run, answer: Answer) -> Seen:
        count = len(run.order)
        if not self.listed:
            return Seen(run, {count: answer.states[-1]}, losses=answer.losses)
        listed = list(answer.states)
        starts = _same(listed[0], run.start)
        if not starts and len(listed) == count + 1 and np.array_equal(listed[0], listed[-1]):
            # The start itself is in the list, and was changed in place later.
            self.same_array = starts = True
            listed[0] = run.start
        if starts and len(listed) == count and not np.any(run.slope(run.start, 0)):
            starts = False  # the first update had nothing to do
        known = {k + (not starts): state for k, state in enumerate(listed)}
        return Seen(run, known, max(known), losses=answer.losses, late=not starts)

    def _elsewhere(self) -> list[Seen]:
        """What the loop does from fresh starts, with other learning rates, and with other numbers
        of updates or the batches in another order."""
        asked = self.asked
        count = len(asked.order)
        seed = np.frombuffer(asked.start.tobytes(), dtype=np.uint32)
        rng = np.random.default_rng(seed)
        seen: list[Seen] = []
        spread = 0.4
        for _ in range(12):
            if len(seen) == 2:
                break
            order: tuple[int, ...] = (0,) * max(3, (count - 1, min(count, 4))[len(seen)])
            if self.task.with_batches:
                order = tuple(np.roll(asked.order, 1 + len(seen)).tolist())
            u = rng.uniform(-1.0, 1.0, asked.start.size)
            start = np.where(asked.start != 0, asked.start * (1 + spread * u), spread * u)
            # Through the container and back: float32 rounds.
            start = np.array(flatten(self.task.rebuild(start.tolist()))[0], dtype=float)
            rate = asked.rate * (0.7, 0.45)[len(seen)]
            run = replace(asked, start=start, rate=rate, order=order)
            spread /= 1.5
            if np.all(np.isfinite(list(states(PLAIN, run)))):
                found = self._try(run, apart=not self.listed and not seen)
                if found is not None and found.finite():
                    seen.append(found)
        return seen

    def _try(self, run: Run, apart: bool) -> Seen | None:
        """What the loop does in this run; None if it diverges. apart: ask for every state."""
        try:
            if not apart:
                return self._as_seen(run, self._answer(run))
            few = range(1, min(len(run.order), 4) + 1)
            return Seen(run, {k: self._answer(shorter(run, k)).states[-1] for k in few}, apart=True)
        except (ArithmeticError, ValueError) as problem:
            if not _is_divergence(problem):
                raise
            return None


def _same(x: np.ndarray, y: np.ndarray) -> bool:
    """The same numbers, be it in float32."""
    return bool(np.all(np.abs(x - y) <= 1e-6 * np.abs(y) + 1e-12))


def _is_divergence(problem: Exception) -> bool:
    """Is it an error that comes of numbers that are too large, or beyond a domain?"""
    return isinstance(problem, ArithmeticError) or "domain" in str(problem)
