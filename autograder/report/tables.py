"""Marks, mistakes and exercises as CSV, safe to open in a spreadsheet, and the mistakes as JSON.

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
from autograder.report.classroom import Class
from autograder.report.mistakes import Case
from autograder.store import write as write_file

__all__ = ["write"]

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def write(results: Class, folder: Path) -> list[Path]:
    """marks.csv, a row a student; mistakes.csv, a row a mistake, the commonest first; mistakes.json,
    the same, and the ranking over all exercises; exercises.csv, a row an exercise; alike.csv, where
    answers were compared."""
    tables = {"marks.csv": _marks, "mistakes.csv": _mistakes, "exercises.csv": _exercises}
    if results.alike is not None:
        tables["alike.csv"] = _alike
    paths = []
    for name, rows in tables.items():
        text = io.StringIO(newline="")
        csv.writer(text).writerows([_safe(value) for value in row] for row in rows(results))
        paths.append(folder / name)
        # The byte-order mark is how Excel knows UTF-8.
        write_file(paths[-1], text.getvalue().encode("utf-8-sig"))
    paths.append(folder / "mistakes.json")
    write_file(paths[-1], json.dumps(ranking(results), indent=1).encode())
    return paths


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
        "seconds",
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
            None if standing.seconds is None else round(standing.seconds, 3),
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


def _exercises(results: Class) -> Iterable[list[Any]]:
    yield [
        *"exercise number points marked full part none unanswered waiting success".split(),
        "discrimination",
    ]
    for column in results.columns:
        counts = results.outcomes(column)
        success, told = results.success(column), results.discrimination(column)
        yield [
            column.label,
            column.number,
            column.max_score,
            len(results.marked),
            *(counts[name] for name in ("full", "part", "none", "unanswered", "waiting")),
            None if success is None else round(success, 4),
            None if told is None else round(told, 4),
        ]


def _alike(results: Class) -> Iterable[list[Any]]:
    yield "student other answer likeness tokens".split()
    for pair in results.alike or ():
        for answer in pair.answers:
            yield [*pair.students, answer.name, round(answer.likeness, 4), answer.size]


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
