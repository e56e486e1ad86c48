"""The gradient test: right ones pass, wrong ones fail, and odd circumstances are named."""

import math
import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import numbers, programs, tame

import dpkit as dp


@settings(max_examples=60, deadline=None)
@given(f=programs(), point=st.tuples(numbers, numbers, numbers))
def test_true_gradients_pass(f, point):
    assume(tame(f, point))
    report = dp.check_gradient(dp.grad(f, (0, 1, 2)), f, *point)
    assert report, report.message


@settings(max_examples=60, deadline=None)
@given(
    f=programs(),
    point=st.tuples(numbers, numbers, numbers),
    which=st.integers(0, 2),
    off=st.sampled_from([-1.0, 0.5, 0.98, 1.001, 2.0]),
)
def test_a_wrong_component_fails(f, point, which, off):
    assume(tame(f, point))
    truth = dp.grad(f, (0, 1, 2))(*point)
    size = max(map(abs, truth))
    assume(abs(truth[which]) > 0.05 * size + 1e-3)

    def wrong(*at):
        slopes = list(dp.grad(f, (0, 1, 2))(*at))
        slopes[which] *= off
        return tuple(slopes)

    report = dp.check_gradient(wrong, f, *point)
    assert not report
    assert not report.diagnosis.ok
    assert report.max_error > 4e-4


def test_f_needs_no_dpkit():
    report = dp.check_gradient(lambda x: math.exp(x), lambda x: math.exp(x), 1.0)
    assert report.ok and report.max_error < 1e-8
    wrong = dp.check_gradient(lambda x: x * math.exp(x), lambda x: math.exp(x), 2.0)
    assert not wrong.ok
    assert wrong.diagnosis.kind == "unknown"
    assert "14.7781" in wrong.message and "7.38906" in wrong.message


def test_containers():
    w = np.array([[1.0, -2.0], [0.5, 3.0], [1.5, 0.1]])

    def f(w, b):
        return dp.tanh(w).sum() * b["scale"] + b["shift"] ** 2

    def gradient(w, b):
        slope = b["scale"] * (1 - np.tanh(w) ** 2)
        return slope, {"scale": np.tanh(w).sum(), "shift": 2 * b["shift"]}

    assert dp.check_gradient(gradient, f, w, {"scale": 0.7, "shift": 2.0})


def test_small_and_large_numbers():
    for size in (1e-9, 1.0, 1e9):
        f = lambda x, size=size: size * dp.sin(x)  # noqa: E731
        assert dp.check_gradient(lambda x, s=size: s * math.cos(x), f, 0.4)
        assert not dp.check_gradient(lambda x, s=size: 1.01 * s * math.cos(x), f, 0.4)


# Circumstances ------------------------------------------------------------------------------------


def test_kinks_are_recognised_and_left_out():
    x = np.array([1.0, 0.0, -2.0])
    report = dp.check_gradient(lambda x: np.sign(x) + (x == 0), lambda x: np.abs(x).sum(), x)
    assert report.ok
    assert "kink in x[1]" in report.message
    impossible = dp.check_gradient(lambda x: np.sign(x) + 3.0 * (x == 0), lambda x: abs(x).sum(), x)
    assert not impossible.ok


def test_a_steep_bend_is_no_kink():
    f = lambda x: dp.softplus(200 * x) / 200  # noqa: E731
    assert dp.check_gradient(dp.grad(f), f, 0.0)
    assert not dp.check_gradient(lambda x: 0.45, f, 0.0)


def test_functions_that_are_not_repeatable():
    noisy = dp.check_gradient(lambda x: 1.0, lambda x: x + random.random(), 1.0)
    assert (noisy.ok, noisy.diagnosis.kind) == (False, "nondeterministic")
    assert "f gives different values" in noisy.message
    gradient = dp.check_gradient(lambda x: random.random(), lambda x: 1.0 * x, 1.0)
    assert (gradient.ok, gradient.diagnosis.kind) == (False, "nondeterministic")


def test_functions_that_change_their_arguments():
    def changing(x):
        x *= 2
        return x

    original = np.array([1.0, 2.0])
    report = dp.check_gradient(changing, lambda x: (x * x).sum(), original)
    assert (report.ok, report.diagnosis.kind) == (False, "mutated_input")
    assert original.tolist() == [1.0, 2.0]
    report = dp.check_gradient(lambda x: 2 * x, lambda x: (changing(x) * x).sum(), original)
    assert report.diagnosis.kind == "mutated_input"
    assert "Calling f" in report.message


