"""The neural programmer-interpreter: taught on small problems, run on large ones, one seed a round.

Each figure is a sum over the seeds ("proved: 5" of five), or the worst of them. Beside what should work
stands what should not: a loop instead of recursion, a network that reads digits and writes digits without
any program, few cars, a program without descent. All of it runs in this process, on one thread.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.harness import Case, Figures, Goal, Options, Program, Results

TITLE = (
    "neural programmer-interpreter: exact beyond what it was taught; worst or sum over the seeds"
)
ROUNDS = 3

ADDITION, SORTING = "addition", "bubble sort"
CAR, DRAWING = "an unseen car", "a picture explained"
RECURSIVE, LOOP, PLAIN = "recursive", "loop", "sequence to sequence"
MANY, FEW = "1,000 cars", "20 cars"
READ, REFINED = "read", "read and refined"


def cases() -> list[Case]:
    engines = {
        ADDITION: (RECURSIVE, LOOP, PLAIN),
        SORTING: (RECURSIVE, LOOP),
        CAR: (MANY, FEW),
        DRAWING: (READ, REFINED),
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
    if not find_spec("torch"):
        for engines in results.cases.values():
            for figures in engines.values():
                figures.missing = "torch is not installed"
        return results
    import torch

    torch.set_num_threads(1)
    sys.set_int_max_str_digits(0)  # sums of a thousand digits
    for case in cases:
        for seed in range(options.rounds):
            for engine, figures in results.cases[case.name].items():
                say(f"{case.name}: seed {seed}, {engine}")
                cpu, wall = time.process_time(), time.perf_counter()
                worst, summed = _RUNS[case.name](engine, seed)
                figures.cpu.setdefault("", []).append(time.process_time() - cpu)
                figures.wall.setdefault("", []).append(time.perf_counter() - wall)
                for name, figure in worst.items():
                    figures.notes[name] = min(figure, figures.notes.get(name, np.inf))
                for name, figure in summed.items():
                    figures.notes[name] = figures.notes.get(name, 0.0) + figure
    return results


Outcome = tuple[dict[str, float], dict[str, float]]  # the smallest counts; the sum counts


def _addition(engine: str, seed: int) -> Outcome:
    from dpkit.programs import npi

    if engine == PLAIN:
        return _without_programs(seed)
    net, _ = npi.learn_addition(loop=engine == LOOP, seed=seed)
    summed = {}
    if engine == RECURSIVE:
        summed["proved"] = float(not npi.verify(net, npi.every_frame()))
    worst = {}
    for digits, count in ((5, 100), (200, 100), (1000, 100)):
        pairs = npi.problems(count, digits, 10_000 + seed, exactly=True)
        pads = [npi.Pad(*pair) for pair in pairs]
        endings = npi.run_batch(net, pads, "ADD", max_steps=20 * digits + 100)
        right = [
            ending.finished and pad.result == str(int(a) + int(b))
            for pad, ending, (a, b) in zip(pads, endings, pairs, strict=True)
        ]
        worst[f"at {digits}"] = float(np.mean(right))
    return worst, summed


def _without_programs(seed: int) -> Outcome:
    """An LSTM that reads both numbers, lowest digits first, and then writes their sum."""
    import torch
    from torch import nn

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    reader, writer = nn.LSTM(22, 128, batch_first=True), nn.LSTM(11, 128, batch_first=True)
    said = nn.Linear(128, 11)
    modules = nn.ModuleList([reader, writer, said])
    adam = torch.optim.Adam(modules.parameters(), 3e-3)

    def problems(count: int, digits: int, exactly: bool) -> tuple[torch.Tensor, torch.Tensor]:
        low = 10 ** (digits - 1) if exactly else 0
        a, b = rng.integers(low, 10**digits, (2, count))
        places = 10 ** np.arange(digits + 1)
        seen = np.stack([a[:, None] // places[:-1] % 10, b[:, None] // places[:-1] % 10], 1)
        sums = (a + b)[:, None] // places % 10
        hot = nn.functional.one_hot(torch.from_numpy(seen), 11).float()
        return torch.cat([hot[:, 0], hot[:, 1]], -1), torch.from_numpy(sums)

    def write(seen: torch.Tensor, sums: torch.Tensor | None, length: int) -> torch.Tensor:
        state = reader(seen)[1]
        last, logits = torch.full((len(seen),), 10), []
        for t in range(length):
            out, state = writer(nn.functional.one_hot(last, 11).float()[:, None], state)
            logits.append(said(out[:, 0]))
            last = logits[-1].argmax(-1) if sums is None else sums[:, t]
        return torch.stack(logits, 1)

    start = time.process_time()
    while time.process_time() - start < 45:  # about what the interpreter takes
        digits = int(rng.integers(1, 4))
        seen, sums = problems(128, digits, False)
        loss = nn.functional.cross_entropy(
            write(seen, sums, digits + 1).flatten(0, 1), sums.flatten()
        )
        adam.zero_grad()
        loss.backward()
        adam.step()
    worst = {}
    with torch.no_grad():
        for digits in (3, 5):
            seen, sums = problems(200, digits, True)
            right = (write(seen, None, digits + 1).argmax(-1) == sums).all(-1)
            worst[f"at {digits}"] = float(right.float().mean())
    return worst, {}


def _sorting(engine: str, seed: int) -> Outcome:
    from dpkit.programs import npi

    net, _ = npi.learn_sorting(loop=engine == LOOP, seed=seed)
    worst, summed = {}, {}
    if engine == RECURSIVE:
        summed["proved"] = float(not npi.verify(net, npi.every_sorting_frame()))
    for long, count in ((5, 50), (10, 50), (20, 50), (60, 10)):
        rows = npi.rows(count, long, 10_000 + seed, exactly=True)
        done = [npi.Row(row) for row in rows]
        endings = npi.run_batch(net, done, "BUBBLESORT", max_steps=20 * long**2 + 200)
        right = [
            ending.finished and row.digits == sorted(before)
            for row, ending, before in zip(done, endings, rows, strict=True)
        ]
        worst[f"at {long}"] = float(np.mean(right))
    return worst, summed


def _car(engine: str, seed: int) -> Outcome:
    from dpkit.programs import npi

    net, _ = npi.learn_car(cars=1000 if engine == MANY else 20, seed=seed)
    cars = [npi.Car(1_000_000 + k) for k in range(20)]
    views = [npi.View(car, a, e) for car in cars for a in range(24) for e in range(5)]
    endings = npi.run_batch(net, views, "GOTO", max_steps=150)
    home = [v.canonical and e.finished for v, e in zip(views, endings, strict=True)]
    return {"poses": float(np.mean(home))}, {}


_readers: dict[int, Any] = {}  # trained once for both engines


def _drawing(engine: str, seed: int) -> Outcome:
    from dpkit.programs import npi

    if seed not in _readers:
        _readers[seed] = npi.learn_drawing(seed=seed)[0]
    scenes = [npi.some_scene(5 + k % 4, 1_000_000 + k, cars=1) for k in range(20)]
    found = npi.explain(
        _readers[seed], [scene.picture for scene in scenes], refine=engine == REFINED
    )
    overlaps = [
        npi.overlap(each.refined, scene.drawn) for each, scene in zip(found, scenes, strict=True)
    ]
    same = [
        each.read.commands == scene.plan.commands for each, scene in zip(found, scenes, strict=True)
    ]
    worst = {
        "mean overlap": float(np.mean(overlaps)),
        "of at least 0.95": float(np.mean(np.array(overlaps) >= 0.95)),
        "the very program": float(np.mean(same)),
    }
    return worst, {}


_RUNS = {ADDITION: _addition, SORTING: _sorting, CAR: _car, DRAWING: _drawing}


def goals(results: Results) -> list[Goal]:
    figures = results.cases[ADDITION][RECURSIVE]
    seeds = max(1, len(figures.cpu.get("", [])))

    def note(case: str, engine: str, name: str) -> float | None:
        return results.cases[case][engine].notes.get(name)

    def seconds(case: str, engine: str) -> float | None:
        return max(results.cases[case][engine].cpu.get("", []), default=None)

    return [
        Goal(f"addition proved, of {seeds}", note(ADDITION, RECURSIVE, "proved"), seeds),
        Goal("1,000-digit sums exact", note(ADDITION, RECURSIVE, "at 1000"), 1.0),
        Goal("addition: training, proof and runs, CPU s", seconds(ADDITION, RECURSIVE), 60, most=True),
        Goal("sequence to sequence, 5 digits", note(ADDITION, PLAIN, "at 5"), 0.05, most=True),
        Goal(f"sorting proved, of {seeds}", note(SORTING, RECURSIVE, "proved"), seeds),
        Goal("60 digits sorted, stack empty", note(SORTING, RECURSIVE, "at 60"), 1.0),
        Goal("loop: 20 digits sorted", note(SORTING, LOOP, "at 20"), 0.6, most=True),
        Goal("unseen cars brought home, of all poses", note(CAR, MANY, "poses"), 0.98),
        Goal("car: training and runs, CPU s", seconds(CAR, MANY), 90, most=True),
        Goal("pictures explained: mean overlap", note(DRAWING, REFINED, "mean overlap"), 0.95),
    ]  # fmt: skip
