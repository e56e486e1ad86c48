"""Walking through time: one step, and many.

A law of motion says how fast a state changes: ``field(state)`` gives the rates of it. An integrator
makes a step of time of it, and `rollout` takes many steps:

    pendulum = Pendulum(length=1.0)
    step = rk4(pendulum.field, 0.02)
    path = rollout(step, {"q": 1.0, "v": 0.0}, 500)      # {"q": (501,), "v": (501,)}

A state is an array, or a dict (tuple, list) of arrays. A mechanical state is ``{"q": …, "v": …}``,
where it is and how fast it moves. All is written in dpkit's functions, so a path can be
differentiated by its start and by every number in the law: a *differentiable simulator* is a
simulator that does not leave the tape.

What is differentiated is the *computed* path, not the true one: an integrator's error is in its
derivatives too, at the same order. (Discretise, then differentiate; Hairer, Nørsett & Wanner,
"Solving Ordinary Differential Equations I", 1993, II.6.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dpkit import arrays
from dpkit.checkpoint import checkpoint
from dpkit.containers import form, spread
from dpkit.relax.given import values_of

__all__ = ["adaptive", "euler", "leapfrog", "repeated", "rk4", "rollout", "symplectic_euler"]

Field = Callable[..., Any]
Step = Callable[..., Any]


def rollout(
    step: Step, state: Any, steps: int, inputs: Any = None, checkpoint_every: int | None = None
) -> Any:
    """The path of a state: where it starts, and where it is after each of `steps` steps.

    step: ``step(state)`` gives the next state, in the same container.
    inputs: an array, or a container of arrays, whose first axis counts the steps: forces, words.
        Step k is then ``step(state, inputs[k])``.
    checkpoint_every: remember only each such state, and run the steps between again in the backward
        pass (`dpkit.checkpoint`). √steps takes the least memory; the price is one more run. With
        torch's own tape it changes nothing.

    Returns the state's container, each array with a first axis of the length steps + 1.

    Raises ValueError if steps is negative, there are fewer inputs, or a step changes the state's
    form.
    """
    if steps < 0 or (checkpoint_every is not None and checkpoint_every < 1):
        raise ValueError(
            f"steps must not be negative and checkpoint_every at least 1, but they are {steps} and "
            f"{checkpoint_every}."
        )
    if inputs is not None:
        short = [x for x in spread(inputs)[0] if len(x) < steps]
        if short:
            raise ValueError(f"{steps} steps need as many inputs, but there are {len(short[0])}.")
    shape = form(state)

    def stretch(state: Any, inputs: Any, count: int) -> list[Any]:
        states = []
        for k in range(count):
            state = step(state) if inputs is None else step(state, _at(inputs, k))
            if form(state) != shape:
                raise ValueError(
                    f"A step must return what it was given, a state of the form {shape}; step {k} "
                    f"returned one of the form {form(state)}."
                )
            states.append(state)
        return states

    path = [state]
    size = checkpoint_every or max(steps, 1)
    for start in range(0, steps, size):
        count = min(size, steps - start)
        given = None if inputs is None else _at(inputs, slice(start, start + count))
        run = checkpoint(stretch) if checkpoint_every else stretch
        path += run(path[-1], given, count)
    return stacked(path)


def euler(field: Field, dt: float) -> Step:
    """Explicit Euler: ``x + dt · field(x)``. First order, and it feeds energy into what swings."""
    return lambda x, *given: moved(x, (dt, field(x, *given)))


def rk4(field: Field, dt: float) -> Step:
    """The classical Runge–Kutta method (Kutta 1901): four looks at the field, fourth order.

    An input is held constant during the step.
    """

    def step(x: Any, *given: Any) -> Any:
        a = field(x, *given)
        b = field(moved(x, (dt / 2, a)), *given)
        c = field(moved(x, (dt / 2, b)), *given)
        d = field(moved(x, (dt, c)), *given)
        return moved(x, (dt / 6, a), (dt / 3, b), (dt / 3, c), (dt / 6, d))

    return step


def symplectic_euler(acceleration: Field, dt: float) -> Step:
    """Semi-implicit Euler: first the speed, then the place *with the new speed*.

    acceleration: ``acceleration(q, v, *input)``; the state is ``{"q": …, "v": …}``.

    First order as Euler is, at the same price; but where the force comes from a potential the step
    keeps volumes of (q, v), and the energy swings about its value for ever instead of drifting.
    """

    def step(state: dict[str, Any], *given: Any) -> dict[str, Any]:
        q, v = state["q"], state["v"]
        v = v + dt * acceleration(q, v, *given)
        return {"q": q + dt * v, "v": v}

    return step


def leapfrog(acceleration: Field, dt: float) -> Step:
    """Half a kick, a drift, half a kick (Störmer–Verlet): second order, symplectic, reversible.

    acceleration: ``acceleration(q, v, *input)``. The order and the energy's good manners are those
    of forces that depend on the place alone; with drag it is still a method, of first order.
    """

    def step(state: dict[str, Any], *given: Any) -> dict[str, Any]:
        q, v = state["q"], state["v"]
        half = v + dt / 2 * acceleration(q, v, *given)
        q = q + dt * half
        return {"q": q, "v": half + dt / 2 * acceleration(q, half, *given)}

    return step


def repeated(step: Step, times: int) -> Step:
    """A step made of several: for a film whose frames are further apart than the steps may be."""

    def several(state: Any, *given: Any) -> Any:
        for _ in range(times):
            state = step(state, *given)
        return state

    return several


# Steps that choose their own size ---------------------------------------------------------------

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
    field: Field, state: Any, times: Sequence[float], rtol: float = 1e-6, atol: float = 1e-9,
    max_steps: int = 100_000,
) -> Any:  # fmt: skip
    """The path at the times asked for, by steps as long as the tolerance allows.

    field: ``field(state)`` gives the rates; a law that changes in time has the time in its state.
    times: increasing; the first is the state's own.
    rtol, atol: the error allowed in a step, for each number: atol + rtol · |number|.

    Returns the state's container, each array with a first axis like `times`.

    Dormand & Prince's pair of fifth and fourth order: the difference of the two tells the error, and
    so the size of the next step. Between steps, a polynomial of fourth order (Shampine 1986).

    The sizes of the steps are chosen from *values*, and are constants to the derivative: that of the
    path on just these steps, which is as accurate as the path. (How the steps would have moved is
    the derivative of an error, and noise.)

    Raises ValueError if the times do not increase; ArithmeticError if the step becomes too small or
    there are more than max_steps.
    """
    times = [float(t) for t in times]
    if not times or any(not b > a for a, b in zip(times, times[1:], strict=False)):
        raise ValueError(f"The times must increase, from the state's own on, but they are {times}.")
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


# States as vectors --------------------------------------------------------------------------------


def moved(state: Any, *terms: tuple[float, Any]) -> Any:
    """state + Σ c · rates, in the state's container.

    Raises ValueError if the rates are of another form than the state.
    """
    items, rebuild = spread(state)
    for c, rates in terms:
        others = spread(rates)[0]
        if len(others) != len(items):
            raise ValueError(
                f"The field must give a rate for each number of the state. The state's form is "
                f"{form(state)}, but that of the rates {form(rates)}."
            )
        items = [x + c * k for x, k in zip(items, others, strict=True)]
    return rebuild(items)


def stacked(path: list[Any]) -> Any:
    """A list of states as one, whose arrays have a first axis for the list."""
    _, rebuild = spread(path[0])
    rows = zip(*(spread(state)[0] for state in path), strict=True)
    return rebuild([arrays.stack(list(row)) for row in rows])


def _at(inputs: Any, k: Any) -> Any:
    items, rebuild = spread(inputs)
    return rebuild([x[k] for x in items])
