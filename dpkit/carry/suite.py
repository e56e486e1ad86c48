"""What a contract is, and what an engine is worth that was held to them."""

from __future__ import annotations

import importlib
import io
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from types import FrameType, SimpleNamespace
from typing import Any

__all__ = ["Blank", "Broken", "Engine", "Suite", "deadline", "load_suite", "near"]

KINDS = {"dual": "lab02", "var": "lab03", "tensor": "lab04"}
SECONDS = 5  # for one contract; each of ours takes some milliseconds
MOST_LATE = 2  # after so many contracts that did not end, the rest are not tried


class Broken(AssertionError):
    """A contract is not kept; the message is a sentence that says what came and what should have."""


class Blank(Exception):
    """A part of the engine is still to be written."""


class Late(Broken):
    """It did not end in time."""


class _Alarm(BaseException):
    """What stops an engine: no mere Exception, which its own `except` might swallow."""


class _Nowhere(io.TextIOBase):
    """Where an engine's prints go while it is tried."""

    def write(self, text: str) -> int:
        return len(text)


class Engine(SimpleNamespace):
    """The parts of an engine under their names (`engine.Var`, `engine.backward`, …).

    own: whether it is yours; passed, total: contracts; failures: sentences on those not kept;
    origin: the file. Printed, it says which engine is used and why.
    """

    own: bool
    passed: int
    total: int
    failures: list[str]
    origin: str

    def __repr__(self) -> str:
        if self.own:
            return f"using YOUR engine from {self.origin} ({self.passed}/{self.total} contracts)"
        lines = ["using the reference engine of dpkit, because yours cannot be used yet:"]
        return "\n".join([*lines, *(f"  - {failure}" for failure in self.failures)])

    __str__ = __repr__


Contract = Callable[[Any], None]


@dataclass
class Suite:
    """The contracts of one kind of engine.

    parts: names that an engine must have; extras: names that are saved with it where they are there;
    reference: makes the stand-in, an object with the same names.
    """

    kind: str
    parts: Sequence[str]
    reference: Callable[[], Any]
    extras: Sequence[str] = ()
    contracts: dict[str, Contract] = field(default_factory=dict)

    @property
    def lab(self) -> str:
        return KINDS[self.kind]

    def contract(self, title: str) -> Callable[[Contract], Contract]:
        """Decorate a function that takes an engine and raises Broken where it is not kept."""

        def add(function: Contract) -> Contract:
            self.contracts[title] = function
            return function

        return add

    def test(self, parts: Any, origin: str = "", own: bool = True) -> Engine:
        """An engine made of `parts`, held to all contracts. Raises Blank where one is not written."""
        failures, late = [], 0
        for title, contract in self.contracts.items():
            if late >= MOST_LATE:
                failures.append(f"{title}: not tried, after {late} that did not end.")
                continue
            try:
                with deadline():
                    contract(parts)
            except NotImplementedError as error:
                where = traceback.extract_tb(error.__traceback__)[-1].name
                raise Blank(f"`{where}` is still blank.") from None
            except Broken as broken:
                late += isinstance(broken, Late)
                failures.append(f"{title}: {broken}")
            except RecursionError:
                failures.append(f"{title}: it calls itself too deeply (RecursionError).")
            except SystemExit:
                failures.append(f"{title}: it called exit().")
            except Exception as error:
                failures.append(f"{title}: {type(error).__name__}: {error}")
        names = [*self.parts, *(name for name in self.extras if hasattr(parts, name))]
        return Engine(
            **{name: getattr(parts, name) for name in names},
            own=own,
            passed=len(self.contracts) - len(failures),
            total=len(self.contracts),
            failures=failures,
            origin=origin,
        )

    def stand_in(self, why: list[str], tried: Engine | None = None, shown: str = "") -> Engine:
        """dpkit's engine under the same names, and why it is used."""
        if tried is not None:
            kept = f"{shown} keeps {tried.passed} of {tried.total} contracts."
            why = [kept, *why]
        engine = self.test(self.reference(), origin="dpkit", own=False)
        engine.failures = why
        return engine


def load_suite(kind: str) -> Suite:
    """The suite of that kind. Raises ValueError, naming the kinds, for another."""
    if kind not in KINDS:
        known = ", ".join(f'"{each}"' for each in KINDS)
        raise ValueError(f"There is no engine of the kind {kind!r}; the kinds are {known}.")
    suite = importlib.import_module(f"dpkit.carry.{kind}").suite
    assert isinstance(suite, Suite)
    return suite


def near(got: Any, expected: float, what: str) -> None:
    """Raise Broken, with a sentence, unless `got` is a number within 1e-9 of `expected`.

    The distance is relative to the larger of 1 and the expected value.
    """
    try:
        number = float(got)
    except (TypeError, ValueError):
        raise Broken(f"{what} should be {expected:.6g}, a number, but is {got!r}.") from None
    if not abs(number - expected) <= 1e-9 * max(1.0, abs(expected)):
        raise Broken(f"{what} should be {expected:.6g}, but is {number:.6g}.")


@contextmanager
def deadline(seconds: float = SECONDS) -> Iterator[None]:
    """Raise Late after that many seconds in the body, where the platform can (POSIX, main thread).

    What the body prints goes nowhere.
    """
    quiet = _Nowhere()
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        with redirect_stdout(quiet), redirect_stderr(quiet):
            yield
        return

    def stop(signum: int, frame: FrameType | None) -> None:
        raise _Alarm

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)  # and again, should it be swallowed
    try:
        with redirect_stdout(quiet), redirect_stderr(quiet):
            yield
    except _Alarm:
        raise Late(f"it did not end within {seconds:g} s.") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
