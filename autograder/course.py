"""Where things are: a course directory of nbgrader's, and the labs it is made from."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import shutil
import sysconfig
import traceback
from pathlib import Path
from typing import Any

from autograder.exercise import Lab, load_lab

__all__ = ["Course", "CourseError", "find_course"]

FOLDERS = ("source", "release", "submitted", "autograded", "feedback")


class CourseError(Exception):
    """Something a teacher must mend: one line that names the file and the remedy."""


@dataclasses.dataclass(frozen=True)
class Course:
    """One nbgrader course. `root` holds the lab folders and `nbgrader_config.py`; the rest is
    nbgrader's own."""

    root: Path
    source: Path
    release: Path
    submitted: Path
    autograded: Path
    feedback: Path
    state: Path  # the grader's notes: what is marked, with which sources (never needed by nbgrader)
    db_url: str | None = (
        None  # None: what nbgrader_config.py says, by default gradebook.db in the root
    )

    @classmethod
    def at(cls, root: Path | str) -> Course:
        root = Path(root).resolve()
        if not (root / "nbgrader_config.py").is_file():
            raise CourseError(
                f"{root} is not a course: it has no nbgrader_config.py; name the folder with --course"
            )
        if re.search(r"\[.+\]|[*?]", str(root)):
            raise CourseError(
                f"{root}: nbgrader takes [ ], * and ? in a folder's name for a pattern; rename the folder"
            )
        folders: dict[str, Any] = {name: root / name for name in FOLDERS}
        return cls(root=root, state=root / ".autograder", **folders)

    def elsewhere(self, **places: Any) -> Course:
        """The same course with some of its folders, or its gradebook, in other places (a trial run)."""
        return dataclasses.replace(self, **places)

    @property
    def labs(self) -> list[str]:
        """The labs that have a source here."""
        return sorted(path.parent.name for path in self.root.glob("*/exercises.py"))

    def lab_folder(self, lab: str) -> Path:
        """The folder of the lab called `lab`. Raises `CourseError` that names those there are, the
        nearest first, when there is none."""
        folder = self.root / lab
        if lab in self.labs:
            return folder
        if (folder / "lab.py").is_file():
            raise CourseError(
                f"{folder}: has a lab.py and no exercises.py; where all tests are ordinary, these lines "
                "are enough: from autograder.exercise import Lab; "
                f'lab = Lab("{lab}", "A title", week=1, minutes=60)'
            )
        if any((self.source / lab).glob("*.ipynb")):
            raise CourseError(
                f"{self.source / lab}: a lab that has notebooks alone, and no {folder / 'lab.py'}, is "
                f"marked by `nbgrader autograde {lab}`, in the same sandbox where nbgrader_config.py "
                "names JudgeExecute (`autograder doctor` says whether it does)"
            )
        near = difflib.get_close_matches(lab, self.labs, n=1, cutoff=0.3)
        guess = f"did you mean {near[0]}? " if near else ""
        known = (
            f"the labs there are: {', '.join(self.labs)}" if self.labs else "there is no lab yet"
        )
        raise CourseError(f"no lab {lab!r} in {self.root}: {guess}{known}")

    def load(self, lab: str) -> Lab:
        """The exercises of the lab called `lab`. Raises `CourseError` with the line where they
        cannot be loaded."""
        path = self.lab_folder(lab) / "exercises.py"
        try:
            return load_lab(path)
        except Exception as error:
            lines = [
                f.lineno
                for f in traceback.extract_tb(error.__traceback__)
                if f.filename == str(path)
            ]
            line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else "?"
            what = f"{type(error).__name__}: {error}"
            raise CourseError(f"{path}, line {line}: {what}; mend it and run again") from error

    def config(self) -> Any:
        """nbgrader's configuration: `nbgrader_config.py`, then the places of this course."""
        from traitlets.config import Config, PyFileConfigLoader

        try:
            config = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        except Exception as error:  # it is a program, which may go wrong in any way
            path, what = self.root / "nbgrader_config.py", f"{type(error).__name__}: {error}"
            raise CourseError(f"{path}: cannot be read ({what}); mend it and run again") from error
        places = Config()
        places.CourseDirectory.root = str(self.root)
        if self.db_url is not None:
            places.CourseDirectory.db_url = self.db_url
        for name in FOLDERS:
            # Relative, because nbgrader puts an absolute folder into a regular expression unescaped.
            setattr(
                places.CourseDirectory,
                f"{name}_directory",
                os.path.relpath(getattr(self, name), self.root),
            )
        config.merge(places)
        return config

    def coursedir(self, lab: str, student: str = "*") -> Any:
        """nbgrader's own view of the course, for one lab."""
        from nbgrader.coursedir import CourseDirectory

        _alembic_on_path()

        coursedir = CourseDirectory(config=self.config())
        coursedir.assignment_id = lab
        coursedir.student_id = student
        return coursedir


def _alembic_on_path() -> None:
    """nbgrader makes a new gradebook by the command `alembic`, which stands beside this Python."""
    if shutil.which("alembic") is None:
        os.environ["PATH"] = os.pathsep.join(
            [os.environ.get("PATH", os.defpath), sysconfig.get_path("scripts")]
        )


def find_course(named: str | None = None) -> Course:
    """The course at `named`, else in this folder, its `labs/`, or a folder above."""
    if named:
        return Course.at(named)
    here = Path.cwd()
    found = [
        candidate
        for folder in (here, *here.parents)
        for candidate in (folder, folder / "labs")
        if (candidate / "nbgrader_config.py").is_file()
    ]
    for place, candidate in enumerate(found):
        if not any(_from_a_student(candidate, outer) for outer in found[place + 1 :]):
            return Course.at(candidate)
    raise CourseError(
        f"no course in {here} or above it: go to the course's folder, or name it with --course"
    )


def _from_a_student(folder: Path, course: Path) -> bool:
    """Whether it lies among the course's submissions. A configuration is a program: one that was
    handed in is not run."""
    return any(folder.is_relative_to(course / each) for each in ("submitted", "autograded"))
