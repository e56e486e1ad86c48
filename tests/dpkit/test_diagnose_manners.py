"""Gradients that behave at one point and misbehave beside it, and objects that lie."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import dpkit as dp
from dpkit.answers import article

X = np.array([0.4, -1.3, 2.1, 0.7])


def f(x):
    return dp.sum(x**2)


def beside(answer):
    """The right gradient at X, and something else at all other points."""
    return lambda x: 2 * x if np.array_equal(x, X) else answer(x)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda x: x * np.inf, "not_finite"),
        (lambda x: x * np.nan, "not_finite"),
        (lambda x: 1.0, "shape"),
        (lambda x: 2 * x[:3], "shape"),
        (lambda x: None, "missing"),
        (lambda x: "2x", "wrong_type"),
    ],
)
def test_an_answer_that_is_in_form_only_at_the_point_given_is_not_right(answer, kind):
    diagnosis = dp.diagnose(f, beside(answer), X)
    assert diagnosis.kind == kind
    assert "beside this one" in diagnosis.message


def test_an_infinite_derivative_agrees_with_no_finite_one():
    def one_infinite(x):
        return np.array([2 * x[0], np.inf, 2 * x[2], 2 * x[3]])

    assert not dp.diagnose(f, beside(one_infinite), X).ok


def test_numbers_that_are_known_at_one_point_only_are_not_called_right():
    def gradient(x):
        if not np.array_equal(x, X):
            raise ValueError("not my point")
        return 2 * x

    diagnosis = dp.diagnose(f, gradient, X)
    assert diagnosis.kind == "unknown" and "raised a ValueError" in diagnosis.message


def test_a_gradient_that_stumbles_once_is_judged_by_its_other_answers():
    calls = itertools.count()

    def gradient(x):
        if next(calls) == 2:
            raise RuntimeError("try again")
        return 2 * x

    assert dp.diagnose(f, gradient, X).ok


def test_where_f_has_no_other_point_nothing_is_said_about_others():
    def only_here(x):
        if x != 1.0:
            raise ValueError("only here")
        return x * x

    diagnosis = dp.diagnose(only_here, lambda x: 2 * x, 1.0)
    assert diagnosis.ok and "no other one was tried" in diagnosis.message


def test_one_point_does_not_show_that_a_gradient_was_normalised():
    def gradient(x):
        if not np.array_equal(x, X):
            raise ValueError("not my point")
        return 3 * x

    found = dp.diagnose(f, gradient, X)
    assert found.kind == "factor"
    assert "normalised" not in {each.kind for each in found.alternatives}


def test_a_constant_gradient_that_is_too_small_was_not_normalised():
    weights = np.array([0.3, -1.1, 0.8])
    found = dp.diagnose(lambda x: x @ weights, lambda x: 0.37123 * weights, X[:3])
    assert found.kind == "factor"


def test_an_answer_that_is_wrong_now_and_then_is_not_called_late():
    calls = itertools.count()

    def gradient(x):
        return 2 * x + (next(calls) == 0)

    assert dp.diagnose(f, gradient, X).kind == "nondeterministic"


def test_an_answer_that_is_always_late_is_called_late():
    kept = [np.zeros(4)]

    def gradient(x):
        kept.append(2 * x)
        return kept[-2]

    assert dp.diagnose(f, gradient, X).kind == "stale"


class _Endless(list):
    def __iter__(self):
        return itertools.count()

    def __len__(self):
        return 10**12


def test_lists_are_what_they_hold_and_not_what_they_say():
    assert dp.diagnose(f, lambda x: _Endless((2 * x).tolist()), X).ok
    assert dp.diagnose(f, lambda x: _Endless([1.0]), X).kind == "shape"


def test_long_gradients_are_compared_to_the_last_component():
    x = np.linspace(0.1, 2.0, 6001)

    def gradient(x):
        g = np.cos(x)
        g[3001] = -g[3001]
        return g

    found = dp.diagnose(lambda x: dp.sum(dp.sin(x)), gradient, x)
    assert not found.ok and "x[3001]" in found.message


def test_the_article_fits_what_one_says():
    assert [article(w) for w in ("ndarray", "int", "list")] == ["an ndarray", "an int", "a list"]
