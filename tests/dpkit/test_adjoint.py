"""The dot-product test: two linear functions, and whether one is the other's transpose."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

import dpkit as dp
from dpkit.gradcheck import adjoint_test

A = np.array([[1.0, 2.0], [3.0, -4.0], [5.0, 0.5]])


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 6), columns=st.integers(1, 6), seed=st.integers(0, 2**31))
def test_a_matrix_and_its_transpose(rows, columns, seed):
    matrix = np.random.default_rng(seed).standard_normal((rows, columns))
    report = adjoint_test(lambda v: matrix @ v, lambda w: matrix.T @ w, np.ones(columns))
    assert report, report.message
    assert report.error < 1e-12 and report.left == pytest.approx(report.right, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), rows=st.integers(1, 6), columns=st.integers(1, 6))
def test_any_wrong_entry_is_found_and_named(data, rows, columns):
    matrix = np.random.default_rng(7).uniform(1.0, 2.0, (rows, columns))
    i, j = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    wrong = matrix.copy()
    wrong[i, j] += data.draw(st.sampled_from([-0.5, 1e-3, 1e-6, 2.0]))
    report = adjoint_test(lambda v: matrix @ v, lambda w: wrong.T @ w, np.ones(columns))
    assert not report
    if matrix.size > 1:
        assert report.kind == "unknown"
        assert f"number {j} of x acts on number {i} of y" in report.message


def test_a_convolution_whose_transpose_turns_the_kernel_round():
    kernel = np.array([1.0, -2.0, 0.5])
    convolve = lambda v: sliding_window_view(v, 3) @ kernel  # noqa: E731
    right = lambda w: np.convolve(w, kernel)  # noqa: E731
    wrong = lambda w: np.convolve(w, kernel[::-1])  # noqa: E731
    assert adjoint_test(convolve, right, np.ones(10))
    assert not adjoint_test(convolve, wrong, np.ones(10))


def test_one_wrong_sign_among_many():
    matrix = np.random.default_rng(0).standard_normal((300, 200))
    wrong = matrix.copy()
    wrong[17, 33] *= -1
    report = adjoint_test(lambda v: matrix @ v, lambda w: wrong.T @ w, np.ones(200))
    assert "number 33 of x acts on number 17 of y" in report.message
    assert f"{matrix[17, 33]:.6g} in linear" in report.message


# The two modes of differentiation ----------------------------------------------------------------


def test_forward_mode_against_a_transpose_by_torch():
    def f(x):
        return [dp.sin(x[0]) * x[1], dp.exp(x[2] * x[0]), x[1] / x[2]]

    point = [0.3, -1.2, 2.0]

    def forward(v):
        return dp.jvp(f, (point,), (v,))[1]

    def backward(w):
        x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        y = torch.stack([torch.sin(x[0]) * x[1], torch.exp(x[2] * x[0]), x[1] / x[2]])
        return torch.autograd.grad(y, x, torch.tensor(w, dtype=torch.float64))[0].tolist()

    report = adjoint_test(forward, backward, point)
    assert report, report.message
    forgotten = adjoint_test(forward, lambda w: [0.0, *backward(w)[1:]], point)
    assert not forgotten and "number 0 of x" in forgotten.message


def test_what_a_pullback_returns_is_welcome():
    assert adjoint_test(lambda v: A @ v, lambda w: (A.T @ w,), np.ones(2))


def test_containers_and_torch():
    def forward(v):
        return {"sum": v[0] + v[1]["b"].sum(), "twice": [2.0 * v[0]]}

    def backward(w):
        return w["sum"] + 2.0 * w["twice"][0], {"b": np.full(3, w["sum"])}

    x = (1.0, {"b": np.ones(3)})
    assert adjoint_test(forward, backward, x)
    assert not adjoint_test(forward, lambda w: (w["sum"], backward(w)[1]), x)

    matrix = torch.tensor(A)
    assert adjoint_test(lambda v: matrix @ v, lambda w: matrix.T @ w, torch.ones(2).double())
    single = matrix.float()
    report = adjoint_test(lambda v: single @ v, lambda w: single.T @ w, torch.ones(2))
    assert report and 0 < report.error < 1e-5
    assert not adjoint_test(lambda v: single @ v, lambda w: 1.01 * single.T @ w, torch.ones(2))


def test_y_can_be_given():
    calls = []

    def forward(v):
        calls.append(v)
        return A @ v

    adjoint_test(forward, lambda w: A.T @ w, np.full(2, 99.0), np.ones(3))
    assert not any(np.array_equal(v, np.full(2, 99.0)) for v in calls)


# What is wrong -----------------------------------------------------------------------------------


def changing(v):
    v *= 2.0
    return A @ v


COUNTER = iter(range(1000))
SQUARE = np.array([[1.0, 2.0], [3.0, 4.0]])

CASES = [
    (lambda v: A @ v, lambda w: -A.T @ w, "sign", "opposite sign"),
    (lambda v: A @ v, lambda w: 3 * A.T @ w, "factor", "3 times what it should be"),
    (lambda v: SQUARE @ v, lambda w: SQUARE @ w, "not_transposed", "linear once more"),
    (lambda v: A @ v + 1, lambda w: A.T @ w, "not_linear", "linear is not linear.*constant"),
    (lambda v: (A @ v) ** 3, lambda w: A.T @ w, "not_linear", "linear is not linear.*2 u"),
    (lambda v: A @ v, lambda w: abs(A.T @ w), "not_linear", "transpose is not linear"),
    (lambda v: A @ v, lambda w: w, "shape", r"shape of x, \(2,\); one of shape \(3,\)"),
    (lambda v: A @ v, lambda w: None, "missing", "Nothing came back from transpose"),
    (lambda v: A @ v, lambda w: "no", "wrong_type", "str came back from transpose"),
    (lambda v: A @ v, lambda w: np.nan * A.T @ w, "not_finite", "transpose contains nan"),
    (changing, lambda w: A.T @ w, "mutated_input", "linear changed the vector"),
    (lambda v: A @ v + next(COUNTER), lambda w: w[:2], "nondeterministic", "twice"),
]


@pytest.mark.parametrize("linear, transpose, kind, words", CASES, ids=[c[2] for c in CASES])
def test_mistakes_are_named(linear, transpose, kind, words):
    report = adjoint_test(linear, transpose, np.ones(2))
    assert (report.ok, report.kind) == (False, kind)
    assert re.search(words, report.message), report.message
    assert "✗" in report._repr_html_()


def test_integers_and_no_functions():
    report = adjoint_test(lambda v: A @ v, lambda w: A.T @ w, np.array([1, 2]))
    assert report.kind == "wrong_type" and report.message.startswith("x is an array of integers")
    with pytest.raises(TypeError, match="function is needed"):
        adjoint_test(A, A.T, np.ones(2))


def test_nothing_is_its_own_transpose():
    report = adjoint_test(lambda v: 0 * A @ v, lambda w: 0 * A.T @ w, np.ones(2))
    assert report and "zero for every vector" in report.message
    assert not adjoint_test(lambda v: 0 * A @ v, lambda w: A.T @ w, np.ones(2))


def test_the_panel_shows_both_products():
    report = adjoint_test(lambda v: A @ v, lambda w: 2 * A.T @ w, np.ones(2))
    assert report.right == pytest.approx(2 * report.left)
    assert f"{report.left:.6g}" in report._repr_html_()
    assert f"{report.right:.6g}" in report._repr_html_()
    assert "Dot-product test" in report._repr_html_()
