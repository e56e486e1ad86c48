"""Difference quotients: how f moves when its arguments move a little along some way.

A *way* is a direction in the space of all arguments: one number moving alone, or many at once. For
each the gradient claims a slope, and f itself shows one.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dpkit.points import Point, is_single, numbers_of, value_of

__all__ = ["Quotients", "Way", "settled", "third_difference_noise"]

# Steps at which a kink is looked for, in float64 and in float32.
_CLOSER, _CLOSER_SINGLE = (1e-5, 1e-6, 1e-8), (1e-2, 1e-3, 3e-4)
_CLOSEST = 1e-11  # and where, in float64, it must still be seen
_SHRINK = (1.0, 1e-2, 1e-4, 1e-6, 1e-8)  # steps of the difference quotient, one after another
_EPS = float(np.finfo(float).eps)


@dataclass
class Way:
    """A direction: ``moves[n]`` is how fast the number at ``places[n]`` moves; shapes (m,).

    component: the place, if it is only one; name: what it is called. slope: along this way, by the
    gradient that was given. typical: how large a slope one would expect if all signs were random;
    0 for a single component.

    Then, found by `Quotients.compare`: the slope of f (quotient), how far the two are apart
    (distance, error: relative), whether that is too far (wrong), the slopes on both sides where
    there is a kink (sides), and whether nothing can be compared here (left_out: "kink" or "jump").
    centred: whether the quotient is a centred difference. doubt: how far it may be from the slope.
    """

    places: np.ndarray
    moves: np.ndarray
    slope: float
    name: str
    component: int | None = None
    typical: float = 0.0
    quotient: float = math.nan
    distance: float = math.nan
    error: float = math.nan
    wrong: bool = False
    sides: tuple[float, float] | None = None
    left_out: str = ""
    centred: bool = True
    doubt: float = 0.0

    @classmethod
    def along_one(cls, k: int, gradient: np.ndarray, name: str) -> Way:
        """The way on which the k-th number moves alone."""
        return cls(np.array([k]), np.ones(1), float(gradient[k]), name, k)

    @classmethod
    def along_many(cls, places: np.ndarray, moves: np.ndarray, gradient: np.ndarray) -> Way:
        """A way on which many numbers move at once."""
        shares = gradient[places] * moves
        name = f"a direction through {places.size} numbers"
        return cls(places, moves, float(shares.sum()), name,
                   typical=float(np.linalg.norm(shares)))  # fmt: skip


class Quotients:
    """The difference quotients of f at a point.

    method: "centred" or "complex". tolerance: the largest relative error allowed, or None for what
    the method is good for. remarks: sentences are added to it.

    value: f at the point. single: whether f answers in float32. unknown: whether f is not finite
    somewhere beside the point.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        point: Point,
        method: str,
        tolerance: float | None,
        remarks: list[str],
    ) -> None:
        self._f, self._point, self._remarks = f, point, remarks
        self._complex, self._largest, self.unknown = method == "complex", 0.0, False
        self.value = value_of(f, point.at())
        beside = self._beside()
        self.single = self._is_single(beside)
        self._centred_tolerance = 1e-5 if tolerance is None or self._complex else tolerance
        self._complex_tolerance = 1e-10 if tolerance is None else tolerance
        self._step = _EPS ** (1 / 3)
        self._noise = self._least = 1e-10 * abs(self.value)  # of rounding: about ε|f|/h
        if self.single:
            self._centred_tolerance = max(self._centred_tolerance, 3e-3)
            self._step = float(np.finfo(np.float32).eps) ** (1 / 3)
            self._noise = 2e-5 * abs(self.value) + 1e-9
            self._complex = False
            remarks.append(
                "f computes in float32, too coarse for more than about three digits. Compute in "
                "float64 for a sharper test."
            )
        else:
            self._noise += 8 * self._rounding() / self._step
            self._noise += min(1e-12, min(map(_grain, beside)) / self._step)

    def repeats(self) -> bool:
        """Is f at the point still what it was, but for rounding?"""
        coarse = 1e-5 if self.single else 1e-10
        again = value_of(self._f, self._point.at())
        return bool(np.isclose(again, self.value, rtol=coarse, atol=1e-12, equal_nan=True))

    def compare(self, ways: list[Way]) -> None:
        """Find the quotient along each way, and what is wrong."""
        for way in ways:
            way.quotient = self._quotient(way)
            if self._complex:
                self._sharpen(way)
        if not all(math.isfinite(way.quotient) for way in ways):
            self.unknown = True
            return
        singles = [abs(way.quotient) for way in ways if way.component is not None]
        self._largest = max([self._largest, *singles])
        hidden = False
        for way in ways:
            floor = way.typical if way.component is None else 1e-3 * self._largest
            size = max(abs(way.quotient), abs(way.slope), floor)
            noise, tolerance = self._noise + way.doubt, self._centred_tolerance
            if not way.centred:
                noise, tolerance = 1e-14 * (1.0 + abs(self.value)), self._complex_tolerance
            way.distance = abs(way.slope - way.quotient)
            way.error = way.distance / (size + noise)
            way.wrong = way.distance > tolerance * size + noise
            hidden |= tolerance * size < way.distance <= tolerance * size + noise
            if way.wrong:
                self._look_for_kink(way)
        if hidden:
            self._remarks.append(
                f"Differences below {self._noise:.0e} were not counted: so far rounding goes in f."
            )
        self._say_what_was_left_out(ways)

    # How f moves ---------------------------------------------------------------------------------

    def _moved(self, way: Way, h: float) -> float:
        numbers = self._point.numbers.copy()
        numbers[way.places] += h * way.moves
        with np.errstate(all="ignore"):
            return value_of(self._f, self._point.at(numbers))

    def _unit(self, way: Way) -> float:
        """The step grows with the number that moves; many that move at once have it in `moves`."""
        return 1.0 if way.component is None else 1.0 + abs(self._point.numbers[way.component])

    def _quotient(self, way: Way) -> float:
        """The centred difference, at a smaller step where the usual one leaves the domain of f, or
        where the quotient comes ten times nearer to the slope when the step shrinks: it does so,
        with h², if the slope is right and f bends sharply. If it is wrong, it stays away.
        (Where rounding might bring it near by chance, it must come near twice, and at the tiniest
        steps, where f may not move at all, it does not count.) Where the slope is 0, the quotient
        only ever comes nearer; so it is believed no better than its first value allows."""
        if self.single:
            return self._settled_quotient(way)
        best = candidate = math.nan
        for closer in _SHRINK:
            h = self._step * self._unit(way) * closer
            try:
                quotient = (self._moved(way, h) - self._moved(way, -h)) / (2.0 * h)
            except (ArithmeticError, ValueError):
                if closer == _SHRINK[-1] and math.isnan(best):
                    raise
                continue
            gap, now = abs(way.slope - best), abs(way.slope - quotient)
            nearer = now < 0.1 * gap
            twice = closer >= 1e-4 and now <= abs(way.slope - candidate)
            by_chance = gap <= self._least / closer and not twice
            if nearer and not by_chance and not math.isnan(best):
                way.doubt = max(way.doubt, self._centred_tolerance * abs(best))
            if math.isnan(best) or (nearer and not by_chance):
                best = quotient
            candidate = quotient if nearer else math.nan
            near = self._centred_tolerance * max(abs(way.slope), way.typical)
            if abs(way.slope - best) <= near + self._noise:
                break
        return best

    def _settled_quotient(self, way: Way) -> float:
        """In float32, rounding and bending leave little room between them. So the step is halved
        seven times, and where the quotient changes least is believed, but for that change."""
        steps = 8.0 * self._step * self._unit(way) / 2.0 ** np.arange(8)
        tried = []
        for h in steps:
            try:
                tried.append((self._moved(way, h) - self._moved(way, -h)) / (2.0 * h))
            except (ArithmeticError, ValueError):
                continue
        quotient, way.doubt = settled(np.array(tried))
        return quotient

    def _sharpen(self, way: Way) -> None:
        """Put the complex step in the place of the centred difference where they agree roughly."""
        h = 1e-20
        numbers = self._point.numbers.astype(complex)
        numbers[way.places] += 1j * h * way.moves
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # numpy warns where imaginary parts are lost
                value = complex(np.asarray(numbers_of(self._f(*self._point.at(numbers)))).item())
        except Exception as problem:  # whatever a function says that was not made for this
            self._complex = False
            self._remarks.append(
                "f does not accept complex numbers, so centred differences were used "
                f"({type(problem).__name__}: {problem})."
            )
            return
        slope = value.imag / h
        size = max(abs(slope), abs(way.quotient), 1e-3 * self._largest)
        if abs(slope - way.quotient) <= 1e-4 * size + self._noise:
            way.quotient, way.centred = slope, False

    def _look_for_kink(self, way: Way) -> None:
        """Do the slopes on the two sides differ, and not less so when one looks closer?

        At a kink, any slope between them is defensible. At a jump, none exists.
        """
        sides, gaps = [], []
        steps = [h * self._unit(way) for h in (_CLOSER_SINGLE if self.single else _CLOSER)]
        for h in steps:
            try:
                right, left = self._moved(way, h), self._moved(way, -h)
            except (ArithmeticError, ValueError):  # one of the two sides lies outside the domain
                return
            sides.append(((self.value - left) / h, (right - self.value) / h))
            gaps.append(abs(left + right - 2.0 * self.value) / h)
        left, right = sides[-1]
        rounding = np.finfo(np.float32 if self.single else float).eps * abs(self.value) / steps[-1]
        slack = (1e-2 if self.single else 1e-4) * (1.0 + abs(left) + abs(right)) + 8 * rounding
        if gaps[-1] <= slack or gaps[1] <= gaps[0] / 2 or gaps[2] <= gaps[1] / 2:
            return
        if not math.isfinite(gaps[-1]) or self._is_smooth(way, gaps[-1]):
            return
        if all(gaps[n + 1] * steps[n + 1] > 0.8 * gaps[n] * steps[n] for n in (0, 1)):
            way.left_out, way.wrong = "jump", False
            return
        way.sides = left, right
        if min(left, right) - slack <= way.slope <= max(left, right) + slack:
            way.left_out, way.wrong = "kink", False

    def _is_smooth(self, way: Way, gap: float) -> bool:
        """Is the gap between the slopes on the two sides less than half, when one looks as closely
        as rounding lets one?"""
        if self.single:
            return False
        h = _CLOSEST * self._unit(way)
        try:
            bend = abs(self._moved(way, h) + self._moved(way, -h) - 2.0 * self.value)
        except (ArithmeticError, ValueError):
            return False
        return (bend + 8 * _EPS * abs(self.value)) / h < gap / 2

    # How finely f is known ------------------------------------------------------------------------

    def _along_all(self, steps: Iterable[float]) -> list[float]:
        """f where all numbers have moved at once, except outside its domain."""
        values = []
        for h in steps:
            numbers = self._point.numbers + h * (1.0 + np.abs(self._point.numbers))
            try:
                with np.errstate(all="ignore"):
                    values.append(value_of(self._f, self._point.at(numbers)))
            except (ArithmeticError, ValueError):
                continue
        return [value for value in values if math.isfinite(value)]

    def _beside(self) -> list[float]:
        return [self.value, *self._along_all((1e-4, 7e-5, -3e-5, -9e-5))]

    def _rounding(self) -> float:
        """How far rounding goes in f, of which intermediate results may have been larger than f.
        Noise stays as it is, however close the points are together; f itself does not."""
        noises = []
        for close in (1e-9, 1e-11):
            values = self._along_all(close * np.arange(1, 9))
            noises.append(third_difference_noise(values) if len(values) == 8 else 0.0)
        return min(noises)

    def _is_single(self, beside: list[float]) -> bool:
        """Does f answer in float32? Then its type says so, or its digits do, here and nearby."""
        raw = numbers_of(self._f(*self._point.at()))
        return getattr(raw, "dtype", None) in (np.float16, np.float32) or is_single(beside)

    # What is said --------------------------------------------------------------------------------

    def _say_what_was_left_out(self, ways: list[Way]) -> None:
        kinks = _listed([way.name for way in ways if way.left_out == "kink"])
        jumps = _listed([way.name for way in ways if way.left_out == "jump"])
        if kinks:
            self._remarks.append(
                f"f has a kink in {kinks}: the slopes on its two sides differ, so there is nothing "
                "to compare."
            )
        if jumps:
            self._remarks.append(
                f"f jumps in {jumps}: however little one moves, its value changes by as much, so "
                "there is no slope to compare."
            )
        coarse = _listed([way.name for way in ways if way.centred and self._complex])
        if coarse:
            self._remarks.append(
                f"In {coarse} the complex step disagrees with the centred difference, which took "
                "its place: something on the way, such as abs, max, a comparison, a conjugate or a "
                "real part, is not analytic."
            )


