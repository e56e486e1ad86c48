"""JudgeExecute: what stands in the place of nbgrader's `Execute`, by configuration only.

nbgrader's own `autograde` (from the command line or formgrader's button) comes here with one
notebook at a time and has it judged at once, by the warm judges of `autograder serve` where they
wait; `autograder grade` has judged it already, on several processes, and hands the outcome in.
"""

from __future__ import annotations

import ast
import hashlib
import hmac
import json
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Unicode

from autograder.cache import Cache
from autograder.collect import never_copied
from autograder.device import choose_device
from autograder.judge import Job, Outcome, Settings, mark
from autograder.remote import definitions
from autograder.sandbox.limits import Limits
from autograder.serve import Served
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

    device = Unicode("cpu", help="where gradient tests run: cpu, or cuda").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        ids = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir
        store = Store(Path(coursedir.root) / ".autograder")
        outcome: Outcome | None = resources.get("autograder")
        if outcome is None:
            settings = self.settings(Path(coursedir.root) / ids["assignment"] / "exercises.py", nb)
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
            outcome = _judged(settings, job, store.folder)
            Cache(store, ids["assignment"], settings).put(job, outcome)
        for event in outcome.events:
            self.log.warning("%s: %s", ids["student"], event)
        _name_the_page(Path(resources["metadata"]["path"]), store.key(), ids)
        return nbformat.reads(outcome.notebook, as_version=4), resources

    def settings(self, exercises: Path, nb: NotebookNode) -> Settings:
        limits = Limits(
            cpu_seconds_per_cell=self.cpu_seconds_per_cell, device=choose_device(self.device)
        )
        settings = Settings.of(exercises, sandbox=self.sandbox, limits=limits)
        if settings.exercises:
            return settings
        return replace(settings, preload=(*settings.preload, *teachers_imports(nb)))


def teachers_imports(nb: NotebookNode) -> tuple[str, ...]:
    """The modules that a notebook's locked cells import: worth importing before the students'
    processes are made. (These cells have been restored from the source.)"""
    found: set[str] = set()
    for cell in nb.cells:
        if cell.cell_type != "code" or not cell.metadata.get("nbgrader", {}).get("locked"):
            continue
        for node in definitions(cell.source):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module)
    return tuple(sorted(found))


def _name_the_page(folder: Path, key: bytes, ids: Mapping[str, str]) -> None:
    """See that a marked submission has the two files that nbgrader's `release_feedback` reads.

    What came through the exchange has them. Of what came another way the time is not known (an
    empty file says so), and the name under which the page lies in the exchange is one that nobody
    can guess, so that the pages of those who wait for theirs there can be handed back beside it.
    """
    message = json.dumps(["page", ids["assignment"], ids["student"]]).encode()
    secret = hmac.new(key, message, hashlib.sha256).hexdigest()
    for name, text in {"timestamp.txt": "", "submission_secret.txt": secret}.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="ascii")


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


def _judged(settings: Settings, job: Job, state: Path) -> Outcome:
    """By the service of this course, where one is at work (`autograder serve`); else here, where a
    judge is then kept for the next notebook."""
    served = Served.at(state)
    if served is not None:
        with served:
            try:
                return served.submit(mark, settings, job).result()
            except BrokenExecutor:
                pass
    return mark(settings, job)
