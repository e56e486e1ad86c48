"""The class report: the gradebook's marks, the judge's explanations, and nothing that a student wrote taken for more
than text."""

import base64
import csv
import hashlib
import json
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import numpy as np
import pytest
from nbgrader.api import Gradebook
from scipy.stats import pearsonr

from autograder.build import build_release
from autograder.course import Course, CourseError
from autograder.report import Class
from autograder.report.page import MOST_CASES, render
from autograder.report.standing import Column, Remark, Standing
from autograder.report.terminal import show
from autograder.result import Finding, Result
from autograder.similarity import Alike, Pair
from autograder.store import Store
from tests.autograder.toy import LAB, toy_course

TITLES = {"1.1": "A slope", "1.2": "A centred list"}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("released")
    course = toy_course(folder)
    build_release(course, LAB)
    return course.root


@pytest.fixture
def course(released, tmp_path):
    shutil.copytree(released, tmp_path / "course")
    return Course.at(tmp_path / "course")


def hand_in(course, student, text=None):
    path = course.submitted / student / LAB / "lab.ipynb"
    path.parent.mkdir(parents=True)
    if text is None:
        shutil.copyfile(course.release / LAB / "lab.ipynb", path)
    else:
        path.write_text(text)
    return path


def record(course, student, check1_1, check1_2, check1_3, why1_4, *failures, **outcome):
    """Marks into nbgrader's gradebook, by nbgrader; `why1_4` None: it waits for a reader. Each of `failures` is
    (number, kind, message, got, expected)."""
    if not (course.submitted / student).exists():
        hand_in(course, student)
    scores = {"check1_1": check1_1, "check1_2": check1_2, "check1_3": check1_3, "why1_4": why1_4}
    coursedir = course.coursedir(LAB)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(LAB, student)
        for name, score in scores.items():
            grade = gradebook.find_grade(name, "lab", LAB, student)
            grade.auto_score, grade.needs_manual_grade = score, score is None
        gradebook.db.commit()
    results = []
    for number, kind, message, got, expected in failures:
        finding = Finding("all", 2, 0.0, kind, message, got=got, expected=expected)
        result = Result(LAB, number, TITLES[number], 2, [finding], reread="week00.md#slopes")
        results.append(result.to_json() | {"grade_id": f"check{number.replace('.', '_')}"})
    note = {"student": student, "results": results, "events": [], "sandbox": "bwrap"} | outcome
    Store(course.state).save_outcome(LAB, student, note)


SIGN = ("1.1", "sign", "The slope has the wrong sign.")
ZERO = ("1.1", "zero", "The slope is zero.")
MUTATED = ("1.2", "mutated_input", "The list has been changed.")
BLANK = ("1.2", "blank", "This is not filled in yet.", None, None)


@pytest.fixture
def four(course):
    record(course, "ada", 2, 2, 1, None)
    record(course, "ben", 1, 0, 1, None, (*SIGN, -3.0, 3.0), (*MUTATED, None, None))
    record(course, "cyd", 1, 1, 1, None, (*SIGN, -12.0, 12.0), (*MUTATED, [1.0], [2.0]))
    record(course, "dot", 0, 0, 0, 0, (*ZERO, 0.0, 3.0), BLANK)
    return course


# ------------------------------------------------------------------------------------- what is read


def test_marks_are_the_gradebooks(four):
    marks = {mark["student"]: mark for mark in Class.read(four, LAB).marks()}
    assert {student: mark["score"] for student, mark in marks.items()} == {
        "ada": 5,
        "ben": 2,
        "cyd": 3,
        "dot": 0,
    }
    assert marks["ben"]["exercises"] == {"1.1": 1, "1.2": 0, "1.3": 1, "1.4": None}
    assert marks["ben"]["max_score"] == 7
    assert marks["ben"]["needs_manual"] and not marks["dot"]["needs_manual"]
    assert marks["ben"]["sandbox"] == "bwrap"


