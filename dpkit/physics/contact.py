"""Contact: the right value and the wrong derivative.

A ball falls and bounces. The obvious step moves it and asks whether it is below the floor: then the
speed is turned round. With smaller steps its path converges to the true one. Its *derivative* does
not. The height at the end depends on the height at the start through the **time of impact**: from
higher up the ball hits later and faster. In the obvious program the impact happens at the end of a
step, whichever it is: a time that does not move when the start does. After the bounce nothing is left
of where the ball was, and the derivative of the last height by the first can be 0.000, whatever
the size of the step, where the truth is -0.747.

The cure is to compute the time of impact, and to let it take part: up to it, turn round, and on from
there for what is left of the step. Then one step is exact, and so is its derivative.

    state                                 {"q": (…, d), "v": (…, d)}: the last coordinate is the height
    naive_step(dt, gravity, …)            the obvious program
    reflecting_step(dt, gravity, …)       the usual mend: reflect what sank below the floor
    impact_step(dt, gravity, …)           by the time of impact
    impact_time(height, speed, …)         when it hits

Sources: Hu, Anderson, Li et al., "DiffTaichi: Differentiable Programming for Physical Simulation",
ICLR 2020, section 4 (the naive step's derivative, and the cure); Brogliato, "Nonsmooth Mechanics", 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dpkit import arrays, functions
from dpkit.physics.needs import need_positive
from dpkit.relax.given import alike, values_of

__all__ = ["impact_step", "impact_time", "naive_step", "reflecting_step"]

Step = Callable[[dict[str, Any]], dict[str, Any]]


def naive_step(dt: float, gravity: Any, restitution: Any, floor: float = 0.0) -> Step:
    """Semi-implicit Euler, then: below the floor? put it there, and turn its speed round.

    Its place after a bounce is a constant, so what it knew of its start is only in the speed. And
    the speed at a time fixed in advance does not depend on the height at all.

    dt: the time of a step. gravity: downwards. restitution: how much of the speed a bounce keeps.
    floor: its height. The state: ``{"q": …, "v": …}``, heights alone or the last of d coordinates.

    Raises ValueError if dt is not positive.
    """
    need_positive("The time dt of a step", dt)

    def step(state: dict[str, Any]) -> dict[str, Any]:
        flat, y, v = _apart(state)
        v = v - dt * gravity
        y = y + dt * v
        below = values_of(y) < floor
        y, v = _where(below, floor, y), _where(below, -restitution * v, v)
        return _together(state, flat, dt, y, v)

    return step


def reflecting_step(dt: float, gravity: Any, restitution: Any, floor: float = 0.0) -> Step:
    """As the naive one, but what sank below the floor is reflected, shortened like the speed.

    The derivative is no longer 0, and still wrong: it converges to -restitution, as if the ball had
    hit the floor at the same *time* from any height and merely been mirrored. Arguments and errors as
    for `naive_step`.
    """
    need_positive("The time dt of a step", dt)

    def step(state: dict[str, Any]) -> dict[str, Any]:
        flat, y, v = _apart(state)
        v = v - dt * gravity
        y = y + dt * v
        below = values_of(y) < floor
        y = _where(below, floor - restitution * (y - floor), y)
        v = _where(below, -restitution * v, v)
        return _together(state, flat, dt, y, v)

    return step


def impact_time(height: Any, speed: Any, gravity: Any) -> Any:
    """When a ball hits the floor: the later root of height + speed · t - gravity · t²/2 = 0.

    height: above the floor, not negative; speed: upwards; gravity: positive. Any shapes.
    """
    square = functions.maximum(speed * speed + 2.0 * gravity * height, 1e-300)  # 0: a resting ball
    return (speed + functions.sqrt(square)) / gravity


def impact_step(
    dt: float, gravity: Any, restitution: Any, floor: float = 0.0, bounces: int = 3
) -> Step:
    """Free fall up to the floor, the bounce, and free fall for the rest of the step: exact.

    bounces: how many are looked for in one step. A ball that bounces more often than that in a step
    is taken to have come to rest. The other arguments as for `naive_step`.

    Raises ValueError if dt or gravity is not positive, or bounces less than 1.
    """
    need_positive("The time dt of a step", dt)
    need_positive("Gravity, which brings the ball back,", gravity)
    if bounces < 1:
        raise ValueError(f"At least one bounce in a step is looked for, but bounces is {bounces}.")

    def step(state: dict[str, Any]) -> dict[str, Any]:
        flat, y, v = _apart(state)
        y, left = y - floor, dt + 0.0 * y
        for count in range(bounces + 1):
            when = impact_time(y, v, gravity)
            hits = values_of(when) < values_of(left)
            if count == bounces or not hits.any():
                break
            safe = _where(hits, when, left)
            y = _where(hits, 0.0, y)
            v = _where(hits, -restitution * (v - gravity * safe), v)
            left = _where(hits, left - safe, left)
        y, v = y + v * left - gravity * left * left / 2.0, v - gravity * left
        if hits.any():  # and no end of it: at rest
            y, v = _where(hits, 0.0, y), _where(hits, 0.0, v)
        return _together(state, flat, dt, y + floor, v)

    return step


def _apart(state: dict[str, Any]) -> tuple[bool, Any, Any]:
    """Whether there are coordinates beside the height; height and its speed."""
    q, v = state["q"], state["v"]
    if not len(getattr(q, "shape", ())):
        return True, q, v
    return False, q[..., -1], v[..., -1]


def _together(state: dict[str, Any], flat: bool, dt: float, y: Any, v: Any) -> dict[str, Any]:
    """The new state; what is beside the height goes straight on."""
    if flat:
        return {"q": y, "v": v}
    q, speed = state["q"], state["v"]
    beside = q[..., :-1] + dt * speed[..., :-1]
    up = arrays.expand_dims(y, -1)
    return {
        "q": arrays.concatenate([beside, up], -1),
        "v": arrays.concatenate([speed[..., :-1], arrays.expand_dims(v, -1)], -1),
    }


def _where(condition: Any, x: Any, y: Any) -> Any:
    """`where`, with a condition in the library of the values."""
    if not condition.shape:
        return x if condition else y
    like = next((each for each in (y, x) if getattr(each, "shape", None)), y)
    return functions.where(alike(condition.astype(float), like) > 0, x, y)
