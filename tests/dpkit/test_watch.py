"""A program that runs, drawn line by line: right values, right tangents, right words."""

import math
from xml.etree import ElementTree

import pytest

import dpkit as dp


def cube(a):
    b = 1
    for _ in range(3):
        b = b + b * a
    return b


def test_every_line_that_ran():
    seen = [tuple(step) for step in dp.watch(cube, dp.Dual(0.5, 1.0)).steps]
    assert seen == [
        (0, "a =", "0.5", 1.0),
        (1, "b =", "1", None),
        (2, "_ =", "0", None),
        (3, "b =", "1.5", 1.0),
        (2, "_ =", "1", None),
        (3, "b =", "2.25", 3.0),
        (2, "_ =", "2", None),
        (3, "b =", "3.375", 6.75),
        (2, "decides:", "end", None),
        (4, "→", "3.375", 6.75),
    ]


@pytest.mark.parametrize(("at", "lines"), [(2.0, [0, 1, 2, 5]), (0.5, [0, 1, 4, 5])])
def test_the_branch_that_was_taken(at, lines):
    def branch(a):
        if a.primal > 1:
            b = a * a
        else:
            b = -a
        return b

    steps = dp.watch(branch, dp.Dual(at, 1.0)).steps
    assert [step.line for step in steps] == lines
    assert steps[1].value == ("yes" if at > 1 else "no")
    assert steps[-1].tangent == (2 * at if at > 1 else -1.0)


def test_anybody_s_dual_numbers():
    class Dual:
        def __init__(self, primal, tangent):
            self.primal, self.tangent = primal, tangent

    assert dp.watch(lambda x: Dual(3.0, -2), Dual(1.0, 1)).steps[-1].tangent == -2.0


def test_the_picture_says_what_the_words_say():
    score = dp.watch(cube, dp.Dual(0.5, -1.0))
    root = ElementTree.fromstring(score.svg)
    shown = "".join(root.itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert "    b = b + b * a" in shown or "b = b + b * a" in shown
    assert "▼ -6.75 ε" in shown and "▲" not in shown
    assert "step 8, line 4: b = 3.375, tangent -6.75" in str(score)
    html = score._repr_html_()
    assert html.count("type='radio'") == len(score.steps) + 1
    assert html.count("aria-label=") == len(score.steps)


def test_long_runs_are_cut_and_told():
    score = dp.watch(cube, dp.Dual(0.5, 1.0), most=4)
    assert len(score.steps) == 4 and score.left_out == 6
    assert "… and 6 steps more" in score.svg


def test_no_number_is_too_large():
    def away(x):
        return x * math.inf

    assert "<svg" in dp.watch(away, dp.Dual(1.0, 1.0)).svg


def test_the_tracer_that_was_there_comes_back():
    import sys

    before = sys.gettrace()
    with pytest.raises(ZeroDivisionError):
        dp.watch(lambda x: x / 0, 1.0)
    assert sys.gettrace() is before


def test_what_has_no_lines_cannot_be_watched():
    with pytest.raises(TypeError, match="written in Python, but was given <built-in function abs>"):
        dp.watch(abs, 1.0)
