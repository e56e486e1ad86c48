"""One submission's walk through its notebook: the student's cells run in the sandbox, the graded
cells here.

What is left behind is ordinary Jupyter outputs, from which nbgrader's own `SaveAutoGrades` reads
the marks, and one `Result` a graded cell for the report.
"""

from __future__ import annotations

import ast
import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import numpy as np
from nbformat import NotebookNode

from autograder.copies import is_locked, readable_copy
from autograder.errors import StudentError
from autograder.exercise import Exercise, Lab
from autograder.harmless import harmless_output
from autograder.mark import BEGIN_HIDDEN, Mark, in_hidden_region, why_it_failed
from autograder.overrun import Overrun, limited, within_memory
from autograder.remote import TrustedNames, readable
from autograder.result import Finding, Result, cut
from autograder.sandbox.limits import Limits
from autograder.session import Session
from dpkit.diagnose import Diagnosis

__all__ = ["Marking"]

TEST_MEMORY = 4 * 2**30  # bytes that a test may take here with a student's answers


class Marking:
    """Marks one notebook in place.

    Args:
        lab: the exercises that `check("3.2")` speaks of; None where there are only ordinary tests.
        limits: how long a test may take, here as well as in the student's process.
        seed: a number for each name, that nobody can foresee and that is the same at every marking
            of this student's work.

    Attributes:
        results: one Result, as JSON, a graded cell.
        events: crashes and timeouts, a sentence each.
    """

    def __init__(self, lab: Lab | None, limits: Limits, seed: Callable[[str], int]):
        self.lab, self.limits, self.seed = lab, limits, seed
        self.results: list[dict[str, Any]] = []
        self.events: list[str] = []

    def run(self, notebook: NotebookNode, open_session: Callable[[], Session]) -> None:
        """All of the student's cells first, the tests afterwards: no cell can show what a test has
        told. Each test asks a copy of the student's process as it was at the test's place, so what
        it breaks there, or tells, is gone when it is over.

        Where that cannot be (the program has ended, or has threads and cannot be copied), the cells
        are run once more, as far as the one that ended it, for the tests alone: what they show this
        time is not kept."""
        self._walk([cell for cell in notebook.cells if cell.cell_type == "code"], open_session)
        readable_copy(notebook)

    def _walk(self, cells: list[NotebookNode], open_session: Callable[[], Session]) -> None:
        with open_session() as session:
            copies: list[Session | None] = []
            last: tuple[NotebookNode, StudentError] | None = None
            waiting = session.waiting
            waiting.allowed = self.limits.idle_seconds / 2  # they may have to be run again
            for cell in cells:
                if _is_test(cell):
                    copies.append(session.copied())
                elif (end := self.student_cell(cell, session)) is not None:
                    last = cell, end
            waiting.allowed = self.limits.idle_seconds
            if session.alive and None not in copies:
                self.judge(cells, session, iter(copies))
                return
        with open_session() as session:
            session.waiting = waiting  # what is slept away is gone
            self.judge(cells, session, None, last)

    def judge(
        self,
        cells: list[NotebookNode],
        session: Session,
        copies: Iterator[Any] | None,
        last: tuple[NotebookNode, StudentError] | None = None,
    ) -> None:
        """Run the tests, each on its copy; without `copies` on new ones, in the midst of the other
        cells, of which `last` ends the program."""
        names = TrustedNames(session, self.check, self.seed)
        for cell in cells:
            if _is_test(cell):
                with next(copies) if copies else session.checkpoint() as self.asked:
                    cell.outputs = self.grade(cell, names)
                continue
            if is_locked(cell):
                names.learn(cell.source)
            if last is not None and cell is last[0]:
                session.close(last[1])
            elif copies is None and session.alive:
                session.run_cell(cell.source)

    def student_cell(self, cell: NotebookNode, session: Session) -> StudentError | None:
        """Run it; what is to be said when the program ended in it."""
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if not session.alive:
            cell.outputs = [_stream("Not run: the program had ended before this cell.\n")]
            return None
        run = session.run_cell(cell.source, cell_id=name)
        cell.outputs = [nbformat.from_dict(harmless_output(output)) for output in run.outputs]
        cell.execution_count = run.execution_count
        if run.status not in ("ok", "error"):
            self.events.append(f"{name or 'a cell of their own'}: {run.message or run.status}")
            cell.outputs.append(_stream(f"{run.message or run.status}\n"))
        return None if session.alive else StudentError("killed", run.message or run.status)

    def check(self, number: str) -> Result:
        """What `check("3.2")` means here: the probe goes into the sandbox, the verdict stays."""
        if self.lab is None:
            raise RuntimeError(
                "this assignment has no exercises.py, so check(…) means nothing in it"
            )
        exercise: Exercise = self.lab[number]
        session = self.asked

        def ask(**inputs: Any) -> Any:
            return session.probe(exercise.probe_source, "probe", inputs)

        result = exercise.mark(ask, np.random.default_rng(self.seed(exercise.number)))
        result.marking = True
        result.output = session.last_output
        return result

    @contextlib.contextmanager
    def in_time(self) -> Iterator[None]:
        """A test may wait for what a student's code never gives: that costs this test alone."""
        seconds = self.limits.cpu_seconds_per_cell
        wall = self.limits.wall_seconds(seconds)
        try:
            with within_memory(TEST_MEMORY), limited(seconds, wall):
                yield
        except Overrun as over:
            self.asked.close()  # it may have been in the middle of a question
            took = f"{seconds:g} s of processor time"
            if over.args == ("wall",):
                took = f"{wall:g} s by the clock on the wall"
            raise StudentError(
                "timeout", f"The test did not end within {took} with these answers."
            ) from None

    def grade(self, cell: NotebookNode, names: TrustedNames) -> list[NotebookNode]:
        """Run a graded cell here, in trusted code, and write down what it is worth in the way
        nbgrader reads."""
        points = float(cell.metadata["nbgrader"]["points"])
        printed = io.StringIO()
        try:
            name = cell.metadata["nbgrader"]["grade_id"]
            with (
                names.cell(name, cell.source, self.asked),
                self.in_time(),
                contextlib.redirect_stdout(printed),
                np.errstate(all="ignore"),
            ):
                value = _evaluate(cell.source, names)
            explained = isinstance(value, Result | Diagnosis)
            result = value if isinstance(value, Result) else _ordinary(cell, points, value)
            outputs = [_panel(result.as_feedback())] if explained else []
            score = min(result.score, points)
            outputs.append(
                nbformat.v4.new_output("execute_result", {"text/plain": repr(float(score))})
            )
        except Exception as error:  # the test failed, or the student's code did in a test's hands
            result = _failed(cell, points, error)
            outputs = [_error(error)]
            if in_hidden_region(error):
                # The reader of the marked copy sees it, the student does not.
                result.findings[0].hidden = True
                result.findings[0].message = _message(error, staff=True)
                cell.metadata["autograder"] = {"hidden": True}
        shown = printed.getvalue() + (result.output if isinstance(result, Result) else "")
        if shown:
            outputs.insert(0, _stream(shown[:10_000]))
        record = result.to_json()
        record["grade_id"] = cell.metadata["nbgrader"]["grade_id"]
        self.results.append(record)
        return outputs


