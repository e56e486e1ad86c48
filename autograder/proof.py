"""Before a lab is released: the solution gets every point, and the blank release and those who only
pretend get none.

Proved by marking all of them as any submission is marked: through the judge, in the sandbox, hidden
cases and all. A verdict that passes everybody, or nobody, or that a change of the lab has left behind, is
told of here, not by the class.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.build import built
from autograder.course import Course, CourseError
from autograder.errors import SandboxUnavailable
from autograder.execute import submission_files
from autograder.exercise import Lab
from autograder.judge import Job, Outcome, Settings, Worker
from autograder.pretenders import PRETENDERS, pretend
from autograder.result import Result
from autograder.sandbox import choose
from autograder.sandbox.limits import Limits
from autograder.sanitise import grade_id, rebuild

__all__ = ["prove"]

Progress = Callable[[str, int, int], None]


def prove(
    course: Course,
    lab: str,
    *,
    sandbox: str = "auto",
    limits: Limits | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> list[str]:
    """What is wrong with the marking of `lab`, a sentence each; empty when nothing is.

    A graded cell is in order when the solution gets all its points, the blank release and each of
    `autograder.pretenders` none, and it is worth as much as the exercise that it checks. Every
    exercise is checked by some cell.

    Raises `CourseError` where there is no sandbox to prove it in, or the lab cannot be built.
    """
    exercises = course.load(lab)
    try:
        sandbox = choose(sandbox)
    except SandboxUnavailable as error:
        raise CourseError(
            f"{lab}: cannot be proved here: {error}; --no-proof releases it unproved"
        ) from None
    stage = f"proving {lab}"
    steps = 3 + len(PRETENDERS)
    progress(stage, 0, steps)
    with built(course, lab) as trial:
        source = nbformat.read(trial.source / lab / "lab.ipynb", as_version=4)
        blank = nbformat.read(trial.release / lab / "lab.ipynb", as_version=4)
        files = submission_files(trial.source / lab, trial.source / lab)
    progress(stage, 1, steps)
    settings = Settings.of(
        course.root / lab / "exercises.py", sandbox=sandbox, limits=limits or Limits()
    )
    key = hashlib.sha256(lab.encode()).digest()  # the same numbers whenever it is asked

    def mark(worker: Worker, student: str, notebook: NotebookNode) -> Outcome:
        rebuilt, _ = rebuild(notebook, source)
        return worker.mark(Job(student, nbformat.writes(rebuilt), key, files))

    with contextlib.closing(Worker(settings)) as worker:
        solved = mark(worker, "the solution", source)
        progress(stage, 2, steps)
        empty = mark(worker, "the blank release", blank)
        progress(stage, 3, steps)
    # What such an answer breaks may well not end.
    few = replace(
        settings.limits,
        cpu_seconds_per_cell=1.0,
        cpu_seconds_total=10.0,
        grace_seconds=0.5,
        idle_seconds=2.0,
    )
    pretended: dict[str, Outcome] = {}
    with contextlib.closing(Worker(replace(settings, limits=few))) as worker:
        for done, (name, answer) in enumerate(PRETENDERS.items(), 4):
            pretended[name] = mark(worker, name, pretend(source, answer))
            progress(stage, done, steps)
    return [
        *_of_the_solution(solved, source),
        *_of_the_blank(empty),
        *_of_the_pretenders(pretended, empty),
        *_of_the_points(solved, source, exercises),
    ]


def _of_the_solution(outcome: Outcome, source: NotebookNode) -> Iterator[str]:
    for event in outcome.events:
        yield f"the solution does not run to its end: {event}"
    for cell in nbformat.reads(outcome.notebook, as_version=4).cells:
        if cell.cell_type != "code" or _is_test(cell):
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                place = grade_id(cell) or repr(cell.source.split("\n")[0][:60])
                yield f"the solution's cell {place} raises {output.ename}: {output.evalue}"
    points = _points(source)
    for name, record in _records(outcome).items():
        if not record["score"] >= points[name]:
            result = Result.from_json(record)
            failed = next((finding for finding in result.findings if not finding.ok), None)
            why = (
                f"part {failed.part!r}: {failed.message or failed.kind}"
                if failed
                else "its parts are worth less than the exercise"
            )
            yield f"{_called(record)}: the solution gets {record['score']:g} of {points[name]:g} points ({why})"


def _of_the_blank(outcome: Outcome) -> Iterator[str]:
    for record in _records(outcome).values():
        if record["score"] != 0:
            yield f"{_called(record)}: the blank release gets {_earned(record)}: nothing may pass by default"


def _of_the_pretenders(outcomes: Mapping[str, Outcome], blank: Outcome) -> Iterator[str]:
    by_default = {name for name, record in _records(blank).items() if record["score"] != 0}
    for what, outcome in outcomes.items():
        for name, record in _records(outcome).items():
            if record["score"] != 0 and name not in by_default:
                yield (
                    f"{_called(record)}: a student with whom everything is {what} gets "
                    f"{_earned(record)}: test the type and the shape of the answer, too"
                )


def _earned(record: Mapping[str, Any]) -> str:
    parts = [finding.part for finding in Result.from_json(record).findings if finding.earned]
    return f"{record['score']:g} points (for {', '.join(map(repr, parts))})"


def _of_the_points(outcome: Outcome, source: NotebookNode, exercises: Lab) -> Iterator[str]:
    points, records = _points(source), _records(outcome)
    for name in points.keys() - records.keys():
        yield f"{name}: the judge gave no mark for it"
    for name, record in records.items():
        if record["max_score"] != points[name]:
            yield (
                f"{_called(record)}: the cell is worth {points[name]:g} points in lab.py and "
                f"{record['max_score']:g} in exercises.py"
            )
    checked = {record["number"] for record in records.values() if record["lab"]}
    for number in exercises.exercises:
        if number not in checked:
            yield f"{number}: no graded cell of lab.py checks it"


def _is_test(cell: NotebookNode) -> bool:
    about = cell.metadata.get("nbgrader", {})
    return bool(about.get("grade")) and not about.get("solution")


def _points(source: NotebookNode) -> dict[str, float]:
    """{name of a cell that the judge marks: what it is worth}."""
    tests = [cell for cell in source.cells if cell.cell_type == "code" and _is_test(cell)]
    return {grade_id(cell) or "": float(cell.metadata["nbgrader"]["points"]) for cell in tests}


def _records(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {record["grade_id"]: record for record in outcome.results}


def _called(record: Mapping[str, Any]) -> str:
    return f"{record['number']} ({record['grade_id']})" if record["lab"] else record["grade_id"]
