"""Late work costs what the course's rule says: no more, no less, and anew when the rule changes."""

import math
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook

from autograder import cli
from autograder.build import build_release, read_lab
from autograder.course import Course, CourseError
from autograder.grade import grade
from autograder.late import Rule, policy, settle
from tests.autograder.toy import LAB, MACHINE_POINTS, WRITTEN_POINTS, toy_course

ROOT = Path(__file__).resolve().parents[2]
MINUTE, HOUR, DAY = 60, 3600, 86400

# --------------------------------------------------------------------------- the rule


@pytest.mark.parametrize(
    ("rule", "late", "off"),
    [
        # 8 of 10 points; what is taken off, worked out by hand
        (Rule(0.1), 0, 0),
        (Rule(0.1), -DAY, 0),
        (Rule(0.1), 1, 1),  # a day begun
        (Rule(0.1), DAY, 1),
        (Rule(0.1), DAY + 1, 2),
        (Rule(0.1, of="score"), DAY + 1, 1.6),
        (Rule(0.1, whole_days=False), 12 * HOUR, 0.5),
        (Rule(0.1, whole_days=False, of="score"), 36 * HOUR, 1.2),
        (Rule(0.1, grace=10 * MINUTE), 10 * MINUTE, 0),
        (Rule(0.1, grace=10 * MINUTE), 10 * MINUTE + 1, 1),
        (Rule(0.1, grace=2 * DAY), 2 * DAY + 1, 3),  # the days count from the deadline
        (Rule(0.1, cap=0.25), 9 * DAY, 2.5),
        (Rule(0.5), 9 * DAY, 8),  # never more than there is
        (Rule(0.1, cut_off=7), 7 * DAY, 7),
        (Rule(0.1, cut_off=7), 7 * DAY + 1, 8),
        (Rule(0.1, cut_off=0), 1, 8),
        (Rule(0.1, cut_off=0, grace=HOUR), HOUR, 0),
        (Rule(), 9 * DAY, 0),
        (Rule(cut_off=3), 3 * DAY + 1, 8),
    ],
)
def test_what_is_taken_off(rule, late, off):
    assert rule.penalty(8.0, 10.0, late) == pytest.approx(off)


def fractions(most=1):
    return st.integers(0, 100).map(lambda n: n * most / 100)


rules = st.builds(
    Rule,
    per_day=fractions(),
    whole_days=st.booleans(),
    of=st.sampled_from(["maximum", "score"]),
    grace=st.integers(0, 3 * DAY),
    cap=fractions(),
    cut_off=st.none() | st.integers(0, 20),
)


