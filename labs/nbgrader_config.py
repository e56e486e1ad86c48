"""An ordinary nbgrader course: these few lines are all that differs from stock nbgrader.

`nbgrader autograde`, `nbgrader generate_feedback`, `nbgrader export` and formgrader read this file,
and so does `autograder`; both give the same marks.
"""

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "dpkit"

# A submission is rebuilt on the source's own cells before anything reads it: locked cells with all their metadata,
# duplicated, deleted and retyped cells repaired.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "autograder.sanitise.RebuildOnSource",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# JudgeExecute takes the place of nbgrader's Execute: the student's cells run in a sandbox, the graded cells outside it.
c.Autograde.autograde_preprocessors = [
    "autograder.execute.JudgeExecute",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# Feedback shows the explanation, never a hidden test: a page that needs nothing but itself.
c.GenerateFeedback.exporter_class = "autograder.feedback.StudentPage"
c.GenerateFeedback.preprocessors = ["autograder.feedback.Grades"]

# Late work: a grace period, a price a day, extensions for single students; see course/ta.md. Until then it is free.
# c.AssignLatePenalties.plugin_class = "autograder.late.LatePolicy"
# c.LatePolicy.per_day = 0.1

# `nbgrader zip_collect` reads what Moodle and Canvas pack.
c.ZipCollectApp.collector_plugin = "autograder.platforms.PlatformCollector"
