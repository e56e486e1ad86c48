"""`autograder demo`: release a lab, make a class, mark it, explain, say what came of it, and check that.

Everything happens in a folder of its own, on a copy of the lab. The class knows what should come of
each of its submissions; the last line says whether it did.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nbformat

from autograder.build import build_release
from autograder.course import Course, CourseError, find_course
from autograder.demo.attacks import Target
from autograder.demo.pupils import Pupil, make_class
from autograder.feedback import feedback
from autograder.grade import grade
from autograder.report import Class
from autograder.sandbox import choose
from autograder.sandbox.limits import MIB, Limits

__all__ = ["demo"]

LAB = "lab03_reverse_mode"
OUTPUT = Path("build", "demo")
MARK = ".autograder-demo"  # a folder with this file in it is ours to replace

# Tight, so that the endless loop and the memory hog are over soon.
LIMITS = Limits(
    cpu_seconds_per_cell=4.0,
    cpu_seconds_total=40.0,
    wall_slack=6.0,
    memory_bytes_per_process=1024 * MIB,
    memory_bytes=1536 * MIB,
)


def demo(
    output: Path | None = None,
    *,
    workers: int | None = None,
    sandbox: str = "auto",
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
    quiet: bool = False,
    course: Course | None = None,
    lab: str = LAB,
) -> tuple[int, dict[str, Any]]:
    """Run the demonstration in the folder `output` (default: build/demo here); returns the exit status
    and what came of it, in plain JSON types. `quiet`: print nothing of that.

    0 when every submission came out as it should, 1 when one did not. Raises `CourseError` when
    `output` holds something that is not a demonstration, `SandboxUnavailable` when there is no
    sandbox here and `sandbox` is not "off". With "off" the hostile submissions are left out, since
    they would run with the rights of whoever runs this.
    """
    started = time.perf_counter()
    sandbox = choose(sandbox)
    taught = course or find_course()
    home = taught.lab_folder(lab)
    folder = _fresh((output or OUTPUT).resolve())
    progress("releasing", 0, 1)
    trial = _copy(taught, home, folder / "course")
    blank = nbformat.read(build_release(trial, lab) / "lab.ipynb", as_version=4)
    progress("releasing", 1, 1)
    with _server(trial.source / lab) as address:
        source, gradebook = trial.source / lab / "lab.ipynb", trial.root / "gradebook.db"
        target = Target(str(source), str(gradebook), address)
        pupils = make_class(home, blank, None if sandbox == "off" else target)
        for pupil in pupils:
            path = folder / "submissions" / pupil.name / "lab.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(pupil.notebook, encoding="utf-8")
        grade(
            trial,
            lab,
            submissions=folder / "submissions",
            workers=workers,
            sandbox=sandbox,
            limits=LIMITS,
            progress=progress,
        )
    pages = feedback(trial, lab, progress=progress)
    results = Class.read(trial, lab)
    results.notes = taught.root.parent / "course" / "notes"
    written = results.write(folder / "report")
    complaints = _complaints(pupils, results)
    complaints += [problem.message for problem in pages.problems]
    good = len(pupils) - len({line.split(":")[0] for line in complaints})
    seconds = time.perf_counter() - started
    if not quiet:
        results.print()
        print(f"{len(pupils)} submissions marked and reported in {seconds:.0f} s ({sandbox})")
        print(f"report: {written[0]}\n        {written[0].as_uri()}")
        print(f"feedback: {len(pages.made)} pages, one a student, in {trial.feedback}")
        print(f"check:  {good} of {len(pupils)} as they should be")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return int(bool(complaints)), {
        "lab": lab,
        "sandbox": sandbox,
        "submissions": len(pupils),
        "as_they_should_be": good,
        "complaints": complaints,
        "seconds": round(seconds, 1),
        "marks": results.marks(),
        "written": [str(path) for path in written],
        "feedback": {"folder": str(trial.feedback), "pages": len(pages.made)},
    }


def _complaints(pupils: list[Pupil], results: Class) -> list[str]:
    standings = {standing.student: standing for standing in results.standings}
    points = {column.name: column.max_score for column in results.columns}
    strangers = sorted(set(standings) - {pupil.name for pupil in pupils})
    told = [f"{name}: is in the gradebook and handed nothing in" for name in strangers]
    for pupil in pupils:
        told += pupil.complaints(standings.get(pupil.name), points)
    return told


def _fresh(folder: Path) -> Path:
    """An empty folder of ours. Only an earlier demonstration is ever replaced."""
    if folder.exists():
        if not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).is_file()):
            raise CourseError(
                f"{folder}: is there already and is no earlier demonstration; "
                "name another folder with --output"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("made by `autograder demo`, which replaces this folder\n")
    return folder


def _copy(taught: Course, home: Path, root: Path) -> Course:
    """A course with nothing but this lab."""
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    shutil.copytree(home, root / home.name, ignore=ignored)
    shutil.copyfile(taught.root / "nbgrader_config.py", root / "nbgrader_config.py")
    return Course.at(root)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """The solutions on a port of this machine for as long as it takes, as the bait for the one that
    asks the network; only a sandbox with a hole reaches it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/lab.ipynb"
        finally:
            server.shutdown()