def test_integers():
    report = dp.check_gradient(lambda x: 2 * x, lambda x: (x * x).sum(), np.array([1, 2, 3]))
    assert (report.ok, report.diagnosis.kind) == (False, "wrong_type")
    for word in ("integers", "(3,)", "astype(float)"):
        assert word in report.message
    assert dp.check_gradient(lambda x: 2 * x, lambda x: x * x, 3)  # a whole number may vary


def test_float32():
    x = np.array([1.0, 2.5], dtype=np.float32)
    arguments = dp.check_gradient(lambda x: 2 * x, lambda x: (x * x).sum(), x)
    assert arguments.ok and "float32" in arguments.message
    result = dp.check_gradient(
        lambda x: (2 * x).astype(np.float32), lambda x: (x * x).sum(), np.array([1.0, 2.5])
    )
    assert result.ok and result.diagnosis.kind == "float32"


@pytest.mark.parametrize(
    "answer, kind",
    [
        (None, "missing"),
        (np.ones((3, 1)), "shape"),
        (np.array([1.0, np.nan, 2.0]), "not_finite"),
        ("wrong", "wrong_type"),
        (dp.Scalar(1.0), "wrong_type"),
    ],
)
def test_the_form_of_the_gradient(answer, kind):
    report = dp.check_gradient(lambda x: answer, lambda x: (x * x).sum(), np.ones(3))
    assert (report.ok, report.diagnosis.kind) == (False, kind)


def test_nothing_of_the_students_is_asked_to_compare_itself():
    class Sly(float):
        def __sub__(self, other):
            return 0.0

        __rsub__ = __sub__

        def __eq__(self, other):
            return True

        def __float__(self):
            return 4.0

    assert not dp.check_gradient(lambda x: Sly(99.0), lambda x: x * x, 2.0)
    assert dp.diagnose(lambda x: x * x, lambda x: Sly(99.0), 2.0).kind != "correct"


def test_a_report_names_the_mistake():
    report = dp.check_gradient(
        lambda a, b: (b, a * dp.sin(b)), lambda a, b: a * b + dp.cos(b) * 0, 2.0, 3.0
    )
    assert not report
    assert "Not right in b" in report.message
    html = report._repr_html_()
    assert "Gradient test" in html and "expected" in html


SHARP = [
    # Right gradients where f bends sharply on the scale of the step, or its domain ends nearby.
    (lambda x: 1 / x, dp.log, 1e-6),
    (lambda x: 1 / x, dp.log, 1e-3),
    (lambda x: -1 / x**2, lambda x: 1 / x, 1e-4),
    (lambda x: 0.5 / math.sqrt(x), dp.sqrt, 1e-7),
    (lambda x: 1e6 * math.cos(1e6 * x), lambda x: dp.sin(1e6 * x), 0.3),
    (lambda x: 3 * (x - 1) ** 2, lambda x: (x - 1) ** 3, 1.0),
    (lambda x: math.copysign(1, x), abs, 1e-7),
]


@pytest.mark.parametrize("gradient, f, x", SHARP)
def test_sharp_bends(gradient, f, x):
    assert dp.check_gradient(gradient, f, x), dp.check_gradient(gradient, f, x).message
    for wrong in (lambda x: 1.01 * gradient(x) + 1e-3, lambda x: -gradient(x) - 1e-3):
        assert not dp.check_gradient(wrong, f, x)


def test_a_coarse_value_does_not_hide_a_missing_gradient():
    """1e8 + x² moves by less than a rounding unit at the smallest steps; 0 is still wrong."""
    assert not dp.check_gradient(lambda x: 0.0, lambda x: 1e8 + x * x, 1.0)


def test_what_rounding_hides_is_said():
    report = dp.check_gradient(lambda x: 2 * x, lambda x: 1e12 + x * x, 1.0)
    assert report.ok and "not counted" in report.message
    assert "not counted" not in dp.check_gradient(lambda x: 2 * x, lambda x: x * x, 1.0).message


def test_nan_is_never_right():
    for gradient in (0.0, 1.0):
        assert not dp.check_gradient(lambda x, g=gradient: g, lambda x: math.nan, 1.0)
    report = dp.check_gradient(lambda x: 2 * x, lambda x: x * x, math.nan)
    assert not report and report.diagnosis.kind == "not_finite"


def test_components_of_containers_have_names():
    def f(p):
        return p["rate"] * p["at"][1]

    wrong = lambda p: {"rate": p["at"][1], "at": [0.0, 2 * p["rate"]]}  # noqa: E731
    report = dp.check_gradient(wrong, f, {"rate": 3.0, "at": [1.0, 2.0]})
    assert "p['at'][1]" in report.message and not report
