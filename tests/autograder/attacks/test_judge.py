"""Attacks on the judge: on its memory, its time, and the marks of those who are marked beside it."""

import os
import re
import sys

import nbformat
import numpy as np
import pytest

from autograder import grade as grading_module
from autograder.build import build_release, read_lab
from autograder.judge import Job, Settings, mark
from autograder.mark import Mark
from autograder.panel import text
from autograder.pool import Pool
from autograder.remote import TrustedNames
from autograder.result import Finding, Result, plain
from autograder.sandbox.limits import Limits
from autograder.sanitise import grade_id
from autograder.session import Zygote
from autograder.wire import TooLarge, decode, encode
from tests.autograder.test_grade import marks, send
from tests.autograder.toy import LAB, MACHINE_POINTS, toy_course

pytestmark = pytest.mark.attack


# ----------------------------------------------------------------------------------- memory


@pytest.mark.parametrize("shape", [(10**9, 0), (10**5, 10**5, 0), (0, 10**12)])
def test_an_empty_array_of_a_thousand_million_rows_is_refused(shape):
    """No bytes on the line, and as a list of lists all the memory that there is."""
    with pytest.raises(TooLarge, match="empty array"):
        decode(encode(np.zeros(shape)))
    assert decode(encode(np.zeros((3, 0)))).shape == (3, 0)


ENDLESS = {
    "array": np.zeros(10**6),
    "list": [[0.0] * 100 for _ in range(1000)],
    "text": "x" * 10**7,
    "bytes": b"x" * 10**7,
    "dict": {f"{k}" * 1000: k for k in range(5000)},
    "nested": [["x" * 10**5] * 10] * 10,
}


@pytest.mark.parametrize("name", ENDLESS)
def test_evidence_is_cut_short(name):
    answer = ENDLESS[name]
    mark = Mark()
    with mark.part("part", 1):
        mark.that(False, kind="x", message=f"{answer!s}", got=answer, where=answer, given=answer)
    (finding,) = mark.findings
    for kept in (finding.got, finding.where, finding.given, finding.message):
        assert len(str(kept)) < 3_000_000
    assert finding.earned == 0.0


def test_short_evidence_is_kept_as_it_is():
    answer = {"a": [1, 2.5, None, "x"], "b": np.array([[1.0, 2.0]]), "c": (np.float64(1.5),)}
    assert plain(answer) == {"a": [1, 2.5, None, "x"], "b": [[1.0, 2.0]], "c": [1.5]}


def test_an_exception_s_text_cannot_be_endless():
    mark = Mark()
    with mark.part("part", 1):
        float("x" * 10**7)
    assert mark.findings[0].kind == "unreadable" and len(mark.findings[0].message) < 3000


# ----------------------------------------------------------------------------------- time


class Answers:
    """A session whose student's answer is given."""

    def __init__(self, value):
        self.value = value

    def get(self, name):
        return self.value


def test_long_keys_do_not_multiply():
    """The name of what a test looks at was made of all keys on the way: 3 GB here."""
    value = {"k" * 1_000_000: {str(number): number for number in range(3000)}}
    limit = sys.getrecursionlimit()
    assert TrustedNames(Answers(value), check=None)["value"] == value
    assert sys.getrecursionlimit() == limit


def test_one_who_only_sleeps_is_ended(bubblewrap):
    """Each sleep is short enough for its cell; there is no end of them."""
    limits = Limits(
        cpu_seconds_per_cell=1.0, cpu_seconds_total=1.0, wall_factor=1.0, wall_slack=2.0
    )
    with Zygote(limits=limits, preload=()) as zygote, zygote.open() as session:
        runs = []
        while session.alive and len(runs) < 20:
            runs.append(session.run_cell("import time; time.sleep(1)"))
        assert runs[-1].status == "timeout" and "clock on the wall" in runs[-1].message


# ----------------------------------------------------------------------------------- the others


def fall_dead_over_mallory(settings: Settings, job: Job):
    if job.student.startswith("mallory"):
        os._exit(1)
    return mark(settings, job)


def test_a_judge_that_dies_over_one_submission_costs_no_other(tmp_path, bubblewrap, monkeypatch):
    course = toy_course(tmp_path)
    build_release(course, LAB)
    right = read_lab(course.root / LAB / "lab.py")
    students = ["ada", "blaise", "mallory1", "mallory2", "nora", "olga", "zeno"]
    for student in students:
        send(tmp_path / "inbox", student, right)
    monkeypatch.setattr("autograder.grading.queue.mark", fall_dead_over_mallory)
    grading = grading_module.grade(course, LAB, submissions=tmp_path / "inbox", workers=2)
    assert {problem.student for problem in grading.problems} == {"mallory1", "mallory2"}
    scores = marks(course)
    for student in set(students) - {"mallory1", "mallory2"}:
        assert sum(score or 0.0 for score in scores[student].values()) == MACHINE_POINTS


def test_a_pool_that_breaks_between_two_submissions_costs_nobody(tmp_path, bubblewrap):
    """The process dies while the next submission is being prepared."""
    course = toy_course(tmp_path)
    build_release(course, LAB)
    right = read_lab(course.root / LAB / "lab.py")
    for student in ("ada", "zeno"):
        send(tmp_path / "inbox", student, right)
    made = []

    def broken_at_first(workers, settings):
        pool = Pool(workers, settings)
        if not made:
            with pytest.raises(Exception, match="terminated abruptly"):
                pool.submit(os._exit, 1).result()
        made.append(pool)
        return pool

    grading = grading_module.grade(
        course, LAB, submissions=tmp_path / "inbox", workers=1, executor=broken_at_first
    )
    assert grading.problems == [] and sorted(grading.marked) == ["ada", "zeno"]


def test_what_was_asked_in_secret_is_of_no_use_at_the_next_attempt(tmp_path, bubblewrap):
    """The inputs of a hidden case, left in a file, come back as the words of a later exception. So
    they are known, and worth nothing: other work is asked other numbers."""
    course = toy_course(tmp_path)
    build_release(course, LAB)
    settings = Settings.of(course.root / LAB / "exercises.py")

    def learnt(remark):
        notebook = read_lab(course.root / LAB / "lab.py")
        answers = {
            "ex1_1": "def slope(x):\n    open('seen', 'a').write(repr(x) + ';')\n    return 3 * x * x",
            "ex1_2": f"def centre(numbers):  # {remark}\n    raise ValueError(open('seen').read())",
        }
        for cell in notebook.cells:
            cell.source = answers.get(grade_id(cell), cell.source)
        outcome = mark(settings, Job("ada", nbformat.writes(notebook), b"k" * 32))
        (second,) = [result for result in outcome.results if result["number"] == "1.2"]
        return set(re.findall(r"-?\d+\.\d{6,}", second["findings"][0]["message"]))

    first, again, other = learnt("one"), learnt("one"), learnt("two")
    assert first == again  # regrading repeats itself
    assert first and other and not first & other


# ----------------------------------------------------------------------------------- the terminal


def test_a_student_s_message_commands_no_terminal():
    finding = Finding(part="p", points=1.0, kind="raised", message="\x1b]0;pwned\x07\x1b[2J\u202eX")
    shown = text(Result("l", "1", "t", 1.0, [finding], notes=["\x1b[31mred"]))
    assert all(character.isprintable() or character == "\n" for character in shown)
