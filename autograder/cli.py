"""The command line: `autograder --help`. What the commands do is in `autograder.commands`.

One face for all of them: words for people on standard output, or with `--json` one JSON document and
nothing else there (an error is `{"error": …}`); troubles and progress on standard error; the exit
status as `EXIT` has it.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import logging
import math
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from autograder import commands
from autograder.course import CourseError
from autograder.harmless import harmless_lines

__all__ = ["main"]

EXIT = """exit status:
  0    all well
  1    it, or a part of it, could not be done, or what was asked about is not in order;
       a line for each says what, and the remedy
  2    the command line is wrong
  3    done, with remarks, each named: a submission was repaired, a mark waits for a reader
  130  stopped by Ctrl-C; what is recorded is safe"""

STOPPED = "stopped; what is recorded is safe, run the same command again and it goes on"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options = _parser("--json" in arguments).parse_args(arguments)
    level = logging.DEBUG if options.verbose else logging.CRITICAL
    logging.basicConfig(level=level, format="%(message)s", stream=sys.stderr)
    logging.getLogger("autograder.nbgrader").setLevel(level)
    # With --json the one document has standard output to itself.
    aside = contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext()
    try:
        with aside:
            status, answer = options.run(options)
    except KeyboardInterrupt as stop:
        status, answer = 130, {"error": str(stop) or STOPPED}
        print(harmless_lines(answer["error"]), file=sys.stderr)
    except Exception as error:
        status, answer = 1, {"error": str(error) or type(error).__name__}
        if not _explained(error) or options.verbose:
            logging.getLogger().critical("", exc_info=True)
        print(harmless_lines(f"autograder: {answer['error']}"), file=sys.stderr)
    if options.json:
        _print(answer)
    return status


def _explained(error: Exception) -> bool:
    """Whether its message is a sentence to the user; anything else is a defect, with a traceback."""
    from autograder.errors import DeviceUnavailable, SandboxUnavailable

    return isinstance(error, CourseError | SandboxUnavailable | DeviceUnavailable)


def _print(answer: Any) -> None:
    print(json.dumps(answer, indent=1))


def _version() -> str:
    try:
        return importlib.metadata.version("dpkit")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed: run from its folder)"


def _parser(as_json: bool) -> argparse.ArgumentParser:
    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            if as_json:
                _print({"error": message})
            super().error(message)

    parser = Parser(
        prog="autograder", description="Mark labs: in a sandbox, into nbgrader's gradebook.", epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"autograder {_version()}")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: commands.Command, help: str, example: str
    ) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(
            name,
            help=help,
            description=textwrap.fill(f"{help[:1].upper()}{help[1:]}.", 78),
            epilog=f"example:\n  autograder {name} {example}\n\n{EXIT}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.add_argument(
            "--course", metavar="DIR", help="the course folder (default: here, ./labs, or above)"
        )
        sub.add_argument(
            "--json", action="store_true", help="one JSON document on standard output, nothing else"
        )
        sub.add_argument(
            "--verbose", action="store_true", help="nbgrader's log, and a traceback for an error"
        )
        sub.set_defaults(run=run)
        return sub

    release = command(
        "release",
        commands.release,
        "build source and release notebooks; prove that the solution gets full marks and the blank none, "
        "and that nothing leaks",
        "lab03_reverse_mode",
    )
    release.add_argument("labs", nargs="*", metavar="LAB", help="(default: every lab)")
    release.add_argument(
        "--check",
        action="store_true",
        help="change nothing; fail when a release is not in step with its source",
    )
    release.add_argument(
        "--no-proof",
        action="store_true",
        help="do not mark the solution and the blank release first (where there is no sandbox)",
    )
    _sandbox(release)

    grade = command(
        "grade",
        commands.grade,
        "collect, mark and record a class's submissions",
        "lab03_reverse_mode --submissions submissions.zip",
    )
    grade.add_argument("lab", metavar="LAB")
    grade.add_argument("--submissions", type=Path, metavar="DIR_OR_ZIP", help="collect these first")
    grade.add_argument(
        "--roster",
        type=Path,
        metavar="FILE",
        help="who is who, and when they handed in: Canvas's gradebook, Moodle's grading worksheet, or "
        "a CSV with columns student, number, submitted (default: roster.csv in the course)",
    )
    _workers(grade)
    grade.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="mark on a dask.distributed cluster: tcp://HOST:PORT, tls://HOST:PORT or a scheduler file",
    )
    _sandbox(grade)
    _device(grade)
    grade.add_argument(
        "--regrade", action="store_true", help="mark all anew, also what has not changed"
    )

    serve = command(
        "serve",
        commands.serve,
        "keep judges warm until Ctrl-C: `grade`, and formgrader's button, find them by themselves",
        "lab03_reverse_mode",
    )
    serve.add_argument(
        "lab",
        metavar="LAB",
        nargs="?",
        help="be ready for this lab at once (any lab can be marked)",
    )
    _workers(serve)
    _sandbox(serve)
    _device(serve)

    report = command(
        "report",
        commands.report,
        "an HTML page and CSV tables: marks, and what the class misunderstood",
        "lab03_reverse_mode --similarity",
    )
    report.add_argument("lab", metavar="LAB")
    report.add_argument(
        "--output", type=Path, metavar="DIR", help="where to (default: reports/LAB in the course)"
    )
    report.add_argument(
        "--similarity",
        action="store_true",
        help="also answers that are unusually alike, side by side: a hint for a person, never a mark",
    )

    feedback = command(
        "feedback",
        commands.feedback,
        "a page for each student that explains the mark",
        "lab03_reverse_mode --student ada ben",
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
        commands.export,
        "marks for Canvas or Moodle, or as a plain table",
        "lab03_reverse_mode --format moodle --roster worksheet.csv",
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

    check = command(
        "check",
        commands.check,
        "marks for one notebook, with explanations; records nothing",
        "labs/release/lab03_reverse_mode/lab.ipynb",
    )
    check.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    _sandbox(check)
    _device(check)

    bundle = command(
        "bundle",
        commands.bundle,
        "the students' repository: notebooks, dpkit, the checker, the environment; nothing secret",
        "../student-repository --repository mycourse/labs --zip",
    )
    bundle.add_argument(
        "folder", type=Path, metavar="DIR", help="a new or empty folder, or an earlier bundle"
    )
    bundle.add_argument(
        "--labs", nargs="+", default=[], metavar="LAB", help="only these (default: every lab)"
    )
    bundle.add_argument(
        "--repository",
        default="",
        metavar="OWNER/NAME",
        help="where it will be on GitHub: the README then has a button for Binder",
    )
    bundle.add_argument("--zip", action="store_true", help="also DIR.zip, with the same files")
    bundle.add_argument(
        "--overwrite", action="store_true", help="also replace files that were edited in the bundle"
    )

    demo = command(
        "demo",
        commands.demo,
        "release a lab, make a class of submissions, mark it, write the report",
        "--output build/demo",
    )
    demo.add_argument("--output", type=Path, metavar="DIR", help="where to (default: build/demo)")
    _workers(demo)
    _sandbox(demo)

    command("doctor", commands.doctor, "what this machine can and cannot do", "--json")
    return parser


def _workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", type=int, metavar="N", help="judges at work side by side (default: one a core)"
    )


def _device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device",
        choices=("cpu", "cuda"),
        default="cpu",
        help="where students' tensors live (default cpu); cuda: one submission at a time has the GPU",
    )


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
