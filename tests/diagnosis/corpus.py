"""All cases in one list."""

from __future__ import annotations

import zlib
from functools import cache

import numpy as np

from tests.diagnosis import engines, layers, manners, networks, pairs, right, scalars, strange
from tests.diagnosis.case import Case, Problem

__all__ = ["FAMILIES", "corpus", "problems"]

FAMILIES = ("single", "engine", "manners", "pair", "strange", "right")

MODULES = (scalars, networks, layers, engines, manners, pairs, strange, right)


@cache
def _drawn(seed: int) -> tuple[Case | Problem, ...]:
    drawn = []
    for module in MODULES:
        for n, source in enumerate(module.PROBLEMS):
            own = zlib.crc32(f"{module.__name__} {n}".encode())
            drawn += source(np.random.default_rng([seed, own]))
    return tuple(drawn)


def corpus(seed: int = 0) -> list[Case]:
    """Every case, at numbers drawn with this seed."""
    return [each.right() if isinstance(each, Problem) else each for each in _drawn(seed)]


def problems(seed: int = 0) -> list[Problem]:
    """The derivations with switches."""
    return [each for each in _drawn(seed) if isinstance(each, Problem)]
