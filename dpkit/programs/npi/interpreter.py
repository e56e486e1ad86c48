"""Running what was learnt, without a teacher: the network, an environment, and a stack of calls.

The stack is here, in the open, and not in Python's own: a program that calls itself a thousand times
needs a thousand places, and no more. Each place holds a program, its arguments and the state of the
LSTM. A call adds a place whose state is zero; an end takes the place away, and the caller goes on with
the state that it had. (Reed & de Freitas 2016, algorithm 1; but the end is asked for *before* a call,
so that a program may do nothing at all, as recursion needs to stop.)

A run is over when the stack is empty. The right answer on the pad beside a stack that would have gone
on is not a success: it is a program that does not know when to stop.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import torch

from dpkit.programs.npi.core import ACT, NPI, State, select
from dpkit.programs.npi.trace import Environment, IllegalAct

__all__ = ["Call", "Ending", "Unfinished", "run", "run_batch"]


class Unfinished(RuntimeError):
    """A run that did not end by itself."""


@dataclasses.dataclass(eq=False, repr=False)
class Call:
    """A call that was made, and those that it made: a tree. For an "ACT", what was seen after it."""

    program: str
    arguments: tuple[int, ...]
    calls: list[Call] = dataclasses.field(default_factory=list)
    seen: np.ndarray | None = None

    def __repr__(self) -> str:
        """In short: the tree may be large, and deeper than Python can print it. See `viewer.tree`."""
        given = f"{self.arguments}" if any(self.arguments) else ""
        return (
            f"<Call of {self.program}{given}, with {sum(1 for _ in self.walk()) - 1} calls in it>"
        )

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Call]]:
        """All calls in the order in which they began, each with its depth. Not by recursion: a tree
        may be thousands of calls deep."""
        waiting = [(depth, self)]
        while waiting:
            depth, call = waiting.pop()
            yield depth, call
            waiting.extend((depth + 1, each) for each in reversed(call.calls))

    def count(self, program: str) -> int:
        """How often a program was called, in all the tree."""
        return sum(call.program == program for _, call in self.walk())


def run(
    npi: NPI, environment: Environment, program: str, *arguments: int,
    max_steps: int = 100_000, threshold: float = 0.5,
    callback: Callable[[int, Call], Any] | None = None,
) -> Call:  # fmt: skip
    """Run a program until its stack is empty; returns the tree of what was called.

    max_steps: of how many steps of the core it may consist.
    callback: called with each call that was made and its depth: of an ACT, after it was done; of a
        program, before it begins.

    Raises Unfinished where it has not ended by then, or acts as the environment does not allow;
    ValueError for a program or arguments that the network does not have.
    """
    npi.eval()
    root = Call(program, arguments)
    stack = [(root, _runnable(npi, program), _padded(npi, arguments), npi.start())]
    for _ in range(max_steps):
        call, number, given, state = stack.pop()
        answer, state = _step(npi, environment.observe()[None], given, np.array([number]), state)
        (end,), (number_next,), given_next = select(answer, threshold)
        if end:
            if not stack:
                return root
            continue
        stack.append((call, number, given, state))  # it is the caller now, and will go on
        made = Call(npi.programs[number_next], tuple(int(a) for a in given_next[0]))
        call.calls.append(made)
        if made.program == ACT:
            try:
                environment.act(*made.arguments)
            except IllegalAct as problem:
                raise Unfinished(f"{program} could not go on: {problem}") from None
            made.seen = np.array(environment.observe())
        else:
            stack.append((made, int(number_next), given_next, npi.start()))
        if callback:
            callback(len(stack) - (made.program != ACT), made)
    raise Unfinished(_too_long(program, max_steps, len(stack)))


@dataclasses.dataclass(frozen=True)
class Ending:
    """How one of many runs ended: whether by itself, after how many steps, and else why not."""

    finished: bool
    steps: int
    problem: str = ""


def run_batch(
    npi: NPI, environments: Sequence[Environment], program: str, *arguments: int,
    max_steps: int = 100_000, threshold: float = 0.5,
) -> list[Ending]:  # fmt: skip
    """Run a program in many environments at once, all of them one step at a time.

    The stacks are arrays here: (runs, depth, …), with a program, its arguments, h and c in each place.
    `top` is the place on top of each run's stack, -1 when it is empty.
    Returns how each of them ended; nothing is raised for a run that does not.

    Raises ValueError for a program or arguments that the network does not have.
    """
    npi.eval()
    count, places = len(environments), npi.places
    programs = np.full((count, 8), _runnable(npi, program))
    given = np.zeros((count, 8, places), np.int64)
    given[:, 0] = _padded(npi, arguments)
    h = torch.zeros(count, 8, npi.hidden, dtype=npi.dtype, device=npi.device)
    c = torch.zeros_like(h)
    top = np.zeros(count, int)
    endings: list[Ending | None] = [None] * count
    for step in range(1, max_steps + 1):
        on = np.flatnonzero([ending is None for ending in endings])  # the runs that go on
        if not len(on):
            break
        # One step of the core, for the program on top of each stack.
        seen = np.stack([environments[k].observe() for k in on.tolist()])
        at = top[on]
        answer, state = _step(
            npi, seen, given[on, at], programs[on, at], State(h[on, at], c[on, at])
        )
        h[on, at], c[on, at] = state
        ends, chosen, values = select(answer, threshold)
        # Each of them ends, acts, or calls. An end takes its place away; the caller's h and c lie below.
        top[on[ends]] -= 1
        for k in on[top[on] < 0]:
            endings[k] = Ending(True, step)
        acts = ~ends & (chosen == npi.number(ACT))
        for k, row in zip(on[acts].tolist(), values[acts].tolist(), strict=True):
            try:
                environments[k].act(*row)
            except IllegalAct as problem:
                endings[k] = Ending(False, step, f"{program} could not go on: {problem}")
        # A call adds a place, with a state of zero.
        calls = ~ends & ~acts
        caller = on[calls]
        top[caller] += 1
        if top.max() == programs.shape[1]:  # the deepest stack is full: twice the room for all
            programs = np.concatenate([programs, programs], 1)
            given = np.concatenate([given, given], 1)
            h, c = torch.cat([h, h], 1), torch.cat([c, c], 1)
        at = top[caller]
        programs[caller, at], given[caller, at] = chosen[calls], values[calls]
        h[caller, at] = 0.0
        c[caller, at] = 0.0
    return [
        ending or Ending(False, max_steps, _too_long(program, max_steps, int(top[k]) + 1))
        for k, ending in enumerate(endings)
    ]


def _step(
    npi: NPI, seen: np.ndarray, given: np.ndarray, programs: np.ndarray, state: State
) -> tuple:  # fmt: skip
    with torch.inference_mode():
        there = [
            torch.from_numpy(np.ascontiguousarray(x)).to(npi.device)
            for x in (seen, given, programs)
        ]
        return npi(*there, state)


def _runnable(npi: NPI, program: str) -> int:
    """The program's number; "ACT" is done by environments, and has not been learnt."""
    if program == ACT:
        raise ValueError(
            f'"{ACT}" is no program that could be run: it is for the environment, whose `act` does it.'
        )
    return npi.number(program)


def _padded(npi: NPI, arguments: Sequence[int]) -> np.ndarray:
    """Arguments as (1, places); those that are not given are 0, "none"."""
    if len(arguments) > npi.places:
        raise ValueError(
            f"Programs here take at most {npi.places} arguments, but {len(arguments)} were given: "
            f"{tuple(arguments)}."
        )
    for k, (value, f_arg) in enumerate(zip(arguments, npi.f_arg, strict=False)):
        most = int(f_arg.out_features) - 1  # type: ignore[arg-type]
        if not (isinstance(value, Integral) and 0 <= value <= most):
            raise ValueError(
                f"Argument {k} is a whole number from 0 (none) to {most}, not {value!r}."
            )
    return np.array([[*arguments, *(0,) * (npi.places - len(arguments))]], np.int64)


def _too_long(program: str, max_steps: int, depth: int) -> str:
    calls = "1 call" if depth == 1 else f"{depth} calls"
    return (
        f"{program} had not ended after {max_steps} steps: its stack still held {calls}. Either it "
        "goes round in circles, or `max_steps` has to be larger."
    )
