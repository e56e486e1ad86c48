"""A small course to test marking with: one lab, `toy`, that has one of everything.

5 points by machine: two each for 1.1 and 1.2, which have a hidden case, and one for 1.3, an
ordinary test cell with a hidden region. 2 more for a written answer that waits for a reader.
"""

import shutil
from pathlib import Path

from autograder.course import Course

HERE = Path(__file__).resolve().parent
LAB = "toy"
MACHINE_POINTS, WRITTEN_POINTS = 5.0, 2.0


def toy_course(folder: Path) -> Course:
    """The toy course in a new folder `course` under `folder`, configured as the real one is."""
    root = folder / "course"
    shutil.copytree(HERE / "toy_course", root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(HERE.parents[1] / "labs" / "nbgrader_config.py", root / "nbgrader_config.py")
    return Course.at(root)
