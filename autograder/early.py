"""A start for the judges before anything else is loaded.

Most of the start-up of `autograder grade` is two things that do not need each other: nbgrader's
imports and the release, here; and the imports of the judges and of the sandbox, in processes of
their own. So those begin first, where there is work in sight; otherwise nothing begins.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.course import Course
from autograder.sandbox.limits import Limits

if TYPE_CHECKING:
    from autograder.pool import Pool

__all__ = ["begin", "work_in_sight"]


def begin(
    course: Course, lab: str, workers: int | None, sandbox: str, limits: Limits
) -> Pool | None:
    """A pool that gets ready for the lab in the background; None where `grade` had better see for
    itself: judges wait in a service, or something is wrong, which `grade` will tell."""
    from autograder.judge import Settings
    from autograder.pool import Pool
    from autograder.sandbox import choose
    from autograder.serve import Place

    if workers is None and Place(course.state).path.exists():
        return None
    try:
        exercises = course.lab_folder(lab) / "exercises.py"
        settings = Settings.of(exercises, sandbox=choose(sandbox), limits=limits)
    except Exception:
        return None
    return Pool(workers or os.cpu_count() or 1, settings)


def work_in_sight(course: Course, lab: str) -> bool:
    """Whether something was handed in since the gradebook was written; a look at times only."""
    gradebook = course.root / "gradebook.db"
    seen = gradebook.stat().st_mtime if gradebook.is_file() else 0.0
    return any(_newest(folder) > seen for folder in course.submitted.glob(f"*/{lab}"))


def _newest(folder: Path) -> float:
    return max((path.stat().st_mtime for path in [folder, *folder.iterdir()]), default=0.0)