@given(rules, st.integers(0, 400), st.integers(0, 400), st.integers(-DAY, 30 * DAY))
def test_the_rule_is_exact_arithmetic(rule, quarters, more, late):
    """The same in whole numbers and fractions, where nothing is rounded."""
    score, maximum = Fraction(quarters, 4), Fraction(quarters + more, 4)
    exact = Fraction(0)
    if late > rule.grace and late > 0:
        days = -(-late // DAY) if rule.whole_days else Fraction(late, DAY)
        if rule.cut_off is not None and Fraction(late, DAY) > rule.cut_off:
            exact = score
        else:
            part = min(Fraction(round(rule.per_day * 100), 100) * days,
                       Fraction(round(rule.cap * 100), 100))  # fmt: skip
            exact = min(part * (maximum if rule.of == "maximum" else score), score)
    found = rule.penalty(float(score), float(maximum), late)
    assert math.isclose(found, float(exact), rel_tol=1e-12, abs_tol=1e-12)


@given(rules, st.floats(0, 50), st.floats(0, 50), st.integers(0, 30 * DAY), st.integers(0, DAY))
def test_handing_in_sooner_never_costs_more(rule, score, more, late, longer):
    soon = rule.penalty(score, score + more, late)
    assert 0 <= soon <= score
    assert soon <= rule.penalty(score, score + more, late + longer) + 1e-9


# --------------------------------------------------------------------------- a class

DUE = datetime(2026, 1, 31, 23, 0)
LATE = {  # how late each hands in; all but `blank` have the machine's points
    "intime": -HOUR,
    "minutes": 5 * MINUTE,
    "aday": DAY,
    "threedays": 2 * DAY + HOUR,
    "ages": 30 * DAY,
    "blank": DAY,
    "unknown": None,
}
RULE = """
c.AssignLatePenalties.plugin_class = "autograder.late.LatePolicy"
c.LatePolicy.timezone = "Europe/Copenhagen"
c.LatePolicy.per_day = 0.1
c.LatePolicy.grace_minutes = 10
c.LatePolicy.cap = 0.5
c.LatePolicy.cut_off_days = 14
"""
MAXIMUM = MACHINE_POINTS + WRITTEN_POINTS


@pytest.fixture(scope="module")
def marked(tmp_path_factory, request):
    """A class that has handed in at different times, marked once by `grade`."""
    request.getfixturevalue("bubblewrap")
    course = toy_course(tmp_path_factory.mktemp("late"))
    with open(course.root / "nbgrader_config.py", "a") as file:
        file.write(RULE)
    build_release(course, LAB)
    set_deadline(course)
    solved = read_lab(course.root / LAB / "lab.py")
    rows = ["student,submitted"]
    for student, late in LATE.items():
        folder = course.root.parent / "inbox" / student
        folder.mkdir(parents=True)
        blank = student == "blank"
        notebook = nbformat.read(course.release / LAB / "lab.ipynb", 4) if blank else solved
        nbformat.write(notebook, folder / "lab.ipynb")
        if late is not None:
            rows.append(f"{student},{DUE + timedelta(seconds=late)} UTC")
    (course.root / "roster.csv").write_text("\n".join(rows))
    grading = grade(course, LAB, submissions=course.root.parent / "inbox", workers=2)
    assert grading.problems == []
    return course


def set_deadline(course):
    done = nbgrader(course, "db", "assignment", "add", LAB, f"--duedate={DUE} UTC")
    assert done.returncode == 0, done.stderr


def nbgrader(course, *arguments):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=course.root, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}, capture_output=True,
    )  # fmt: skip


@pytest.fixture
def course(marked, tmp_path):
    shutil.copytree(marked.root, tmp_path / "course")
    return Course.at(tmp_path / "course")


def rule(course, *lines):
    with open(course.root / "nbgrader_config.py", "a") as file:
        file.write("\n".join(["", *lines, ""]))


def taken_off(course):
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        return {
            submission.student.id: submission.late_submission_penalty
            for submission in gradebook.assignment_submissions(LAB)
            if submission.late_submission_penalty
        }


def judged(course):
    """When each outcome was written: it stays where nobody is judged again."""
    return {path: path.stat().st_mtime_ns for path in course.state.glob(f"{LAB}/*.json")}


EXPECTED = {"aday": 0.7, "threedays": 2.1, "ages": MACHINE_POINTS}


def test_marking_takes_off_what_the_rule_says(marked):
    assert taken_off(marked) == pytest.approx(EXPECTED)


def test_where_nothing_has_changed_nothing_is_written(course):
    before = (course.root / "gradebook.db").read_bytes()
    assert settle(course, LAB) == []
    assert (course.root / "gradebook.db").read_bytes() == before


def test_nbgraders_own_command_takes_off_the_same(course):
    done = nbgrader(course, "autograde", LAB, "--force")
    assert done.returncode == 0, done.stderr
    assert taken_off(course) == pytest.approx(EXPECTED)


def test_another_rule_holds_without_judging_again(course):
    before = judged(course)
    rule(course, "c.LatePolicy.per_day = 0.2", "c.LatePolicy.cut_off_days = None",
         "c.LatePolicy.grace_minutes = 0", "c.LatePolicy.of = 'score'")  # fmt: skip
    assert settle(course, LAB) == ["aday", "ages", "minutes", "threedays"]
    expected = {"minutes": 1.0, "aday": 1.0, "threedays": 2.5, "ages": 2.5}
    assert taken_off(course) == pytest.approx(expected)
    rule(course, "c.AssignLatePenalties.plugin_class = 'nbgrader.plugins.LateSubmissionPlugin'")
    settle(course, LAB)
    assert taken_off(course) == {}
    assert judged(course) == before


