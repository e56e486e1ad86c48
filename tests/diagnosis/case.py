"""A case of the corpus, and derivations with switches that make many of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

__all__ = ["Case", "Faults", "Problem", "pick"]

Faults = Collection[str]  # the switches that are set
T = TypeVar("T")


def pick(faults: Faults, wrong: Mapping[str, T], right: T) -> T:
    """What the first of these faults makes of it; what is right, if none of them is set."""
    return next((value for fault, value in wrong.items() if fault in faults), right)


@dataclass(frozen=True)
class Case:
    """A gradient, and what may be said about it.

    f: the function, written with dp. wrong: somebody's gradient of it, called like f.
    kinds: what it may be called; separated by spaces where the numbers cannot tell.
    operation, line: where the mistake is, if that can be told: the name in dpkit's tables of the
    operation (or several, separated by spaces), and a piece of the source line of f.
    fresh: `wrong` has a memory; wrong() makes a new one.
    """

    name: str
    f: Callable[..., Any]
    wrong: Callable[..., Any] = field(repr=False)
    args: tuple[Any, ...]
    kinds: str
    operation: str = ""
    line: str = ""
    family: str = "single"
    fresh: bool = False

    @property
    def gradient(self) -> Callable[..., Any]:
        return self.wrong() if self.fresh else self.wrong

    @property
    def accepted(self) -> set[str]:
        """The kinds that this may be called."""
        return set(self.kinds.split())


@dataclass(frozen=True)
class Problem:
    """A function and its derivation by hand, ``backward(*args, faults=())``."""

    name: str
    f: Callable[..., Any]
    backward: Callable[..., Any]
    args: tuple[Any, ...]

    def with_faults(self, *faults: str) -> Callable[..., Any]:
        return lambda *args: self.backward(*args, faults=faults)

    def case(self, fault: str, kinds: str, operation: str = "", line: str = "",
             family: str = "single") -> Case:  # fmt: skip
        return Case(f"{self.name}: {fault}", self.f, self.with_faults(fault), self.args, kinds,
                    operation, line, family)  # fmt: skip

    def cases(self, *table: tuple[str, ...]) -> Iterator[Case]:
        """One case for each row: fault, kinds, and perhaps operation and line."""
        for row in table:
            yield self.case(*row)

    def right(self) -> Case:
        return Case(f"{self.name}: by hand", self.f, self.with_faults(), self.args, "correct",
                    family="right")  # fmt: skip
