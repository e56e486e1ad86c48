"""Things that move, each by a law of a line or two and with its energy to check it by.

A system is its numbers. ``system.acceleration(q, v)`` is its law, ``system.field`` the same for
integrators of first order, ``system.energy(q, v)`` what must stay where nothing drives or brakes.
The numbers may be tensors: then paths can be differentiated by them. Places and speeds may have any
axes in front, for many at a time.

Units are yours, as long as they agree; the defaults are in metres, seconds and kilograms.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from dpkit import arrays, functions
from dpkit.linalg import norm
from dpkit.physics.integrate import rk4
from dpkit.physics.needs import need_finite, need_positive
from dpkit.relax.given import constant, values_of

__all__ = ["CartPole", "Javelin", "Mechanics", "Pendulum", "Spring", "TwoBody", "throw"]


class Mechanics:
    """What all have: the law as a field. The state is ``{"q": places, "v": speeds}``."""

    def acceleration(self, q: Any, v: Any, *given: Any) -> Any:
        """How the speed changes, in the shape of q."""
        raise NotImplementedError(f"{type(self).__name__} needs a method acceleration(q, v).")

    def field(self, state: dict[str, Any], *given: Any) -> dict[str, Any]:
        """The rates of a state, for `euler`, `rk4` and `adaptive`."""
        q, v = state["q"], state["v"]
        return {"q": v, "v": self.acceleration(q, v, *given)}


@dataclasses.dataclass(frozen=True)
class Spring(Mechanics):
    """Two balls joined by a spring, free in the plane (or in space).

    stiffness: k, force per length. length: at rest. mass: of each ball.
    q, v: (…, 2 balls, d).
    """

    stiffness: Any = 4.0
    length: Any = 1.0
    mass: Any = 1.0

    def acceleration(self, q: Any, v: Any) -> Any:
        apart = q[..., 1, :] - q[..., 0, :]
        far = norm(apart, axis=-1, keepdims=True)
        pull = self.stiffness / self.mass * (1.0 - self.length / far) * apart
        return arrays.stack([pull, -pull], -2)

    def energy(self, q: Any, v: Any) -> Any:
        """Of motion and of the spring: (…)."""
        stretch = norm(q[..., 1, :] - q[..., 0, :], axis=-1) - self.length
        motion = self.mass / 2 * arrays.sum(v * v, axis=(-2, -1))
        return motion + self.stiffness / 2 * stretch * stretch


@dataclasses.dataclass(frozen=True)
class Pendulum(Mechanics):
    """A weight on a rod. q: its angle in radians, 0 hanging, anticlockwise; v: its rate; any shape.

        dv/dt = -gravity/length · sin q  -  drag · v  +  gain · torque

    drag: 1/time. gain: what a torque of 1 does, 1/time²; the torque is an input of the step.
    """

    length: Any = 1.0
    gravity: Any = 9.81
    drag: Any = 0.0
    gain: Any = 1.0

    def acceleration(self, q: Any, v: Any, torque: Any = 0.0) -> Any:
        fall = -self.gravity / self.length * functions.sin(q)
        return fall - self.drag * v + self.gain * torque

    def energy(self, q: Any, v: Any) -> Any:
        """Per mass and length², 0 at rest hanging."""
        return v * v / 2 + self.gravity / self.length * (1.0 - functions.cos(q))


@dataclasses.dataclass(frozen=True)
class CartPole(Mechanics):
    """A pole that turns freely on a cart that is pushed along a rail.

    q: (…, 2): the cart's place, and the pole's angle in radians, 0 upright, positive to the right.
    cart, pole: masses. half: half of the pole's length; the pole is a uniform rod.
    The force on the cart is an input of the step.

    Source: Florian, "Correct equations for the dynamics of the cart-pole system", 2007, without
    friction; the widespread equations of Barto, Sutton & Anderson (1983) are the same there.
    """

    cart: Any = 1.0
    pole: Any = 0.1
    half: Any = 0.5
    gravity: Any = 9.81

    def acceleration(self, q: Any, v: Any, force: Any = 0.0) -> Any:
        angle, rate = q[..., 1], v[..., 1]
        s, c = functions.sin(angle), functions.cos(angle)
        total = self.cart + self.pole
        push = (force + self.pole * self.half * rate * rate * s) / total
        turn = (self.gravity * s - c * push) / (self.half * (4 / 3 - self.pole * c * c / total))
        slide = push - self.pole * self.half * turn * c / total
        return arrays.stack([slide, turn], -1)

    def energy(self, q: Any, v: Any) -> Any:
        """Of motion and of height, 0 for the pole level and at rest: (…)."""
        slide, turn, c = v[..., 0], v[..., 1], functions.cos(q[..., 1])
        along = slide * slide / 2 * (self.cart + self.pole)
        both = self.pole * self.half * slide * turn * c
        return along + both + self.pole * self.half * (2 / 3 * self.half * turn * turn
                                                       + self.gravity * c)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class TwoBody(Mechanics):
    """A planet about its sun, or one body relative to the other: Kepler's problem.

    strength: G times the sum of both masses. q, v: (…, d), relative.
    """

    strength: Any = 1.0

    def acceleration(self, q: Any, v: Any) -> Any:
        far = norm(q, axis=-1, keepdims=True)
        return -self.strength * q / (far * far * far)

    def energy(self, q: Any, v: Any) -> Any:
        """Per reduced mass: (…)."""
        return arrays.sum(v * v, axis=-1) / 2 - self.strength / norm(q, axis=-1)

    def spin(self, q: Any, v: Any) -> Any:
        """The angular momentum per reduced mass, in the plane: (…). It stays too: Kepler's second."""
        return q[..., 0] * v[..., 1] - q[..., 1] * v[..., 0]


