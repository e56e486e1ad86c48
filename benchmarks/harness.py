"""Run engines in turns, each in a process of its own, and take medians.

How it is measured, and why:

* Each engine has its own process, which holds nothing but what this engine needs. (Python's garbage
  collector takes the longer, the more objects there are, whosever they are.)
* One thread and one processor core, for all of them the same, by environment variables set before
  the process starts.
* The engines take turns, round by round; what disturbs the machine for a while disturbs all. The
  figure of an engine is the median of its rounds, that of a comparison the median of the ratios
  within a round.
* CPU time of the process and its children decides; wall time is noted beside it.
* Before anything is timed, all engines of a case must give the same value and gradient.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import runpy
import statistics
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "Case",
    "Disagreement",
    "EngineFailed",
    "Figures",
    "Goal",
    "Options",
    "Program",
    "Results",
    "measure",
]

# Run as a script, so that the processes of other engines need not import dpkit.
_ALLOCATOR = Path(__file__).resolve().parents[1] / "dpkit" / "allocator.py"

# Read by the libraries when they are imported.
ENVIRONMENT = {
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
        "1",
    ),
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_ENABLE_X64": "1",
    "JAX_PLATFORMS": "cpu",
}


@dataclass
class Program:
    """One engine, set up for one case.

    runs: what is timed, by name; most have one run, called "".
    answer: gives the value and the gradients, a sequence of arrays, to be compared with those of
    the other engines. None if there is nothing to compare.
    notes: measured once, and not timed, such as the memory used.
    collector: whether Python's garbage collector is on while it is timed.
    """

    runs: dict[str, Callable[[], Any]]
    answer: Callable[[], Sequence[Any]] | None = None
    notes: Callable[[], dict[str, float]] | None = None
    collector: bool = True


@dataclass(frozen=True)
class Case:
    """One piece of work, and who does it.

    engines: for each, a function that sets it up. It runs in the engine's own process, and imports
    there what it needs; a peer that cannot be imported is noted as missing.
    tolerance: how far answers may differ, relative to the largest number in each array.
    """

    name: str
    engines: dict[str, Callable[[], Program]]
    tolerance: float = 1e-9


@dataclass
class Figures:
    """What was measured of one engine in one case; seconds for one call, one entry a round."""

    cpu: dict[str, list[float]] = field(default_factory=dict)
    wall: dict[str, list[float]] = field(default_factory=dict)
    notes: dict[str, float] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True)
class Goal:
    """A figure to reach: at least `bar` (or, if `most`, at most), and better still `aim`."""

    what: str
    figure: float | None
    bar: float
    aim: float | None = None
    most: bool = False

    @property
    def reached(self) -> bool | None:
        """None if the figure could not be measured."""
        if self.figure is None:
            return None
        return self.figure <= self.bar if self.most else self.figure >= self.bar


@dataclass(frozen=True)
class Options:
    """rounds: how many; seconds: that a sample should last at least; tune: see dpkit.allocator;
    quick: where a benchmark chooses how much it measures, little."""

    rounds: int = 7
    seconds: float = 0.1
    tune: bool = True
    quick: bool = False


class EngineFailed(Exception):
    """An engine raised an error."""


class Disagreement(Exception):
    """Two engines gave different answers, so comparing their times would mean nothing."""


@dataclass
class Results:
    """What was measured of a benchmark."""

    cases: dict[str, dict[str, Figures]] = field(default_factory=dict)
    tuned: bool = False
    failed: bool = False  # whether an engine raised an error

    def rounds(self, case: str, engine: str, run: str = "") -> list[float] | None:
        """CPU seconds for one call, one entry a round; None if it could not be measured."""
        figures = self.cases.get(case, {}).get(engine)
        return figures.cpu.get(run) if figures else None

    def ratio(
        self, case: str, above: tuple[str, str] | str, below: tuple[str, str] | str
    ) -> float | None:
        """How many times the CPU time of `below` the engine `above` takes: median over rounds.

        An engine is a name, or a name and which of its runs. None where one of them could not be
        measured, or had more rounds than the other.
        """
        a = self.rounds(case, *((above, "") if isinstance(above, str) else above))
        b = self.rounds(case, *((below, "") if isinstance(below, str) else below))
        if not a or not b or len(a) != len(b):
            return None
        return statistics.median(x / y for x, y in zip(a, b, strict=True))


# In the parent process --------------------------------------------------------------------------


def measure(
    module: str, cases: Sequence[Case], options: Options, say: Callable[[str], None]
) -> Results:
    """Measure all cases of the benchmark in `module` (its full name), one after the other.

    Raises Disagreement if two engines of a case give different answers, EngineFailed if one raises
    an error while it is timed. One that cannot even be set up is noted.
    """
    results = Results()
    for case in cases:
        with _workers(module, case, options) as workers:
            results.cases[case.name] = figures = {name: Figures() for name in case.engines}
            answers = {}
            for name, worker in workers.items():
                say(f"{case.name}: setting up {name}")
                try:
                    ready = _ask(worker, "start")
                except EngineFailed as problem:
                    ready = {"missing": f"{name}, in the case {case.name!r}: {problem}"}
                    results.failed = True
                figures[name].missing = ready.get("missing", "")
                figures[name].notes = ready.get("notes", {})
                results.tuned |= ready.get("tuned", False)
                if ready.get("answer") is not None:
                    answers[name] = ready["answer"]
            _compare(case, answers)
            for turn in range(options.rounds):
                for name, worker in workers.items():
                    if figures[name].missing:
                        continue
                    say(f"{case.name}: round {turn + 1} of {options.rounds}, {name}")
                    for run, (cpu, wall) in _ask(worker, "time").items():
                        figures[name].cpu.setdefault(run, []).append(cpu)
                        figures[name].wall.setdefault(run, []).append(wall)
    return results


def _compare(case: Case, answers: dict[str, list[np.ndarray]]) -> None:
    """Raise Disagreement unless all answers are the same up to rounding."""
    names = list(answers)
    for other in names[1:]:
        first, second = answers[names[0]], answers[other]
        same = len(first) == len(second) and all(
            a.size == b.size
            and np.isfinite(b).all()
            and np.abs(a.ravel() - b.ravel()).max(initial=0.0)
            <= case.tolerance * max(1.0, np.abs(a).max(initial=0.0))
            for a, b in zip(first, second, strict=True)
        )
        if not same:
            raise Disagreement(
                f"In the case {case.name!r}, {names[0]} and {other} give different values or "
                "gradients, so their times cannot be compared."
            )


@contextmanager
def _workers(module: str, case: Case, options: Options) -> Iterator[dict[str, Connection]]:
    """One process for each engine, started fresh; ended at the end of the block."""
    context = multiprocessing.get_context("spawn")
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
    started, pipes = [], {}
    try:
        for engine in case.engines:
            mine, theirs = context.Pipe()
            process = context.Process(
                target=_work, args=(theirs, module, case.name, engine, options), daemon=True
            )
            process.start()
            theirs.close()
            started.append(process)
            pipes[engine] = mine
        yield pipes
    finally:
        for pipe in pipes.values():
            pipe.close()  # a worker that waits for its next turn ends at this
        for process in started:
            process.join(5)
            if process.is_alive():
                process.kill()
                process.join()
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _ask(worker: Connection, question: str) -> Any:
    worker.send(question)
    try:
        kind, answer = worker.recv()
    except EOFError:
        raise EngineFailed("its process ended without an answer") from None
    if kind == "error":
        raise EngineFailed(answer)
    return answer


# In the process of one engine -------------------------------------------------------------------


def _work(pipe: Connection, module: str, case: str, engine: str, options: Options) -> None:
    """Set one engine up, then time it once for each question that comes through the pipe."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    program: Program | None = None
    calls: dict[str, int] = {}
    try:
        while True:
            question = pipe.recv()
            try:
                if question == "start":
                    program, answer = _start(module, case, engine, options)
                elif program is not None:
                    answer = _time(program, calls, options.seconds)
                pipe.send(("answer", answer))
            except Exception as problem:
                pipe.send(("error", "".join(traceback.format_exception(problem, limit=-1))))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        pass


