"""The course: nbgrader's configuration, its gradebook, formgrader, the service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.course import Course, CourseError
from autograder.doctor.line import Line

__all__ = ["look"]

# where in nbgrader_config.py: (what has to be among it, what is lost without it)
PARTS = {
    ("Autograde", "autograde_preprocessors"): (
        "autograder.execute.JudgeExecute",
        "nbgrader's own autograde, and formgrader's button, run tests in the student's process",
    ),
    ("Autograde", "sanitize_preprocessors"): (
        "autograder.sanitise.RebuildOnSource",
        "nbgrader's own autograde believes a submission's structure",
    ),
    ("GenerateFeedback", "exporter_class"): (
        "autograder.feedback.StudentPage",
        "nbgrader's own feedback shows what students' code wrote, and hidden tests",
    ),
}


def look(course: Course) -> Iterator[Line]:
    """Line by line."""
    try:
        config = course.config()
    except CourseError as error:
        yield Line("nbgrader_config.py", False, str(error), "no marking", needed=True)
        return
    yield Line("course", True, f"{course.root}: {', '.join(course.labs) or 'no lab yet'}")
    yield from _parts(config)
    yield _gradebook(course)
    yield _formgrader()
    yield _service(course)


def _parts(config: Any) -> Iterator[Line]:
    for (section, name), (wanted, lost) in PARTS.items():
        value = config[section].get(name) if section in config else None
        names = [_name(each) for each in (value if isinstance(value, list) else [value])]
        there = wanted.rpartition(".")[2] in names
        yield Line(
            f"nbgrader: {section}.{name}",
            there,
            wanted if there else f"lacks {wanted}",
            lost,
            "take these lines over from the project's labs/nbgrader_config.py",
        )


def _name(part: Any) -> str:
    """Of a class, or of its name with or without its module."""
    return str(getattr(part, "__name__", part)).rpartition(".")[2]


def _gradebook(course: Course) -> Line:
    """Whether it can be reached, and read."""
    import sqlalchemy

    # A password may stand in it.
    url = sqlalchemy.make_url(course.coursedir("*").db_url)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and url.database:
        if not Path(url.database).exists():
            return Line("gradebook", True, f"{shown}: not there yet; the first release makes it")
    try:
        engine = sqlalchemy.create_engine(url)
        try:
            with engine.connect() as connection:
                tables = sqlalchemy.inspect(connection).get_table_names()
                if "assignment" in tables:
                    many = sqlalchemy.text("select count(*) from submitted_assignment")
                    counted = connection.execute(many).scalar()
                    found = f"{shown}: {counted} submissions"
                else:
                    found = f"{shown}: empty"
        finally:
            engine.dispose()
    except Exception as error:  # every driver has its own
        why = str(error).splitlines()[0]
        return Line(
            "gradebook",
            False,
            f"{shown} cannot be read ({why})",
            lost="no marks can be recorded",
            remedy="start its server, mend db_url in nbgrader_config.py, or put back a copy",
            needed=True,
        )
    return Line("gradebook", True, found)


def _formgrader() -> Line:
    """Jupyter finds nbgrader's pages by a file that its installation leaves."""
    lost, remedy = "written answers cannot be read in the browser", "pip install jupyterlab"
    try:
        import nbgrader.server_extensions.formgrader  # noqa: F401
        from jupyter_core.paths import jupyter_config_path
    except ImportError as error:
        return Line("formgrader", False, f"cannot be loaded ({error})", lost, remedy)
    places = [Path(p) / "jupyter_server_config.d" / "nbgrader.json" for p in jupyter_config_path()]
    found = next((path for path in places if path.is_file()), None)
    remedy = "jupyter server extension enable --sys-prefix --py nbgrader"
    return Line("formgrader", found is not None, str(found or "is not enabled"), lost, remedy)


def _service(course: Course) -> Line:
    """Warm judges for this course, if somebody has started them."""
    from autograder.serve import Served

    served = Served.at(course.state)
    if served is None:
        return Line(
            "service", True, "not running; `autograder serve` saves every `grade` its start"
        )
    try:
        return Line("service", True, f"{served.workers} judges are warm (process {served.pid})")
    finally:
        served.shutdown()