def test_a_readers_points_and_a_late_penalty_count(four):
    coursedir = four.coursedir(LAB)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        grade = gradebook.find_grade("why1_4", "lab", LAB, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.find_submission_notebook("lab", LAB, "ada").late_submission_penalty = 2
        gradebook.db.commit()
    ada, *_ = Class.read(four, LAB).marks()
    assert ada["score"] == 5 + 1.5 - 2
    assert ada["exercises"]["1.4"] == 1.5
    assert ada["remarks"] == ["late: 2 points taken off for being late"]


def test_the_class_in_numbers(four):
    results = Class.read(four, LAB)
    slope, centred, total, word = results.columns
    assert [column.label for column in results.columns] == [
        "1.1 A slope",
        "1.2 A centred list",
        "1.3 A sum",
        "1.4 A word",
    ]
    assert results.median == 2.5
    assert results.waiting == 3 * 2
    assert results.success(slope) == (2 + 1 + 1 + 0) / 8
    assert results.success(total) == 3 / 4
    assert results.success(word) is None  # three of four are not read yet
    assert results.hardest is centred  # 3 of 8 points, of the slope 4
    assert results.outcomes(word) == {"waiting": 3, "unanswered": 1}
    assert results.outcomes(centred) == {"full": 1, "part": 1, "none": 1, "unanswered": 1}


def test_mistakes_are_ranked_by_how_many_made_them(four):
    mistakes = Class.read(four, LAB).mistakes()
    assert [(m.column.number, m.kind, m.students) for m in mistakes] == [
        ("1.1", "sign", ("ben", "cyd")),
        ("1.2", "mutated_input", ("ben", "cyd")),
        ("1.1", "zero", ("dot",)),
    ]
    sign, mutated, _ = mistakes
    assert (sign.sentence, sign.example.got, sign.example.expected) == (SIGN[2], -3.0, 3.0)
    assert sign.reread == "week00.md#slopes"
    assert mutated.example.got == [1.0]  # of the two, the one that has numbers to show


def test_ordinary_tests_that_failed_are_told_apart_by_their_messages(course):
    record(course, "ada", 0, 2, 1, None, ("1.1", "failed", "two is wrong", None, None))
    record(course, "ben", 0, 2, 1, None, ("1.1", "failed", "three is wrong", None, None))
    record(course, "cyd", 0, 2, 1, None, ("1.1", "failed", "three is wrong", None, None))
    mistakes = Class.read(course, LAB).mistakes()
    assert [(m.sentence, m.students) for m in mistakes] == [
        ("three is wrong", ("ben", "cyd")),
        ("two is wrong", ("ada",)),
    ]
    (habit,) = Class.read(course, LAB).habits()
    assert [mistake.students for mistake in habit.mistakes] == [("ada", "ben", "cyd")]


@pytest.mark.parametrize("then", ["sign", "not_tried"])
def test_one_student_counts_once_for_a_kind(course, then):
    """And for no kind where a part only waited for the one that failed."""
    twice = [Finding("a", 1, 0.0, "sign", "one"), Finding("b", 1, 0.0, then, "two")]
    record(course, "ada", 0, 2, 1, None)
    note = Store(course.state).outcome(LAB, "ada")
    note["results"] = [Result(LAB, "1.1", "A slope", 2, twice).to_json() | {"grade_id": "check1_1"}]
    Store(course.state).save_outcome(LAB, "ada", note)
    (mistake,) = Class.read(course, LAB).mistakes()
    assert (mistake.kind, mistake.students) == ("sign", ("ada",))


def test_those_who_need_a_look_come_in_order_of_urgency(course):
    record(course, "calm", 2, 2, 1, None)
    record(course, "crashed", 1, 0, 0, None, events=["ex1_2: the process ended"])
    record(course, "exposed", 2, 2, 1, None, sandbox="off")
    record(course, "rude", 0, 0, 0, None, ("1.1", "process", "It broke the rules.", None, None))
    edited = nbformat.read(course.release / LAB / "lab.ipynb", as_version=4)
    test = next(
        c for c in edited.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "check1_1"
    )
    test.source = "2.0"
    hand_in(course, "forger", nbformat.writes(edited))
    record(course, "forger", 0, 0, 0, None)
    hand_in(course, "half", '{"cells": [')
    hand_in(course, "new")
    reasons = {
        standing.student: [remark.reason for remark in standing.remarks]
        for standing in Class.read(course, LAB).attention()
    }
    assert list(reasons.items()) == [
        ("half", ["not marked"]),
        ("new", ["not marked"]),
        ("exposed", ["no sandbox"]),
        ("forger", ["worth a look"]),
        ("rude", ["worth a look"]),
        ("crashed", ["stopped"]),
    ]


def test_those_who_handed_nothing_in_are_named(four):
    coursedir = four.coursedir(LAB)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        gradebook.add_student("zoe")
    results = Class.read(four, LAB)
    assert results.absent == ["zoe"]
    assert "handed nothing in" in render(results, Path("."))


@pytest.mark.parametrize(
    ("number", "title", "big", "aside"),
    [
        ("3.2", "A sum", "3.2", "A sum, 25 %"),
        ("check3", "A sum", "A sum", "25 %"),
        ("check3", "", "check3", "25 %"),
    ],
)
def test_the_hardest_exercise_is_called_as_the_lab_calls_it(tmp_path, number, title, big, aside):
    standings = [Standing("ada", True, {"check3": 1.0}, score=1.0)]
    column = Column("check3", number, title, 4.0, written=False)
    page = render(Class("lab", "Lab", [column], standings, [], tmp_path), tmp_path)
    tile = page[page.index("<dt>hardest</dt>") :].split("</div>")[0]
    assert f'<span class="big">{big}</span>' in tile
    assert f'<span class="aside">{aside}' in tile


def test_marks_need_no_notes(four):
    before = [mark["score"] for mark in Class.read(four, LAB).marks()]
    shutil.rmtree(four.state)
    results = Class.read(four, LAB)
    assert [mark["score"] for mark in results.marks()] == before
    assert results.mistakes() == []
    assert [column.label for column in results.columns][0] == "1.1 A slope"  # from the heading


def test_a_lab_that_was_never_released_is_one_clear_line(tmp_path):
    with pytest.raises(CourseError, match="autograder grade toy"):
        Class.read(toy_course(tmp_path), LAB)


def test_no_submission_is_one_clear_line(course, tmp_path):
    with pytest.raises(CourseError, match="no submission"):
        Class.read(course, LAB).write(tmp_path / "report")


def test_the_class_s_habits_count_a_student_once_over_all_exercises(course):
    record(course, "ada", 1, 1, 1, None, (*SIGN, 1, 2), ("1.2", "sign", "Turned round.", 1, 2))
    record(course, "ben", 1, 1, 1, None, ("1.2", "sign", "Turned round.", 1, 2), (*ZERO, 0, 3))
    record(course, "cyd", 1, 1, 1, None, ("1.2", "sign", "Turned round.", 1, 2))
    record(course, "dot", 2, 2, 1, None)
    results = Class.read(course, LAB)
    told = [
        (h.kind, h.students, h.share, [m.column.number for m in h.mistakes])
        for h in results.habits()
    ]
    assert told == [
        ("sign", ("ada", "ben", "cyd"), 0.75, ["1.2", "1.1"]),
        ("zero", ("ben",), 0.25, ["1.1"]),
    ]


SOLVED = {
    "ex1_1": 'def slope(x):\n    """The derivative."""\n    return -3 * x**2  # <b>minus</b>',
    "ex1_2": "def helper(): pass\n\ndef centre(numbers):\n    return sorted(numbers)",
}


@pytest.fixture
def with_code(course):
    """Two students who made mistakes in code that can be looked at."""
    for student in ("ben", "cyd"):
        path = hand_in(course, student)
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = SOLVED.get(name, cell.source)
        marked = course.autograded / student / LAB / "lab.ipynb"
        marked.parent.mkdir(parents=True)
        marked.write_text(nbformat.writes(notebook))
        failures = [(*SIGN, -3.0, 3.0), (*MUTATED, None, None)]
        record(course, student, 0, 0, 1, None, *failures, notebook=nbformat.writes(notebook))
    return course


def test_a_mistake_leads_to_the_students_lines(with_code):
    sign, mutated = Class.read(with_code, LAB).mistakes()
    ben, cyd = sign.cases
    assert [case.student for case in sign.cases] == ["ben", "cyd"]
    assert ben.place.words() == "probably here: ex1_1, lines 1–3"
    assert ben.place.lines == [(1, "def slope(x):"), (3, "    return -3 * x**2  # <b>minus</b>")]
    assert (
        mutated.cases[0].place.words() == "somewhere in ex1_2"
    )  # two functions, and no word of them


def links(text):
    return [a["href"] for tag, a in Page(text).elements if tag == "a" and "href" in a]


def test_the_page_shows_the_lines_and_links_to_the_marked_notebook(with_code, tmp_path):
    results = Class.read(with_code, LAB)
    folder = with_code.root / "reports"
    text = render(results, folder)
    assert "return -3 * x**2  # &lt;b&gt;minus&lt;/b&gt;" in text
    cells = nbformat.read(with_code.autograded / "ben" / LAB / "lab.ipynb", as_version=4).cells
    (anchor,) = (c.id for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == "ex1_1")
    link = f"../autograded/ben/{LAB}/lab.ipynb#cell-id={anchor}"
    assert link in links(text)
    page = with_code.feedback / "ben" / LAB / "lab.html"
    page.parent.mkdir(parents=True)
    page.write_text("made by nbgrader generate_feedback")
    text = render(Class.read(with_code, LAB), folder)
    assert f"../feedback/ben/{LAB}/lab.html#cell-id={anchor}" in links(text)


def test_a_crowd_is_shown_in_part_and_linked_in_whole(with_code):
    results = Class.read(with_code, LAB)
    ben = results.standings[0]
    results.standings = [replace(ben, student=f"student{k:03}") for k in range(300)]
    text = render(results, with_code.root)
    assert text.count('<pre class="lines">') == MOST_CASES  # of one mistake a place is known
    assert "and 288 more:" in text and "student299</a>" in text
    assert "300<small>students</small><small>100 %</small>" in text


def test_json_tells_the_same(with_code, tmp_path):
    *_, path = Class.read(with_code, LAB).write(tmp_path)
    told = json.loads(path.read_text())
    assert told["marked"] == 2
    sign, mutated = told["in each exercise"]
    assert (sign["exercise"], sign["kind"], sign["students"], sign["share"]) == (
        "1.1",
        "sign",
        2,
        1.0,
    )
    assert sign["who"][0] == {
        "student": "ben",
        "certainty": "probably here",
        "cell": "ex1_1",
        "lines": [1, 3],
        "code": ["def slope(x):", "    return -3 * x**2  # <b>minus</b>"],
    }
    assert [habit["kind"] for habit in told["over all exercises"]] == ["sign", "mutated_input"]


# ------------------------------------------------------------------------- exercises in numbers, and times


def made_class(scores, seconds=None):
    """A class with these scores: a row a student, a column an exercise."""
    columns = [Column(f"c{k}", f"{k}", "", 1.0, False) for k in range(len(scores[0]))]
    standings = [
        Standing(f"s{i:03}", True, {f"c{k}": float(x) for k, x in enumerate(row)}, score=sum(row))
        for i, row in enumerate(scores)
    ]
    for standing, time in zip(standings, seconds or [], strict=False):
        standing.seconds = time
    return Class("l", "L", columns, standings, [], Path("/nowhere"))


def test_discrimination_is_the_correlation_with_the_sum_of_the_others():
    """Told from scipy's own, from two exercises that agree, and from one that is turned round."""
    scores = np.random.default_rng(5).integers(0, 3, (40, 4)).astype(float)
    results = made_class(scores.tolist())
    for k, column in enumerate(results.columns):
        expected = pearsonr(scores[:, k], scores.sum(axis=1) - scores[:, k]).statistic
        assert results.discrimination(column) == pytest.approx(expected)
    agree = made_class([[k % 2, k % 2] for k in range(20)])
    assert agree.discrimination(agree.columns[0]) == pytest.approx(1.0)
    against = made_class([[k % 2, 1 - k % 2] for k in range(20)])
    assert against.discrimination(against.columns[0]) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    "scores",
    [
        [[k % 2, k % 2] for k in range(19)],  # a tiny class
        [[1, k % 2] for k in range(30)],  # all the same
        [[k % 2] for k in range(30)],  # nothing to compare with
    ],
)
def test_discrimination_is_not_given_where_it_would_mean_nothing(scores, tmp_path):
    results = made_class(scores)
    assert results.discrimination(results.columns[0]) is None
    text = render(results, tmp_path)
    assert ("It is not given for fewer than 20 students; here n = 19." in text) == (
        len(scores) < 20
    )


