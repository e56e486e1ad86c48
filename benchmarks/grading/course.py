"""The course that is marked, and the class that hands in.

The lab is `course/lab.py`; without its cells that have the tag `figure` it is the lab without
figures. (Its setup cell imports pyplot all the same, as labs' setup cells do.) Three of four
students have everything right, in texts that differ; every fourth has one answer wrong, in turn, and
loses that cell's points.
"""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

__all__ = ["LAB", "POINTS", "WRONG", "expected", "hand_in", "tests", "write_lab"]

HERE = Path(__file__).resolve().parent
LAB = "derivatives"
FILE = "lab.ipynb"
POINTS = {"p1": 2.0, "p2": 3.0, "p3": 3.0, "p4": 2.0, "p5": 3.0, "p6": 2.0}

WRONG = {
    "p1": "def numeric_gradient(f, x, h=1e-5):\n    return np.ones_like(x)",
    "p2": "def polynomial(coefficients, x):\n    return float(sum(coefficients)), 0.0",
    "p3": "def neuron_gradient(w, x):\n    return [float(one) for one in x]",
    "p4": "def softplus_slope(x):\n    return 1.0 + np.tanh(0.5 * x)",
    "p5": "def softplus(x):\n    return torch.relu(x)",
    "p6": "def descend(gradient, start, rate, steps):\n    return [np.array(start)] * (steps + 1)",
}


def write_lab(folder: Path, *, figures: bool) -> None:
    """Write the lab's folder into the course folder `folder`."""
    home = folder / LAB
    home.mkdir(parents=True)
    text = (HERE / "course" / "lab.py").read_text(encoding="utf-8")
    if not figures:
        notebook = jupytext.reads(text, fmt="py:percent")
        notebook.cells = [
            cell for cell in notebook.cells if "figure" not in cell.metadata.get("tags", ())
        ]
        text = jupytext.writes(notebook, fmt="py:percent")
    (home / "lab.py").write_text(text, encoding="utf-8")
    shutil.copy(HERE / "course" / "exercises.py", home)


def wrong_cell(student: int) -> str | None:
    """The cell that this student, counted from 0, has wrong."""
    return list(WRONG)[student // 4 % len(WRONG)] if student % 4 == 3 else None


def expected(students: int) -> dict[str, float]:
    """{student: points} of a class of so many."""
    most = sum(POINTS.values())
    wrong = (wrong_cell(number) for number in range(students))
    return {
        name(number): most - (POINTS[cell] if cell else 0.0) for number, cell in enumerate(wrong)
    }


def name(student: int) -> str:
    return f"student{student:04}"


def hand_in(course: Path, students: int) -> None:
    """Lay a class's notebooks where nbgrader looks for them."""
    solved = nbformat.read(course / "source" / LAB / FILE, as_version=4)
    for number in range(students):
        folder = course / "submitted" / name(number) / LAB
        folder.mkdir(parents=True)
        nbformat.write(_answered(solved, number), folder / FILE)


def _answered(solved: NotebookNode, student: int) -> NotebookNode:
    notebook = copy.deepcopy(solved)
    for cell in notebook.cells:
        grader = cell.metadata.get("nbgrader", {})
        if grader.get("solution"):
            lines = cell.source.splitlines()
            cell.source = "\n".join(line for line in lines if "### " not in line)
            if grader["grade_id"] == wrong_cell(student):
                cell.source = WRONG[grader["grade_id"]]
            cell.source += f"\n# written by {name(student)}"
    return notebook


def tests(source: NotebookNode) -> dict[str, str]:
    """{question: the text of its test cell}."""
    return {
        cell.metadata["nbgrader"]["grade_id"].removesuffix("_test"): cell.source
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }


def copy_course(template: Path, folder: Path, students: int) -> None:
    """The released course with a class's submissions, in a new folder."""
    shutil.copytree(template, folder)
    hand_in(folder, students)
