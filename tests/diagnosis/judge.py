"""What `diagnose` says about each case, and how long it takes."""

from __future__ import annotations

import copy
import linecache
import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import dpkit as dp
from tests.diagnosis.case import Case
from tests.diagnosis.corpus import corpus

__all__ = ["Verdict", "judge", "share"]


@dataclass(frozen=True)
class Verdict:
    """A case with its diagnosis, or the exception that came instead, and the seconds it took."""

    case: Case
    diagnosis: dp.Diagnosis | None
    seconds: float
    problem: str = ""

    @property
    def kind(self) -> str:
        return self.diagnosis.kind if self.diagnosis else "(raised)"

    @property
    def right(self) -> bool:
        """Is the kind one of those that the case accepts?"""
        return self.kind in self.case.accepted

    @property
    def confident(self) -> bool:
        """Was a mistake named, and not merely suggested?"""
        return (
            self.diagnosis is not None and self.diagnosis.confidence > 0 and self.kind != "unknown"
        )

    @property
    def mentioned(self) -> bool:
        """Is it the right kind, or among the alternatives or the other mistakes?"""
        d = self.diagnosis
        if d is None:
            return False
        said = {d.kind, *(each.kind for each in (*d.alternatives, *d.also))}
        return bool(said & self.case.accepted)

    @property
    def placed(self) -> bool | None:
        """Is the mistake in the right place? None where the case or the diagnosis names none."""
        d = self.diagnosis
        if d is None or not (self.case.operation or self.case.line) or not d.where:
            return None
        if self.case.line and d.line is not None:
            source = linecache.getline(self.case.f.__code__.co_filename, d.line)
            return self.case.line in source
        return d.operation in self.case.operation.split()

    def __str__(self) -> str:
        said = self.problem or str(self.diagnosis)
        return f"{self.case.name}: {self.case.kinds} | {self.kind} | {said}"


@cache
def verdict(seed: int, n: int) -> Verdict:
    case = corpus(seed)[n]
    began = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            diagnosis = dp.diagnose(case.f, case.gradient, *copy.deepcopy(case.args))
    except Exception as error:
        return Verdict(case, None, time.perf_counter() - began, f"{type(error).__name__}: {error}")
    return Verdict(case, diagnosis, time.perf_counter() - began)


def judge(*families: str, seed: int = 0, only: str = "") -> list[Verdict]:
    """The verdicts on the cases of these families (all, if none is named) with `only` in their
    names."""
    wanted = [n for n, case in enumerate(corpus(seed))
              if (not families or case.family in families) and only in case.name]  # fmt: skip
    return [verdict(seed, n) for n in wanted]


def named_rightly(verdicts: Iterable[Verdict]) -> float:
    return share(each.right for each in verdicts)


def share(answers: Iterable[bool]) -> float:
    answers = list(answers)
    return sum(answers) / len(answers) if answers else 1.0
