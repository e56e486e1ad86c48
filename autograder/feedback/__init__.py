"""`autograder feedback LAB`: a page for each student that explains the mark.

    feedback/STUDENT/LAB/lab.html

stands where `nbgrader generate_feedback` puts its own, and is made by the same converter, so
`nbgrader release_feedback` hands it out. `StudentPage` is an exporter of nbconvert's, named in
`nbgrader_config.py`: with it nbgrader's command, and formgrader's button, make the same page.
"""

from __future__ import annotations

from autograder.feedback.grades import Grades
from autograder.feedback.make import Made, feedback
from autograder.feedback.page import StudentPage

__all__ = ["Grades", "Made", "StudentPage", "feedback"]
