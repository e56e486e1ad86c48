"""Marks for a learning platform, in the very files that it reads.

    canvas   the gradebook that Canvas exports, with this lab's column filled
    moodle   the grading worksheet that Moodle exports, with grades and comments filled
    csv      a plain table: a row a student, a column an exercise

The first two begin best with the file that the platform itself exports (`--roster`): its rows,
columns and IDs stay as they are. Each format is one of nbgrader's export plugins, so

    nbgrader export --exporter=autograder.export.CanvasExporter --assignment '["lab03_reverse_mode"]'

does the same.
"""

from __future__ import annotations

from autograder.export.canvas import CanvasExporter
from autograder.export.exporter import Exported, Exporter
from autograder.export.moodle import MoodleExporter
from autograder.export.plain import PlainExporter

__all__ = ["FORMATS", "CanvasExporter", "Exported", "Exporter", "MoodleExporter", "PlainExporter"]

FORMATS: dict[str, type[Exporter]] = {
    "canvas": CanvasExporter,
    "moodle": MoodleExporter,
    "csv": PlainExporter,
}
