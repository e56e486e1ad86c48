"""How it is taught: by examples of programs at work, one call at a time.

A teacher is a class whose methods *are* the programs, in plain Python. They do nothing to the
environment themselves: they `act`, or `call` each other, and both are written down.

    class Counter(Teacher):
        def COUNT(self):                     # recursive: it calls itself until nothing is left
            if self.environment.left > 0:
                self.act(TAKE)
                self.call("COUNT")

    frames = Counter(environment).record("COUNT")

One call of a program gives one *frame*: what was seen before each of its steps, and what it did then.
What the programs that it called did in the meantime is not in it; those calls have frames of their own.
So a frame is short, and it is all that the network is shown: it never sees a whole run.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from dpkit.programs.npi.core import ACT

__all__ = ["Environment", "Frame", "IllegalAct", "Step", "Teacher", "meaning", "unique"]


class IllegalAct(ValueError):
    """An act that the environment does not know, or does not allow here."""


class Environment(Protocol):
    """A world in which programs run. The network meets it in these two methods, and nowhere else."""

    def observe(self) -> np.ndarray:
        """What is to be seen now; always of the same shape."""

    def act(self, *arguments: Any, **named: Any) -> None:
        """Change something; arguments are whole numbers. Raises IllegalAct where that cannot be done."""


def meaning(arguments: Sequence[int], environment: Any) -> str:
    """What the arguments of a call mean, in words: "WRITE RESULT 7". Nothing where the environment
    (or its class) has no `words` for them, or none is given."""
    say = getattr(environment, "words", None)
    return str(say(*arguments)).strip() if say and any(arguments) else ""


@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    """What was seen, and what was called then, with which arguments; nothing (None) at the end."""

    observation: np.ndarray
    call: str | None
    arguments: tuple[int, ...] = ()

    @property
    def end(self) -> bool:
        return self.call is None


@dataclasses.dataclass(eq=False)
class Frame:
    """One call of a program; the last of its steps is its end."""

    program: str
    arguments: tuple[int, ...]
    steps: list[Step] = dataclasses.field(default_factory=list)

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for two frames if and only if they show the same and do the same."""
        steps = ((s.observation.tobytes(), s.call, s.arguments) for s in self.steps)
        return (self.program, self.arguments, *steps)

    def __str__(self) -> str:
        called = [f"{s.call}{s.arguments or ''}" for s in self.steps if s.call]
        return f"{self.program}{self.arguments or ''}: {', '.join(called) or 'nothing'}"


class Teacher:
    """Runs its methods, which are programs, and writes down what they call.

    environment: where they run; a method may look at all of it, and decide as it likes. The network
        will have to decide by what `observe` shows.
    """

    def __init__(self, environment: Any) -> None:
        self.environment = environment
        self.frames: list[Frame] = []
        self._running: list[Frame] = []

    def record(self, program: str, *arguments: int) -> list[Frame]:
        """Run a program; returns the frames of all calls, in the order in which they began."""
        self.frames = []
        self._run(program, arguments)
        return self.frames

    def call(self, program: str, *arguments: int) -> None:
        """Call another program, or the same one again."""
        self._note(program, arguments)
        self._run(program, arguments)

    def act(self, *arguments: int) -> None:
        """Do something to the environment."""
        self._note(ACT, arguments)
        self.environment.act(*arguments)

    def _note(self, program: str | None, arguments: tuple[int, ...] = ()) -> None:
        step = Step(np.array(self.environment.observe()), program, arguments)
        self._running[-1].steps.append(step)

    def _run(self, program: str, arguments: tuple[int, ...]) -> None:
        frame = Frame(program, arguments)
        self.frames.append(frame)
        self._running.append(frame)
        getattr(self, program)(*arguments)
        self._note(None)
        self._running.pop()


def unique(frames: Iterable[Frame]) -> list[Frame]:
    """Each frame once, however often it happened. (For the learning, see `curriculum`: a frame that
    is rare in all runs may be the one that ends them.)"""
    return list({frame.key: frame for frame in frames}.values())