def test_an_answer_that_waits_for_a_reader_is_in_no_correlation():
    results = made_class([[k % 2, k % 2, 0] for k in range(20)])
    results.standings[0].scores["c2"] = None
    assert results.discrimination(results.columns[2]) is None
    assert results.discrimination(results.columns[0]) == pytest.approx(1.0)


def test_slow_and_stopped_submissions_are_listed_with_their_times(tmp_path):
    results = made_class([[1]] * 6, seconds=[0.2, 0.3, 0.3, 0.4, 30.0, 0.8])
    results.standings[0].remarks = [Remark("stopped", "ex1: it ran past its time")]
    assert results.typical_seconds == pytest.approx(0.35)
    assert [standing.student for standing in results.slow()] == [
        "s004",
        "s000",
    ]  # 0.8 s is not slow
    text = render(results, tmp_path)
    section = text[text.index("Slow and stopped") : text.index("All marks")]
    assert "30 s" in section and "85.7" in section and "ex1: it ran past its time" in section
    assert "s005" not in section and "typically took 350 ms" in section
    assert rows(results.write(tmp_path)[1])[5][-2:] == ["30.0", ""]
    assert results.marks()[4]["seconds"] == 30.0


def test_without_times_nothing_is_said_of_them(tmp_path):
    assert "Slow and stopped" not in render(made_class([[1]] * 3), tmp_path)


