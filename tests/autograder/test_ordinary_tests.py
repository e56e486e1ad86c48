"""What a student reads of an ordinary nbgrader test that failed."""

import nbformat
import pytest
from nbformat import v4

from autograder.cli import main
from autograder.course import CourseError
from autograder.judge import Job, Settings, Worker
from autograder.mark import bare_assert, why_it_failed
from autograder.marking import _evaluate
from autograder.remote import readable
from autograder.report.headings import headings
from tests.autograder.toy import toy_course


def failed(source, **names):
    readable(source)
    with pytest.raises(Exception) as caught:
        _evaluate(source, names)
    return caught.value


def test_a_bare_assert_is_quoted():
    error = failed("assert size == 2\nfor n in range(3):\n    assert n < size", size=2)
    assert why_it_failed(error) == "the test failed: assert n < size"


def test_an_assert_of_many_lines_is_quoted_whole():
    source = "assert (\n    size\n    == 3\n)"
    assert bare_assert(failed(source, size=2)) == source


def test_the_call_of_a_helper_is_quoted():
    source = "def same(a, b):\n    assert a == b\n\nsame(size, 3)"
    assert bare_assert(failed(source, size=2)) == "same(size, 3)"


@pytest.mark.parametrize(
    "source",
    [
        "### BEGIN HIDDEN TESTS\nassert size == 3\n### END HIDDEN TESTS",
        "### BEGIN HIDDEN TESTS\ndef same(a):\n    assert a == 3\n### END HIDDEN TESTS\nsame(size)",
        "if size:\n    pass\n    ### BEGIN HIDDEN TESTS\n    assert size == 3\n    ### END HIDDEN TESTS",
        "assert size == 3, 'not three'",
        "size / 0",
    ],
)
def test_nothing_hidden_and_no_other_error_is_quoted(source):
    assert bare_assert(failed(source, size=2)) == ""


def test_a_lab_without_exercises_is_told_what_is_enough(tmp_path):
    course = toy_course(tmp_path)
    folder = course.root / "words"
    folder.mkdir()
    (folder / "lab.py").write_text("# %%\n")
    with pytest.raises(CourseError, match="has a lab.py and no exercises.py") as error:
        course.load("words")
    assert (
        main(["release", "--course", str(course.root), "--no-proof"]) == 1
    )  # nor left out in silence
    lines = str(error.value).split("are enough: ")[1]
    (folder / "exercises.py").write_text(lines)
    assert course.load("words").name == "words"


def cell(source, name=None):
    if name is None:
        return v4.new_markdown_cell(source)
    return v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": name}})


def test_exercises_without_numbers_are_called_by_their_headings():
    book = v4.new_notebook(
        cells=[
            cell("# A lab"),
            cell("", "first"),
            cell("## A function (2 points)"),
            cell("", "second"),
            cell("### 4.2 A class"),
            cell("#### Aside"),
            cell("", "third"),
        ]
    )
    assert headings(book) == {
        "first": ("first", ""),
        "second": ("", "A function"),
        "third": ("4.2", "A class"),
    }


# ------------------------------------------------------------------------- marked by the judge


@pytest.fixture(scope="module")
def worker():
    worker = Worker(Settings(preload=("numpy",)))
    yield worker
    worker.close()


def marked(worker, answer, test):
    """(the finding, the marked notebook) of one answer and its test."""
    about = {"grade_id": "t", "grade": True, "solution": False, "locked": True, "points": 1}
    cells = [v4.new_code_cell(answer), v4.new_code_cell(test, metadata={"nbgrader": about})]
    job = Job("ada", nbformat.writes(v4.new_notebook(cells=cells)), b"key")
    outcome = worker.mark(job)
    (finding,) = outcome.results[0]["findings"]
    return finding, nbformat.reads(outcome.notebook, as_version=4)


@pytest.mark.usefixtures("bubblewrap")
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("def size(): raise NotImplementedError", "blank"),
        ("raise NotImplementedError", "undefined"),
        ("def size(): return 2", "failed"),
        ("def size(): return nothing", "raised"),
    ],
)
def test_a_blank_answer_is_no_mistake(worker, answer, kind):
    finding, _ = marked(worker, answer, "assert size() == 3")
    assert finding["kind"] == kind and finding["earned"] == 0


@pytest.mark.usefixtures("bubblewrap")
def test_a_test_may_expect_that_a_name_is_not_there(worker):
    test = "try:\n    size\nexcept NameError:\n    pass\nelse:\n    assert False"
    assert marked(worker, "pass", test)[0]["earned"] == 1


@pytest.mark.usefixtures("bubblewrap")
def test_the_staff_read_which_hidden_assert_failed_and_the_student_does_not(worker):
    test = "### BEGIN HIDDEN TESTS\nassert size() == 3\n### END HIDDEN TESTS"
    finding, notebook = marked(worker, "def size(): return 2", test)
    assert finding["hidden"]
    assert finding["message"] == "the test failed: assert size() == 3"
    assert "size()" not in str(notebook.cells[1].outputs)


@pytest.mark.usefixtures("bubblewrap")
def test_of_an_endless_cell_all_is_run_and_the_beginning_is_shown(worker):
    answer = "x = [" + "1, " * 400_000 + "]\ndef size(): return len(x)"
    finding, notebook = marked(worker, answer, "assert size() == 400_000")
    assert finding["earned"] == 1
    assert len(notebook.cells[0].source) < 2_000


def test_headings_of_the_first_depth_serve_after_the_first_of_all():
    book = v4.new_notebook(cells=[cell("# A lab"), cell("# A sum"), cell("", "check1")])
    assert headings(book) == {"check1": ("", "A sum")}
