"""Marking: an ordinary nbgrader course whose tests run outside the students' processes.

In a notebook only one name matters:

    from autograder import check
    check("3.2")

Everything else is for the teacher's side: `autograder --help`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.result import Result

__all__ = ["check"]


def check(number: str) -> Result:
    """See `autograder.checker.check`. Imported on first use, so that `import autograder` costs
    nothing."""
    from autograder import checker

    return checker.check(number)
