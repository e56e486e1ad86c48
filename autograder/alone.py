"""`autograder check`: what a self-learner's notebook is worth, with the explanations; nothing is
recorded."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import nbformat

from autograder.course import Course, CourseError, find_course
from autograder.judge import Job, Settings, Worker
from autograder.result import Result
from autograder.sandbox.limits import Limits
from autograder.sanitise import BadSubmission, grade_id, load_submission, rebuild

__all__ = ["check_notebook"]


def check_notebook(
    notebook: Path,
    *,
    course: str | None = None,
    sandbox: str = "auto",
    limits: Limits | None = None,
) -> list[Result]:
    """The results of a notebook's graded cells, in order, run as marking runs them: a fresh
    process, top to bottom.

    Where the course is at hand its `exercises.py` judges, and nothing else. Without one it is the
    `checks.py` beside the notebook, a program that is trusted: for notebooks of one's own. Raises
    `CourseError` with one line when the notebook cannot be read or belongs to no lab known here.
    """
    if not notebook.is_file():
        raise CourseError(f"{notebook}: there is no such notebook")
    original, exercises = _lab_of(notebook, course)
    source = nbformat.read(original, as_version=4)
    try:
        rebuilt, _ = rebuild(load_submission(notebook, source), source)
    except BadSubmission as bad:
        raise CourseError(str(bad)) from None
    files = {
        path.name: path.read_bytes() for path in notebook.parent.glob("*.py") if path.is_file()
    }
    job = Job(student="alone", notebook=nbformat.writes(rebuilt), key=os.urandom(32), files=files)
    with contextlib.closing(
        Worker(Settings.of(exercises, sandbox=sandbox, limits=limits or Limits()))
    ) as worker:
        outcome = worker.mark(job)
    return [Result.from_json(result) for result in outcome.results]


def _lab_of(notebook: Path, named: str | None) -> tuple[Path, Path]:
    """(the lab's release notebook, its exercises) for a student's notebook, found by the names of
    its cells."""
    ours = _names(notebook)
    beside = notebook.parent / "checks.py"
    try:
        known: Course | None = find_course(named)
    except CourseError:
        if named:
            raise
        known = None
    if known is not None:
        # Labs may share names ("setup", say): it is the lab with most of them.
        shared = {lab: len(ours & _names(known.release / lab / "lab.ipynb")) for lab in known.labs}
        lab = max(shared, key=lambda lab: shared[lab], default="")
        if shared.get(lab):
            return known.release / lab / "lab.ipynb", known.root / lab / "exercises.py"
    if known is None and beside.is_file():
        return notebook, beside
    if not ours:
        raise CourseError(
            f"{notebook}: holds none of a lab's cells (cut off, or another kind of file); "
            "take a fresh copy of the lab's notebook"
        )
    if known is not None:
        # Nor is the checks.py beside it believed: it would run here, outside of any sandbox.
        raise CourseError(
            f"{notebook}: belongs to no lab of the course in {known.root}; check the lab's own notebook"
        )
    raise CourseError(
        f"{notebook}: belongs to no lab known here; run this in the course's folder, "
        "or keep the lab's checks.py beside the notebook"
    )


def _names(notebook: Path) -> set[str]:
    """The grade_ids in a notebook file; none where it cannot be read (that is said later, and
    better)."""
    try:
        cells: Any = json.loads(notebook.read_bytes())["cells"]
        return {name for cell in cells if (name := grade_id(cell)) is not None}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return set()
