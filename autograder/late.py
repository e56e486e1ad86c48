"""Late work: what it costs, by nbgrader's own plugin for it.

In the course's `nbgrader_config.py`:

    c.AssignLatePenalties.plugin_class = "autograder.late.LatePolicy"
    c.LatePolicy.per_day = 0.1  # a tenth of the maximum for each day begun

The deadline is the gradebook's (`nbgrader db assignment add LAB --duedate …`). Somebody's own, later
one stands in `extensions.csv` in the course: `student,lab,until`. When something was handed in is
said by `timestamp.txt` beside it (see `autograder.collect`); without one nothing is late.

nbgrader takes points off once, while it marks. Points that a reader gives later, another deadline or
another rule change what is to be taken off, so `settle` does it again for all, without judging
anything again.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import or_
from traitlets import Bool, Enum, Float, TraitError, Unicode, validate

from autograder.course import Course, CourseError
from autograder.export.sheet import Sheet
from autograder.times import in_utc, zone

__all__ = ["LatePolicy", "Rule", "extensions", "misspelt", "policy", "settle", "up_to_date"]

DAY = 86_400.0


@dataclass(frozen=True)
class Rule:
    """What being late costs.

    Attributes:
        per_day: the fraction taken off for each day; of what, says `of`.
        whole_days: a day that has begun counts whole; otherwise by the second.
        of: "maximum", the most points that the lab has, or "score", the points earned.
        grace: seconds that cost nothing. Beyond them the days count from the deadline.
        cap: the largest fraction taken off.
        cut_off: days after which nothing counts; None for never.
    """

    per_day: float = 0.0
    whole_days: bool = True
    of: str = "maximum"
    grace: float = 0.0
    cap: float = 1.0
    cut_off: float | None = None

    def penalty(self, score: float, maximum: float, seconds_late: float) -> float:
        """Points to take off `score`, between 0 and all of it.

        Args:
            score: the points earned.
            maximum: the points that there were to earn.
            seconds_late: seconds after the student's deadline; 0 or less for in time.
        """
        if seconds_late <= max(self.grace, 0.0):
            return 0.0
        days = seconds_late / DAY
        if self.cut_off is not None and days > self.cut_off:
            return max(score, 0.0)
        fraction = min(self.per_day * (math.ceil(days) if self.whole_days else days), self.cap)
        return min(fraction * (maximum if self.of == "maximum" else score), max(score, 0.0))


class LatePolicy(LateSubmissionPlugin):
    """nbgrader's plugin: a grace period, a price a day, a cap, a cut-off, and extensions.

    nbgrader's own `penalty_method = "zero"` still means what it did: nothing late counts, once the
    grace period and an extension are over.
    """

    per_day = Float(0.0, help="fraction taken off for each day late: 0.1 is a tenth").tag(
        config=True
    )
    whole_days = Bool(True, help="a day that has begun counts whole").tag(config=True)
    of = Enum(
        ("maximum", "score"),
        default_value="maximum",
        help="a fraction of what: of the points that the lab has, or of those earned",
    ).tag(config=True)
    grace_minutes = Float(0.0, help="minutes after the deadline that cost nothing").tag(config=True)
    cap = Float(1.0, help="the largest fraction taken off").tag(config=True)
    cut_off_days = Float(
        None, allow_none=True, help="days after the deadline from which on nothing counts"
    ).tag(config=True)
    extensions = Unicode(
        "extensions.csv", help="the list of later deadlines, from the course's folder on"
    ).tag(config=True)
    timezone = Unicode(
        "UTC", help="where the course is: the zone of times that name none (Europe/Copenhagen)"
    ).tag(config=True)

    @validate("per_day", "cap")
    def _a_fraction(self, proposal: Any) -> float:
        if not 0 <= proposal["value"] <= 1:
            raise TraitError(
                f"LatePolicy.{proposal['trait'].name} is a fraction between 0 and 1, "
                f"not {proposal['value']:g}: a tenth is 0.1"
            )
        return proposal["value"]

    @validate("grace_minutes", "cut_off_days")
    def _not_negative(self, proposal: Any) -> float | None:
        value = proposal["value"]
        if value is not None and not 0 <= value < math.inf:
            raise TraitError(f"LatePolicy.{proposal['trait'].name} cannot be {value:g}")
        return value

    @validate("timezone")
    def _a_zone(self, proposal: Any) -> str:
        try:
            zone(proposal["value"])
        except ValueError as error:
            raise TraitError(f"LatePolicy.timezone: {error}") from None
        return proposal["value"]

    @property
    def rule(self) -> Rule:
        cut_off = 0.0 if self.penalty_method == "zero" else self.cut_off_days
        return Rule(
            self.per_day, self.whole_days, self.of, 60 * self.grace_minutes, self.cap, cut_off
        )

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """nbgrader's interface: points to take off, or None where the submission is not late.

        nbgrader tells a plugin neither the lab nor the maximum; whoever asks has both.
        """
        asking = self.parent
        notebook = asking.gradebook.find_submission_notebook(
            asking.notebook_id, asking.assignment_id, student_id
        )
        late = total_seconds_late - self._longer(notebook.assignment)
        penalty = self.rule.penalty(score, notebook.max_score, late)
        return penalty or None

    def _longer(self, submission: SubmittedAssignment) -> float:
        """Seconds from the gradebook's deadline to the student's own."""
        path = Path(self._root()) / self.extensions
        until = extensions(path, zone(self.timezone)).get(
            (submission.student.id, submission.assignment.name)
        )
        if until is None or submission.duedate is None:
            return 0.0
        return max(0.0, (until - submission.duedate).total_seconds())

    def _root(self) -> str:
        """The course's folder: of whichever converter this plugin is working for."""
        above = self.parent
        while above is not None:
            if getattr(above, "coursedir", None) is not None:
                return above.coursedir.root
            above = above.parent
        return self.config.CourseDirectory.get("root", ".")


