"""Pictures of the student's code: shown when it is there, and never an ugly end."""

import json
import re
import textwrap

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest

from autograder import stage
from autograder.stage import demo, show


def blank():
    raise NotImplementedError


def undefined():
    return nowhere  # noqa: F821


def broken():
    return 1 / 0


def unread():
    raise FileNotFoundError("There is no picture 'me.jpg' in labs.")


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (blank, "This comes alive with 3.7.\n"),
        (undefined, "This comes alive with 3.7, once the cells above have run: name 'nowhere' is "),
        (broken, "This comes alive with 3.7. So far: ZeroDivisionError: division by zero\n"),
        (unread, "A file could not be used. There is no picture 'me.jpg' in labs.\n"),
        (lambda: None, ""),
    ],
)
def test_what_is_said(picture, said, capsys):
    demo(needs="3.7")(picture)
    out = capsys.readouterr().out
    assert out.startswith(said) and bool(out) == bool(said)


def cell(source, **names):
    """What a cell of its own defines, as in a notebook, where each is a file of its own."""
    exec(compile(textwrap.dedent(source), f"<cell {source!r}>", "exec"), names)
    return names


STEP = "def step():\n    return sofmax([1, 2])"


@pytest.mark.parametrize(
    ("elsewhere", "waits"),
    [
        ("softmax = max", False),  # misspelt: no cell has it
        ("x = 1\n%matplotlib inline", False),
        ("def f():\n    sofmax = 1", False),
        ("def sofmax(x): return x", True),  # a cell that did not run
        ("class sofmax: pass", True),
        ("from somewhere import softmax as sofmax", True),
        ("for k, (sofmax, z) in []: pass", True),
    ],
)
def test_a_name_of_the_notebook_s_is_told_from_a_slip(
    elsewhere, waits, tmp_path, monkeypatch, capsys
):
    codes = [{"cell_type": "code", "source": [text]} for text in ("softmax = max", elsewhere)]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "lab.ipynb").write_text(json.dumps({"cells": codes}))
    names = cell(STEP, softmax=max)
    demo(needs="3.7")(cell("def picture():\n    step()", **names)["picture"])
    said = capsys.readouterr().out
    assert said == (
        "This comes alive with 3.7, once the cells above have run: name 'sofmax' is not defined.\n"
        if waits
        else "This comes alive with 3.7. So far: NameError: name 'sofmax' is not defined\n"
    )


@pytest.mark.parametrize("then", [blank, undefined, broken, unread])
def test_a_figure_that_was_begun_is_closed_and_no_other(then):
    other = plt.figure()

    def begun():
        plt.subplots(1, 2)
        then()

    demo(needs="3.7")(begun)
    assert plt.get_fignums() == [other.number]
    plt.close(other)


def test_what_is_returned_is_displayed(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    demo(needs="3.7")(lambda: "a picture")
    assert shown == ["a picture"]


def test_a_figure_has_its_words_and_is_closed():
    figure, _ = plt.subplots()
    html = show(figure, alt='A "line" < 3').data
    assert re.match(r'<img alt="A &quot;line&quot; &lt; 3" ', html)
    assert not plt.fignum_exists(figure.number)


@pytest.mark.parametrize("fails", [blank, broken])
def test_a_figure_that_was_begun_in_vain_is_closed(fails, capsys):
    def picture():
        plt.subplots()
        fails()

    demo(needs="3.7")(picture)
    assert "comes alive" in capsys.readouterr().out and plt.get_fignums() == []


def test_nothing_is_drawn_while_marking(monkeypatch, capsys):
    monkeypatch.setattr(stage, "watched", False)
    demo(needs="3.7")(broken)
    assert capsys.readouterr().out == "No pictures are made while marking.\n"
