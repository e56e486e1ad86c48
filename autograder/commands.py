"""What each command of `autograder.cli` does: (exit status, the answer that `--json` prints).

Lines for people are said on the way, by `_say`; each command imports what it needs itself, so that
`autograder --help` is quick.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograder.course import Course, CourseError, find_course
from autograder.harmless import harmless_lines

__all__ = [
    "Command",
    "bundle",
    "check",
    "demo",
    "doctor",
    "export",
    "feedback",
    "grade",
    "release",
    "report",
    "serve",
]

Done = tuple[int, Any]
Command = Callable[[argparse.Namespace], Done]


def release(options: argparse.Namespace) -> Done:
    from autograder.build import build_release, release_in_step
    from autograder.proof import prove

    course = find_course(options.course)
    begun = {path.parent.name for path in course.root.glob("*/lab.py")}  # maybe without exercises
    labs = options.labs or sorted({*course.labs, *begun})
    if not labs:
        raise CourseError(f"{course.root}: has no lab (a folder with exercises.py)")
    for lab in labs:
        course.lab_folder(lab)
    answer: dict[str, Any] = {}
    wrong = False
    with _progress() as progress:
        for lab in labs:
            faults: list[str] = []
            if not options.no_proof:
                faults = prove(
                    course,
                    lab,
                    sandbox=options.sandbox,
                    limits=_limits(options),
                    progress=progress,
                )
            differences = release_in_step(course, lab) if options.check else []
            if differences:
                differences.append(f"run `autograder release {lab}` and commit")
            written = None
            if not faults and not options.check:
                written = str(build_release(course, lab))
            answer[lab] = {
                "proved": not options.no_proof and not faults,
                "faults": faults,
                "differences": differences,
                "released": written,
            }
            wrong = wrong or bool(faults or differences)
    for lab, told in answer.items():
        for line in [*told["faults"], *told["differences"]]:
            _say(options, f"{lab}: {line}")
        if told["faults"]:
            _say(options, f"{lab}: not in order{'' if options.check else ', so not released'}")
        elif told["released"]:
            _say(options, f"{lab}: released to {told['released']}")
        elif not told["differences"]:
            _say(options, f"{lab}: in step with its source")
    return int(wrong), answer


def grade(options: argparse.Namespace) -> Done:
    course = find_course(options.course)
    if options.sandbox == "off":
        _warn("warning: --sandbox=off: students' code runs with your rights; the marks will say so")
    with _judges(options, course) as judges, _progress() as progress:
        from autograder.grade import grade
        from autograder.report import Class
        from autograder.troubles import clear_words

        grading = grade(
            course,
            options.lab,
            submissions=options.submissions,
            roster=options.roster,
            **judges,
            sandbox=options.sandbox,
            limits=_limits(options),
            regrade=options.regrade,
            progress=progress,
        )
    with clear_words(course):
        marked = Class.read(course, options.lab)
    if not options.json:
        marked.print()
        print(grading)
    for problem in grading.problems:
        _warn(problem.message)
    return grading.exit_status, {
        "lab": grading.lab,
        "marked": grading.marked,
        "from_cache": grading.from_cache,
        "unchanged": grading.unchanged,
        "sandbox": grading.sandbox,
        "problems": [vars(problem) for problem in grading.problems],
        "marks": marked.marks(),
    }


@contextmanager
def _judges(options: argparse.Namespace, course: Course) -> Iterator[dict[str, Any]]:
    """Where `grade` has its judges: in processes here, or on a cluster."""
    if options.scheduler is None:
        from autograder import early

        pool = None
        if options.submissions or options.regrade or early.work_in_sight(course, options.lab):
            pool = early.begin(
                course, options.lab, options.workers, options.sandbox, _limits(options)
            )
        try:
            yield {"workers": options.workers, "pool": pool}
        finally:
            if pool is not None:
                pool.shutdown()
        return
    from autograder.sandbox import choose
    from autograder.scheduler import Cluster

    with Cluster(options.scheduler, options.device, choose(options.sandbox)) as cluster:
        if cluster.exposed:
            _warn(f"warning: {cluster.exposed}")
        yield {"workers": options.workers or cluster.width, "executor": cluster}


def serve(options: argparse.Namespace) -> Done:
    import os
    import signal

    from autograder.judge import Settings
    from autograder.sandbox import choose
    from autograder.serve import Place, Service

    course = find_course(options.course)
    if options.lab is None:
        settings = Settings(sandbox=choose(options.sandbox), limits=_limits(options))
    else:
        home = course.lab_folder(options.lab)
        course.load(options.lab)
        settings = Settings.of(
            home / "exercises.py", sandbox=choose(options.sandbox), limits=_limits(options)
        )
    try:
        service = Service(course.state, options.workers or os.cpu_count() or 1, settings)
    except FileExistsError:
        raise CourseError(
            f"{Place(course.state).path}: a service is at work in this course already; "
            "stop that one with Ctrl-C"
        ) from None
    signal.signal(signal.SIGTERM, lambda *_: service.stop())
    with service:
        print(f"ready: {service.workers} judges for {course.root}; Ctrl-C ends them", flush=True)
        try:
            service.run()
        except KeyboardInterrupt:  # the way to end it
            pass
    marked = service.marked
    print(f"{marked} submission{'s' * (marked != 1)} marked")
    return 0, {"marked": marked}


def report(options: argparse.Namespace) -> Done:
    from autograder.late import up_to_date
    from autograder.report import Class
    from autograder.troubles import clear_words

    course = find_course(options.course)
    course.lab_folder(options.lab)
    with clear_words(course), _progress() as progress:
        up_to_date(course, options.lab)
        results = Class.read(course, options.lab, progress=progress)
        if options.similarity:
            results.compare(progress)
        paths = results.write(options.output or course.root / "reports" / options.lab)
    for path in paths:
        _say(options, str(path))
    answer: dict[str, Any] = {"lab": options.lab, "written": [str(path) for path in paths]}
    if options.similarity:
        answer["alike"] = [pair.to_json() for pair in results.alike or ()]
    return 0, answer


def feedback(options: argparse.Namespace) -> Done:
    from autograder.feedback import feedback
    from autograder.late import up_to_date
    from autograder.troubles import clear_words

    course = find_course(options.course)
    with clear_words(course):
        up_to_date(course, options.lab)
    with _progress() as progress:
        made = feedback(
            course,
            options.lab,
            students=options.student,
            rebuild=options.rebuild,
            progress=progress,
        )
    for problem in made.problems:
        _warn(problem.message)
    if made.unmarked:
        remedy = f"`autograder grade {made.lab}` marks them, or says why not"
        _warn(f"{', '.join(made.unmarked)}: not marked, so no page; {remedy}")
    counts = f"{len(made.made)} made, {len(made.unchanged)} unchanged since they were"
    _say(options, f"{course.feedback}: {counts}")
    return made.exit_status, {
        "lab": made.lab,
        "folder": str(course.feedback),
        "made": made.made,
        "unchanged": made.unchanged,
        "unmarked": made.unmarked,
        "problems": [vars(problem) for problem in made.problems],
    }


def export(options: argparse.Namespace) -> Done:
    from nbgrader.api import Gradebook

    from autograder.export import FORMATS
    from autograder.late import up_to_date
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
    with clear_words(course):
        up_to_date(course, options.lab)
    coursedir = course.coursedir(options.lab)
    with clear_words(course), Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        exporter.export(gradebook)
    told = exporter.exported
    assert told is not None
    for line in told.lines():
        _warn(line)
    _say(options, str(told.path))
    return told.exit_status, {**told.to_json(), "format": options.format}


def check(options: argparse.Namespace) -> Done:
    from autograder.alone import check_notebook

    with _progress() as progress:
        progress("running the notebook", 0, 1)
        results = check_notebook(
            options.notebook,
            course=options.course,
            sandbox=options.sandbox,
            limits=_limits(options),
        )
        progress("running the notebook", 1, 1)
    for result in results:
        _say(options, f"{result}\n")
    score, most = sum(r.score for r in results), sum(r.max_score for r in results)
    _say(options, f"{score:g} of {most:g} points that a machine can give")
    return 0, {
        "score": score,
        "max_score": most,
        "results": [result.to_json() for result in results],
    }


def bundle(options: argparse.Namespace) -> Done:
    from autograder.bundle import bundle

    course = find_course(options.course)
    with _progress() as progress:
        made = bundle(
            course,
            options.folder,
            labs=options.labs,
            repository=options.repository,
            zipped=options.zip,
            overwrite=options.overwrite,
            progress=progress,
        )
    _say(options, f"{made.folder}: {made}")
    if made.archive:
        _say(options, str(made.archive))
    return 0, made.to_json()


def demo(options: argparse.Namespace) -> Done:
    from autograder.demo import demo

    with _progress() as progress:
        return demo(
            options.output,
            workers=options.workers,
            sandbox=options.sandbox,
            progress=progress,
            quiet=options.json,
        )


def doctor(options: argparse.Namespace) -> Done:
    from autograder.doctor import examine

    course: Course | None = None
    try:
        course = find_course(options.course)
    except CourseError:
        if options.course:
            raise
    return examine(course, say=lambda line: _say(options, line))


def _limits(options: argparse.Namespace) -> Any:
    from autograder.device import choose_device
    from autograder.sandbox.limits import Limits

    device = getattr(options, "device", "cpu")
    if getattr(options, "scheduler", None) is None:  # else it is for the cluster to have one
        choose_device(device)
    return Limits(cpu_seconds_per_cell=options.seconds, device=device)


def _say(options: argparse.Namespace, line: str) -> None:
    if not options.json:
        print(harmless_lines(line))


def _warn(line: str) -> None:
    print(harmless_lines(line), file=sys.stderr)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error, where it does not get into anybody's output: how many are done, how
    many in a second, and the time left, as soon as two are done to tell it from."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    console = Console(stderr=True)
    # In a log it would be noise. What is printed meanwhile goes above the bar, unless it goes elsewhere.
    with Progress(
        *columns,
        console=console,
        disable=not console.is_terminal,
        redirect_stdout=sys.stdout.isatty(),
    ) as bar:
        tasks: dict[str, Any] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, rate="")
            bar.update(tasks[stage], completed=done, total=total)
            speed = bar.tasks[bar.task_ids.index(tasks[stage])].speed
            bar.update(tasks[stage], rate=f"{speed:.1f}/s" if speed else "")

        yield progress
