"""The judge of one notebook: the student's cells run in the sandbox, the graded cells here.

A judge worker is trusted: it holds the exercises with their hidden cases. It holds no gradebook.
What it gives back is the notebook with ordinary Jupyter outputs in it, from which nbgrader's own
`SaveAutoGrades` reads the marks.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import hmac
import io
import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

from autograder.errors import StudentError
from autograder.exercise import BEGIN_HIDDEN, Exercise, Lab, Mark, in_hidden_region, load_lab
from autograder.harmless import harmless_output, harmless_text
from autograder.remote import TrustedNames, readable
from autograder.result import Finding, Result
from autograder.session import Limits, Session, Zygote
from dpkit.diagnose import Diagnosis

__all__ = ["Job", "Outcome", "Settings", "Worker", "mark_in_worker", "start_worker"]


@dataclass(frozen=True)
class Settings:
    """How a course is marked: the sandbox, the limits, where the truth about the lab is."""

    exercises: (
        str  # the lab's exercises.py; a path that does not exist where an assignment has none
    )
    sandbox: str = "auto"
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Job:
    """One submission, ready to be marked: plain data, a few tens of kilobytes."""

    student: str
    notebook: str  # JSON, rebuilt on the source
    key: bytes  # the course's secret: fresh numbers that nobody can foresee
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass
class Outcome:
    """What came of it."""

    student: str
    notebook: str
    results: list[dict[str, Any]]  # one Result (as JSON) a graded cell
    sandbox: str
    seconds: float
    events: list[str] = field(default_factory=list)  # crashes and timeouts, a sentence each

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outcome:
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})


class Worker:
    """A judge with its own sandboxed fork server; marks one submission after the other."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.lab = self._load()
        self.zygote = Zygote(
            sandbox=settings.sandbox,
            preload=self.lab.preload if self.lab else (),
            limits=settings.limits,
        )

    def _load(self) -> Lab | None:
        """A course may have assignments with ordinary test cells and no exercises."""
        path = Path(self.settings.exercises)
        return load_lab(path) if path.is_file() else None

    def mark(self, job: Job) -> Outcome:
        started = time.perf_counter()
        notebook = nbformat.reads(job.notebook, as_version=4)
        marking = _Marking(self, job)
        with contextlib.closing(
            self.zygote.open(seed=_seed(job, "child") % 2**32, files=job.files)
        ) as session:
            marking.run(notebook, session)
        notebook.metadata["autograder"] = {
            "sandbox": self.zygote.sandbox,
            "scores": {result["number"]: result["score"] for result in marking.results},
        }
        return Outcome(
            student=job.student,
            notebook=nbformat.writes(notebook),
            results=marking.results,
            sandbox=self.zygote.sandbox,
            seconds=time.perf_counter() - started,
            events=marking.events,
        )

    def close(self) -> None:
        self.zygote.close()


class _Marking:
    """One submission's walk through its notebook."""

    def __init__(self, worker: Worker, job: Job):
        self.lab, self.job = worker.lab, job
        self.results: list[dict[str, Any]] = []
        self.events: list[str] = []

    def run(self, notebook: NotebookNode, session: Session) -> None:
        names = TrustedNames(session, check=lambda number: self.check(number, session))
        for cell in notebook.cells:
            if cell.cell_type != "code":
                if not (
                    cell.metadata.get("nbgrader", {}).get("locked") or "autograder" in cell.metadata
                ):
                    cell.source = harmless_text(cell.source)
                continue
            if is_grade(cell) and not is_solution(cell):
                cell.outputs = self.grade(cell, names)
            else:
                if cell.metadata.get("nbgrader", {}).get("locked"):
                    names.learn(cell.source)
                self.student_cell(cell, session)

    def student_cell(self, cell: NotebookNode, session: Session) -> None:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if not session.alive:
            cell.outputs = [_stream("Not run: the program had ended before this cell.\n")]
            return
        run = session.run_cell(cell.source, cell_id=name)
        cell.outputs = [nbformat.from_dict(harmless_output(output)) for output in run.outputs]
        cell.execution_count = run.execution_count
        if run.status not in ("ok", "error"):
            self.events.append(f"{name or 'a cell of their own'}: {run.message or run.status}")
            cell.outputs.append(_stream(f"{run.message or run.status}\n"))

    def check(self, number: str, session: Session) -> Result:
        """What `check("3.2")` means here: the probe goes into the sandbox, the verdict stays."""
        if self.lab is None:
            raise RuntimeError(
                "this assignment has no exercises.py, so check(…) means nothing in it"
            )
        exercise: Exercise = self.lab[number]

        def ask(**inputs: Any) -> Any:
            return session.probe(exercise.probe_source, "probe", inputs)

        result = exercise.mark(ask, np.random.default_rng(_seed(self.job, exercise.number)))
        result.marking = True
        result.output = session.last_output
        return result

    def grade(self, cell: NotebookNode, names: TrustedNames) -> list[NotebookNode]:
        """Run a graded cell here, in trusted code, and write down what it is worth in the way
        nbgrader reads."""
        points = float(cell.metadata["nbgrader"]["points"])
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed), np.errstate(all="ignore"):
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
                cell.metadata["autograder"] = {"hidden": True}
        shown = printed.getvalue() + (result.output if isinstance(result, Result) else "")
        if shown:
            outputs.insert(0, _stream(shown[:10_000]))
        record = result.to_json()
        record["grade_id"] = cell.metadata["nbgrader"]["grade_id"]
        self.results.append(record)
        return outputs


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
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        score = float(np.clip(float(value), 0.0, points))
    return _plain_result(cell, points, score, "correct" if score == points else "partial", "")


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


def _message(error: Exception) -> str:
    """What a student may read of a failed test: its own message, never its source."""
    text = error.message if isinstance(error, StudentError) else str(error)
    return text or f"the test failed ({type(error).__name__})"


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


def _seed(job: Job, what: str) -> int:
    """Numbers that the course's key fixes and nobody else can know: the same at every marking of
    this student's work."""
    message = json.dumps([job.student, what]).encode()
    return int.from_bytes(hmac.new(job.key, message, hashlib.sha256).digest()[:16], "big")


# --------------------------------------------------------------------------------------------------------------------
# In a pool's process

_worker: Worker | None = None
_no_worker: Exception | None = None  # why there is none
_stopped = False


def start_worker(settings: Settings) -> None:
    """Initialiser of a pool's process: dies with the process that started it, and keeps one
    `Worker`, or the reason why there is none for whoever asks it to mark."""
    global _worker, _no_worker
    from autograder.sandbox.linux import die_with_parent

    die_with_parent()
    parent = multiprocessing.parent_process()
    if parent is not None and os.getppid() != parent.pid:
        os._exit(1)  # it was killed while this process was still starting
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _stop)
    try:
        _worker = Worker(settings)
    except Exception as error:
        _no_worker = error


def _stop(*_: object) -> None:
    """Ctrl-C reaches the pool's processes too: the submissions that wait here are not begun."""
    global _stopped
    _stopped = True
    raise KeyboardInterrupt


def mark_in_worker(job: Job) -> Outcome:
    if _stopped:
        raise KeyboardInterrupt
    if _worker is None:
        raise _no_worker or RuntimeError("start_worker is the pool's initialiser")
    return _worker.mark(job)
