"""What a student reads of an ordinary nbgrader test that failed."""

import pytest
from nbformat import v4

from autograder.cli import main
from autograder.course import CourseError
from autograder.exercise import bare_assert, why_it_failed
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
