"""From a lab's one source to what others open: the source notebook, the release, the students'
`checks.py`.

    labs/lab03_reverse_mode/lab.py, exercises.py, assets/
      → labs/source/lab03_reverse_mode/    lab.ipynb with solutions, checks.py, assets  (not committed)
      → labs/release/lab03_reverse_mode/   lab.ipynb without them, checks.py, assets    (committed)

The second arrow is nbgrader's own `generate_assignment`; nothing here replaces it. Building twice
gives the same bytes.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import filecmp
import hashlib
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder.course import Course, CourseError
from autograder.exercise import load_lab
from autograder.leaks import cut_hidden, find_leaks

__all__ = [
    "Variant",
    "build_release",
    "build_source",
    "built",
    "load_lab",
    "read_lab",
    "read_variants",
    "release_in_step",
]

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def read_lab(path: Path) -> NotebookNode:
    """The notebook that a `lab.py` describes, with nbgrader's metadata in full and cell ids that
    never change.

    In the source a cell names only what matters, e.g. `nbgrader={"grade_id": "check3_2", "grade":
    true, "points": 3}`.
    """
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: set[str] = set()
    for position, cell in enumerate(notebook.cells):
        grader = cell.metadata.get("nbgrader")
        if grader is not None:
            cell.metadata["nbgrader"] = _in_full(grader, cell, path, seen)
        name = grader["grade_id"] if grader else f"{position}:{cell.source}"
        cell["id"] = hashlib.sha256(f"{path.parent.name}/{name}".encode()).hexdigest()[:12]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.validate(notebook)
    return notebook


def _in_full(
    grader: dict[str, Any], cell: NotebookNode, path: Path, seen: set[str]
) -> dict[str, Any]:
    """nbgrader's metadata with every key that its format asks for."""
    grade_id = grader.get("grade_id")
    if not grade_id:
        raise CourseError(
            f"{path}: a cell with nbgrader metadata has no grade_id: {cell.source[:60]!r}"
        )
    if grade_id in seen:
        raise CourseError(f"{path}: two cells are called {grade_id!r}; a grade_id names one cell")
    seen.add(grade_id)
    grade, solution = bool(grader.get("grade")), bool(grader.get("solution"))
    full: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "task": False,
        "locked": bool(grader.get("locked", grade and not solution)),
    }
    if grade:
        if "points" not in grader:
            raise CourseError(f"{path}: the graded cell {grade_id!r} says no points")
        full["points"] = grader["points"]
    return full


@dataclasses.dataclass(frozen=True)
class Variant:
    """Another text for one solution cell: a mutant (with the diagnosis it must get) or an
    alternative."""

    name: str
    cell: str  # the grade_id of the solution cell that it replaces
    source: str
    diagnosis: str = ""

    def put_into(self, notebook: NotebookNode) -> NotebookNode:
        """A copy of `notebook` with this text in the cell's place."""
        changed = copy.deepcopy(notebook)
        for cell in changed.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == self.cell:
                cell.source = self.source
                return changed
        raise CourseError(
            f"the variant {self.name!r} is for a cell {self.cell!r} that is not there"
        )


def read_variants(folder: Path) -> list[Variant]:
    """The variants in `mutants/` or `alternatives/`: one file a solution cell, one titled percent
    cell a variant. What a variant does not define is as in the solution."""
    cells = read_lab(folder.parent / "lab.py").cells
    solutions = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in cells}
    found = []
    for path in sorted(folder.glob("*.py")):
        for cell in jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent").cells:
            if "title" in cell.metadata:
                source = _completed(cell.source, solutions.get(path.stem, ""))
                diagnosis = cell.metadata.get("diagnosis", "")
                found.append(Variant(cell.metadata["title"], path.stem, source, diagnosis))
    return found


def _completed(variant: str, solution: str) -> str:
    """The variant with those functions and classes of the solution that it says nothing of: before
    it, but for classes that are built on what it defines."""
    try:
        own = {name for statement in ast.parse(variant).body for name in _defined(statement)}
    except SyntaxError:  # which may be the mistake
        return variant
    solution = "\n".join(
        line for line in solution.splitlines()
        if "### BEGIN SOLUTION" not in line and "### END SOLUTION" not in line
    )  # fmt: skip
    before: list[str] = []
    after: list[str] = []
    for statement in ast.parse(solution).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef) and statement.name not in own:
            bases = [] if isinstance(statement, ast.FunctionDef) else statement.bases
            named = {
                node.id for base in bases for node in ast.walk(base) if isinstance(node, ast.Name)
            }
            built_on_it = not own.isdisjoint(named)
            own |= {statement.name} if built_on_it else set()
            (after if built_on_it else before).append(
                ast.get_source_segment(solution, statement) or ""
            )
    return "\n\n\n".join([*before, variant, *after])


