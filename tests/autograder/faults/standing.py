"""All that a gradebook says of a class, in a form in which two of them can be compared."""

import sqlite3

from autograder.course import Course
from tests.autograder.toy import LAB

GRADES = """
    select s.student_id, s.timestamp, n.late_submission_penalty, c.name,
           g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
    from submitted_assignment s
    join assignment a on a.id = s.assignment_id
    join submitted_notebook n on n.assignment_id = s.id
    join grade g on g.notebook_id = n.id
    join base_cell c on c.id = g.cell_id
    where a.name = ? order by s.student_id, c.name
"""
COMMENTS = """
    select s.student_id, c.name, m.auto_comment, m.manual_comment
    from submitted_assignment s
    join assignment a on a.id = s.assignment_id
    join submitted_notebook n on n.assignment_id = s.id
    join comment m on m.notebook_id = n.id
    join base_cell c on c.id = m.cell_id
    where a.name = ? order by s.student_id, c.name
"""
CELLS = """
    select c.name, c.type, g.max_score, k.source, k.checksum, k.locked
    from base_cell c
    left join grade_cells g on g.id = c.id
    left join source_cell k on k.id = c.id
    order by c.name, c.type
"""


def standing(course: Course) -> dict[str, list[tuple]]:
    """Read without nbgrader, so that nothing is mended on the way: every row that means something,
    without the identifiers that are made up anew each time."""
    database = sqlite3.connect(f"file:{course.root / 'gradebook.db'}?mode=ro", uri=True)
    try:
        return {
            "intact": database.execute("pragma integrity_check").fetchall(),
            "students": database.execute("select id from student order by id").fetchall(),
            "cells": database.execute(CELLS).fetchall(),
            "grades": database.execute(GRADES, (LAB,)).fetchall(),
            "comments": database.execute(COMMENTS, (LAB,)).fetchall(),
            "copies": [
                (path.parts[-3], len(path.read_bytes()))
                for path in sorted(course.autograded.glob(f"*/{LAB}/lab.ipynb"))
            ],
        }
    finally:
        database.close()
