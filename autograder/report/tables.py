"""Marks and mistakes as CSV, safe to open in a spreadsheet, and the mistakes as JSON.

A spreadsheet takes a cell that begins with = + - or @ for a formula and runs it, and names and
messages come from students: such a text gets an apostrophe in front. Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.panel import show
from autograder.report.classroom import Case, Class
from autograder.store import write as write_file

__all__ = ["write"]

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def write(results: Class, folder: Path) -> list[Path]:
    """marks.csv, a row a student; mistakes.csv, a row a mistake, the commonest first; mistakes.json,
    the same, and the ranking over all exercises."""
    paths = [folder / "marks.csv", folder / "mistakes.csv"]
    for path, rows in zip(paths, (_marks(results), _mistakes(results)), strict=True):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([_safe(value) for value in row] for row in rows)
        # The byte-order mark is how Excel knows UTF-8.
        write_file(path, text.getvalue().encode("utf-8-sig"))
    path = folder / "mistakes.json"
    write_file(path, json.dumps(ranking(results), indent=1).encode())
    return [*paths, path]


def ranking(results: Class) -> dict[str, Any]:
    """What the class misunderstood, in plain JSON types. `share`: of the marked students, 0 to 1."""
    return {
        "lab": results.lab,
        "marked": len(results.marked),
        "over all exercises": [
            {
                "kind": habit.kind,
                "title": habit.title,
                "students": len(habit.students),
                "share": round(habit.share, 4),
                "exercises": [mistake.column.number for mistake in habit.mistakes],
                "who": list(habit.students),
            }
            for habit in results.habits()
        ],
        "in each exercise": [
            {
                "exercise": mistake.column.number,
                "kind": mistake.kind,
                "title": mistake.title,
                "message": mistake.sentence,
                "students": len(mistake.cases),
                "share": round(mistake.share, 4),
                "reread": mistake.reread,
                "who": [_who(case) for case in mistake.cases],
            }
            for mistake in results.mistakes()
        ],
    }


def _who(case: Case) -> dict[str, Any]:
    place = case.place
    return {"student": case.student} | (
        {}
        if place is None
        else {
            "certainty": place.certainty,
            "cell": place.cell.name,
            "lines": [place.first, place.last],
            "code": [text for _, text in place.lines],
        }
    )


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
    yield "students share exercise kind title message got expected reread who where".split()
    for mistake in results.mistakes():
        example = mistake.example
        yield [
            len(mistake.students),
            round(mistake.share, 4),
            mistake.column.label,
            mistake.kind,
            mistake.title,
            mistake.sentence,
            None if example.got is None else show(example.got),
            None if example.expected is None else show(example.expected),
            mistake.reread,
            " ".join(mistake.students),
            "; ".join(f"{c.student}: {c.place.words()}" for c in mistake.cases if c.place),
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