def _start(
    module: str, name: str, engine: str, options: Options
) -> tuple[Program | None, dict[str, Any]]:
    benchmark = importlib.import_module(module)
    case = next(case for case in benchmark.cases() if case.name == name)
    try:
        program = case.engines[engine]()
        answer = program.answer and [np.asarray(x, dtype=float) for x in program.answer()]
        for run in program.runs.values():
            run()
    except ModuleNotFoundError as problem:
        if (problem.name or "").startswith("dpkit"):
            raise
        return None, {"missing": f"{problem.name} is not installed"}
    except AttributeError as problem:
        if not str(problem).startswith("module 'dpkit'"):
            raise
        return None, {"missing": f"this dpkit has no {problem.name}"}
    tuned = False
    if options.tune:
        tuned = runpy.run_path(str(_ALLOCATOR))["tune_allocator"]()
    notes = program.notes() if program.notes else {}
    return program, {"answer": answer, "notes": notes, "tuned": tuned}


def _time(
    program: Program, calls: dict[str, int], seconds: float
) -> dict[str, tuple[float, float]]:
    """CPU and wall seconds of one call of each run; samples last at least `seconds`."""
    found = {}
    for name, run in program.runs.items():
        if not program.collector:
            gc.collect()  # else it goes on as in a long run, with what earlier calls left to it
            gc.disable()
        while True:
            times = calls.setdefault(name, 1)
            wall, cpu = time.perf_counter(), _cpu()
            for _ in range(times):
                run()
            cpu, wall = _cpu() - cpu, time.perf_counter() - wall
            if cpu >= seconds:
                break
            calls[name] = times * max(2, min(100, int(1.2 * seconds / max(cpu, 1e-9))))
        gc.enable()
        found[name] = cpu / times, wall / times
    return found


def _cpu() -> float:
    """CPU seconds used so far by this process, with all its threads, and by its children."""
    if sys.platform == "win32":
        return time.process_time()
    import resource

    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
