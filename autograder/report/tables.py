"""Marks and mistakes as CSV, safe to open in a spreadsheet.

A spreadsheet takes a cell that begins with = + - or @ for a formula and runs it, and names and
messages come from students: such a text gets an apostrophe in front. Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.panel import show
from autograder.report.classroom import Class
from autograder.store import write as write_file

__all__ = ["write"]

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def write(results: Class, folder: Path) -> list[Path]:
    """marks.csv, a row a student; mistakes.csv, a row a mistake, the commonest first."""
    paths = [folder / "marks.csv", folder / "mistakes.csv"]
    for path, rows in zip(paths, (_marks(results), _mistakes(results)), strict=True):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([_safe(value) for value in row] for row in rows)
        # The byte-order mark is how Excel knows UTF-8.
        write_file(path, text.getvalue().encode("utf-8-sig"))
    return paths


def _marks(results: Class) -> Iterable[list[Any]]:
    yield [
        "student",
        "score",
        "max_score",
        "points waiting for a reader",
        *(f"{column.label} (of {column.max_score:g})" for column in results.columns),
        "sandbox",
        "remarks",
    ]
    for standing in results.standings:
        yield [
            standing.student,
            standing.score if standing.marked else None,
            results.max_score,
            standing.waiting,
            *(standing.scores.get(column.name) for column in results.columns),
            standing.sandbox,
            "; ".join(f"{remark.reason}: {remark.sentence}" for remark in standing.remarks),
        ]


def _mistakes(results: Class) -> Iterable[list[Any]]:
    yield "students exercise kind message got expected reread who".split()
    for mistake in results.mistakes():
        example = mistake.example
        yield [
            len(mistake.students),
            mistake.column.label,
            mistake.kind,
            mistake.sentence,
            None if example.got is None else show(example.got),
            None if example.expected is None else show(example.expected),
            mistake.reread,
            " ".join(mistake.students),
        ]


def _safe(value: Any) -> Any:
    """`value` as a spreadsheet may have it."""
    if value is None or isinstance(value, int | float):
        return value
    text = "".join(c if c.isprintable() else " " for c in str(value))
    if _is_number(text) or not text.lstrip().startswith(FORMULA):
        return text
    return f"'{text}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