_read: dict[tuple[Path, str], tuple[tuple[int, int], Mapping[tuple[str, str], datetime]]] = {}


def extensions(path: Path, home: tzinfo) -> Mapping[tuple[str, str], datetime]:
    """{(student, lab): until when, in UTC without a zone} of the list at `path`; {} where there is
    no such file. The last line about a student and a lab counts.

    Raises `CourseError` that names the row.
    """
    try:
        state = path.stat().st_mtime_ns, path.stat().st_size
    except OSError:
        return {}
    known = _read.get((path, str(home)))
    if known is None or known[0] != state:  # it is asked for each submission
        _read[path, str(home)] = known = state, _extensions(path, home)
    return known[1]


def _extensions(path: Path, home: tzinfo) -> dict[tuple[str, str], datetime]:
    sheet = Sheet.read(path)
    places = [sheet.column(name) for name in ("student", "lab", "until")]
    if None in places:
        raise CourseError(f"{path}: needs the headings student,lab,until in its first row")
    found = {}
    for number, row in enumerate(sheet.rows[1:], 2):
        student, lab, until = (row[place or 0].strip() for place in places)
        if not student or not lab:
            raise CourseError(f"{path}: row {number}: names no student or no lab; mend it")
        try:
            found[student, lab] = in_utc(until, home, until=True)
        except ValueError as error:
            raise CourseError(f"{path}: row {number}: {error}; mend it") from None
    return found


def policy(course: Course) -> LateSubmissionPlugin:
    """The plugin that the course's configuration names, ready to be asked.

    Raises `CourseError` where its settings, or the list of extensions, are wrong.
    """
    path = course.root / "nbgrader_config.py"
    config = course.config()
    try:
        asking = AssignLatePenalties(config=config)
        asking.init_plugin()
    except (TraitError, ImportError, AttributeError) as error:
        raise CourseError(f"{path}: {str(error).splitlines()[0]}; mend it") from None
    plugin = asking.plugin_inst
    if isinstance(plugin, LatePolicy):
        listed = extensions(course.root / plugin.extensions, zone(plugin.timezone))
        for _, lab in listed:
            if lab not in course.labs:
                raise CourseError(
                    f"{course.root / plugin.extensions}: there is no lab {lab!r}; mend it"
                )
    return plugin


def settle(course: Course, lab: str) -> list[str]:
    """Take off what the course's policy says today, for every submission of `lab` in the gradebook.
    Returns the students for whom that has changed; where nothing has, nothing is written.

    Raises `CourseError` as `policy` does.
    """
    asking = policy(course).parent
    coursedir = course.coursedir(lab)
    changed = []
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        asking.gradebook, asking.assignment_id = gradebook, lab
        for notebook in _concerned(gradebook, lab):
            submission = notebook.assignment
            asking.student_id, asking.notebook_id = submission.student.id, notebook.name
            penalty = None
            if submission.total_seconds_late > 0:
                penalty = asking.plugin_inst.late_submission_penalty(
                    asking.student_id, notebook.score, submission.total_seconds_late
                )
            if penalty is not None:
                penalty = asking._check_late_penalty(notebook, penalty)
            if not _same(penalty, notebook.late_submission_penalty):
                notebook.late_submission_penalty = penalty
                changed.append(asking.student_id)
        if changed:
            gradebook.db.commit()
    return sorted(changed)


def misspelt(course: Course, lab: str, students: Collection[str]) -> dict[str, str]:
    """{one of `students`: whom the list of extensions probably means by them, in one line}: a name
    in it that nobody has, and that is nearly theirs. Any other may belong to somebody who hands in
    later."""
    plugin = policy(course)
    if not isinstance(plugin, LatePolicy):
        return {}
    path = course.root / plugin.extensions
    known = {student.casefold(): student for student in students}
    told = {}
    for name, of in extensions(path, zone(plugin.timezone)):
        if of != lab or name in students:
            continue
        if near := difflib.get_close_matches(name.casefold(), known, n=1, cutoff=0.85):
            student = known[near[0]]
            told[student] = f"{path}: {name!r} handed nothing in; did you mean {student!r}?"
    return told


def up_to_date(course: Course, lab: str) -> None:
    """`settle` before marks are shown or handed on, in a course that has this rule. What another
    rule, or a person, took off is left alone."""
    if isinstance(policy(course), LatePolicy):
        settle(course, lab)


def _concerned(gradebook: Gradebook, lab: str) -> list[SubmittedNotebook]:
    """The notebooks that are late, or have points taken off as if they were."""
    return (
        gradebook.db.query(SubmittedNotebook)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .filter(Assignment.name == lab)
        .filter(
            or_(
                SubmittedAssignment.timestamp > Assignment.duedate,
                SubmittedAssignment.extension.isnot(None),  # it may be to an earlier time
                SubmittedNotebook.late_submission_penalty.isnot(None),
            )
        )
        .all()
    )


def _same(one: float | None, other: float | None) -> bool:
    """Equal as points; a database may keep fewer digits."""
    return math.isclose(one or 0.0, other or 0.0, rel_tol=1e-6, abs_tol=1e-9)
