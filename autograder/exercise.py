"""What an exercise is: a *probe*, run beside the student's code, and a *verdict*, run in trusted
code only.

    lab = Lab("lab03_reverse_mode", "Reverse mode: your own tape", week=3, minutes=150)

    @lab.exercise("3.2", "A product's partials", points=2, minutes=5, reread="week03.md#local-partials")
    class Product:
        def probe(student, a, b):                    # its source travels to the student's process
            c = student.Var(a) * student.Var(b)
            return {"value": c.value, "partials": list(c.partials)}

        def verdict(ask, rng, mark):                 # never leaves trusted code
            a, b = rng.uniform(1, 2, 2)
            with mark.part("value", 1):
                mark.close(ask(a=a, b=b)["value"], a * b, kind="wrong_value", message="…")
            with mark.part("partials", 1):
                ...

The same two functions serve three uses. In a notebook `check("3.2")` runs both in the kernel; under
marking the probe runs in the sandbox and the verdict outside it, with fresh random numbers and the
hidden cases; the class report counts the `kind` of each failure. A verdict therefore needs no
stored answers: it makes its questions from `rng` and knows the truth by calculation.

Only plain data comes back from a probe (numbers, strings, lists, tuples, dicts, numpy arrays), so a
comparison in a verdict can never run the student's code.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import inspect
import linecache
import textwrap
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from autograder.errors import StudentError
from autograder.mark import Mark, agree, nudged, raised, unreadable
from autograder.result import Result

__all__ = ["Exercise", "Lab", "agree", "lab_from", "load_lab", "nudged"]


@dataclass(frozen=True)
class Exercise:
    """One graded question: who asks it (`probe`), who judges it (`verdict`), and what to say around
    it.

    `points` is what the exercise is worth under marking. `reread` names the section of the notes
    that a failure sends the student to, as `file.md#anchor`. `hints` are three tiers: a nudge, the
    principle, nearly there.
    """

    lab: str
    number: str
    title: str
    points: float
    minutes: float
    reread: str
    hints: tuple[str, ...]
    probe_source: str
    verdict: Callable[..., None] = field(repr=False)

    def mark(
        self, ask: Callable[..., Any], rng: np.random.Generator, *, strict: bool = False
    ) -> Result:
        """Run the verdict and return what it found.

        `ask(**inputs)` runs the probe and returns its plain data, or raises `StudentError`. What
        comes back may be forged, so a verdict that stumbles over it (a key that is not there) costs
        that part and the rest goes on. On honest answers a stumble is a defect of the exercise:
        with `strict` it is raised, as the labs' tests do.
        """
        mark = Mark(strict)

        def heard(**inputs: Any) -> Any:
            try:
                return ask(**inputs)
            except StudentError as error:
                mark.heard = error
                raise

        try:
            self.verdict(heard, rng, mark)
        except StudentError as error:
            # A question outside any part: what was earned before it stays earned.
            mark.findings.append(raised("the rest", 0.0, error))
        except Exception as error:
            if strict:
                raise
            mark.findings.append(unreadable("the rest", 0.0, error))
        return Result(
            lab=self.lab,
            number=self.number,
            title=self.title,
            max_score=float(self.points),
            findings=mark.findings,
            notes=mark.notes,
            reread=self.reread,
            hints=list(self.hints),
        )


class Lab:
    """The exercises of one lab, in order.

    `preload` names the modules that the lab's sandbox imports before the first submission; torch is
    worth naming only where a lab uses it. `given` are lines of a solution that the lab gives away
    elsewhere on purpose, in a worked example: any other that is found in a release stops it.
    """

    def __init__(
        self,
        name: str,
        title: str,
        *,
        week: int,
        minutes: float,
        notes: str = "",
        preload: Sequence[str] = ("numpy", "matplotlib.pyplot", "dpkit"),
        given: Sequence[str] = (),
    ):
        self.name, self.title, self.week, self.minutes = name, title, week, minutes
        self.notes = notes
        self.preload, self.given = tuple(preload), tuple(given)
        self.exercises: dict[str, Exercise] = {}
        self._helpers: list[str] = []

    def helper(self, function: Callable) -> Callable:
        """Decorator: let every probe defined after it call `function`, whose source travels with
        theirs."""
        self._helpers.append(_source_of(function))
        return function

    def exercise(
        self,
        number: str,
        title: str,
        *,
        points: float,
        minutes: float = 10,
        reread: str = "",
        hints: Sequence[str] = (),
    ) -> Callable[[type], Exercise]:
        """Decorator: turn a class with a `probe` and a `verdict` into the exercise called `number`."""

        def register(cls: Any) -> Exercise:
            if number in self.exercises:
                raise ValueError(f"{self.name} has two exercises called {number!r}")
            source = "\n\n".join([*self._helpers, _source_of(cls.probe)])
            self.exercises[number] = exercise = Exercise(
                lab=self.name,
                number=number,
                title=title,
                points=points,
                minutes=minutes,
                reread=reread,
                hints=tuple(hints),
                probe_source=source,
                verdict=cls.verdict,
            )
            return exercise

        return register

    def __getitem__(self, number: str) -> Exercise:
        try:
            return self.exercises[str(number)]
        except KeyError:
            known = ", ".join(self.exercises)
            raise KeyError(f"{self.name} has no exercise {number!r}; it has {known}") from None

    @property
    def points(self) -> float:
        return sum(exercise.points for exercise in self.exercises.values())


def load_lab(path: Path | str) -> Lab:
    """The `lab` of an `exercises.py` (or of a student's `checks.py`, which is the same file without
    its hidden cases)."""
    path = Path(path)
    spec = importlib.util.spec_from_file_location(
        f"_exercises_{path.parent.name}_{path.stem}", path
    )
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"no exercises at {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not isinstance(getattr(module, "lab", None), Lab):
        raise TypeError(f"{path} defines no `lab = Lab(…)`")
    return module.lab


def lab_from(text: str, name: str) -> Lab:
    """The `lab` that the text of an `exercises.py` defines; messages and tracebacks call it `name`."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    name = f"<{name} {digest}>"  # no file: Python finds the lines in the cache alone
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = types.ModuleType(f"_exercises_{digest}")
    module.__file__ = name
    exec(compile(text, name, "exec", dont_inherit=True), module.__dict__)
    if not isinstance(getattr(module, "lab", None), Lab):
        raise TypeError(f"{name} defines no `lab = Lab(…)`")
    return module.lab


def _source_of(function: Callable) -> str:
    """The function's own text, without decorators and indentation: what travels to the student's
    process."""
    text = textwrap.dedent(inspect.getsource(function))
    definition = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return "\n".join(text.splitlines()[definition.lineno - 1 :])
