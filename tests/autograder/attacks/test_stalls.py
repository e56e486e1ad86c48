"""Code that takes pygments the square of the time, or worse, holds up nobody else's marks."""

import time

import pytest
from nbconvert import HTMLExporter
from nbformat import v4

from autograder.copies import readable_copy
from autograder.feedback.prose import code, one_page
from autograder.marking import _error, _failed
from autograder.sanitise import rebuild
from autograder.session import Limits, Zygote
from autograder.similarity import tokens

SLOW = {
    "blank lines": " \n",
    "blank lines of tabs": "\t\n",
    "old line ends": " \r",
    "other white space": "\x0b\n",
    "a format": "0",
    "signs of a format": "-+ #",
    "brackets of a format": "{a[",
}


@pytest.mark.parametrize("name", SLOW)
def test_reading_it_takes_no_time(name):
    before = "x = '%" if "format" in name else "x = 1\n"
    started = time.process_time()
    list(tokens((before + SLOW[name] * 20_000)[:20_000]))
    with one_page():
        for number in range(40):
            page = code(f"# {number}\n" + (before + SLOW[name] * 50_000)[:49_000])
    assert "x" in page
    assert time.process_time() - started < 20.0


def million(text):
    return (text * (1_000_000 // len(text) + 1))[:1_000_000]


LONG = {
    "one line": million("x"),
    "one line of brackets": million("("),
    "one line of names": million("a."),
    "one line of a format": "x = '%" + million("0"),
    "blank lines": million(" \n"),
    "blank lines of tabs": million("\t\n"),
    "another language": "%%perl\n" + million("s/'$\\{"),
}


@pytest.mark.parametrize("name", LONG)
def test_formgrader_shows_a_marked_copy_of_a_million_characters(name):
    """nbgrader sets it with nbconvert, and would be at it for hours."""
    notebook = v4.new_notebook(
        metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    )
    notebook.cells = [v4.new_code_cell(LONG[name]), v4.new_code_cell("honest = 1")]
    readable_copy(notebook)
    assert len(notebook.cells[0].source) < 60_000
    assert "characters more, which were run" in notebook.cells[0].source
    assert notebook.cells[1].source == "honest = 1"
    started = time.process_time()
    page, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    assert "honest" in page
    assert time.process_time() - started < 30.0


def test_of_many_long_cells_a_copy_shows_so_much_altogether():
    notebook = v4.new_notebook()
    notebook.cells = [v4.new_code_cell("x = 1\n" * 8_000) for _ in range(100)]
    notebook.cells += [v4.new_markdown_cell("*a* " * 5_000) for _ in range(2)]
    text = notebook.cells[-1].source
    readable_copy(notebook)
    assert sum(len(cell.source) for cell in notebook.cells[:100]) < 220_000
    assert notebook.cells[-1].source == f"~~~\n{text}\n~~~"


def test_a_long_cell_is_run_to_its_end_and_its_length_is_told():
    source = v4.new_notebook()
    about = {"grade_id": "a", "grade": False, "solution": True, "locked": False}
    source.cells.append(v4.new_code_cell("", metadata={"nbgrader": about}))
    submitted = v4.new_notebook()
    long = "numbers = [" + "1, " * 30_000 + "]"
    submitted.cells.append(v4.new_code_cell(long, metadata={"nbgrader": {"grade_id": "a"}}))
    submitted.cells.append(v4.new_code_cell(long))
    notebook, repairs = rebuild(submitted, source)
    assert [cell.source for cell in notebook.cells] == [long, long]
    assert repairs == [
        f"cell {name} is {len(long)} characters long; all of it is run, and the marked copy shows "
        "50000 at most"
        for name in ("a", "of their own")
    ]


def test_honest_code_keeps_its_colours_and_its_lines():
    text = 'def f(x):\n    """%05d"""  \n\n    return "%-10s" % x\n'
    with one_page():
        shown = code(text)
    assert shown.count("\n") == 3 and "<span" in shown
    assert list(tokens("a = 1  \n  \nb = '%05d'")) == ["a", "=", "1", "b", "=", "a text"]


def test_a_test_that_says_what_came_does_not_say_all_of_it():
    """`assert f(1) == "y", f(1)`, where 60 MB came: they were kept four times."""
    cell = v4.new_code_cell(metadata={"nbgrader": {"grade_id": "t", "points": 1}})
    error = AssertionError("x" * 10**7)
    assert len(str(_error(error))) < 10_000
    assert len(str(_failed(cell, 1.0, error))) < 10_000


STUBBORN = """
import time
while True:
    try:
        time.sleep(10_000)
    except BaseException:
        pass
"""


@pytest.mark.usefixtures("bubblewrap")
def test_sleep_has_an_end_of_its_own():
    """By the wall clock that goes with the limits on processor time it would be twenty minutes."""
    with Zygote(preload=(), limits=Limits(idle_seconds=1.0)) as zygote, zygote.open() as session:
        run = session.run_cell(STUBBORN)
        assert run.status == "timeout" and "slept or waited" in run.message
        assert not session.alive and session.waiting.seconds < 10.0
