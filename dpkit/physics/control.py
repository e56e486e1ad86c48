"""Steering by looking ahead: plan, take the first step, look again.

*Model predictive control*: a simulator that can be differentiated tells how the path of the next two
seconds would change with each push, so a plan is made by descent on the pushes. Of the plan only the
first push is made. Then the camera looks, and planning goes on from there, beginning with what is left
of the last plan.

    planner = Planner(step, swing_up_cost, horizon=40, limit=1.0)
    run = mpc(world, look, step, planner, steps=160, dt=0.05)
    run.frames, run.ghosts                      # what the camera saw, and what was planned each time

The model is never quite right and the camera noisy, and looking again mends a good deal of that. It
cannot mend a model that is wrong about what is *possible*: one that believes its motor strong enough to
lift the weight straight up pushes for ever, and never swings.

Sources: Mayne, Rawlings, Rao & Scokaert, "Constrained model predictive control", Automatica 36, 2000;
from pictures: Jaques, Burke & Hospedales, "Physics-as-inverse-graphics", ICLR 2020.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from dpkit import arrays, functions
from dpkit.containers import spread
from dpkit.optim import Adam
from dpkit.physics.integrate import rollout
from dpkit.physics.look import Rod
from dpkit.physics.needs import need_positive
from dpkit.render import progress_line
from dpkit.tensor import tensor
from dpkit.transforms import jvp

__all__ = ["Plan", "Planner", "Run", "World", "mpc", "swing_up_cost"]

FLAT = 2.0  # where tanh has nearly no slope left; from further out no descent would come back

State = dict[str, Any]
Cost = Callable[[State, Any], Any]


class World(Protocol):
    """What is steered: something that can be looked at and pushed, and no more."""

    def look(self) -> np.ndarray:
        """What the camera sees now."""

    def push(self, torque: float) -> None:
        """Let time go on to the next frame under a constant torque."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """pushes: (horizon,); path: where they would lead, ``{"q": (horizon + 1,), …}``; cost."""

    pushes: np.ndarray
    path: dict[str, np.ndarray]
    cost: float


@dataclasses.dataclass(frozen=True)
class Run:
    """What happened, for a film: one entry for each frame.

    frames: (steps, height, width), what the camera saw. angles, speeds: what was believed.
    torques: (steps,), what was done. ghosts: (steps, horizon + 1), the angles planned at each frame.
    """

    frames: np.ndarray
    angles: np.ndarray
    speeds: np.ndarray
    torques: np.ndarray
    ghosts: np.ndarray


def swing_up_cost(state: State, push: Any) -> Any:
    """Hanging is bad, and speed and pushing are a little bad: 1 + cos q + 0.01 v² + 0.005 u².

    state: ``{"q": …, "v": …}`` and push, any one shape (…).

    Returns residuals (3, …), of which these are the squares' sum. (1 + cos q is 2 cos²(q/2).)
    """
    high = 2**0.5 * functions.cos(state["q"] / 2)
    return arrays.stack([high, 0.1 * state["v"], 0.005**0.5 * push])


class Planner:
    """Plans by descent through a model: several at once, and the best one to the bottom.

    First Adam, for all plans, by a reverse sweep through their paths: it finds the valley. Then the
    best is polished by `_sweep`, step by step backwards in time. Balancing needs that: what falls
    over multiplies each mistake by hundreds until the plan's end, and a descent on pushes alone
    creeps along a canyon.

    step: the model, ``step(state, push)``; states have an axis for the plans, which costs nearly
        nothing: the time goes into the number of operations, not into their size.
    cost: ``cost(state, push)``, residuals (rows, …) of a state and the push that led to it; what is
        minimised is the mean over the horizon of the sum of their squares.
    horizon: how many steps a plan has. limit: the largest push; they are limit · tanh(…).
    plans: how many are followed. The first goes on from the last best one, the others begin with
        changes of it or afresh: a descent alone would stay in the first valley.
    iterations: Adam's steps for all plans, of the size lr; polish: sweeps for the best.
    rng: a seed or a generator, for the fresh plans.

    Raises ValueError if the horizon is less than 1, plans less than 2, or the limit not positive.
    """

    def __init__(
        self, step: Callable[..., Any], cost: Cost, horizon: int = 40, limit: float = 1.0,
        plans: int = 8, iterations: int = 6, polish: int = 4, lr: float = 0.2,
        rng: Any = None,
    ) -> None:  # fmt: skip
        if horizon < 1 or plans < 2:
            raise ValueError(
                "A planner looks at least one step ahead and follows at least two plans, the last one "
                f"and a fresh one, but horizon is {horizon} and plans is {plans}."
            )
        need_positive("The largest push", limit)
        self.step, self.cost, self.horizon, self.limit = step, cost, horizon, limit
        self.plans, self.iterations, self.polish, self.lr = plans, iterations, polish, lr
        self.rng = np.random.default_rng(rng)
        self.raw = self._fresh(1)[:, 0]

    def plan(self, state: State) -> Plan:
        """The best plan from a state of single numbers, ``{"q": …, "v": …}``.

        Raises ValueError if the state is not finite.
        """
        raw = tensor(self._starts(), requires_grad=True)
        start, optimizer = _copies(state, self.plans), Adam([raw], lr=self.lr)
        for k in range(self.iterations):
            optimizer.param_groups[0]["lr"] = self.lr * (1 - k / self.iterations)
            optimizer.zero_grad()
            arrays.sum(self._follow(start, raw)[1]).backward()
            optimizer.step()
            raw.data = np.clip(raw.data, -FLAT, FLAT)
        path, costs = self._follow(start, raw.numpy())
        best = int(np.argmin(costs))
        path, pushes = _column(path, best), raw.numpy()[:, best]
        cost = float(costs[best])
        for _ in range(self.polish):
            path, pushes, cost = self._sweep(path, pushes, cost)
        self.raw = np.append(pushes[1:], 0.0)  # what is left of it next time
        return Plan(self.limit * np.tanh(pushes), path, cost)

    def _follow(self, start: State, raw: Any) -> tuple[State, Any]:
        """The paths and the costs of plans, raw (horizon, plans)."""
        pushes = self.limit * functions.tanh(raw)
        path = rollout(self.step, start, self.horizon, pushes)
        items, rebuild = spread(path)
        residuals = self.cost(rebuild([x[1:] for x in items]), pushes)
        return path, arrays.sum(residuals * residuals, axis=(0, 1)) / self.horizon

    def _sweep(self, path: State, raw: np.ndarray, cost: float) -> tuple[State, np.ndarray, float]:
        """One step of Gauss & Newton along time: iLQR (Li & Todorov, ICINCO 2004).

        How each step answers to its state and its push comes from a jvp for each of these, for all
        times at once. Backwards in time, that gives for each push a change and how it should answer
        if the state turns out different; forwards, four lengths of the change are tried. The answer
        is what keeps a plan for something unstable from falling over while it is changed.
        """
        items, rebuild = spread(path)
        before = [x[:-1] for x in items]

        def one(raw: Any, *now: Any) -> tuple[list[Any], Any]:
            push = self.limit * functions.tanh(raw)
            after = self.step(rebuild(list(now)), push)
            return spread(after)[0], self.cost(after, push)

        still, moving = np.zeros_like(raw), np.ones_like(raw)
        answers, slopes = [], []
        for k in range(len(items) + 1):
            direction = [moving if k == j else still for j in range(len(items) + 1)]
            (_, residuals), (after, slope) = jvp(one, (raw, *before), tuple(direction))
            answers.append(np.stack(after, -1))
            slopes.append(slope)
        by, row = np.stack(answers, -1), np.stack(slopes, -1)  # (T, n, 1 + n), (rows, T, 1 + n)
        value, curve = np.zeros(len(items)), np.zeros((len(items), len(items)))
        change, answer = np.zeros(self.horizon), np.zeros((self.horizon, len(items)))
        for t in reversed(range(self.horizon)):
            first = row[:, t].T @ residuals[:, t] + by[t].T @ value
            second = row[:, t].T @ row[:, t] + by[t].T @ curve @ by[t]
            stiff = second[0, 0] + 1e-3  # where tanh is flat, a push has nearly no curvature
            change[t], answer[t] = -first[0] / stiff, -second[0, 1:] / stiff
            value = first[1:] + answer[t] * first[0]
            curve = second[1:, 1:] + np.outer(answer[t], second[0, 1:])
        lengths = np.array([1.0, 0.5, 0.2, 0.05])
        state, states, tried = rebuild([np.full(4, x[0]) for x in items]), [], []
        for t in range(self.horizon):
            off = sum(
                k * (now - old[t])
                for k, now, old in zip(answer[t], spread(state)[0], items, strict=True)
            )
            tried.append(np.clip(raw[t] + lengths * change[t] + off, -FLAT, FLAT))
            states.append(state)
            state = self.step(state, self.limit * np.tanh(tried[-1]))
        new, costs = self._follow(states[0], np.array(tried))
        best = int(np.argmin(costs))
        if not costs[best] < cost:
            return path, raw, cost
        return _column(new, best), np.array(tried)[:, best], float(costs[best])

    def _starts(self) -> np.ndarray:
        """(horizon, plans): the last plan, changes of it, and fresh ones."""
        half = self.plans // 2
        changed = self.raw[:, None] + 0.3 * self._fresh(half - 1)
        return np.concatenate([self.raw[:, None], changed, self._fresh(self.plans - half)], axis=1)

    def _fresh(self, count: int) -> np.ndarray:
        """Pushes to and fro: waves of random period and phase."""
        time = np.arange(self.horizon)[:, None]
        period = self.rng.uniform(15, 80, count)
        return 1.5 * np.sin(2 * np.pi * (time / period + self.rng.random(count)))


def mpc(
    world: World, look: Rod, step: Callable[..., Any], planner: Planner, steps: int, dt: float,
    trust: tuple[float, float] = (0.8, 0.4), progress: bool = False,
) -> Run:  # fmt: skip
    """Steer a pendulum from its camera alone.

    world: see `World`; it begins at rest, hanging. look: how the pendulum looks. step: the model of
    one frame, ``step(state, torque)``. steps: frames; dt: the time between them.
    trust: how much of the difference between what the model said and what the camera sees goes into
        the angle, and into the speed (the α and β of an α-β filter).
    progress: whether to show a line that says how far it is, and what the plan costs.

    Raises ValueError if steps is less than 1, dt not positive, or the camera's pictures are not those
    of the look.
    """
    need_positive("The time dt between two frames", dt)
    if steps < 1:
        raise ValueError(f"At least one frame is steered through, but steps is {steps}.")
    shown = progress_line(steps, "cost") if progress else None
    believed = {"q": float(look.locate(world.look()[None])[0]), "v": 0.0}
    kept: list[tuple[Any, ...]] = []
    for k in range(steps):
        frame = world.look()
        surprise = look.see(frame, believed["q"]) - believed["q"]
        believed = {
            "q": believed["q"] + trust[0] * surprise,
            "v": believed["v"] + trust[1] * surprise / dt,
        }
        plan = planner.plan(believed)
        torque = float(plan.pushes[0])
        kept.append((frame, believed["q"], believed["v"], torque, plan.path["q"]))
        world.push(torque)
        believed = {name: float(x) for name, x in step(believed, torque).items()}
        if shown:
            shown(k, plan.cost)
    return Run(*(np.array(each) for each in zip(*kept, strict=True)))


def _copies(state: State, count: int) -> State:
    items, rebuild = spread(state)
    return rebuild([np.full(count, float(x)) for x in items])


def _column(path: State, k: int) -> State:
    items, rebuild = spread(path)
    return rebuild([x[:, k] for x in items])
