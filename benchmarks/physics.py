"""Recognising and steering what moves: each on a world that another program made, with one seed a round.

The figures beside the times are the worst over the seeds; for the swing-up and the training without
labels, how many seeds did it. All of it runs in this process, on one thread. Beside what should work
stands what should not: the naive bounce, the plain network, the numbers that nobody identified. Of the
last there are four, since a wrong model need not fail: it fails if it is wrong about what is possible.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.harness import Case, Figures, Goal, Options, Program, Results

TITLE = "physics: from films of worlds that others made; the worst of each figure over the seeds"
ROUNDS = 8

SPRING, BALL = "a spring's film", "a ball's film"
SWING, ENERGY, LABELS = "swing-up by sight", "energy over 100 s", "places without labels"
IDENTIFIED, GUESSED = "identified", "first guess"
GUESSES = {
    # believes that the motor can lift it straight up, and so never thinks of swinging
    GUESSED: {"gravity": 3.0, "drag": 0.3, "gain": 12.0},
    "half the gravity": {"gravity": 4.75, "drag": 0.1, "gain": 4.3},
    "twice the gravity": {"gravity": 19.0, "drag": 0.1, "gain": 4.3},
    "half the motor": {"gravity": 9.5, "drag": 0.1, "gain": 2.0},
}
GROWING, HAMILTON, SOFT = "growing horizon", "Hamiltonian", "soft at first"


def cases() -> list[Case]:
    engines = {
        SPRING: (GROWING, "all frames at once"),
        BALL: ("time of impact", "naive"),
        SWING: (IDENTIFIED, *GUESSES),
        ENERGY: (HAMILTON, "plain"),
        LABELS: (SOFT, "sharp from the start"),
    }
    return [Case(name, dict.fromkeys(each, _nothing)) for name, each in engines.items()]


def _nothing() -> Program:
    return Program({})  # measured here, without workers


def measure(
    module: str, cases: Sequence[Case], options: Options, say: Callable[[str], None]
) -> Results:
    """Everything with the seeds 0, 1, …"""
    results = Results()
    for case in cases:
        results.cases[case.name] = {engine: Figures() for engine in case.engines}
    if not find_spec("scipy"):
        for engines in results.cases.values():
            for figures in engines.values():
                figures.missing = "scipy, which makes the true worlds, is not installed"
        return results
    for case in cases:
        for seed in range(options.rounds):
            for engine, figures in results.cases[case.name].items():
                say(f"{case.name}: seed {seed}, {engine}")
                cpu, wall = time.process_time(), time.perf_counter()
                worst, counted = _RUNS[case.name](engine, seed)
                figures.cpu.setdefault("", []).append(time.process_time() - cpu)
                figures.wall.setdefault("", []).append(time.perf_counter() - wall)
                for name, figure in worst.items():
                    figures.notes[name] = max(figure, figures.notes.get(name, 0.0))
                for name, yes in counted.items():
                    figures.notes[name] = figures.notes.get(name, 0.0) + bool(yes)
    return results


Outcome = tuple[dict[str, float], dict[str, bool]]  # the worst counts; how many counts


def _spring(engine: str, seed: int) -> Outcome:
    from benchmarks import films
    from dpkit import physics

    rng = np.random.default_rng(seed)
    truth = {"stiffness": rng.uniform(3, 7), "length": rng.uniform(0.6, 0.9)}
    tracks = films.spring_tracks(*truth.values(), rng, frames=60)
    film = films.filmed(films.BALLS, tracks[:20], rng)
    guess = {"stiffness": 2.0, "length": 0.5}
    horizons = None if engine == GROWING else (len(film),)
    found = physics.physics_from_video(
        _simulate_spring, film, films.BALLS, guess, 0.1, horizons=horizons
    )
    path = _simulate_spring(found.numbers, found.starts, 59)["q"]
    far = np.linalg.norm(path - tracks, axis=-1)[20:] / films.BALLS.canvas.pixel
    ahead = {"px ahead": float(np.sqrt(np.mean(far**2))), "px at worst": float(far.max())}
    return {**_off(found.numbers, truth), **ahead}, {}


def _simulate_spring(numbers: Any, starts: Any, steps: int) -> Any:
    from dpkit import physics

    law = physics.Spring(numbers["stiffness"], numbers["length"])
    return physics.rollout(physics.repeated(physics.rk4(law.field, 0.05), 2), starts, steps)


def _ball(engine: str, seed: int) -> Outcome:
    from benchmarks import films
    from dpkit import physics

    rng = np.random.default_rng(seed)
    truth = {"gravity": rng.uniform(5, 8), "restitution": rng.uniform(0.7, 0.9)}
    film = films.filmed(films.BALL, films.ball_tracks(*truth.values(), rng), rng)
    method = physics.naive_step if engine == "naive" else physics.impact_step

    def simulate(numbers: Any, starts: Any, steps: int) -> Any:
        step = method(0.05, numbers["gravity"], numbers["restitution"], films.FLOOR)
        return physics.rollout(step, starts, steps)

    guess = {"gravity": 4.0, "restitution": 0.5}
    found = physics.physics_from_video(simulate, film, films.BALL, guess, 0.05)
    return _off(found.numbers, truth), {}


def _swing(engine: str, seed: int) -> Outcome:
    from benchmarks import films
    from dpkit import physics
    from dpkit.render import Canvas

    look, rng = physics.Rod(Canvas(32)), np.random.default_rng(seed)
    truth = {"gravity": rng.uniform(8, 11), "drag": rng.uniform(0.05, 0.15)}
    truth["gain"] = truth["gravity"] * rng.uniform(0.4, 0.5)  # too weak to lift it straight up
    numbers = GUESSES.get(engine, GUESSES[GUESSED])

    def model(numbers: Any) -> Any:
        law = physics.Pendulum(1.0, numbers["gravity"], numbers["drag"], numbers["gain"])
        return physics.leapfrog(law.acceleration, 0.05)

    worst = {}
    if engine == IDENTIFIED:
        film, torques = films.pendulum_film(look, rng, **truth)
        simulate = lambda numbers, starts, steps: physics.rollout(  # noqa: E731
            model(numbers), starts, steps, torques
        )
        numbers = physics.physics_from_video(simulate, film, look, numbers, 0.05).numbers
        worst = _off(numbers, truth)
    world = films.TruePendulum(look, np.random.default_rng(seed), **truth)
    planner = physics.Planner(model(numbers), physics.swing_up_cost, rng=seed)
    physics.mpc(world, look, model(numbers), planner, steps=160, dt=0.05)
    off = abs(np.angle(np.exp(1j * (np.array(world.angles) - np.pi))))
    return worst, {"upright": off.min() < 0.2, "held": off[-20:].max() < 0.2}


def _energy(engine: str, seed: int) -> Outcome:
    from dpkit import physics

    rng = np.random.default_rng(seed)
    energy = lambda state: state[..., 1] ** 2 / 2 + 3 * (1 - np.cos(state[..., 0]))  # noqa: E731
    states = rng.uniform([-2.2, -3.0], [2.2, 3.0], (800, 2))
    states = states[energy(states) < 5.0][:200]
    rates = np.stack([states[:, 1], -3 * np.sin(states[:, 0])], 1)
    rates = rates + 0.05 * rng.normal(size=rates.shape)
    start, drift = np.array([[1.6, 0.0], [1.0, 0.0]]), []
    kinds = (physics.RateNetwork, physics.HamiltonianNetwork)
    for kind in kinds if engine == HAMILTON else kinds[:1]:
        net = kind(1, (32,), rng=seed)
        physics.train_rates(net, states, rates, 300)
        path = physics.rollout(physics.rk4(net.rates, 0.1), start, 1000)
        drift.append(float(abs(energy(path) / energy(start) - 1).max()))
    return {"drift": drift[-1], "of the plain one's": drift[-1] / drift[0]}, {}


def _labels(engine: str, seed: int) -> Outcome:
    from benchmarks import films
    from dpkit import physics

    rng = np.random.default_rng(seed)
    truth = {"stiffness": rng.uniform(3, 7), "length": rng.uniform(0.6, 0.9)}
    tracks = films.spring_tracks(*truth.values(), rng, clips=24)
    film = films.filmed(films.BALLS, tracks, rng)
    soft = (4.0, 0.5) if engine == SOFT else (0.5, 0.5)
    learned = physics.learn_places(
        film, films.BALLS.canvas, films.BALLS.radius, 2, softness=soft, rng=seed
    )
    places = learned.encoder.places(film)
    far = min(
        np.linalg.norm(places[..., order, :] - tracks, axis=-1).mean()
        for order in ([0, 1], [1, 0])  # nobody said which is the first
    )
    some = places[:, :8]
    starts = physics.first_starts(some[:3], 0.1)
    guess = {"stiffness": 2.0, "length": 0.5}
    found = physics.fit_tracks(_simulate_spring, some, guess, starts)
    off = _off(found.numbers, truth)
    pixels = float(far / films.BALLS.canvas.pixel)
    return {"px": pixels, **off}, {"found": pixels < 0.2 and off["stiffness, %"] < 2.0}


def _off(found: dict[str, float], truth: dict[str, float]) -> dict[str, float]:
    return {f"{name}, %": abs(100 * (found[name] / value - 1)) for name, value in truth.items()}


_RUNS = {SPRING: _spring, BALL: _ball, SWING: _swing, ENERGY: _energy, LABELS: _labels}


def goals(results: Results) -> list[Goal]:
    seeds = max(len(each.cpu.get("", [])) for each in results.cases[SPRING].values())

    def note(case: str, engine: str, name: str) -> float | None:
        return results.cases[case][engine].notes.get(name)

    impact = "time of impact"
    return [
        Goal("spring: stiffness off by, %", note(SPRING, GROWING, "stiffness, %"), 0.5, most=True),
        Goal("spring: length off by, %", note(SPRING, GROWING, "length, %"), 0.1, most=True),
        Goal(
            "spring: over 40 frames ahead, px (root mean square)",
            note(SPRING, GROWING, "px ahead"), 0.1, most=True,
        ),
        Goal(
            "spring: … and the worst of all balls and frames, px",
            note(SPRING, GROWING, "px at worst"), 0.1, most=True,
        ),
        Goal("ball: gravity off by, %", note(BALL, impact, "gravity, %"), 0.3, most=True),
        Goal("ball: restitution off by, %", note(BALL, impact, "restitution, %"), 0.3, most=True),
        Goal(f"upright, of {seeds}", note(SWING, IDENTIFIED, "upright"), seeds),
        Goal(f"held, of {seeds}", note(SWING, IDENTIFIED, "held"), seeds * 7 / 8),
        Goal(f"first guess upright, of {seeds}", note(SWING, GUESSED, "upright"), 0, most=True),
        Goal(
            "energy drift ÷ the plain network's",
            note(ENERGY, HAMILTON, "of the plain one's"), 0.1, most=True,
        ),
        Goal(f"places without labels, of {seeds}", note(LABELS, SOFT, "found"), seeds * 7 / 8),
    ]  # fmt: skip
