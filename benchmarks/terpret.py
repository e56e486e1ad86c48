"""Programs with holes, filled by descent; each with one seed a round, and beside it what should fail.

Every learning is a batch of restarts on one thread, of which the one with the least loss on the
training examples is judged on others. `right, %` is the share of restarts that came to a right
program; other figures are the worst over the seeds, or, where they are counts, how many seeds did it.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.harness import Case, Figures, Goal, Options, Program, Results

TITLE = "terpret: programs from examples; the worst of each figure over the seeds"
ROUNDS = 10

MAZE, PARITY, VARIED = "maze of pictures", "parity ring", ", varied"
TASKS = ("parity of 4", "parity of 8", "half adder", "swap", "2-way choice", "invert",
         "prepend zero", "decrement", "maze of symbols")  # fmt: skip
DESCENT, SEARCH, JOINT, MLP = "100 descents", "search", "LOOK and program", "perceptron"
SIZES = (2, 4, 6, 8, 12, 16, 24, 32)
AS_IT_IS, EVEN, TWO = "as it is", "nearly even start", "walks of two steps"
REMEDIES = {"entropy": 0.1, "noise": 0.1}  # of `fit`, where they are 0
SEEDS = 3  # of the tasks: the maze has all
MOST = 2_000_000  # programs that search tries

Outcome = tuple[dict[str, float], dict[str, bool]]  # the worst counts; how many counts


def cases() -> list[Case]:
    engines: dict[str, tuple[str, ...]] = {each: (DESCENT, SEARCH) for each in TASKS}
    engines |= {PARITY: ("lr 0.3", "lr 3"), MAZE: (JOINT, MLP)}
    engines |= {"half adder" + VARIED: (AS_IT_IS, EVEN)}
    engines |= {"maze of symbols" + VARIED: (AS_IT_IS, EVEN, TWO, *REMEDIES)}
    return [Case(name, dict.fromkeys(each, _nothing)) for name, each in engines.items()]


def _nothing() -> Program:
    return Program({})  # measured here, without workers


def measure(
    module: str, cases: Sequence[Case], options: Options, say: Callable[[str], None]
) -> Results:
    """Everything with the seeds 0, 1, …"""
    import torch

    torch.set_num_threads(1)
    results = Results()
    for case in cases:
        results.cases[case.name] = {engine: Figures() for engine in case.engines}
        for seed in range(options.rounds if case.name == MAZE else min(options.rounds, SEEDS)):
            for engine, figures in results.cases[case.name].items():
                if engine == SEARCH and seed:
                    continue  # it has no seeds
                say(f"{case.name}: seed {seed}, {engine}")
                cpu, wall = time.process_time(), time.perf_counter()
                worst, counted = _run(case.name, engine, seed)
                figures.cpu.setdefault("", []).append(time.process_time() - cpu)
                figures.wall.setdefault("", []).append(time.perf_counter() - wall)
                for name, figure in worst.items():
                    figures.notes[name] = min(figure, figures.notes.get(name, figure))
                for name, yes in counted.items():
                    figures.notes[name] = figures.notes.get(name, 0.0) + bool(yes)
    return results


def _run(case: str, engine: str, seed: int) -> Outcome:
    if case == PARITY:
        return _parity(3.0 if engine == "lr 3" else 0.3, seed)
    if case.endswith(VARIED):
        return _varied(case.removesuffix(VARIED), engine, seed)
    if case == MAZE:
        return _maze(seed) if engine == JOINT else _perceptron(seed)
    return _search(case) if engine == SEARCH else _descent(case, seed)


def _descent(name: str, seed: int) -> Outcome:
    from dpkit.programs import terpret

    task = terpret.TASKS[name]
    program, examples = task.program(), task.examples(np.random.default_rng(10_000 + seed))
    settings: dict[str, Any] = {"steps": 300, **task.options}
    found = terpret.fit(program, task.examples, restarts=100, rng=seed, **settings)
    right = [bool(terpret.verify(program, found.values(k), examples).all()) for k in range(100)]
    return {"right, %": float(sum(right))}, {"solved": right[found.best]}


def _search(name: str) -> Outcome:
    from dpkit.programs import terpret

    task = terpret.TASKS[name]
    program, examples = task.program(), task.examples(np.random.default_rng(0))
    if program.count > MOST:
        return {"programs": float(program.count)}, {"solved": False}
    found = terpret.search(program, examples, most=MOST)
    return {"programs": float(program.count), "right ones": float(len(found))}, {"solved": True}


def _parity(lr: float, seed: int) -> Outcome:
    """The longer the ring, the more often it ends where every change makes it worse."""
    from dpkit.programs import terpret

    shares = {}
    for size in SIZES:
        program = terpret.Program("parity", K=size)
        truth = {"unlike": np.zeros((1, size), int)}
        found = terpret.fit(program, ({}, truth), restarts=500, steps=300, lr=lr, rng=seed)
        shares[f"K = {size:2}, %"] = 100 * found.share(lambda values: np.ptp(values["x"]) == 0)
    return shares, {}


def _varied(name: str, how: str, seed: int) -> Outcome:
    """A task with one thing otherwise: how many of 64 restarts come to a right program."""
    import torch

    from dpkit.programs import terpret

    task, count = terpret.TASKS[name], 64
    program, draw = task.program(), task.examples
    if name == "maze of symbols":
        draw = terpret.mazes(None, 3, 3, (2 if how == TWO else 0, 2), 16)
    options: dict[str, Any] = {how: REMEDIES[how]} if how in REMEDIES else {}
    if how == EVEN:
        begun = terpret.fit(program, draw, restarts=count, steps=0, rng=seed)
        generator = torch.Generator().manual_seed(seed)
        even = {
            name: 0.1 * torch.randn(each.shape, generator=generator)
            for name, each in begun.params.items()
        }
        options["start"] = dataclasses.replace(begun, params=even)
    found = terpret.fit(program, draw, restarts=count, steps=200, rng=seed, **options)
    unseen = task.examples(np.random.default_rng(10_000 + seed))
    right = found.share(lambda values: bool(terpret.verify(program, values, unseen).all()))
    return {"right, of 64": count * right}, {}


def _maze(seed: int) -> Outcome:
    import torch

    from dpkit.programs import terpret

    found = terpret.learn_maze(rng=seed)
    networks, rng = found.networks(), np.random.default_rng(10_000 + seed)
    pictures = terpret.signs(4000, rng)  # fewer may have no hard one among them
    named = [networks["LOOK"].classify(torch.as_tensor(each)).numpy() for each in pictures]
    look = float(np.mean([(each == k).mean() for k, each in enumerate(named)]))
    large = terpret.Program("maze", W=10, H=10, T=39)
    mazes = terpret.mazes(pictures, 10, 10, (8, 12), 300)(rng)
    exact = terpret.verify(large, found.values(), mazes, networks).mean()
    # The same network, unchanged, in a program that was never trained.
    count, signs = terpret.Program("count"), rng.integers(0, 5, (1000, 6))
    rows = {"row": pictures[signs, rng.integers(0, 4000, signs.shape)].astype(np.float32)}
    counted = [
        terpret.verify(count, {"what": k}, (rows, {"total": (signs == k).sum(1)}), networks).mean()
        for k in range(5)
    ]
    return (
        {"LOOK": look, "10 × 10": float(exact), "rows counted": float(min(counted))},
        {"program right": terpret.is_right(found.values()), "10 × 10 all": exact == 1},
    )  # fmt: skip


def _perceptron(seed: int) -> Outcome:
    """As many 3 × 3 mazes as the first stage of `learn_maze` sees: pictures and start, to the end. It
    takes no maze of another size."""
    import torch

    from dpkit.programs import terpret

    rng = np.random.default_rng(seed)
    draw = terpret.mazes(terpret.signs(4000, rng), 3, 3, (0, 2), 32)
    unseen = terpret.mazes(terpret.signs(1000, rng), 3, 3, (0, 2), 1000)(rng)
    torch.manual_seed(seed)  # torch's own layers draw their weights, and what they drop, from it
    net = torch.nn.Sequential(
        torch.nn.Linear(9 * 144 + 6, 256), torch.nn.ReLU(), torch.nn.Dropout(0.2),
        torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, 9),
    )  # fmt: skip
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3)
    # What an example is: three answers of three sorts each.
    names = ("final_X", "final_Y", "path_len")

    def answers(inputs: dict[str, Any]) -> Any:
        starts = [np.eye(3, dtype=np.float32)[inputs[name]] for name in ("init_X", "init_Y")]
        pictures = inputs["img_grid"].reshape(len(inputs["img_grid"]), -1)
        return net(torch.as_tensor(np.concatenate([pictures, *starts], 1))).reshape(-1, 3, 3)

    for _ in range(400):
        inputs, outputs = draw(rng)
        truth = torch.as_tensor(np.stack([outputs[name] for name in names], 1))
        loss = torch.nn.functional.cross_entropy(answers(inputs).flatten(0, 1), truth.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    found = answers(unseen[0]).argmax(-1).numpy()
    known = np.stack([unseen[1][name] for name in names], 1)
    return {"3 × 3": float((found == known).all(1).mean())}, {}


def goals(results: Results) -> list[Goal]:
    def note(case: str, engine: str, name: str) -> float | None:
        return results.cases[case][engine].notes.get(name)

    def seeds(case: str, engine: str) -> int:
        return len(results.cases[case][engine].cpu.get("", []))

    out = []
    for name in TASKS:
        taken, count = results.cases[name][DESCENT].cpu.get("", []), seeds(name, DESCENT)
        out.append(Goal(f"{name}: solved, of {count}", note(name, DESCENT, "solved"), count))
        out.append(Goal(f"{name}: CPU s", max(taken, default=None), 120, most=True))
    runs = seeds(MAZE, JOINT)
    return [
        *out,
        Goal("parity ring of 4: right, %", note(PARITY, "lr 0.3", "K =  4, %"), 90),
        Goal("parity ring of 24: right, %", note(PARITY, "lr 0.3", "K = 24, %"), 15, most=True),
        Goal(f"maze: program right, of {runs}", note(MAZE, JOINT, "program right"), runs),
        Goal("maze: LOOK on unseen pictures", note(MAZE, JOINT, "LOOK"), 0.985),
        Goal("maze: 10 × 10 exact", note(MAZE, JOINT, "10 × 10"), 0.90, 1.0),
        Goal(f"maze: all of 300 exact, of {runs}", note(MAZE, JOINT, "10 × 10 all"), runs / 2),
        Goal(
            "maze: CPU s",
            max(results.cases[MAZE][JOINT].cpu.get("", []), default=None),
            60,
            most=True,
        ),
        Goal("LOOK unchanged in count: rows exact", note(MAZE, JOINT, "rows counted"), 0.98),
        Goal("perceptron, 3 × 3 exact", note(MAZE, MLP, "3 × 3"), 0.6, most=True),
    ]