def test_points_that_a_reader_gives_are_late_too(course):
    """At marking there were none to take off; nbgrader never comes back to them."""
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        written = gradebook.find_grade("why1_4", "lab", LAB, "blank")
        written.manual_score, written.needs_manual_grade = 2.0, False
        gradebook.db.commit()
    assert settle(course, LAB) == ["blank"]
    assert taken_off(course) == pytest.approx({**EXPECTED, "blank": 0.1 * MAXIMUM})


@pytest.mark.parametrize("command", [["export", LAB], ["report", LAB], ["feedback", LAB]])
def test_marks_that_go_out_have_the_rule_of_today(course, command, capsys):
    with open(course.root / "extensions.csv", "w") as file:
        file.write(f"student,lab,until\naday,{LAB},2026-02-03\n")
    assert cli.main([*command, "--course", str(course.root)]) in (0, 3)
    assert "aday" not in taken_off(course) and "threedays" in taken_off(course)


def test_from_canvas_to_the_penalty(course, capsys):
    """The platform's own zip, and a roster that says who its numbers are and when they came."""
    archive, roster = course.root.parent / "submissions.zip", course.root.parent / "list.csv"
    with zipfile.ZipFile(archive, "w") as bundle:
        path = course.submitted / "intime" / LAB / "lab.ipynb"
        bundle.write(path, "lovelaceada_LATE_12345_67890_lab-1.ipynb")
        bundle.write(path, "noetheremmy_222_67891_lab.ipynb")
    roster.write_text(
        "number,student,submitted\n"
        f"12345,ada@uni.edu,{DUE + timedelta(hours=1)} UTC\n222,emmy,{DUE - timedelta(hours=1)} UTC\n"
    )
    command = ["grade", LAB, "--submissions", str(archive), "--roster", str(roster)]
    assert cli.main([*command, "--course", str(course.root)]) == 0
    assert taken_off(course) == pytest.approx({**EXPECTED, "ada@uni.edu": 0.1 * MAXIMUM})
    assert cli.main(["export", LAB, "--course", str(course.root)]) in (0, 3)
    out = course.root / "reports" / LAB / "csv.csv"
    (row,) = [line for line in out.read_text().splitlines() if "ada@uni.edu" in line]
    assert f"{0.1 * MAXIMUM:g}" in row.split(",")


def test_what_another_rule_took_off_is_left_alone_by_export(course, capsys):
    rule(course, "c.AssignLatePenalties.plugin_class = 'nbgrader.plugins.LateSubmissionPlugin'")
    cli.main(["export", LAB, "--course", str(course.root)])
    assert taken_off(course) == pytest.approx(EXPECTED)


def test_an_extension_moves_one_deadline(course):
    (course.root / "extensions.csv").write_text(
        "student,lab,until\n"
        f"threedays,{LAB},2026-02-02\n"  # until midnight in Copenhagen, 23:00 in UTC
        f"ages,{LAB},2026-03-02 23:00 UTC\n"
        "aday,toy,2026-01-01\n"  # no extension is to an earlier time
    )
    assert settle(course, LAB) == ["ages", "threedays"]
    expected = {"aday": 0.7, "threedays": 0.7}
    assert taken_off(course) == pytest.approx(expected)
    (course.root / "extensions.csv").unlink()
    settle(course, LAB)
    assert taken_off(course) == pytest.approx(EXPECTED)


def test_a_slip_in_a_name_of_the_extensions_is_told(course):
    (course.root / "extensions.csv").write_text(
        f"student,lab,until\nThreeDays,{LAB},2026-02-03\nsomebody,{LAB},2026-02-03\n"
    )
    (problem,) = grade(course, LAB).problems
    assert problem.marked and problem.student == "threedays"
    assert "'ThreeDays' handed nothing in; did you mean 'threedays'?" in problem.message