# ------------------------------------------------------------------------------------ what is shown

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def hostile_class(student=EVIL):
    column = Column("check1", "1", EVIL, 2.0, False)
    finding = Finding(
        "p",
        2,
        0.0,
        EVIL,
        f"`{EVIL}` {EVIL}",
        got=EVIL,
        expected=[EVIL],
        given={EVIL: EVIL},
        where=EVIL,
    )
    result = Result("l", "1", EVIL, 2.0, [finding], reread=f"javascript:alert(3)#{EVIL}")
    remarks = [Remark("worth a look", EVIL), Remark("stopped", EVIL)]
    standing = Standing(
        student,
        True,
        {"check1": 0.0},
        sandbox=EVIL,
        seconds=99.0,
        results={"check1": result},
        remarks=remarks,
    )
    alike = [Pair((student, EVIL), (Alike(EVIL, 1.0, 200, (EVIL, EVIL)),))]
    return Class(EVIL, EVIL, [column], [standing], [EVIL], Path("/nowhere"), alike=alike)


class Page(HTMLParser):
    """The page's elements as (tag, attributes), and the text of its scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.scripts, self._inside = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside = tag == "script"

    def handle_endtag(self, tag):
        self._inside = False

    def handle_data(self, data):
        if self._inside:
            self.scripts.append(data)


def test_what_students_wrote_is_only_text(tmp_path):
    page = Page(render(hostile_class(), tmp_path))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 1 and "img" not in tags
    for tag, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert not {"src", "href"} & set(attributes) or tag in ("use", "a")
        assert not attributes.get("href", "").startswith("javascript:")


def test_only_the_pages_own_script_may_run(tmp_path):
    page = Page(render(hostile_class(), tmp_path))
    (policy,) = (a["content"] for t, a in page.elements if "http-equiv" in a)
    (script,) = page.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def test_figures_have_text_alternatives_and_leave_the_colours_to_the_page(four, tmp_path):
    text = render(Class.read(four, LAB), tmp_path)
    names = set()
    while "<svg" in text:
        start, end = text.index("<svg"), text.index("</svg>") + 6
        figure = text[start:end].replace(
            "<svg", '<svg xmlns:xlink="http://www.w3.org/1999/xlink"', 1
        )
        root = ElementTree.fromstring(figure)
        title, description = root[0], root[1]
        assert (root.get("role"), title.tag, description.tag) == ("img", "title", "desc")
        assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids)) and not names & set(ids)
        names |= set(ids)
        assert "#0000" not in figure and "var(--" in figure
        text = text[end:]
    assert {"distribution-title", "success-title"} <= names


def test_the_distribution_tells_its_numbers(four, tmp_path):
    text = render(Class.read(four, LAB), tmp_path)
    assert "0 points: 1; 2 points: 1; 3 points: 1; 5 points: 1." in text
    assert "1.2 A centred list: all points 1, some 1, none 1, not answered 1" in text
    assert "points so far (of 7)" in text


def test_points_that_wait_for_a_reader_are_said(four, tmp_path, capsys):
    results = Class.read(four, LAB)
    assert "6 points wait for a reader" in render(results, tmp_path)
    show(results)
    assert "6 points wait for a reader" in capsys.readouterr().out


def test_marking_without_a_sandbox_is_said(course, tmp_path):
    record(course, "ada", 2, 2, 1, None, sandbox="off")
    assert "Marked without a sandbox" in render(Class.read(course, LAB), tmp_path)


def test_a_reread_leads_to_the_notes_where_there_are_some(four, tmp_path):
    results = Class.read(four, LAB)
    assert "week00.md" not in "".join(links(render(results, tmp_path / "report")))
    results.notes = tmp_path / "course notes"
    results.notes.mkdir()
    (results.notes / "week00.md").write_text("# Slopes")
    text = render(results, tmp_path / "report")
    assert '<a href="../course%20notes/week00.md#slopes">week00.md#slopes</a>' in text


def test_files_are_written(four, tmp_path):
    paths = Class.read(four, LAB).write(tmp_path / "new" / "report")
    names = ["report.html", "marks.csv", "mistakes.csv", "exercises.csv", "mistakes.json"]
    assert [path.name for path in paths] == names
    assert all(path.stat().st_size > 100 for path in paths)


def rows(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_csv_has_the_marks(four, tmp_path):
    _, marks, mistakes, exercises, _ = Class.read(four, LAB).write(tmp_path)
    head, *body = rows(marks)
    assert head[4:8] == [
        "1.1 A slope (of 2)",
        "1.2 A centred list (of 2)",
        "1.3 A sum (of 1)",
        "1.4 A word (of 2)",
    ]
    assert body[1] == ["ben", "2.0", "7.0", "2.0", "1.0", "0.0", "1.0", "", "bwrap", "", ""]
    head, slope, *_ = rows(exercises)
    assert dict(zip(head, slope, strict=True)) == {
        "exercise": "1.1 A slope",
        "number": "1.1",
        "points": "2.0",
        "marked": "4",
        "full": "1",
        "part": "2",
        "none": "1",
        "unanswered": "0",
        "waiting": "0",
        "success": "0.5",
        "discrimination": "",
    }
    head, sign, *_ = rows(mistakes)
    assert dict(zip(head, sign, strict=True)) == {
        "students": "2",
        "share": "0.5",
        "exercise": "1.1 A slope",
        "kind": "sign",
        "title": "Sign",
        "message": SIGN[2],
        "got": "-3",
        "expected": "3",
        "reread": "week00.md#slopes",
        "who": "ben cyd",
        "where": "",
    }


@pytest.mark.attack
@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "+SUM(A1)", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "＝1+1"]
)
def test_no_cell_of_a_csv_is_a_formula(tmp_path, name):
    results = hostile_class(student=name)
    paths = [path for path in results.write(tmp_path) if path.suffix == ".csv"]
    assert [path.name for path in paths] == [
        "marks.csv",
        "mistakes.csv",
        "exercises.csv",
        "alike.csv",
    ]
    for row in (row for path in paths for row in rows(path)):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "@", "＝")), row
            assert not cell.startswith("-") or float(cell) < 0, row


@pytest.mark.attack
def test_a_terminal_is_sent_no_commands(capsys):
    show(hostile_class(student="\x1b[2J\x1b]0;title\x07[bold red]x[/]"))
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\x07" not in said
    assert "[bold red]x[/]" in said


@pytest.mark.browser
@pytest.mark.attack
def test_in_a_browser(four, tmp_path, chromium, artefacts):
    """It asks nothing of the network, runs nobody's script, sorts, and reads well in light and dark."""
    from playwright.sync_api import sync_playwright

    results = Class.read(four, LAB)
    results.standings += hostile_class().standings
    results.alike = hostile_class().alike
    results.standings[-1].scores = {column.name: 0.0 for column in results.columns}
    path = results.write(tmp_path)[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 900})
        asked, troubles = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.on("console", lambda message: troubles.append(message.text))
        page.goto(path.as_uri())
        page.screenshot(path=artefacts / "class-report.png", full_page=True)
        marks = page.locator("#marks")
        students = marks.locator("tbody th")
        points = marks.get_by_role("button", name="points")
        points.click()
        assert students.all_inner_texts()[-1] == "ada"
        points.press("Enter")  # by the keyboard
        assert students.all_inner_texts()[0] == "ada"
        assert marks.locator('[aria-sort="descending"]').inner_text().startswith("points")
        tables = page.locator("table")
        assert tables.count() == page.locator("table.sortable").count() == 4
        exercises = page.locator("#exercises tbody th")
        in_order = exercises.all_inner_texts()
        page.locator("#exercises").get_by_role("button", name="exercise").press("Enter")
        assert exercises.all_inner_texts() == in_order[::-1]
        page.locator("#exercises").get_by_role("button", name="all points").press(" ")
        full = page.locator("#exercises tbody tr td:nth-child(3)").all_inner_texts()
        assert [int(count) for count in full] == sorted(int(count) for count in full)
        page.locator("#alike summary").press("Enter")
        assert page.locator("#alike pre").first.is_visible()
        light = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
        page.set_viewport_size({"width": 400, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 400
        browser.close()
    assert asked == [path.as_uri()]
    assert troubles == []
