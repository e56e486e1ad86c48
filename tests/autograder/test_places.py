"""Where a mistake stands in a student's own code: pointed at where that is known, never guessed
without a "probably"."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.report.places import NAMES, Cell, find, written
from autograder.result import Finding
from dpkit.array_rules import ARRAY_RULES
from dpkit.rules import RULES

ENGINE = '''\
class Var:
    """A number."""

    def __mul__(self, other):
        """self * other"""
        # the rule of MUL
        out = Var(self.value * other.value)

        def _backward():
            self.grad += other.value  # MUL
        return out

    def __rmul__(self, other):
        return self * other

    def log_softmax(self):
        return self


RULES = {
    "exp": lambda g, x, y: (g * y,),  # EXP
    "log": lambda g, x, y: (
        g / x,  # LOG
    ),
}


class EWiseDiv(TensorOp):
    def compute(self, a, b):
        return a / b

    def gradient(self, out_grad, node):
        return out_grad / node  # DIV


def backward(op, g):
    if op == "sin":
        return g  # SIN
    elif op in ("x", "y"):
        return None
    match op:
        case "tanh":
            return g * 2  # TANH


defvjp(np.sqrt, lambda g: g)  # SQRT


@rule("relu")
def anything(x):
    return x  # RELU


Var.__sub__ = lambda a, b: a  # SUB
VJP["matmul"] = lambda g: g  # MATMUL
def add_backward(g):
    return g  # ADD
'''


def finding(**told):
    return Finding("all", 1.0, kind="wrong_rule", **told)


def lines(place):
    return place.cell.source.split("\n")[place.first - 1 : place.last]


@pytest.mark.parametrize("operation", "mul exp log div sin tanh sqrt relu sub matmul add".split())
def test_the_rule_of_an_operation_is_found_in_any_kind_of_engine(operation):
    place = find(finding(operation=operation, where=f"every {operation}"), [Cell("ex", "", ENGINE)])
    assert place.certainty == "probably here"
    said = "\n".join(lines(place))
    assert f"# {operation.upper()}" in said
    others = {"MUL", "EXP", "LOG", "DIV", "SIN", "TANH", "SQRT", "RELU"} - {operation.upper()}
    assert not any(f"# {other}" in said for other in others)


@pytest.mark.parametrize("operation", ["softmax", "cos", "max", "norm"])
def test_a_rule_that_is_not_there_is_not_found(operation):
    place = find(finding(operation=operation, where=f"every {operation}"), [Cell("ex", "", ENGINE)])
    assert (place.certainty, place.words()) == ("somewhere in", "somewhere in ex")


def test_a_slip_in_a_derivation_is_not_looked_for_by_name():
    """`def sigmoid` is the function, and the mistake is in its derivative."""
    source = "def sigmoid(x):\n    return 1 / (1 + exp(-x))\n\ndef gradient(w):\n    return w"
    told = finding(operation="sigmoid", where="`dp.sigmoid(a)`, line 4 of f")
    assert find(told, [Cell("ex", "", source)]).certainty == "somewhere in"


def test_an_engine_of_an_earlier_exercise_is_found_too_but_the_answer_comes_first():
    engine, answer = Cell("ex1", "a", "def mul(a, b): pass"), Cell("ex2", "b", "loss = 1")
    told = finding(operation="mul", where="every ×")
    assert find(told, [answer], [engine]).cell is engine
    again = Cell("ex2", "b", "x = 1\ndef mul(a, b): pass")
    assert find(told, [again], [engine]).name == "ex2, line 2"


def test_the_function_that_the_exercise_called_is_sure():
    source = "def mul(a, b):\n    return 1\n\n\ndef mul(a, b):\n    '''doc'''\n\n    # why\n    return 2\n"
    place = find(finding(function="mul"), [Cell("ex3_2", "", source)])
    assert place.words() == "here: ex3_2, lines 5–9"  # what counts is the last definition
    assert place.lines == [(5, "def mul(a, b):"), (9, "    return 2")]
    alias = Cell("ex", "", "mul = lambda a, b: a")
    assert find(finding(function="mul"), [alias]).words() == "here: ex, line 1"


def test_a_traceback_is_believed_where_its_line_is_there():
    cells = [Cell("a", "", "def f():\n    return 1 / 0"), Cell("b", "", "f()\n")]
    trace = "line 1, in <module>\n    f()\nline 2, in f\n    return 1 / 0\nZeroDivisionError"
    assert find(finding(traceback=trace), cells).words() == "here: a, line 2"
    forged = "line 7, in f\n    import os\nZeroDivisionError"
    assert find(finding(traceback=forged), cells).words() == "probably here: a, lines 1–2"
    twice = [*cells, Cell("c", "", "def f():\n    return 1 / 0")]
    assert find(finding(traceback=trace), twice).words() == "here: b, line 1"


def test_what_is_spoken_of_is_probable():
    cell = Cell("ex", "", "def one(): pass\ndef two(): pass")
    assert (
        find(finding(message="`two` met a number"), [cell]).words() == "probably here: ex, line 2"
    )
    assert find(finding(), [cell]).words() == "somewhere in ex"
    assert find(Finding("one: the mend", 1.0), [cell]).words() == "probably here: ex, line 1"
    assert find(finding(), []) is None and find(finding(), [Cell("ex", "", " ")]) is None


def test_what_a_student_wrote_for_which_test():
    def cell(source, name="", **flags):
        kept = {"grade_id": name, "solution": False, "grade": False, "locked": False} | flags
        return {
            "cell_type": "code",
            "id": f"id-{name or source}",
            "source": [source],
            "metadata": {"nbgrader": kept} if name else {},
        }

    cells = [
        cell("import numpy", "setup", locked=True),
        cell("plot()"),
        cell("def helper(): pass"),
        cell("a = 1", "ex1", solution=True),
        cell("check('1')", "check1", grade=True, locked=True),
        {"cell_type": "markdown", "id": "m", "source": "why", "metadata": {}},
        cell("b = 2", "ex2", solution=True),
        cell("c = 3", "ex3", solution=True),
        cell("check('2')", "check2", grade=True, locked=True),
    ]
    wrote = written(cells, given={"plot()"})
    texts = {
        name: [[c.source for c in each] for each in (w.answers, w.others)]
        for name, w in wrote.items()
    }
    assert texts == {
        "check1": [["a = 1"], ["def helper(): pass"]],
        "check2": [["b = 2", "c = 3"], ["def helper(): pass", "a = 1"]],
    }


def test_every_name_is_that_of_an_operation():
    assert set(NAMES) <= {*RULES, *ARRAY_RULES}


def valid(source):
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True


HOSTILE = [
    "(" * 5000,
    "x = " + "-" * 20_000 + "1",
    "\0",
    "def mul(",
    "%timeit mul\n!rm -rf /\ndef mul(a): pass",
    "'''" + "a" * 200_000,
    "if x == 1 == 'mul': pass",
    "{**mul}",
    "\ud800",
    "x = '\\d'\n" * 3,
]


@pytest.mark.parametrize("source", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_can_stand_in_a_cell_stops_it(source):
    told = finding(operation="mul", where="every ×", traceback="line 99999999, in f\n    x\n")
    place = find(told, [Cell("ex", "", source)])
    assert 1 <= place.first <= place.last <= source.count("\n") + 1
    assert len("".join(text for _, text in place.lines)) < 3000


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("abmul=:()[]{}\"' \n.,@*1_")), st.text(max_size=30))
def test_a_place_is_always_within_its_cell(source, message):
    place = find(finding(function="mul", message=message), [Cell("ex", "", source)])
    if place is not None:
        assert 1 <= place.first <= place.last <= source.count("\n") + 1
        assert all(place.first <= number <= place.last for number, _ in place.lines)
