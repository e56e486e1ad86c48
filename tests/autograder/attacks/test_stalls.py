"""Code that takes pygments the square of the time, or worse, holds up nobody else's marks."""

import time

import pytest
from nbformat import v4

from autograder.feedback.prose import code, one_page
from autograder.marking import _error, _failed
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