@dataclasses.dataclass(frozen=True)
class Javelin(Mechanics):
    """Something thrown. drag: the deceleration is drag · speed², in 1/length. q, v: (…, 2), y up."""

    gravity: Any = 9.81
    drag: Any = 0.0

    def acceleration(self, q: Any, v: Any) -> Any:
        slow = self.drag * norm(v, axis=-1, keepdims=True)
        fall = arrays.stack([0.0 * v[..., 0], 0.0 * v[..., 1] - self.gravity], -1)
        return fall - slow * v

    def energy(self, q: Any, v: Any) -> Any:
        """Per mass: (…)."""
        return arrays.sum(v * v, axis=-1) / 2 + self.gravity * q[..., 1]


def throw(javelin: Javelin, speed: Any, angle: Any, height: Any = 0.0, dt: float = 0.02) -> Any:
    """How far it flies: thrown with `speed` from `height` at `angle` (radians above level), down to
    height 0. Single numbers; dt is the time of a step.

    It flies step by step until the next step would end below the ground. How much of that step is
    left is solved for without derivatives; one step of Newton's method more, with derivatives, does
    not change the value, and gives the landing time the slope it has by the implicit function
    theorem. (The same idea as the time of impact in `contact`, for a law without a formula.)

    Raises ValueError if it does not fly upwards or from above the ground, or if gravity or dt is not
    positive: it would never land.
    """
    need_positive("Gravity, which brings it down,", javelin.gravity)
    need_positive("The time dt of a step", dt)
    need_finite("What it is thrown with", {"speed": speed, "angle": angle, "height": height})
    if values_of(height) < 0 or (values_of(height) == 0 and values_of(angle) <= 0):
        raise ValueError(
            f"From height {float(values_of(height)):g} at the angle {float(values_of(angle)):g} it "
            "would not leave the ground."
        )
    q = arrays.stack([0.0 * angle, height + 0.0 * angle])
    v = arrays.stack([speed * functions.cos(angle), speed * functions.sin(angle)])
    state, step = {"q": q, "v": v}, rk4(javelin.field, dt)
    after = step(state)
    while values_of(after["q"])[1] > 0:
        state, after = after, step(after)
    frozen, left = {name: constant(x) for name, x in state.items()}, dt
    for _ in range(20):
        end = rk4(javelin.field, left)(frozen)
        left = left - float(values_of(end["q"])[1] / values_of(end["v"])[1])
    end = rk4(javelin.field, left)(state)
    late = -end["q"][1] / constant(end["v"][1])
    return end["q"][0] + late * constant(end["v"][0])
