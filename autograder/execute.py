"""JudgeExecute: what stands in the place of nbgrader's `Execute`, by configuration only.

nbgrader's own `autograde` (from the command line or formgrader's button) comes here with one
notebook at a time and has it judged at once; `autograder grade` has judged it already, on several
processes, and hands the outcome in.
"""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Unicode

from autograder.collect import never_copied
from autograder.judge import Job, Outcome, Settings, Worker
from autograder.session import Limits
from autograder.store import Store

__all__ = ["JudgeExecute", "submission_files"]

MAX_FILES_BYTES = 50_000_000


class JudgeExecute(NbGraderPreprocessor):
    """Run the student's cells in a sandbox and the graded cells outside it, and write the outputs
    into the notebook."""

    sandbox = Unicode(
        "auto", help="bwrap, landlock, auto (the best that works), or off: no protection at all"
    ).tag(config=True)
    cpu_seconds_per_cell = Float(30.0, help="processor time that one cell may take").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        ids = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir
        store = Store(Path(coursedir.root) / ".autograder")
        outcome: Outcome | None = resources.get("autograder")
        if outcome is None:
            settings = self.settings(Path(coursedir.root) / ids["assignment"] / "exercises.py")
            submitted = Path(
                coursedir.format_path(
                    coursedir.submitted_directory, ids["student"], ids["assignment"]
                )
            )
            job = Job(
                student=ids["student"],
                notebook=nbformat.writes(nb),
                key=store.key(),
                files=submission_files(Path(resources["metadata"]["path"]), submitted),
            )
            outcome = _worker(settings).mark(job)
            store.save_outcome(ids["assignment"], ids["student"], outcome.to_json())
        for event in outcome.events:
            self.log.warning("%s: %s", ids["student"], event)
        return nbformat.reads(outcome.notebook, as_version=4), resources

    def settings(self, exercises: Path) -> Settings:
        return Settings(
            str(exercises), self.sandbox, Limits(cpu_seconds_per_cell=self.cpu_seconds_per_cell)
        )


def submission_files(folder: Path, submitted: Path) -> dict[str, bytes]:
    """The files beside the notebook that its code may read: the lab's own (`checks.py`, assets) and
    the student's.

    A file that was a symbolic link in the submission is not among them, whatever it was copied
    from.
    """
    files: dict[str, bytes] = {}
    total = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if (
            path.suffix == ".ipynb"
            or never_copied(path)
            or not path.is_file()
            or _linked(submitted, name)
        ):
            continue
        total += path.stat().st_size
        if total > MAX_FILES_BYTES:
            break
        files[name] = path.read_bytes()
    return files


def _linked(submitted: Path, name: str) -> bool:
    """Whether any step of the way to the submitted file is a symbolic link."""
    path = submitted / name
    return any(
        step.is_symlink() for step in (path, *path.parents) if submitted in (step, *step.parents)
    )


_workers: dict[Settings, Worker] = {}


def _worker(settings: Settings) -> Worker:
    """One judge a lab for the life of this process."""
    if settings not in _workers:
        _workers[settings] = worker = Worker(settings)
        atexit.register(worker.close)
    return _workers[settings]
