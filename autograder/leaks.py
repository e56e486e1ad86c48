"""Nothing that a student can open may hold a solution or a hidden test.

Secrets are the lines and statements between nbgrader's delimiters, the whole of a written answer,
and every file of `mutants/` and `alternatives/`. They are looked for in what a student is given: as
text (so a comment counts) and as syntax (so a reformatted solution counts).
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jupytext
import nbformat

from autograder.course import CourseError
from autograder.exercise import load_lab
from autograder.mark import BEGIN_HIDDEN, END_HIDDEN

__all__ = ["Leak", "cut_hidden", "find_leaks"]

SHORT = 12  # characters; a shorter line ("return out") says nothing
# Nor does the head of a counting loop, or an empty beginning, which every program has.
COMMON = re.compile(r"for \w+ in range\([\w()]+\):|\w+ = (?:\[\]|\{\}|set\(\)|None|0|0\.0)")
BEGIN_SOLUTION, END_SOLUTION = "BEGIN SOLUTION", "END SOLUTION"
DELIMITERS = (BEGIN_HIDDEN, END_HIDDEN, BEGIN_SOLUTION, END_SOLUTION, "BEGIN MARK SCHEME")


@dataclass(frozen=True)
class Leak:
    """A secret found where a student can read it."""

    path: Path
    line: int
    text: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.why}: {self.text.strip()[:80]!r}"


def cut_hidden(text: str, path: Path | str = "") -> str:
    """`text` without the lines from BEGIN HIDDEN TESTS to END HIDDEN TESTS."""
    kept, inside = [], False
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if BEGIN_HIDDEN in line:
            if inside:
                raise CourseError(f"{path}:{number}: a hidden region begins inside another")
            inside = True
        elif END_HIDDEN in line:
            if not inside:
                raise CourseError(f"{path}:{number}: a hidden region ends that never began")
            inside = False
        elif not inside:
            kept.append(line)
    if inside:
        raise CourseError(f"{path}: a hidden region never ends")
    return "".join(kept)


def find_leaks(lab: Path, given: Path, *, run: int = 1, solved: bool = False) -> list[Leak]:
    """Secrets of the lab folder `lab` in the files under `given` (a release, an installed package).

    In a release a single line tells. In a library, where others wrote `seen.add(node)` before, only
    `run` lines in a row do. `solved`: the students have handed in what the lab asks, so its solutions
    are no secret any more; its tests are.
    """
    state = tuple((path, path.stat().st_mtime_ns) for path in sorted(lab.rglob("*.py")))
    secrets = _secrets(lab, solved, state)
    leaks: list[Leak] = []
    for path in sorted(path for path in given.rglob("*") if path.is_file()):
        if "__pycache__" in path.parts:
            if run == 1:
                leaks.append(Leak(path, 0, path.name, "compiled code is not for students"))
        elif path.name == "exercises.py" or {"mutants", "alternatives"} & set(
            path.relative_to(given).parts
        ):
            leaks.append(Leak(path, 0, path.name, "this file is for the course's staff"))
        else:
            for where, text in _readable(path):
                leaks += _in_text(path, where, text, secrets, run)
    return leaks


def _in_text(path: Path, where: int, text: str, secrets: _Secrets, run: int) -> Iterator[Leak]:
    lines = _read(text)
    secret = [bare in secrets.lines for _, _, bare in lines]
    told = False
    for position, (number, line, _) in enumerate(lines):
        window = secret[position : position + run]
        if run == 1 and path.suffix == ".ipynb" and any(word in line for word in DELIMITERS):
            yield Leak(path, where + number, line, "a delimiter of nbgrader was left behind")
        elif len(window) == run and all(window):
            told = True
            yield Leak(path, where + number, line, "a line of a solution or a hidden test")
    if run == 1 and not told:
        for statement, number in _statements(text):
            if statement in secrets.statements:
                yield Leak(
                    path, where + number, statement, "a statement of a solution or a hidden test"
                )


def _readable(path: Path) -> Iterator[tuple[int, str]]:
    """(line offset, text) of what a person could read in a file: cells, outputs and metadata of a
    notebook, otherwise all of it. A byte that is no text hides nothing beside it."""
    if path.suffix == ".ipynb":
        notebook = nbformat.read(path, as_version=4)
        for position, cell in enumerate(notebook.cells):
            for text in (cell.source, *map(str, cell.get("outputs", [])), *_strings(cell.metadata)):
                yield 1000 * position, text
        for text in _strings(notebook.metadata):
            yield 0, text
    else:
        yield 0, path.read_bytes().decode("utf-8", errors="replace")


def _strings(value: Any) -> Iterator[str]:
    """The texts in plain data, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.items():
            yield from _strings(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _strings(each)


@dataclass(frozen=True)
class _Secrets:
    lines: set[str]
    statements: set[str]


@lru_cache(maxsize=32)
def _secrets(lab: Path, solved: bool, state: object) -> _Secrets:
    """What only staff may see, while the lab's files are in this state.

    A line of a solution is secret also when it stands elsewhere in the lab's text, where it may have come by mistake;
    what a worked example gives away on purpose, the lab names as `Lab(given=…)`. Tests, mutants and alternatives are
    made of the same small change as what students are given, so of these only the rest is secret.
    """
    answers: list[str] = []
    others: list[str] = []
    public: list[str] = []
    staff = () if solved else ("mutants", "alternatives")
    for cell in jupytext.reads(
        (lab / "lab.py").read_text(encoding="utf-8"), fmt="py:percent"
    ).cells:
        solution, shown = _split(cell.source, BEGIN_SOLUTION, END_SOLUTION)
        tests, shown = _split(shown, BEGIN_HIDDEN, END_HIDDEN)
        if cell.metadata.get("nbgrader", {}).get("solution") and not solution.strip():
            solution, shown = (
                shown,
                "",
            )  # nbgrader replaces a solution cell without a region as a whole
        (public if solved else answers).append(solution)
        others.append(tests)
        public.append(shown)
    tests, shown = _split(
        (lab / "exercises.py").read_text(encoding="utf-8"), BEGIN_HIDDEN, END_HIDDEN
    )
    others.append(tests)
    public.append(shown)
    for folder in staff:
        others += [path.read_text(encoding="utf-8") for path in sorted((lab / folder).glob("*.py"))]
    given = list(load_lab(lab / "exercises.py").given)
    return _Secrets(
        lines=(_lines(answers) - _lines(given)) | (_lines(others) - _lines(public)),
        statements=(_all_statements(answers) - _all_statements(given))
        | (_all_statements(others) - _all_statements(public)),
    )


def _split(text: str, begin: str, end: str) -> tuple[str, str]:
    """(what is between the delimiters, what is outside, with `pass` in the gap's place)."""
    inside: list[str] = []
    outside: list[str] = []
    current = outside
    for line in text.splitlines():
        if begin in line:
            current = inside
            outside.append(line[: len(line) - len(line.lstrip())] + "pass")
        elif end in line:
            current = outside
        else:
            current.append(line)
    return "\n".join(inside), "\n".join(outside)


# A bundle is searched once for each lab's secrets; what is read in it is the same each time.
@lru_cache(maxsize=10_000)
def _read(text: str) -> tuple[tuple[int, str, str], ...]:
    """(number, line, bare line) of each line that is not empty."""
    lines = enumerate(text.splitlines(), 1)
    return tuple((number, line, _bare(line)) for number, line in lines if line.strip())


def _bare(line: str) -> str:
    return " ".join(line.strip().removeprefix("#").split())


def _lines(texts: Iterable[str]) -> set[str]:
    lines = {_bare(line) for text in texts for line in text.splitlines()}
    return {line for line in lines if _says_something(line) and re.search(r"\w", line)}


def _says_something(line: str) -> bool:
    return len(line) >= SHORT and not COMMON.fullmatch(line)


def _all_statements(texts: Iterable[str]) -> set[str]:
    return {statement for text in texts for statement, _ in _statements(text)}


@lru_cache(maxsize=10_000)
def _statements(text: str) -> tuple[tuple[str, int], ...]:
    """Each simple statement in canonical form, with its line; nothing for text that is not Python."""
    try:
        tree = ast.parse(textwrap.dedent(text))
    except (SyntaxError, ValueError):
        return ()
    found = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.Return, ast.Expr)):
            canonical = ast.unparse(node)
            if _says_something(canonical):
                found.append((canonical, node.lineno))
    return tuple(found)