def settled(quotients: np.ndarray, rounding: np.ndarray | float = 0.0) -> tuple[float, float]:
    """Of difference quotients with smaller and smaller steps, shape (n,), the one that changes
    least, and by how much; (nan, nan) of none.

    rounding: how far each may be off by rounding, (n,) or a number. It counts as change: in float32
    two that are coarse can be equal by chance.
    """
    if quotients.size < 2:
        return (float(quotients[0]) if quotients.size else math.nan), math.nan
    changes = np.abs(np.diff(quotients)) + np.broadcast_to(rounding, quotients.shape)[1:]
    k = int(np.argmin(changes))
    return float(quotients[k + 1]), float(changes[k])


def third_difference_noise(values: list[float]) -> float:
    """How far rounding goes in values at points so close together that f is a straight line among
    them. Third differences of noise are √20 times as large as the noise."""
    third = np.diff(values, 3)
    size = float(np.max(np.abs(third))) or 1.0
    return size * float(np.sqrt(np.mean((third / size) ** 2) / 20))


def _grain(value: float) -> float:
    """The last binary digit of a number that is not zero. Where much was subtracted, it is as
    coarse as in the larger numbers of which this one is left: 1 - tanh(20)² has no digit at all."""
    if not value or not math.isfinite(value):
        return 1.0
    mantissa, exponent = math.frexp(value)
    digits = abs(int(math.ldexp(mantissa, 53)))
    return math.ldexp(digits & -digits, exponent - 53)


def _listed(names: list[str], most: int = 6) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
