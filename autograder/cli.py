"""The command line: `autograder --help`."""

from __future__ import annotations

import argparse
import json
import logging
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.course import CourseError, find_course

__all__ = ["main"]

EXIT = """exit status: 0 all well; 1 something could not be done (one line says what and the remedy);
2 the command line is wrong; 3 done, with remarks: submissions had to be repaired before they were
marked, or marks are not in the exported file (each is named)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    options = _parser().parse_args(arguments)
    level = logging.DEBUG if options.verbose else logging.CRITICAL
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    logging.getLogger("autograder.nbgrader").setLevel(level)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print(
            "stopped; what is recorded is safe, run the same command again and it goes on",
            file=sys.stderr,
        )
        return 130
    except Exception as error:
        if options.verbose or not _explained(error):
            raise
        print(f"autograder: {error}", file=sys.stderr)
        _json(options, {"error": str(error)})
        return 1


def _explained(error: Exception) -> bool:
    from autograder.errors import SandboxUnavailable

    return isinstance(error, CourseError | SandboxUnavailable)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder", description="Mark labs: in a sandbox, into nbgrader's gradebook.", epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], help: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help)
        sub.add_argument(
            "--course", metavar="DIR", help="the course folder (default: here, ./labs, or above)"
        )
        sub.add_argument(
            "--json", action="store_true", help="machine-readable output on standard output"
        )
        sub.add_argument(
            "--verbose", action="store_true", help="nbgrader's log, and a traceback for an error"
        )
        sub.set_defaults(run=run)
        return sub

    release = command(
        "release", _release, "build source and release notebooks, and check them for leaks"
    )
    release.add_argument("labs", nargs="*", metavar="LAB")
    release.add_argument(
        "--check",
        action="store_true",
        help="change nothing; fail when a release is not in step with its source",
    )

    grade = command("grade", _grade, "collect, mark and record a class's submissions")
    grade.add_argument("lab", metavar="LAB")
    grade.add_argument("--submissions", type=Path, metavar="DIR_OR_ZIP", help="collect these first")
    grade.add_argument(
        "--workers", type=int, metavar="N", help="judges at work side by side (default: one a core)"
    )
    _sandbox(grade)
    grade.add_argument(
        "--regrade", action="store_true", help="mark all anew, also what has not changed"
    )

    report = command(
        "report", _report, "an HTML page and a CSV table: marks, and what the class misunderstood"
    )
    report.add_argument("lab", metavar="LAB")
    report.add_argument(
        "--output", type=Path, metavar="DIR", help="where to (default: reports/LAB in the course)"
    )

    feedback = command(
        "feedback",
        _feedback,
        "a page for each student that explains the mark; exit status 3: some are not marked yet",
    )
    feedback.add_argument("lab", metavar="LAB")
    feedback.add_argument(
        "--student",
        nargs="+",
        action="extend",
        default=[],
        metavar="ID",
        help="only these (default: everyone)",
    )
    feedback.add_argument(
        "--rebuild", action="store_true", help="make all anew, also what has not changed"
    )

    export = command(
        "export",
        _export,
        "marks for Canvas or Moodle, or as a plain table; exit status 3: some wait",
    )
    export.add_argument("lab", metavar="LAB")
    export.add_argument(
        "--format",
        choices=("canvas", "moodle", "csv"),
        default="csv",
        help="canvas: its gradebook; moodle: its grading worksheet; csv: a plain table (default)",
    )
    export.add_argument(
        "--roster",
        type=Path,
        metavar="FILE",
        help="what the platform exports (Canvas: the gradebook; Moodle: the grading worksheet): its "
        "rows, columns and IDs are kept, and students are matched by login, ID, e-mail or name, exactly",
    )
    export.add_argument(
        "--out", type=Path, metavar="FILE", help="where to (default: reports/LAB/FORMAT.csv)"
    )
    export.add_argument(
        "--column", default="", metavar="NAME", help="canvas: the heading, or number, of the column"
    )
    export.add_argument(
        "--missing-as-zero",
        action="store_true",
        help="0 for those who handed nothing in (default: left empty)",
    )
    export.add_argument(
        "--scale",
        action="store_true",
        help="scale the points to the maximum that the platform has for the assignment",
    )

    check = command("check", _check, "marks for one notebook, with explanations; records nothing")
    check.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    _sandbox(check)

    demo = command(
        "demo", _demo, "release a lab, make a class of submissions, mark it, write the report"
    )
    demo.add_argument("--output", type=Path, metavar="DIR", help="where to (default: build/demo)")
    demo.add_argument(
        "--workers", type=int, metavar="N", help="judges at work side by side (default: one a core)"
    )
    _sandbox(demo)

    command("doctor", _doctor, "what this machine can and cannot do")
    return parser


def _sandbox(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sandbox",
        choices=("auto", "bwrap", "landlock", "off"),
        default="auto",
        help="auto: the best that works here, or a refusal; off: none, and the marks say so",
    )
    parser.add_argument(
        "--seconds",
        type=_seconds,
        default=30.0,
        metavar="S",
        help="processor time a cell may take (default 30)",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 86_400:  # with 0 nobody would have a mark
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds between 0 and a day")
    return seconds


def _limits(options: argparse.Namespace) -> Any:
    from autograder.sandbox.limits import Limits

    return Limits(cpu_seconds_per_cell=options.seconds)


def _release(options: argparse.Namespace) -> int:
    from autograder.build import build_release, release_in_step

    course = find_course(options.course)
    labs = options.labs or course.labs
    if not labs:
        raise CourseError(f"{course.root}: has no lab (a folder with exercises.py)")
    answer: dict[str, Any] = {}
    for lab in labs:
        course.lab_folder(lab)
        if options.check:
            answer[lab] = release_in_step(course, lab)
            line = "; ".join(answer[lab]) or "in step with its source"
            remedy = f" (run `autograder release {lab}` and commit)" if answer[lab] else ""
            _say(options, f"{lab}: {line}{remedy}")
        else:
            answer[lab] = str(build_release(course, lab))
            _say(options, f"{lab}: released to {answer[lab]}")
    _json(options, answer)
    return int(options.check and any(answer.values()))


def _grade(options: argparse.Namespace) -> int:
    from autograder.grade import grade
    from autograder.report import Class
    from autograder.troubles import clear_words

    course = find_course(options.course)
    if options.sandbox == "off":
        print(
            "warning: --sandbox=off: students' code runs with your rights; the marks will say so",
            file=sys.stderr,
        )
    with _progress() as progress:
        grading = grade(
            course,
            options.lab,
            submissions=options.submissions,
            workers=options.workers,
            sandbox=options.sandbox,
            limits=_limits(options),
            regrade=options.regrade,
            progress=progress,
        )
    with clear_words(course):
        marked = Class.read(course, options.lab)
    if options.json:
        problems = [vars(problem) for problem in grading.problems]
        _json(options, {
            "lab": grading.lab, "marked": grading.marked, "unchanged": grading.unchanged,
            "sandbox": grading.sandbox, "problems": problems, "marks": marked.marks(),
        })  # fmt: skip
    else:
        marked.print()
        print(f"{len(grading.marked)} marked, {len(grading.unchanged)} unchanged since they were")
    for problem in grading.problems:
        print(problem.message, file=sys.stderr)
    return grading.exit_status


def _report(options: argparse.Namespace) -> int:
    from autograder.report import Class
    from autograder.troubles import clear_words

    course = find_course(options.course)
    course.lab_folder(options.lab)
    with clear_words(course):
        paths = Class.read(course, options.lab).write(
            options.output or course.root / "reports" / options.lab
        )
    for path in paths:
        _say(options, str(path))
    _json(options, {"written": [str(path) for path in paths]})
    return 0


def _feedback(options: argparse.Namespace) -> int:
    from autograder.feedback import feedback

    course = find_course(options.course)
    with _progress() as progress:
        made = feedback(
            course,
            options.lab,
            students=options.student,
            rebuild=options.rebuild,
            progress=progress,
        )
    for problem in made.problems:
        print(problem.message, file=sys.stderr)
    if made.unmarked:
        remedy = f"run `autograder grade {made.lab}`"
        print(f"{', '.join(made.unmarked)}: not marked, so no page; {remedy}", file=sys.stderr)
    counts = f"{len(made.made)} made, {len(made.unchanged)} unchanged since they were"
    _say(options, f"{course.feedback}: {counts}")
    _json(options, {
        "lab": made.lab, "folder": str(course.feedback), "made": made.made,
        "unchanged": made.unchanged, "unmarked": made.unmarked,
        "problems": [vars(problem) for problem in made.problems],
    })  # fmt: skip
    return made.exit_status


def _export(options: argparse.Namespace) -> int:
    from nbgrader.api import Gradebook

    from autograder.export import FORMATS
    from autograder.troubles import clear_words

    course = find_course(options.course)
    course.lab_folder(options.lab)
    exporter = FORMATS[options.format](
        course=course,
        assignment=[options.lab],
        roster=str(options.roster or ""),
        to=str(options.out or ""),
        column=options.column,
        missing_as_zero=options.missing_as_zero,
        scale=options.scale,
        log=logging.getLogger("autograder.nbgrader"),
    )
    coursedir = course.coursedir(options.lab)
    with clear_words(course), Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        exporter.export(gradebook)
    told = exporter.exported
    assert told is not None
    for line in told.lines():
        print(line, file=sys.stderr)
    _say(options, str(told.path))
    _json(options, {**told.to_json(), "format": options.format})
    return told.exit_status


def _check(options: argparse.Namespace) -> int:
    from autograder.alone import check_notebook

    results = check_notebook(
        options.notebook, course=options.course, sandbox=options.sandbox, limits=_limits(options)
    )
    for result in results:
        _say(options, f"{result}\n")
    score, most = sum(r.score for r in results), sum(r.max_score for r in results)
    _say(options, f"{score:g} of {most:g} points that a machine can give")
    _json(
        options,
        {"score": score, "max_score": most, "results": [result.to_json() for result in results]},
    )
    return 0


def _demo(options: argparse.Namespace) -> int:
    from autograder.demo import demo

    with _progress() as progress:
        return demo(
            options.output,
            workers=options.workers,
            sandbox=options.sandbox,
            progress=progress,
            as_json=options.json,
        )


def _doctor(options: argparse.Namespace) -> int:
    from autograder.doctor import examine

    return examine(as_json=options.json)


def _say(options: argparse.Namespace, line: str) -> None:
    if not options.json:
        print(line)


def _json(options: argparse.Namespace, answer: Any) -> None:
    if options.json:
        print(json.dumps(answer, indent=1))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error, where it does not get into anybody's output."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, Any] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield progress
