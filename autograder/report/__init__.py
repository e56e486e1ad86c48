"""The class report: marks, and what the class misunderstood.

    results = Class.read(course, "lab03_reverse_mode")
    results.print()                      # tables on the terminal
    results.write(folder)                # report.html, marks.csv, mistakes.csv

Marks come from nbgrader's gradebook, which alone knows them (a reader's points and a late penalty
included); the explanations come from the grader's notes.
"""

from autograder.report.classroom import Class

__all__ = ["Class"]
