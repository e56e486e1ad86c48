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

from collections.abc import Callable
from typing import Any

from dpkit import arrays
from dpkit.backends import shape_of
from dpkit.checkpoint import checkpoint
from dpkit.containers import form, spread
from dpkit.physics.needs import need_finite, need_step

__all__ = ["euler", "leapfrog", "repeated", "rk4", "rollout", "symplectic_euler"]

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

    Raises ValueError if steps is negative, the state or an input is not finite, there are fewer
    inputs than steps, or a step changes the state's form.
    """
    if steps < 0 or (checkpoint_every is not None and checkpoint_every < 1):
        raise ValueError(
            f"steps must not be negative and checkpoint_every at least 1, but they are {steps} and "
            f"{checkpoint_every}."
        )
    need_finite("The state at the start", state)
    if inputs is not None:
        need_finite("The inputs", inputs)
        counts = [(shape_of(x) or (0,))[0] for x in spread(inputs)[0]]
        if min(counts, default=0) < steps:
            raise ValueError(
                f"{steps} steps need as many inputs, but there are {min(counts, default=0)}. Their "
                "first axis counts the steps."
            )
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
    """Explicit Euler: ``x + dt · field(x)``. First order, and it feeds energy into what swings.

    dt: the time of a step, negative to walk back. This one, and all below, raise ValueError if it is
    0 or not finite.
    """
    need_step(dt)
    return lambda x, *given: moved(x, (dt, field(x, *given)))


def rk4(field: Field, dt: float) -> Step:
    """The classical Runge–Kutta method (Kutta 1901): four looks at the field, fourth order.

    An input is held constant during the step.
    """
    need_step(dt)

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
    need_step(dt)

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
    need_step(dt)

    def step(state: dict[str, Any], *given: Any) -> dict[str, Any]:
        q, v = state["q"], state["v"]
        half = v + dt / 2 * acceleration(q, v, *given)
        q = q + dt * half
        return {"q": q, "v": half + dt / 2 * acceleration(q, half, *given)}

    return step


def repeated(step: Step, times: int) -> Step:
    """A step made of several: for a film whose frames are further apart than the steps may be.

    Raises ValueError if times is less than 1.
    """
    if times < 1:
        raise ValueError(f"A step is repeated at least once, but times is {times}.")

    def several(state: Any, *given: Any) -> Any:
        for _ in range(times):
            state = step(state, *given)
        return state

    return several


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
