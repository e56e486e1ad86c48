"""Steps that choose their own size: as long as the tolerance allows.

    path = adaptive(TwoBody().field, {"q": …, "v": …}, times=[0.0, 1.0, 6.28])

A comet takes months on the far side of its orbit and hours about the sun. With steps of one size, either
the one is a waste or the other a mistake. Dormand & Prince's pair of formulas, of fifth and of fourth
order, shares its seven looks at the field; the difference of the two tells the error, and so how long
the next step may be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dpkit.containers import spread
from dpkit.physics.integrate import moved, stacked
from dpkit.physics.needs import need_finite, need_positive
from dpkit.relax.given import values_of

__all__ = ["adaptive"]

# Dormand & Prince, "A family of embedded Runge-Kutta formulae", J. Comp. Appl. Math. 6, 1980.
_STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
# Between the ends: Shampine, "Some practical Runge-Kutta formulas", Math. of Computation 46, 1986.
_BETWEEN = np.array([
    [1, -8048581381 / 2820520608, 8663915743 / 2820520608, -12715105075 / 11282082432],
    [0, 0, 0, 0],
    [0, 131558114200 / 32700410799, -68118460800 / 10900136933, 87487479700 / 32700410799],
    [0, -1754552775 / 470086768, 14199869525 / 1410260304, -10690763975 / 1880347072],
    [0, 127303824393 / 49829197408, -318862633887 / 49829197408, 701980252875 / 199316789632],
    [0, -282668133 / 205662961, 2019193451 / 616988883, -1453857185 / 822651844],
    [0, 40617522 / 29380423, -110615467 / 29380423, 69997945 / 29380423],
])  # fmt: skip


def adaptive(
    field: Callable[..., Any], state: Any, times: Sequence[float], rtol: float = 1e-6, atol: float = 1e-9,
    max_steps: int = 100_000,
) -> Any:  # fmt: skip
    """The path at the times asked for, by steps as long as the tolerance allows.

    field: ``field(state)`` gives the rates; a law that changes in time has the time in its state.
    times: increasing; the first is the state's own.
    rtol, atol: the error allowed in a step, for each number: atol + rtol · |number|.
    max_steps: how many are tried, those that are taken back included.

    Returns the state's container, each array with a first axis like `times`.

    Dormand & Prince's pair of fifth and fourth order: the difference of the two tells the error, and
    so the size of the next step. Between steps, a polynomial of fourth order (Shampine 1986).

    The sizes of the steps are chosen from *values*, and are constants to the derivative: that of the
    path on just these steps, which is as accurate as the path. (How the steps would have moved is
    the derivative of an error, and noise.)

    Raises ValueError if the times do not increase, the state is not finite or atol not positive;
    ArithmeticError if the step becomes too small or there are more than max_steps.
    """
    times = [float(t) for t in times]
    if not times or any(not b > a for a, b in zip(times, times[1:], strict=False)):
        raise ValueError(f"The times must increase, from the state's own on, but they are {times}.")
    need_finite("The state at the start", state)
    need_positive("The tolerance atol", atol)  # of what passes through 0, rtol allows nothing
    now, rates, path, asked = times[0], field(state), [state], times[1:]
    size = _first_size(state, rates, rtol, atol)
    for _ in range(max_steps):
        if not asked:
            return stacked(path)
        size = min(size, times[-1] - now)
        if not size > 1e-14 * max(abs(now), abs(times[-1])):
            raise ArithmeticError(
                f"At time {now:g} the step has become too small ({size:.3g}). The path goes to "
                "infinity there, or the field jumps: a contact needs its time of impact "
                "(dpkit.physics.contact)."
            )
        slopes = [rates]
        for weights in _STAGES[1:]:
            pairs = ((size * w, k) for w, k in zip(weights, slopes, strict=True) if w)
            new = moved(state, *pairs)
            slopes.append(field(new))
        off = _size_of(
            [(size * w, k) for w, k in zip(_ERROR, slopes, strict=True) if w],
            state,
            new,
            rtol,
            atol,
        )
        if off <= 1:
            end = now + size
            while asked and asked[0] <= end + 1e-12 * abs(end):
                part = min((asked.pop(0) - now) / size, 1.0)
                weights = _BETWEEN @ part ** np.arange(1, 5)
                pairs = ((size * float(w), k) for w, k in zip(weights, slopes, strict=True) if w)
                path.append(new if part == 1.0 else moved(state, *pairs))
            now, state, rates = end, new, slopes[-1]
        size *= min(5.0, max(0.2, 0.9 * max(off, 1e-10) ** -0.2)) if math.isfinite(off) else 0.2
    raise ArithmeticError(
        f"{max_steps} steps led only to time {now:g} of {times[-1]:g}. The law may be stiff; a "
        "larger rtol needs fewer steps."
    )


def _size_of(pairs: list[Any], old: Any, new: Any, rtol: float, atol: float) -> float:
    """The root mean square of a sum, in units of what is allowed."""
    total, count = 0.0, 0
    apart = [[values_of(x) for x in spread(k)[0]] for _, k in pairs]
    for i, (a, b) in enumerate(zip(spread(old)[0], spread(new)[0], strict=True)):
        error = sum(c * k[i] for (c, _), k in zip(pairs, apart, strict=True))
        allowed = atol + rtol * np.maximum(abs(values_of(a)), abs(values_of(b)))
        total, count = total + float(np.sum((error / allowed) ** 2)), count + np.size(allowed)
    return math.sqrt(total / max(count, 1))


def _first_size(state: Any, rates: Any, rtol: float, atol: float) -> float:
    """A small first step: a hundredth of the time in which the state would change by itself."""
    large = _size_of([(1.0, state)], state, state, rtol, atol)
    fast = _size_of([(1.0, rates)], state, state, rtol, atol)
    return 0.01 * large / fast if large > 1e-5 and fast > 1e-5 else 1e-6
