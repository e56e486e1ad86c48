"""The command line: ``python -m benchmarks``.

The modules are imported only when they are needed, because the processes of the engines import this
file too, and should hold nothing that their engine does not need.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import sys
from pathlib import Path

NAMES = (
    "scalar", "tensor", "cost", "memory", "dispatch", "torch_tensors", "grading", "systems", "render",
    "physics", "terpret", "npi", "dnc",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure dpkit and the autograder beside their peers, and say whether they "
        "reach their figures.",
        epilog="The peers are installed by the extra 'bench'. One that is missing is said so.",
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(NAMES)} (all)")
    parser.add_argument("--rounds", type=int, help="rounds to take the median of (7; grading 3)")
    parser.add_argument("--quick", action="store_true", help="few short rounds: a first impression")
    parser.add_argument("--no-tune", action="store_true", help="leave the allocator alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"there is no benchmark {name!r}; choose from {', '.join(NAMES)}.")
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error(f"--rounds must be at least 1, not {arguments.rounds}.")

    from rich.console import Console

    from benchmarks import harness, table

    quick = arguments.quick
    options = harness.Options(
        rounds=arguments.rounds or (3 if quick else 7),
        seconds=0.02 if quick else 0.1,
        tune=not arguments.no_tune,
        quick=quick,
    )
    console, progress = Console(), Console(stderr=True)
    written: dict[str, object] = {"machine": table.machine(options), "benchmarks": {}}
    failed = False
    for name in arguments.names or NAMES:
        module = f"benchmarks.{name}"
        benchmark = importlib.import_module(module)
        measure = getattr(benchmark, "measure", harness.measure)  # commands need no workers
        own = options
        if not arguments.rounds and hasattr(benchmark, "ROUNDS"):
            own = dataclasses.replace(options, rounds=1 if quick else benchmark.ROUNDS)
        with progress.status(name) as status:
            say = status.update if progress.is_terminal else progress.print  # a log has a line each
            try:
                results = measure(module, benchmark.cases(), own, say)
            except (harness.Disagreement, harness.EngineFailed) as problem:
                console.print(f"{name}: {problem}", markup=False)
                failed = True
                continue
        failed |= results.failed
        goals = benchmark.goals(results)
        table.show(console, benchmark.TITLE, results, goals)
        written["benchmarks"][name] = table.as_data(benchmark.TITLE, results, goals)  # type: ignore
    if arguments.json:
        arguments.json.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
