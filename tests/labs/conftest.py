"""A lab as its tests see it: the source notebook, the exercises, the mutants and alternatives."""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from nbgrader.preprocessors import ClearSolutions

from autograder.build import Variant, read_lab, read_variants
from autograder.checker import check_exercise
from autograder.exercise import Lab, load_lab
from autograder.leaks import cut_hidden
from autograder.result import Result

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in (ROOT / "labs").glob("*/lab.py"))


@dataclass(frozen=True)
class Bench:
    """One lab folder, and its exercises with and without their hidden cases."""

    folder: Path

    @cached_property
    def notebook(self) -> Any:
        return read_lab(self.folder / "lab.py")

    @cached_property
    def blank(self) -> Any:
        """The notebook as students get it: solutions taken out by nbgrader itself."""
        return ClearSolutions().preprocess(read_lab(self.folder / "lab.py"), {})[0]

    @cached_property
    def exercises(self) -> Lab:
        return load_lab(self.folder / "exercises.py")

    def visible_exercises(self, folder: Path) -> Lab:
        """The exercises as students have them, written into `folder`."""
        source = self.folder / "exercises.py"
        checks = folder / f"{self.folder.name}_checks.py"
        checks.write_text(cut_hidden(source.read_text(encoding="utf-8"), source), encoding="utf-8")
        return load_lab(checks)

    def variants(self, kind: str) -> list[Variant]:
        """The mutants or the alternatives."""
        return read_variants(self.folder / kind)

    def namespace(self, replace: Mapping[str, str] | None = None, keep: str = "") -> dict[str, Any]:
        """The names after the given code and the solutions have run.

        `replace` maps a grade_id to another source for that cell. With `keep`, every other solution
        cell is blank.
        """
        names: dict[str, Any] = {"__name__": "__main__"}
        for full, blank in zip(self.notebook.cells, self.blank.cells, strict=True):
            grader = full.metadata.get("nbgrader")
            if full.cell_type != "code" or not grader or grader.grade:
                continue
            source = full.source if keep in ("", grader.grade_id) else blank.source
            source = (replace or {}).get(grader.grade_id, source)
            with _quiet():
                exec(compile(source, f"<{grader.grade_id}>", "exec"), names)
        return names

    def notebook_cell(self, grade_id: str) -> str:
        """The source of the cell with that grade_id."""
        cells = self.notebook.cells
        return next(
            c.source for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id
        )

    def mark(self, number: str, names: Mapping[str, Any], seed: int = 1) -> Result:
        with _quiet():
            return check_exercise(self.exercises[number], names, seed)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What students' code prints and warns is no concern of these tests; nor may a deeper recursion
    than Python's outlast it: a later test would fall off the end of the stack."""
    deepest = sys.getrecursionlimit()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                yield
            finally:
                sys.setrecursionlimit(deepest)


BENCHES = [Bench(folder) for folder in FOLDERS]


def exercise_of(variant: Variant) -> str:
    """The exercise that the cell `ex3_2` answers: "3.2"."""
    return variant.cell.removeprefix("ex").replace("_", ".")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test for every `lab`, or every `exercise`, `mutant` or `alternative` of each lab."""
    asked = {"mutant", "alternative", "exercise"} & set(metafunc.fixturenames)
    if asked:
        name = asked.pop()
        cases = []
        for lab in BENCHES:
            if name == "exercise":
                found = [(number, number) for number in lab.exercises.exercises]
            else:
                variants = lab.variants(name + "s")
                found = [(f"{v.cell}-{v.name}", (exercise_of(v), v)) for v in variants]
            cases += [pytest.param(lab, it, id=f"{lab.folder.name}-{title}") for title, it in found]
        metafunc.parametrize(f"lab,{name}", cases)
    elif "lab" in metafunc.fixturenames:
        metafunc.parametrize("lab", BENCHES, ids=[lab.folder.name for lab in BENCHES])
