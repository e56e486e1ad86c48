"""Print what was measured as tables, and write it as JSON."""

from __future__ import annotations

import os
import platform
import statistics
from importlib import metadata
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.harness import Goal, Options, Results

__all__ = ["as_data", "machine", "show"]

PACKAGES = (
    "numpy", "torch", "jax", "autograd", "micrograd", "nbgrader", "nbclient", "ipykernel", "otter-grader"
)  # fmt: skip

FEW = 4  # notes that have a column each; more would be too narrow to read


def show(console: Console, title: str, results: Results, goals: list[Goal]) -> None:
    """One table of what every engine took, and one of the figures that are to be reached."""
    notes = sorted(
        {note for case in results.cases.values() for each in case.values() for note in each.notes}
    )
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("case")
    table.add_column("engine")
    # Against the first engine of the case; or against its own first run, if an engine has several.
    few = len(notes) <= FEW
    for heading in ("CPU", "wall", "× first", *(notes if few else ())):
        table.add_column(heading, justify="right")
    if not few:
        table.add_column("figures")
    missing: dict[str, None] = {}
    for case, engines in results.cases.items():
        table.add_section()
        first = next(iter(engines))
        label = case
        for engine, figures in engines.items():
            if figures.missing:
                table.add_row(label, engine, "–", "–", "–")
                missing[figures.missing] = None
                label = ""
            for run, cpu in figures.cpu.items():
                base = engine if len(figures.cpu) > 1 else first
                ratio = results.ratio(
                    case, (engine, run), (base, next(iter(engines[base].cpu), ""))
                )
                told = {n: f"{figures.notes[n]:.4g}" for n in notes if n in figures.notes}
                table.add_row(
                    label,
                    f"{engine}: {run}" if run else engine,
                    duration(statistics.median(cpu)),
                    duration(statistics.median(figures.wall[run])),
                    "" if ratio is None else f"{ratio:.3g}",
                    *([told.get(n, "") for n in notes] if few else [_listed(told)]),
                )
                label = ""
    console.print(table)
    for reason in missing:
        console.print(f"– not measured: {reason}.", markup=False)
    if results.tuned:
        console.print("The allocator was tuned for all engines (see dpkit.allocator; --no-tune).")
    if goals:
        table = Table(title_justify="left")
        for heading in ("figure to reach", "measured", "bar", "aim", "reached"):
            table.add_column(heading, justify="left" if heading == "figure to reach" else "right")
        for goal in goals:
            sign = "≤ " if goal.most else "≥ "
            table.add_row(
                goal.what,
                "not measured" if goal.figure is None else f"{goal.figure:.3g}",
                f"{sign}{goal.bar:g}",
                "" if goal.aim is None else f"{sign}{goal.aim:g}",
                {None: "–", True: "[green]yes[/]", False: "[red]no[/]"}[goal.reached],
            )
        console.print(table)


def _listed(told: dict[str, str]) -> str:
    return "\n".join(f"{name} {figure}" for name, figure in told.items())


def duration(seconds: float) -> str:
    """Three digits and a unit: ``12.3 ms``."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if abs(seconds) >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def as_data(title: str, results: Results, goals: list[Goal]) -> dict[str, Any]:
    """All rounds of all engines, and the goals, as plain data. Seconds for one call."""
    return {
        "title": title,
        "allocator tuned": results.tuned,
        "cases": {
            case: {
                engine: {"missing": figures.missing}
                if figures.missing
                else {"cpu": figures.cpu, "wall": figures.wall, "notes": figures.notes}
                for engine, figures in engines.items()
            }
            for case, engines in results.cases.items()
        },
        "goals": [
            {
                "what": goal.what,
                "figure": goal.figure,
                "at most" if goal.most else "at least": goal.bar,
                "aim": goal.aim,
                "reached": goal.reached,
            }
            for goal in goals
        ],
    }


def machine(options: Options) -> dict[str, Any]:
    """Where, with what, and how it was measured."""
    versions: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "packages": versions,
        "rounds": options.rounds,
        "seconds in a sample": options.seconds,
    }
