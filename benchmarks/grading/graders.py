"""Those who are measured: how each is set up, what is run, and where its marks are found.

Setting up is not timed: the course is released, the submissions are in their folders.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import nbformat

from benchmarks.grading import course

__all__ = ["GRADERS", "Autograder", "Grader", "Otter", "Stock", "StockJudged"]

ROOT = Path(__file__).resolve().parents[2]
PLAIN = """c = get_config()
c.CourseDirectory.course_id = "dpkit"
"""


class Grader:
    """sizes: of the small and the large class that are marked in a round; quick: the same, smaller.
    statuses: those with which the command may end (nbgrader ends with 0)."""

    name: str
    sizes: tuple[int, int]
    quick: tuple[int, int]

    def missing(self) -> str:
        """Why it cannot be run here; "" where it can."""
        return ""

    def template(self, folder: Path, *, figures: bool) -> None:
        """Make the released course, without a class, in the new folder `folder`."""
        course.write_lab(folder, figures=figures)
        (folder / "nbgrader_config.py").write_text(self.config(), encoding="utf-8")
        from autograder.build import build_release
        from autograder.course import Course

        build_release(Course.at(folder), course.LAB)

    def config(self) -> str:
        return (ROOT / "labs" / "nbgrader_config.py").read_text(encoding="utf-8")

    def prepare(self, template: Path, folder: Path, students: int) -> None:
        """A copy of the course with a class's submissions."""
        course.copy_course(template, folder, students)

    def command(self, folder: Path) -> list[str]:
        raise NotImplementedError

    def variables(self) -> Mapping[str, str]:
        scripts = sysconfig.get_path("scripts")
        path = os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])
        modules = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
        return {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(modules)}

    def marks(self, folder: Path) -> dict[str, float]:
        """{student: points}, as the gradebook has them."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
            return {
                submission.student_id: submission.score
                for submission in gradebook.assignment_submissions(course.LAB)
            }


class Stock(Grader):
    """`nbgrader autograde`, configured as it comes."""

    name = "nbgrader"
    sizes, quick = (2, 10), (1, 4)

    def config(self) -> str:
        return PLAIN

    def template(self, folder: Path, *, figures: bool) -> None:
        super().template(folder, figures=figures)
        shutil.rmtree(folder / ".autograder")
        shutil.rmtree(folder / course.LAB)
        (folder / "source" / course.LAB / "checks.py").unlink()

    def command(self, folder: Path) -> list[str]:
        return [sys.executable, "-m", "nbgrader", "autograde", course.LAB]


class Autograder(Grader):
    """`autograder grade`, a judge on each core."""

    name = "autograder"
    sizes, quick = (10, 100), (4, 24)

    def command(self, folder: Path) -> list[str]:
        return [sys.executable, "-m", "autograder", "grade", course.LAB]


class StockJudged(Grader):
    """`nbgrader autograde` in a course with the autograder's configuration: one judge."""

    name = "nbgrader with the judge"
    sizes, quick = (5, 25), (2, 8)

    def command(self, folder: Path) -> list[str]:
        return [sys.executable, "-m", "nbgrader", "autograde", course.LAB]


class Otter(Grader):
    """otter-grader without containers: its `grade_submission`, for one submission after the other
    in one process. The same tests, one a question."""

    name = "otter-grader"
    sizes, quick = (1, 4), (1, 3)

    def missing(self) -> str:
        return "" if importlib.util.find_spec("otter") else "otter-grader is not installed"

    def template(self, folder: Path, *, figures: bool) -> None:
        super().template(folder, figures=figures)
        source = nbformat.read(folder / "source" / course.LAB / course.FILE, as_version=4)
        (folder / "tests").mkdir()
        for question, text in course.tests(source).items():
            test = (
                "from otter.test_files import test_case\n"
                f"OK_FORMAT = False\nname = {question!r}\npoints = {course.POINTS[question]}\n"
                f"SOURCE = {text!r}\n"
                "@test_case(hidden=True)\ndef test(env):\n    exec(SOURCE, dict(env))\n"
            )
            (folder / "tests" / f"{question}.py").write_text(test, encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "otter", "generate", "-t", "tests", "-o", "autograder.zip"],
            cwd=folder,
            env=self.variables(),
            check=True,
            capture_output=True,
        )

    def command(self, folder: Path) -> list[str]:
        program = (
            "import json, pathlib\n"
            "from otter.api import grade_submission\n"
            "marks = {}\n"
            "for path in sorted(pathlib.Path('submitted').glob('*/*/*.ipynb')):\n"
            "    results = grade_submission(str(path), 'autograder.zip', quiet=True)\n"
            "    marks[path.parts[1]] = results.total\n"
            "pathlib.Path('marks.json').write_text(json.dumps(marks))\n"
        )
        return [sys.executable, "-c", program]

    def marks(self, folder: Path) -> dict[str, float]:
        return json.loads((folder / "marks.json").read_text(encoding="utf-8"))


GRADERS: tuple[Grader, ...] = (Stock(), Autograder(), StockJudged(), Otter())