def _is_test(cell: NotebookNode) -> bool:
    """A cell of the teacher's that earns points (nbgrader's `grade` without `solution`)."""
    about = cell.metadata.get("nbgrader", {})
    return bool(about.get("grade")) and not about.get("solution")


def _evaluate(source: str, names: TrustedNames) -> Any:
    """Run a cell; return the value of its last expression, as Jupyter would show it."""
    tree, name = ast.parse(source), readable(source)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = tree.body[-1]
        tree.body.pop()
    exec(compile(tree, name, "exec"), names)
    return (
        eval(compile(ast.Expression(last.value), name, "eval"), names) if last is not None else None
    )


def _ordinary(cell: NotebookNode, points: float, value: Any) -> Result:
    """An ordinary nbgrader test that did not raise: full marks, or the number that it ends with, or
    what the diagnosis that it ends with is worth: all or nothing."""
    if isinstance(value, Diagnosis):
        return _diagnosed(cell, points, value)
    score = points
    if (earned := _number(value)) is not None:
        score = float(np.clip(earned, 0.0, points))
    return _plain_result(cell, points, score, "correct" if score == points else "partial", "")


def _number(value: Any) -> float | None:
    """The points that a test ends with; None where it ends with something that is no number, which
    nbgrader takes for full marks.

    A test that calculates points from an answer calculates with whatever came. Where that gave an
    array, a complex number or nan, there is no such number of points.
    """
    if (torch := sys.modules.get("torch")) is not None and isinstance(value, torch.Tensor):
        value = value.detach().numpy(force=True)
    if isinstance(value, bool) or not isinstance(
        value, int | float | complex | np.number | np.ndarray
    ):
        return None
    array = np.asarray(value)
    if array.dtype.kind not in "iufc":
        return None
    if array.size != 1 or array.dtype.kind == "c" or not np.isfinite(array).all():
        raise StudentError(
            "bad_data", "With what came back the test could not calculate a number of points."
        )
    return float(array.item())


def _diagnosed(cell: NotebookNode, points: float, diagnosis: Diagnosis) -> Result:
    mark = Mark()
    with mark.part("the gradient", points, hidden=BEGIN_HIDDEN in cell.source):
        mark.gradient(diagnosis)
    name = cell.metadata["nbgrader"]["grade_id"]
    return Result(
        lab="", number=name, title=name, max_score=points, findings=mark.findings, marking=True
    )


def _failed(cell: NotebookNode, points: float, error: Exception) -> Result:
    kind = error.kind if isinstance(error, StudentError) else "failed"
    return _plain_result(cell, points, 0.0, kind, _message(error))


def _plain_result(
    cell: NotebookNode, points: float, score: float, kind: str, message: str
) -> Result:
    name = cell.metadata["nbgrader"]["grade_id"]
    finding = Finding(part=name, points=points, earned=score, kind=kind, message=message)
    return Result(
        lab="", number=name, title=name, max_score=points, findings=[finding], marking=True
    )


def _message(error: Exception, *, staff: bool = False) -> str:
    """What a student may read of a failed test: its own message; its source only where the student
    has it too, or for the `staff`, who read it in the report."""
    text = error.message if isinstance(error, StudentError) else str(error)
    # A test may say what came, and that can be endless.
    return cut(text) or why_it_failed(error, staff=staff)


def _error(error: Exception) -> NotebookNode:
    name = "StudentError" if isinstance(error, StudentError) else type(error).__name__
    text = _message(error)
    trace = [f"{name}: {text}"]
    if isinstance(error, StudentError) and error.traceback:
        trace.append(error.traceback)
    return nbformat.v4.new_output("error", ename=name, evalue=text, traceback=trace)


def _panel(result: Result) -> NotebookNode:
    return nbformat.v4.new_output(
        "display_data", {"text/html": result._repr_html_(), "text/plain": str(result)}
    )


def _stream(text: str) -> NotebookNode:
    # Always stdout: nbgrader takes a word on stderr for a failed test.
    return nbformat.v4.new_output("stream", name="stdout", text=text)