def _defined(statement: ast.stmt) -> list[str]:
    """The names that a statement at the top of a cell gives a meaning to."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        named = [node for target in statement.targets for node in ast.walk(target)]
        return [node.id for node in named if isinstance(node, ast.Name)]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in statement.names]
    return [name for inner in ast.iter_child_nodes(statement) if isinstance(inner, ast.stmt)
            for name in _defined(inner)]  # fmt: skip


def build_source(course: Course, lab: str) -> Path:
    """Write nbgrader's source folder of `lab`; returns it."""
    course.load(lab)
    home = course.lab_folder(lab)
    destination = course.source / lab
    with tempfile.TemporaryDirectory(dir=_made(course.state)) as scratch:
        staged = Path(scratch) / lab
        staged.mkdir()
        nbformat.write(read_lab(home / "lab.py"), staged / "lab.ipynb")
        exercises = (home / "exercises.py").read_text(encoding="utf-8")
        (staged / "checks.py").write_text(
            _as_checks(exercises, home / "exercises.py"), encoding="utf-8"
        )
        if (home / "assets").is_dir():
            shutil.copytree(home / "assets", staged / "assets")
        _replace_folder(staged, destination)
    return destination


def _as_checks(exercises: str, path: Path) -> str:
    text = cut_hidden(exercises, path)
    compile(text, str(path), "exec")  # cutting a hidden region must leave Python
    return text


def build_release(course: Course, lab: str) -> Path:
    """Build `lab` and release it with nbgrader's `generate_assignment` into the gradebook and
    `release/`.

    Raises `CourseError` when the release would show a student a solution or a hidden test; then
    nothing is released.
    """
    build_source(course, lab)
    with tempfile.TemporaryDirectory(dir=_made(course.state)) as scratch:
        trial = course.elsewhere(release=Path(scratch) / "release")
        _generate(trial, lab, record=False)
        leaks = find_leaks(course.lab_folder(lab), trial.release / lab)
        if leaks:
            raise CourseError(f"{lab} is not released: " + "; ".join(str(leak) for leak in leaks))
    _generate(course, lab)
    return course.release / lab


def release_in_step(course: Course, lab: str) -> list[str]:
    """What differs between the committed release of `lab` and one built now; empty when they are in
    step."""
    with built(course, lab) as trial:
        return _differences(trial.release / lab, course.release / lab)


@contextmanager
def built(course: Course, lab: str) -> Iterator[Course]:
    """The course with the source and the release of `lab` as they would be now, in folders that are
    gone afterwards; the gradebook hears nothing of it."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        trial = course.elsewhere(
            source=root / "source", release=root / "release", state=root / "state"
        )
        build_source(trial, lab)
        _generate(trial, lab, record=False)
        yield trial


def _differences(built: Path, committed: Path) -> list[str]:
    names = {
        path.relative_to(folder).as_posix()
        for folder in (built, committed)
        for path in folder.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and ".ipynb_checkpoints" not in path.parts
    }
    differing = []
    for name in sorted(names):
        ours, theirs = built / name, committed / name
        if not theirs.exists():
            differing.append(f"{theirs} is missing")
        elif not ours.exists():
            differing.append(f"{theirs} should not be there")
        elif not filecmp.cmp(ours, theirs, shallow=False):
            differing.append(f"{theirs} is not what its source gives")
    return differing


def _generate(course: Course, lab: str, *, record: bool = True) -> None:
    """nbgrader's release of a lab; `record` tells the gradebook about it."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.preprocessors import SaveCells

    log = logging.getLogger("autograder.nbgrader")
    said = _Said()
    log.addHandler(said)
    config = course.config()
    converter = GenerateAssignment(coursedir=course.coursedir(lab), config=config, log=log)
    converter.force = True
    converter.create_assignment = True
    if not record:  # as nbgrader's own --no-db does
        converter.no_database = True
        converter.preprocessors = [p for p in converter.preprocessors if p is not SaveCells]
    try:
        converter.start()
    except (NbGraderException, SystemExit) as error:
        raise CourseError(f"{lab}: nbgrader could not generate the release: {said}") from error
    finally:
        log.removeHandler(said)


class _Said(logging.Handler):
    """nbgrader logs what went wrong and raises \"see above\": this keeps what stood above."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.causes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().strip()
        if text.startswith("Traceback"):
            self.causes.append(text.splitlines()[-1])

    def __str__(self) -> str:
        return "; ".join(self.causes) or "it gave no reason; --verbose shows its log"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _replace_folder(new: Path, old: Path) -> None:
    """Put `new` in the place of `old`; a reader sees one or the other."""
    old.parent.mkdir(parents=True, exist_ok=True)
    if old.exists():
        discarded = Path(tempfile.mkdtemp(dir=new.parent)) / "old"
        old.rename(discarded)
    new.rename(old)
