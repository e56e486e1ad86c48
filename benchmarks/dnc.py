"""Networks with a memory beside them, and the same without: trained with one seed a round.

What is told of each: the share of unseen examples of a given length that are wholly right, the worst
over the seeds, and how many seeds reached the figure asked for. An LSTM has the CPU time that the
first engine of its case has had with the same seed. All of it runs in this process, on one thread.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

from benchmarks.harness import Case, Figures, Goal, Options, Program, Results

TITLE = "dnc: wholly right answers of unseen examples, the worst over the seeds"
ROUNDS = 7

COPY, RECALL, MAP = "copy, 1–8 words", "recall, 2–6 items", "a map of 3–6 stations"
DNC, UNLINKED, UNALLOCATED, LSTM = "DNC", "without links", "without allocation", "LSTM 128"
PLACES = 64  # of the memory when it is tried; up to 40 in training

# Lengths (or stations) from … to, steps at most, step size.
LESSONS: dict[str, tuple[tuple[int, int], int, float]] = {
    COPY: ((1, 8), 2000, 3e-3),
    RECALL: ((2, 6), 5000, 5e-3),
    MAP: ((3, 6), 6000, 4e-3),
}
ENOUGH = 0.008  # on a map: the mean loss of 100 steps that ends the lesson


def cases() -> list[Case]:
    engines = {
        COPY: (DNC, UNLINKED, UNALLOCATED, LSTM, "LSTM of as many weights"),
        RECALL: (DNC, LSTM),
        MAP: (DNC, LSTM),
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
                figures.missing = "torch, which the networks are made of, is not installed"
        return results
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for case in cases:
            for seed in range(options.rounds):
                seconds = None
                for engine, figures in results.cases[case.name].items():
                    say(f"{case.name}: seed {seed}, {engine}")
                    cpu, wall = time.process_time(), time.perf_counter()
                    network = _trained(case.name, engine, seed, seconds)
                    figures.cpu.setdefault("", []).append(time.process_time() - cpu)
                    figures.wall.setdefault("", []).append(time.perf_counter() - wall)
                    seconds = seconds or figures.cpu[""][-1]
                    _note(figures.notes, _rights(case.name, network))
    finally:
        torch.set_num_threads(before)
    return results


def _trained(case: str, engine: str, seed: int, seconds: float | None) -> Any:
    """seconds: how long an LSTM may learn."""
    from dpkit.programs import dnc

    inputs, outputs, width = {COPY: (7, 6, 8), RECALL: (7, 6, 16), MAP: (19, 8, 16)}[case]
    lengths, steps, lr = LESSONS[case]
    network: dnc.DNC | dnc.LSTM
    if plain := engine.startswith("LSTM"):
        # 39 units have the 7,838 weights of the DNC that copies, within 2 per cent.
        network = dnc.LSTM(inputs, outputs, 128 if engine == LSTM else 39, rng=seed)
    else:
        network = dnc.DNC(
            inputs, outputs, width=width, links=engine != UNLINKED, rng=seed,
            allocation=engine != UNALLOCATED,
        )  # fmt: skip
    ride = partial(dnc.traversal, stops=3, on=1.0)
    task: Any = {COPY: dnc.copy, RECALL: dnc.recall, MAP: ride}[case]
    end = _after(seconds or 0.0) if plain else _learned() if case == MAP else None
    steps = 10**6 if plain else steps
    dnc.train(network, task, lengths=lengths, steps=steps, lr=lr, rng=seed, callback=end)
    return network


def _after(seconds: float) -> Callable[[int, float], bool]:
    end = time.process_time() + seconds
    return lambda step, loss: time.process_time() > end


def _learned() -> Callable[[int, float], bool]:
    last: deque[float] = deque(maxlen=100)

    def learned(step: int, loss: float) -> bool:
        last.append(loss)
        return len(last) == 100 and sum(last) < 100 * ENOUGH

    return learned


def _rights(case: str, network: Any) -> dict[str, tuple[float, float]]:
    """For each trial the share that is right, and the share that counts as reached."""
    import torch

    from dpkit.programs import dnc

    answer = partial(network, places=PLACES) if isinstance(network, dnc.DNC) else network
    trials: dict[str, dict[str, tuple[Any, int, float]]] = {
        COPY: {f"at {n}": (dnc.copy, n, bar) for n, bar in
               ((8, 0.99), (10, 0.99), (16, 0.99), (20, 0.95), (32, 0.95))},
        RECALL: {f"at {n}": (dnc.recall, n, 0.95) for n in (6, 8, 12)},
        MAP: {
            f"{stations} stations, {stops} stops":
                (partial(dnc.traversal, stops=stops, on=1.0), stations, 0.95)
            for stations, stops in ((6, 1), (6, 2), (6, 6), (8, 2), (8, 6))
        },
    }  # fmt: skip
    return {
        name: (dnc.exact(answer, task(size, 500, torch.Generator().manual_seed(1000))), bar)
        for name, (task, size, bar) in trials[case].items()
    }


def _note(notes: dict[str, float], rights: dict[str, tuple[float, float]]) -> None:
    for name, (right, bar) in rights.items():
        notes[name] = min(right, notes.get(name, 1.0))
        seeds = f"{name}: seeds"
        notes[seeds] = notes.get(seeds, 0) + (right >= bar)


def goals(results: Results) -> list[Goal]:
    seeds = max(len(each.cpu.get("", [])) for each in results.cases[COPY].values())

    def note(case: str, engine: str, name: str) -> float | None:
        return results.cases[case][engine].notes.get(name)

    return [
        Goal(f"copy: seeds ≥ .99 at 16, of {seeds}", note(COPY, DNC, "at 16: seeds"), seeds),
        Goal(f"copy: seeds ≥ .95 at 20, of {seeds}", note(COPY, DNC, "at 20: seeds"), seeds),
        Goal("copy: the LSTM at 10", note(COPY, LSTM, "at 10"), 0.02, most=True),
        Goal("copy: without links at 10", note(COPY, UNLINKED, "at 10"), 0.6, most=True),
        Goal("copy: without allocation at 8", note(COPY, UNALLOCATED, "at 8"), 0.5, most=True),
        Goal(f"recall: seeds ≥ .95 at 8, of {seeds}", note(RECALL, DNC, "at 8: seeds"), seeds),
        Goal("recall: the LSTM at 8", note(RECALL, LSTM, "at 8"), 0.7, most=True),
        Goal(
            f"map: seeds ≥ .95 at two stops, of {seeds}",
            note(MAP, DNC, "6 stations, 2 stops: seeds"), seeds,
        ),
        Goal("map: the LSTM", note(MAP, LSTM, "6 stations, 2 stops"), 0.3, most=True),
    ]  # fmt: skip
