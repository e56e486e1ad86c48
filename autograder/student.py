"""The students' own command line: `python -m autograder check lab.ipynb`.

It runs the notebook as marking does, in a fresh process and from top to bottom, and shows what every
check says. It needs nothing but IPython: no sandbox, for the code is the student's own and so is the
machine; and no hidden case, for there is none here.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder import stage
from autograder.mark import why_it_failed
from autograder.result import Finding, Result

__all__ = ["main", "run_notebook"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 when the notebook was run (whatever it is worth),
    1 when it could not be read."""
    parser = argparse.ArgumentParser(prog="autograder", description="Check your own notebook.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check", help="run a notebook from top to bottom, and show what its checks say"
    )
    check.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    check.add_argument("--json", action="store_true", help="one JSON document instead of words")
    options = parser.parse_args(arguments)
    try:
        cells = json.loads(options.notebook.read_bytes())["cells"]
        codes = [cell for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = f"{options.notebook}: is no notebook that can be read ({error})"
        if options.json:
            print(json.dumps({"error": problem}))
        print(f"autograder: {problem}", file=sys.stderr)
        return 1
    results = run_notebook(codes, options.notebook.resolve().parent)
    score, most = sum(r.score for r in results), sum(r.max_score for r in results)
    if options.json:
        plain = [result.to_json() for result in results]
        print(json.dumps({"score": score, "max_score": most, "results": plain}, indent=1))
    else:
        for result in results:
            print(f"{result}\n")
        print(
            f"{score:g} of {most:g} points by the checks that are here; "
            "marking adds cases of its own, and a person reads the written answers"
        )
    return 0


def run_notebook(cells: Sequence[dict[str, Any]], folder: Path) -> list[Result]:
    """Run code cells (as in a notebook's JSON) in `folder`; one result a graded cell, in order.

    Demonstrations are left out, as while marking: nobody would see them, and they take most of the
    time."""
    stage.watched = False
    os.environ.setdefault("MPLBACKEND", "Agg")
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    os.chdir(folder)
    sys.path.insert(0, "")
    results = []
    for cell in cells:
        about = cell.get("metadata", {}).get("nbgrader") or {}
        with capture_output():
            ran = shell.run_cell("".join(cell["source"]))
        if about.get("grade") and not about.get("solution"):
            error = ran.error_before_exec or ran.error_in_exec
            results.append(_result(about, ran.result, error))
    return results


def _result(about: dict[str, Any], value: Any, error: BaseException | None) -> Result:
    """What a graded cell said: by its check, or as an ordinary test that raises or does not."""
    if isinstance(value, Result):
        return value
    name, points = str(about.get("grade_id", "")), float(about.get("points", 0))
    finding = Finding(part=name, points=points, earned=points)
    if error is not None:
        finding.earned, finding.kind = 0.0, "failed"
        finding.message = str(error) or why_it_failed(error)
    return Result(lab="", number=name, title=name, max_score=points, findings=[finding])
