"""The course's small systems: trained from scratch, each with one seed a round, and judged on what
they have not seen.

The figures beside the times are the least that was reached with any of the seeds. All of it runs in
this process, on one thread. `pixels` is the face recogniser that has learnt nothing; what batch-hard
mining reaches is shown because it is low (see `course.systems.faces.collapse`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from benchmarks.harness import Case, Figures, Goal, Options, Program, Results

TITLE = "small systems: one training, on one thread; the least of each figure over the seeds"
ROUNDS = 3

DETECTOR, FACES = "object detector", "face recogniser"
LOSSES = (
    "InfoNCE",
    "triplet, all",
    "triplet, semi-hard",
    "triplet, soft margin",
    "triplet, batch-hard",
)
PIXELS = "pixels"


def cases() -> list[Case]:
    return [
        Case(DETECTOR, dict.fromkeys(("full", "short"), _nothing)),
        Case(FACES, dict.fromkeys((*LOSSES, "InfoNCE, short", PIXELS), _nothing)),
    ]


def _nothing() -> Program:
    return Program({})  # measured here, without workers


def measure(
    module: str, cases: Sequence[Case], options: Options, say: Callable[[str], None]
) -> Results:
    """Train and judge everything with the seeds 0, 1, … ; with `quick`, only the short trainings."""
    results = Results()
    for case in cases:
        results.cases[case.name] = {engine: Figures() for engine in case.engines}
    if not find_spec("torch"):
        for engines in results.cases.values():
            for figures in engines.values():
                figures.missing = "torch is not installed"
        return results

    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for seed in range(options.rounds):
            for case in cases:
                for engine in case.engines:
                    figures = results.cases[case.name][engine]
                    if options.quick and "short" not in engine and engine != PIXELS:
                        figures.missing = "the full settings are left out by --quick"
                        continue
                    say(f"{case.name}: seed {seed}, {engine}")
                    _train_and_judge(figures, case.name, engine, seed)
    finally:
        torch.set_num_threads(before)
    return results


def _train_and_judge(figures: Figures, case: str, engine: str, seed: int) -> None:
    from course.systems import detector, faces

    cpu, wall = time.process_time(), time.perf_counter()
    if case == DETECTOR:
        short = {"steps": 250} if engine == "short" else {}
        model = detector.train(seed=seed, **short)
    elif engine == PIXELS:
        model = faces.pixels
    else:
        short = {"known": 600, "steps": 150} if "short" in engine else {}
        model = faces.train(faces.LOSSES[engine.removesuffix(", short")], seed=seed, **short)
    figures.cpu.setdefault("", []).append(time.process_time() - cpu)
    figures.wall.setdefault("", []).append(time.perf_counter() - wall)
    if case == DETECTOR:
        names, reached = ("mAP50", "mAP75"), detector.judge(model, seed=seed)
    else:
        names, reached = ("recall@1", "AUC"), faces.judge(model, seed=seed)
    for name, figure in zip(names, reached, strict=True):
        figures.notes[name] = min(figure, figures.notes.get(name, figure))


def goals(results: Results) -> list[Goal]:
    def least(case: str, engine: str, name: str) -> float | None:
        return results.cases[case][engine].notes.get(name)

    def longest(case: str, engine: str) -> float | None:
        return max(results.rounds(case, engine) or [], default=None)

    found = [
        Goal(
            "detector: mean average precision at 0.5", least(DETECTOR, "full", "mAP50"), 0.88, 0.95
        ),
        Goal("detector: processor seconds to train", longest(DETECTOR, "full"), 30.0, most=True),
    ]
    for loss in LOSSES[:3]:
        found += [
            Goal(f"faces, {loss}: AUC", least(FACES, loss, "AUC"), 0.97, 0.99),
            Goal(f"faces, {loss}: recall@1", least(FACES, loss, "recall@1"), 0.6, 0.75),
            Goal(f"faces, {loss}: processor seconds", longest(FACES, loss), 30.0, most=True),
        ]
    return found
