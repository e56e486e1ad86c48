"""Hostile files beside a notebook with wrong answers.

Whoever imports one of them outside the sandbox writes `CANARY`.
"""

from __future__ import annotations

import sys

BOOBY_TRAP = "import posix\nposix.close(posix.open({canary!r}, posix.O_CREAT | posix.O_WRONLY))\n"

LIBRARIES = (
    "numpy dpkit autograder nbformat nbgrader nbconvert matplotlib IPython torch sitecustomize usercustomize "
    "checks exercises jupyter_client traitlets sqlalchemy conftest"
).split()
CONFIGURATIONS = (
    "nbgrader_config.py jupyter_config.py ipython_config.py jupyter_nbconvert_config.py "
    ".ipython/profile_default/startup/00.py x.pth"
).split()


def libraries(canary: str) -> dict[str, bytes]:
    """A module for each library that the grader imports, and each of Python's own."""
    trap = BOOBY_TRAP.format(canary=canary).encode()
    names = {*LIBRARIES, *sys.stdlib_module_names}
    files = {f"{name}.py": trap for name in names}
    packages = {f"{name}_/__init__.py": trap for name in ("labs", "source")}
    return files | packages


def configurations(canary: str) -> dict[str, bytes]:
    """The files that Jupyter's programs run when they find them in the folder where they work."""
    trap = BOOBY_TRAP.format(canary=canary).encode()
    return dict.fromkeys(CONFIGURATIONS, trap)


def the_courses_own_names(canary: str) -> dict[str, bytes]:
    """Files called as the course's and the grader's own."""
    return {
        "gradebook.db": b"SQLite format 3\0", "timestamp.txt/x": b"2000-01-01", "lab.ipynb.bak": b"",
        "submission_secret.txt": b"x" * 10**6, ".autograder/key": b"\0" * 32,
        "source/toy/lab.ipynb": b"{}", "checks.py": b"check = lambda n: 2.0\n",
        "feedback/lab.html": b"<script>alert(1)</script>", "lab.html": b"<script>alert(1)</script>",
    }  # fmt: skip


BESIDE = {
    "libraries_beside": ("brings a module for every import of the grader's", libraries),
    "configurations_beside": ("brings configuration that Jupyter would run", configurations),
    "the_courses_names_beside": ("calls its files as the course's own", the_courses_own_names),
}