def test_grade_settles_it_and_judges_nobody_again(course):
    before = judged(course)
    (course.root / "extensions.csv").write_text(f"student,lab,until\naday,{LAB},2026-02-03\n")
    assert len(grade(course, LAB).unchanged) == len(LATE)
    assert "aday" not in taken_off(course)
    rule(course, "c.LatePolicy.per_day = 0.2")
    again = grade(course, LAB)  # nbgrader_config.py may say more than this rule
    assert sorted(again.from_cache + again.unchanged) == sorted(LATE)
    assert taken_off(course) == pytest.approx({"threedays": 0.5 * MAXIMUM, "ages": MACHINE_POINTS})
    assert judged(course) == before


def test_nbgraders_own_extension_counts_as_well(course):
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        gradebook.grant_extension(LAB, "aday", days=1)
    assert settle(course, LAB) == ["aday"]


def test_another_deadline_holds_at_once(course):
    done = nbgrader(
        course, "db", "assignment", "add", LAB, "--duedate=2026-03-01 00:00 Europe/Copenhagen"
    )
    assert done.returncode == 0, done.stderr
    settle(course, LAB)
    assert taken_off(course) == pytest.approx({"ages": 0.2 * MAXIMUM})


def test_the_deadline_and_a_manual_mark_survive_a_new_release_and_a_new_attempt(course):
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        written = gradebook.find_grade("why1_4", "lab", LAB, "aday")
        written.manual_score, written.needs_manual_grade = 2.0, False
        gradebook.db.commit()
    build_release(course, LAB)
    (course.root / "roster.csv").write_text(f"student,submitted\naday,{DUE + timedelta(3)} UTC\n")
    inbox = course.root.parent / "again"
    shutil.copytree(course.submitted / "aday" / LAB, inbox / "aday")
    (inbox / "aday" / "timestamp.txt").unlink()
    assert grade(course, LAB, submissions=inbox).marked == ["aday"]
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        written = gradebook.find_grade("why1_4", "lab", LAB, "aday")
        assert gradebook.find_assignment(LAB).duedate == DUE
        assert written.manual_score == 2.0 and not written.needs_manual_grade  # the same answer
        submission = gradebook.find_submission(LAB, "aday")
        assert submission.late_submission_penalty == pytest.approx(0.3 * MAXIMUM)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["c.LatePolicy.per_day = 10"], "per_day is a fraction between 0 and 1, not 10"),
        (["c.LatePolicy.cap = -0.1"], "cap is a fraction"),
        (["c.LatePolicy.grace_minutes = -1"], "grace_minutes cannot be -1"),
        (["c.LatePolicy.timezone = 'Copenhagen'"], "'Copenhagen' is no time zone"),
        (["c.LatePolicy.of = 'points'"], "of"),
        (["c.AssignLatePenalties.plugin_class = 'no.such.Plugin'"], "no.such"),
    ],
)
def test_a_wrong_rule_is_one_line(course, lines, words):
    rule(course, *lines)
    with pytest.raises(CourseError, match=words) as error:
        policy(course)
    assert "nbgrader_config.py" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("student,lab\nada,toy\n", "needs the headings student,lab,until"),
        ("student,lab,until\nada,toy,tomorrow\n", "row 2: 'tomorrow' is no time"),
        ("student,lab,until\nada,toy,2026-01-31\n,toy,2026-01-31\n", "row 3: names no student"),
        ("student,lab,until\nada,lab99,2026-01-31\n", "no lab 'lab99'"),
    ],
)
def test_a_wrong_list_of_extensions_is_one_line(course, text, words):
    (course.root / "extensions.csv").write_text(text)
    with pytest.raises(CourseError, match=words) as error:
        policy(course)
    assert "extensions.csv" in str(error.value)
