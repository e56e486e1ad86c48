"""The operators that are printed from the table do what the table says, whoever the operands are.

`Scalar._by` applies a row of the table in the general way; the printed operators must write the
very same rows, and step aside where they do not apply.
"""

import inspect
import math
import operator

import numpy as np
import pytest

import dpkit as dp
from dpkit.rules import RULES
from dpkit.scalar import Scalar, Tape

OPERATORS = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "power": operator.pow,
}
ALONE = [name for name, rule in RULES.items() if len(rule.partials) == 1]
SYMBOLS = {"neg": operator.neg, "abs": abs}


def computed(x):
    return Scalar(x) * 1.0


def registered(x):
    """A leaf that has a row on the newest tape already."""
    leaf = Scalar(x)
    KEPT.append(leaf * 1.0)
    return leaf


KEPT: list[Scalar] = []


def last_row(y):
    """The row of y, with the values of its parents in place of their numbers."""
    operation, value, i, di, j, dj = y._tape.rows[y._index]
    values = [y._tape.rows[k][1] if k else None for k in (i, j)]
    return operation, value, values[0], di, values[1], dj


MAKERS = [computed, registered, Scalar, float, int, np.float64, np.float32]


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("left", MAKERS)
@pytest.mark.parametrize("right", MAKERS)
def test_operators_write_the_rows_of_the_table(name, left, right):
    for x, y in ((3.0, -2.0), (2.0, 4.0), (4.0, 3.0)):
        KEPT.clear()
        a, b = left(x), right(y)
        if not isinstance(a, Scalar) and not isinstance(b, Scalar):
            continue
        printed = OPERATORS[name](a, b)
        general = Scalar._by(
            RULES[name], *(c if isinstance(c, Scalar) else float(c) for c in (a, b))
        )
        assert last_row(printed) == last_row(general)
        assert all(type(x) in (float, str, type(None)) for x in last_row(printed))


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("make", [computed, registered, Scalar])
def test_functions_of_one_number_write_the_rows_of_the_table(name, make):
    for x in (0.3, 0.75):
        KEPT.clear()
        a = make(x)
        printed = SYMBOLS[name](a) if name in SYMBOLS else getattr(a, name)()
        assert last_row(printed) == last_row(Scalar._by(RULES[name], a))
        assert last_row(getattr(dp, name)(a) if hasattr(dp, name) else printed) == last_row(printed)


@pytest.mark.parametrize(
    "compute, error, words",
    [
        (lambda x: x / 0.0, ZeroDivisionError, "zero"),
        (lambda x: 1 / (x - 2.0), ZeroDivisionError, "zero"),
        (lambda x: (x - 3.0) ** 0.5, ValueError, "whole number"),
        (lambda x: (x - 2.0).log(), ValueError, "x > 0"),
        (lambda x: (x * 1000.0).exp(), OverflowError, "too large"),
        (lambda x: x * 10**400, OverflowError, "float"),
        (lambda x: x + "a", TypeError, "str"),
        (lambda x: "a" - x, TypeError, "str"),
    ],
)
def test_what_cannot_be_computed_leaves_no_row(compute, error, words):
    x = Scalar(2.0) * 1.0
    before = x._tape.rows[:]
    with pytest.raises(error, match=words):
        compute(x)
    rest = x._tape.rows[len(before) :]
    assert x._tape.rows[: len(before)] == before
    assert all(math.isfinite(row[1]) and row[0] in ("sub", "mul") for row in rest)


def test_an_infinite_slope_is_written_as_such():
    x = Scalar(0.0)
    y = (x * 1.0).sqrt()
    y.backward()
    assert x.grad == math.inf


def test_numbers_of_different_tapes_still_meet():
    a, w = Scalar(2.0), Scalar(5.0)
    first = a * w
    first.backward()  # closes the tape
    second = w * a  # writes on a new one, where w and a get new rows
    mixed = first * second + w * first - first * a + 2 * first - first**2
    a.zero_grad()
    w.zero_grad()
    mixed.backward()
    # p² + w p - p a + 2 p - p², p = a w
    assert a.grad == pytest.approx(25 - 2 * 2 * 5 + 10)
    assert w.grad == pytest.approx(2 * 2 * 5 - 4 + 4)


def test_numbers_within_numbers_keep_their_derivatives():
    tape = Tape(level=1.0)
    inner = Scalar(3.0)
    x = tape.input(inner * 1.0)
    y = x * x + dp.sin(x) - x**3 + 1.0 / x
    (adjoint,) = [tape.sweep({y._index: 1.0})[x._index]]
    adjoint.backward()
    # d/dx (2 x + cos x - 3 x² - 1/x²)
    assert inner.grad == pytest.approx(2 - math.sin(3) - 18 + 2 / 27)


def test_the_operators_can_be_read():
    source = inspect.getsource(Scalar.__mul__)
    assert source.startswith("def __mul__(self, other):")
    assert "z = x * y" in source
    assert "1.0 if x > 0.0 else 0.0" in inspect.getsource(Scalar.relu)
